"""Open requests by what a list says of each: stage, age, how many requests its applicant has."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridsim.assess.log import TRUTHS, shares
from gridsim.assess.rows import UNKNOWN, Rows

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
AGES = (6.0, 12.0, 24.0)
HELD = (2, 6)
TOLD_OF_GROUPS = ("duplicates", "speculation", "signs", "served_5")


class Grouping(NamedTuple):
    """A way to sort open requests.

    Attributes:
        by: its name.
        needed: the column that a list must have, or nothing.
        classes: their names.
        number: the class of each request of a list; UNKNOWN where it is not open, or nothing says it.
    """

    by: str
    needed: frozenset[str]
    classes: tuple[str, ...]
    number: Callable[[Rows], Ints]


def of_stage(rows: Rows) -> Ints:
    """Filed, studied or signed, as the stages are numbered."""
    return np.where(rows.active, rows.stage, UNKNOWN)


def of_age(rows: Rows) -> Ints:
    """By the months since a request was filed."""
    known = rows.active & np.isfinite(rows.filed)
    return np.where(known, np.searchsorted(AGES, rows.filed, side="right"), UNKNOWN)


def of_applicant(rows: Rows) -> Ints:
    """By how many requests of the applicant are open on the list."""
    known = rows.active & (rows.applicant != UNKNOWN)
    out = np.full(rows.mw.size, UNKNOWN)
    _, who, held = np.unique(rows.applicant[known], return_inverse=True, return_counts=True)
    out[known] = np.searchsorted(HELD, held[who], side="right")
    return out


GROUPINGS = (
    Grouping("stage", frozenset(), ("filed", "studied", "signed"), of_stage),
    Grouping("age", frozenset({"filed"}), ("under 6", "6 to 12", "12 to 24", "24 and more"), of_age),
    Grouping(
        "applicant", frozenset({"applicant"}), ("1 request", "2 to 5 requests", "6 or more requests"), of_applicant
    ),
)
PARTS = tuple(
    f"{name}.{grouping.by}.{one}" for grouping in GROUPINGS for one in grouping.classes for name in TOLD_OF_GROUPS
)
"""What is said of groups: the share of each group's MW of which a truth holds, as `truth.grouping.class`."""
_TOLD = [TRUTHS.index(name) for name in TOLD_OF_GROUPS]


def truths_of_groups(rows: Rows, fates: NDArray[np.bool_]) -> Floats:
    """The true numbers of PARTS of a simulated list; NaN of groups without requests."""
    told, found = fates[_TOLD], []
    for grouping in GROUPINGS:
        number = grouping.number(rows)
        found += [shares(told, rows.mw, number == k) for k in range(len(grouping.classes))]
    return np.concatenate(found)
