"""Which mechanism causes how much: Shapley shares of a measure over all on/off subsets of switches, the same seeds in all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from gridsim.config.explain import did_you_mean
from gridsim.config.scenario import STRUCTURAL, WASTE, Mechanisms, Scenario
from gridsim.engine.many import run_many
from gridsim.engine.measures import SERIES
from gridsim.engine.prepare import prepare
from gridsim.engine.result import PLACES, SCALARS
from gridsim.engine.seeds import checked_seeds
from gridsim.study import shapley

if TYPE_CHECKING:
    import pandas as pd

MOST_SWITCHES = 12


def attribute(
    scenario: Scenario,
    seeds: Iterable[int] = range(50),
    measure: str = "power_phantom_ratio.peak",
    switches: Sequence[str] | None = None,
    *,
    scale: shapley.Scale = "level",
    done: Callable[[], None] | None = None,
) -> pd.DataFrame:
    """Attribute a measure to mechanisms.

    Every subset of the switches is run with every seed; what is not among the switches stays as the scenario has it. The
    Shapley value of a switch is what turning it on adds, averaged over all orders of turning on; the values sum to the total,
    the difference between all on and all off. Intervals are 90 % bootstrap intervals over seeds.

    Args:
        scenario: the world with everything on.
        seeds: of the runs, the same for all subsets.
        measure: a column of the monthly series and what is taken of it: last, peak or mean (NaN months apart).
        switches: names of mechanisms; by default all gaming and waste that the scenario has on.
        scale: "log" attributes the logarithm of the mean, for effects that multiply.
        done: called after each subset.

    Returns:
        One row a switch: switch, value, low, high, alone (turned on first), last (turned on last); the last row is the total.

    Raises:
        ValueError: no seed, an unknown measure or switch, or more than 12 switches.
    """
    import pandas as pd

    names = chosen(scenario, switches)
    column, kind = parsed(measure)
    wanted = checked_seeds(seeds)
    outcomes = np.empty((2 ** len(names), len(wanted)))
    place = SCALARS.index(kind), PLACES[column]
    for row, on in enumerate(shapley.subsets(len(names))):
        prepared = prepare(switched(scenario, names, on.tolist()))
        outcomes[row] = [outcome.scalars[place] for outcome in run_many(prepared, wanted)]
        if done is not None:
            done()
    found = shapley.attribute(names, outcomes, scale)
    table = pd.DataFrame(
        {
            "switch": names,
            "value": found.value,
            "low": found.low,
            "high": found.high,
            "alone": found.first,
            "last": found.last,
        }
    )
    total = {"switch": "total", "value": found.total} | dict.fromkeys(("low", "high", "alone", "last"), np.nan)
    return pd.concat([table, pd.DataFrame([total])], ignore_index=True)


def chosen(scenario: Scenario, switches: Sequence[str] | None) -> list[str]:
    """The switches asked for, by their names in `mechanisms`; by default all gaming and waste that is on."""
    known = list(Mechanisms.model_fields)
    if switches is None:
        on = [name for name in known if getattr(scenario.mechanisms, name)]
        names = [name for name in on if name not in STRUCTURAL or name in WASTE]
    else:
        names = [name.removeprefix("mechanisms.") for name in switches]
    for name in names:
        if name not in known:
            raise ValueError(f"switch {name!r}: allowed are {', '.join(known)}{did_you_mean(name, known)}")
    if len(set(names)) != len(names):
        raise ValueError("a switch is named twice")
    if not 1 <= len(names) <= MOST_SWITCHES:
        raise ValueError(f"{len(names)} switches: from 1 to {MOST_SWITCHES} can be attributed to, name some")
    return names


def parsed(measure: str) -> tuple[str, str]:
    """Column and kind of a measure such as power_phantom_ratio.peak."""
    column, _, kind = measure.partition(".")
    if column not in SERIES or kind not in SCALARS:
        hint = did_you_mean(measure, [f"{name}.{kind}" for name in SERIES for kind in SCALARS])
        raise ValueError(f"measure {measure!r}: write a column of the series and last, peak or mean{hint}")
    return column, kind


def switched(scenario: Scenario, names: list[str], on: list[bool]) -> Scenario:
    """The scenario with each of the switches as said."""
    mechanisms = scenario.mechanisms.model_copy(update=dict(zip(names, on, strict=True)))
    return scenario.model_copy(update={"mechanisms": mechanisms})
