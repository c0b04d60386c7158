"""The power queue: decisions and exits, in the order in which requests were filed.

One pass over the unsigned requests, oldest first. A request leaves when a sibling has signed, when its holder no longer
needs the project, when patience ends, or when it is not confirmed under new terms. What stays is studied by a limited
staff, and studied again when the departure of an earlier one changes its result. A studied position is signed if it is
worth the money still to pay; a speculative one only if somebody buys it; what is not signed in time expires.
"""

from __future__ import annotations

from gridsim.model.compiling import process, step
from gridsim.model.construction import build_dates, order_upgrade
from gridsim.model.exits import leave
from gridsim.model.rows import copy_progress, join_building
from gridsim.model.settlement import (
    discount,
    settle_confirmation,
    settle_readiness,
    settle_resale,
    settle_signature,
    unused_take,
)
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
    T_EXITED,
    T_EXITED_NOW,
    T_LARGEST_ROOM,
    T_RESTUDIES,
    WITHDRAWN,
    Applicants,
    Params,
    State,
)
from gridsim.model.study import (
    clear_pass,
    enter_window,
    finish_study,
    forget_departed,
    is_open,
    reinforce,
    relied,
    send_back,
    start_study,
)
from gridsim.model.windows import study_windows, would_confirm

GONE = -1


@step
def drop_surplus(state: State, params: Params, t: int) -> None:
    """Mark the projects that holders with a surplus give up, youngest first, unsigned.

    A queued request costs little, so that a surplus is given up over the release time only, one whole project at a time.
    """
    anybody = False
    for i in range(state.applicants.size):
        applicant = state.applicants[i]
        surplus = max(0.0, -applicant.gap_mw)
        applicant.releasing_mw = applicant.releasing_mw + surplus / params.release_months if surplus > 0.0 else 0.0
        anybody = anybody or applicant.releasing_mw >= applicant.smallest_mw
    if not anybody:
        return
    for j in range(state.counts[N_QUEUE] - 1, -1, -1):
        owner = state.applicants[state.queue.holder[j]]
        if owner.releasing_mw < owner.smallest_mw:
            continue
        project = state.projects[state.queue.project[j]]
        if project.alert == NOT_YET and project.mw <= owner.releasing_mw:
            project.dropped = project.alert = t
            owner.releasing_mw -= project.mw


@step
def confirmed(state: State, r: int, t: int) -> bool:
    """Whether the holder confirms a queued request under new terms, and then pays what they ask for more."""
    wanted = would_confirm(state, r)
    if wanted:
        settle_confirmation(state, r, t)
    return wanted


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
    if state.utilities.confirming[request.utility] and not confirmed(state, r, t):
        return MONEY_DUE
    return NO_REASON


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
    security = terms.collateral_usd_per_mw[row] + terms.security_share[row] * request.upgrade_usd / request.mw
    carry = security * (1.0 - discount(params.interest_per_year, years))
    if worth < carry + (1.0 - quality) * unused_take(terms, row, params):
        return MONEY_DUE
    return NO_REASON


@step
def readiness_verdict(state: State, params: Params, r: int, t: int) -> int:
    """Why the holder does not go on when a study is done (COST, MONEY_DUE), or NO_REASON if it does.

    Where a further deposit is due now it must be worth that as well: its carrying cost, and with 1 - theta what is kept of it.
    """
    request = state.requests[r]
    row = state.term_row[t, request.utility]
    verdict = signing_verdict(state, params, r, t)
    share = state.terms.readiness_share[row]
    if verdict == COST or share <= 0.0:
        return COST if verdict == COST else NO_REASON
    quality, per_mw = request.quality, request.upgrade_usd / request.mw
    kept = discount(params.interest_per_year, params.construction_months_max / 12.0)
    lost = (1.0 - quality) * (1.0 - state.terms.deposit_refundable_share[row]) * kept
    worth = quality * params.value_usd_per_mw - per_mw
    return MONEY_DUE if verdict == MONEY_DUE or worth < share * per_mw * (1.0 - kept + lost) else NO_REASON


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
    if request.nonfirm == 1:
        utility.nonfirm_signed_mw += request.mw
    if project.signed == NEVER:
        project.signed, project.signer = t, r
        project.alert = min(project.alert, t + 1)
    build_dates(requests, params, r, t)
    order_upgrade(state, params, r, t)
    reinforce(state, params, r, t)
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
        if utility.collects:
            if not utility.closing:
                return request.patience_end
            enter_window(state, params, r, t)
        elif utility.studying >= utility.slots:
            return request.patience_end
        else:
            start_study(state, params, r, t)
    elif request.stage == IN_STUDY:
        if t >= request.study_end:
            finish_study(state, params, r, t)
            verdict = readiness_verdict(state, params, r, t)
            if verdict != NO_REASON:
                leave(state, params, r, WITHDRAWN, verdict, t)
                return GONE
            settle_readiness(state, r, t)
    elif params.restudies and relied(state, params, r, t):
        send_back(state, params, r, t)
    elif not decide(state, params, r, t):
        return GONE
    return min(request.study_end, request.patience_end) if request.stage == IN_STUDY else t + 1


@process
def count_disclosed(state: State) -> None:
    """Write how many copies of each project are known to the areas with disclosure; nothing where there is none."""
    any_area = False
    for u in range(state.utilities.size):
        any_area = any_area or state.utilities.discloses[u] == 1
    if not any_area:
        return
    for j in range(state.counts[N_QUEUE]):
        state.projects.disclosed[state.queue.project[j]] = 0
    for j in range(state.counts[N_QUEUE]):
        if state.utilities.discloses[state.queue.area[j]]:
            state.projects.disclosed[state.queue.project[j]] += 1


@process
def run_queue(state: State, params: Params, t: int) -> None:
    """One month of every unsigned request, in the order of filing; those that left or signed drop out of the queue.

    Most requests only wait: nothing is read of one whose month has not come, whose project nobody has touched and whose
    area has no study slot to give.
    """
    state.tally[T_EXITED_NOW] = state.tally[T_RESTUDIES] = 0.0
    clear_pass(state, t)
    count_disclosed(state)
    drop_surplus(state, params, t)
    study_windows(state, params, t)
    state.tally[T_LARGEST_ROOM] = largest_room(state.applicants)
    kept, lined = 0, state.lines.size > 0
    for j in range(state.counts[N_QUEUE]):
        queued = state.queue[j]
        r, u = queued.request, queued.area
        project = state.projects[queued.project]
        utility = state.utilities[u]
        counted_mw = queued.mw
        if t >= queued.due or t >= project.alert or utility.open_desk:
            queued.due = advance(state, params, r, t)
            utility.open_desk = is_open(state, u)
            if queued.due == GONE:
                continue
            copy_progress(state, j)
            if state.requests.nonfirm[r] == 1:
                counted_mw = 0.0
        if utility.discloses and project.disclosed > 1:  # as `rows.counted_mw`, which reads the request
            counted_mw /= project.disclosed
        utility.counted_mw += counted_mw
        if lined:
            state.buses.ahead_mw[state.requests.bus[r]] += counted_mw
        state.queue[kept] = queued
        kept += 1
    state.counts[N_QUEUE] = kept
    forget_departed(state)
    state.tally[T_EXITED] += state.tally[T_EXITED_NOW]
