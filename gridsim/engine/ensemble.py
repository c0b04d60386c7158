"""Many seeds of one scenario, in memory: the spread beside a single run. Batches that must last: `gridsim.study`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridsim.config.scenario import Scenario
from gridsim.engine.measures import SERIES
from gridsim.engine.prepare import prepare
from gridsim.engine.result import calendar
from gridsim.engine.simulate import run_prepared, warm_up

if TYPE_CHECKING:
    import pandas as pd

AREA_COLUMNS = ("queued_mw", "signed_mw", "energised_mw", "installed_mw")


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
    wanted = tuple(int(seed) for seed in seeds)
    if not wanted or not all(0 <= seed < 2**63 for seed in wanted):
        raise ValueError("seeds: at least one, each from 0 to 2^63 - 1")
    warm_up()
    prepared = prepare(scenario)
    order = np.argsort(prepared.utilities.listed)
    utilities = tuple(prepared.utilities.names[k] for k in order)
    series = {name: np.empty((len(wanted), prepared.months)) for name in SERIES}
    areas = {name: np.empty((len(wanted), prepared.months, len(utilities))) for name in AREA_COLUMNS}
    for i, seed in enumerate(wanted):
        state = run_prepared(prepared, seed)._state
        for name, values in series.items():
            values[i] = state.series[name]
        for name, by_area in areas.items():
            by_area[i] = state.utility_traces[name][:, order]
        if done is not None:
            done()
    return Ensemble(scenario, wanted, calendar(scenario), utilities, series, areas)
