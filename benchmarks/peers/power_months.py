"""The power layer of gridsim by itself: its own processes, without those of GPUs, so that like is compared with like.

A run of gridsim also rents, buys and uses GPUs, in the same months. Where their waste is off nothing of that comes back to the
queue for power, so that the months below, which leave it out, give the same power series bit for bit; the benchmark checks
that as well.
"""

from __future__ import annotations

from gridsim.engine.columns import grow, open_state
from gridsim.engine.prepare import Prepared
from gridsim.model.accounting import (
    bill_service,
    clear_stocks,
    count_building,
    count_queue,
    count_service,
    measure_beliefs,
    measure_money,
    measure_power,
    measure_stocks,
    measure_waits,
    trace,
)
from gridsim.model.compiling import entry, process
from gridsim.model.construction import construct
from gridsim.model.filing import file_requests
from gridsim.model.month import has_room
from gridsim.model.perception import perceive
from gridsim.model.planning import plan
from gridsim.model.power_queue import run_queue
from gridsim.model.price import clear_capacity
from gridsim.model.settlement import settle_land
from gridsim.model.state import Params, State


@process
def account_power(state: State, params: Params, t: int) -> None:
    """`gridsim.model.accounting.account` without fleets."""
    clear_stocks(state, params, t)
    claims, duplicate, speculative, padding, escrow = count_queue(state, params, t)
    signed_claims, signed_padding, signed_escrow = count_building(state, params, t)
    count_service(state, params, t)
    settle_land(state)
    bill_service(state, params, t)
    clear_capacity(state, params, t)
    s = state.series
    s.duplicate_mw[t], s.speculative_mw[t], s.padding_mw[t] = duplicate, speculative, padding + signed_padding
    measure_power(state, params, claims + signed_claims, t)
    measure_stocks(state, t)
    measure_waits(state, t)
    measure_beliefs(state, t)
    measure_money(state, escrow + signed_escrow, t)
    trace(state, t)


@entry
def run_power_months(state: State, params: Params, first: int, last: int) -> int:
    """Months first .. last - 1 of the power layer; the month reached, less than `last` if the request columns must grow."""
    for t in range(first, last):
        if not has_room(state, params):
            return t
        plan(state, params, t)
        file_requests(state, params, t)
        run_queue(state, params, t)
        construct(state, params, t)
        perceive(state, params, t)
        account_power(state, params, t)
    return last


def run_power(prepared: Prepared, seed: int) -> State:
    """A run of the power layer by itself."""
    state, params = open_state(prepared, seed)
    reached = run_power_months(state, params, 0, prepared.months)
    while reached < prepared.months:
        state = grow(state)
        reached = run_power_months(state, params, reached, prepared.months)
    return state
