"""Files of tables as text: what separates cells, where the header is, and on which line each row stands."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import NamedTuple

from gridsim.assess.mapping import NEEDED, AnyMapping, fitting, ready
from gridsim.assess.queue import Note
from gridsim.config.errors import Problem, ScenarioError, literal

BYTES_MAX, ROWS_MAX, COLUMNS_MAX, CELL_MAX = 200_000_000, 1_000_000, 1_000, 10_000
HEADER_WITHIN = 60
"""Lines within which the header stands; exports have titles above it, ERCOT's thirty lines of them."""
WORDS_SHOWN = 8


class Raw(NamedTuple):
    """A file as text: its header, its rows, the line on which each row ends, and notes."""

    file: str
    header: list[str]
    header_line: int
    rows: list[list[str]]
    lines: list[int]
    notes: list[Note]

    def refuse(self, line: int | None, column: str, message: str) -> ScenarioError:
        """Why the file cannot be used."""
        return ScenarioError([Problem(self.file, line, 1 if line else None, column, message)])

    def kept(self, keep: list[bool]) -> Raw:
        """The same file with some of its rows."""
        rows = [row for row, yes in zip(self.rows, keep, strict=True) if yes]
        return self._replace(rows=rows, lines=[line for line, yes in zip(self.lines, keep, strict=True) if yes])


def read_raw(path: Path) -> Raw:
    """A file as text."""
    return read_parquet(path) if path.suffix.casefold() in (".parquet", ".pq") else read_text(path)


def read_text(path: Path) -> Raw:
    """A file of text. Raises ScenarioError if it is none, or has no header that is known."""
    file = str(path)

    def refuse(message: str, line: int | None = None) -> ScenarioError:
        return ScenarioError([Problem(file, line, 1 if line else None, "", message)])

    try:
        if path.stat().st_size > BYTES_MAX:
            raise refuse(f"the file has more than {BYTES_MAX // 1_000_000} MB")
        data = path.read_bytes()
    except OSError as error:
        raise refuse(error.strerror or "cannot be read") from None
    if not data.strip():
        raise refuse("the file is empty; a header and a row for each request are needed")
    if b"\0" in data:
        raise refuse("this is no text file; save the sheet as CSV (UTF-8), or give a .parquet file")
    notes = []
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
        notes.append(Note(0, "", "letters that are not UTF-8", "read as Windows-1252"))
    rows, lines = split(text, file)
    at = next((i for i, row in enumerate(rows[:HEADER_WITHIN]) if is_header(row)), None)
    if at is None:
        at = max(range(min(HEADER_WITHIN, len(rows))), key=lambda i: sum(bool(cell.strip()) for cell in rows[i]))
    header = [" ".join(cell.split()) for cell in rows[at]]
    width = len(header)
    body, at_line = [], []
    for row, line in zip(rows[at + 1 :], lines[at + 1 :], strict=True):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) > width and any(cell.strip() for cell in row[width:]):
            raise refuse(
                f"the row has {len(row)} cells, the header {width}; a cell with a separator needs quotes", line
            )
        if len(row) < width:
            notes.append(Note(line, "", f"{len(row)} of {width} cells", "the others are empty"))
        body.append([*row[:width], *[""] * (width - len(row))])
        at_line.append(line)
    if not body:
        raise refuse("there is a header and no row below it", lines[at])
    return Raw(file, header, lines[at], body, at_line, notes)


def split(text: str, file: str) -> tuple[list[list[str]], list[int]]:
    """Rows of cells and the line on which each ends; the separator is the one that gives most cells in the first lines."""
    start = text[:100_000].splitlines()[:HEADER_WITHIN]
    separator = max(",;\t", key=lambda one: sorted(line.count(one) for line in start)[-1])
    csv.field_size_limit(CELL_MAX)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows, lines = [], []
    try:
        for row in reader:
            rows.append(row)
            lines.append(reader.line_num)
            if len(rows) > ROWS_MAX or len(row) > COLUMNS_MAX:
                raise csv.Error(f"more than {ROWS_MAX:,} rows or {COLUMNS_MAX:,} columns")
    except csv.Error as error:
        raise ScenarioError([Problem(file, reader.line_num, 1, "", f"the table breaks off here: {error}")]) from None
    return rows, lines


def read_parquet(path: Path) -> Raw:
    """A Parquet file as text. Raises ScenarioError if it is none."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        found = pq.ParquetFile(path)
        if found.metadata.num_rows > ROWS_MAX or found.metadata.num_columns > COLUMNS_MAX:
            raise ScenarioError([Problem(str(path), None, None, "", "the file has too many rows or columns")])
        table = found.read()
    except (OSError, pa.ArrowException) as error:
        words = str(error).splitlines()[0]
        raise ScenarioError([Problem(str(path), None, None, "", f"this is no Parquet file: {words}")]) from None
    columns = [["" if cell is None else str(cell) for cell in column.to_pylist()] for column in table.columns]
    rows = [list(row) for row in zip(*columns, strict=True)]
    if not rows:
        raise ScenarioError([Problem(str(path), None, None, "", "the table has no row")])
    return Raw(str(path), list(table.column_names), 1, rows, list(range(2, len(rows) + 2)), [])


def is_header(row: list[str]) -> bool:
    """Whether a row names what a ready mapping needs."""
    return bool(fitting(row))


def chosen_mapping(raw: Raw) -> AnyMapping:
    """The ready mapping that fits best. Raises ScenarioError if none does."""
    names = fitting(raw.header)
    if names:
        found = ready()[names[0]]
        raw.notes.append(Note(0, "", "no mapping was given", f"the ready mapping {names[0]}: {found.title}"))
        return found
    shown = ", ".join(literal(name) for name in raw.header[:WORDS_SHOWN])
    message = f"no ready mapping knows these columns ({shown}); {' and '.join(NEEDED)} are needed: name them in a file, --mapping"
    raise raw.refuse(raw.header_line, "", message)
