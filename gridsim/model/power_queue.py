"""The power queue: studies, decisions and exits, in the order in which requests were filed.

One pass over the unsigned requests, oldest first. A request leaves when a sibling has signed, when its holder no longer
needs the project, or when patience ends. What stays is studied serially by a limited staff; the study's base case holds
every earlier active request at full MW and every signed one. A studied position is signed if it is worth the money still
to pay; a speculative one only if somebody buys it; what is not signed in time expires.
"""

from __future__ import annotations

from gridsim.model import draws
from gridsim.model.compiling import process, rule, step
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
    T_LARGEST_ROOM,
    WITHDRAWN,
    Applicants,
    Params,
    State,
)

GONE = -1


@step
def drop_surplus(state: State, params: Params, t: int) -> None:
    """Mark the projects that holders with a surplus give up, youngest first, unsigned.

    A queued request costs little, so that a surplus is given up over the release time only, one whole project at a time.
    """
    lists = state.lists
    anybody = False
    for i in range(state.applicants.size):
        applicant = state.applicants[i]
        surplus = max(0.0, -applicant.gap_mw)
        applicant.releasing_mw = applicant.releasing_mw + surplus / params.release_months if surplus > 0.0 else 0.0
        anybody = anybody or applicant.releasing_mw > 0.0
    if not anybody:
        return
    for j in range(state.counts[N_QUEUE] - 1, -1, -1):
        owner = state.applicants[lists.queue_holder[j]]
        if owner.releasing_mw <= 0.0:
            continue
        project = state.projects[lists.queue_project[j]]
        if project.alert == NOT_YET and project.mw <= owner.releasing_mw:
            project.dropped = project.alert = t
            owner.releasing_mw -= project.mw


@step
def exit_reason(state: State, r: int, t: int) -> int:
    """Why unsigned request r leaves this month before anything else happens to it; NO_REASON if it stays."""
    request = state.requests[r]
    p = request.project
    project = state.projects[p]
    if project.signed != NEVER and project.signed < t:
        return SIBLING
    if project.dropped != NEVER:
        return NEED_GONE
    if t >= request.patience_end:
        return PATIENCE
    return NO_REASON


@step
def start_study(state: State, params: Params, r: int, t: int) -> None:
    """Request r takes a study slot; studies last a drawn whole number of months."""
    request = state.requests[r]
    span = params.study_months_max - params.study_months_min + 1
    months = params.study_months_min + int(draws.uniform(params.seed, draws.STUDY, 0, request.key) * span)
    request.stage = IN_STUDY
    request.study_end = t + months
    state.utilities.studying[request.utility] += 1


@rule
def upgrade_cost(params: Params, key: int, mw: float, short_mw: float) -> float:
    """US$ of network upgrades assigned to a request: lognormal per MW, dearer where planned capacity falls short."""
    per_mw = params.upgrade_median_usd_per_mw * exp(
        params.upgrade_sigma * draws.normal(params.seed, draws.UPGRADE, 0, key)
    )
    return per_mw * mw * (params.scarce_cost_factor if short_mw > 0.0 else 1.0)


@rule
def agreement_months(params: Params, key: int) -> int:
    """Whole months from a study to an agreement that can be signed, uniform."""
    span = params.agreement_months_max - params.agreement_months_min + 1
    _, v = draws.uniforms(params.seed, draws.STUDY, 0, key)
    return params.agreement_months_min + int(v * span)


@step
def finish_study(state: State, params: Params, r: int, t: int) -> None:
    """The result of a study: month of delivery, upgrade and its cost; and how long the offer stands."""
    request = state.requests[r]
    u, mw = request.utility, request.mw
    utility = state.utilities[u]
    utility.studying -= 1
    utility.unstudied -= 1
    deliver, short_mw = earliest_month(state, u, utility.queued_mw, mw, params.horizon, t)
    if short_mw > 0.0:
        span = params.upgrade_months_max - params.upgrade_months_min + 1
        _, v = draws.uniforms(params.seed, draws.UPGRADE, 1, request.key)
        deliver = t + params.upgrade_months_min + int(v * span)
    request.stage, request.studied = STUDIED, t
    request.deliver, request.upgrade_mw = deliver, short_mw
    request.upgrade_usd = upgrade_cost(params, request.key, mw, short_mw)
    request.offered = t + agreement_months(params, request.key)
    request.decide_by = request.offered + int(state.terms.sign_within_months[state.term_row[t, u]])
    service = max(deliver, request.offered + int(mean_build_months(params)))
    if service - request.filed <= params.horizon:  # in time, as far as anybody can tell now
        state.applicants.approved_now[request.applicant] += 1.0
    else:
        state.applicants.refused_now[request.applicant] += 1.0


@step
def signing_verdict(state: State, params: Params, r: int, t: int) -> int:
    """Why the holder of a studied request does not sign (COST, MONEY_DUE), or NO_REASON if it does.

    theta V >= upgrade + carrying cost of collateral + (1 - theta) unused minimum take, all in US$ per MW: theta is the
    chance that the project goes through, and with 1 - theta the minimum is owed for nothing (a minimum take screens
    followers-through as a deposit does; our derivation).
    """
    request = state.requests[r]
    terms = state.terms
    row = state.term_row[t, request.utility]
    quality = request.quality
    worth = quality * params.value_usd_per_mw - request.upgrade_usd / request.mw
    if worth < 0.0:
        return COST
    years = params.construction_months_max / 12.0
    carry = terms.collateral_usd_per_mw[row] * (1.0 - discount(params.interest_per_year, years))
    if worth < carry + (1.0 - quality) * unused_take(terms, row, params):
        return MONEY_DUE
    return NO_REASON


@step
def sign(state: State, params: Params, r: int, t: int) -> None:
    """The holder signs: it pays, the utility commits capacity and orders the upgrade, construction is scheduled."""
    request = state.requests[r]
    requests = state.requests
    u, p = request.utility, request.project
    project = state.projects[p]
    utility = state.utilities[u]
    settle_signature(state, r, t)
    state.applicants.room_mw[request.holder] -= request.mw
    request.stage, request.signed = SIGNED, t
    utility.signed_mw += request.mw
    if project.signed == NEVER:
        project.signed, project.signer = t, r
        project.alert = min(project.alert, t + 1)
    order_upgrade(state, params, r, t)
    build_dates(requests, params, r, t)
    join_building(state, r)


@process
def largest_room(applicants: Applicants) -> float:
    """MW of the largest need not yet signed for."""
    room = 0.0
    for i in range(applicants.size):
        room = max(room, applicants.room_mw[i])
    return room


@step
def find_buyer(applicants: Applicants, mw: float) -> int:
    """The lab or hyperscaler with the largest need not yet signed for, if it is at least half of the position; else -1."""
    buyer, room = -1, 0.5 * mw
    for i in range(applicants.size):
        applicant = applicants[i]
        if applicant.kind != DEVELOPER and applicant.room_mw >= room:
            buyer, room = i, applicant.room_mw
    return buyer


@step
def offer_position(state: State, params: Params, r: int, t: int) -> None:
    """A developer offers a studied position; sold, it is the buyer's request from now on."""
    request = state.requests[r]
    applicants = state.applicants
    seller = request.holder
    owner = state.applicants[seller]
    buyer = -1
    if state.tally[T_LARGEST_ROOM] >= 0.5 * request.mw:  # nobody's room grows within a month
        buyer = find_buyer(applicants, request.mw)
    if buyer >= 0:
        premium = max(0.0, 1.0 - 1.0 / max(owner.scarcity, 1.0))
        price = params.resale_share * params.value_usd_per_mw * premium * request.mw
        settle_resale(state, r, buyer, price)
        request.holder = buyer
    if buyer >= 0 or t >= request.decide_by:
        sold = 1.0 if buyer >= 0 else 0.0
        owner.sale_belief += params.belief_gain * (sold - owner.sale_belief)


@step
def decide(state: State, params: Params, r: int, t: int) -> bool:
    """The holder of a studied request waits (True), or signs or leaves (False: it is in the queue no more).

    What nobody would sign for at this cost is withdrawn. A developer waits for a buyer, a lab or hyperscaler for its need to
    grow to at least half of the request.
    """
    request = state.requests[r]
    applicants = state.applicants
    if t < request.offered:
        return True
    verdict = signing_verdict(state, params, r, t)
    if verdict != NO_REASON:
        leave(state, params, r, WITHDRAWN, verdict, t)
        return False
    if applicants.kind[request.holder] == DEVELOPER:
        offer_position(state, params, r, t)
    holder = request.holder
    unsold = applicants.kind[holder] == DEVELOPER
    if unsold or applicants.room_mw[holder] < 0.5 * request.mw:
        if t < request.decide_by:
            return True
        leave(state, params, r, EXPIRED, MONEY_DUE if unsold else NEED_GONE, t)
        return False
    sign(state, params, r, t)
    return False


@step
def advance(state: State, params: Params, r: int, t: int) -> int:
    """One month of a request that must be looked at: the month of the next look, or GONE if it left the queue."""
    request = state.requests[r]
    reason = exit_reason(state, r, t)
    if reason != NO_REASON:
        leave(state, params, r, WITHDRAWN, reason, t)
        return GONE
    u = request.utility
    utility = state.utilities[u]
    if request.stage == FILED:
        if utility.studying >= utility.slots:
            return request.patience_end
        start_study(state, params, r, t)
    elif request.stage == IN_STUDY:
        if t >= request.study_end:
            finish_study(state, params, r, t)
    elif not decide(state, params, r, t):
        return GONE
    return t + 1


@process
def run_queue(state: State, params: Params, t: int) -> None:
    """One month of every unsigned request, in the order of filing; those that left or signed drop out of the queue.

    Most requests only wait: nothing is read of one whose month has not come, whose project nobody has touched and whose
    area has no study slot to give.
    """
    lists, utilities = state.lists, state.utilities
    state.tally[T_EXITED_NOW] = 0.0
    for u in range(utilities.size):
        utility = state.utilities[u]
        utility.queued_mw = 0.0
    drop_surplus(state, params, t)
    state.tally[T_LARGEST_ROOM] = largest_room(state.applicants)
    kept = 0
    for j in range(state.counts[N_QUEUE]):
        r, due, p, u = lists.queue[j], lists.due[j], lists.queue_project[j], lists.queue_area[j]
        project = state.projects[p]
        utility = state.utilities[u]
        if t >= due or t >= project.alert or utility.studying < utility.slots:
            due = advance(state, params, r, t)
            if due == GONE:
                continue
        lists.queue[kept], lists.due[kept], lists.queue_project[kept], lists.queue_area[kept] = r, due, p, u
        lists.queue_holder[kept], lists.queue_mw[kept] = lists.queue_holder[j], lists.queue_mw[j]
        utility.queued_mw += lists.queue_mw[j]
        kept += 1
    state.counts[N_QUEUE] = kept
    state.tally[T_EXITED] += state.tally[T_EXITED_NOW]
