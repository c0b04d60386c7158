"""The power queue: studies, decisions and exits, in the order in which requests were filed.

One pass over the unsigned requests, oldest first. A request leaves when a sibling has signed, when its holder no longer
needs the project, or when patience ends. What stays is studied serially by a limited staff; the study's base case holds every earlier active request at full MW and every signed one. A studied position is
signed if it is worth the money still to pay; a speculative one only if somebody buys it; what is not signed in time expires.
"""

from __future__ import annotations

from numba import njit

from gridsim.model import draws
from gridsim.model.construction import build_dates, earliest_month, mean_build_months, order_upgrade
from gridsim.model.elementary import exp
from gridsim.model.exits import leave
from gridsim.model.rows import join_building
from gridsim.model.settlement import discount, settle_resale, settle_signature, unused_take
from gridsim.model.state import (
    COST,
    DEVELOPER,
    EXPIRED,
    FILED,
    IN_STUDY,
    MONEY_DUE,
    N_QUEUE,
    NEED_GONE,
    NEVER,
    NO_REASON,
    NOT_YET,
    PATIENCE,
    SIBLING,
    SIGNED,
    STUDIED,
    T_EXITED,
    T_EXITED_NOW,
    WITHDRAWN,
    Applicants,
    Params,
    State,
)

GONE = -1


@njit(cache=True, forceinline=True)
def drop_surplus(state: State, t: int) -> None:
    """Mark the projects that holders with a surplus give up: youngest first, unsigned, each no larger than the surplus."""
    lists, projects, applicants = state.lists, state.projects, state.applicants
    anybody = False
    for i in range(applicants.size):
        anybody = anybody or applicants.gap_mw[i] < 0.0
    if not anybody:
        return
    for j in range(state.counts[N_QUEUE] - 1, -1, -1):
        a = lists.queue_holder[j]
        if applicants.gap_mw[a] >= 0.0:
            continue
        p = lists.queue_project[j]
        if projects.alert[p] != NOT_YET:
            continue
        if -applicants.gap_mw[a] >= projects.mw[p]:
            projects.dropped[p] = projects.alert[p] = t
            applicants.gap_mw[a] += projects.mw[p]


@njit(cache=True, forceinline=True)
def exit_reason(state: State, r: int, t: int) -> int:
    """Why unsigned request r leaves this month before anything else happens to it; NO_REASON if it stays."""
    requests, projects = state.requests, state.projects
    p = requests.project[r]
    if projects.signed[p] != NEVER and projects.signed[p] < t:
        return SIBLING
    if projects.dropped[p] != NEVER:
        return NEED_GONE
    if t >= requests.patience_end[r]:
        return PATIENCE
    return NO_REASON


@njit(cache=True, forceinline=True)
def start_study(state: State, params: Params, r: int, t: int) -> None:
    """Request r takes a study slot; studies last a drawn whole number of months."""
    requests = state.requests
    span = params.study_months_max - params.study_months_min + 1
    months = params.study_months_min + int(draws.uniform(params.seed, draws.STUDY, 0, requests.key[r]) * span)
    requests.stage[r] = IN_STUDY
    requests.study_end[r] = t + months
    state.utilities.studying[requests.utility[r]] += 1


@njit(cache=True, forceinline=True)
def upgrade_cost(params: Params, key, mw: float, short_mw: float) -> float:
    """US$ of network upgrades assigned to a request: lognormal per MW, dearer where planned capacity falls short."""
    per_mw = params.upgrade_median_usd_per_mw * exp(params.upgrade_sigma * draws.normal(params.seed, draws.UPGRADE, 0, key))
    return per_mw * mw * (params.scarce_cost_factor if short_mw > 0.0 else 1.0)


@njit(cache=True, forceinline=True)
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
    service = max(deliver, t + int(mean_build_months(params)))
    if service - requests.filed[r] <= params.horizon:  # in time, as far as anybody can tell now
        state.applicants.approved_now[requests.applicant[r]] += 1.0
    else:
        state.applicants.refused_now[requests.applicant[r]] += 1.0


@njit(cache=True, forceinline=True)
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


@njit(cache=True, forceinline=True)
def sign(state: State, params: Params, r: int, t: int) -> None:
    """The holder signs: it pays, the utility commits capacity and orders the upgrade, construction is scheduled."""
    requests, projects, utilities = state.requests, state.projects, state.utilities
    u, p = requests.utility[r], requests.project[r]
    settle_signature(state, r, t)
    state.applicants.room_mw[requests.holder[r]] -= requests.mw[r]
    requests.stage[r], requests.signed[r] = SIGNED, t
    utilities.signed_mw[u] += requests.mw[r]
    if projects.signed[p] == NEVER:
        projects.signed[p], projects.signer[p] = t, r
        projects.alert[p] = min(projects.alert[p], t + 1)
    order_upgrade(state, params, r, t)
    build_dates(requests, params, r, t)
    join_building(state, r)


@njit(cache=True, forceinline=True)
def find_buyer(applicants: Applicants, mw: float) -> int:
    """The lab or hyperscaler with the largest need not yet signed for, if it is at least half of the position; else -1."""
    buyer, room = -1, 0.5 * mw
    for i in range(applicants.size):
        if applicants.kind[i] != DEVELOPER and applicants.room_mw[i] >= room:
            buyer, room = i, applicants.room_mw[i]
    return buyer


@njit(cache=True, forceinline=True)
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
    if buyer >= 0 or t >= requests.decide_by[r]:
        sold = 1.0 if buyer >= 0 else 0.0
        applicants.sale_belief[seller] += params.belief_gain * (sold - applicants.sale_belief[seller])


@njit(cache=True, forceinline=True)
def decide(state: State, params: Params, r: int, t: int) -> bool:
    """The holder of a studied request waits (True), or signs or leaves (False: it is in the queue no more).

    A developer waits for a buyer, a lab or hyperscaler for its need to grow to at least half of the request.
    """
    requests, applicants = state.requests, state.applicants
    if applicants.kind[requests.holder[r]] == DEVELOPER:
        offer_position(state, params, r, t)
    holder = requests.holder[r]
    unsold = applicants.kind[holder] == DEVELOPER
    if unsold or applicants.room_mw[holder] < 0.5 * requests.mw[r]:
        if t < requests.decide_by[r]:
            return True
        leave(state, params, r, EXPIRED, MONEY_DUE if unsold else NEED_GONE, t)
        return False
    verdict = signing_verdict(state, params, r, t)
    if verdict != NO_REASON:
        leave(state, params, r, WITHDRAWN, verdict, t)
        return False
    sign(state, params, r, t)
    return False


@njit(cache=True, forceinline=True)
def advance(state: State, params: Params, r: int, t: int) -> int:
    """One month of a request that must be looked at: the month of the next look, or GONE if it left the queue."""
    requests, utilities = state.requests, state.utilities
    reason = exit_reason(state, r, t)
    if reason != NO_REASON:
        leave(state, params, r, WITHDRAWN, reason, t)
        return GONE
    u = requests.utility[r]
    if requests.stage[r] == FILED:
        if utilities.studying[u] >= utilities.slots[u]:
            return requests.patience_end[r]
        start_study(state, params, r, t)
    elif requests.stage[r] == IN_STUDY:
        if t >= requests.study_end[r]:
            finish_study(state, params, r, t)
    elif not decide(state, params, r, t):
        return GONE
    utilities.base_case_mw[u] += requests.mw[r]
    return t + 1


@njit(cache=True)
def run_queue(state: State, params: Params, t: int) -> None:
    """One month of every unsigned request, in the order of filing; those that left or signed drop out of the queue.

    Most requests only wait: nothing is read of one whose month has not come, whose project nobody has touched and whose
    area has no study slot to give.
    """
    lists, projects, utilities = state.lists, state.projects, state.utilities
    state.tally[T_EXITED_NOW] = 0.0
    for u in range(utilities.size):
        utilities.base_case_mw[u] = 0.0
    drop_surplus(state, t)
    kept = 0
    for j in range(state.counts[N_QUEUE]):
        r, due, p, u = lists.queue[j], lists.due[j], lists.queue_project[j], lists.queue_area[j]
        if t >= due or t >= projects.alert[p] or utilities.studying[u] < utilities.slots[u]:
            due = advance(state, params, r, t)
            if due == GONE:
                continue
        lists.queue[kept], lists.due[kept], lists.queue_project[kept], lists.queue_area[kept] = r, due, p, u
        lists.queue_holder[kept] = lists.queue_holder[j]
        kept += 1
    state.counts[N_QUEUE] = kept
    state.tally[T_EXITED] += state.tally[T_EXITED_NOW]
