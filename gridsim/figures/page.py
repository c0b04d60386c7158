"""Pieces of HTML: tables, data inside a page, and the policy that keeps the page to itself."""

from __future__ import annotations

import math
import re
from html import escape
from numbers import Real

import pandas as pd

POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; font-src data:; "
    "base-uri 'none'; form-action 'none'"
)
"""Nothing is fetched and nothing is sent, whatever a script tries."""
LONG = 40
"""Rows from which a table of months is thinned."""
IN_PARQUET = "all are in series.parquet"


def prose(text: str) -> str:
    """Text for a page: escaped, and a number never parted from its unit at the end of a line."""
    return unparted(escape(text))


def unparted(text: str) -> str:
    """Text in which no number is parted from its unit at the end of a line."""
    return re.sub(
        r"(?<=[0-9]) (?=(GW|MW|%|GPUs?|hours?|months?|years?|million|billion|trillion|times)\b|%)",
        "\u00a0",
        text,
    )


def json_in_html(text: str) -> str:
    """JSON that cannot end the script element it stands in."""
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def script_in_html(text: str) -> str:
    """A script that cannot end the element it stands in, nor hide that end from the browser."""
    return re.sub(r"<(?=/script|!--)", r"<\\", text, flags=re.IGNORECASE)


def cell(value: object, decimals: int) -> str:
    """A table cell: numbers with thousands and fixed decimals, an en dash for NaN, text escaped."""
    if isinstance(value, Real):
        number = float(value)
        return "–" if math.isnan(number) else f"{number:,.{decimals}f}".replace("-", "−")
    return escape(str(value))


def decimals_of(name: str, values: pd.Series) -> int:
    """Decimals of a column: none for counts and for large MW, two for ratios."""
    if pd.api.types.is_integer_dtype(values):
        return 0
    if not pd.api.types.is_float_dtype(values):
        return 0
    if name.endswith(", months"):
        return 0
    return (1 if values.abs().max() < 1000 else 0) if name.endswith(("MW", "US$")) else 2


def thinned(table: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """A long table of months, every sixth or twelfth row and the last, and which of the two; 1 for a table as it is."""
    if table.columns[0] != "month" or len(table) <= LONG:
        return table, 1
    step = 6 if len(table) <= 6 * LONG else 12
    return table[(table.index % step == 0) | (table.index == len(table) - 1)], step


def table_html(table: pd.DataFrame) -> str:
    """A table as HTML: the first column heads its row, numbers align right."""
    decimals = {name: decimals_of(name, table[name]) for name in table.columns}
    numeric = {name: pd.api.types.is_numeric_dtype(table[name]) for name in table.columns}
    head = "".join(f'<th scope="col"{number_class(numeric[n])}>{escape(n)}</th>' for n in table.columns)
    body = []
    for row in table.itertuples(index=False):
        first, *rest = zip(table.columns, row, strict=True)
        cells = "".join(f"<td{number_class(numeric[n])}>{cell(v, decimals[n])}</td>" for n, v in rest)
        day = ' class="month"' if first[0] in ("month", "filed from") else ""
        body.append(f'<tr><th scope="row"{day}>{cell(first[1], decimals[first[0]])}</th>{cells}</tr>')
    return f"<table><thead><tr>{head}</tr></thead>\n<tbody>{chr(10).join(body)}</tbody></table>"


def number_class(numeric: bool) -> str:
    """The class of a cell that holds a number."""
    return ' class="number"' if numeric else ""


def table_details(table: pd.DataFrame, heading: str, rest: str = IN_PARQUET) -> str:
    """The table twin, folded away; `rest` says where the rows are that a long one leaves out."""
    shown, step = thinned(table)
    notes = [] if step == 1 else [f"Every {'sixth' if step == 6 else 'twelfth'} month; {rest}."]
    notes += ["– : not known or not reached."] if shown.isna().to_numpy().any() else []
    note = f'<p class="note">{" ".join(notes)}</p>' if notes else ""
    return (
        f"<details><summary>{escape(heading)}: the numbers as a table</summary>{note}\n"
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(heading)}, table">\n'
        f"{table_html(shown)}\n</div></details>"
    )
