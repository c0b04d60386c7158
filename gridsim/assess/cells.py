"""Cells of a file as numbers and dates: what people write, and nothing that could be read in two ways."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

EMPTY = {
    "",
    "-",
    "--",
    "–",
    "n/a",
    "na",
    "n.a.",
    "nan",
    "none",
    "null",
    "tbd",
    "t.b.d.",
    "unknown",
    "?",
    "not available",
    "#n/a",
}
_UNIT = re.compile(r"\s*(kw|mw|gw|usd|\$|€)\s*$|^\s*(usd|\$|€)\s*", re.IGNORECASE)
_ENGLISH = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?([eE][+-]?\d{1,2})?|[+-]?\.\d+")
_OTHER = re.compile(r"[+-]?(\d{1,3}([. ']\d{3})+|\d+),\d+|[+-]?\d{1,3}([ ']\d{3})+")
_ZONE = re.compile(r"(?<=:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)$")
"""What follows a time of the day: parts of a second, and the zone. A day is a day in whatever zone."""
EXCEL_DAY_ZERO = datetime(1899, 12, 30)
YEARS = 1970, 2100


def is_empty(text: str) -> bool:
    """Whether a cell says nothing."""
    return text.strip().casefold() in EMPTY


def number(text: str) -> float | None:
    """A number, with commas or points as they are used; None if it is none. "1,234" is 1234, "1,5" is 1.5."""
    bare = _UNIT.sub("", text.replace("\xa0", " ").strip()).strip()
    if _ENGLISH.fullmatch(bare):
        return float(bare.replace(",", ""))
    if _OTHER.fullmatch(bare):
        whole, _, part = bare.partition(",")
        return float(re.sub(r"[. ']", "", whole) + (f".{part}" if part else ""))
    return None


def by_format(*formats: str) -> Callable[[str], datetime | None]:
    """A reader of dates in any of these formats."""

    def read(text: str) -> datetime | None:
        bare = _ZONE.sub("", text.strip())
        for form in formats:
            try:
                found = datetime.strptime(bare, form)
            except ValueError:
                continue
            if YEARS[0] <= found.year <= YEARS[1]:
                return found
        return None

    return read


def excel(text: str) -> datetime | None:
    """A date as a spreadsheet counts days."""
    value = number(text)
    day = EXCEL_DAY_ZERO + timedelta(days=value) if value is not None and 0.0 < value < 80_000.0 else None
    return day if day is not None and YEARS[0] <= day.year <= YEARS[1] else None


TIMES = ("", " %H:%M", " %H:%M:%S", "T%H:%M:%S", "T%H:%M:%S.%f", " %H:%M:%S.%f", " %I:%M:%S %p")
READERS: dict[str, Callable[[str], datetime | None]] = {
    "iso": by_format(*(day + time for time in TIMES for day in ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d")), "%Y%m%d"),
    "month first": by_format(
        *(day + time for time in TIMES for day in ("%m/%d/%Y", "%m-%d-%Y", "%m/%d/%y")), "%b %d, %Y"
    ),
    "day first": by_format(*(day + time for time in TIMES for day in ("%d.%m.%Y", "%d/%m/%Y", "%d-%m-%Y")), "%d %b %Y"),
    "excel": excel,
}
"""How a day may be written."""


def orders_that_fit(texts: Sequence[str], share: float = 0.5, among: Sequence[str] = tuple(READERS)) -> list[str]:
    """Ways of writing days in which so many of the texts are days, the one that reads most first; equal ones all count."""
    counts = Counter(texts)  # days come again and again, and reading one takes a while
    read = {name: sum(count for text, count in counts.items() if READERS[name](text) is not None) for name in among}
    best = max(read.values(), default=0)
    return [name for name, count in read.items() if count == best and count >= share * len(texts) and count > 0]


def dates(texts: Sequence[str], order: str) -> list[datetime | None]:
    """The days that texts say, None where one says none."""
    reader = READERS[order]
    known = {text: reader(text) for text in set(texts)}
    return [known[text] for text in texts]
