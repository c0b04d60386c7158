"""Lists of requests out of simulated markets, with the truth about each: what a real list is compared with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from gridsim.assess.features import features
from gridsim.assess.groups import PARTS, truths_of_groups
from gridsim.assess.history import LAGS, changes
from gridsim.assess.log import AFTER, Log, shares
from gridsim.config.scenario import Scenario
from gridsim.config.variants import varied
from gridsim.engine.many import on_threads
from gridsim.engine.prepare import prepare
from gridsim.engine.simulate import run_prepared, warm_up

T = TypeVar("T")
Floats = NDArray[np.float64]
Draws = np.random.Generator
FIRST, LAST = 18, 58
"""Months of a run between which lists are taken: after the boom has begun, and early enough to see five years of what follows."""
LEAST = 20
"""Requests that a list must have at least."""
REGION = 0.25
"""Share of the lists that are of the whole region; the others are of one utility each."""
DETAILS = ("draw", "open_mw", *PARTS)
"""What else is known of a simulated list: which draw of its world it is, its open MW, and the truth about its groups."""


class Lists(NamedTuple):
    """Simulated lists.

    Attributes:
        names: of the features.
        numbers: [list, feature]; NaN where a list has none.
        truths: [list, truth], what trees are grown to predict.
        world: which each comes from.
        details: of the details.
        more: [list, detail], what else is true; NaN where there is nothing of the kind.
    """

    names: tuple[str, ...]
    numbers: Floats
    truths: Floats
    world: NDArray[np.int64]
    details: tuple[str, ...]
    more: Floats

    def only(self, which: NDArray[np.bool_] | NDArray[np.int64]) -> Lists:
        """Some of the lists."""
        return self._replace(
            numbers=self.numbers[which], truths=self.truths[which], world=self.world[which], more=self.more[which]
        )

    def detail(self, name: str) -> Floats:
        """One detail of all lists."""
        return self.more[:, self.details.index(name)]


class One(NamedTuple):
    """A simulated list: its features, its truths and its details."""

    seen: dict[str, float]
    truth: Floats
    more: Floats


def simulated_lists(
    scenario: Scenario,
    worlds: Sequence[dict[str, object]],
    *,
    runs: int = 2,
    snapshots: int = 8,
    seed: int = 1,
    done: Callable[[], None] | None = None,
) -> Lists:
    """Lists from worlds: of each so many runs, of each run so many snapshots, at months and of utilities that are drawn.

    The same arguments give the same lists, whatever the number of threads. `done` is called after each world.

    Raises:
        ValueError: for a horizon that leaves no five years after a list.
    """

    def lists_of(log: Log, draws: Draws, run: int) -> list[One]:
        days = days_of(scenario, log.places, run, snapshots, draws)
        found = [list_at(log, *day, run * snapshots + k) for k, day in enumerate(days)]
        return [one for one in found if one is not None]

    first_and_last(scenario)
    ones, world_of = [], []
    for number, found in enumerate(of_worlds(scenario, worlds, lists_of, runs=runs, seed=seed, done=done)):
        ones += found
        world_of += [number] * len(found)
    return gathered(ones, world_of, DETAILS)


def of_worlds(
    scenario: Scenario,
    worlds: Sequence[dict[str, object]],
    look: Callable[[Log, Draws, int], list[T]],
    *,
    runs: int,
    seed: int,
    done: Callable[[], None] | None = None,
) -> Iterator[list[T]]:
    """What `look` sees in the runs of each world, of the log, of draws of its own and of the run's number.

    The seeds and draws of a run are those of its world and number, whatever the scenario: lists of two markets are pairs.
    """
    warm_up()

    def seen_in(item: tuple[int, dict[str, object]]) -> list[T]:
        number, world = item
        prepared = prepare(varied(scenario, world), keep_log=True)
        out = []
        for run in range(runs):
            draws = np.random.default_rng([seed, number, run])
            out += look(Log(run_prepared(prepared, int(draws.integers(2**62)))), draws, run)
        return out

    for found in on_threads(seen_in, list(enumerate(worlds))):
        yield found
        if done is not None:
            done()


def gathered(ones: Sequence[One], world_of: Sequence[int], details: tuple[str, ...]) -> Lists:
    """Lists of their parts."""
    names = tuple(dict.fromkeys(name for one in ones for name in one.seen))
    numbers = np.array([[one.seen.get(name, np.nan) for name in names] for one in ones])
    truths = np.array([one.truth for one in ones])
    more = np.array([one.more for one in ones]).reshape(len(ones), len(details))
    return Lists(names, numbers, truths, np.array(world_of, np.int64), details, more)


def first_and_last(scenario: Scenario) -> tuple[int, int]:
    """Months between which lists are taken. Raises ValueError for a horizon that leaves no five years after one."""
    if scenario.horizon_months < FIRST + AFTER + 1:
        raise ValueError(f"horizon_months is {scenario.horizon_months}; lists need {FIRST + AFTER + 1} or more")
    return FIRST, min(LAST, scenario.horizon_months - 1 - AFTER)


def days_of(scenario: Scenario, places: int, run: int, count: int, draws: Draws) -> list[tuple[int, int | None]]:
    """Months and places of the lists of a run.

    Those of the first run are of one month, the region's and some utilities': a rule can come into force a year before.
    """
    first, last = first_and_last(scenario)
    if run == 0:
        month = int(draws.integers(first, last + 1))
        return [(month, None), *((month, int(place)) for place in draws.permutation(places)[: count - 1])]
    days: list[tuple[int, int | None]] = []
    for _ in range(count):
        month = int(draws.integers(first, last + 1))
        days.append((month, None if draws.random() < REGION else int(draws.integers(places))))
    return days


def list_at(log: Log, month: int, place: int | None, draw: int) -> One | None:
    """The list of a place at the end of a month; None where it is too short."""
    rows, at = log.rows(month, place)
    if rows.active.sum() < LEAST:
        return None
    fates = log.fates(at, month)
    seen = features(rows) | changes(rows, {float(lag): log.rows(month - lag, place)[0] for lag in LAGS if lag < month})
    open_mw = float(rows.mw[rows.active].sum())
    more = np.concatenate([[float(draw), open_mw], truths_of_groups(rows, fates)])
    return One(seen, shares(fates, rows.mw, rows.active), more)
