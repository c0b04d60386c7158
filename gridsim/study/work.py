"""A task of a batch: some runs of a plan, simulated and written into the store by whoever takes it."""

from __future__ import annotations

import itertools
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from gridsim.engine.simulate import run_prepared
from gridsim.study.plan import Plan, Run
from gridsim.study.rows import Rows
from gridsim.study.store import Store

REASON_MAX = 2_000


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
        for number in itertools.takewhile(lambda _: not stopped(), group):
            run = plan.run(number)
            try:
                prepared = plan.prepared(run)
                rows.add(run, prepared.scenario, run_prepared(prepared, run.seed)._state)
            except Exception as error:  # of the model, a strategy or a cell: the batch goes on
                store.write_failure(run, failure(plan, run, error))
                failed.append(number)
        if len(rows):
            write(store, block, rows)
            finished += [run.number for run in rows.runs]
    return Done(finished, failed, time.perf_counter() - begun)


def write(store: Store, block: int, rows: Rows) -> None:
    """Write the rows of both tables; a run counts as done when both hold it."""
    for table, data in rows.tables().items():
        store.write(table, block, data)


def failure(plan: Plan, run: Run, error: BaseException) -> dict[str, object]:
    """The record of a run that raised."""
    text = "".join(traceback.format_exception(error))
    return record(plan, run, f"{type(error).__name__}: {error}", text)


def record(plan: Plan, run: Run, reason: str, text: str = "") -> dict[str, object]:
    """The record of a failed run."""
    values = {"cell": run.cell, "values": plan.cells[run.cell], "seed": run.seed, "twin": run.twin}
    return {"run": run.number, **values, "reason": reason[:REASON_MAX], "traceback": text}


def batches(numbers: Iterable[int], block: int, size: Callable[[], int]) -> Iterator[list[int]]:
    """Tasks of about `size()` runs each; a task holds whole blocks, or a part of one."""
    task: list[int] = []
    for number in numbers:
        if task and number // block != task[-1] // block and len(task) + block > size():
            yield task
            task = []
        task.append(number)
        if len(task) >= max(1, size()) and size() < block:
            yield task
            task = []
    if task:
        yield task
