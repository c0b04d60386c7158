"""What research has: its share of GPUs, how its quotas seem used and are used, and what teams ask for against their need."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from gridsim.engine.result import Result
from gridsim.figures import facts, style, words


class Line(NamedTuple):
    """A line: name, column, colour, width."""

    name: str
    column: str
    colour: str
    width: float


PANELS: tuple[tuple[str, words.Unit, tuple[Line, ...]], ...] = (
    ("of GPUs at work, %", words.PERCENT, (Line("research has", "research_share", style.SERVED, 2.5),)),
    (
        "of quotas, %",
        words.PERCENT,
        (
            Line("seems used", "reported_utilisation", style.SPECULATION, 4.5),
            Line("does useful work", "useful_utilisation", style.NEEDED, 2.0),
        ),
    ),
    ("asks / need", words.RATIO, (Line("asked for, over need", "quota_phantom_ratio", style.DUPLICATES, 2.5),)),
)
"""Unit of each panel, and its lines; what seems used is drawn wider, so that it shows where the two are the same."""


def missing(result: Result) -> str:
    """Why the chart cannot be drawn; empty if it can."""
    s = result.series
    if not np.nan_to_num(s["quota_need"].to_numpy()).max() > facts.DUST or not s["research_share"].notna().any():
        return "No research team needs GPUs in this run."
    if len(s) < 2:
        share, used = (
            words.percent(float(s["research_share"].iloc[0])),
            words.percent(float(s["useful_utilisation"].iloc[0])),
        )
        return (
            f"The run lasts a single month: research has {share} of the GPUs at work, {used} of quotas do useful work."
        )
    return ""


def worlds(result: Result, line: Line) -> list[tuple[Result, str]]:
    """The runs that are drawn, and under which name: the twin where it differs; there, what seems used is used."""
    out = [(result, line.name)]
    twin = facts.other_twin(result, line.column)
    if twin is not None and line.column != "reported_utilisation":
        out.append((twin, f"{line.name}, twin"))
    return out


def figure(result: Result) -> go.Figure:
    """Three panels over time: research's share, use of quotas, asks over need."""
    out = make_subplots(rows=3, cols=1, shared_xaxes=True, vertical_spacing=0.13, row_heights=[0.3, 0.4, 0.3])
    out.update_layout(template=style.TEMPLATE, height=760, showlegend=True)
    style.panel_legends(out, [out.layout[axis].domain[1] for axis in ("yaxis", "yaxis2", "yaxis3")])
    for row, (heading, unit, lines) in enumerate(PANELS, start=1):
        for line in lines:
            for run, name in worlds(result, line):
                values = run.series[line.column] / unit.size
                draw = style.line if run is result else style.twin_line
                more = {"line": {"width": line.width}} if run is result else {}
                trace = draw(result.dates, values, name, line.colour, unit, legend=style.legend(row - 1), **more)
                out.add_trace(trace, row=row, col=1)
        out.update_yaxes(title_text=heading, rangemode="tozero", row=row, col=1)
    out.add_hline(y=1.0, line={"color": "rgba(128, 128, 128, 0.9)", "width": 1.2}, row=3, col=1)
    out.update_xaxes(**style.date_axis(result.dates))
    return out


def table(result: Result) -> pd.DataFrame:
    """The chart as a table."""
    out = pd.DataFrame({"month": result.dates.strftime("%Y-%m")})
    for heading, unit, lines in PANELS:
        for line in lines:
            for run, name in worlds(result, line):
                suffix = f", {heading}" if unit is words.PERCENT else ""
                out[f"{name}{suffix}"] = run.series[line.column].to_numpy() / unit.size
    return out


def title(result: Result) -> str:
    """The finding, in the month of the headline."""
    at = facts.peak(result)
    now = result.series.iloc[at]
    share, asked = float(now["research_share"]), float(now["quota_phantom_ratio"])
    seems, used = float(now["reported_utilisation"]), float(now["useful_utilisation"])
    text = f"In {facts.month_name(result, at)} research has {words.percent(share)} of the GPUs at work"
    if np.isfinite(asked):
        text += f", and its teams ask for {words.times(asked)} what they need"
    if not np.isfinite(used):
        return text
    if seems - used >= 0.005:
        return f"{text}; {words.percent(seems)} of quotas seem used, {words.percent(used)} do useful work"
    return f"{text}; {words.percent(used)} of quotas do useful work"


def caption(result: Result) -> str:
    """How to read the chart."""
    quota, gaming = result.scenario.compute.quota, result.scenario.mechanisms.m07_fake_utilisation
    games = (
        f"{words.percent(quota.gaming_share)} of teams run useless jobs to keep their quota, where that pays (M7)."
        if gaming
        else "No team runs useless jobs (M7 is off), so that what seems used is."
    )
    twin = " Dashed, where it differs: the honest twin." if result.twin is not None else ""
    return (
        "Top: the share of GPUs at work that research has; users and launches have the rest. Middle: of the quotas that "
        f"research is shared into, what seems used and what does useful work. {games} Below: what teams ask for over what "
        "they need this month; 1 is just their need. A team needs its peak now and then and little between, so that asks "
        f"exceed need, and quotas idle, without any gaming.{twin}"
    )


def alt(result: Result) -> str:
    """The chart in a sentence."""
    s = result.series
    ends = [
        f"{what} {words.percent(float(s[name].iloc[0]))} at first and {words.percent(float(s[name].iloc[-1]))} in the end"
        for what, name in (
            ("research has", "research_share"),
            ("of quotas seem used", "reported_utilisation"),
            ("do useful work", "useful_utilisation"),
        )
    ]
    return (
        f"Lines over time: {'; '.join(ends)}; asks reach {words.times(float(s['quota_phantom_ratio'].max()))} the need."
    )
