"""Tasks on Dask workers: a cluster of this machine's own, on loopback, or a scheduler anywhere that shares the store's disk.

Workers read the plan from the store and write their own parts into it; only numbers of runs travel. So a lost message, worker
or driver loses at most the runs that were under way.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import logging
import os
import queue
import signal
import threading
import time
import uuid
from collections.abc import Iterator
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any

from gridsim.engine.simulate import warm_up
from gridsim.study.executors import ExecutorLost, Outcome
from gridsim.study.plan import Plan
from gridsim.study.store import Store, open_store
from gridsim.study.work import Done, work

PATIENCE_SECONDS = 30.0
"""How long a scheduler may take to answer."""
STOP_SECONDS = 60.0
ENDED = ("finished", "error", "cancelled")
GONE = ("closing", "closed", "failed")
STARTS = 3
"""How often a cluster of our own is started when a process of it dies on the way."""
COUNT_SECONDS = 2.0
"""How often workers are counted, for jobs of a cluster begin one by one."""

Told = tuple[Done | None, BaseException | None]
"""What is heard of a task that has ended: what it gave, or why it gave nothing; neither if Dask dropped it."""


class Dask:
    """Dask workers, of a `LocalCluster` with one thread each, or of the scheduler at an address."""

    def __init__(self, store: Store, plan: Plan, workers: int, address: str | None) -> None:
        """Join the scheduler at the address, or start a cluster of so many processes.

        Raises `ExecutorLost` if there is no scheduler at the address or none of its workers appears.
        """
        if plan.scenario.strategies.registered():
            raise ValueError(
                "strategies registered from Python are unknown to other processes; name a file in strategies.mine instead"
            )
        try:
            distributed: Any = importlib.import_module("distributed")
        except ImportError:
            raise ValueError('the Dask engine needs an optional library: pip install "gridsim[dask]"') from None
        self._dask = distributed
        self._loud = {name: logging.getLogger(name).level for name in QUIET}
        for name in QUIET:  # what it has to say comes as an exception, which is said once
            logging.getLogger(name).setLevel(logging.CRITICAL)
        self._cluster: Any = None
        self._stop_file = store.work / f"stop.{uuid.uuid4().hex}"
        self._common = (str(store.root.resolve()), folder_of(plan), str(self._stop_file.resolve()))
        self._live: dict[Any, list[int]] = {}
        self._ended: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.workers, self.room = 1, 2
        if address is None:
            self._cluster = own_cluster(distributed, workers)
        try:
            self._client = distributed.Client(
                self._cluster or address, timeout=PATIENCE_SECONDS, set_as_default=False, name="gridsim"
            )
            if address is not None:
                self._client.wait_for_workers(1, timeout=PATIENCE_SECONDS)
        except (OSError, TimeoutError) as error:
            self.close()
            raise ExecutorLost(f"no Dask scheduler with workers at {address}: {error}") from None
        self._count_workers()

    def submit(self, task: list[int]) -> None:
        """Take a task."""
        future = self._client.submit(remote_work, *self._common, task, pure=False, retries=0)
        self._live[future] = task
        future.add_done_callback(self._hear)

    def wait(self, seconds: float) -> list[Outcome]:
        """The tasks that have ended."""
        self._see_scheduler()
        self._revive()
        heard: list[tuple[Any, Told]] = []
        with contextlib.suppress(queue.Empty):
            heard.append(self._ended.get(timeout=seconds))
            while True:
                heard.append(self._ended.get_nowait())
        return [self._end(future, told) for future, told in heard if future in self._live]

    def _hear(self, future: Any) -> None:
        """Ask for the result of a task that has ended, in a thread of Dask's own, where no Ctrl-C breaks off the question."""
        if time.monotonic() - self._counted > COUNT_SECONDS:
            self._count_workers()
        self._ended.put((future, told(future)))

    def _count_workers(self) -> None:
        """Make room for the workers that there are now; a scheduler that does not answer is looked for by others."""
        with contextlib.suppress(OSError):
            self.workers = max(1, sum(self._client.nthreads().values()))
            self.room = 2 * self.workers
        self._counted = time.monotonic()

    def _end(self, future: Any, found: Told) -> Outcome:
        task = self._live.pop(future)
        cancelled = future.status == "cancelled"
        future.release()
        if cancelled:
            raise ExecutorLost("the Dask scheduler has forgotten the batch; was it restarted?")
        done, error = found
        killed = error is not None and isinstance(error, self._dask.KilledWorker)
        return Outcome(task, done, error, killed)

    def _see_scheduler(self) -> None:
        """Raise `ExecutorLost` once the connection to the scheduler is lost: it has forgotten the tasks, even if it is back."""
        if self._client.status != "running":
            raise ExecutorLost("the Dask scheduler is gone")

    def _revive(self) -> None:
        """Start anew the processes that died while they were starting: Dask gives these up, and would wait for ever."""
        if self._cluster is None:
            return
        gone = [name for name, nanny in list(self._cluster.workers.items()) if nanny.status.name in GONE]
        for name in gone:
            self._cluster.workers.pop(name, None)
        if len(self._cluster.workers) < len(self._cluster.worker_spec):
            self._cluster.scale(len(self._cluster.worker_spec))

    def stop(self) -> list[Outcome]:
        """Tell the workers to begin no further run, and wait for those under way to be written."""
        with contextlib.suppress(OSError):  # a full disk, of which the workers learn as well
            self._stop_file.touch()
        ended: list[Outcome] = []
        until = time.monotonic() + STOP_SECONDS
        while self._live and time.monotonic() < until:
            self._see_scheduler()
            # asked one by one, for an interrupt may have come between a future and what it was to be told
            ended += [self._end(future, told(future)) for future in list(self._live) if future.status in ENDED]
            time.sleep(0.02)
        return ended

    def close(self) -> None:
        """Leave the scheduler; end the cluster if it is our own."""
        with contextlib.suppress(Exception):  # whatever a cluster that is half gone has to say
            if getattr(self, "_client", None) is not None:
                self._client.close(timeout=5)
        with contextlib.suppress(Exception):
            if self._cluster is not None:
                self._cluster.close(timeout=10)
        with contextlib.suppress(OSError):
            self._stop_file.unlink(missing_ok=True)
        for name, level in self._loud.items():
            logging.getLogger(name).setLevel(level)


def told(future: Any) -> Told:
    """What a task that has ended gave, or why it gave nothing."""
    try:
        if future.status == "finished":
            return Done(*future.result(timeout=PATIENCE_SECONDS)), None
        return None, future.exception(timeout=PATIENCE_SECONDS) if future.status == "error" else None
    except Exception as error:  # the worker died with the result, which is in the store: the driver looks there
        return None, error


def own_cluster(distributed: Any, workers: int) -> Any:
    """A cluster of processes on loopback, without a dashboard, that gives a run no second chance to kill a worker.

    Raises `ExecutorLost` if its processes do not come up; one may die on the way.
    """
    for _ in range(STARTS - 1):
        with contextlib.suppress(RuntimeError):
            return started_cluster(distributed, workers)
    try:
        return started_cluster(distributed, workers)
    except RuntimeError as error:
        raise ExecutorLost(f"the Dask workers did not start: {error}") from None


def started_cluster(distributed: Any, workers: int) -> Any:
    """Start the cluster. Raises RuntimeError if one of its processes dies before it is there."""
    import dask

    settings = {"distributed.scheduler.allowed-failures": 0, "distributed.worker.daemon": True}
    with dask.config.set(settings | {"distributed.logging": QUIET}), uninterrupted():
        return distributed.LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",  # None would take port 8787 on every interface
            scheduler_kwargs={"dashboard": False},
            memory_limit=0,
            silence_logs="CRITICAL",
        )


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Threads and processes that are started here never get the Ctrl-C of a terminal, which is for the driver alone.

    They inherit that it is blocked, and so do the processes that they start later; here it comes a little later.
    """
    if not hasattr(signal, "pthread_sigmask"):  # not on POSIX
        yield
        return
    resource_tracker.ensure_running()  # whichever thread starts it gets its signals unblocked
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


LOGGERS = ("distributed", "distributed.client", "distributed.nanny", "distributed.scheduler", "tornado.application")
QUIET = dict.fromkeys(LOGGERS, "critical")


def folder_of(plan: Plan) -> str | None:
    """The folder of the scenario's files, as workers may find it."""
    return str(plan.scenario.folder.resolve()) if plan.scenario.folder is not None else None


def remote_work(root: str, folder: str | None, stop_file: str, numbers: list[int]) -> tuple[Any, ...]:
    """Do a task in a worker; gives the fields of `Done`."""
    store, plan = opened(root, folder, manifest_mark(root))
    return tuple(work(store, plan, numbers, lambda: os.path.exists(stop_file)))  # noqa: PTH110 - asked before every run


def manifest_mark(root: str) -> tuple[int, int]:
    """What changes when the store at a path becomes another one."""
    found = (Path(root) / "batch.json").stat()
    return found.st_mtime_ns, found.st_ino


LOCK = threading.Lock()


def opened(root: str, folder: str | None, mark: tuple[int, int]) -> tuple[Store, Plan]:
    """The store and its plan, read once in each process."""
    with LOCK:  # of several threads of a worker, one reads and compiles
        return _opened(root, folder, mark)


@functools.lru_cache(maxsize=2)
def _opened(root: str, folder: str | None, mark: tuple[int, int]) -> tuple[Store, Plan]:
    warm_up()
    store = open_store(Path(root))
    return store, store.plan(Path(folder) if folder else None)
