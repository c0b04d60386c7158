"""Quarterly totals by stage, as some utilities publish them instead of a list: what can be seen of them, and what follows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gridsim.assess.forest import Forest
from gridsim.assess.log import Log, shares
from gridsim.assess.queue import Totals
from gridsim.assess.snapshots import REGION, Draws, Lists, One, first_and_last, gathered, of_worlds
from gridsim.config.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
QUARTER = 3
BACK = (1, 2, 4)
"""Quarters over which growth is seen."""
AHEAD = (1, 2, 4, 6, 8)
"""Quarters ahead of which it is said what will be under contract."""
QUANTITIES = ("duplicates", "speculation", *(f"signed_{quarters}" for quarters in AHEAD))
"""Shares of the MW of the last quarter, in queue and under contract: copies, speculation, and what is under contract later."""


def seen(queued: Floats, signed: Floats, added: Floats, removed: Floats, one_utility: bool) -> dict[str, float]:
    """What can be seen of totals, the last quarter last, in numbers that do not depend on their size."""
    total = queued + signed
    out = {"one_utility": float(one_utility), "signed_share": signed[-1] / total[-1]}
    before = total[-2] if len(total) > 1 else np.nan
    with np.errstate(divide="ignore", invalid="ignore"):
        out["added_share"], out["removed_share"] = added[-1] / before, removed[-1] / before
        for quarters in BACK:
            known = len(total) > quarters
            out[f"growth_{quarters}"] = float(np.log(total[-1] / total[-1 - quarters])) if known else np.nan
            out[f"signed_growth_{quarters}"] = float(np.log(signed[-1] / signed[-1 - quarters])) if known else np.nan
    return {name: float(value) if np.isfinite(value) else np.nan for name, value in out.items()}


def simulated_totals(
    scenario: Scenario,
    worlds: Sequence[dict[str, object]],
    *,
    runs: int = 4,
    snapshots: int = 8,
    seed: int = 1,
    done: Callable[[], None] | None = None,
) -> Lists:
    """Totals out of simulated markets, as `gridsim.assess.snapshots.simulated_lists` takes lists; truths are QUANTITIES.

    Raises:
        ValueError: for a horizon that leaves no five years after the last quarter.
    """
    first, last = first_and_last(scenario)

    def totals_of(log: Log, draws: Draws, run: int) -> list[One]:
        out = []
        for _ in range(snapshots):
            month = int(draws.integers(first, last + 1))
            place = None if draws.random() < REGION else int(draws.integers(log.places))
            out += totals_in(log, month, place)
        return out

    ones, world_of = [], []
    for number, found in enumerate(of_worlds(scenario, worlds, totals_of, runs=runs, seed=seed, done=done)):
        ones += found
        world_of += [number] * len(found)
    return gathered(ones, world_of, ())


def totals_in(log: Log, month: int, place: int | None) -> list[One]:
    """What is seen of the totals at a month, and the truth; nothing where nothing is asked for."""
    at = np.arange(len(log.mw)) if place is None else np.flatnonzero(log.place == place)
    months = [month - QUARTER * back for back in range(max(BACK), -1, -1)]
    queued, signed = (np.array([kind(log, at, m) for m in months]) for kind in (queued_at, signed_at))
    added = np.array([flow(log, at, log.filed, m) for m in months])
    removed = np.array([flow(log, at, log.left, m) for m in months])
    total = queued[-1] + signed[-1]
    if total <= 0.0 or queued[-2] + signed[-2] <= 0.0:
        return []
    later = [signed_at(log, at, month + QUARTER * quarters) / total for quarters in AHEAD]
    is_open = log.is_open(month)[at] & ~(log.energised[at] <= month)
    copies, speculation, *_ = shares(log.fates(at, month), log.mw[at], is_open)
    looks = seen(queued, signed, added, removed, place is not None)
    return [One(looks, np.array([copies, speculation, *later]), np.empty(0))]


def queued_at(log: Log, at: NDArray[np.int64], month: int) -> float:
    """MW asked for at the end of a month, without an agreement."""
    is_in = (log.filed[at] <= month) & ~(log.left[at] <= month) & ~(log.signed[at] <= month)
    return float(log.mw[at][is_in].sum())


def signed_at(log: Log, at: NDArray[np.int64], month: int) -> float:
    """MW under contract at the end of a month, not yet in service."""
    is_in = (log.signed[at] <= month) & ~(log.left[at] <= month) & ~(log.energised[at] <= month)
    return float(log.mw[at][is_in].sum())


def flow(log: Log, at: NDArray[np.int64], when: Floats, month: int) -> float:
    """MW of what happened in the quarter that ends with a month."""
    return float(log.mw[at][(when[at] <= month) & (when[at] > month - QUARTER)].sum())


def forecast(totals: Totals, lists: Lists, forest: Forest | None = None) -> pd.DataFrame:
    """What totals stand for and what will be under contract: quantity, low, median, high (shares), the same in MW, told.

    Raises:
        ValueError: when the last quarter has no MW.
    """
    import pandas as pd

    table = totals.table
    queued, signed, added, removed = (
        table[name].to_numpy(float) for name in ("queued_mw", "signed_mw", "added_mw", "removed_mw")
    )
    total = float(queued[-1] + signed[-1])
    if not total > 0.0:
        raise ValueError("nothing is asked for in the last quarter")
    looks = seen(queued, signed, added, removed, totals.scope == "utility")
    names = [name for name in lists.names if np.isfinite(looks[name])]
    forest = forest or Forest(lists, names)
    weights = forest.weights(np.array([[looks[name] for name in lists.names]]))
    low, median, high = (found[0] for found in forest.quantiles(weights))
    tail = (1.0 - forest.interval) / 2.0
    before = np.quantile(lists.truths, [tail, 1.0 - tail], axis=0)
    out = pd.DataFrame({"quantity": QUANTITIES, "low": low, "median": median, "high": high})
    for end in ("low", "median", "high"):
        out[f"{end}_mw"] = out[end] * total
    return out.assign(before_low=before[0], before_high=before[1], told=(high - low) < 0.8 * (before[1] - before[0]))
