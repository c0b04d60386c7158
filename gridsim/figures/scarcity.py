"""Apparent against real scarcity over time: claims and need, each over what the grid can deliver."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from gridsim.engine.result import Result
from gridsim.figures import facts, style, words

LINES = (("apparent: claims / capacity", "power_apparent", style.QUEUE), ("real: need / capacity", "power_real", style.NEEDED))
SHADES: dict[str, tuple[str, str]] = {
    "apparent": ("scarcity only apparent", "rgba(230, 159, 0, 0.16)"),
    "real": ("scarcity real", "rgba(0, 114, 178, 0.14)"),
    "idle": ("need above capacity, load idle", "rgba(128, 128, 128, 0.20)"),
}


def missing(result: Result) -> str:
    """Why the chart cannot be drawn; empty if it can."""
    if result.series[["power_apparent", "power_real"]].notna().to_numpy().any():
        return ""
    return "The grid has no capacity to give in this run, so that scarcity has no ratio."


def figure(result: Result) -> go.Figure:
    """Above: apparent and real scarcity, the months shaded by their verdict; below: the phantom ratio and the twin's."""
    out = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.09, row_heights=[0.62, 0.38])
    out.update_layout(template=style.TEMPLATE, height=600)
    add_shades(out, result)
    for name, column, colour in LINES:
        out.add_trace(style.line(result.dates, result.series[column], name, colour, "", 2), row=1, col=1)
    ratio = style.line(result.dates, result.series["power_phantom_ratio"], "phantom ratio: claims / need", style.DUPLICATES, "", 2)
    out.add_trace(ratio, row=2, col=1)
    if result.twin is not None:
        values = result.twin.series["power_phantom_ratio"]
        out.add_trace(style.twin_line(result.dates, values, "phantom ratio: honest twin", style.TWIN, "", 2), row=2, col=1)
    for row in (1, 2):
        out.add_hline(y=1.0, line={"color": "rgba(128, 128, 128, 0.9)", "width": 1.2}, row=row, col=1)
    out.update_yaxes(rangemode="tozero")
    out.update_yaxes(title_text="ratio to capacity (1 = enough)", row=1, col=1)
    out.update_yaxes(title_text="claims / need", row=2, col=1)
    out.update_xaxes(**style.date_axis(result.dates))
    return out


def add_shades(out: go.Figure, result: Result) -> None:
    """Shade each run of months by its verdict, and name the shades in the legend."""
    verdict = facts.verdicts(result.series)
    breaks = [0, *(np.flatnonzero(verdict[1:] != verdict[:-1]) + 1), len(verdict)]
    half = pd.Timedelta(days=15)
    for first, stop in zip(breaks[:-1], breaks[1:], strict=True):
        if verdict[first] in SHADES:
            x0, x1 = style.days(pd.DatetimeIndex([result.dates[first] - half, result.dates[stop - 1] + half]))
            colour = SHADES[verdict[first]][1]
            out.add_shape(
                type="rect", x0=x0, x1=x1, y0=0, y1=1, yref="y domain", xref="x", fillcolor=colour, line_width=0, layer="below"
            )
    for name, (label, colour) in SHADES.items():
        if name in verdict:
            marker = {"color": colour, "symbol": "square", "size": 13, "line": {"width": 1, "color": style.TWIN}}
            out.add_trace(go.Scatter(x=[None], y=[None], mode="markers", name=label, marker=marker), row=1, col=1)


def table(result: Result) -> pd.DataFrame:
    """The chart as a table: ratios and verdict by month."""
    s = result.series
    out = {
        "month": result.dates.strftime("%Y-%m"),
        "apparent": s["power_apparent"].to_numpy(),
        "real": s["power_real"].to_numpy(),
        "phantom ratio": s["power_phantom_ratio"].to_numpy(),
        "share of served MW not needed": s["power_dark_share"].to_numpy(),
    }
    if result.twin is not None:
        out["honest twin: phantom ratio"] = result.twin.series["power_phantom_ratio"].to_numpy()
    said = {"real": "real", "idle": "need above capacity, load idle", "apparent": "only apparent", "none": "none", "unknown": "unknown"}
    out["scarcity"] = [said[v] for v in facts.verdicts(s)]
    return pd.DataFrame(out)


def title(result: Result) -> str:
    """The finding."""
    verdict = facts.verdicts(result.series)
    total = len(verdict)
    only, real = int(np.sum(verdict == "apparent")), int(np.sum(verdict == "real"))
    if not only and not real:
        return "Requests never exceed what the grid can deliver" if np.all(verdict == "none") else "Need never is short of power in use"
    parts = [f"only apparent in {only}"] if only else []
    parts += [f"real in {real}"] if real else []
    return f"Scarcity is {words.listed(parts)} of {words.span(total) if total % 12 else f'{total} months'}"


def caption(result: Result) -> str:
    """How to read the chart."""
    return (
        "Above 1, more is claimed (or needed) than the grid can deliver within "
        f"{words.span(facts.horizon(result))}. Scarcity is real where need is above 1 and less than "
        f"{words.percent(facts.DARK_SHARE_MAX)} of the load in service goes unneeded; it is only apparent where claims are "
        "above 1 and need is below. The phantom ratio says how many MW are claimed for each MW needed. Forecasts err in "
        "an honest world too, so that it need not be 1 there: only the excess over the honest twin is due to gaming."
    )


def alt(result: Result) -> str:
    """The chart in a sentence."""
    s = result.series
    return (
        f"Lines over time: apparent scarcity peaks at {s['power_apparent'].max():.1f} and real scarcity at "
        f"{s['power_real'].max():.1f}, where 1 is just enough; the phantom ratio peaks at {s['power_phantom_ratio'].max():.1f}."
    )
