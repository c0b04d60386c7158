"""A chart on a page: its finding as heading, the figure, how to read it, what to take away, and its table twin."""

from __future__ import annotations

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


def twin(table: pd.DataFrame, heading: str) -> Component:
    """The table twin, folded away."""
    shown, step = page.thinned(table)
    notes = [] if step == 1 else [f"Every {'sixth' if step == 6 else 'twelfth'} month; the CSV has all."]
    notes += ["– : not known or not reached."] if shown.isna().to_numpy().any() else []
    return html.Details(
        [
            html.Summary("The numbers as a table", **{"aria-label": f"{heading}: the numbers as a table"}),
            *([html.P(" ".join(notes), className="note")] if notes else []),
            html.Div(rows(shown), className="scroll", tabIndex=0, role="region", **{"aria-label": f"{heading}, table"}),
        ],
        className="twin",
    )


def texts(table: pd.DataFrame) -> dict[str, list[Any]]:
    """A table as text: heads, which columns hold numbers, and rows. The page makes the table when it is unfolded."""
    kinds = ["number" if pd.api.types.is_numeric_dtype(table[name]) else "" for name in table.columns]
    columns = []
    for name in table.columns:
        decimals = page.decimals_of(name, table[name])
        columns.append([plain(value, decimals) for value in table[name]])
    return {"heads": list(table.columns), "kinds": kinds, "rows": [list(row) for row in zip(*columns, strict=True)]}


def rows(table: pd.DataFrame) -> Component:
    """A table that is always in sight; the first column heads its row."""
    said = texts(table)
    kinds = said["kinds"]
    head = html.Tr(
        [html.Th(name, scope="col", className=kind) for name, kind in zip(said["heads"], kinds, strict=True)]
    )
    body = []
    for first, *rest in said["rows"]:
        cells = [html.Td(text, className=kind) for text, kind in zip(rest, kinds[1:], strict=True)]
        body.append(html.Tr([html.Th(first, scope="row"), *cells]))
    return html.Table([html.Thead(head), html.Tbody(body)])


def plain(value: object, decimals: int) -> str:
    """A cell's text; a page escapes text itself."""
    return value if isinstance(value, str) else page.cell(value, decimals)


def words(text: str) -> str:
    """A sentence in which no number is parted from its unit at the end of a line."""
    return page.unparted(text)
