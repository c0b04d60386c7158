"""Ensembles on demand: what several people at once ask for, computed a few seeds at a time on all cores.

A scenario under the seeds 1 to N is one job, whoever asks for it. Workers take slices of seeds: first of jobs whose preview
is not there yet, then of the one with the fewest seeds, so that nobody waits for another's last decimals. A job that nobody
looks at any more rests, and goes on where it was when somebody does again. The order of the work changes nothing: a
seed's run depends on the seed alone.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict

import numpy as np
from numpy.typing import NDArray

from gridsim.config.scenario import Scenario
from gridsim.engine.ensemble import Ensemble
from gridsim.engine.many import cores
from gridsim.engine.measures import SERIES
from gridsim.engine.prepare import Prepared, prepare
from gridsim.engine.result import calendar
from gridsim.engine.runner import Runner

SEEDS, PREVIEW = 200, 20
"""Seeds of an exact ensemble, and of the preview shown while a lever moves."""
SLICE = 5
"""Seeds that a worker runs at a stretch."""
WORK_MAX = 8_000_000
"""Agents x months x seeds of one job: seven baselines. A larger scenario gets fewer seeds."""
WAITING_MAX = 32
"""Jobs that may be under way at once."""
CACHE_BYTES = 600_000_000
RUNNERS = 4
"""Scenarios whose columns a worker keeps ready."""


class Busy(RuntimeError):
    """More is asked for than the server takes on at once."""


class Job:
    """A scenario under the seeds 1 to `seeds`; `asked` are wanted so far, and `done` are there, in order."""

    def __init__(self, scenario: Scenario, prepared: Prepared, seeds: int) -> None:
        """A job of which nothing is done."""
        self.scenario = scenario
        self.prepared = prepared
        self.seeds = seeds
        self.series: NDArray[np.float64] = np.empty((seeds, prepared.months, len(SERIES)))
        self.issued = self.done = 0
        self.asked = min(PREVIEW, seeds)
        self.error: Exception | None = None
        self._ready = np.zeros(seeds, bool)
        self._digest: str | None = None

    @property
    def preview(self) -> int:
        """Seeds of the preview."""
        return min(PREVIEW, self.seeds)

    @property
    def wants_more(self) -> bool:
        """Whether seeds are asked for that no worker has taken."""
        return self.error is None and self.issued < self.asked

    def keep(self, first: int, tables: list[NDArray[np.float64]]) -> None:
        """Keep the series of some seeds."""
        self.series[first : first + len(tables)] = tables
        self._ready[first : first + len(tables)] = True
        missing = np.flatnonzero(~self._ready)
        self.done = int(missing[0]) if missing.size else self.seeds

    def ensemble(self, seeds: int) -> Ensemble:
        """The first few seeds, of those that are done."""
        series = {name: self.series[:seeds, :, i] for i, name in enumerate(SERIES)}
        return Ensemble(self.scenario, tuple(range(1, seeds + 1)), calendar(self.scenario), (), series, {})

    def digest(self) -> str:
        """A short name for the numbers of all seeds. Raises ValueError before they are there."""
        if self.done < self.seeds:
            raise ValueError("the ensemble is not complete")
        if self._digest is None:
            self._digest = hashlib.blake2b(self.series.tobytes(), digest_size=8).hexdigest()
        return self._digest


def seeds_for(scenario: Scenario) -> int:
    """Seeds of an ensemble of this scenario: 200, or as many as the bound on work allows."""
    actors = scenario.actors
    groups = (actors.labs, actors.hyperscalers, actors.developers, actors.utilities)
    agents = max(1, sum(len(group.roster("x")) for group in groups))
    return int(np.clip(WORK_MAX // (agents * scenario.horizon_months), 2, SEEDS))


class Simulator:
    """Workers, jobs by scenario, and who is looking at which."""

    def __init__(self, workers: int | None = None) -> None:
        """Start one worker a core, or as many as said."""
        self._changed = threading.Condition()
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._watched: OrderedDict[str, tuple[str, ...]] = OrderedDict()
        for _ in range(workers or cores()):
            threading.Thread(target=self._work, daemon=True).start()

    def watch(self, viewer: str, scenarios: list[Scenario]) -> list[Job]:
        """The jobs of some scenarios, which this viewer looks at from now on instead of what it looked at before.

        Raises `Busy` if too many are under way, ScenarioError if a scenario's network case cannot be used.
        """
        names = [scenario.digest() for scenario in scenarios]
        with self._changed:
            new = {name: scenario for name, scenario in zip(names, scenarios, strict=True) if name not in self._jobs}
        made = {name: Job(scenario, prepare(scenario), seeds_for(scenario)) for name, scenario in new.items()}
        with self._changed:
            self._watched.pop(viewer, None)
            looked_at = {name for seen in self._watched.values() for name in seen}
            under_way = sum(self._jobs[name].wants_more for name in looked_at if name in self._jobs)
            if made and under_way >= WAITING_MAX:
                raise Busy(f"{under_way} simulations are under way; try again in a moment")
            for name, job in made.items():
                self._jobs.setdefault(name, job)
            for name in names:
                self._jobs.move_to_end(name)
            self._watched[viewer] = tuple(names)
            while len(self._watched) > 4 * WAITING_MAX:
                self._watched.popitem(last=False)
            jobs = [self._jobs[name] for name in names]
            self._forget()
            self._changed.notify_all()
        return jobs

    def leave(self, viewer: str) -> None:
        """This viewer looks at nothing any more."""
        with self._changed:
            self._watched.pop(viewer, None)

    def ask(self, jobs: list[Job], seeds: int) -> None:
        """Have so many seeds worked out: beyond the preview nothing is until it is asked for, so that a page can draw."""
        with self._changed:
            for job in jobs:
                job.asked = max(job.asked, min(seeds, job.seeds))
            self._changed.notify_all()

    def wait(self, jobs: list[Job], seeds: int, seconds: float) -> int:
        """Wait until all jobs have so many seeds, or all they will have; returns how many all have.

        Raises what a run raised.
        """

        def enough() -> bool:
            return any(job.error for job in jobs) or all(job.done >= min(seeds, job.seeds) for job in jobs)

        self.ask(jobs, seeds)
        with self._changed:
            self._changed.wait_for(enough, seconds)
        for job in jobs:
            if job.error is not None:
                raise job.error
        return min(job.done for job in jobs)

    def _forget(self) -> None:
        """Drop what was looked at longest ago, beyond the memory allowed."""
        looked_at = {name for seen in self._watched.values() for name in seen}
        size = sum(job.series.nbytes for job in self._jobs.values())
        for name in [name for name in self._jobs if name not in looked_at]:
            if size <= CACHE_BYTES:
                break
            size -= self._jobs.pop(name).series.nbytes

    def _next(self) -> tuple[Job, int, int] | None:
        """A slice of seeds that somebody waits for."""
        looked_at = dict.fromkeys(name for seen in self._watched.values() for name in seen)
        jobs = [self._jobs[name] for name in looked_at if name in self._jobs and self._jobs[name].wants_more]
        if not jobs:
            return None
        job = min(jobs, key=lambda job: (job.issued >= job.preview, job.issued))
        first = job.issued
        job.issued = min(first + SLICE, job.asked)
        return job, first, job.issued - first

    def _work(self) -> None:
        """Run slices for ever."""
        runners: OrderedDict[int, tuple[Job, Runner]] = OrderedDict()
        while True:
            with self._changed:
                while (task := self._next()) is None:
                    self._changed.wait()
            job, first, count = task
            try:
                if id(job) not in runners:
                    runners[id(job)] = job, Runner(job.prepared)
                runners.move_to_end(id(job))
                if len(runners) > RUNNERS:
                    runners.popitem(last=False)
                outcomes = list(runners[id(job)][1].run(range(first + 1, first + count + 1)))
                error = next((outcome.error for outcome in outcomes if outcome.error is not None), None)
            except Exception as raised:
                outcomes, error = [], raised
            with self._changed:
                if error is None:
                    job.keep(first, [outcome.series for outcome in outcomes])
                job.error = job.error or error
                self._changed.notify_all()
