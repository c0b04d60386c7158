"""Filing: decisions become requests.

Every applicant prepares the MW that it asked for until a whole project is ready, then files it in the areas that it likes
best (short quoted waits, attraction, taste), pays fee and deposit, and joins the queues. The month's requests join in a
drawn order: no agent is always first.
"""

from __future__ import annotations

import math

from gridsim.model import draws
from gridsim.model.compiling import process, rule, step
from gridsim.model.demand import months_to_event
from gridsim.model.elementary import exp, log, normal_quantile
from gridsim.model.planning import padding_share
from gridsim.model.rows import join_queue, take_project, take_row
from gridsim.model.settlement import settle_filing, unused_take
from gridsim.model.sorting import Ranking, put_in_order
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
from gridsim.model.study import months_to_close

SIZE_MIN_MW = 5.0
"""No smaller project is worth a request of its own."""
DEADLINE_PROJECTS = 4
"""Largest projects that may wait for the last month of a window."""
APPEAL_MIN = 1e-300
"""Appeal of an area with a hopeless wait: a score stays a number."""
BELOW_LOG = 2.0 * (1.0 - 1e-12)
"""2, and below it by more than rounding."""


@rule
def project_size(params: Params, key: int) -> float:
    """MW of a project: lognormal, cut at the largest size and at the smallest."""
    z = draws.normal(params.seed, draws.PROJECT_SIZE, 0, key)
    return max(SIZE_MIN_MW, min(params.size_max_mw, params.size_median_mw * exp(params.size_sigma * z)))


@rule
def mean_project_size(params: Params) -> float:
    """Mean MW of a project, by the midpoint rule over 1,000 quantiles of its distribution."""
    total = 0.0
    for n in range(1000):
        z = normal_quantile((n + 0.5) / 1000.0)
        total += max(SIZE_MIN_MW, min(params.size_max_mw, params.size_median_mw * exp(params.size_sigma * z)))
    return total / 1000.0


@rule
def project_quality(params: Params, key: int) -> float:
    """Quality theta of a project, of density a theta^(a-1) on (0, 1], by inversion: u^(1/a)."""
    return exp(log(draws.uniform(params.seed, draws.PROJECT_QUALITY, 0, key)) / params.quality_shape)


@step
def draw_bus(state: State, u: int, site: float) -> int:
    """A bus of area u, by the buses' shares of its load; `site` is a uniform draw."""
    utility = state.utilities[u]
    b = utility.first_bus
    while b + 1 < utility.last_bus and state.buses.reach[b] < site:
        b += 1
    return b


@step
def write_request(
    state: State,
    params: Params,
    key: int,
    i: int,
    u: int,
    project: int,
    copy: int,
    mw: float,
    need_mw: float,
    quality: float,
    site: int,
    t: int,
) -> int:
    """A new row for a request filed by applicant i in area u in month t; it is in no list yet, and `be_patient` comes next.

    `site` is 64 random bits of the project.
    """
    applicant = state.applicants[i]
    r = take_row(state)
    request = state.requests[r]
    request.key, request.applicant, request.holder, request.utility = key, i, i, u
    request.bus = draw_bus(state, u, draws.pair_uniform(site, key))
    request.project, request.project_id, request.choice = project, state.counts[N_PROJECT_IDS] - 1, copy
    request.stage, request.reason = FILED, NO_REASON
    request.mw, request.need_mw, request.quality = mw, need_mw, quality
    request.filed = t
    request.wanted = t + int(min(applicant.believed_wait, params.reference_wait_months) + 0.5)
    request.study_end = request.studied = request.offered = request.decide_by = request.signed = NEVER
    request.deliver = request.ready = request.energised = request.left = request.cancel_month = NEVER
    request.upgrade_usd = request.upgrade_mw = request.line_mw = request.own_mw = request.released_mw = 0.0
    request.deposit_usd = request.deposit_paid_usd = request.readiness_usd = request.collateral_usd = 0.0
    request.nonfirm = request.restudies = 0
    state.projects.active[project] += 1
    return r


@step
def be_patient(state: State, params: Params, r: int, luck: int, t: int) -> None:
    """Draw when request r leaves for want of interest, counted from month t: at once, or at the first review after.

    `luck` is a word for the whole month.
    """
    request = state.requests[r]
    hazard, shape = params.patience_hazard_per_year, params.patience_shape
    end = t + 1 + months_to_event(hazard, shape, draws.pair_uniform(luck, request.key))
    if draws.pair_uniform(luck, ~request.key) < params.silent_share:
        late = (end + state.utilities.review_offset[request.utility]) % params.review_months
        end += params.review_months - late if late > 0 else 0
    request.patience_end = end


@process
def weigh_areas(state: State, params: Params, t: int) -> None:
    """Write every area's distaste in month t: 1 / (attraction x e^(-sensitivity x quoted wait)), waits as last published."""
    utilities = state.utilities
    seen = max(0, t - params.publication_lag)
    for u in range(utilities.size):
        utility = state.utilities[u]
        wait = min(state.quotes.wait[seen, u], params.wait_max_months)
        utility.distaste = 1.0 / max(APPEAL_MIN, utility.attraction * exp(-params.wait_sensitivity * wait))


@step
def score_areas(utilities: Utilities, taste: int) -> None:
    """Write how little, at least, the owner of a project with this `taste` (64 random bits) likes each area.

    The score proper is -log(uniform) x distaste: its least is a logit choice with utility -log distaste, and the k least are
    k choices without replacement (an exponential race). 2 (1 - x) / (1 + x) <= -log(x), nearly equal
    where it matters, is enough for areas that are out of the race.
    """
    for u in range(utilities.size):
        utility = utilities[u]
        x = draws.pair_uniform(taste, utility.key)
        utility.score = BELOW_LOG * (1.0 - x) / (1.0 + x) * utility.distaste
        utility.scored = 0


@step
def take_best_area(utilities: Utilities, taste: int) -> int:
    """The area liked best of those not yet taken, which is then marked as taken."""
    while True:
        best, least = 0, utilities.score[0]
        for u in range(1, utilities.size):
            if utilities.score[u] < least:
                best, least = u, utilities.score[u]
        utility = utilities[best]
        if utility.scored:
            utility.score = math.inf
            return best
        utility.score = -log(draws.pair_uniform(taste, utility.key)) * utility.distaste
        utility.scored = 1


@step
def file_project(state: State, params: Params, i: int, key: int, size: float, pad: float, copies: int, t: int) -> None:
    """File one project of applicant i in `copies` areas; the rows wait in `fresh`."""
    lists, utilities = state.lists, state.utilities
    mw = size * (1.0 + pad)
    quality = project_quality(params, key)
    project = take_project(state, mw)
    applicant = state.applicants[i]
    applicant.smallest_mw = min(applicant.smallest_mw, mw)
    taste = draws.word(params.seed, draws.SITE_TASTE, 0, key)
    score_areas(utilities, taste)
    for copy in range(min(copies, utilities.size, params.sites_max)):
        u = take_best_area(utilities, taste)
        r = write_request(state, params, draws.pair_key(key, copy), i, u, project, copy, mw, size, quality, taste, t)
        lists.fresh[state.counts[N_FRESH]] = r
        state.counts[N_FRESH] += 1


@step
def prepare_projects(state: State, params: Params, i: int, liability_usd_per_mw: float, t: int) -> None:
    """File the whole projects that applicant i has ready; what is asked for beyond them stays in preparation."""
    applicant = state.applicants[i]
    applicants = state.applicants
    if applicant.ask_mw <= 0.0:
        applicant.preparing_mw = 0.0
        return
    most = params.filings_max if applicant.kind == DEVELOPER else params.projects_max
    pad = padding_share(applicants, params, i, liability_usd_per_mw)
    applicant.preparing_mw += applicant.ask_mw
    for _ in range(most):
        if applicant.next_mw == 0.0:
            applicant.next_key = draws.subkey(applicant.key, applicant.projects_filed)
            applicant.next_mw = project_size(params, applicant.next_key)
        size = applicant.next_mw
        if applicant.preparing_mw < size:
            return
        applicant.preparing_mw -= size
        applicant.projects_filed += 1
        applicant.next_mw = 0.0
        file_project(state, params, i, applicant.next_key, size, pad, applicant.copies, t)
    applicant.preparing_mw = min(applicant.preparing_mw, params.size_max_mw)


@process
def file_requests(state: State, params: Params, t: int) -> None:
    """Turn the decisions of month t into requests, and let them join the queues and pay."""
    lists = state.lists
    state.counts[N_FRESH] = 0
    weigh_areas(state, params, t)
    liability, collecting, closing = 0.0, 0, 0
    for u in range(state.utilities.size):
        liability += unused_take(state.terms, state.ahead_row[t, u], params) / state.utilities.size
        window = int(state.terms.window_months[state.term_row[t, u]])
        collecting += 1 if window > 0 else 0
        closing += 1 if window > 0 and months_to_close(window, t) == 0 else 0
    wait_for_deadline = 2 * collecting > state.utilities.size and closing == 0
    for i in range(state.applicants.size):
        if wait_for_deadline and state.applicants.deadline_filer[i]:
            applicant = state.applicants[i]
            applicant.preparing_mw = min(
                applicant.preparing_mw + applicant.ask_mw, DEADLINE_PROJECTS * params.size_max_mw
            )
            continue
        prepare_projects(state, params, i, liability, t)
    luck = draws.word(params.seed, draws.FILING_ORDER, t, 0)
    for j in range(state.counts[N_FRESH]):
        lists.order[j] = draws.pair_uniform(luck, state.requests.key[lists.fresh[j]])
    put_in_order(Ranking(lists.order, lists.fresh), 0, state.counts[N_FRESH])
    luck = draws.word(params.seed, draws.PATIENCE, t, 0)
    state.tally[T_FILED_NOW] = 0.0
    for j in range(state.counts[N_FRESH]):
        r = lists.fresh[j]
        request = state.requests[r]
        be_patient(state, params, r, luck, t)
        settle_filing(state, r, t)
        join_queue(state, r, request.patience_end)
        state.utilities.unstudied[request.utility] += 1
        state.tally[T_FILED_NOW] += request.mw
    state.tally[T_FILED] += state.tally[T_FILED_NOW]


@process
def filings_bound(applicants: Applicants, params: Params, utilities: int) -> int:
    """Most requests that one month can add: what must be free before the month begins."""
    sites = min(params.sites_max, utilities)
    bound = 0
    for i in range(applicants.size):
        applicant = applicants[i]
        bound += sites * (params.filings_max if applicant.kind == DEVELOPER else params.projects_max)
    return bound
