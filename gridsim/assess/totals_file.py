"""Quarterly totals by stage out of a file."""

from __future__ import annotations

import re

import pandas as pd

from gridsim.assess import cells
from gridsim.assess.mapping import TotalsMapping, plain
from gridsim.assess.queue import Note, Totals
from gridsim.assess.table_file import Raw
from gridsim.config.errors import literal
from gridsim.config.explain import did_you_mean

IN_MW = {"kW": 0.001, "MW": 1.0, "GW": 1000.0}
_QUARTER = re.compile(r"([0-9]{4})[ -]?Q([1-4])|Q([1-4])[ -]?([0-9]{4})", re.IGNORECASE)
DAYS = 80, 100
"""Between the ends of two quarters."""


def totals_from(raw: Raw, mapping: TotalsMapping) -> Totals:
    """The totals that a file holds, in order of time.

    Raises:
        ScenarioError: for a column that is missing, a cell that is no number or quarter, or quarters that are not in a row.
    """
    notes = list(raw.notes)
    columns = {name: column(raw, name) for name in [mapping.date, *mapping.queued, *mapping.signed]}
    table = pd.DataFrame(
        {"line": raw.lines, "date": [end_of(raw, k, columns[mapping.date]) for k in range(len(raw.rows))]}
    )
    size = IN_MW[mapping.unit]
    for name, parts in (("queued_mw", mapping.queued), ("signed_mw", mapping.signed)):
        table[name] = sum(
            size * pd.Series([amount(raw, k, columns[part]) for k in range(len(raw.rows))]) for part in parts
        )
    for name, part in (("added_mw", mapping.added), ("removed_mw", mapping.removed)):
        place = None if part is None else column(raw, part)
        table[name] = [
            float("nan") if place is None else size * flow(raw, k, place, notes) for k in range(len(raw.rows))
        ]
    table = table.sort_values("date", ignore_index=True)
    gaps = table["date"].diff().dt.days
    for k in range(1, len(table)):
        if not DAYS[0] <= gaps[k] <= DAYS[1]:
            message = f"{table['date'][k]:%Y-%m-%d} does not end the quarter after {table['date'][k - 1]:%Y-%m-%d}"
            raise raw.refuse(int(table["line"][k]), mapping.date, f"{message}; a row for each quarter is needed, once")
    if not table["queued_mw"].iloc[-1] + table["signed_mw"].iloc[-1] > 0.0:
        raise raw.refuse(int(table["line"].iloc[-1]), mapping.queued[0], "nothing is asked for in the last quarter")
    return Totals(table.drop(columns="line"), mapping.scope, tuple(notes))


def column(raw: Raw, name: str) -> int:
    """The place of a column. Raises ScenarioError if there is none of this name."""
    places = [k for k, one in enumerate(raw.header) if plain(one) == plain(name)]
    if len(places) != 1:
        what = "is there more than once" if places else "is not there"
        hint = "" if places else did_you_mean(name, raw.header)
        raise raw.refuse(raw.header_line, "", f"the column {literal(name)} {what}{hint}")
    return places[0]


def end_of(raw: Raw, row: int, place: int) -> pd.Timestamp:
    """The day on which a quarter ends. Raises ScenarioError for what is none."""
    text = raw.rows[row][place].strip()
    quarter = _QUARTER.fullmatch(text)
    if quarter:
        year, number = (int(part) for part in (quarter[1] or quarter[4], quarter[2] or quarter[3]))
        return pd.Timestamp(year, 3 * number, 1) + pd.offsets.MonthEnd()
    day = cells.READERS["iso"](text)
    if day is None:
        message = f"found {literal(text)}; write the quarter as 2024Q4, or the day it ends as 2024-12-31"
        raise raw.refuse(raw.lines[row], raw.header[place], message)
    return pd.Timestamp(day)


def amount(raw: Raw, row: int, place: int) -> float:
    """MW of a stock, which must be known. Raises ScenarioError for what is none."""
    text = raw.rows[row][place].strip()
    value = cells.number(text)
    if value is None or value < 0.0:
        raise raw.refuse(
            raw.lines[row], raw.header[place], f"found {literal(text)}; a total must be a number, 0 or more"
        )
    return value


def flow(raw: Raw, row: int, place: int, notes: list[Note]) -> float:
    """MW of a quarter's flow; NaN, with a note, where it is none."""
    text = raw.rows[row][place].strip()
    value = cells.number(text)
    if value is None or value < 0.0:
        notes.append(Note(raw.lines[row], raw.header[place], text or "nothing", "no amount: taken as unknown"))
        return float("nan")
    return value
