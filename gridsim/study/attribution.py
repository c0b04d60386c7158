"""Which mechanism causes how much: Shapley shares of a measure over on/off subsets of switches, the same seeds in all."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridsim.config.explain import did_you_mean
from gridsim.config.scenario import LAYERS, STRUCTURAL, WASTE, Mechanisms, Scenario
from gridsim.engine.criteria import parsed
from gridsim.engine.many import run_many
from gridsim.engine.prepare import prepare
from gridsim.engine.result import PLACES, SCALARS
from gridsim.engine.seeds import checked_seeds
from gridsim.study import shapley

if TYPE_CHECKING:
    import pandas as pd

MOST_EXACT = 10
"""Switches up to which every subset is run; beyond, orders of turning on are drawn."""
ORDERS = 40


@dataclass(frozen=True)
class Study:
    """Outcomes of the subsets that were run, and what follows from them.

    Attributes:
        measure: what is attributed.
        seeds: of the runs of each subset.
        names: switches that were turned.
        design: the subsets, and the weights that make shares of them.
        outcomes: the measure in its own unit, [subset, seed].
        scale: "log" attributes the logarithm of the mean over seeds.
    """

    measure: str
    seeds: tuple[int, ...]
    names: tuple[str, ...]
    design: shapley.Design
    outcomes: shapley.Floats
    scale: shapley.Scale

    @property
    def grouped(self) -> bool:
        """Whether the mechanisms of a layer were turned on together."""
        return self.design.grouped

    @property
    def exact(self) -> bool:
        """Whether every subset was run."""
        return self.design.exact

    @property
    def subsets(self) -> int:
        """How many subsets were run."""
        return len(self.design.on)

    def shares(self) -> pd.DataFrame:
        """A row a switch: switch, value, low, high, alone (turned on first), last (turned on last), layer; then the total."""
        import pandas as pd

        found = shapley.attribute(self.names, self.outcomes, self.scale, self.design)
        columns = (found.value, found.low, found.high, found.first, found.last)
        heads = ("value", "low", "high", "alone", "last")
        table = pd.DataFrame(
            {"switch": self.names}
            | dict(zip(heads, columns, strict=True))
            | {"layer": [layer_of(name) for name in self.names]}
        )
        nothing = dict.fromkeys(("low", "high", "alone", "last"), np.nan)
        total = {"switch": "total", "value": found.total} | nothing | {"layer": ""}
        return pd.concat([table, pd.DataFrame([total])], ignore_index=True)

    def layers(self) -> pd.DataFrame:
        """A row a layer: layer, value, low, high, switches (how many); the last row is the total."""
        import pandas as pd

        parts = layers_of(self.names)
        weights = np.stack([self.design.weights[:, part].sum(axis=1) for part in parts.values()], axis=1)
        found = shapley.intervals(weights, self.outcomes, self.scale)
        counts = [len(part) for part in parts.values()]
        table = pd.DataFrame({"layer": list(parts), **found._asdict(), "switches": counts})
        total = {"layer": "total", "value": found.value.sum(), "low": np.nan, "high": np.nan, "switches": sum(counts)}
        return pd.concat([table, pd.DataFrame([total])], ignore_index=True)

    def interactions(self) -> pd.DataFrame:
        """A row for each two switches: one, other, value, low, high; the largest first, whatever its sign.

        Above 0 the two do more together than each beside the others. Raises ValueError where not every subset was run.
        """
        import pandas as pd

        if not self.exact:
            raise ValueError(f"interactions need every subset to be run: name at most {MOST_EXACT} switches")
        found = shapley.intervals(shapley.interaction_weights(len(self.names)), self.outcomes, self.scale)
        pairs = list(itertools.combinations(self.names, 2))
        names = {"one": [one for one, _ in pairs], "other": [other for _, other in pairs]}
        table = pd.DataFrame(names | found._asdict())
        return table.sort_values("value", key=np.abs, ascending=False, ignore_index=True, kind="stable")

    def runs(self) -> pd.DataFrame:
        """Every outcome: a row for each subset and seed, a column for each switch, then seed and value."""
        import pandas as pd

        switches = np.repeat(self.design.on, len(self.seeds), axis=0)
        table = pd.DataFrame(switches, columns=list(self.names))
        return table.assign(seed=np.tile(self.seeds, len(self.design.on)), value=self.outcomes.ravel())


def attribute(
    scenario: Scenario,
    seeds: Iterable[int] = range(50),
    measure: str = "power_phantom_ratio.peak",
    switches: Sequence[str] | None = None,
    *,
    scale: shapley.Scale = "level",
    by_layer: bool = False,
    orders: int = ORDERS,
    done: Callable[[], None] | None = None,
) -> pd.DataFrame:
    """Attribute a measure to mechanisms.

    Subsets of the switches are run with every seed; what is not among the switches stays as the scenario has it. The
    Shapley value of a switch is what turning it on adds, averaged over all orders of turning on; the values sum to the total,
    the difference between all on and all off. Up to ten switches every subset is run; beyond, those along drawn orders.
    Intervals are 90 % bootstrap intervals over seeds, and over orders where these are drawn.

    Args:
        scenario: the world with everything on.
        seeds: of the runs, the same for all subsets.
        measure: a column of the monthly series and what is taken of it: last, peak or mean (NaN months apart).
        switches: names of mechanisms; by default all gaming and waste that the scenario has on.
        scale: "log" attributes the logarithm of the mean, for effects that multiply.
        by_layer: Owen values: the mechanisms of one layer are turned on together before those of the next.
        orders: pairs of orders that are drawn for more than ten switches.
        done: called after each subset.

    Returns:
        One row a switch: switch, value, low, high, alone (turned on first), last (turned on last), layer; the last row is
        the total. An effect alone or last is NaN where no drawn order has it.

    Raises:
        ValueError: no seed, an unknown measure or switch.
    """
    names = chosen(scenario, switches)
    return study(scenario, seeds, measure, names, designed(names, by_layer, orders), scale, done).shares()


def study(
    scenario: Scenario,
    seeds: Iterable[int],
    measure: str,
    names: Sequence[str],
    design: shapley.Design,
    scale: shapley.Scale = "level",
    done: Callable[[], None] | None = None,
) -> Study:
    """Run the subsets of a design. Raises ValueError for no seed, or an unknown measure."""
    column, kind = parsed(measure)
    wanted = checked_seeds(seeds)
    outcomes = np.empty((len(design.on), len(wanted)))
    place = SCALARS.index(kind), PLACES[column]
    for row, on in enumerate(design.on):
        prepared = prepare(switched(scenario, names, on.tolist()))
        outcomes[row] = [outcome.scalars[place] for outcome in run_many(prepared, wanted)]
        if done is not None:
            done()
    return Study(measure, tuple(wanted), tuple(names), design, outcomes, scale)


def designed(names: Sequence[str], by_layer: bool = False, orders: int = ORDERS) -> shapley.Design:
    """The subsets to run for these switches; drawn orders are always the same ones. Raises ValueError for no order."""
    groups = list(layers_of(names).values()) if by_layer else None
    if len(names) <= MOST_EXACT:
        return shapley.every_subset(len(names), groups)
    if orders < 2:
        raise ValueError(f"{orders} pairs of orders: at least 2 are needed for an interval")
    return shapley.drawn_orders(len(names), orders, np.random.default_rng(0), groups)


def layer_of(name: str) -> str:
    """The layer in which a mechanism acts."""
    return next(layer for layer, names in LAYERS.items() if name in names)


def layers_of(names: Sequence[str]) -> dict[str, list[int]]:
    """The layers that some switches are of, each with the places of its switches."""
    places = {layer: [i for i, name in enumerate(names) if layer_of(name) == layer] for layer in LAYERS}
    return {layer: part for layer, part in places.items() if part}


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
    if not names:
        raise ValueError("no gaming and no waste is on in this scenario: name switches to attribute to")
    return names


def switched(scenario: Scenario, names: Sequence[str], on: list[bool]) -> Scenario:
    """The scenario with each of the switches as said."""
    mechanisms = scenario.mechanisms.model_copy(update=dict(zip(names, on, strict=True)))
    return scenario.model_copy(update={"mechanisms": mechanisms})
