"""With and without: a scenario beside the other world of its contrast, over many seeds with common random numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from gridsim.config.errors import literal
from gridsim.config.fields import month_number
from gridsim.config.scenario import Scenario
from gridsim.config.tariff import TERMS
from gridsim.engine.contrast import Worlds
from gridsim.engine.ensemble import Ensemble
from gridsim.figures import style, words

Values = NDArray[np.float64]
HERE = "this scenario"
LOW, HIGH = 0.05, 0.95
AFTERMATH = 6  # months after the entry into force of a rule for which the queue is told
CLEAR_RUNS, CLEAR_SHARE = 0.9, 0.01
"""A difference is clear if it has one sign in so many of the runs, and is so large beside the mean without it."""


class Measure(NamedTuple):
    """One number a run: what it is called, its unit and size, and how a series [seed, month] gives it."""

    name: str
    unit: str
    size: float
    column: str
    of: Callable[[Values], Values]

    def values(self, ensemble: Ensemble) -> Values:
        """The measure of every seed, in its unit; NaN where a run has none."""
        return self.of(ensemble.series[self.column]) / self.size


class Panel(NamedTuple):
    """One small chart: a series, its heading and unit, and the measure that a sentence about it uses."""

    column: str
    name: str
    unit: str
    verb: str
    measure: Measure


def over_months(reduce: Callable[[Values], np.float64]) -> Callable[[Values], Values]:
    """A number a seed from the months that are known; NaN where none is."""

    def of(series: Values) -> Values:
        known = [row[np.isfinite(row)] for row in series]
        return np.array([float(reduce(row)) if row.size else np.nan for row in known])

    return of


MEAN, PEAK, SUM = over_months(np.mean), over_months(np.max), over_months(np.sum)


QUEUE = Measure("queue at its peak", "GW", 1e3, "queued_mw", PEAK)
BACKLOG = Measure("study backlog, mean", "requests", 1, "study_backlog", MEAN)
WAIT = Measure("95th percentile of time to power, mean", "months", 1, "time_to_power_p95", MEAN)
PHANTOM = Measure("phantom ratio, mean", "MW per MW needed", 1, "power_phantom_ratio", MEAN)
PRICE = Measure("capacity price, mean", "US$/MW-day", 1, "capacity_price", MEAN)
UNSERVED = Measure("need without power, mean", "GW", 1e3, "unserved_need_mw", MEAN)
PANELS = (
    Panel("queued_mw", "Queued", "", "the queue peaks", QUEUE),
    Panel("study_backlog", "Study backlog", "requests", "the study backlog is", BACKLOG),
    Panel("time_to_power_p95", "Time to power, 95th percentile", "months", "the longest waits for power are", WAIT),
    Panel("power_phantom_ratio", "Phantom ratio", "MW requested per MW needed", "the phantom ratio is", PHANTOM),
    Panel("capacity_price", "Capacity price", "US$/MW-day", "the price of capacity is", PRICE),
    Panel("unserved_need_mw", "Need without power", "", "the need without power is", UNSERVED),
)
MEASURES = (
    QUEUE,
    Measure("requests filed over the run", "GW", 1e3, "filed_mw", SUM),
    Measure("withdrawn or expired over the run", "GW", 1e3, "exited_mw", SUM),
    Measure("duplicates at their peak", "GW", 1e3, "duplicate_mw", PEAK),
    Measure("developers' requests at their peak", "GW", 1e3, "speculative_mw", PEAK),
    PHANTOM,
    BACKLOG,
    Measure("restudies over the run", "studies", 1, "restudies", SUM),
    WAIT,
    Measure("in service at the end", "GW", 1e3, "energised_mw", lambda series: series[:, -1]),
    UNSERVED,
    Measure("load in service that is not needed, mean", "%", 0.01, "power_dark_share", MEAN),
    Measure("capacity that no contract uses, mean", "GW", 1e3, "unused_mw", MEAN),
    PRICE,
    Measure("cost of asking over the run", "billion US$", 1e9, "cost_usd", SUM),
)


class Difference(NamedTuple):
    """A measure in both worlds, over the seeds in which both have it."""

    here: float
    there: float
    difference: float
    low: float
    high: float
    lower: int
    higher: int
    runs: int

    @property
    def agreeing(self) -> int:
        """Runs in which the difference has the sign of its mean."""
        return self.lower if self.difference < 0.0 else self.higher

    @property
    def is_clear(self) -> bool:
        """Whether nearly all runs agree on the sign, and the difference is worth a word."""
        return self.agreeing >= CLEAR_RUNS * self.runs > 0 and abs(self.difference) > CLEAR_SHARE * abs(self.there)


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


def difference(measure: Measure, both: Worlds) -> Difference:
    """Paired by seed: what the two worlds differ by is what the changes do, and no luck."""
    here, there = measure.values(both.here), measure.values(both.there)
    known = np.isfinite(here) & np.isfinite(there)
    here, there = here[known], there[known]
    if not here.size:
        return Difference(np.nan, np.nan, np.nan, np.nan, np.nan, 0, 0, 0)
    apart = here - there
    low, high = (float(x) for x in np.quantile(apart, (LOW, HIGH)))
    lower, higher = int(np.sum(apart < 0)), int(np.sum(apart > 0))
    return Difference(
        float(here.mean()), float(there.mean()), float(apart.mean()), low, high, lower, higher, int(here.size)
    )


def quantiles(series: Values) -> Values:
    """Low, median and high [3, month] over seeds; NaN in months in which less than half of the runs have a value."""
    out = np.full((3, series.shape[1]), np.nan)
    for t in range(series.shape[1]):
        known = series[np.isfinite(series[:, t]), t]
        if 2 * known.size >= series.shape[0]:
            out[:, t] = np.quantile(known, (LOW, 0.5, HIGH))
    return out


def figure(both: Worlds) -> go.Figure:
    """Six small charts: the median of the runs of each world, and the band that holds 90 % of them."""
    bands = [[quantiles(world.series[panel.column]) for world in (both.there, both.here)] for panel in PANELS]
    units = [unit_of(panel, drawn) for panel, drawn in zip(PANELS, bands, strict=True)]
    heads = [f"{panel.name}, {panel.unit or unit.name}" for panel, unit in zip(PANELS, units, strict=True)]
    out = make_subplots(rows=3, cols=2, vertical_spacing=0.095, horizontal_spacing=0.09, subplot_titles=heads)
    out.update_layout(template=style.TEMPLATE, height=800, legend={"y": 1.045})
    for i, note in enumerate(out.layout.annotations):
        note.update(x=out.layout[axis("xaxis", i)].domain[0], xanchor="left", font={"size": 14})
    for i, (drawn, unit) in enumerate(zip(bands, units, strict=True)):
        add_panel(out, i, both, [values / unit.size for values in drawn], unit)
    out.update_yaxes(rangemode="tozero", nticks=6)
    out.update_xaxes(**{**style.date_axis(both.here.dates), **wide_steps(both.here.dates)})
    for day in style.days(pd.DatetimeIndex(entries(both.here.scenario))):
        out.add_vline(x=day, line={"color": style.CAPACITY, "width": 1.2, "dash": "dot"})
    return out


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
    """The unit of a panel: power in MW or GW after the largest value, else its own."""
    if panel.unit:
        return words.Unit({"MW requested per MW needed": ""}.get(panel.unit, panel.unit), 1.0, 1)
    largest = np.nanmax(np.stack(drawn)) if np.isfinite(np.stack(drawn)).any() else 0.0
    return words.power_unit(float(largest))


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
    """The finding: the queue if it differs clearly, else what differs most, else that nothing does."""
    queues = [
        PANELS[0]._replace(verb=f"the queue of {month} is", measure=measure)
        for month, measure in dated(both.here.scenario)
    ]
    found = [(panel, difference(panel.measure, both)) for panel in (*PANELS, *queues)]
    clear = [(panel, d) for panel, d in found if d.is_clear]
    if clear:
        most = clear[0] if clear[0][0] is PANELS[0] else max(clear, key=lambda item: weight(item[1]))
        return sentence(*most, both.label)
    queue = found[0][1]
    if queue.runs and queue.difference == 0.0 and all(d.difference == 0.0 or not d.runs for _, d in found):
        return f"In all {queue.runs} runs everything is as {both.label}"
    return f"No clear difference: {lower_first(sentence(*found[0], both.label))}"


def weight(found: Difference) -> float:
    """How large a difference is beside the two means."""
    return abs(found.difference) / max(abs(found.here), abs(found.there), 1e-12)


def sentence(panel: Panel, found: Difference, label: str) -> str:
    """A measure in both worlds: "In 20 of 20 runs the queue peaks lower than without duplicates: 297 GW against 496 GW"."""
    lower, higher = {"months": ("shorter", "longer")}.get(panel.unit, ("lower", "higher"))
    how = lower if found.difference < 0.0 else higher
    return f"In {found.agreeing} of {found.runs} runs {panel.verb} {how} than {label}: {against(panel, found)}"


def against(panel: Panel, found: Difference) -> str:
    """Both means in words: "297 GW against 496 GW", "743 against 807 requests"."""
    pair = (found.here, found.there)
    if panel.measure.unit == "GW":
        megawatts = [value * panel.measure.size for value in pair]
        if max(pair) >= 99.5:
            return " against ".join(words.power(mw) for mw in megawatts)
        unit = words.power_unit(max(megawatts))
        return " against ".join(f"{mw / unit.size:.{unit.digits}f} {unit.name}" for mw in megawatts)
    texts = [f"{value:,.0f}" if value >= 99.5 else words.number(value) for value in pair]
    bare = panel.column == "power_phantom_ratio"
    return " against ".join(texts) + ("" if bare else f" {panel.unit}")


def lower_first(text: str) -> str:
    """A sentence to go on after a colon."""
    return text[:1].lower() + text[1:]


def caption(both: Worlds) -> str:
    """How to read the chart, and what became of need."""
    runs = len(both.here.seeds)
    text = [
        f"Lines: the median of {runs} runs of each world; bands: the range of 90 % of them. Both worlds share every random "
        f"number, so that run by run they differ by this alone: {both.label} ({changed(both)}).",
        "Time to power is that of load energised in the last 12 months, and no line stands where less than half of the "
        "runs have a value.",
    ]
    months = [words.calendar(day.year * 12 + day.month - 1) for day in entries(both.here.scenario)]
    if months:
        text.insert(1, f"Dotted: rules enter into force in {words.listed(months)}.")
    unserved = difference(UNSERVED, both)
    if unserved.runs:
        said = sentence(PANELS[5], unserved, both.label)
        text.append(
            f"{said if unserved.is_clear else f'No clear difference: {lower_first(said)}'} (means over months)."
        )
    return " ".join(text)


def changed(both: Worlds) -> str:
    """The changes as the scenario has them: "policy.deposit_usd_per_mw: null"."""
    contrast = both.here.scenario.contrast
    changes = contrast.changes if contrast is not None else {}
    return words.listed([f"{path}: {literal(value)}" for path, value in changes.items()])


def alt(both: Worlds) -> str:
    """The chart in a sentence."""
    names = words.listed([lower_first(panel.name) for panel in PANELS])
    return f"Six small charts over time, this scenario beside the world {both.label}: {names}. {title(both)}."
