"""What a list stands for, in MW and as shares, and whether the data can tell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridsim.assess.features import GROUPS, conversion, features, names_in
from gridsim.assess.forest import Forest
from gridsim.assess.rows import Rows
from gridsim.assess.snapshots import TRUTHS, YEARS, Lists

Floats = NDArray[np.float64]
TOLD = 0.8
"""An interval that is wider than this share of what was known before the list was seen says that the list cannot tell."""
ODD = 0.002
"""A feature that lies beyond all but this share of simulated lists is odd."""
LEAST_LISTS = 200
FEW_TREES, NEAR = 100, 200
WHAT = {
    "duplicates": "copies of a project that is asked for at a better place too",
    "speculation": "held by developers without a project of their own, copies apart",
    "signs": "signed, or will sign within five years",
} | {f"served_{year}": f"in service within {year} year{'s' if year > 1 else ''}" for year in YEARS}


class Answer(NamedTuple):
    """An assessment.

    Attributes:
        total_mw: MW that are open: asked for, neither in service nor gone.
        requests: how many these are.
        table: quantity, meaning, low, median, high (shares of the open MW, 90 %), low_mw, median_mw, high_mw, before_low,
            before_high (what simulated lists leave open before this one is seen), told (whether the list says more than that).
        cloud: simulated lists that look like this one: list (its number), duplicates, speculation, weight.
        correlation: of duplicates and speculation among these; towards -1 their sum is known better than each.
        odd: features that hardly any simulated list has, with the range that nearly all have.
        haircut: MW that a planner would take: the list's own conversion times the open MW; NaN without ended requests.
    """

    total_mw: float
    requests: int
    table: pd.DataFrame
    cloud: pd.DataFrame
    correlation: float
    odd: pd.DataFrame
    haircut: float


def assess(rows: Rows, lists: Lists, forest: Forest | None = None) -> Answer:
    """Assess a list by simulated ones; `forest` must have been grown on the features that the list has.

    Raises:
        ValueError: when nothing is open on the list, or simulated lists are too few.
    """
    if len(lists.numbers) < LEAST_LISTS:
        raise ValueError(f"{len(lists.numbers)} simulated lists are too few; {LEAST_LISTS} are needed")
    total = float(rows.mw[rows.active].sum())
    if total <= 0.0:
        raise ValueError("no request on the list is open: all are in service or gone")
    seen = features(rows)
    forest = forest or Forest(lists, known(seen, lists))
    numbers = np.array([[seen.get(name, np.nan) for name in lists.names]])
    low, median, high = (with_unique(found)[0] for found in forest.quantiles(numbers))
    low[-1], high[-1] = high[-1], low[-1]  # what is unique is least where duplicates are most
    tail = (1.0 - forest.interval) / 2.0
    before = np.quantile(np.column_stack([lists.truths, 1.0 - lists.truths[:, 0]]), [tail, 1.0 - tail], axis=0)
    table = pd.DataFrame(
        {
            "quantity": [*TRUTHS, "unique"],
            "meaning": [*WHAT.values(), "one for each project: all but copies"],
            "low": low,
            "median": median,
            "high": high,
            "low_mw": low * total,
            "median_mw": median * total,
            "high_mw": high * total,
            "before_low": before[0],
            "before_high": before[1],
            "told": (high - low) < TOLD * (before[1] - before[0]),
        }
    )
    weights = forest.weights(numbers)[0]
    cloud = pd.DataFrame(
        {
            "list": np.flatnonzero(forest.grown),
            "duplicates": forest.truths[:, 0],
            "speculation": forest.truths[:, 1],
            "weight": weights,
        }
    )
    cloud = cloud[cloud["weight"] > 0.0].reset_index(drop=True)
    return Answer(
        total,
        int(rows.active.sum()),
        table,
        cloud,
        correlation(cloud),
        oddities(seen, lists),
        conversion(rows) * total,
    )


def with_unique(truths: Floats) -> Floats:
    """Truths with the share of unique MW as a last column."""
    return np.column_stack([truths, 1.0 - truths[:, 0]])


def known(seen: dict[str, float], lists: Lists) -> list[str]:
    """Features that a list has in number and simulated lists know."""
    return [name for name in lists.names if np.isfinite(seen.get(name, np.nan))]


def correlation(cloud: pd.DataFrame) -> float:
    """Correlation of duplicates and speculation under the weights."""
    matrix = np.cov(cloud["duplicates"], cloud["speculation"], aweights=cloud["weight"])
    spread = np.sqrt(matrix[0, 0] * matrix[1, 1])
    return float(matrix[0, 1] / spread) if spread > 0.0 else 0.0


def oddities(seen: dict[str, float], lists: Lists) -> pd.DataFrame:
    """Features beyond those of nearly all simulated lists: feature, value, low, high. The posterior cannot be trusted then."""
    rows = []
    for name in known(seen, lists):
        column = lists.numbers[:, lists.names.index(name)]
        low, high = np.nanquantile(column, [ODD / 2.0, 1.0 - ODD / 2.0])
        if not low <= seen[name] <= high:
            rows.append({"feature": name, "value": seen[name], "low": float(low), "high": float(high)})
    return pd.DataFrame(rows, columns=["feature", "value", "low", "high"])


def worth(rows: Rows, lists: Lists, answer: Answer, quantity: str = "duplicates") -> pd.DataFrame:
    """How much narrower the interval would be with another column, measured on simulated lists that look like this one.

    Args:
        rows: the list at hand; what it lacks is tried, column by column.
        lists: simulated lists.
        answer: of this list; its cloud says which simulated lists look like it.
        quantity: one of TRUTHS.

    Returns:
        column and narrower, the share of the interval's width that goes, the most useful first; 0 or less: none.
    """
    seen, place = features(rows), TRUTHS.index(quantity)
    base = known(seen, lists)
    grown = Forest(lists, base, trees=FEW_TREES)
    alike = lists.numbers[
        answer.cloud["list"].to_numpy()[np.argsort(-answer.cloud["weight"].to_numpy(), kind="stable")[:NEAR]]
    ]
    width = mean_width(grown, alike, place)
    found = []
    for column in sorted(set().union(*(needed for needed, _ in GROUPS)) - rows.given):
        more = names_of(lists, rows.given | {column}, base)
        if len(more) > len(base):
            share = 1.0 - mean_width(Forest(lists, more, trees=FEW_TREES), alike, place) / width
            found.append({"column": column, "narrower": share})
    table = pd.DataFrame(found, columns=["column", "narrower"])
    return table.sort_values("narrower", ascending=False, kind="stable", ignore_index=True)


def names_of(lists: Lists, given: frozenset[str], base: Sequence[str]) -> list[str]:
    """Features of these names, and those that simulated lists have with the columns that are given."""
    allowed = {name for needed, group in GROUPS if needed <= given for name in names_in(group)}
    return [name for name in lists.names if name in base or name in allowed]


def mean_width(forest: Forest, numbers: Floats, place: int) -> float:
    """Mean width of the intervals of a truth."""
    low, _, high = forest.quantiles(numbers)
    return float((high - low)[:, place].mean())
