"""Many runs of one scenario: several in one compiled call, in the same columns.

One by one, a run costs Python some hundred microseconds, most of them for its memory, which threads can only spend in turn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridsim.engine.columns import FIRST_ROWS, allocate_columns, opened
from gridsim.engine.measures import SERIES
from gridsim.engine.prepare import Prepared
from gridsim.engine.result import series_table
from gridsim.engine.simulate import check_faults, check_table, run_to_end
from gridsim.model.block import Kept, Kernels, run_block
from gridsim.model.by_address import address_of
from gridsim.model.jit_cache import compiling
from gridsim.model.month import run_months
from gridsim.model.opening import open_run
from gridsim.model.state import T_FAULTS, State
from gridsim.model.summary import summarise

F = NDArray[np.float64]
UNWRITTEN = ("requests", "projects", "queue", "lists")
"""Columns of which every row is written before it is read, so that they need no clearing."""


class Outcome(NamedTuple):
    """What is kept of a run, or why it failed: series [month, column], areas [month, utility, column], scalars [3, column].

    Columns are in the order of SERIES and UtilityTraces, utilities in the engine's order, scalars are last, peak and mean.
    """

    series: F
    areas: F
    scalars: F
    error: Exception | None


class Runner:
    """Runs of a prepared scenario, one after the other in the same memory."""

    def __init__(self, prepared: Prepared) -> None:
        """Columns for runs of a prepared scenario."""
        self.prepared = prepared
        self._params = prepared.params.copy()
        self._take(FIRST_ROWS)

    def _take(self, rows: int) -> None:
        """Take memory for so many requests, and remember what it holds before a run."""
        self._use(allocate_columns(self.prepared, rows, record_agents=False))
        self._before = tuple(cells.copy() for cells in self._cells)

    def _use(self, state: State) -> None:
        """Run in these columns from now on; what kernels are given of them is made ready once."""
        own = [group for name, group in zip(State._fields, state, strict=True) if name not in UNWRITTEN]
        shared = {id(array) for array in arrays(self.prepared)}
        cleared = [np.asarray(array) for array in arrays(own) if id(array) not in shared]
        self.state = state
        self._cells = tuple(array.reshape(-1).view(np.uint8) for array in cleared)
        self._scratch = np.empty((state.applicants.size, 2)), np.empty((state.utilities.size, 7))
        self._table = series_table(state)
        self._areas = np.asarray(state.utility_traces).view(np.float64).reshape(len(self._table), -1)
        self._kernels: Kernels | None = None

    def kernels(self) -> Kernels:
        """Addresses of the kernels for these columns."""
        if self._kernels is None:
            opening = address_of(open_run, self.state, self._params, self.prepared.drawn_from, *self._scratch)
            months = address_of(run_months, self.state, self._params, 0, 0, False)
            self._kernels = Kernels(opening, months, address_of(summarise, self._table, np.empty((3, len(SERIES)))))
        return self._kernels

    def run(self, seeds: Sequence[int]) -> Iterator[Outcome]:
        """Run seeds, in their order. What a run leaves is copied, so that outcomes outlive the next call."""
        shapes = self._table.shape, self._areas.shape, (3, len(SERIES)), ()
        kept = Kept(*(np.empty((len(seeds), *shape)) for shape in shapes))
        done = 0
        while done < len(seeds):
            rest = Kept(*(array[done:] for array in kept))
            if compiling():
                done += self._run_block(seeds[done:], rest)
            if done < len(seeds):
                self._run_one(seeds[done], Kept(*(array[done:] for array in kept)))
                done += 1
        utilities = len(self.prepared.utilities.names)
        for table, areas, numbers, faults in zip(*kept, strict=True):
            yield Outcome(table, areas.reshape(len(table), utilities, -1), numbers, fault(table, faults))

    def _run_block(self, seeds: Sequence[int], kept: Kept) -> int:
        """Run seeds in one call until one needs longer columns; returns how many have run."""
        return run_block(
            self.state,
            self._params,
            self.prepared.drawn_from,
            *self._scratch,
            self._cells,
            self._before,
            self.kernels(),
            np.array(seeds, np.int64),
            self._table,
            self._areas,
            kept,
        )

    def _run_one(self, seed: int, kept: Kept) -> None:
        """Run a seed, with longer columns if they are needed; these stay."""
        while True:
            for cells, before in zip(self._cells, self._before, strict=True):
                cells[:] = before
            params = opened(self.state, self.prepared, seed)
            if params is not None:
                break
            self._take(2 * self.state.requests.size)
        longer = run_to_end(self.state, params)
        if longer is not self.state:
            self._use(longer)
        summarise(self._table, kept.scalars[0])
        kept.series[0] = self._table
        kept.areas[0] = self._areas
        kept.faults[0] = self.state.tally[T_FAULTS]


def fault(table: F, faults: float) -> Exception | None:
    """What is wrong with a run, if anything is."""
    try:
        check_faults(int(faults))
        check_table(table)
    except RuntimeError as error:
        return error
    return None


def arrays(data: Any) -> list[NDArray[Any]]:
    """Every array in nested tuples and lists."""
    if isinstance(data, np.ndarray):
        return [data]
    return [array for item in data for array in arrays(item)] if isinstance(data, tuple | list) else []
