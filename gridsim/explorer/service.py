"""What every page of the explorer shares: the catalogue, ensembles and runs, each worked out once."""

from __future__ import annotations

import itertools
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

import pandas as pd

from gridsim import __version__
from gridsim.config.reader import load_text
from gridsim.config.scenario import Scenario
from gridsim.config.variants import varied
from gridsim.engine.contrast import Worlds
from gridsim.engine.result import Result
from gridsim.engine.simulate import simulate
from gridsim.explorer.catalogue import Entry, catalogue
from gridsim.explorer.choices import Choices, Provenance
from gridsim.explorer.simulator import SEEDS, WORK_MAX, Job, Simulator, seeds_for
from gridsim.model.jit_cache import source_digest
from gridsim.study.attribution import attribute, chosen

T = TypeVar("T")
Wrong = (ValueError, RuntimeError)
"""What may go wrong with choices, each with a message for the viewer: a bad scenario, too much at once, a failed run."""
WAIT_SECONDS = 20.0
"""Longest time that a request waits for runs; it answers with what there is."""
TEXT = "scenario"
"""What messages call a scenario given as text."""
OWN_CODE = "strategies.mine: no code is run for a page; start the explorer with that scenario: gridsim explore FILE"
LABELS = {"today": "today", "opened": "as opened", "honest": "without gaming"}


class Pair(NamedTuple):
    """A viewer's world and the one it is compared with, as jobs."""

    here: Job
    there: Job
    label: str

    @property
    def seeds(self) -> int:
        """Seeds that both will have."""
        return min(self.here.seeds, self.there.seeds)

    def worlds(self, seeds: int | None = None) -> Worlds:
        """Both under the first few seeds, or under all."""
        seeds = self.seeds if seeds is None else seeds
        return Worlds(self.label, self.here.ensemble(seeds), self.there.ensemble(seeds))


class Recent(Generic[T]):
    """The last few values worked out, by key; one at a time for each key."""

    def __init__(self, most: int) -> None:
        """Room for so many."""
        self._most = most
        self._kept: OrderedDict[Hashable, T] = OrderedDict()
        self._lock = threading.Lock()
        self._busy: dict[Hashable, threading.Lock] = {}

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The value of a key, worked out if it is not there."""
        with self._lock:
            turn = self._busy.setdefault(key, threading.Lock())
        with turn:
            with self._lock:
                if key in self._kept:
                    self._kept.move_to_end(key)
                    return self._kept[key]
            value = make()
            with self._lock:
                self._kept[key] = value
                while len(self._kept) > self._most:
                    self._kept.popitem(last=False)
                self._busy = {name: lock for name, lock in self._busy.items() if lock.locked()}
            return value


class Service:
    """The explorer's side of the model: from choices to scenarios, ensembles, single runs and attributions."""

    def __init__(self, path: Path | None = None) -> None:
        """Read the scenarios beside a file. Raises ScenarioError if the file itself is bad."""
        self.start, self.entries = catalogue(path)
        self.simulator = Simulator()
        self.version, self.model = __version__, source_digest()
        self._worlds: Recent[Scenario] = Recent(256)
        self._runs: Recent[Result] = Recent(12)
        self._attributions: Recent[pd.DataFrame] = Recent(64)
        self._attributing = threading.Lock()
        self._requests = itertools.count()
        self.simulator.ask(self.simulator.watch("start", [self.entries[self.start].scenario]), SEEDS)  # done beforehand

    def entry(self, choices: Choices) -> Entry | None:
        """The catalogue's entry that the choices start from; None for a scenario given as text.

        Raises ValueError for a scenario that the catalogue does not have.
        """
        if choices.text:
            return None
        key = choices.source or self.start
        if key not in self.entries:
            raise ValueError(f"there is no scenario {key[:80]!r} here")
        return self.entries[key]

    def opened(self, choices: Choices) -> Scenario:
        """The scenario before any lever was moved. Raises ScenarioError for text that is none, ValueError as `entry`."""
        entry = self.entry(choices)
        if entry is not None:
            return entry.scenario
        found = self._worlds.get(("text", choices.text), lambda: load_text(choices.text, TEXT))
        if found.strategies.mine is not None:
            raise ValueError(OWN_CODE)
        return found

    def scenario(self, choices: Choices) -> Scenario:
        """The scenario with its changes. Raises ScenarioError, ValueError as `opened`."""
        base = self.opened(choices)
        if not choices.changes:
            return base
        key = (base.digest(), repr(sorted(choices.changes.items())))
        # A contrast is kept, as `gridsim run --set` does, so that the scenario has the same digest there.
        keep = {"contrast": base.contrast}
        found = self._worlds.get(key, lambda: varied(base, dict(choices.changes)).model_copy(update=keep))
        if found.strategies.mine != base.strategies.mine:
            raise ValueError(OWN_CODE)
        return found

    def reference(self, choices: Choices) -> tuple[Scenario, str]:
        """What the scenario is compared with, and what that is called after "than".

        It is the scenario as opened where today's has other months.
        """
        here, base = self.scenario(choices), self.opened(choices)
        if choices.against == "honest":
            return here.twin(), LABELS["honest"]
        today = self.entries[self.start].scenario
        same_months = (today.start_month, today.horizon_months) == (here.start_month, here.horizon_months)
        if choices.against == "today" and same_months:
            return today, LABELS["today"]
        return base, LABELS["opened"]

    def watch(self, viewer: str, choices: Choices) -> Pair:
        """Both worlds of the choices as jobs that are under way. Raises `Busy`, ScenarioError, ValueError."""
        there, label = self.reference(choices)
        here, other = self.simulator.watch(viewer, [self.scenario(choices), there])
        return Pair(here, other, label)

    def exact(self, choices: Choices) -> Pair:
        """Both worlds with all their seeds. Raises ValueError if they take longer than a request may."""
        viewer = f"request {next(self._requests)}"
        try:
            pair = self.watch(viewer, choices)
            if self.simulator.wait([pair.here, pair.there], pair.seeds, WAIT_SECONDS) < pair.seeds:
                raise ValueError("the runs are not finished yet; try again in a moment")
        finally:
            self.simulator.leave(viewer)
        return pair

    def run(self, choices: Choices) -> Result:
        """The single run that is shown, with its honest twin and every agent."""
        scenario = self.scenario(choices)
        if seeds_for(scenario) < 4:
            raise ValueError("this scenario is too large for the page; run it with: gridsim run")
        make = lambda: simulate(scenario, choices.seed, twin=True, record="agents")  # noqa: E731
        return self._runs.get((scenario.digest(), choices.seed), make)

    def attribution(self, choices: Choices, measure: str) -> tuple[pd.DataFrame, int]:
        """Shapley shares of a measure over the gaming and waste that is on, and how many seeds they rest on.

        Raises ValueError where nothing is on.
        """
        scenario = self.scenario(choices)
        names = chosen(scenario, None)
        seeds = int(max(2, min(50, seeds_for(scenario) * 8 // 2 ** len(names))))
        if 2 ** len(names) * seeds > 2 * WORK_MAX // 1000:
            raise ValueError("too many mechanisms for the page; run: gridsim attribute")

        def make() -> pd.DataFrame:
            with self._attributing:
                return attribute(scenario, range(1, seeds + 1), measure, names)

        return self._attributions.get((scenario.digest(), measure), make), seeds

    def provenance(self, result: str = "", finding: str = "") -> Provenance:
        """What a link made here says of its numbers."""
        return Provenance(self.version, self.model, result, finding)
