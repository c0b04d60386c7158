"""One run: a scenario and a seed to a result."""

from __future__ import annotations

import sys
from collections.abc import Iterable

import numpy as np

from gridsim.config.scenario import Scenario
from gridsim.engine.columns import grow, open_state
from gridsim.engine.prepare import Prepared, prepare
from gridsim.engine.result import PLACES, F, Result, series_table
from gridsim.engine.seeds import checked_seed
from gridsim.engine.user_strategies import StrategyFault
from gridsim.model import CACHE_DIR, jit_cache
from gridsim.model.month import run_months
from gridsim.model.state import T_FAULTS, Params, State

TOLERANCE = 1e-9
IMBALANCES = ("imbalance_mw", "imbalance_usd", "imbalance_gpus", "imbalance_tokens")
IMBALANCE_PLACES = [PLACES[name] for name in IMBALANCES]
RECORDS = ("requests", "agents")


class ConservationError(RuntimeError):
    """MW, money, GPUs or tokens appeared from nowhere: a fault of the program, never of the scenario."""


def warm_up() -> None:
    """Compile the kernels unless an earlier process has; says so on stderr, for it takes up to a minute."""
    from gridsim.engine.runner import Runner

    def compile_all() -> None:
        tiny = prepare(Scenario(title="warm-up", horizon_months=2), keep_log=True)
        run_to_end(*open_state(tiny, 1, record_agents=True))
        if jit_cache.compiling():
            list(Runner(tiny).run([1]))

    def say() -> None:
        print("gridsim: compiling the model, once for this version (up to a minute) ...", file=sys.stderr)

    jit_cache.compile_once(CACHE_DIR, compile_all, say)


def run_to_end(
    state: State, params: Params, first: int = 0, last: int | None = None, *, decided: bool = False
) -> State:
    """Run months first .. last - 1 (to the horizon by default), with longer request columns whenever they fill up.

    With `decided`, the decisions of the first month stand as they are.
    """
    last = state.series.size if last is None else last
    reached = run_months(state, params, first, last, decided)
    while reached < last:
        state = grow(state)
        reached = run_months(state, params, reached, last, decided and reached == first)
    return state


def check_conservation(state: State) -> None:
    """Raise `ConservationError` if any month's MW, money, GPUs or tokens are out of balance by more than 1e-9 of the total."""
    check_table(series_table(state))


def check_table(table: F) -> None:
    """`check_conservation` of a series as a table [month, column]."""
    balances = table[:, IMBALANCE_PLACES]
    lost = ~(balances <= TOLERANCE)
    if lost.any():
        month, column = np.argwhere(lost)[0]
        value = balances[month, column]
        raise ConservationError(f"{IMBALANCES[column]} is {value:.3g} in month {month}: the model has lost count")


def check_strategies(state: State) -> None:
    """Raise `StrategyFault` if a strategy from outside gave an answer out of range, or raised."""
    check_faults(int(state.tally[T_FAULTS]))


def check_faults(faults: int) -> None:
    """Raise `StrategyFault` if there were any."""
    if faults:
        raise StrategyFault(
            f"a strategy of one's own gave {faults} answers that are none: it raised, or returned a multiple outside 0 to "
            "20 or fewer than one copy"
        )


def wanted_records(record: str | Iterable[str] | None) -> set[str]:
    """The tables asked for: the request log by default, agents on request."""
    wanted = {record} if isinstance(record, str) else set(record or ())
    unknown = sorted(wanted - set(RECORDS))
    if unknown:
        raise ValueError(f"record: found {unknown[0]!r}, allowed are {', '.join(RECORDS)}")
    return wanted


def run_prepared(prepared: Prepared, seed: int, *, record_agents: bool = False) -> Result:
    """Run a prepared scenario with a seed. What is the same for all seeds is done once, in `prepare`."""
    state, params = open_state(prepared, seed, record_agents=record_agents)
    state = run_to_end(state, params)
    check_strategies(state)
    check_conservation(state)
    return Result(prepared, seed, state)


def simulate(
    scenario: Scenario,
    seed: int | None = None,
    *,
    twin: bool = False,
    record: str | Iterable[str] | None = "requests",
) -> Result:
    """Run a scenario.

    `seed` (0 to 2^63 - 1) replaces the scenario's. With `twin` the honest twin is run as well: the same scenario and random
    numbers with all gaming off, as `result.twin`. `record` names tables to keep beside the monthly series: "requests"
    (the default) and "agents", which implies it; None keeps neither.

    Raises ValueError for a seed or record out of range, `ConservationError` if the model loses count.
    """
    seed = checked_seed(scenario.seed if seed is None else seed)
    wanted = wanted_records(record)
    warm_up()
    agents = "agents" in wanted
    result = run_prepared(prepare(scenario, keep_log=bool(wanted)), seed, record_agents=agents)
    if twin:
        honest = prepare(scenario.twin(), keep_log=bool(wanted))
        result.twin = run_prepared(honest, seed, record_agents=agents)
    return result
