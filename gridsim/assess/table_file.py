"""Files of tables as text: what separates cells, where the header is, and on which line each row stands."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from gridsim.assess.mapping import NEEDED, AnyMapping, fitting, ready
from gridsim.assess.queue import Note
from gridsim.config.errors import Problem, ScenarioError, literal

if TYPE_CHECKING:
    import pyarrow as pa

COLUMNS_MAX, CELL_MAX = 1_000, 10_000
TEXT = {"string", "large_string", "string_view", "binary", "large_binary", "binary_view"}
"""Types of text in a Parquet file."""
CELL_BYTES = 20
"""What a cell takes at least, for the bound on their number."""
HEADER_WITHIN = 60
"""Lines within which the header stands; exports have titles above it, ERCOT's thirty lines of them."""
WORDS_SHOWN = 8


class Limits(NamedTuple):
    """How large a file may be: its bytes, its rows, and the bytes of a Parquet file when it is unpacked."""

    file_bytes: int = 200_000_000
    rows: int = 1_000_000
    unpacked: int = 2_000_000_000


LIMITS = Limits()


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
    """A file as text. Raises ScenarioError if it cannot be read, or as `raw_of`."""
    try:
        if path.stat().st_size > LIMITS.file_bytes:
            raise too_large(str(path), LIMITS)
        data = path.read_bytes()
    except OSError as error:
        raise ScenarioError([Problem(str(path), None, None, "", error.strerror or "cannot be read")]) from None
    return raw_of(str(path), data)


def raw_of(file: str, data: bytes, limits: Limits = LIMITS) -> Raw:
    """The content of a file as text; the ending of its name says what it is. Raises ScenarioError if it is none."""
    if len(data) > limits.file_bytes:
        raise too_large(file, limits)
    is_parquet = file.casefold().endswith((".parquet", ".pq"))
    return from_parquet(file, data, limits) if is_parquet else from_text(file, data, limits)


def too_large(file: str, limits: Limits) -> ScenarioError:
    """Why a file is not read."""
    message = f"the file has more than {limits.file_bytes // 1_000_000} MB"
    return ScenarioError([Problem(file, None, None, "", message)])


def from_text(file: str, data: bytes, limits: Limits) -> Raw:
    """A file of text. Raises ScenarioError if it is none, or has no header that is known."""

    def refuse(message: str, line: int | None = None) -> ScenarioError:
        return ScenarioError([Problem(file, line, 1 if line else None, "", message)])

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
    rows, lines = split(text, file, limits)
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


def split(text: str, file: str, limits: Limits) -> tuple[list[list[str]], list[int]]:
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
            if len(rows) > limits.rows or len(row) > COLUMNS_MAX:
                raise csv.Error(f"more than {limits.rows:,} rows or {COLUMNS_MAX:,} columns")
    except csv.Error as error:
        raise ScenarioError([Problem(file, reader.line_num, 1, "", f"the table breaks off here: {error}")]) from None
    return rows, lines


def from_parquet(file: str, data: bytes, limits: Limits) -> Raw:
    """A Parquet file as text. Raises ScenarioError if it is none, or is much larger than it looks."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    def refuse(message: str) -> ScenarioError:
        return ScenarioError([Problem(file, None, None, "", message)])

    try:
        about = pq.ParquetFile(pa.BufferReader(data))
        known, schema = about.metadata, about.schema_arrow
        unpacked = sum(known.row_group(i).total_byte_size for i in range(known.num_row_groups))
        cells = known.num_rows * known.num_columns
        if known.num_rows > limits.rows or known.num_columns > COLUMNS_MAX or cells > limits.unpacked // CELL_BYTES:
            raise refuse(f"more than {limits.rows:,} rows, {COLUMNS_MAX:,} columns or too many cells")
        plain = [field.name for field in schema if not is_odd(field.type)]
        # Text that comes again and again stays together until it is known how much it is in all.
        packed = [field.name for field in schema if str(field.type) in TEXT]
        table = pq.ParquetFile(pa.BufferReader(data), read_dictionary=packed).read(plain)
    except (OSError, pa.ArrowException) as error:
        raise refuse(f"this is no Parquet file: {str(error).splitlines()[0]}") from None
    if unpacked + sum(length_of(column) for column in table.columns) > limits.unpacked:
        raise refuse(f"unpacked, the table has more than {limits.unpacked // 1_000_000:,} MB")
    notes = [Note(0, field.name, "no plain cells", "left out") for field in schema if field.name not in plain]
    columns = [["" if cell is None else str(cell) for cell in column.to_pylist()] for column in table.columns]
    rows = [list(row) for row in zip(*columns, strict=True)]
    if not rows:
        raise refuse("the table has no row")
    return Raw(file, list(table.column_names), 1, rows, list(range(2, len(rows) + 2)), notes)


def is_odd(kind: pa.DataType) -> bool:
    """Whether cells of this type are no numbers, days or text."""
    import pyarrow as pa

    return bool(pa.types.is_nested(kind) or pa.types.is_fixed_size_binary(kind))


def length_of(column: pa.ChunkedArray) -> int:
    """Bytes of a column's text when every cell has its own; 0 for other columns."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_dictionary(column.type) or str(column.type.value_type) not in TEXT:
        return 0
    found = (pc.sum(pc.binary_length(one.dictionary).take(one.indices)).as_py() for one in column.chunks)
    return sum(length or 0 for length in found)


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
