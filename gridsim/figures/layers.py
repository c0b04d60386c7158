"""Power, GPUs, quota and tokens: what is asked for, needed and there, in the month in which claims for power peak."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import pandas as pd
import plotly.graph_objects as go

from gridsim.engine.result import Result
from gridsim.figures import facts, style, words

AMOUNTS = ("claims", "need", "capacity")
SAME = 0.005
"""Claims and need that differ by no more than this share are called the same."""
LEAST = 0.05
"""Ratios below this stand at the left edge of the chart."""
ROOM = 1.25
"""Factor by which the axis goes on beyond the outermost dots."""


class Layer(NamedTuple):
    """A layer and its words."""

    key: str
    name: str
    plural: bool
    say: Callable[[float], str]
    short: Callable[[float], str]  # said again in the same sentence
    unit: Callable[[float], words.Unit]
    of: str  # what is asked for, where its unit does not say it
    asked: str
    nobody: str
    needed: str
    capacity: str
    held: str  # what a dark share is a share of


LAYERS = (
    Layer(
        "power", "power", False, words.power, words.power, words.power_unit, " of power", "requested",
        "Nobody requests power", "are needed by {by}", "the grid can deliver {k}", "of the load in service is not needed",
    ),
    Layer(
        "compute", "GPUs", True, words.gpus, words.count, words.gpu_unit, "", "held or on order",
        "Nobody holds or orders GPUs", "are needed", "{k} have power", "of those held are not needed",
    ),
    Layer(
        "quota", "quota", False, words.gpus, words.count, words.gpu_unit, "", "asked for by research teams",
        "No research team asks for GPUs", "are needed", "research has {k}", "of quotas do no useful work",
    ),
    Layer(
        "tokens", "tokens", True, words.tokens, words.tokens, words.token_unit, "", "asked for in the busiest hour",
        "Nobody asks for tokens", "are useful", "serving can compute {k}", "of what is served is of no use",
    ),
)  # fmt: skip
STATE: dict[facts.Verdict, tuple[str, str, str]] = {
    "real": ("scarcity is real", "{is_are} truly short", "scarcity real"),
    "apparent": ("scarcity is only apparent", "{is_are} short in appearance only", "scarcity only apparent"),
    "idle": (
        "need exceeds capacity, but much stands idle",
        "{is_are} short while much stands idle",
        "short, much idle",
    ),
    "none": ("there is no scarcity", "{is_are} not short", "no scarcity"),
    "unknown": ("scarcity cannot be told", "cannot be told", "unknown"),
}
"""What a verdict says of one layer, of several, and in a chart."""


class Point(NamedTuple):
    """The headline of one layer: its verdict, the verdict in words, the sentence."""

    verdict: facts.Verdict
    head: str
    text: str


class Row(NamedTuple):
    """The measures of one layer."""

    layer: Layer
    claims: float
    need: float
    capacity: float
    dark: float
    verdict: facts.Verdict

    @property
    def amounts(self) -> tuple[float, float, float]:
        """Claims, need and capacity."""
        return self.claims, self.need, self.capacity

    @property
    def has_ratios(self) -> bool:
        """Whether there is a capacity to measure the others by."""
        return math.isfinite(self.claims) and math.isfinite(self.need) and self.capacity > 0.0


def rows(result: Result) -> list[Row]:
    """All four layers in the month in which claims for power peak."""
    now = result.series.iloc[[facts.peak(result)]]
    out = []
    for layer in LAYERS:
        claims, need, capacity = (float(facts.clean(now[f"{layer.key}_{name}"])[0]) for name in AMOUNTS)
        dark = float(now[f"{layer.key}_dark_share"].iloc[0])
        out.append(Row(layer, claims, need, capacity, dark, facts.verdict(result, layer.key)))
    return out


def points(result: Result) -> list[Point]:
    """The same sentence for every layer."""
    return [
        Point(row.verdict, f"{capital(row.layer.name)}: {STATE[row.verdict][0]}", sentence(result, row))
        for row in rows(result)
    ]


def capital(text: str) -> str:
    """A word at the start of a sentence."""
    return text[:1].upper() + text[1:]


def sentence(result: Result, row: Row) -> str:
    """The sentence of one layer: what is asked for, how much of it is needed, what is there."""
    layer, at = row.layer, facts.peak(result)
    month, by = facts.month_name(result, at), facts.month_name(result, at + facts.horizon(result))
    if row.verdict == "unknown":
        return f"A measure is missing in {month}."
    needed, claims = layer.needed.format(by=by), f"{layer.say(row.claims)}{layer.of}"
    if row.claims <= 0.0:
        start = f"{layer.nobody} in {month}, and {layer.say(row.need) if row.need > 0.0 else 'none'} {needed}"
    elif abs(row.claims - row.need) <= SAME * row.claims or layer.short(row.claims) == layer.short(row.need):
        start = f"All {claims} {layer.asked} in {month} {needed}"
    elif row.claims < row.need:
        start = f"Only {claims} are {layer.asked} in {month}, though {layer.short(row.need)} {needed}"
    else:
        start = f"Of {claims} {layer.asked} in {month}, {layer.short(row.need) if row.need > 0.0 else 'none'} {needed}"
    dark = (
        f", and {words.percent(row.dark)} {layer.held}" if row.claims > 0.0 and row.dark >= facts.DARK_SHARE_MAX else ""
    )
    return f"{start}; {layer.capacity.format(k=layer.short(max(0.0, row.capacity)))}{dark}."


def missing(result: Result) -> str:
    """Why the chart cannot be drawn; empty if it can."""
    if any(row.has_ratios for row in rows(result)):
        return ""
    month = facts.month_name(result, facts.peak(result))
    return f"No layer has a capacity in {month} by which claims and need could be measured."


def figure(result: Result) -> go.Figure:
    """A line a layer from need to claims, both over capacity, on one logarithmic axis."""
    shown = [row for row in rows(result) if row.has_ratios]
    places = [-i for i in range(len(shown))]
    ratios = [max(LEAST, value / row.capacity) for row in shown for value in (row.claims, row.need)]
    low, high = min(*ratios, 1.0) / ROOM, max(*ratios, 1.0) * ROOM
    out = style.new_figure(120 + 78 * len(shown), hovermode="closest")
    for row, place in zip(shown, places, strict=True):
        ends = [max(LEAST, value / row.capacity) for value in (row.need, row.claims)]
        out.add_scatter(
            x=ends, y=[place, place], mode="lines", showlegend=False, hoverinfo="skip",
            line={"color": "rgba(128, 128, 128, 0.45)", "width": 6},
        )  # fmt: skip
        asked, needed = (ratio_text(value / row.capacity) for value in (row.claims, row.need))
        text = f"<b>{capital(row.layer.name)}</b>  asked for {asked}, needed {needed}"
        style.label_bar(out, text, math.log10(low), place + 0.2)
    out.add_scatter(
        x=[1.0] * len(shown), y=places, mode="markers", name="capacity", legendrank=2000, hoverinfo="skip",
        marker={"symbol": "line-ns", "size": 24, "line": {"color": style.CAPACITY, "width": 4}},
    )  # fmt: skip
    add_dots(out, shown, places, "asked for")
    add_dots(out, shown, places, "needed")
    out.update_yaxes(visible=False, range=[places[-1] - 0.4, 0.66], fixedrange=True)
    out.update_xaxes(
        type="log", range=[math.log10(low), math.log10(high)], tickvals=ticks(low, high),
        title_text="over capacity (1 = just enough), logarithmic", fixedrange=True,
    )  # fmt: skip
    return out


def ratio_text(ratio: float) -> str:
    """A ratio with two decimals, none from 10 on."""
    return f"{ratio:.2f}" if ratio < 9.95 else f"{ratio:,.0f}"


def add_dots(out: go.Figure, shown: list[Row], places: list[int], name: str) -> None:
    """The dots of claims, or those of need, which are smaller and lie on top."""
    asked = name == "asked for"
    values = [row.claims if asked else row.need for row in shown]
    colour, size, symbol = (style.QUEUE, 16, "circle") if asked else (style.NEEDED, 10, "diamond")
    out.add_scatter(
        x=[max(LEAST, value / row.capacity) for value, row in zip(values, shown, strict=True)],
        y=places,
        name=name,
        mode="markers",
        marker={"color": colour, "size": size, "symbol": symbol},
        customdata=[
            [row.layer.name, row.layer.say(value), ratio_text(value / row.capacity)]
            for value, row in zip(values, shown, strict=True)
        ],
        hovertemplate="%{customdata[0]}, " + name + ": %{customdata[1]}, %{customdata[2]} of capacity<extra></extra>",
    )


def ticks(low: float, high: float) -> list[float]:
    """1, 2, 5 and their tenfolds within a range; only tenfolds in a wide one."""
    steps = (1.0, 2.0, 5.0) if high / low < 200.0 else (1.0,)
    return [x for power in range(-2, 9) for x in (step * 10.0**power for step in steps) if low <= x <= high]


def table(result: Result) -> pd.DataFrame:
    """The chart as a table."""
    found = rows(result)
    units = [row.layer.unit(max([0.0, *filter(math.isfinite, row.amounts)])) for row in found]
    out: dict[str, list[object]] = {
        "layer": [capital(row.layer.name) for row in found],
        "unit": [unit.name for unit in units],
    }
    for i, name in enumerate(("asked for", "needed", "capacity")):
        out[name] = [row.amounts[i] / unit.size for row, unit in zip(found, units, strict=True)]
    for i, name in enumerate(("asked for / capacity", "needed / capacity")):
        out[name] = [row.amounts[i] / row.capacity if row.capacity > 0.0 else math.nan for row in found]
    out["share of what is held that is not needed"] = [row.dark for row in found]
    out["scarcity"] = [STATE[row.verdict][2].removeprefix("scarcity ") for row in found]
    return pd.DataFrame(out)


def title(result: Result) -> str:
    """The finding: which layers are short, and how."""
    groups: dict[facts.Verdict, list[Layer]] = {}
    for row in rows(result):
        groups.setdefault(row.verdict, []).append(row.layer)
    parts = []
    for verdict in ("real", "apparent", "idle", "none", "unknown"):
        if layers := groups.get(verdict, []):
            said = STATE[verdict][1].format(is_are="are" if len(layers) > 1 or layers[0].plural else "is")
            parts.append(f"{words.listed([layer.name for layer in layers])} {said}")
    return f"In {facts.month_name(result, facts.peak(result))} {'; '.join(parts)}"


def caption(result: Result) -> str:
    """How to read the chart."""
    left_out = [row.layer.name for row in rows(result) if not row.has_ratios]
    low = [row for row in rows(result) if row.has_ratios and min(row.claims, row.need) < LEAST * row.capacity]
    small = f" Dots at the left edge stand for {LEAST} or less." if low else ""
    gone = f" Left out, as there is no capacity to measure it by: {words.listed(left_out)}." if left_out else ""
    return (
        f"All four layers in {facts.month_name(result, facts.peak(result))}, the month in which requests for power peak, so "
        "that they can be read together; the others may peak in another month. Each dot is what is asked for or needed over "
        "what is there, and equal steps to the right are equal factors. Scarcity is only apparent where what is asked for "
        "lies right of 1 and need left of it; it is real where need lies right of 1 and less than "
        f"{words.percent(facts.DARK_SHARE_MAX)} of what is held goes unneeded. Power counts what is asked for beyond the "
        "load in service; GPUs and quota count what is held as well. GPUs are H100 equivalents, needed at benchmark "
        f"efficiency; tokens are those of the busiest hour of a weekday.{small}{gone}"
    )


def alt(result: Result) -> str:
    """The chart in a sentence."""
    parts = [
        f"{row.layer.name} asked for {ratio_text(row.claims / row.capacity)}, "
        f"needed {ratio_text(row.need / row.capacity)}"
        for row in rows(result)
        if row.has_ratios
    ]
    return f"Dots over capacity, where 1 is just enough: {'; '.join(parts)}."
