"""A batch: every run of a plan into a store, whatever happens on the way."""

from __future__ import annotations

import platform
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

from gridsim.config.scenario import Scenario
from gridsim.config.sweep import Sweep, check_sweep, load_sweep
from gridsim.engine.many import cores
from gridsim.engine.simulate import warm_up
from gridsim.study.executors import Executor, ExecutorLost, Local, Outcome
from gridsim.study.parts import NoSpace
from gridsim.study.plan import Plan, make_plan
from gridsim.study.results import Batch
from gridsim.study.store import TABLES, Mask, Store, create
from gridsim.study.work import record, tasks

TASK_SECONDS = 1.5
TASK_SECONDS_MIN = 0.3  # below, the writing of a part of its own would count
FIRST_TASK = 10
ATTEMPTS = 3
LOOK_SECONDS = 0.5


class Progress(NamedTuple):
    """Where a batch stands: runs of this session's share, done (also in earlier sessions), failed, and runs a second."""

    total: int
    done: int
    failed: int
    rate: float


class BatchStopped(RuntimeError):
    """A batch that cannot go on; what is finished is in the store, and the same call takes it up again."""


def run_batch(
    scenario: Scenario,
    seeds: Iterable[int] = range(1, 201),
    out: str | Path = "batch",
    *,
    sweep: Sweep | dict[str, Any] | str | Path | None = None,
    twin: bool = False,
    measures: Iterable[str] | None = None,
    series: Iterable[str] | None = None,
    workers: int | None = None,
    engine: Literal["local", "dask"] = "local",
    scheduler: str | None = None,
    shard: tuple[int, int] = (1, 1),
    chunk: int | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Batch:
    """Run a scenario with many seeds, for every cell of a sweep, and keep what came out in a folder.

    Called again with the same arguments, it runs what is missing. The folder's content depends on the plan alone: the scenario,
    sweep, seeds, measures; never on workers, engine, chunks, order or interruptions.

    Args:
        scenario: what the cells of the sweep vary.
        seeds: the same for all cells (common random numbers).
        out: the folder.
        sweep: a file, or what it would say as a dict; None for one cell, the scenario itself.
        twin: run the honest twin of every run too, as rows of their own.
        measures: columns of the series whose last month, peak and mean are kept; all by default.
        series: columns of the series kept month by month; by default ten, see `gridsim.study.plan.MONTHLY`.
        workers: threads, or processes of a Dask cluster of one's own; as many as cores by default.
        engine: "local" for threads of this process, "dask" for processes.
        scheduler: address of a running Dask scheduler, whose workers share the disk.
        shard: (i, n) runs the i-th of n shares of the plan, for plain job arrays.
        chunk: runs a task; by default as many as take about 1.5 s.
        progress: called now and then.

    Returns:
        The store, to read; failed runs are in its `failures`.

    Raises:
        ScenarioError: the sweep does not fit the scenario.
        StoreError: the folder holds something else, or another writer is at work.
        ValueError: an argument that cannot be.
        BatchStopped: the disk is full, or the Dask scheduler gone.
    """
    plan = make_plan(scenario, seeds, sweep=sweep_of(sweep, scenario), twin=twin, measures=measures, series=series)
    return run_plan(
        plan,
        Path(out),
        workers=workers,
        engine=engine,
        scheduler=scheduler,
        shard=shard,
        chunk=chunk,
        progress=progress,
    )


def sweep_of(sweep: Sweep | dict[str, Any] | str | Path | None, scenario: Scenario) -> Sweep | None:
    """A sweep from whatever says one. Raises `ScenarioError` if it does not fit the scenario."""
    if sweep is None:
        return None
    if isinstance(sweep, (str, Path)):
        return load_sweep(sweep, scenario)
    made = sweep if isinstance(sweep, Sweep) else Sweep.model_validate(sweep, by_alias=True, by_name=False)
    check_sweep(made, scenario)
    return made


def run_plan(
    plan: Plan,
    out: Path,
    *,
    workers: int | None = None,
    engine: str = "local",
    scheduler: str | None = None,
    shard: tuple[int, int] = (1, 1),
    chunk: int | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Batch:
    """Run what a store lacks of a plan; see `run_batch`."""
    count = cores() if workers is None else workers
    if count < 1 or (chunk is not None and chunk < 1) or not 1 <= shard[0] <= shard[1]:
        raise ValueError("workers, chunk and shard are counts from 1, and a shard is (i, n) with i up to n")
    if engine not in ("local", "dask"):
        raise ValueError(f"engine: found {engine!r}, allowed are 'local' and 'dask'")
    plan.prepared(plan.run(0))  # what is wrong with the scenario itself is said before anything is written
    store = create(out, plan)
    with store.writing(shard):
        mine = blocks_of(plan, shard)
        store.quarantine(store.check(mine))
        done = store.tidy(len(plan), mine)
        store.forget_failures(done)
        driver = Driver(store, plan, done, mine, chunk, progress or (lambda _: None))
        if driver.missing:
            warm_up()
            session = started(engine if scheduler is None else "dask", count, driver.missing)
            executor = make_executor(store, plan, engine, count, scheduler)
            try:
                driver.drive(executor)
            finally:
                executor.close()
                store.log(session | ended(driver))
            driver.settle()
        driver.tell()
    return Batch(store)


def make_executor(store: Store, plan: Plan, engine: str, workers: int, scheduler: str | None) -> Executor:
    """Threads, or Dask where the engine or a scheduler's address says so."""
    if engine == "local" and scheduler is None:
        return Local(store, plan, workers)
    from gridsim.study.dask_executor import Dask

    try:
        return Dask(store, plan, workers, scheduler)
    except ExecutorLost as error:
        raise BatchStopped(str(error)) from None


def blocks_of(plan: Plan, shard: tuple[int, int]) -> Mask:
    """Which blocks are a shard's: every n-th."""
    blocks = -(-len(plan) // plan.block)
    return np.asarray(np.arange(blocks) % shard[1] == shard[0] - 1)


class Driver:
    """Hands out tasks, takes up again what was lost, and keeps the blocks of the store whole."""

    def __init__(
        self,
        store: Store,
        plan: Plan,
        done: Mask,
        mine: Mask,
        chunk: int | None,
        progress: Callable[[Progress], None],
    ) -> None:
        """A driver of the blocks `mine` of a plan, of which the runs `done` are in the store."""
        self.store, self.plan, self.done = store, plan, done
        self.mine = mine
        self.failed: set[int] = set()
        self.again: deque[list[int]] = deque()
        self.suspects: deque[int] = deque()  # runs whose process died, though perhaps of another's doing
        self.alone: int | None = None
        self.open = Counter[int]()  # by block: runs that are missing and have not failed
        share = np.repeat(mine, plan.block)[: len(plan)]
        wanted = np.flatnonzero(share & ~done)
        self.total, self.missing = int(share.sum()), wanted.size
        blocks, counts = np.unique(wanted // plan.block, return_counts=True)
        self.open.update(dict(zip(blocks.tolist(), counts.tolist(), strict=True)))
        self.fresh = tasks(map(int, wanted), plan.block, self.task_size)
        self.chunk, self.progress = chunk, progress
        self.attempts = Counter[int]()
        self.deaths = Counter[int]()  # of processes that ran nothing but this run
        self.run_seconds = 0.0
        self.workers = 1
        self.left = self.missing
        self.begun = time.monotonic()

    def task_size(self) -> int:
        """Runs in the next task: as many as take a second or two, fewer towards the end so that all workers have some."""
        if self.chunk is not None:
            return self.chunk
        if self.run_seconds == 0.0:
            return FIRST_TASK
        even = max(-(-self.left // (2 * self.workers)), int(TASK_SECONDS_MIN / self.run_seconds))
        return max(1, min(int(TASK_SECONDS / self.run_seconds), even))

    def drive(self, executor: Executor) -> None:
        """Run until nothing is left. Raises `BatchStopped`, or KeyboardInterrupt after saving what was under way."""
        live = 0
        try:
            while True:
                self.workers = executor.workers  # on a cluster some join later
                while live < executor.room and (task := self.next_task(live)):
                    executor.submit(task)
                    live += 1
                if not live:
                    return
                for outcome in executor.wait(LOOK_SECONDS):
                    live -= 1
                    self.take(outcome)
                self.tell()
        except ExecutorLost as error:
            raise BatchStopped(f"{error}; {self.kept()}") from None
        except OSError as error:
            self.wind_up(executor)
            place = self.store.root if isinstance(error, NoSpace) else error.filename or self.store.root
            raise BatchStopped(f"{place}: {error.strerror or error}; {self.kept()}") from None
        except KeyboardInterrupt:
            self.wind_up(executor)
            self.tell()
            raise

    def wind_up(self, executor: Executor) -> None:
        """Begin nothing more, and note what was under way and is done."""
        with suppress(ExecutorLost):
            for outcome in executor.stop():
                if outcome.done is not None:
                    with suppress(OSError):  # the runs are in the store, though perhaps not their block in one part
                        self.take(outcome)

    def next_task(self, live: int) -> list[int] | None:
        """The next task: what was lost first, and suspects last, each alone, so that its death is nobody else's doing."""
        task = self.again.popleft() if self.again else next(self.fresh, None)
        if task is None and self.suspects and not live:
            self.alone = self.suspects.popleft()
            return [self.alone]
        return task

    def take(self, outcome: Outcome) -> None:
        """Note what became of a task; what was lost goes back, and a run whose process died is tried alone at the end."""
        if outcome.done is not None:
            self.finish(outcome.done.finished, outcome.done.failed)
            runs = len(outcome.done.finished) + len(outcome.done.failed)
            if runs:
                self.run_seconds = outcome.done.seconds / runs
            return
        if isinstance(outcome.lost, NoSpace):
            raise outcome.lost
        task = self.rescued(outcome.task)
        if outcome.killed:
            self.suspect(task)
            return
        for number in task[:1]:
            self.attempts[number] += 1
            if self.attempts[number] >= ATTEMPTS:
                raise BatchStopped(f"a task failed {ATTEMPTS} times: {outcome.lost}; {self.kept()}") from outcome.lost
            self.again.append(task)

    def suspect(self, task: list[int]) -> None:
        """Take up again a task whose process died; a run that it died of each time while nothing else ran has failed."""
        if len(task) > 1:
            half = len(task) // 2
            self.again.extend([task[:half], task[half:]])
        for number in task if len(task) == 1 else ():
            self.deaths[number] += number == self.alone
            if self.deaths[number] < ATTEMPTS:
                self.suspects.append(number)
                continue
            run = self.plan.run(number)
            reason = "the process that ran it died each time: it crashed, or ran out of memory"
            self.store.write_failure(run, record(self.plan, run, reason))
            self.finish([], [number])

    def rescued(self, task: list[int]) -> list[int]:
        """What of a lost task is not in the store."""
        there: list[int] = []
        for block in sorted({number // self.plan.block for number in task}):
            there += np.intersect1d(self.store.done_in(block), task).tolist()
        self.finish(there, [])
        return sorted(set(task) - set(there))

    def finish(self, finished: list[int], failed: list[int]) -> None:
        """Note runs that are done or have failed; a block of which no run is missing becomes one part."""
        self.done[finished] = True
        self.failed.update(failed)
        ended = finished + failed
        self.left -= len(ended)
        for block, count in Counter(number // self.plan.block for number in ended).items():
            self.open[block] -= count
            if self.open[block] <= 0:
                del self.open[block]
                self.store.merge(block, self.done)

    def settle(self) -> None:
        """What is true of the store once all has ended: no block in two parts, no failure of a run that is done.

        A worker that was given up for dead, or that Dask had run a task again, may have written after its block was whole.
        """
        for block in {block for table in TABLES for block, paths in self.store.parts(table).items() if len(paths) > 1}:
            if self.mine[block]:
                self.store.merge(block, self.done)
        self.store.forget_failures(self.done)

    def kept(self) -> str:
        """What a message says of what is saved."""
        return (
            f"{self.missing - self.left - len(self.failed):,} runs of this session are kept; the same command goes on"
        )

    def tell(self) -> None:
        """Report where the batch stands."""
        seconds = time.monotonic() - self.begun
        ended = self.missing - self.left
        done = self.total - self.left - len(self.failed)
        self.progress(Progress(self.total, done, len(self.failed), ended / seconds if seconds > 0.0 else 0.0))


def started(engine: str, workers: int, runs: int) -> dict[str, Any]:
    """What the log says of the start of a session."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return {"started": now, "host": platform.node(), "engine": engine, "workers": workers, "missing": runs}


def ended(driver: Driver) -> dict[str, Any]:
    """What the log says of its end."""
    seconds = round(time.monotonic() - driver.begun, 3)
    ran = driver.missing - driver.left
    return {"seconds": seconds, "ran": ran, "failed": len(driver.failed), "run_seconds": round(driver.run_seconds, 6)}
