"""A real list of requests, read and checked: the interface between reading a file and judging what is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    *("id", "applicant", "parent", "mw", "filed", "stage", "wanted", "location"),
    *("deposit_usd", "signed", "energised", "left"),
)
STAGES = ("filed", "studied", "signed", "energised", "withdrawn")


class Note(NamedTuple):
    """What is wrong with the data, and what was assumed.

    Attributes:
        row: line of the file as a person counts, the header being 1; 0 for the file as a whole.
        column: as the file calls it.
        found: what stands there.
        assumed: what is taken instead.
    """

    row: int
    column: str
    found: str
    assumed: str


class Queue(NamedTuple):
    """A list of requests.

    Attributes:
        requests: COLUMNS, one row a request; ids unique, mw above 0, dates as datetime64 (NaT unknown), stage one of STAGES,
            texts None where unknown; and `who`, the applicant that parent and applicant stand for.
        given: which of COLUMNS the file has.
        as_of: the day of the list.
        scope: whether it is the list of one utility, or of a whole region.
        notes: what is wrong with the data.
    """

    requests: pd.DataFrame
    given: frozenset[str]
    as_of: pd.Timestamp
    scope: Literal["utility", "region"]
    notes: tuple[Note, ...]


class Totals(NamedTuple):
    """Totals by stage, one row a quarter, in order.

    Attributes:
        table: date (end of the quarter), queued_mw (asked for, no agreement yet), signed_mw (agreement, not in service), and
            added_mw, removed_mw of the quarter (NaN where they are not known).
        scope: whether they are one utility's, or a whole region's.
        notes: what is wrong with the data.
    """

    table: pd.DataFrame
    scope: Literal["utility", "region"]
    notes: tuple[Note, ...]
