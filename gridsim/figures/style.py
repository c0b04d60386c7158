"""One look for every chart: colours with a fixed meaning, one template, one configuration.

Colours are Okabe and Ito's (2008), safe for colour-blind readers, and two more of the same kind. Cool colours are real
(needed, signed, served), warm ones are requests without a need of their own. A dashed line is always the honest twin.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from gridsim.figures import words

NEEDED = "#0072B2"
SERVED = "#009E73"
SIGNED = "#56B4E9"
DUPLICATES = "#E69F00"
SPECULATION = "#D55E00"
PADDING = "#CC79A7"
EXCESS = "#B5A642"
QUEUE = "#8F2D56"
CAPACITY = "#6B7785"
TWIN = "#8A8A8A"
OBSERVED = "#111111"
HERE, HERE_BAND = NEEDED, "rgba(0, 114, 178, 0.20)"
THERE, THERE_BAND = SPECULATION, "rgba(213, 94, 0, 0.20)"
"""This scenario and the other world of its contrast, where the two stand side by side."""

FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif'
CONFIG: dict[str, Any] = {
    "displaylogo": False,
    "responsive": True,
    "showSendToCloud": False,
    "modeBarButtonsToRemove": ["lasso2d", "select2d", "autoScale2d", "zoomIn2d", "zoomOut2d"],
}
GRID = "rgba(128, 128, 128, 0.22)"
INK = "#2b2f36"

_AXIS = {
    "gridcolor": GRID,
    "linecolor": "rgba(128, 128, 128, 0.6)",
    "zeroline": False,
    "automargin": True,
    "ticks": "outside",
    "ticklen": 5,
    "tickcolor": "rgba(0, 0, 0, 0)",
    "title": {"standoff": 10, "font": {"size": 13}},
}
LEGEND = {
    "orientation": "h",
    "x": 0,
    "xanchor": "left",
    "yanchor": "bottom",
    "font": {"size": 13},
    "itemwidth": 30,
    "traceorder": "normal",
}
TEMPLATE = go.layout.Template(
    layout={
        "font": {"family": FONT, "size": 13, "color": INK},
        "paper_bgcolor": "rgba(0, 0, 0, 0)",
        "plot_bgcolor": "rgba(0, 0, 0, 0)",
        "margin": {"l": 8, "r": 12, "t": 40, "b": 8},
        "xaxis": _AXIS,
        "yaxis": _AXIS,
        "legend": {**LEGEND, "y": 1.02},
        "hovermode": "x unified",
        "hoverlabel": {"font": {"family": FONT, "size": 13}},
        "dragmode": False,
    }
)


def faint(colour: str, opacity: float) -> str:
    """A colour, "#rrggbb", as one that lets what is behind it through."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {opacity})"


def label_bar(out: go.Figure, text: str, x: float, y: float, *, at_right_end: bool = False) -> None:
    """Write a line of text above a horizontal bar: from its left end at `x`, or up to its right end there."""
    out.add_annotation(
        x=x,
        y=y,
        text=text,
        showarrow=False,
        xanchor="right" if at_right_end else "left",
        yanchor="bottom",
        xshift=-4 if at_right_end else -2,
        font={"size": 14},
    )


def new_figure(height: int, **layout: Any) -> go.Figure:
    """An empty figure in the house template, `height` pixels high and as wide as its place."""
    figure = go.Figure()
    figure.update_layout(template=TEMPLATE, height=height, **layout)
    return figure


def panel_legends(figure: go.Figure, tops: list[float]) -> None:
    """A legend above each panel; `tops` are the panels' upper edges as shares of the plot. Traces name theirs."""
    for i, top in enumerate(tops):
        figure.update_layout({legend(i): {**LEGEND, "y": top + 0.005}})


def legend(panel: int) -> str:
    """Plotly's name of a panel's legend; panels count from 0."""
    return "legend" if panel == 0 else f"legend{panel + 1}"


def days(dates: pd.DatetimeIndex) -> list[str]:
    """Dates as text that Plotly reads: "2026-07-01"."""
    return [str(day) for day in dates.strftime("%Y-%m-%d")]


def date_axis(dates: pd.DatetimeIndex) -> dict[str, Any]:
    """A calendar axis over these months, with room at both ends, and ticks that never fall between months."""
    room = pd.Timedelta(days=16 if len(dates) < 24 else 31)
    axis: dict[str, Any] = {"type": "date", "range": days(pd.DatetimeIndex([dates[0] - room, dates[-1] + room]))}
    if len(dates) < 24:
        step = 1 if len(dates) <= 6 else 3 if len(dates) <= 15 else 6
        axis |= {"tick0": days(dates)[0], "dtick": f"M{step}", "tickformat": "%b\n%Y"}
    elif len(dates) <= 48:
        axis |= {"tick0": "2000-01-01", "dtick": "M6", "tickformat": "%b\n%Y", "tickangle": 0}
    else:
        step = 1 if len(dates) <= 132 else 2 if len(dates) <= 264 else 5
        axis |= {"tick0": "2000-01-01", "dtick": f"M{12 * step}", "tickformat": "%Y", "tickangle": 0}
    return axis


def line(dates: pd.DatetimeIndex, values: Any, name: str, colour: str, unit: words.Unit, **more: Any) -> go.Scatter:
    """A line over months, hover in `unit`; a single month is drawn as a point."""
    style = {"color": colour, "width": 2.5} | more.pop("line", {})
    return go.Scatter(
        x=days(dates),
        y=values,
        name=name,
        mode="lines" if len(dates) > 1 else "markers",
        line=style,
        marker={"color": colour, "size": 9},
        hovertemplate=f"%{{y:,.{unit.digits}f}} {unit.name}",
        **more,
    )


def twin_line(
    dates: pd.DatetimeIndex, values: Any, name: str, colour: str, unit: words.Unit, **more: Any
) -> go.Scatter:
    """The honest twin's line: dashed and thinner, in the colour of what it measures."""
    return line(dates, values, name, colour, unit, line={"dash": "dash", "width": 1.8}, **more)
