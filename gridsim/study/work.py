"""A task of a batch: some runs of a plan, simulated and written into the store by whoever takes it."""

from __future__ import annotations

import itertools
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import numpy as np

from gridsim.engine.runner import Outcome, Runner
from gridsim.study.plan import Plan, Run
from gridsim.study.rows import Rows
from gridsim.study.store import Store

REASON_MAX = 2_000
NOTHING = np.empty((0, 0))
SLICE_SECONDS = 0.2
"""About how long runs go on before somebody asks whether to stop."""


class Done(NamedTuple):
    """What became of a task: numbers of the runs that are in the store, those that failed, and the seconds it took."""

    finished: list[int]
    failed: list[int]
    seconds: float


def work(store: Store, plan: Plan, numbers: Iterable[int], stopped: Callable[[], bool]) -> Done:
    """Run the runs of these numbers, block by block, and write what came out; what is finished is written even when stopped.

    A run that raises is recorded with its traceback, and the next one runs. Raises OSError where the store cannot be written.
    """
    begun = time.perf_counter()
    finished: list[int] = []
    failed: list[int] = []
    for block, group in itertools.groupby(numbers, lambda number: number // plan.block):
        rows = Rows(plan)
        for run, error in ran(plan, group, rows, stopped):
            if error is not None:
                store.write_failure(run, failure(plan, run, error))
                failed.append(run.number)
        if len(rows):
            write(store, block, rows)
            finished += [run.number for run in rows.runs]
    return Done(finished, failed, time.perf_counter() - begun)


def ran(
    plan: Plan, numbers: Iterable[int], rows: Rows, stopped: Callable[[], bool]
) -> Iterator[tuple[Run, Exception | None]]:
    """Run runs, cell by cell; those that succeed are added to the rows, of all it is said whether they did."""
    by_cell: dict[tuple[int, bool], list[Run]] = {}
    for run in map(plan.run, numbers):
        by_cell.setdefault((run.cell, run.twin), []).append(run)
    for runs in by_cell.values():
        if stopped():  # to prepare a cell may take longer than a run of it
            return
        try:
            runner = plan.runner(runs[0])
        except Exception as error:  # the cell's values do not fit together, or its strategy does not compile
            yield from ((run, error) for run in runs)
            continue
        for some in slices(runs, stopped):
            for run, outcome in zip(some, outcomes(runner, [run.seed for run in some]), strict=True):
                if outcome.error is None:
                    rows.add(run, runner.prepared.scenario, outcome)
                yield run, outcome.error


def outcomes(runner: Runner, seeds: list[int]) -> list[Outcome]:
    """What becomes of runs; when one raises, so that all stop, they are run one by one."""
    try:
        return list(runner.run(seeds))
    except Exception as error:  # of the engine itself, or for want of memory: the batch goes on
        if len(seeds) == 1:
            return [Outcome(NOTHING, NOTHING, NOTHING, error)]
    return [outcome for seed in seeds for outcome in outcomes(runner, [seed])]


def slices(runs: list[Run], stopped: Callable[[], bool]) -> Iterator[list[Run]]:
    """Runs in a row, about as many as can be run before somebody asks whether to stop."""
    at, size = 0, 1
    while at < len(runs) and not stopped():
        begun = time.perf_counter()
        yield runs[at : at + size]
        at += size
        each = (time.perf_counter() - begun) / size
        size = max(1, min(2 * size + 2, int(SLICE_SECONDS / max(each, 1e-6))))


def write(store: Store, block: int, rows: Rows) -> None:
    """Write the rows of both tables; a run counts as done when both hold it."""
    for table, data in rows.in_order().tables().items():
        store.write(table, block, data)


def failure(plan: Plan, run: Run, error: BaseException) -> dict[str, object]:
    """The record of a run that raised."""
    text = "".join(traceback.format_exception(error))
    return record(plan, run, f"{type(error).__name__}: {error}", text)


def record(plan: Plan, run: Run, reason: str, text: str = "") -> dict[str, object]:
    """The record of a failed run."""
    values = {"cell": run.cell, "values": plan.cells[run.cell], "seed": run.seed, "twin": run.twin}
    return {"run": run.number, **values, "reason": reason[:REASON_MAX], "traceback": text}


def tasks(numbers: Iterable[int], block: int, size: Callable[[], int]) -> Iterator[list[int]]:
    """Tasks of about `size()` runs each: a part of a block, or whole blocks, so that a block is rarely written in pieces."""
    task: list[int] = []
    room = size()
    for number in numbers:
        new_block = bool(task) and number // block != task[-1] // block
        if task and (len(task) >= room if 2 * room < block else new_block and len(task) + block > room):
            yield task
            task, room = [], size()
        task.append(number)
    if task:
        yield task
