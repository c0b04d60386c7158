"""Who runs the tasks of a batch: threads of this process here, Dask workers in `dask_executor`. Both give the same bytes."""

from __future__ import annotations

import threading
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import NamedTuple, Protocol

from gridsim.study.plan import Plan
from gridsim.study.store import Store
from gridsim.study.work import Done, work


class Outcome(NamedTuple):
    """The end of a task: what was done, or why nothing is known of it (`lost`), and whose fault that is.

    `killed` says that the process that ran it died, which may be the doing of one of its runs.
    """

    task: list[int]
    done: Done | None
    lost: BaseException | None = None
    killed: bool = False


class ExecutorLost(RuntimeError):
    """Whoever runs the tasks is gone; what is finished is in the store."""


class Executor(Protocol):
    """Takes tasks and gives back their ends, in any order."""

    room: int
    """Tasks that may be under way at once; a few more than workers, so that none waits."""
    workers: int

    def submit(self, task: list[int]) -> None:
        """Take a task."""

    def wait(self, seconds: float) -> list[Outcome]:
        """The tasks that have ended, after at most so many seconds. Raises `ExecutorLost`."""

    def stop(self) -> list[Outcome]:
        """Let no further run begin, and give the ends of the tasks that were under way."""

    def close(self) -> None:
        """Free what was taken."""


class Local:
    """Threads of this process. The kernels hold no lock of Python's, so that threads are as fast as processes."""

    def __init__(self, store: Store, plan: Plan, workers: int) -> None:
        """Threads that run tasks of a plan into a store."""
        self.workers = workers
        self.room = workers + 1
        self._stop = threading.Event()
        self._store, self._plan = store, plan
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="gridsim")
        self._live: dict[Future[Done], list[int]] = {}

    def submit(self, task: list[int]) -> None:
        """Take a task."""
        self._live[self._pool.submit(work, self._store, self._plan, task, self._stop.is_set)] = task

    def wait(self, seconds: float) -> list[Outcome]:
        """The tasks that have ended."""
        ended, _ = wait(self._live, seconds, FIRST_COMPLETED)
        return [outcome(future, self._live.pop(future)) for future in ended]

    def stop(self) -> list[Outcome]:
        """Let the runs under way end, and be written."""
        self._stop.set()
        ended, _ = wait(self._live)
        return [outcome(future, self._live.pop(future)) for future in ended]

    def close(self) -> None:
        """End the threads."""
        self._stop.set()
        self._pool.shutdown(cancel_futures=True)


def outcome(future: Future[Done], task: list[int]) -> Outcome:
    """How a task ended."""
    error = future.exception()
    return Outcome(task, None if error else future.result(), error)
