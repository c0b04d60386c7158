"""What a notebook shows of a result: plain HTML that needs nothing else, and takes its colours from the page around it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from gridsim.config.fields import month_number

if TYPE_CHECKING:
    from gridsim.engine.result import Result

NAME_MAX = 200
"""Characters of a title that are shown."""
ROWS: tuple[tuple[str, str, float, str], ...] = (
    ("requested, every copy", "power_claims", 1e3, "GW"),
    ("needed beyond what is in service", "power_need", 1e3, "GW"),
    ("deliverable", "power_capacity", 1e3, "GW"),
    ("copies beyond the first of each project", "duplicate_mw", 1e3, "GW"),
    ("held by developers", "speculative_mw", 1e3, "GW"),
    ("need that is not served", "unserved_need_mw", 1e3, "GW"),
    ("requested / needed", "power_phantom_ratio", 1.0, ""),
    ("requested / deliverable: scarcity that everyone sees", "power_apparent", 1.0, ""),
    ("needed / deliverable: scarcity that is", "power_real", 1.0, ""),
    ("median time from filing to power", "time_to_power_p50", 1.0, "months"),
)
"""What is shown: in words, its column, what the column is divided by, and the unit then."""
LEFT = "text-align:left;padding:2px 12px 2px 0"
RIGHT = "text-align:right;padding:2px 12px 2px 0;font-variant-numeric:tabular-nums"
QUIET = "opacity:0.75;padding:0 0 6px 0"
Cell = tuple[str, bool]
"""A text, and whether it is a number, which stands at the right."""


def card(
    title: str, subtitle: str, caption: str, heads: Sequence[Cell], rows: Sequence[Sequence[str]], end: str
) -> str:
    """A title, a line below it, a table whose first column names the rows, and a last line; every text is escaped."""
    columns = "".join(f'<th scope="col" style="{style(cell)}">{escape(cell[0])}</th>' for cell in heads)
    lines = "".join(f"<tr>{line(row, heads)}</tr>" for row in rows)
    shown = title if len(title) <= NAME_MAX else f"{title[: NAME_MAX - 3]}..."
    return (
        '<div style="color:inherit;line-height:1.4;max-width:60em">'
        f'<div style="font-weight:600;font-size:1.1em">{escape(shown)}</div><div style="{QUIET}">{escape(subtitle)}</div>'
        '<table style="border-collapse:collapse;color:inherit;margin:0">'
        f'<caption style="caption-side:top;color:inherit;{LEFT}">{escape(caption)}</caption>'
        f'<thead style="border-bottom:1px solid rgba(128,128,128,0.6)"><tr>{columns}</tr></thead>'
        f'<tbody>{lines}</tbody></table><div style="{QUIET};padding-top:6px">{escape(end)}</div></div>'
    )


def line(row: Sequence[str], heads: Sequence[Cell]) -> str:
    """The cells of a row."""
    name, *rest = zip(row, heads, strict=True)
    cells = "".join(f'<td style="{style(head)}">{escape(text)}</td>' for text, head in rest)
    return f'<th scope="row" style="{LEFT};font-weight:normal;white-space:nowrap">{escape(name[0])}</th>{cells}'


def style(cell: Cell) -> str:
    """How a column is set."""
    return RIGHT if cell[1] else LEFT


def number(value: float) -> str:
    """A number of three digits; whole from 100 on, a dash where there is none."""
    if not math.isfinite(value):
        return "–"
    decimals = next((n for limit, n in ((0.9995, 3), (9.995, 2), (99.95, 1)) if abs(value) < limit), 0)
    return f"{value:,.{decimals}f}" if abs(value) >= 0.0005 else f"{value:.1g}"


def of_result(result: Result) -> str:
    """A run: what stands in the month in which claims for power peak, beside the honest twin's same month."""
    from gridsim.engine.result import PLACES, series_table

    runs = [result, *([result.twin] if result.twin is not None else [])]
    tables = [series_table(run._state) for run in runs]
    months, start = tables[0].shape[0], month_number(result.scenario.start_month)
    at = int(np.argmax(tables[0][:, PLACES["power_claims"]]))
    rows = [
        [words, *(number(table[at, PLACES[column]] / size) for table in tables), unit, column]
        for words, column, size, unit in ROWS
    ]
    twin: list[Cell] = [("honest twin", True)] if len(runs) > 1 else []
    return card(
        result.scenario.title,
        f"seed {result.seed}, {months} month{'s' if months != 1 else ''} from {month(start)}",
        f"In {month(start + at)}, the month in which requests for power peak",
        [("power", False), ("this run", True), *twin, ("unit", False), ("column of series", False)],
        rows,
        f"{len(PLACES)} measures a month in .series, scalars in .summary(), what fixes the numbers in .manifest",
    )


def month(number: int) -> str:
    """A month such as 2030-06."""
    return f"{number // 12:04d}-{number % 12 + 1:02d}"
