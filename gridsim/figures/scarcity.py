"""Apparent against real scarcity over time: claims and need, each over what the grid can deliver."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from gridsim.engine.result import Result
from gridsim.figures import facts, style, words

LINES = (("apparent", "power_apparent", style.QUEUE), ("real", "power_real", style.NEEDED))
SHADES: dict[str, tuple[str, str]] = {
    "apparent": ("scarcity only apparent", "rgba(230, 159, 0, 0.16)"),
    "real": ("scarcity real", "rgba(0, 114, 178, 0.14)"),
    "idle": ("need above capacity, load idle", "rgba(128, 128, 128, 0.20)"),
}


def missing(result: Result) -> str:
    """Why the chart cannot be drawn; empty if it can."""
    if len(result.series) < 2:
        apparent, real = (words.number(result.series[name].iloc[0]) for name in ("power_apparent", "power_real"))
        return f"The run lasts a single month: apparent scarcity {apparent}, real {real}."
    if result.series[["power_apparent", "power_real"]].notna().to_numpy().any():
        return ""
    return "The grid has no capacity to give in this run, so that scarcity has no ratio."


def figure(result: Result) -> go.Figure:
    """Apparent and real scarcity, the months shaded by their verdict; below, the phantom ratio and the twin's."""
    phantom = bool(result.series["power_phantom_ratio"].notna().any())
    heights, tops = ([0.6, 0.4], [1.0, 0.33]) if phantom else ([1.0], [1.0])
    out = make_subplots(rows=len(heights), cols=1, shared_xaxes=True, vertical_spacing=0.17, row_heights=heights)
    out.update_layout(template=style.TEMPLATE, height=640 if phantom else 400)
    style.panel_legends(out, tops)
    for name, column, colour in LINES:
        out.add_trace(style.line(result.dates, result.series[column], name, colour, words.RATIO), row=1, col=1)
    add_shades(out, result)
    if phantom:
        add_phantom(out, result)
    for row in range(1, len(heights) + 1):
        out.add_hline(y=1.0, line={"color": "rgba(128, 128, 128, 0.9)", "width": 1.2}, row=row, col=1)
    out.update_yaxes(rangemode="tozero")
    out.update_yaxes(title_text="over capacity (1 = enough)", row=1, col=1)
    out.update_xaxes(**style.date_axis(result.dates))
    return out


def add_phantom(out: go.Figure, result: Result) -> None:
    """The second panel: the phantom ratio of the run and of its twin."""
    worlds = [(result, style.line, "phantom ratio")]
    if result.twin is not None:
        worlds.append((result.twin, style.twin_line, "phantom ratio, twin"))
    for run, draw, name in worlds:
        values = run.series["power_phantom_ratio"]
        trace = draw(result.dates, values, name, style.DUPLICATES, words.RATIO, legend=style.legend(1))
        out.add_trace(trace, row=2, col=1)
    out.update_yaxes(title_text="claims / need", row=2, col=1)


def add_shades(out: go.Figure, result: Result) -> None:
    """Shade each run of months by its verdict, and name the shades in the legend."""
    verdict = facts.verdicts(result.series)
    breaks = [0, *(np.flatnonzero(verdict[1:] != verdict[:-1]) + 1), len(verdict)]
    half = pd.Timedelta(days=15)
    for first, stop in pairwise(breaks):
        if verdict[first] in SHADES:
            x0, x1 = style.days(pd.DatetimeIndex([result.dates[first] - half, result.dates[stop - 1] + half]))
            colour = SHADES[verdict[first]][1]
            out.add_shape(
                type="rect",
                x0=x0,
                x1=x1,
                y0=0,
                y1=1,
                yref="y domain",
                xref="x",
                fillcolor=colour,
                line_width=0,
                layer="below",
            )
    for name, (label, colour) in SHADES.items():
        if name in verdict:
            marker = {"color": colour, "symbol": "square", "size": 13, "line": {"width": 1, "color": style.TWIN}}
            out.add_trace(go.Scatter(x=[None], y=[None], mode="markers", name=label, marker=marker), row=1, col=1)


def table(result: Result) -> pd.DataFrame:
    """The chart as a table: ratios and verdict by month."""
    s = result.series
    out: dict[str, Any] = {
        "month": result.dates.strftime("%Y-%m"),
        "apparent": s["power_apparent"].to_numpy(),
        "real": s["power_real"].to_numpy(),
        "phantom ratio": s["power_phantom_ratio"].to_numpy(),
        "share of served MW not needed": s["power_dark_share"].to_numpy(),
    }
    if result.twin is not None:
        out["honest twin: phantom ratio"] = result.twin.series["power_phantom_ratio"].to_numpy()
    said = {"apparent": "only apparent", "idle": "need above capacity, load idle"}
    out["scarcity"] = [said.get(v, v) for v in facts.verdicts(s)]
    return pd.DataFrame(out)


def title(result: Result) -> str:
    """The finding."""
    verdict = facts.verdicts(result.series)
    total = len(verdict)
    only, real = int(np.sum(verdict == "apparent")), int(np.sum(verdict == "real"))
    if not only and not real:
        if np.all(verdict == "none"):
            return "Requests never exceed what the grid can deliver"
        return "Need exceeds what the grid can deliver, while load in service stands idle"
    parts = [f"only apparent in {only}"] if only else []
    parts += [f"real in {real}"] if real else []
    return f"Scarcity is {words.listed(parts)} of {total} months"


def caption(result: Result) -> str:
    """How to read the chart."""
    return (
        f"Apparent: claims over what the grid can deliver within {words.span(facts.horizon(result))}; real: need "
        "over the same; 1 is just enough. Scarcity is real where need is above it and less than "
        f"{words.percent(facts.DARK_SHARE_MAX)} of the load in service goes unneeded; it is only apparent where "
        "claims are above it and need is below. The phantom ratio says how many MW are claimed for each MW needed. "
        "Forecasts err in an honest world too, so that it need not be 1 there: only the excess over the honest twin "
        "is due to gaming."
    )


def alt(result: Result) -> str:
    """The chart in a sentence."""
    apparent, real, phantom = (
        words.number(result.series[f"power_{name}"].max()) for name in ("apparent", "real", "phantom_ratio")
    )
    return (
        f"Lines over time: apparent scarcity peaks at {apparent} and real scarcity at {real}, where 1 is just enough; "
        f"the phantom ratio peaks at {phantom}."
    )
