"""Studies: what the grid can give to a request, what it would cost, and who must be studied again.

One by one: a request is studied against a base case of everything in service and signed and of the earlier active requests
(at a weight that the terms set). It fits if planned capacity of the area covers it by the planning horizon and no line that
it concerns is loaded beyond its limit; else it needs capacity of the area, of lines, or both, at a skewed cost. A
withdrawal makes those later requests be studied again whose result it changes, and no other (the cascade of restudies).
"""

from __future__ import annotations

from gridsim.model import draws
from gridsim.model.compiling import process, rule, step
from gridsim.model.construction import earliest_month, mean_build_months
from gridsim.model.elementary import exp, log
from gridsim.model.rows import load_lines
from gridsim.model.state import (
    FILED,
    IN_STUDY,
    STUDIED,
    T_DEPARTED,
    T_RESTUDIES,
    Params,
    State,
)

DECISION_POINTS = 2
"""Restudies of one request in windows (FERC Order 2023: after the cluster study, and before the facilities study)."""
SAME_MW = 1e-6
"""Two results of a study that differ by less are the same: what is left of rounding."""


@rule
def months_to_close(window_months: int, t: int) -> int:
    """Whole months from month t to the one in which a window closes; windows follow each other from month 0 on."""
    return window_months - 1 - t % window_months


@step
def is_open(state: State, u: int) -> int:
    """1 if area u must look at every request: it confirms, a window closes, or there is a free study slot."""
    utility = state.utilities[u]
    free = utility.closing == 1 if utility.collects else utility.studying < utility.slots
    return 1 if free or utility.confirming else 0


@process
def clear_pass(state: State, t: int) -> None:
    """Start the month's pass over the queue: nothing has been met yet, and only what left since the last pass has left."""
    for u in range(state.utilities.size):
        utility = state.utilities[u]
        row = state.term_row[t, u]
        utility.counted_mw = 0.0
        utility.discloses = 1 if state.terms.duplicate_disclosure[row] > 0.0 else 0
        window = int(state.terms.window_months[row])
        utility.collects = 1 if window > 0 else 0
        utility.closing = 1 if window > 0 and months_to_close(window, t) == 0 else 0
        utility.freed_mw = utility.freed_line_mw = 0.0
        if utility.closing:
            utility.freed_mw, utility.freeing_mw = utility.freeing_mw, 0.0
            utility.freed_line_mw, utility.freeing_line_mw = utility.freeing_line_mw, 0.0
        utility.confirming = state.confirm[t, u]
        utility.open_desk = is_open(state, u)
    for b in range(state.buses.size):
        state.buses.ahead_mw[b] = 0.0
    for line in range(state.lines.size):
        state.lines.ahead_mw[line] = state.lines.departed_mw[line] = state.lines.dropped_mw[line] = 0.0


@process
def forget_departed(state: State) -> None:
    """End the month's pass: every request has met what left before it."""
    if state.tally[T_DEPARTED] == 0.0:
        return
    state.tally[T_DEPARTED] = 0.0
    for u in range(state.utilities.size):
        state.utilities.departed_mw[u] = 0.0
    for b in range(state.buses.size):
        state.buses.departed_mw[b] = state.buses.dropped_mw[b] = 0.0


@process
def fold(state: State) -> None:
    """Bring the lines' flows up to date with what the pass has met: as many steps as buses touched times lines."""
    lines, buses = state.lines, state.buses
    for b in range(buses.size):
        bus = buses[b]
        if bus.ahead_mw != 0.0:
            for line in range(lines.size):
                lines.ahead_mw[line] += state.load_flow[b, line] * bus.ahead_mw
            bus.ahead_mw = 0.0
        if bus.departed_mw != 0.0:
            for line in range(lines.size):
                lines.departed_mw[line] += state.load_flow[b, line] * bus.departed_mw
            bus.departed_mw = 0.0
        if bus.dropped_mw != 0.0:
            for line in range(lines.size):
                lines.dropped_mw[line] += state.load_flow[b, line] * bus.dropped_mw
            bus.dropped_mw = 0.0


@rule
def overload(before_mw: float, added_mw: float, limit_mw: float) -> float:
    """MW by which a flow exceeds its limit because of what is added; what exceeded it before is not counted."""
    return max(0.0, abs(before_mw + added_mw) - max(limit_mw, abs(before_mw)))


@process
def line_shortage(state: State, params: Params, b: int, mw: float, weight: float, departed: float) -> float:
    """MW of line capacity that `mw` more at bus b lacks, summed over lines with a distribution factor of at least the cut-off.

    Flows before: the case's own, those of signed and energised requests, `weight` times those of earlier active ones, and
    `departed` (0 or 1) times those of requests that have just left.
    """
    lines = state.lines
    total = 0.0
    for line in range(lines.size):
        factor = state.load_flow[b, line]
        if abs(factor) >= params.cutoff:
            unsigned_mw = lines.ahead_mw[line] + departed * lines.dropped_mw[line]
            before = lines.committed_mw[line] + weight * unsigned_mw + departed * lines.departed_mw[line]
            total += overload(before, factor * mw, lines.limit_mw[line])
    return total


@process
def assess(state: State, params: Params, r: int, t: int, departed: float) -> tuple[int, float, float]:
    """What a study of request r would find now: (month of firm capacity, MW short in the area, MW short on lines).

    With `departed` = 1 as if what left this month were still there.
    """
    request = state.requests[r]
    u = request.utility
    utility = state.utilities[u]
    weight = state.terms.base_case_weight[state.term_row[t, u]]
    net_mw = request.mw - request.own_mw
    ahead_mw = weight * utility.counted_mw + departed * utility.departed_mw
    deliver, short_mw = earliest_month(state, u, ahead_mw, net_mw, params.horizon, t)
    line_mw = 0.0
    if state.lines.size > 0:
        fold(state)
        line_mw = line_shortage(state, params, request.bus, net_mw, weight, departed)
    return deliver, short_mw, line_mw


@step
def start_study(state: State, params: Params, r: int, t: int) -> None:
    """Request r takes a study slot; studies last a drawn whole number of months."""
    request = state.requests[r]
    span = params.study_months_max - params.study_months_min + 1
    u = draws.uniform(params.seed, draws.STUDY, request.restudies, request.key)
    request.stage = IN_STUDY
    request.study_end = t + params.study_months_min + int(u * span)
    state.utilities.studying[request.utility] += 1


@step
def enter_window(state: State, params: Params, r: int, t: int) -> None:
    """Request r is studied from month t on, together with all others of its window."""
    request = state.requests[r]
    request.stage = IN_STUDY
    request.study_end = t + params.window_study_months
    state.utilities.studying[request.utility] += 1


@rule
def upgrade_cost(params: Params, key: int, mw: float, short_mw: float, line_mw: float) -> float:
    """US$ of network upgrades assigned to a request: lognormal per MW, dearer where capacity falls short, and lines on top."""
    per_mw = params.upgrade_median_usd_per_mw * exp(
        params.upgrade_sigma * draws.normal(params.seed, draws.UPGRADE, 0, key)
    )
    return per_mw * (mw * (params.scarce_cost_factor if short_mw > 0.0 else 1.0) + params.scarce_cost_factor * line_mw)


@rule
def upgrade_months(params: Params, key: int) -> int:
    """Whole months that an upgrade takes, uniform."""
    span = params.upgrade_months_max - params.upgrade_months_min + 1
    _, v = draws.uniforms(params.seed, draws.UPGRADE, 1, key)
    return params.upgrade_months_min + int(v * span)


@rule
def agreement_months(params: Params, key: int) -> int:
    """Whole months from a study to an agreement that can be signed, uniform."""
    span = params.agreement_months_max - params.agreement_months_min + 1
    _, v = draws.uniforms(params.seed, draws.STUDY, 0, key)
    return params.agreement_months_min + int(v * span)


@rule
def curtailable_share(hours_share: float) -> float:
    """Share of an area's peak that may connect without firm capacity, if curtailed for a share of hours: 0.10 (x / 0.0025)^0.365.

    Through the headroom of the United States' load duration curves: 76, 98 and 126 GW at 0.25, 0.5 and 1 % of hours,
    about 10, 13 and 17 % of peak (Norris et al. 2025, Rethinking Load Growth, Duke University).
    """
    return 0.10 * exp(0.365 * log(hours_share / 0.0025)) if hours_share > 0.0 else 0.0


@step
def offer_nonfirm(state: State, r: int, t: int) -> bool:
    """Whether the area connects request r before there is firm capacity, and may curtail it; books it if so."""
    request = state.requests[r]
    utility = state.utilities[request.utility]
    hours = state.terms.nonfirm_hours_share[state.term_row[t, request.utility]]
    if hours <= 0.0 or request.nonfirm == 1:
        return request.nonfirm == 1
    room_mw = curtailable_share(hours) * utility.other_load_mw - utility.nonfirm_mw
    if request.mw > room_mw:
        return False
    request.nonfirm = 1
    utility.nonfirm_mw += request.mw
    return True


@step
def finish_study(state: State, params: Params, r: int, t: int) -> None:
    """The result of a study: month of delivery, upgrades and their cost; and how long the offer stands."""
    request = state.requests[r]
    u = request.utility
    utility = state.utilities[u]
    row = state.term_row[t, u]
    utility.studying -= 1
    utility.unstudied -= 1
    request.own_mw = state.terms.own_generation_share[row] * request.mw
    deliver, short_mw, line_mw = request.deliver, request.upgrade_mw, request.line_mw
    if not utility.collects:  # else a joint study has just written them
        deliver, short_mw, line_mw = assess(state, params, r, t, 0.0)
    if (short_mw > 0.0 or line_mw > 0.0 or deliver > t) and offer_nonfirm(state, r, t):
        deliver, short_mw, line_mw = t, 0.0, 0.0
    if short_mw > 0.0 or line_mw > 0.0:
        deliver = t + upgrade_months(params, request.key)
    request.stage, request.studied = STUDIED, t
    request.deliver, request.upgrade_mw, request.line_mw = deliver, short_mw, line_mw
    request.upgrade_usd = upgrade_cost(params, request.key, request.mw, short_mw, line_mw)
    request.upgrade_usd += params.own_generation_usd_per_mw * request.own_mw
    request.offered = t + agreement_months(params, request.key)
    request.decide_by = request.offered + int(state.terms.sign_within_months[row])
    service = max(deliver, request.offered + int(mean_build_months(params)))
    if service - request.filed <= params.horizon:  # in time, as far as anybody can tell now
        state.applicants.approved_now[request.applicant] += 1.0
    else:
        state.applicants.refused_now[request.applicant] += 1.0


@step
def relied(state: State, params: Params, r: int, t: int) -> bool:
    """Whether what left changes what a study of request r finds.

    One by one: what left this month, all of it earlier than r. In windows, at their decision point, when the next one
    closes: whatever was granted capacity of the area, shared in the overload of a line or had lines to itself by contract,
    and has left since the last one; after so many of them a result stands.
    """
    request = state.requests[r]
    utility = state.utilities[request.utility]
    if request.nonfirm == 1:
        return False
    if utility.collects:  # capacity given back goes to who is short; the overload of a line has fewer to share it
        if request.restudies >= DECISION_POINTS:
            return False
        shares_area = utility.freed_mw > SAME_MW and request.upgrade_mw > SAME_MW
        return shares_area or (utility.freed_line_mw > SAME_MW and request.line_mw > SAME_MW)
    if state.tally[T_DEPARTED] == 0.0 or (utility.departed_mw == 0.0 and state.lines.size == 0):
        return False
    with_them, short_with, line_with = assess(state, params, r, t, 1.0)
    without, short_without, line_without = assess(state, params, r, t, 0.0)
    return with_them != without or abs(short_with - short_without) > SAME_MW or abs(line_with - line_without) > SAME_MW


@step
def send_back(state: State, params: Params, r: int, t: int) -> None:
    """A studied request must be studied again: with its window, or when there is a slot; it keeps its place in the queue."""
    request = state.requests[r]
    request.stage = FILED
    request.restudies += 1
    if state.utilities.collects[request.utility]:
        enter_window(state, params, r, t)
    state.utilities.unstudied[request.utility] += 1
    state.tally[T_RESTUDIES] += 1.0


@step
def reinforce(state: State, params: Params, r: int, t: int) -> None:
    """Put the load of a signed request on the lines, and raise the limits of those that it overloads by its overload."""
    request = state.requests[r]
    weight = state.terms.base_case_weight[state.term_row[t, request.utility]]
    lines, mw = state.lines, request.mw - request.own_mw
    if lines.size == 0 or request.nonfirm == 1:
        return
    if request.line_mw > 0.0:
        fold(state)
        for line in range(lines.size):
            factor = state.load_flow[request.bus, line]
            if abs(factor) >= params.cutoff:
                before = lines.committed_mw[line] + weight * lines.ahead_mw[line]
                lines.limit_mw[line] += overload(before, factor * mw, lines.limit_mw[line])
    load_lines(state, request.bus, mw)
