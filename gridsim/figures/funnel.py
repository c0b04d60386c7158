"""From requested to used MW: what the queue stands for in one month, the month in which claims peak by default."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd
import plotly.graph_objects as go

from gridsim.engine.result import Result
from gridsim.figures import facts, style, words


class Row(NamedTuple):
    """A bar: MW, and where it starts; a negative size is taken off what is above it."""

    group: int
    name: str
    mw: float
    start_mw: float
    colour: str
    meaning: str


def missing(result: Result, month: int | None = None) -> str:
    """Why the chart cannot be drawn; empty if it can."""
    now = result.series.iloc[facts.peak(result) if month is None else month]
    if now["queued_mw"] + now["signed_mw"] <= 0.0:
        return f"Nobody requests power in this {'run' if month is None else 'month'}: there is no queue to look into."
    if now["power_need"] == now["power_need"]:
        return ""
    return f"The need is not known in {'the month in which claims peak' if month is None else 'this month'}."


def rows(result: Result, month: int | None = None) -> list[Row]:
    """The bars from top to bottom, at the end of a month (by default the one in which claims peak), in MW.

    Requests less duplicates, speculation and padding leave the projects that labs and hyperscalers file for themselves.
    What these exceed the need by is over-ordering: more projects under way than their owners will need; where they fall
    short of it the difference is need for which nobody has filed. The bars from requested to needed add up.
    """
    at = facts.peak(result) if month is None else month
    now, by = result.series.iloc[at], facts.month_name(result, at + facts.horizon(result))
    requested = float(now["queued_mw"] + now["signed_mw"])
    out = [Row(0, "requested, every copy", requested, 0.0, style.QUEUE, "requests filed or signed and not in service")]
    left = requested
    for name, column, colour, meaning in (
        ("duplicates", "duplicate_mw", style.DUPLICATES, "the same project filed again in another area"),
        ("speculation", "speculative_mw", style.SPECULATION, "positions of developers without a need of their own"),
        ("padding", "padding_mw", style.PADDING, "size asked for beyond the project's need"),
    ):
        mw = float(now[column])
        left -= mw
        out.append(Row(0, name, 0.0 - mw, left, colour, meaning))
    out.append(beyond_need(now, left, requested, by))
    for group, name, column, colour, meaning in (
        (0, f"needed by {by}", "power_need", style.NEEDED, "true need beyond the load in service"),
        (1, f"deliverable by {by}", "power_capacity", style.CAPACITY, "capacity not in use, additions due"),
        (1, "of the requests, signed", "signed_mw", style.SIGNED, "agreements signed, not in service"),
        (2, "contracted load in service", "energised_mw", style.SERVED, "load in service, on top of the requests"),
        (
            2,
            "of which used, as load ramps up",
            "power_useful",
            style.SERVED,
            "needed now, of what is due under the ramp",
        ),
    ):
        out.append(Row(group, name, float(now[column]), 0.0, colour, meaning))
    return out


def beyond_need(now: pd.Series, left: float, requested: float, by: str) -> Row:
    """The last step down (or up) to the need, from the MW left after duplicates, speculation and padding."""
    need = float(now["power_need"])
    if left < need:
        name, meaning = "needed, but not yet filed", "need that nobody has filed for"
        return Row(0, name, need - left, left, style.SIGNED, meaning)
    later = requested - float(now["power_claims"]) > 0.001 * requested
    name = f"beyond need, or for after {by}" if later else "ordered beyond need"
    return Row(0, name, need - left, need, style.EXCESS, "projects under way that their owners will not need")


def figure(result: Result, month: int | None = None) -> go.Figure:
    """Bars from requested to used; a dotted line leads from the sum so far to the next part."""
    bars = rows(result, month)
    unit = words.power_unit(max(abs(row.mw) for row in bars))
    places = [-(i + 0.55 * row.group) for i, row in enumerate(bars)]
    out = style.new_figure(110 + 50 * len(bars), hovermode="closest", bargap=0.0, showlegend=False)
    out.add_bar(
        orientation="h",
        y=places,
        x=[abs(row.mw) / unit.size for row in bars],
        base=[row.start_mw / unit.size for row in bars],
        width=0.42,
        marker={"color": [row.colour for row in bars], "cornerradius": 3},
        customdata=[[row.name, row.meaning, row.mw / unit.size] for row in bars],
        hovertemplate="%{customdata[0]}: %{customdata[2]:,.2f} " + unit.name + "<br>%{customdata[1]}<extra></extra>",
    )
    for place, row in zip(places, bars, strict=True):
        add_label(out, row, place, unit, max(abs(bar.mw) for bar in bars))
    for i in range(4):
        x = (bars[i].mw if i == 0 else bars[i].start_mw) / unit.size
        ends = [places[j] + side * (0.21 if bars[j].mw else 0.0) for j, side in ((i, -1.0), (i + 1, 1.0))]
        line = {"color": style.TWIN, "width": 1, "dash": "dot"}
        out.add_shape(type="line", x0=x, x1=x, y0=ends[0], y1=ends[1], line=line)
    out.update_yaxes(visible=False, range=[places[-1] - 0.4, 0.85], fixedrange=True)
    out.update_xaxes(title_text=unit.name, rangemode="tozero", fixedrange=True)
    out.update_layout(margin={"t": 8})
    return out


def add_label(out: go.Figure, row: Row, place: float, unit: words.Unit, widest_mw: float) -> None:
    """Write size and name above a bar: from its left end, or up to its right end where it floats far to the right."""
    sign = "− " if row.mw < 0 else "+ " if row.start_mw > 0 and row.mw > 0 else ""
    low, high = sorted((row.start_mw, row.start_mw + abs(row.mw)))
    right = low > 0.35 * widest_mw and row.group == 0
    text = f"<b>{sign}{words.power(abs(row.mw))}</b>  {row.name}"
    style.label_bar(out, text, (high if right else low) / unit.size, place + 0.24, at_right_end=right)


def table(result: Result, month: int | None = None) -> pd.DataFrame:
    """The chart as a table; MW taken off are negative."""
    bars = rows(result, month)
    return pd.DataFrame(
        {"what": [row.name for row in bars], "MW": [row.mw for row in bars], "meaning": [row.meaning for row in bars]}
    )


def title(result: Result, month: int | None = None) -> str:
    """The finding."""
    at = facts.peak(result) if month is None else month
    bars = {row.name.split(" ")[0]: row.mw for row in rows(result, at)}
    parts = [
        f"{words.power(-bars[name])} are {what}"
        for name, what in (("duplicates", "duplicates"), ("speculation", "speculation"), ("padding", "padding"))
        if -bars[name] >= 0.005 * bars["requested,"]
    ]
    if "ordered" in bars and -bars["ordered"] >= 0.005 * bars["requested,"]:
        parts.append(f"{words.power(-bars['ordered'])} are ordered beyond need")
    text = f"Of {words.power(bars['requested,'])} requested in {facts.month_name(result, at)}"
    return f"{text}, {words.listed(parts)}" if parts else f"{text}, none is a duplicate, speculation or padding"


def caption(result: Result, month: int | None = None) -> str:
    """How to read the chart."""
    at = facts.peak(result) if month is None else month
    which = ", in which requests peak" if at == facts.peak(result) else ""
    return (
        f"The month shown is {facts.month_name(result, at)}{which}. Read from the "
        "top: each floating bar takes its part off the sum above it, down to what is truly needed within the "
        f"planning horizon of {words.span(facts.horizon(result))}. What the grid can deliver is counted before the "
        "queue is served. Load in service is no longer a request: it comes on top."
    )


def alt(result: Result, month: int | None = None) -> str:
    """The chart in a sentence."""
    return (
        "Bars from requested to used power: "
        + "; ".join(
            f"{row.name} {'minus ' if row.mw < 0 else ''}{words.power(abs(row.mw))}" for row in rows(result, month)
        )
        + "."
    )
