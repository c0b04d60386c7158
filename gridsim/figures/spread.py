"""A measure under many seeds: this world over another one, and below it by how much the two differ, seed by seed."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from gridsim.engine.contrast import Worlds
from gridsim.figures import style, words
from gridsim.figures.contrast import against, how, unit_of
from gridsim.figures.contrast_measures import (
    COMPUTE,
    MEAN,
    PEAK,
    POWER,
    Difference,
    Measure,
    Panel,
    Values,
    difference,
)

QUANTILES = (0.05, 0.25, 0.50, 0.75, 0.95)
TIMES = "times"
HEIGHT = 500


def peaking(column: str, name: str, verb: str, what: str) -> Panel:
    """A series in MW, of which the sentence tells the peak."""
    return Panel(column, name, "", verb, Measure(what, "GW", 1e3, column, PEAK))


def scarcity(column: str, name: str, verb: str, what: str) -> Panel:
    """A ratio to what the grid can deliver, of which the sentence tells the mean."""
    return Panel(column, name, TIMES, verb, Measure(what, TIMES, 1, column, MEAN))


PANELS = (
    POWER[0],
    peaking("power_claims", "Requested power", "requested power peaks", "requested at the peak"),
    peaking("power_need", "True need beyond what is in service", "true need peaks", "true need at its peak"),
    POWER[2],
    POWER[5],
    POWER[3],
    scarcity("power_apparent", "Apparent scarcity of power", "apparent scarcity is", "apparent scarcity, mean"),
    scarcity("power_real", "Real scarcity of power", "real scarcity is", "real scarcity, mean"),
    POWER[1],
    peaking("duplicate_mw", "Duplicates", "duplicates peak", "duplicates at their peak"),
    peaking(
        "speculative_mw", "Developers' requests", "developers' requests peak", "developers' requests at their peak"
    ),
    peaking("energised_mw", "Load in service", "the load in service peaks", "load in service at its peak"),
    POWER[4],
    *COMPUTE,
)
"""Measures that a fan can show, those of power first."""
BY_COLUMN = {panel.column: panel for panel in PANELS}


class Fan(NamedTuple):
    """Quantiles [quantile, month] in the chart's unit: of this world, of the other, and of the difference by seed."""

    here: Values
    there: Values
    apart: Values
    unit: words.Unit


def quantiles(series: Values) -> Values:
    """QUANTILES by month over seeds; NaN in months in which less than half of the runs have a value."""
    if np.isfinite(series).all():
        return np.quantile(series, QUANTILES, axis=0)
    out = np.full((len(QUANTILES), series.shape[1]), np.nan)
    known = np.isfinite(series)
    for t in np.flatnonzero(2 * known.sum(axis=0) >= series.shape[0]):
        out[:, t] = np.quantile(series[known[:, t], t], QUANTILES)
    return out


def fan(both: Worlds, panel: Panel) -> Fan:
    """What the chart of a measure shows."""
    here, there = (world.series[panel.column] for world in (both.here, both.there))
    drawn = [quantiles(values) for values in (here, there)]
    unit = unit_of(panel, drawn) if panel.unit != TIMES else words.Unit("times", 1.0, 2)
    return Fan(drawn[0] / unit.size, drawn[1] / unit.size, quantiles(here - there) / unit.size, unit)


def figure(both: Worlds, panel: Panel, *, here: str = "this scenario") -> go.Figure:
    """Two panels: bands and medians of both worlds; bands and median of the difference."""
    return go.Figure(data(both, panel, here), layout(both, panel))


def data(both: Worlds, panel: Panel, here: str = "this scenario") -> list[dict[str, object]]:
    """The traces: always the same ones in the same order, so that a chart on a page can be redrawn in place."""
    shown = fan(both, panel)
    x = style.days(both.here.dates)
    wide, narrow = (f"{here}: {share} %" for share in (90, 50))
    own = [
        *band(x, shown.here[0], shown.here[4], style.faint(style.HERE, 0.16), wide),
        *band(x, shown.here[1], shown.here[3], style.faint(style.HERE, 0.26), narrow),
        middle(x, shown.here[2], style.HERE, f"{here}: median", shown.unit, {"width": 3}),
    ]
    if alone(both):
        return own
    traces = [
        *band(x, shown.there[0], shown.there[4], style.THERE_BAND, f"{both.label}: 90 %"),
        *own[:-1],
        middle(x, shown.there[2], style.THERE, f"{both.label}: median", shown.unit, {"dash": "dash", "width": 2}),
        own[-1],
    ]
    apart = [
        *band(x, shown.apart[0], shown.apart[4], style.faint(style.QUEUE, 0.16), "difference: 90 %"),
        *band(x, shown.apart[1], shown.apart[3], style.faint(style.QUEUE, 0.26), "difference: 50 %"),
        middle(x, shown.apart[2], style.QUEUE, "difference: median", shown.unit, {"width": 2.5}),
    ]
    return traces + [trace | {"yaxis": "y2", "showlegend": False} for trace in apart]


def alone(both: Worlds) -> bool:
    """Whether there is nothing to compare: both worlds are one."""
    return both.here.scenario is both.there.scenario


def band(x: list[str], low: Values, high: Values, fill: str, name: str) -> list[dict[str, object]]:
    """A band between two quantiles, over the months that are known."""
    known = np.isfinite(low)
    days = [day for day, is_known in zip(x, known, strict=True) if is_known]
    edge = {
        "type": "scatter",
        "mode": "lines",
        "line": {"width": 0},
        "hoverinfo": "skip",
        "legendgroup": name,
        "name": name,
    }
    upper = edge | {"x": days, "y": high[known], "showlegend": False}
    return [upper, edge | {"x": days, "y": low[known], "fill": "tonexty", "fillcolor": fill, "showlegend": True}]


def middle(
    x: list[str], values: Values, colour: str, name: str, unit: words.Unit, line: dict[str, object]
) -> dict[str, object]:
    """A median."""
    return {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "y": values,
        "name": name,
        "line": {"color": colour} | line,
        "hovertemplate": f"%{{y:,.{unit.digits}f}} {unit.name}",
    }


def layout(both: Worlds, panel: Panel) -> dict[str, Any]:
    """Two panels, one above the other, over the same months."""
    unit = fan(both, panel).unit
    above = {"title": {"text": unit.name or panel.unit}, "rangemode": "tozero"}
    dates = style.date_axis(both.here.dates)
    common = {"template": style.TEMPLATE, "height": HEIGHT, "uirevision": panel.column}
    if alone(both):
        return common | {"xaxis": dates, "yaxis": above}
    return common | {
        "xaxis": dates | {"anchor": "y2"},
        "yaxis": above | {"domain": [0.36, 1.0]},
        "yaxis2": {
            "domain": [0.0, 0.26],
            "title": {"text": "difference"},
            "anchor": "x",
            "zeroline": True,
            "zerolinecolor": style.CAPACITY,
            "nticks": 5,
        },
    }


def found(both: Worlds, panel: Panel) -> Difference:
    """The number of a run that stands for the measure, in both worlds, paired by seed."""
    return difference(panel.measure, both)


def table(both: Worlds, panel: Panel) -> pd.DataFrame:
    """The chart as a table, by month, in the chart's unit."""
    shown = fan(both, panel)
    out: dict[str, object] = {"month": both.here.dates.strftime("%Y-%m")}
    unit = f", {shown.unit.name}" if shown.unit.name else ""
    worlds = [("this scenario", shown.here), (both.label, shown.there), ("difference", shown.apart)]
    for name, values in worlds[: 1 if alone(both) else 3]:
        for share, row in zip(QUANTILES, values, strict=True):
            out[f"{name}: {100 * share:.0f} % of runs below{unit}"] = row
    return pd.DataFrame(out)


def title(both: Worlds, panel: Panel, having: str = "") -> str:
    """The finding: "With the deposit, the queue peaks lower than today in 187 of 200 runs: 486 GW against 532 GW"."""
    d = found(both, panel)
    if not d.runs:
        return f"{panel.name} is not known in any run"
    if alone(both):
        return f"{sentence(panel.measure.name)}: {one(panel, d)} on average over {d.runs} runs"
    if d.lower == d.higher == 0:
        verb = panel.verb.rsplit(" ", 1)
        same = f"{panel.verb} the same" if verb[-1] in ("is", "are") else f"{panel.verb} as high"
        return sentence(f"{having}{same} as {both.label} in all {d.runs} runs: {one(panel, d)}")
    said = f"{panel.verb} {how(panel, d)} than {both.label} in {d.agreeing} of {d.runs} runs: {against(panel, d)}"
    return sentence(f"{having}{said}" if d.is_clear else f"{having}no clear difference: {said}")


def one(panel: Panel, d: Difference) -> str:
    """The number where both worlds have the same."""
    return against(panel, d).split(" against ")[0] + ("" if panel.measure.unit in ("GW",) else f" {panel.measure.unit}")


def sentence(text: str) -> str:
    """Text with a capital at its start."""
    return text[:1].upper() + text[1:]


def caption(both: Worlds, panel: Panel) -> str:
    """How to read the chart."""
    if alone(both):
        return (
            f"The median of {len(both.here.seeds)} runs, and the ranges that hold 50 and 90 % of them. The number: "
            f"{panel.measure.name} ({panel.measure.unit})."
        )
    return (
        f"Above, blue: the median of {len(both.here.seeds)} runs of this scenario, and the ranges that hold 50 and 90 % of "
        f"them; dashed and warm: {both.label}. Below: the difference of the two in each run, same seed against same seed, so "
        "that only what was changed makes it. The sentence compares one number a run: "
        f"{panel.measure.name} ({panel.measure.unit})."
    )


def alt(both: Worlds, panel: Panel) -> str:
    """The chart in a sentence."""
    if alone(both):
        return f"{panel.name} over time. {title(both, panel)}."
    return f"{panel.name} over time, this scenario beside {both.label}, and their difference. {title(both, panel)}."
