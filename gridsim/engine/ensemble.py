"""Many seeds of one scenario, in memory: the spread beside a single run. Batches that must last: `gridsim.study`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridsim.config.scenario import Scenario
from gridsim.engine.many import run_many
from gridsim.engine.measures import SERIES
from gridsim.engine.prepare import prepare
from gridsim.engine.result import PLACES, calendar
from gridsim.engine.seeds import checked_seeds
from gridsim.model.group import columns
from gridsim.model.series import UtilityTraces

if TYPE_CHECKING:
    import pandas as pd

AREA_COLUMNS = ("queued_mw", "signed_mw", "energised_mw", "installed_mw")
AREA_PLACES = {name: i for i, name in enumerate(columns(UtilityTraces).names or ()) if name in AREA_COLUMNS}


class Ensemble(NamedTuple):
    """What a scenario does under several seeds.

    `series[name]` is [seed, month] in the unit of the measure, `areas[name]` [seed, month, utility] in MW; utilities in
    the scenario's order.
    """

    scenario: Scenario
    seeds: tuple[int, ...]
    dates: pd.DatetimeIndex
    utilities: tuple[str, ...]
    series: dict[str, NDArray[np.float64]]
    areas: dict[str, NDArray[np.float64]]

    def area(self, name: str, utility: str) -> NDArray[np.float64]:
        """One area column of one utility, [seed, month]. Raises KeyError for an unknown column or utility."""
        if utility not in self.utilities:
            raise KeyError(utility)
        return self.areas[name][:, :, self.utilities.index(utility)]


def ensemble(scenario: Scenario, seeds: Iterable[int], *, done: Callable[[], None] | None = None) -> Ensemble:
    """Run a scenario once per seed, in the order given, and keep the monthly series of the system and of every area.

    `done` is called after each run.

    Raises ValueError if there is no seed or one out of range, `ConservationError` if the model loses count.
    """
    wanted = tuple(checked_seeds(seeds))
    prepared = prepare(scenario)
    order = np.argsort(prepared.utilities.listed)
    utilities = tuple(prepared.utilities.names[k] for k in order)
    series = {name: np.empty((len(wanted), prepared.months)) for name in SERIES}
    areas = {name: np.empty((len(wanted), prepared.months, len(utilities))) for name in AREA_COLUMNS}
    for i, outcome in enumerate(run_many(prepared, wanted)):
        for name, values in series.items():
            values[i] = outcome.series[:, PLACES[name]]
        for name, by_area in areas.items():
            by_area[i] = outcome.areas[:, order, AREA_PLACES[name]]
        if done is not None:
            done()
    return Ensemble(scenario, wanted, calendar(scenario), utilities, series, areas)
