"""The month: the order in which everything happens. It reads like the process overview of the model description."""

from __future__ import annotations

from gridsim.model.accounting import account
from gridsim.model.chips import deliver_chips
from gridsim.model.compiling import entry, process
from gridsim.model.compute_market import trade_gpus
from gridsim.model.construction import construct
from gridsim.model.efficiency import measure_efficiency
from gridsim.model.filing import file_requests, filings_bound
from gridsim.model.fleet_demand import demand_gpus
from gridsim.model.perception import perceive
from gridsim.model.planning import plan
from gridsim.model.power_queue import run_queue
from gridsim.model.quota import use_quotas
from gridsim.model.service import serve
from gridsim.model.state import N_FREE, N_ROWS, Params, State


@entry
def decide_month(state: State, params: Params, t: int) -> None:
    """First half: GPUs are rented and used; applicants see what they need, and write their decisions (`ask_mw`, `copies`)."""
    measure_efficiency(state, params, t)
    demand_gpus(state, params, t)
    trade_gpus(state, params, t)
    serve(state, params, t)
    use_quotas(state, params, t)
    plan(state, params, t)


@process
def settle_month(state: State, params: Params, t: int) -> None:
    """Second half: what follows from the decisions of month t."""
    deliver_chips(state, params, t)
    file_requests(state, params, t)
    run_queue(state, params, t)
    construct(state, params, t)
    perceive(state, params, t)
    account(state, params, t)


@process
def has_room(state: State, params: Params) -> bool:
    """Whether the request columns can take whatever a month may file."""
    count = state.counts
    free = state.requests.mw.size - count[N_ROWS] + count[N_FREE]
    return free >= filings_bound(state.applicants, params, state.utilities.key.size)


@entry
def run_months(state: State, params: Params, first: int, last: int, decided: bool) -> int:
    """Run months first .. last - 1 and return the month reached: less than `last` if the request columns must grow.

    With `decided`, decisions of month `first` stand as they are.
    """
    for t in range(first, last):
        if not has_room(state, params):
            return t
        if t > first or not decided:
            decide_month(state, params, t)
        settle_month(state, params, t)
    return last
