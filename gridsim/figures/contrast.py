"""With and without: a scenario beside the other world of its contrast, over many seeds with common random numbers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from gridsim.config.errors import literal
from gridsim.config.fields import month_number
from gridsim.config.scenario import Scenario
from gridsim.config.tariff import TERMS
from gridsim.engine.contrast import Worlds
from gridsim.figures import style, words
from gridsim.figures.contrast_measures import (
    HIGH,
    LOW,
    MEASURES,
    MOST,
    POWER,
    UNSERVED,
    WANTED,
    Difference,
    Measure,
    Panel,
    Values,
    compute_panels,
    difference,
    power_panels,
    shown,
)

HERE = "this scenario"
SCALES = {"GW": words.power_unit, "thousand GPUs": words.gpu_unit, "billion tokens/s": words.token_unit}
"""Units that a panel chooses after its largest value, by the unit of its measure."""
UNITS = {
    "MW requested per MW needed": words.Unit("", 1.0, 1),
    WANTED: words.RATIO,
    "%": words.Unit("%", 0.01, 1),
    "US$/h": words.RENT,
}
"""Units of panels that are drawn otherwise than in their own name, by one."""
OPPOSITES = {"months": ("shorter", "longer"), "hours a week": ("fewer", "more")}
AFTERMATH = 6  # months after the entry into force of a rule for which the queue is told


def dated(scenario: Scenario) -> list[tuple[str, Measure]]:
    """The queue just before and half a year after the first entry into force within the run, each with its month."""
    start = month_number(scenario.start_month)
    found = []
    for day in entries(scenario)[:1]:
        entry = day.year * 12 + day.month - 1 - start
        for at in (entry - 1, entry + AFTERMATH):
            if at < scenario.horizon_months:
                month = words.calendar(start + at)
                found.append((month, Measure(f"queue in {month}", "GW", 1e3, "queued_mw", in_month(at))))
    return found


def in_month(month: int) -> Callable[[Values], Values]:
    """The value in one month."""
    return lambda series: series[:, month]


def quantiles(series: Values) -> Values:
    """Low, median and high [3, month] over seeds; NaN in months in which less than half of the runs have a value."""
    out = np.full((3, series.shape[1]), np.nan)
    for t in range(series.shape[1]):
        known = series[np.isfinite(series[:, t]), t]
        if 2 * known.size >= series.shape[0]:
            out[:, t] = np.quantile(known, (LOW, 0.5, HIGH))
    return out


def figure(both: Worlds) -> go.Figure:
    """Small charts, two in a row: the median of the runs of each world, and the band that holds 90 % of them."""
    panels = shown(both)
    bands = [[quantiles(world.series[panel.column]) for world in (both.there, both.here)] for panel in panels]
    units = [unit_of(panel, drawn) for panel, drawn in zip(panels, bands, strict=True)]
    heads = [f"{panel.name}, {panel.unit or unit.name}" for panel, unit in zip(panels, units, strict=True)]
    rows = (len(panels) + 1) // 2
    spacing = {"vertical_spacing": 0.285 / max(rows, 2), "horizontal_spacing": 0.09}
    out = make_subplots(rows=rows, cols=min(2, len(panels)), subplot_titles=heads, **spacing)
    height = 80 + 240 * rows
    out.update_layout(template=style.TEMPLATE, height=height, legend={"y": 1.0 + 36.0 / height})
    for i, note in enumerate(out.layout.annotations):
        note.update(x=out.layout[axis("xaxis", i)].domain[0], xanchor="left", font={"size": 14})
    for i, (drawn, unit) in enumerate(zip(bands, units, strict=True)):
        add_panel(out, i, both, [values / unit.size for values in drawn], unit)
    if len(panels) % 2 and rows > 1:
        hide_last(out, rows)
    out.update_yaxes(rangemode="tozero", nticks=6)
    out.update_xaxes(**{**style.date_axis(both.here.dates), **wide_steps(both.here.dates)})
    for day in style.days(pd.DatetimeIndex(entries(both.here.scenario))):
        out.add_vline(x=day, line={"color": style.CAPACITY, "width": 1.2, "dash": "dot"})
    return out


def hide_last(out: go.Figure, rows: int) -> None:
    """Leave the last place of a figure with an odd number of charts empty."""
    out.update_xaxes(visible=False, row=rows, col=2)
    out.update_yaxes(visible=False, row=rows, col=2)


def add_panel(out: go.Figure, i: int, both: Worlds, drawn: list[Values], unit: words.Unit) -> None:
    """The bands of both worlds, and their medians over them."""
    place = {"row": i // 2 + 1, "col": i % 2 + 1}
    looks = ((both.label, style.THERE, style.THERE_BAND), (HERE, style.HERE, style.HERE_BAND))
    for (name, _, fill), values in zip(looks, drawn, strict=True):
        add_band(out, both.here.dates, values, fill, name, place)
    for (name, colour, _), values in zip(looks, drawn, strict=True):
        more = {"showlegend": i == 0, "legendgroup": name}
        out.add_trace(style.line(both.here.dates, values[1], name, colour, unit, **more), **place)


def axis(kind: str, panel: int) -> str:
    """Plotly's name of a panel's axis; panels count from 0."""
    return kind if panel == 0 else f"{kind}{panel + 1}"


def unit_of(panel: Panel, drawn: list[Values]) -> words.Unit:
    """The unit of a panel: power, GPUs and tokens after the largest value, else its own."""
    if panel.unit:
        return UNITS.get(panel.unit, words.Unit(panel.unit, 1.0, 1))
    largest = np.nanmax(np.stack(drawn)) if np.isfinite(np.stack(drawn)).any() else 0.0
    return SCALES[panel.measure.unit](float(largest))


def wide_steps(dates: pd.DatetimeIndex) -> dict[str, str]:
    """Ticks for a chart half as wide as others."""
    return {"dtick": f"M{24 if len(dates) <= 132 else 60}"} if len(dates) > 48 else {}


def add_band(
    out: go.Figure, dates: pd.DatetimeIndex, values: Values, fill: str, name: str, place: dict[str, int]
) -> None:
    """The band from low to high over the months that have values."""
    known = np.isfinite(values[1])
    x = style.days(dates[known])
    edge = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "legendgroup": name, "showlegend": False}
    out.add_scatter(x=x, y=values[2][known], name=name, **edge, **place)
    out.add_scatter(x=x, y=values[0][known], name=name, fill="tonexty", fillcolor=fill, **edge, **place)


def entries(scenario: Scenario) -> list[pd.Timestamp]:
    """The months within the run in which rules of this scenario enter into force."""
    start = month_number(scenario.start_month)
    dated = [tariff.from_month for tariff in scenario.tariffs]
    if any(getattr(scenario.policy, name) is not None for name in TERMS):
        dated.append(scenario.policy.from_month)
    inside = {month for month in dated if 0 < month_number(month) - start < scenario.horizon_months}
    return [pd.Timestamp(f"{month}-01") for month in sorted(inside)]


def table(both: Worlds) -> pd.DataFrame:
    """Key measures: means of both worlds, and the difference paired by seed with the range of 90 % of the seeds."""
    moments = [measure for _, measure in dated(both.here.scenario)]
    moments = [measure for measure in moments if difference(measure, both).difference != 0.0]  # before a rule is known
    measures = [MEASURES[0], *moments, *MEASURES[1:]]
    found = [difference(measure, both) for measure in measures]
    return pd.DataFrame(
        {
            "measure": [f"{m.name}, {m.unit}" for m in measures],
            HERE: [d.here for d in found],
            both.label: [d.there for d in found],
            "difference": [d.difference for d in found],
            "difference, 5 % of runs below": [d.low for d in found],
            "difference, 95 % of runs below": [d.high for d in found],
            "lower in, runs": [d.lower for d in found],
            "higher in, runs": [d.higher for d in found],
        }
    )


def title(both: Worlds) -> str:
    """The finding: the queue if it differs clearly, else what differs most, else that nothing does.

    A measure of the compute side that stands out more is told as well, or where power does not differ clearly, alone.
    """
    queues = [
        POWER[0]._replace(verb=f"the queue of {month} is", measure=measure)
        for month, measure in dated(both.here.scenario)
    ]
    found = [(panel, difference(panel.measure, both)) for panel in (*POWER, *queues)]
    clear = [(panel, d) for panel, d in found if d.is_clear]
    compute = compute_panels(both)
    if clear:
        most = clear[0] if clear[0][0] is POWER[0] else max(clear, key=lambda item: weight(item[1]))
        more = f"; {brief(*compute[0])}" if compute and compute[0][1].strength > most[1].strength else ""
        return f"{sentence(*most, both.label)}{more}"
    if compute:
        return sentence(*compute[0], both.label)
    queue = found[0][1]
    if queue.runs and queue.difference == 0.0 and all(d.difference == 0.0 or not d.runs for _, d in found):
        same = "everything" if not differs_at_all(both) else "all power"
        return f"In all {queue.runs} runs {same} is as {both.label}"
    return f"No clear difference: {lower_first(sentence(*found[0], both.label))}"


def differs_at_all(both: Worlds) -> bool:
    """Whether any measure at all differs in any run."""
    found = (difference(measure, both) for measure in MEASURES)
    return any(d.lower or d.higher for d in found)


def weight(found: Difference) -> float:
    """How large a difference is beside the two means."""
    return abs(found.difference) / max(abs(found.here), abs(found.there), 1e-12)


def sentence(panel: Panel, found: Difference, label: str) -> str:
    """A measure in both worlds: "In 20 of 20 runs the queue peaks lower than without duplicates: 297 GW against 496 GW"."""
    return f"In {found.agreeing} of {found.runs} runs {panel.verb} {how(panel, found)} than {label}: {against(panel, found)}"


def brief(panel: Panel, found: Difference) -> str:
    """A measure in both worlds after another one: "the rent of a GPU is higher: 2.18 against 2.04 US$/h"."""
    return f"{panel.verb} {how(panel, found)}: {against(panel, found)}"


def how(panel: Panel, found: Difference) -> str:
    """Which way a measure differs: "lower", "longer", "more"."""
    lower, higher = OPPOSITES.get(panel.unit, ("lower", "higher"))
    return lower if found.difference < 0.0 else higher


def against(panel: Panel, found: Difference) -> str:
    """Both means in words: "297 GW against 496 GW", "743 against 807 requests"."""
    pair = (found.here, found.there)
    if panel.measure.unit == "GW":
        megawatts = [value * panel.measure.size for value in pair]
        if max(pair) >= 99.5:
            return " against ".join(words.power(mw) for mw in megawatts)
        unit = words.power_unit(max(megawatts))
        return " against ".join(f"{mw / unit.size:.{unit.digits}f} {unit.name}" for mw in megawatts)
    if panel.measure.unit in SCALES:
        raw = [value * panel.measure.size for value in pair]
        unit = SCALES[panel.measure.unit](max(raw))
        return f"{' against '.join(words.number(value / unit.size) for value in raw)} {unit.name}"
    texts = [f"{value:,.0f}" if value >= 99.5 else words.number(value) for value in pair]
    bare = panel.unit in ("MW requested per MW needed", WANTED)
    return " against ".join(texts) + ("" if bare else f" {panel.unit}")


def lower_first(text: str) -> str:
    """A sentence to go on after a colon."""
    return text[:1].lower() + text[1:]


def caption(both: Worlds) -> str:
    """How to read the chart, and what became of need."""
    runs, power = len(both.here.seeds), power_panels(both)
    text = [
        f"Lines: the median of {runs} runs of each world; bands: the range of 90 % of them. Both worlds share every random "
        f"number, so that run by run they differ by this alone: {both.label} ({changed(both)}).",
    ]
    months = [words.calendar(day.year * 12 + day.month - 1) for day in entries(both.here.scenario)]
    if months:
        text.append(f"Dotted: rules enter into force in {words.listed(months)}.")
    if power:
        text.append(
            "Time to power is that of load energised in the last 12 months, and no line stands where less than half of the "
            "runs have a value."
        )
    text.append(choice(both))
    unserved = difference(UNSERVED, both)
    if power and unserved.runs:
        said = sentence(POWER[5], unserved, both.label)
        text.append(
            f"{said if unserved.is_clear else f'No clear difference: {lower_first(said)}'} (means over months)."
        )
    return " ".join(text)


def choice(both: Worlds) -> str:
    """How the small charts were chosen."""
    compute = compute_panels(both)
    if not compute:
        return "No measure of GPUs, serving or research differs clearly and by more than half the spread of the runs."
    which = (
        f"measures of GPUs, serving and research that differ clearly and by more than half the spread of the runs, at "
        f"most {MOST}, the largest difference over that spread first; the table has all."
    )
    if power_panels(both):
        return f"After six measures of power stand those {which}"
    return f"Power is the same in both worlds. Shown are {which}"


def changed(both: Worlds) -> str:
    """The changes as the scenario has them: "policy.deposit_usd_per_mw: null"."""
    contrast = both.here.scenario.contrast
    changes = contrast.changes if contrast is not None else {}
    return words.listed([f"{path}: {literal(value)}" for path, value in changes.items()])


def alt(both: Worlds) -> str:
    """The chart in a sentence."""
    names = words.listed([lower_first(panel.name) for panel in shown(both)])
    return f"Small charts over time, this scenario beside the world {both.label}: {names}. {title(both)}."
