"""Reads a list of requests: a file as people have it, with a note for every cell that had to be taken for something else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pandas as pd

from gridsim.assess import cells
from gridsim.assess.mapping import NEEDED, AnyMapping, Mapping, TotalsMapping, plain
from gridsim.assess.queue import COLUMNS, Note, Queue, Totals
from gridsim.assess.stages import further_on, stages
from gridsim.assess.table_file import WORDS_SHOWN, Raw, chosen_mapping, read_raw
from gridsim.assess.totals_file import totals_from
from gridsim.assess.who import entities
from gridsim.config.errors import Problem, ScenarioError, literal
from gridsim.config.explain import did_you_mean

DATES = ("filed", "wanted", "signed", "energised", "left")
TEXTS = ("applicant", "parent", "location")
IN_MW = {"kW": 0.001, "MW": 1.0, "GW": 1000.0}


def read_any(path: Path, mapping: AnyMapping | None = None, as_of: str | None = None) -> Queue | Totals:
    """Read a list of requests or totals by quarter, whichever the mapping says. Raises ScenarioError as `read_queue` does."""
    return of_raw(read_raw(path), mapping, as_of)


def of_raw(raw: Raw, mapping: AnyMapping | None = None, as_of: str | None = None) -> Queue | Totals:
    """What a file holds that has been read as text; as `read_any`."""
    chosen = mapping or chosen_mapping(raw)
    if isinstance(chosen, TotalsMapping):
        return totals_from(raw, chosen)
    return queue_from(raw, chosen, as_of)


def read_queue(path: Path, mapping: Mapping | None = None, as_of: str | None = None) -> Queue:
    """Read a list of requests, CSV or Parquet.

    Args:
        path: the file.
        mapping: what its columns and stages are called; by default the ready mapping that fits best.
        as_of: day of the list, YYYY-MM-DD; by default the mapping's, else the latest date on the list.

    Raises:
        ScenarioError: when the file cannot be used: what was found, where, and what is allowed.
    """
    found = read_any(path, mapping, as_of)
    if not isinstance(found, Queue):
        raise ScenarioError([Problem(str(path), None, None, "", "these are totals by quarter, not a list of requests")])
    return found


def queue_from(raw: Raw, chosen: Mapping, as_of: str | None) -> Queue:
    """The list that a file holds."""
    raw = kept_rows(raw, chosen)
    where = columns_of(raw, chosen)
    notes = list(raw.notes)
    sizes = megawatts(raw, where, IN_MW[chosen.unit], notes)
    raw = raw.kept([size is not None for size in sizes])  # legends and second headers are no requests
    mw = [size for size in sizes if size is not None]
    texts = {name: [row[place].strip() for row in raw.rows] for name, place in where.items()}
    table = pd.DataFrame({"line": raw.lines, "mw": mw, "id": identities(raw, where, texts["id"], notes)})
    for name in DATES:
        table[name] = days(raw, where, texts[name], name, chosen.orders(), notes) if name in where else pd.NaT
    for name in TEXTS:
        table[name] = [None if cells.is_empty(text) else text for text in texts[name]] if name in where else None
    table["who"], merged = who_asks(raw, where, table)
    notes += merged
    table["deposit_usd"] = deposits(raw, where, texts["deposit_usd"], notes) if "deposit_usd" in where else float("nan")
    words = texts["stage"] if "stage" in where else [""] * len(raw.rows)
    table["stage"] = further_on(raw, stages(raw, where, words, chosen, table, notes), chosen, notes)
    day = day_of(raw, table, as_of or chosen.as_of, notes)
    table = checked_dates(table, day, where, raw, notes)
    if table.empty:
        raise raw.refuse(None, "", "no row has a size; nothing is left to assess")
    given = frozenset(where) | {"stage"}
    requests = table.reset_index(drop=True)[[*COLUMNS, "who"]]
    return Queue(requests, given, day, chosen.scope, tuple(notes))


def kept_rows(raw: Raw, mapping: Mapping) -> Raw:
    """The rows that the mapping's `only` keeps, with a note of how many it leaves out."""
    keep = [True] * len(raw.rows)
    names = {plain(name): k for k, name in enumerate(raw.header)}
    for column, words in mapping.only.items():
        if plain(column) not in names:
            hint = did_you_mean(column, raw.header)
            raise raw.refuse(
                raw.header_line, "", f"the mapping keeps rows by {column!r}, which the file does not have{hint}"
            )
        allowed, place = {plain(word) for word in words}, names[plain(column)]
        keep = [yes and plain(row[place]) in allowed for yes, row in zip(keep, raw.rows, strict=True)]
    out = keep.count(False)
    notes = (
        [*raw.notes, Note(0, ", ".join(mapping.only), f"{out} rows with other words", "left out")] if out else raw.notes
    )
    kept = raw.kept(keep)
    if not kept.rows:
        raise raw.refuse(None, "", f"no row is kept: {', '.join(mapping.only)} has none of the words of the mapping")
    return kept._replace(notes=notes)


def columns_of(raw: Raw, mapping: Mapping) -> dict[str, int]:
    """The place of each of our columns that the file has. Raises ScenarioError for one that is needed and is not there."""
    names: dict[str, int] = {}
    for k, name in enumerate(raw.header):
        if plain(name) in names and plain(name):
            wanted = {plain(one) for ours in mapping.columns for one in mapping.candidates(ours)}
            if plain(name) in wanted:
                raise raw.refuse(raw.header_line, "", f"the column {name!r} is there twice")
        names.setdefault(plain(name), k)
    where = {}
    for ours in mapping.columns:
        for name in mapping.candidates(ours):
            if plain(name) in names:
                where[ours] = names[plain(name)]
                break
    for ours in NEEDED:
        if ours not in where:
            wanted_names = mapping.candidates(ours)
            hint = did_you_mean(wanted_names[0], raw.header)
            listed = " or ".join(literal(name) for name in wanted_names[:WORDS_SHOWN])
            raise raw.refuse(raw.header_line, "", f"there is no column {listed} ({ours}){hint}")
    if "stage" not in where and not {"left", "signed", "energised"} & set(where):
        raise raw.refuse(
            raw.header_line, "", "there is neither a stage nor a date of an agreement, of service or of leaving"
        )
    return where


def megawatts(raw: Raw, where: dict[str, int], in_mw: float, notes: list[Note]) -> list[float | None]:
    """Sizes; a row without one is left out, with a note. Raises ScenarioError if most have none."""
    name, out = raw.header[where["mw"]], []
    texts = [row[where["mw"]].strip() for row in raw.rows]
    for text, line in zip(texts, raw.lines, strict=True):
        value = cells.number(text)
        if value is None or not value > 0.0 or value * in_mw > 1e6:
            notes.append(Note(line, name, text or "nothing", "no size: the row is left out"))
            value = None
        out.append(None if value is None else value * in_mw)
    bad = out.count(None)
    if 2 * bad > len(out):
        line, text = next((line, text) for line, text, mw in zip(raw.lines, texts, out, strict=True) if mw is None)
        message = (
            f"{bad} of {len(out)} rows have no size above 0 here, the first {literal(text)}; is it the right column?"
        )
        raise raw.refuse(line, name, message)
    return out


def identities(raw: Raw, where: dict[str, int], texts: list[str], notes: list[Note]) -> list[str]:
    """Ids, made different where one comes again or is missing."""
    name, seen, out = raw.header[where["id"]], Counter[str](), []
    for text, line in zip(texts, raw.lines, strict=True):
        own = text
        if cells.is_empty(text):
            own = f"line {line}"
            notes.append(Note(line, name, text or "nothing", f"called {own!r}"))
        seen[own] += 1
        if seen[own] > 1:
            notes.append(Note(line, name, f"{own!r} comes again", f"another request, {own}#{seen[own]}"))
            own = f"{own}#{seen[own]}"
        out.append(own)
    return out


def days(
    raw: Raw, where: dict[str, int], texts: list[str], ours: str, orders: Sequence[str], notes: list[Note]
) -> pd.Series[pd.Timestamp]:
    """Dates of a column. Raises ScenarioError if it cannot be known how they are written."""
    name = raw.header[where[ours]]
    written = [text for text in texts if not cells.is_empty(text)]
    order = orders[0] if len(orders) == 1 else None
    if order is None and written:
        fits = cells.orders_that_fit(written, among=orders)
        odd = next(
            (text for text in written if not fits and not cells.orders_that_fit([text], among=orders)), written[0]
        )
        line = next(line for line, text in zip(raw.lines, texts, strict=True) if text == odd)
        if not fits:
            message = f"most of these are no dates, the first {literal(odd)}; allowed are {', '.join(orders)}"
            raise raw.refuse(line, name, message)
        if len(fits) > 1 and len({tuple(cells.dates(written, one)) for one in fits}) > 1:
            message = f"{literal(written[0])} may be {' or '.join(fits)}; say which with dates: in a mapping"
            raise raw.refuse(line, name, message)
        order = fits[0]
    found = cells.dates(texts, order) if order else [None] * len(texts)
    for text, day, line in zip(texts, found, raw.lines, strict=True):
        if day is None and not cells.is_empty(text):
            notes.append(Note(line, name, text, "no date: taken as unknown"))
    return pd.Series(pd.to_datetime(pd.Series(found, dtype=object)).to_numpy("datetime64[ns]"))


def who_asks(raw: Raw, where: dict[str, int], table: pd.DataFrame) -> tuple[list[str | None], list[Note]]:
    """The applicant of each row, its parent company if that is told, and which names were taken for the same."""
    names = [raw.header[where[name]] for name in ("parent", "applicant") if name in where]
    told = table["parent"].where(table["parent"].notna(), table["applicant"])
    asked = [name if isinstance(name, str) else None for name in told]
    return entities(asked, " or ".join(names)) if names else (asked, [])


def deposits(raw: Raw, where: dict[str, int], texts: list[str], notes: list[Note]) -> list[float]:
    """What was paid, USD; NaN where nothing is said."""
    name, out = raw.header[where["deposit_usd"]], []
    for text, line in zip(texts, raw.lines, strict=True):
        value = None if cells.is_empty(text) else cells.number(text)
        if value is None and not cells.is_empty(text):
            notes.append(Note(line, name, text, "no amount: taken as unknown"))
        out.append(float("nan") if value is None else value)
    return out


def day_of(raw: Raw, table: pd.DataFrame, as_of: str | None, notes: list[Note]) -> pd.Timestamp:
    """The day of the list. Raises ScenarioError if nothing says it."""
    if as_of is not None:
        try:
            return pd.Timestamp(datetime.strptime(as_of, "%Y-%m-%d"))
        except ValueError:
            raise ScenarioError([Problem(f"--as-of {as_of}", None, None, "", "write a day as 2024-12-31")]) from None
    latest = table[["filed", "signed", "energised", "left"]].max().max()
    if pd.isna(latest):
        raise raw.refuse(None, "", "no date says of which day the list is; say it with --as-of 2024-12-31")
    notes.append(Note(0, "", "no day of the list was given", f"{latest:%Y-%m-%d}, its latest date"))
    return pd.Timestamp(latest)


def checked_dates(
    table: pd.DataFrame, day: pd.Timestamp, where: dict[str, int], raw: Raw, notes: list[Note]
) -> pd.DataFrame:
    """Dates that agree with each other and with the day of the list; rows filed later are left out."""
    late = table["filed"] > day
    for _, row in table[late].iterrows():
        notes.append(
            Note(int(row["line"]), raw.header[where["filed"]], f"{row['filed']:%Y-%m-%d}", "filed later: left out")
        )
    table = table[~late].copy()
    for name in ("signed", "energised", "left"):
        if name not in where:
            continue
        for wrong, why in (
            (table[name] < table["filed"], "before it was filed"),
            (table[name] > day, "after the day of the list"),
        ):
            for _, row in table[wrong].iterrows():
                notes.append(
                    Note(int(row["line"]), raw.header[where[name]], f"{row[name]:%Y-%m-%d}", f"{why}: taken as unknown")
                )
            table.loc[wrong, name] = pd.NaT
    gone = table["left"].notna() & (table["stage"] != "withdrawn")
    for _, row in table[gone].iterrows():
        notes.append(
            Note(int(row["line"]), raw.header[where["left"]], f"left, and {row['stage']}", "taken as withdrawn")
        )
    table.loc[gone, "stage"] = "withdrawn"
    return table
