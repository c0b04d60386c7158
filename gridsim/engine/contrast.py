"""Both worlds of a contrast under the same seeds: common random numbers, so that runs differ by the changes alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from gridsim.config.contrast import contrasted
from gridsim.config.scenario import Scenario
from gridsim.engine.ensemble import Ensemble, ensemble


class Worlds(NamedTuple):
    """A scenario under several seeds, and the other world of its contrast under the same ones."""

    label: str
    here: Ensemble
    there: Ensemble


def worlds(scenario: Scenario, *, done: Callable[[], None] | None = None) -> Worlds:
    """Run both worlds of a scenario's contrast, seeds 1 to `contrast.seeds`; `done` is called after each run.

    Raises ValueError if the scenario has no contrast, `ConservationError` if the model loses count.
    """
    other = contrasted(scenario)
    assert scenario.contrast is not None  # else there is no other world
    seeds = range(1, scenario.contrast.seeds + 1)
    return Worlds(scenario.contrast.label, ensemble(scenario, seeds, done=done), ensemble(other, seeds, done=done))
