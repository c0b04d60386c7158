"""A chart on a page: its finding as heading, the figure, how to read it, what to take away, and its table twin."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from dash import dcc, html
from dash.development.base_component import Component

from gridsim.figures import page, style
from gridsim.figures.charts import Chart

TAKE = {"csv": "CSV", "png": "PNG", "svg": "SVG", "cite": "Cite"}


def card(
    name: str,
    kicker: str,
    title: str,
    caption: str,
    alt: str,
    figure: Any,
    table: pd.DataFrame | None,
    of: str = "",
    csv: str = "",
    kinds: tuple[str, ...] = tuple(TAKE),
) -> Component:
    """A chart with everything that belongs to it.

    `name` is the chart's own on the whole page; `of` is what the address of its CSV says beside the choices, `csv` the CSV
    itself where no address has it, `kinds` what can be taken away.
    """
    return html.Section(
        [
            html.P(kicker, className="kicker"),
            html.H2(words(title), id=f"{name}-title"),
            html.Figure(
                [
                    html.Div(
                        dcc.Graph(id=f"graph-{name}", figure=fitting(figure), config=style.CONFIG, className="graph"),
                        role="group",
                        **{"aria-label": alt},
                    ),
                    html.Figcaption(words(caption), id=f"{name}-caption"),
                ]
            ),
            html.Div(
                [take_away(name, kicker, kinds, of), *([twin(table, kicker)] if table is not None else [])],
                className="under",
            ),
            *([html.Pre(csv, id=f"csv-{name}", hidden=True)] if csv else []),
        ],
        className="card chart",
        id=f"card-{name}",
        **{"aria-labelledby": f"{name}-title"},
    )


def fitting(figure: Any) -> Any:
    """The figure with as many years on its axes as there is room for: a page may be narrow, a report is not."""
    if isinstance(figure, go.Figure):
        figure.for_each_xaxis(lambda axis: axis.update(dtick=None, tick0=None) if yearly(axis.dtick) else None)
    return figure


def yearly(step: object) -> bool:
    """Whether the step of a calendar axis is a year or more of them."""
    return isinstance(step, str) and step.startswith("M") and int(step[1:]) >= 12


def of_chart(chart: Chart, of: str = "") -> Component:
    """The card of a chart of the report, or a word on why there is none."""
    if chart.figure is None:
        return missing(chart.name, chart.heading, chart.missing)
    return card(chart.name, chart.heading, chart.title, chart.caption, chart.alt, chart.figure, chart.table, of)


def missing(name: str, kicker: str, why: str) -> Component:
    """What stands in a chart's place."""
    return html.Section(
        [html.P(kicker, className="kicker"), html.P(words(why), className="missing")],
        className="card",
        id=f"card-{name}",
    )


def take_away(name: str, kicker: str, kinds: tuple[str, ...] = tuple(TAKE), of: str = "") -> Component:
    """Buttons that save or cite a chart; the page's script knows what to do with each."""
    buttons = [
        html.Button(
            label,
            className="take",
            type="button",
            **{"data-take": kind, "data-chart": name, "data-of": of, "aria-label": f"{label}: {kicker}"},
        )
        for kind, label in TAKE.items()
        if kind in kinds
    ]
    return html.Div(buttons, className="takes")


def twin(table: pd.DataFrame, heading: str, summary: str = "The numbers as a table") -> Component:
    """The table twin, folded away."""
    shown, step = page.thinned(table)
    notes = [] if step == 1 else [f"Every {'sixth' if step == 6 else 'twelfth'} month; the CSV has all."]
    notes += ["– : not known or not reached."] if shown.isna().to_numpy().any() else []
    return html.Details(
        [
            html.Summary(summary, **{"aria-label": f"{heading}: {summary[:1].lower()}{summary[1:]}"}),
            *([html.P(" ".join(notes), className="note")] if notes else []),
            html.Div(rows(shown), className="scroll", tabIndex=0, role="region", **{"aria-label": f"{heading}, table"}),
        ],
        className="twin",
    )


def rows(table: pd.DataFrame) -> Component:
    """A data frame as a table; the first column heads its row."""
    kinds = ["number" if pd.api.types.is_numeric_dtype(table[name]) else "" for name in table.columns]
    columns = []
    for name in table.columns:
        decimals = page.decimals_of(name, table[name])
        columns.append([plain(value, decimals) for value in table[name]])
    return cells(list(table.columns), kinds, [list(row) for row in zip(*columns, strict=True)])


def cells(heads: Sequence[str], kinds: Sequence[str], texts: Sequence[Sequence[str]], warn: str = "") -> Component:
    """Rows of text as a table; the first column heads its row, `kinds` are the columns' classes, cells that say `warn` warn.

    One component, of which the page's script makes the table once it is in sight: Dash looks at every component of a page for
    each one that is new, so that a component for each cell would hold the page up for seconds.
    """
    said = {"heads": list(heads), "kinds": list(kinds), "rows": [list(row) for row in texts], "warn": warn}
    return html.Div(**{"data-table": json.dumps(said)})


def plain(value: object, decimals: int) -> str:
    """A cell's text; a page escapes text itself."""
    return value if isinstance(value, str) else page.cell(value, decimals)


def words(text: str) -> str:
    """A sentence in which no number is parted from its unit at the end of a line."""
    return page.unparted(text)
