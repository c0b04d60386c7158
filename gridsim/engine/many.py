"""Many seeds of one scenario on all cores, in memory."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from gridsim.engine.prepare import Prepared
from gridsim.engine.runner import Outcome, Runner
from gridsim.engine.simulate import warm_up

T = TypeVar("T")
R = TypeVar("R")
SLICE = 10
"""Seeds that a thread runs at a stretch, unless there are too few for all threads."""


def run_many(prepared: Prepared, seeds: Sequence[int], workers: int | None = None) -> Iterator[Outcome]:
    """The outcomes of seeds, in their order, whatever the number of threads; by default one a core.

    Raises whatever a run raised: `StrategyFault`, `ConservationError`.
    """
    warm_up()
    threads = cores() if workers is None else workers
    size = max(1, min(SLICE, -(-len(seeds) // threads)))
    slices = [seeds[at : at + size] for at in range(0, len(seeds), size)]
    own = threading.local()

    def run(some: Sequence[int]) -> list[Outcome]:
        if not hasattr(own, "runner"):
            own.runner = Runner(prepared)
        return list(own.runner.run(some))

    for outcomes in on_threads(run, slices, threads):
        for outcome in outcomes:
            if outcome.error is not None:
                raise outcome.error
            yield outcome


def on_threads(work: Callable[[T], R], items: Iterable[T], threads: int | None = None) -> Iterator[R]:
    """What `work` makes of each item, in their order; by default a thread a core. Whoever stops asking ends it."""
    with ThreadPoolExecutor(cores() if threads is None else threads) as pool:
        try:
            yield from pool.map(work, items)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def cores() -> int:
    """Cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on Linux
        return os.cpu_count() or 1
