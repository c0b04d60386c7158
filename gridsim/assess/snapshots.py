"""Lists of requests out of simulated markets, with the truth about each: what a real list is compared with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridsim.assess.features import features
from gridsim.assess.queue import COLUMNS
from gridsim.assess.rows import ENERGISED, FILED, SIGNED, STUDIED, WITHDRAWN, Rows
from gridsim.config.scenario import Scenario
from gridsim.config.variants import varied
from gridsim.engine.many import on_threads
from gridsim.engine.prepare import prepare
from gridsim.engine.simulate import run_prepared, warm_up

if TYPE_CHECKING:
    from gridsim.engine.result import Result

Floats = NDArray[np.float64]
FIRST, LAST = 18, 58
"""Months of a run between which lists are taken: after the boom has begun, and early enough to see five years of what follows."""
AFTER = 60
YEARS = (1, 2, 3, 4, 5)
LEAST = 20
"""Requests that a list must have at least."""
TRUTHS = ("duplicates", "speculation", "signs", *(f"served_{year}" for year in YEARS))
"""Shares of the MW that are open on the day of the list: copies of a project that is asked for at a better place too; what
developers hold, copies apart; what has signed or will sign within five years; what will be in service within so many."""


class Lists(NamedTuple):
    """Simulated lists: `numbers` [list, feature] by `names`, `truths` [list, truth], and the world of each."""

    names: tuple[str, ...]
    numbers: Floats
    truths: Floats
    world: NDArray[np.int64]


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
    first_and_last(scenario)
    warm_up()

    def lists_of(item: tuple[int, dict[str, object]]) -> list[tuple[dict[str, float], Floats]]:
        number, world = item
        prepared = prepare(varied(scenario, world), keep_log=True)
        out = []
        for run in range(runs):
            draws = np.random.default_rng([seed, number, run])
            result = run_prepared(prepared, int(draws.integers(2**62)))
            out += snapshots_of(result, snapshots, draws)
        return out

    rows, world_of = [], []
    for number, found in enumerate(on_threads(lists_of, list(enumerate(worlds)))):
        rows += found
        world_of += [number] * len(found)
        if done is not None:
            done()
    names = tuple(dict.fromkeys(name for seen, _ in rows for name in seen))
    numbers = np.array([[seen.get(name, np.nan) for name in names] for seen, _ in rows])
    return Lists(names, numbers, np.array([truth for _, truth in rows]), np.array(world_of, np.int64))


def first_and_last(scenario: Scenario) -> tuple[int, int]:
    """Months between which lists are taken. Raises ValueError for a horizon that leaves no five years after one."""
    if scenario.horizon_months < FIRST + AFTER + 1:
        raise ValueError(f"horizon_months is {scenario.horizon_months}; lists need {FIRST + AFTER + 1} or more")
    return FIRST, min(LAST, scenario.horizon_months - 1 - AFTER)


def snapshots_of(result: Result, count: int, draws: np.random.Generator) -> list[tuple[dict[str, float], Floats]]:
    """Features and truth of lists of a run; one in four is of the whole region, the others of one utility each."""
    log = Log(result)
    first, last = first_and_last(result.scenario)
    out = []
    for _ in range(count):
        month = int(draws.integers(first, last + 1))
        place = None if draws.random() < 0.25 else int(draws.integers(log.places))
        rows, at = log.rows(month, place)
        if rows.active.sum() >= LEAST:
            out.append((features(rows), log.truth(at, month)))
    return out


class Log:
    """The log of a run, from which lists are taken."""

    def __init__(self, result: Result) -> None:
        """Read the columns once."""
        log = result.log
        self.mw = np.asarray(log["mw"], float)
        self.filed, self.studied, self.signed, self.energised, self.left, self.wanted = (
            np.asarray(log[name], float) for name in ("filed", "studied", "signed", "energised", "left", "wanted")
        )
        self.deposit = np.asarray(log["deposit_usd"], float)
        self.project, self.choice = np.asarray(log["project"]), np.asarray(log["choice"])
        names, self.place = np.unique(log["utility"], return_inverse=True)
        self.places = len(names)
        self.applicant = np.unique(log["applicant"], return_inverse=True)[1]
        self.is_speculative = np.asarray(log["kind"]) == "developer"

    def rows(self, month: int, place: int | None) -> tuple[Rows, NDArray[np.int64]]:
        """The list at the end of a month, of one place or of all, and which requests of the log are on it."""
        on_list = self.filed <= month
        if place is not None:
            on_list &= self.place == place
        at = np.flatnonzero(on_list)

        def before(months: Floats) -> Floats:
            """Months since something happened, NaN if it has not yet."""
            return np.where(months[at] <= month, month - months[at], np.nan)

        stage = np.full(at.size, FILED)
        for value, when in (
            (STUDIED, self.studied),
            (SIGNED, self.signed),
            (ENERGISED, self.energised),
            (WITHDRAWN, self.left),
        ):
            stage[when[at] <= month] = value
        rows = Rows(
            mw=self.mw[at],
            stage=stage.astype(np.int64),
            filed=before(self.filed),
            signed=before(self.signed),
            energised=before(self.energised),
            left=before(self.left),
            wanted=self.wanted[at] - month,
            applicant=self.applicant[at].astype(np.int64),
            location=self.place[at].astype(np.int64),
            deposit=self.deposit[at],
            given=frozenset(COLUMNS),
            one_utility=place is not None,
        )
        return rows, at

    def truth(self, at: NDArray[np.int64], month: int) -> Floats:
        """What is true of the open MW of a list, in the order of TRUTHS."""
        open_now = self.is_open(month)
        mine = at[open_now[at] & ~(self.energised[at] <= month)]
        mw = self.mw[mine]
        total = mw.sum()
        best = np.full(int(self.project.max()) + 1, np.iinfo(np.int64).max)
        np.minimum.at(best, self.project[open_now], self.choice[open_now])
        is_copy = self.choice[mine] > best[self.project[mine]]
        signs = self.signed[mine] <= month + AFTER
        served = [(self.energised[mine] <= month + 12 * year) for year in YEARS]
        parts = [is_copy, self.is_speculative[mine] & ~is_copy, signs, *served]
        return np.array([mw[part].sum() / total for part in parts])

    def is_open(self, month: int) -> NDArray[np.bool_]:
        """Requests that are filed and have not left, in service or not."""
        return (self.filed <= month) & ~(self.left <= month)
