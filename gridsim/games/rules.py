"""Allocation rules in games: those of `gridsim.allocate`, asked many times over.

A game calls a rule with thousands of profiles of signals that differ in one claimant's. `gridsim.model.rationing` does the
allocation; here is only the loop, and which of a rule's inputs the claimants choose.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from gridsim.engine.allocate import allocate
from gridsim.model import rationing
from gridsim.model.compiling import entry
from gridsim.model.group import F
from gridsim.model.rationing import ration
from gridsim.model.sorting import Ranking

COLUMNS = {"lexicographic": "priority", "first_come": "filed", "turn_and_earn": "past_use", "uniform_price": "bids"}
"""The column that a rule needs beside the signals."""


@entry
def ration_rows(
    rule: int, signals: F, capacities: F, columns: F, setting: float, allocations: F, ranking: Ranking
) -> None:
    """Apply a rule to every row."""
    for k in range(signals.shape[0]):
        ration(rule, signals[k], capacities[k], columns[k], setting, allocations[k], ranking)


class Rule:
    """An allocation rule by name, with the options of `gridsim.allocate`.

    Claimants choose the signals, unless `claims` are given: then those are fixed, and claimants choose the column that the
    rule ranks or weighs by, for instance past use under `turn_and_earn` or the bids of `uniform_price`. Of that auction only the
    allocation is used; a game's payments are its contract's.
    """

    def __init__(self, name: str, *, claims: ArrayLike | None = None, **options: Any) -> None:
        self.name, self._options = name, options
        self._claims = None if claims is None else np.asarray(claims, dtype=np.float64)
        self._column = COLUMNS.get(name)
        if self._claims is not None and self._column is None:
            raise ValueError(f"rule {name!r} looks at signals only; it has no other column to choose")
        settings = [value for option, value in options.items() if option != self._column]
        self._setting = float(settings[0]) if settings else 0.0

    def __repr__(self) -> str:
        return f"Rule({self.name!r})"

    def allocation(self, signals: ArrayLike, capacity: float) -> F:
        """One allocation, with all the checks of `gridsim.allocate`."""
        if self._claims is None:
            return allocate(self.name, signals, capacity, **self._options)
        return allocate(self.name, self._claims, capacity, **{str(self._column): signals}, **self._options)

    def allocations(self, profiles: F, capacities: F) -> F:
        """The same for every row of signals and its capacity, unchecked."""
        number = int(getattr(rationing, self.name.upper()))
        chosen = np.ascontiguousarray(profiles, dtype=np.float64)
        signals, columns = chosen, chosen
        if self._claims is not None:
            signals = np.tile(self._claims, (chosen.shape[0], 1))
        elif self._column is not None:
            columns = np.tile(np.asarray(self._options[self._column], dtype=np.float64), (chosen.shape[0], 1))
        granted = np.zeros(chosen.shape)
        ranking = Ranking(np.empty(chosen.shape[1]), np.empty(chosen.shape[1], np.int64))
        limits = np.ascontiguousarray(capacities, dtype=np.float64)
        ration_rows(number, signals, limits, columns, self._setting, granted, ranking)
        return granted
