"""What a list stands for, in MW and as shares, and whether the data can tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridsim.assess.copies import repeats
from gridsim.assess.features import GROUPS, conversion, features, names_in
from gridsim.assess.forest import Forest
from gridsim.assess.groups import GROUPINGS, TOLD_OF_GROUPS
from gridsim.assess.history import changes, names_since
from gridsim.assess.levers import levers_table
from gridsim.assess.log import TRUTHS, YEARS
from gridsim.assess.rows import Rows
from gridsim.assess.snapshots import Lists

Floats = NDArray[np.float64]
NONE: Mapping[Any, Any] = MappingProxyType({})
TOLD = 0.8
"""An interval that is wider than this share of what was known before the list was seen says that the list cannot tell."""
KNOWN = 0.02
"""An interval of no more than this is known well enough, whatever was known before."""
ODD = 0.002
"""A feature that lies beyond all but this share of simulated lists is odd."""
LEAST_LISTS = 200
FEW_TREES, NEAR, HALF_A_YEAR = 60, 200, 6
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
        groups: what `of_groups` gives.
        levers: what `gridsim.assess.levers.levers_table` gives.
        cloud: simulated lists that look like this one: list (its number), duplicates, speculation, weight.
        correlation: of duplicates and speculation among these; towards -1 their sum is known better than each.
        odd: features that hardly any simulated list has, with the range that nearly all have.
        copies: requests that repeat another of the same applicant, by their places on the list: row, of.
        haircut: MW that a planner would take: the list's own conversion times the open MW; NaN without ended requests.
    """

    total_mw: float
    requests: int
    table: pd.DataFrame
    groups: pd.DataFrame
    levers: pd.DataFrame
    cloud: pd.DataFrame
    correlation: float
    odd: pd.DataFrame
    copies: pd.DataFrame
    haircut: float


def assess(
    rows: Rows,
    lists: Lists,
    *,
    earlier: Mapping[float, Rows] = NONE,
    under: Mapping[str, Floats] = NONE,
    forest: Forest | None = None,
) -> Answer:
    """Assess a list by simulated ones.

    Args:
        rows: the list.
        lists: simulated lists.
        earlier: earlier lists of the same queue, by the months that they are older.
        under: of each rule that is to be tried, what `gridsim.assess.levers.amounts_under` gives.
        forest: one that was grown on the features that the list has, to be used again.

    Raises:
        ValueError: when nothing is open on the list, simulated lists are too few, or an earlier list cannot be compared.
    """
    if len(lists.numbers) < LEAST_LISTS:
        raise ValueError(f"{len(lists.numbers)} simulated lists are too few; {LEAST_LISTS} are needed")
    total = float(rows.mw[rows.active].sum())
    if total <= 0.0:
        raise ValueError("no request on the list is open: all are in service or gone")
    seen = looks(rows, earlier)
    forest = forest or Forest(lists, known(seen, lists))
    numbers = np.array([seen.get(name, np.nan) for name in lists.names])
    weights = forest.weights(numbers[None])
    cloud = pd.DataFrame(
        {
            "list": np.flatnonzero(forest.grown),
            "duplicates": forest.truths[:, 0],
            "speculation": forest.truths[:, 1],
            "weight": weights[0],
        }
    )
    cloud = cloud[cloud["weight"] > 0.0].reset_index(drop=True)
    return Answer(
        total_mw=total,
        requests=int(rows.active.sum()),
        table=posterior(weights, total, lists, forest),
        groups=of_groups(rows, weights, lists, forest),
        levers=levers_table(weights, total, lists, forest, under),
        cloud=cloud,
        correlation=correlation(cloud),
        odd=oddities(seen, lists),
        copies=repeats(rows),
        haircut=conversion(rows) * total,
    )


def looks(rows: Rows, earlier: Mapping[float, Rows] = NONE) -> dict[str, float]:
    """Every feature of a list, and what changed since earlier ones. Raises ValueError if one cannot be compared."""
    return features(rows) | changes(rows, earlier)


def posterior(weights: Floats, total: float, lists: Lists, forest: Forest) -> pd.DataFrame:
    """The table of an answer."""
    truths = with_unique(lists.truths)
    return intervals(weights, truths, np.full(truths.shape[1], total), forest).assign(
        quantity=[*TRUTHS, "unique"], meaning=[*WHAT.values(), "one for each project: all but copies"]
    )[["quantity", "meaning", *ENDS]]


def of_groups(rows: Rows, weights: Floats, lists: Lists, forest: Forest) -> pd.DataFrame:
    """What is true of the open requests by stage, age, and how many their applicant has, as far as the list says these.

    Returns:
        by, group, requests, mw, quantity, then low to told as in the table of an answer, as shares of the group's MW.
    """
    heads = []
    for grouping in GROUPINGS:
        if grouping.needed <= rows.given:
            number = grouping.number(rows)
            for k, name in enumerate(grouping.classes):
                heads += [
                    (grouping.by, name, int((number == k).sum()), float(rows.mw[number == k].sum()), quantity)
                    for quantity in TOLD_OF_GROUPS
                ]
    table = pd.DataFrame(heads, columns=["by", "group", "requests", "mw", "quantity"])
    names = [f"{quantity}.{by}.{group}" for by, group, _, _, quantity in heads]
    values = lists.more[:, [lists.details.index(name) for name in names]]
    found = intervals(weights, values, table["mw"].to_numpy(), forest)
    return pd.concat([table, found], axis=1)[(table["requests"] > 0).to_numpy()].reset_index(drop=True)


ENDS = ["low", "median", "high", "low_mw", "median_mw", "high_mw", "before_low", "before_high", "told"]


def intervals(weights: Floats, values: Floats, mw: Floats, forest: Forest) -> pd.DataFrame:
    """ENDS of values that are shares of so many MW each, one row a value; a share of nothing is not known."""
    low, median, high = (found[0] for found in forest.quantiles(weights, values))
    tail = (1.0 - forest.interval) / 2.0
    before = np.nanquantile(values, [tail, 1.0 - tail], axis=0)
    told = high - low <= np.maximum(TOLD * (before[1] - before[0]), KNOWN)
    columns = [low, median, high, low * mw, median * mw, high * mw, *before, told]
    return pd.DataFrame(dict(zip(ENDS, columns, strict=True)))


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


def worth(
    rows: Rows, lists: Lists, answer: Answer, earlier: Mapping[float, Rows] = NONE, quantity: str = "duplicates"
) -> pd.DataFrame:
    """How much narrower the interval would be with another column, or with an earlier list.

    Measured on simulated lists that look like this one.

    Args:
        rows: the list at hand; what it lacks is tried, column by column.
        lists: simulated lists.
        answer: of this list; its cloud says which simulated lists look like it.
        earlier: earlier lists, as for `assess`.
        quantity: one of TRUTHS.

    Returns:
        column and narrower, the share of the interval's width that goes, the most useful first; 0 or less: none.
    """
    base = known(looks(rows, earlier), lists)
    order = np.argsort(-answer.cloud["weight"].to_numpy(), kind="stable")
    alike = lists.numbers[answer.cloud["list"].to_numpy()[order[:NEAR]]]
    truth = lists.truths[:, [TRUTHS.index(quantity)]]

    def width(names: Sequence[str]) -> float:
        """Mean width of the intervals of lists that look alike, by these features."""
        forest = Forest(lists, names, trees=FEW_TREES)
        low, _, high = forest.quantiles(forest.weights(alike), truth)
        return float((high - low).mean())

    now = width(base)
    missing = sorted(set().union(*(needed for needed, _ in GROUPS)) - rows.given)
    tried = {column: names_of(lists, rows.given | {column}, base) for column in missing}
    if not earlier:
        tried[f"list of {HALF_A_YEAR} months before"] = [
            name for name in lists.names if name in {*base, *names_since(HALF_A_YEAR)}
        ]
    found = [
        {"column": column, "narrower": 1.0 - width(names) / now}
        for column, names in tried.items()
        if len(names) > len(base)
    ]
    table = pd.DataFrame(found, columns=["column", "narrower"])
    return table.sort_values("narrower", ascending=False, kind="stable", ignore_index=True)


def names_of(lists: Lists, given: frozenset[str], base: Sequence[str]) -> list[str]:
    """Features of these names, and those that simulated lists have with the columns that are given."""
    allowed = {name for needed, group in GROUPS if needed <= given for name in names_in(group)}
    return [name for name in lists.names if name in base or name in allowed]
