"""A week of serving: what users ask for by the hour of a weekday and of a weekend day, against what serving can compute."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from gridsim.engine.compute_settings import load_hours
from gridsim.engine.result import Result
from gridsim.figures import facts, style, words

SEEN = 0.005
"""Shares below this are not told."""


class Week(NamedTuple):
    """Tokens a second: load of 24 hours of a weekday and of a weekend day, capacity; of the load the share of use."""

    weekday: np.ndarray
    weekend: np.ndarray
    capacity: float
    useful_share: float


def week(result: Result) -> Week:
    """The week of the month in which claims for power peak: the scenario's profile, scaled with what is asked in the mean."""
    now = result.series.iloc[facts.peak(result)]
    load = load_hours(result.scenario) * float(now["tokens_asked"])
    held = float(now["tokens_held"])
    useful = float(now["tokens_useful"]) / held if held > 0.0 else 1.0
    return Week(load[:24], load[24:], float(now["tokens_capacity"]), useful)


def missing(result: Result) -> str:
    """Why the chart cannot be drawn; empty if it can."""
    found, month = week(result), facts.month_name(result, facts.peak(result))
    if not np.isfinite([*found.weekday, found.capacity]).all():
        return f"What users ask for in {month} is not known."
    return "" if found.weekday.max() > facts.DUST else f"No users are served in {month}."


def figure(result: Result) -> go.Figure:
    """Steps by hour, and capacity as a level line; what is above it is shaded."""
    found = week(result)
    top = max(float(found.weekday.max()), float(found.weekend.max()), found.capacity)
    unit = words.token_unit(top)
    out = style.new_figure(440)
    add_excess(out, found, unit)
    lines = [
        ("asked for, weekday", found.weekday, style.QUEUE),
        ("asked for, weekend day", found.weekend, style.SIGNED),
    ]
    if found.useful_share < 1.0 - SEEN:
        lines.append(("of which useful, weekday", found.weekday * found.useful_share, style.SERVED))
    for name, values, colour in lines:
        add_steps(out, values / unit.size, name, unit, {"color": colour, "width": 2.5})
    add_steps(out, np.full(24, found.capacity / unit.size), "capacity", unit, {"color": style.CAPACITY, "width": 2})
    out.update_yaxes(title_text=unit.name, range=[0.0, 1.08 * top / unit.size], fixedrange=True)
    out.update_xaxes(title_text="hour of the day, UTC", range=[0, 24], tickvals=list(range(0, 25, 4)), fixedrange=True)
    return out


def add_steps(out: go.Figure, values: np.ndarray, name: str, unit: words.Unit, line: dict[str, object]) -> None:
    """A line that keeps its level through each hour."""
    out.add_scatter(
        x=list(range(25)),
        y=[*values, values[-1]],
        name=name,
        mode="lines",
        line={"shape": "hv"} | line,
        hovertemplate=f"%{{y:,.{unit.digits}f}} {unit.name}",
    )


def add_excess(out: go.Figure, found: Week, unit: words.Unit) -> None:
    """Shade what a weekday asks for beyond capacity."""
    over = np.maximum(found.weekday, found.capacity)
    if not (over > found.capacity).any():
        return
    common = {"x": list(range(25)), "mode": "lines", "hoverinfo": "skip"}
    level = np.full(25, found.capacity / unit.size)
    out.add_scatter(y=level, line={"width": 0, "shape": "hv"}, showlegend=False, **common)
    out.add_scatter(
        y=[*over / unit.size, over[-1] / unit.size], line={"width": 0, "shape": "hv"}, fill="tonexty",
        fillcolor=style.faint(style.SPECULATION, 0.35), name="beyond capacity", **common,
    )  # fmt: skip


def table(result: Result) -> pd.DataFrame:
    """The chart as a table: million tokens a second by hour."""
    found = week(result)
    return pd.DataFrame(
        {
            "hour, UTC": np.arange(24),
            "asked for on a weekday, million tokens/s": found.weekday / 1e6,
            "of which useful": found.weekday * found.useful_share / 1e6,
            "asked for on a weekend day": found.weekend / 1e6,
            "of which useful ": found.weekend * found.useful_share / 1e6,
            "capacity": np.full(24, found.capacity / 1e6),
        }
    )


def unused(result: Result) -> float:
    """Of what serving can compute in a week, the share that nobody takes; NaN without capacity."""
    now = result.series.iloc[facts.peak(result)]
    capacity = float(now["tokens_capacity"])
    return 1.0 - float(now["tokens_served"]) / capacity if capacity > 0.0 else float("nan")


def title(result: Result) -> str:
    """The finding: how long serving is short, who notices, and what idles over the same week."""
    now = result.series.iloc[facts.peak(result)]
    short = float(now["scarcity_hours"])
    idle = f"{words.percent(unused(result))} of what serving can compute goes unused over the week"
    if not short >= 0.05:
        return f"Serving is never short in {facts.month_name(result, facts.peak(result))}, and {idle}"
    found = week(result)
    if max(found.weekday.max(), found.weekend.max()) <= found.capacity:
        some = f"Some fleets are short, {words.hours(short)} a week on average, though all together never are"
        return f"{some}; {idle}"
    lost = [
        f"{words.percent(float(now[f'throttled_share_{who}']))} of what {who} users ask"
        for who in ("free", "paid")
        if float(now[f"throttled_share_{who}"]) >= SEEN
    ]
    lost_text = f", {words.listed(lost)} is turned away" if lost else ""
    return f"Serving is short in {words.hours(short)} a week{lost_text}, yet {idle}"


def caption(result: Result) -> str:
    """How to read the chart."""
    at = facts.peak(result)
    now, whole = result.series.iloc[at], result.series["scarcity_hours"]
    service = result.scenario.compute.service
    level = (
        "" if result.scenario.mechanisms.m10_peak_throttling else " The load is level: peaks are switched off (M10)."
    )
    return (
        f"A representative week of {facts.month_name(result, at)}, the month in which requests for power peak: what users ask "
        "of all labs and hyperscalers together, before anything deters or blocks it, and what the GPUs that serve can "
        f"compute at {words.percent(service.target_utilisation)} of their peak, kept for answers in time. The hours in which "
        "serving is short are counted fleet by fleet and averaged by need, so that some are short while all together are "
        "not. Turned away: deterred by a higher price or a quota, or blocked, first from users who do not pay. Over the whole "
        f"week serving GPUs work at {words.percent(float(now['serving_utilisation']))} of their peak. Over the run serving is "
        f"short in {words.hours(float(whole.mean()))} a week on average, in the worst month in "
        f"{words.hours(float(whole.max()))}.{level}"
    )


def alt(result: Result) -> str:
    """The chart in a sentence."""
    found = week(result)
    return (
        f"Load by hour of the day: on a weekday between {words.tokens(float(found.weekday.min()))} and "
        f"{words.tokens(float(found.weekday.max()))}, on a weekend day up to {words.tokens(float(found.weekend.max()))}, "
        f"against a capacity of {words.tokens(found.capacity)}."
    )
