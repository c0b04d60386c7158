"""Many runs in one compiled call: open, run and keep, seed after seed, in the same columns."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridsim.model import by_address
from gridsim.model.compiling import entry
from gridsim.model.group import F, I
from gridsim.model.state import T_FAULTS, Params, State
from gridsim.model.traits import Distributions

CALL: Any = by_address.call_at
Bytes = NDArray[np.uint8]


class Kept(NamedTuple):
    """What is kept of each run."""

    series: F  # [run, month, column]
    areas: F  # [run, month, utility and column]
    scalars: F  # [run, last peak mean, column]
    faults: F  # [run]: answers of strategies from outside that were none


class Kernels(NamedTuple):
    """Addresses of the compiled opening, months and summary."""

    opening: int
    months: int
    summary: int


@entry
def run_block(
    state: State,
    params: Params,
    drawn_from: Distributions,
    shares: F,
    endowments: F,
    cells: tuple[Bytes, ...],
    before: tuple[Bytes, ...],
    kernels: Kernels,
    seeds: I,
    table: F,
    areas: F,
    kept: Kept,
) -> int:
    """Run each seed on columns that hold `before` when it begins; returns how many of the seeds have run.

    Fewer than all if the columns of requests are too short for the next. `table` is the memory of
    `state.series`, `areas` that of `state.utility_traces`.
    """
    for k in range(seeds.size):
        for j in range(len(cells)):
            to, source = cells[j], before[j]
            for i in range(to.size):
                to[i] = source[i]
        params.seed = seeds[k]
        if not CALL(kernels.opening, (state, params, drawn_from, shares, endowments), True):
            return k
        if CALL(kernels.months, (state, params, 0, table.shape[0], False), 1) < table.shape[0]:
            return k
        CALL(kernels.summary, (table, kept.scalars[k]), None)
        for t in range(table.shape[0]):
            for c in range(table.shape[1]):
                kept.series[k, t, c] = table[t, c]
            for c in range(areas.shape[1]):
                kept.areas[k, t, c] = areas[t, c]
        kept.faults[k] = state.tally[T_FAULTS]
    return seeds.size
