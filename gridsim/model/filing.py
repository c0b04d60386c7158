"""Filing: decisions become requests.

Every applicant prepares the MW that it asked for until a whole project is ready, then files it in the areas that it likes
best (short quoted waits, attraction, taste), pays fee and deposit, and joins the queues. The month's requests join in a
drawn order: no agent is always first.
"""

from __future__ import annotations

import math

from numba import njit

from gridsim.model import draws
from gridsim.model.demand import months_to_event
from gridsim.model.elementary import exp, log, normal_quantile
from gridsim.model.planning import padding_share
from gridsim.model.rows import join_queue, take_project, take_row
from gridsim.model.settlement import settle_filing, unused_take
from gridsim.model.state import (
    DEVELOPER,
    FILED,
    N_FRESH,
    N_PROJECT_IDS,
    NEVER,
    NO_REASON,
    T_FILED,
    T_FILED_NOW,
    Applicants,
    Params,
    State,
    Utilities,
)

SIZE_MIN_MW = 5.0
"""No smaller project is worth a request of its own."""


@njit(cache=True)
def project_size(params: Params, key) -> float:
    """MW of a project: lognormal, cut at the largest size and at the smallest."""
    z = draws.normal(params.seed, draws.PROJECT_SIZE, 0, key)
    return max(SIZE_MIN_MW, min(params.size_max_mw, params.size_median_mw * exp(params.size_sigma * z)))


@njit(cache=True)
def mean_project_size(params: Params) -> float:
    """Mean MW of a project, by the midpoint rule over 1,000 quantiles of its distribution."""
    total = 0.0
    for n in range(1000):
        z = normal_quantile((n + 0.5) / 1000.0)
        total += max(SIZE_MIN_MW, min(params.size_max_mw, params.size_median_mw * exp(params.size_sigma * z)))
    return total / 1000.0


@njit(cache=True, forceinline=True)
def project_quality(params: Params, key) -> float:
    """Quality theta of a project, of density a theta^(a-1) on (0, 1], by inversion: u^(1/a)."""
    return exp(log(draws.uniform(params.seed, draws.PROJECT_QUALITY, 0, key)) / params.quality_shape)


@njit(cache=True, forceinline=True)
def write_request(state: State, params: Params, key, i: int, u: int, project: int, copy: int, mw: float, need_mw: float,
                  quality: float, t: int) -> int:
    """A new row for a request filed by applicant i in area u in month t; it is in no list yet."""
    q, applicants = state.requests, state.applicants
    r = take_row(state)
    q.key[r], q.applicant[r], q.holder[r], q.utility[r] = key, i, i, u
    q.project[r], q.project_id[r], q.choice[r] = project, state.counts[N_PROJECT_IDS] - 1, copy
    q.stage[r], q.reason[r] = FILED, NO_REASON
    q.mw[r], q.need_mw[r], q.quality[r] = mw, need_mw, quality
    q.filed[r] = t
    q.wanted[r] = t + int(min(applicants.believed_wait[i], params.reference_wait_months) + 0.5)
    q.study_end[r] = q.studied[r] = q.decide_by[r] = q.signed[r] = NEVER
    q.deliver[r] = q.ready[r] = q.energised[r] = q.left[r] = q.cancel_month[r] = NEVER
    patience = draws.uniform(params.seed, draws.PATIENCE, 0, key)
    q.patience_end[r] = t + 1 + months_to_event(params.patience_hazard_per_year, patience)
    q.upgrade_usd[r] = q.upgrade_mw[r] = 0.0
    q.deposit_usd[r] = q.deposit_paid_usd[r] = q.collateral_usd[r] = 0.0
    state.projects.active[project] += 1
    return r


@njit(cache=True)
def weigh_areas(state: State, params: Params, t: int) -> None:
    """Write every area's appeal in month t: attraction x e^(-sensitivity x quoted wait), waits as last published."""
    utilities = state.utilities
    seen = max(0, t - params.publication_lag)
    for u in range(utilities.size):
        wait = min(state.quotes.wait[seen, u], params.wait_max_months)
        utilities.appeal[u] = utilities.attraction[u] * exp(-params.wait_sensitivity * wait)


@njit(cache=True, forceinline=True)
def score_areas(utilities: Utilities, params: Params, project_key) -> None:
    """Write how little the project's owner likes each area: -log(uniform) / appeal.

    The least of such scores is a logit choice with utility log appeal, and the k least are k choices without replacement
    (an exponential race).
    """
    for u in range(utilities.size):
        mark = draws.uniform(params.seed, draws.SITE_TASTE, 0, project_key ^ utilities.key[u])
        utilities.score[u] = -log(mark) / utilities.appeal[u]


@njit(cache=True, forceinline=True)
def take_best_area(utilities: Utilities) -> int:
    """The area liked best of those not yet taken, which is then marked as taken."""
    best = 0
    for u in range(1, utilities.size):
        if utilities.score[u] < utilities.score[best]:
            best = u
    utilities.score[best] = math.inf
    return best


@njit(cache=True, forceinline=True)
def file_project(state: State, params: Params, i: int, key, size: float, pad: float, copies: int, t: int) -> None:
    """File one project of applicant i in `copies` areas; the rows wait in `fresh` with the order in which they will join."""
    lists, utilities = state.lists, state.utilities
    mw = size * (1.0 + pad)
    quality = project_quality(params, key)
    project = take_project(state, mw)
    score_areas(utilities, params, key)
    for copy in range(min(copies, utilities.size, params.sites_max)):
        u = take_best_area(utilities)
        r = write_request(state, params, draws.subkey(key, copy), i, u, project, copy, mw, size, quality, t)
        n = state.counts[N_FRESH]
        lists.fresh[n] = r
        lists.order[n] = draws.uniform(params.seed, draws.FILING_ORDER, t, state.requests.key[r])
        state.counts[N_FRESH] = n + 1


@njit(cache=True, forceinline=True)
def prepare_projects(state: State, params: Params, i: int, liability_usd_per_mw: float, t: int) -> None:
    """File the whole projects that applicant i has ready; what is asked for beyond them stays in preparation."""
    applicants = state.applicants
    if applicants.ask_mw[i] <= 0.0:
        applicants.preparing_mw[i] = 0.0
        return
    most = params.filings_max if applicants.kind[i] == DEVELOPER else params.projects_max
    pad = padding_share(applicants, params, i, liability_usd_per_mw)
    applicants.preparing_mw[i] += applicants.ask_mw[i]
    for _ in range(most):
        key = draws.subkey(applicants.key[i], applicants.projects_filed[i])
        size = project_size(params, key)
        if applicants.preparing_mw[i] < size:
            return
        applicants.preparing_mw[i] -= size
        applicants.projects_filed[i] += 1
        file_project(state, params, i, key, size, pad, applicants.copies[i], t)
    applicants.preparing_mw[i] = min(applicants.preparing_mw[i], params.size_max_mw)


@njit(cache=True)
def sort_fresh(state: State) -> None:
    """Put `fresh` in the drawn order (Shell sort with Ciura's gaps; the draws are distinct)."""
    lists, n = state.lists, state.counts[N_FRESH]
    for gap in (701, 301, 132, 57, 23, 10, 4, 1):
        for j in range(gap, n):
            row, order = lists.fresh[j], lists.order[j]
            k = j
            while k >= gap and lists.order[k - gap] > order:
                lists.fresh[k], lists.order[k] = lists.fresh[k - gap], lists.order[k - gap]
                k -= gap
            lists.fresh[k], lists.order[k] = row, order


@njit(cache=True)
def file_requests(state: State, params: Params, t: int) -> None:
    """Turn the decisions of month t into requests, and let them join the queues and pay."""
    lists, requests = state.lists, state.requests
    state.counts[N_FRESH] = 0
    weigh_areas(state, params, t)
    liability = 0.0
    for u in range(state.utilities.size):
        liability += unused_take(state.terms, state.term_row[t, u], params) / state.utilities.size
    for i in range(state.applicants.size):
        prepare_projects(state, params, i, liability, t)
    sort_fresh(state)
    state.tally[T_FILED_NOW] = 0.0
    for j in range(state.counts[N_FRESH]):
        r = lists.fresh[j]
        settle_filing(state, r, t)
        join_queue(state, r, requests.patience_end[r])
        state.tally[T_FILED_NOW] += requests.mw[r]
    state.tally[T_FILED] += state.tally[T_FILED_NOW]


@njit(cache=True)
def filings_bound(applicants: Applicants, params: Params, utilities: int) -> int:
    """Most requests that one month can add: what must be free before the month begins."""
    sites = min(params.sites_max, utilities)
    bound = 0
    for i in range(applicants.size):
        bound += params.filings_max if applicants.kind[i] == DEVELOPER else params.projects_max * sites
    return bound
