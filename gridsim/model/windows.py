"""Windows: the requests of one window are studied together, and share what there is and what it costs.

When a window closes, everything filed in it goes into one study. At its end the area's capacity by the planning horizon is
allocated among the requests by one of the allocation rules; what a request does not get is its shortage. The base case is
what has been studied before, so that later windows stand behind earlier ones. The overload of a line falls on the requests
of all windows that end together, in proportion to the flow that each adds to it.
"""

from __future__ import annotations

from gridsim.model.compiling import process, step
from gridsim.model.construction import earliest_month
from gridsim.model.rationing import UNIFORM_PRICE, ration
from gridsim.model.rows import counted_mw
from gridsim.model.sorting import Ranking
from gridsim.model.state import DEVELOPER, IN_STUDY, N_QUEUE, STUDIED, Params, State
from gridsim.model.study import fold, overload


@step
def would_confirm(state: State, r: int) -> bool:
    """Whether the holder wants a queued request under new terms.

    A developer does while new positions pay as well, others up to the number of copies that they would file now.
    """
    request = state.requests[r]
    holder = state.applicants[request.holder]
    return holder.ask_mw > 0.0 if holder.kind == DEVELOPER else request.choice < holder.copies


@step
def stays(state: State, r: int, t: int) -> bool:
    """Whether request r will still be in the queue after its part of this month's pass, but for what it decides itself."""
    request = state.requests[r]
    utility = state.utilities[request.utility]
    if state.projects.alert[request.project] <= t or t >= request.patience_end:
        return False
    return utility.confirming == 0 or would_confirm(state, r)


@step
def is_due(state: State, r: int, t: int) -> bool:
    """Whether request r is one of a window whose study ends in month t."""
    request = state.requests[r]
    if state.utilities.collects[request.utility] == 0:
        return False
    return request.stage == IN_STUDY and request.study_end <= t and stays(state, r, t)


@process
def share_capacity(state: State, params: Params, u: int, first: int, t: int) -> int:
    """Write the area's shortage and month of delivery of every request in a window of area u whose study ends in month t.

    They are put into `fresh` from `first` on; returned is the place after the last.
    """
    lists = state.lists
    row = state.term_row[t, u]
    weight = state.terms.base_case_weight[row]
    n = first
    ahead_mw = asked_mw = 0.0
    for j in range(state.counts[N_QUEUE]):
        if state.queue.area[j] != u:
            continue
        r = state.queue.request[j]
        request = state.requests[r]
        if is_due(state, r, t):
            request.own_mw = state.terms.own_generation_share[row] * request.mw
            lists.fresh[n], lists.turns[n], lists.bids[n] = r, float(n), request.quality
            lists.asked[n] = request.mw - request.own_mw
            asked_mw += lists.asked[n]
            n += 1
        elif request.stage == STUDIED and stays(state, r, t):
            ahead_mw += weight * counted_mw(state, r)
    if n == first:
        return n
    last = t + params.horizon
    utility = state.utilities[u]
    taken = utility.energised_mw + utility.signed_mw - utility.nonfirm_signed_mw + ahead_mw
    free = max(0.0, utility.initial_mw + state.additions.due_mw[u, last] - taken)
    auction = state.terms.allocation[row] == UNIFORM_PRICE
    beside = lists.bids if auction else lists.turns
    ration(
        int(state.terms.allocation[row]),
        lists.asked[first:n],
        free,
        beside[first:n],
        0.0,
        lists.granted[first:n],
        Ranking(lists.order, lists.ranks),
    )
    deliver, _ = earliest_month(state, u, ahead_mw, min(asked_mw, free), params.horizon, t)
    for k in range(first, n):
        request = state.requests[lists.fresh[k]]
        request.deliver = deliver
        request.upgrade_mw = max(0.0, lists.asked[k] - lists.granted[k])
        request.line_mw = 0.0
    return n


@process
def share_lines(state: State, params: Params, n: int) -> None:
    """Write what lines lack for the first n requests in `fresh` together, to each in proportion to the flow that it adds."""
    lists, lines = state.lists, state.lines
    for line in range(lines.size):
        added = with_it = against_it = 0.0
        for k in range(n):
            request = state.requests[lists.fresh[k]]
            factor = state.load_flow[request.bus, line]
            if abs(factor) >= params.cutoff:
                added += factor * lists.asked[k]
                with_it += max(0.0, factor * lists.asked[k])
                against_it += max(0.0, -factor * lists.asked[k])
        before = lines.committed_mw[line] + lines.ahead_mw[line]
        over_mw = overload(before, added, lines.limit_mw[line])
        if over_mw <= 0.0:
            continue
        sign = 1.0 if before + added > 0.0 else -1.0
        pushing = with_it if sign > 0.0 else against_it
        for k in range(n):
            request = state.requests[lists.fresh[k]]
            factor = sign * state.load_flow[request.bus, line]
            if factor >= params.cutoff:
                request.line_mw += over_mw * factor * lists.asked[k] / pushing


@process
def meet_studied(state: State, t: int) -> None:
    """Put what has been studied before on the lines: the base case of joint studies."""
    for j in range(state.counts[N_QUEUE]):
        r = state.queue.request[j]
        request = state.requests[r]
        if request.stage == STUDIED and stays(state, r, t):
            weight = state.terms.base_case_weight[state.term_row[t, request.utility]]
            state.buses.ahead_mw[request.bus] += weight * counted_mw(state, r)
    fold(state)


@process
def study_windows(state: State, params: Params, t: int) -> None:
    """Joint studies that end in month t, before the month's pass over the queue: areas one by one, lines for all together."""
    any_window = False
    for u in range(state.utilities.size):
        any_window = any_window or state.utilities.collects[u] == 1
    if not any_window:
        return
    n = 0
    for u in range(state.utilities.size):
        if state.utilities.collects[u]:
            n = share_capacity(state, params, u, n, t)
    if n == 0 or state.lines.size == 0:
        return
    meet_studied(state, t)
    share_lines(state, params, n)
    for line in range(state.lines.size):
        state.lines.ahead_mw[line] = 0.0
