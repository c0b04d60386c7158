"""Cells of a sweep as a table: a row a cell, a column a path; what is no plain number or text is JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridsim.study.designs import Cell

if TYPE_CHECKING:
    import pyarrow as pa

AS_JSON = {b"encoding": b"json"}


def cells_table(cells: list[Cell], paths: Sequence[str]) -> pa.Table:
    """The cells, in their order; null where a cell leaves a path as the scenario has it."""
    import pyarrow as pa

    fields = [pa.field("cell", pa.int64()), *(field_of(path, cells) for path in paths)]
    columns = [pa.array(range(len(cells)), pa.int64())]
    columns += [pa.array([value_for(cell, field) for cell in cells], field.type) for field in fields[1:]]
    return pa.table(columns, schema=pa.schema(fields))


def field_of(path: str, cells: list[Cell]) -> pa.Field:
    """The column of a path: of the type that all its values have, or JSON."""
    import pyarrow as pa

    kinds = {type(cell[path]) for cell in cells if path in cell}
    plain = {bool: pa.bool_(), int: pa.int64(), float: pa.float64(), str: pa.string()}
    if len(kinds) == 1 and (kind := kinds.pop()) in plain:
        small = kind is not int or all(abs(cell.get(path, 0)) < 2**63 for cell in cells)
        if small:
            return pa.field(path, plain[kind])
    return pa.field(path, pa.string(), metadata=AS_JSON)


def value_for(cell: Cell, field: pa.Field) -> Any:
    """A cell's value of a column."""
    if field.name not in cell:
        return None
    value = cell[field.name]
    return json.dumps(value, sort_keys=True) if is_json(field) else value


def is_json(field: pa.Field) -> bool:
    """Whether a column holds JSON."""
    return (field.metadata or {}).get(b"encoding") == b"json"


def cells_from(path: Path) -> list[Cell]:
    """The cells of a file that `cells_table` made."""
    import pyarrow.parquet as pq

    table = pq.read_table(path, memory_map=False)
    cells: list[Cell] = [{} for _ in range(table.num_rows)]
    for field in table.schema:
        if field.name == "cell":
            continue
        for cell, value in zip(cells, table.column(field.name).to_pylist(), strict=True):
            if value is not None:
                cell[field.name] = json.loads(value) if is_json(field) else value
    return cells
