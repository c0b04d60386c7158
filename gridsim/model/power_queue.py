"""The power queue: studies, decisions and exits, in the order in which requests were filed.

One pass over the requests not yet in service, oldest first. A request leaves when a sibling has signed, when its holder no
longer needs the project, when patience ends or a signed project is given up. What stays is studied serially by a limited
staff; the study's base case holds every earlier active request at full MW and every signed one. A studied position is
signed if it is worth the money still to pay; a speculative one only if somebody buys it; what is not signed in time expires.
"""

from __future__ import annotations

from numba import njit

from gridsim.model import draws
from gridsim.model.construction import build_dates, earliest_month, order_upgrade
from gridsim.model.elementary import exp
from gridsim.model.rows import free_row, leave_project
from gridsim.model.settlement import discount, settle_exit, settle_land, settle_resale, settle_signature, unused_take
from gridsim.model.state import (
    CANCELLED,
    CONSTRUCTION,
    COST,
    DEVELOPER,
    EXPIRED,
    FILED,
    IN_STUDY,
    MONEY_DUE,
    N_PENDING,
    NEED_GONE,
    NEVER,
    NO_REASON,
    PATIENCE,
    SIBLING,
    SIGNED,
    STUDIED,
    T_EXITED,
    T_EXITED_NOW,
    WITHDRAWN,
    Applicants,
    Params,
    Requests,
    State,
)


@njit(cache=True)
def drop_surplus(state: State, t: int) -> None:
    """Mark the projects that holders with a surplus give up: youngest first, unsigned, each no larger than the surplus."""
    lists, requests, projects, applicants = state.lists, state.requests, state.projects, state.applicants
    anybody = False
    for i in range(applicants.size):
        anybody = anybody or applicants.gap_mw[i] < 0.0
    if not anybody:
        return
    for j in range(state.counts[N_PENDING] - 1, -1, -1):
        r = lists.pending[j]
        p, a = requests.project[r], requests.holder[r]
        if projects.signed[p] != NEVER or projects.dropped[p] != NEVER or applicants.kind[a] == DEVELOPER:
            continue
        if -applicants.gap_mw[a] >= projects.mw[p]:
            projects.dropped[p] = t
            applicants.gap_mw[a] += projects.mw[p]


@njit(cache=True, forceinline=True)
def exit_reason(requests: Requests, projects, r: int, t: int) -> int:
    """Why request r leaves this month before anything else happens to it; NO_REASON if it stays."""
    p = requests.project[r]
    if projects.signed[p] != NEVER and projects.signed[p] < t and projects.signer[p] != r:
        return SIBLING
    if requests.stage[r] >= SIGNED:
        return CANCELLED if t >= requests.cancel_month[r] else NO_REASON
    if projects.dropped[p] != NEVER:
        return NEED_GONE
    if t >= requests.patience_end[r]:
        return PATIENCE
    return NO_REASON


@njit(cache=True)
def leave(state: State, params: Params, r: int, stage: int, reason: int, t: int) -> None:
    """Request r leaves: it settles, frees its study slot or its claim on capacity, and its row goes back unless logged."""
    requests, utilities = state.requests, state.utilities
    u, p, a = requests.utility[r], requests.project[r], requests.applicant[r]
    settle_exit(state, r, t)
    if requests.stage[r] == IN_STUDY:
        utilities.studying[u] -= 1
    if requests.stage[r] >= SIGNED:
        utilities.signed_mw[u] -= requests.mw[r]
    if requests.stage[r] <= IN_STUDY and reason == PATIENCE:
        state.applicants.refused_now[a] += 1.0
    requests.stage[r], requests.reason[r], requests.left[r] = stage, reason, t
    state.tally[T_EXITED_NOW] += requests.mw[r]
    leave_project(state, p)
    if not params.keep_log:
        free_row(state, r)


@njit(cache=True)
def start_study(state: State, params: Params, r: int, t: int) -> None:
    """Request r takes a study slot; studies last a drawn whole number of months."""
    requests = state.requests
    span = params.study_months_max - params.study_months_min + 1
    months = params.study_months_min + int(draws.uniform(params.seed, draws.STUDY, 0, requests.key[r]) * span)
    requests.stage[r] = IN_STUDY
    requests.study_end[r] = t + months
    state.utilities.studying[requests.utility[r]] += 1


@njit(cache=True)
def upgrade_cost(params: Params, key, mw: float, short_mw: float) -> float:
    """US$ of network upgrades assigned to a request: lognormal per MW, dearer where planned capacity falls short."""
    per_mw = params.upgrade_median_usd_per_mw * exp(params.upgrade_sigma * draws.normal(params.seed, draws.UPGRADE, 0, key))
    return per_mw * mw * (params.scarce_cost_factor if short_mw > 0.0 else 1.0)


@njit(cache=True)
def finish_study(state: State, params: Params, r: int, t: int) -> None:
    """The result of a study: month of delivery, upgrade and its cost; and how long the offer stands."""
    requests, utilities = state.requests, state.utilities
    u, mw = requests.utility[r], requests.mw[r]
    utilities.studying[u] -= 1
    deliver, short_mw = earliest_month(state, u, mw, params.horizon, t)
    if short_mw > 0.0:
        span = params.upgrade_months_max - params.upgrade_months_min + 1
        _, v = draws.uniforms(params.seed, draws.UPGRADE, 1, requests.key[r])
        deliver = t + params.upgrade_months_min + int(v * span)
    requests.stage[r], requests.studied[r] = STUDIED, t
    requests.deliver[r], requests.upgrade_mw[r] = deliver, short_mw
    requests.upgrade_usd[r] = upgrade_cost(params, requests.key[r], mw, short_mw)
    requests.decide_by[r] = t + int(state.terms.sign_within_months[state.term_row[t, u]])
    if deliver - requests.filed[r] <= params.horizon:
        state.applicants.approved_now[requests.applicant[r]] += 1.0
    else:
        state.applicants.refused_now[requests.applicant[r]] += 1.0


@njit(cache=True)
def signing_verdict(state: State, params: Params, r: int, t: int) -> int:
    """Why the holder of a studied request does not sign (COST, MONEY_DUE), or NO_REASON if it does.

    theta V >= upgrade + carrying cost of collateral + (1 - theta) unused minimum take, all in US$ per MW: theta is the
    chance that the project goes through, and with 1 - theta the minimum is owed for nothing (a minimum take screens
    followers-through as a deposit does; our derivation).
    """
    requests, terms = state.requests, state.terms
    row = state.term_row[t, requests.utility[r]]
    quality = requests.quality[r]
    worth = quality * params.value_usd_per_mw - requests.upgrade_usd[r] / requests.mw[r]
    if worth < 0.0:
        return COST
    years = params.construction_months_max / 12.0
    carry = terms.collateral_usd_per_mw[row] * (1.0 - discount(params.interest_per_year, years))
    if worth < carry + (1.0 - quality) * unused_take(terms, row, params):
        return MONEY_DUE
    return NO_REASON


@njit(cache=True)
def sign(state: State, params: Params, r: int, t: int) -> None:
    """The holder signs: it pays, the utility commits capacity and orders the upgrade, construction is scheduled."""
    requests, projects, utilities = state.requests, state.projects, state.utilities
    u, p = requests.utility[r], requests.project[r]
    settle_signature(state, r, t)
    requests.stage[r], requests.signed[r] = SIGNED, t
    utilities.signed_mw[u] += requests.mw[r]
    if projects.signed[p] == NEVER:
        projects.signed[p], projects.signer[p] = t, r
    order_upgrade(state, params, r, t)
    build_dates(requests, params, r, t)


@njit(cache=True)
def find_buyer(applicants: Applicants, mw: float) -> int:
    """The lab or hyperscaler with the largest gap, if it is at least half of the position; else -1."""
    buyer, gap = -1, 0.5 * mw
    for i in range(applicants.size):
        if applicants.kind[i] != DEVELOPER and applicants.gap_mw[i] >= gap:
            buyer, gap = i, applicants.gap_mw[i]
    return buyer


@njit(cache=True)
def offer_position(state: State, params: Params, r: int, t: int) -> None:
    """A developer offers a studied position; sold, it is the buyer's request from now on."""
    requests, applicants = state.requests, state.applicants
    seller = requests.holder[r]
    buyer = find_buyer(applicants, requests.mw[r])
    if buyer >= 0:
        premium = max(0.0, 1.0 - 1.0 / max(applicants.scarcity[seller], 1.0))
        price = params.resale_share * params.value_usd_per_mw * premium * requests.mw[r]
        settle_resale(state, r, buyer, price)
        requests.holder[r] = buyer
        applicants.gap_mw[buyer] -= requests.mw[r]
    if buyer >= 0 or t >= requests.decide_by[r]:
        sold = 1.0 if buyer >= 0 else 0.0
        applicants.sale_belief[seller] += params.belief_gain * (sold - applicants.sale_belief[seller])


@njit(cache=True)
def decide(state: State, params: Params, r: int, t: int) -> bool:
    """The holder of a studied request signs, waits or leaves; False if it left."""
    requests = state.requests
    if state.applicants.kind[requests.holder[r]] == DEVELOPER:
        offer_position(state, params, r, t)
    if state.applicants.kind[requests.holder[r]] == DEVELOPER:
        if t >= requests.decide_by[r]:
            leave(state, params, r, EXPIRED, MONEY_DUE, t)
            return False
        return True
    verdict = signing_verdict(state, params, r, t)
    if verdict != NO_REASON:
        leave(state, params, r, WITHDRAWN, verdict, t)
        return False
    sign(state, params, r, t)
    return True


@njit(cache=True)
def advance(state: State, params: Params, r: int, t: int) -> bool:
    """One month of one request; False if it left."""
    requests, utilities = state.requests, state.utilities
    reason = exit_reason(requests, state.projects, r, t)
    if reason != NO_REASON:
        leave(state, params, r, WITHDRAWN, reason, t)
        return False
    u, stage = requests.utility[r], requests.stage[r]
    if stage == FILED:
        if utilities.studying[u] < utilities.slots[u]:
            start_study(state, params, r, t)
    elif stage == IN_STUDY:
        if t >= requests.study_end[r]:
            finish_study(state, params, r, t)
    elif stage == STUDIED:
        if not decide(state, params, r, t):
            return False
    elif stage == SIGNED:
        requests.stage[r] = CONSTRUCTION
    if IN_STUDY <= requests.stage[r] <= STUDIED:
        utilities.base_case_mw[u] += requests.mw[r]
    settle_land(state, params, r, t)
    return True


@njit(cache=True)
def run_queue(state: State, params: Params, t: int) -> None:
    """One month of every request before service, in the order of filing; those that left drop out of the list."""
    lists = state.lists
    state.tally[T_EXITED_NOW] = 0.0
    for u in range(state.utilities.size):
        state.utilities.base_case_mw[u] = 0.0
    drop_surplus(state, t)
    kept = 0
    for j in range(state.counts[N_PENDING]):
        r = lists.pending[j]
        if advance(state, params, r, t):
            lists.pending[kept] = r
            kept += 1
    state.counts[N_PENDING] = kept
    state.tally[T_EXITED] += state.tally[T_EXITED_NOW]
