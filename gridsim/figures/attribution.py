"""Which mechanism causes how much: a step a mechanism, from the world without any to the one with all.

Drawn from the table of `gridsim.attribute`: columns switch, value, low, high, alone, last; the last row is the total.
"""

from __future__ import annotations

import math
from html import escape
from typing import Literal, NamedTuple

import pandas as pd
import plotly.graph_objects as go

from gridsim.config.scenario import Mechanisms
from gridsim.engine.measures import SERIES
from gridsim.figures import style, words
from gridsim.figures.report import SWITCHES

Scale = Literal["level", "log"]
NAMES = {
    **SWITCHES,
    "m03_restudies": "studies made again after withdrawals",
    "m06_unplugged_gpus": "GPUs that wait for power",
    "m08_zero_sum_pool": "one pool for users and research",
    "m09_inference_bottleneck": "users on scarce, less efficient chips",
    "m10_peak_throttling": "users who come at certain hours",
    "m12_orphaned_agents": "agents left running",
    "m13_low_mfu": "GPUs below their benchmark",
    "m14_tokens_per_query": "long answers where short ones do",
    "m15_free_users": "users who pay nothing",
}
"""Mechanisms in words; one without is told by its description in the scenario."""
COLOURS = {"m01_speculation": style.SPECULATION, "m02_duplicates": style.DUPLICATES}
SUBJECTS = {
    "power_phantom_ratio": "the MW requested for each MW needed",
    "queued_mw": "the queue",
    "duplicate_mw": "duplicates",
    "speculative_mw": "developers' requests",
    "unserved_need_mw": "need that is not served",
    "power_claims": "requested power",
    "time_to_power_p50": "the median time to power",
    "time_to_power_p95": "the time to power of the slowest twentieth",
}
KINDS = {"peak": "in the highest month", "mean": "on average over the run", "last": "in the last month"}
FACTORS = (1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0)
UNCERTAIN = 0.45


class Step(NamedTuple):
    """A bar: a mechanism, what it adds with the interval of that, where it starts, alone and last of all."""

    switch: str
    name: str
    value: float
    low: float
    high: float
    start: float
    alone: float
    last: float


def name_of(switch: str) -> str:
    """A mechanism in words."""
    if switch in NAMES:
        return NAMES[switch]
    field = Mechanisms.model_fields.get(switch)
    return (field.description or switch).partition(": ")[2] or switch if field else switch


def subject(measure: str) -> str:
    """What is attributed, in words: "the queue, in the highest month"."""
    column, _, kind = measure.partition(".")
    what = SUBJECTS.get(column) or (SERIES[column].meaning if column in SERIES else column)
    return f"{what}, {KINDS[kind]}" if kind in KINDS else what


def unit_of(measure: str) -> str:
    """Unit of a measure, "1" for a ratio."""
    column = measure.partition(".")[0]
    return SERIES[column].unit if column in SERIES else "1"


def amount(value: float, measure: str, scale: Scale = "level", *, digits: int = 2, signed: bool = True) -> str:
    """A contribution as text: in the unit of the measure with its sign, or as a factor; ratios with so many decimals."""
    if not math.isfinite(value):
        return "–"
    if scale == "log":
        return f"× {math.exp(value):.2f}" if value < math.log(99.5) else f"× {math.exp(value):,.0f}"
    unit, size = unit_of(measure), abs(value)
    sign = ("− " if value < 0 else "+ ") if signed or value < 0 else ""
    if unit in ("MW", "MW/month"):
        text = words.power(size) + unit.removeprefix("MW").replace("/", " a ")
    elif unit in ("USD", "USD/month"):
        text = words.money(size) + unit.removeprefix("USD").replace("/", " a ")
    elif unit == "GPU":
        text = words.gpus(size)
    elif unit == "tokens/s":
        text = words.tokens(size)
    else:
        text = (f"{size:.{digits}f}" if size < 999.5 else words.count(size)) + ("" if unit == "1" else f" {unit}")
    return sign + text


def decimals(found: list[Step]) -> int:
    """Decimals that leave the largest number about three digits."""
    return digits_of([step.value for step in found])


def digits_of(values: list[float]) -> int:
    """Decimals that leave the largest of some numbers about three digits."""
    largest = max(abs(value) for value in values)
    return min(6, max(0, 2 - math.floor(math.log10(largest)))) if largest > 0.0 else 2


def missing(table: pd.DataFrame) -> str:
    """Why the chart cannot be drawn; empty if it can."""
    if len(table) < 2:
        return "Nothing was switched: there is nothing to attribute."
    return (
        ""
        if table["value"].notna().all()
        else "The measure is not known in every world, so that nothing is attributed."
    )


def steps(table: pd.DataFrame) -> list[Step]:
    """The mechanisms, what adds most first; each starts where the one before it ends. The total comes last, from 0."""
    rows = [row for row in table.to_dict("records") if row["switch"] != "total"]
    rows.sort(key=lambda row: -row["value"])
    out, start = [], 0.0
    for row in rows:
        value, low, high, alone, last = (float(row[name]) for name in ("value", "low", "high", "alone", "last"))
        out.append(Step(row["switch"], name_of(row["switch"]), value, low, high, start, alone, last))
        start += value
    total = float(table["value"][table["switch"] == "total"].iloc[0])
    nothing = math.nan
    return [*out, Step("total", "all together", total, nothing, nothing, 0.0, nothing, nothing)]


def figure(table: pd.DataFrame, measure: str, scale: Scale = "level") -> go.Figure:
    """Floating bars from top to bottom, the interval of each at its end, and the total."""
    found = steps(table)
    size, unit = divisor(found, measure, scale)
    digits = decimals(found)
    places = [-i - (0.3 if step.switch == "total" else 0.0) for i, step in enumerate(found)]
    out = style.new_figure(110 + 50 * len(found), hovermode="closest", bargap=0.0, showlegend=False)
    out.add_bar(
        orientation="h",
        y=places,
        x=[step.value / size for step in found],
        base=[step.start / size for step in found],
        width=0.42,
        marker={"color": [colour(step) for step in found], "cornerradius": 3},
        customdata=[hover(step, measure, scale, digits) for step in found],
        hovertemplate="%{customdata}<extra></extra>",
    )
    add_intervals(out, found[:-1], places, size)
    low, high = extent(found)
    for place, step in zip(places, found, strict=True):
        text = f"<b>{amount(step.value, measure, scale, digits=digits)}</b>  {escape(step.name, quote=False)}"
        style.label_bar(out, text, low / size, place + 0.24)
    for i, step in enumerate(found[:-1]):
        end = (step.start + step.value) / size
        line = {"color": style.TWIN, "width": 1, "dash": "dot"}
        out.add_shape(type="line", x0=end, x1=end, y0=places[i] - 0.21, y1=places[i + 1] + 0.21, line=line)
    room = 0.03 * (high - low) / size
    out.update_yaxes(visible=False, range=[places[-1] - 0.4, 0.85], fixedrange=True)
    out.update_xaxes(range=[low / size - room / 3, high / size + room], fixedrange=True, title_text=unit)
    if scale == "log":
        ticks = [math.log(f) for f in FACTORS if low - 1e-9 <= math.log(f) <= high]
        out.update_xaxes(tickvals=ticks, ticktext=[f"× {words.number(math.exp(tick))}" for tick in ticks])
    out.update_layout(margin={"t": 8})
    return out


def extent(found: list[Step]) -> tuple[float, float]:
    """From the least to the most of bars and intervals, 0 included."""
    ends = [0.0, *(step.start + x for step in found for x in (0.0, step.value, step.low, step.high) if x == x)]
    low, high = min(ends), max(ends)
    return low, high if high > low else low + 1.0


def divisor(found: list[Step], measure: str, scale: Scale) -> tuple[float, str]:
    """What numbers are divided by, and the title of the axis."""
    unit, what = unit_of(measure), subject(measure).replace(", in ", ",<br>in ").replace(", on ", ",<br>on ")
    if scale == "log":
        return 1.0, f"factor on {what}"
    low, high = extent(found)
    if unit == "MW":
        power = words.power_unit(max(-low, high))
        return power.size, f"{power.name} added to {what}"
    return 1.0, f"added to {what}" if unit == "1" else f"{unit} added to {what}"


def colour(step: Step) -> str:
    """Colour of a bar; one that may as well be nothing is pale."""
    if step.switch == "total":
        return style.QUEUE
    plain = COLOURS.get(step.switch, style.EXCESS)
    return style.faint(plain, UNCERTAIN) if step.low <= 0.0 <= step.high else plain


def add_intervals(out: go.Figure, found: list[Step], places: list[float], size: float) -> None:
    """A whisker from the low to the high end of each interval, around the end of its bar; dark in light, for any ground."""
    for shade, thickness in (("#FFFFFF", 4.5), (style.INK, 2)):
        out.add_scatter(
            x=[(step.start + step.value) / size for step in found],
            y=places[: len(found)],
            mode="markers",
            marker={"color": shade, "size": thickness + 3},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [(step.high - step.value) / size for step in found],
                "arrayminus": [(step.value - step.low) / size for step in found],
                "color": shade,
                "thickness": thickness,
                "width": 5,
            },
            hoverinfo="skip",
        )


def hover(step: Step, measure: str, scale: Scale, digits: int) -> str:
    """What is told of a bar."""
    numbers = step.value, step.low, step.high, step.alone, step.last
    value, low, high, alone, last = (amount(x, measure, scale, digits=digits) for x in numbers)
    text = f"<b>{escape(step.name, quote=False)}</b>: {value}"
    if step.switch == "total":
        return text
    return f"{text}<br>90 % interval: {low} to {high}<br>turned on alone: {alone}<br>turned on last: {last}"


def table(table: pd.DataFrame, measure: str) -> pd.DataFrame:
    """The chart as a table, in the measure's own unit, or in logarithms where these were attributed."""
    found = steps(table)
    unit = unit_of(measure)
    head = "adds" if unit == "1" else f"adds, {unit}"
    return pd.DataFrame(
        {
            "mechanism": [step.name for step in found],
            head: [step.value for step in found],
            "from (5 %)": [step.low for step in found],
            "to (95 %)": [step.high for step in found],
            "turned on alone": [step.alone for step in found],
            "turned on last": [step.last for step in found],
        }
    )


def title(table: pd.DataFrame, measure: str, scale: Scale = "level", of: str = "") -> str:
    """The finding: which mechanism adds most, of what all add together; `of` stands before its name, "the layer of "."""
    *found, total = steps(table)
    first, what, digits = found[0], subject(measure), decimals([*found, total])
    part, whole = (amount(step.value, measure, scale, digits=digits, signed=False) for step in (first, total))
    if first.value <= 0.0:
        together = amount(total.value, measure, scale, digits=digits)
        return f"None of {len(found)} mechanisms adds to {what}; together they make {together}"
    text = f"Most is added to {what}{',' if ',' in what else ''} by {of}{first.name}: {part}"
    if len(found) == 1:
        return text
    if scale == "log" or total.value < first.value:
        return f"{text}; all {len(found)} mechanisms together: {whole}"
    share = words.percent(first.value / total.value)
    return f"{text} of the {whole} that all {len(found)} mechanisms add together ({share})"


def caption(table: pd.DataFrame, measure: str, scale: Scale = "level") -> str:
    """How to read the chart."""
    product = " Effects multiply here: bars are logarithms, labelled as factors." if scale == "log" else ""
    return (
        f"Read from the top: from a world without these mechanisms to one with all of them, {subject(measure)}. A bar is "
        "what turning a mechanism on adds, averaged over all orders of turning them on (Shapley 1953), so that the bars "
        "add up to the total. The whisker is the 90 % interval over seeds; a bar is pale where that includes no effect. "
        f"Turned on alone, or last of all, a mechanism may do more or less: the pointer and the table tell.{product}"
    )


def alt(table: pd.DataFrame, measure: str, scale: Scale = "level") -> str:
    """The chart in a sentence."""
    found = steps(table)
    parts = [f"{step.name} {amount(step.value, measure, scale, digits=decimals(found))}" for step in found]
    return f"Bars of what each mechanism adds to {subject(measure)}: {'; '.join(parts)}."
