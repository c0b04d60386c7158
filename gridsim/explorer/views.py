"""The views that look into one run: which charts each has, and what they are drawn from."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from dash import html
from dash.development.base_component import Component

from gridsim.engine.result import Result
from gridsim.explorer import agents, cards
from gridsim.explorer.choices import Choices
from gridsim.explorer.service import Service
from gridsim.figures import attribution, facts, flows, funnel, grid_map
from gridsim.figures.charts import MAKERS, Chart, chart

OF_REPORT = {
    "funnel": ("layers", "fate"),
    "scarcity": ("scarcity", "layers"),
    "queue": ("queue", "time-to-power", "money"),
    "waterfall": ("waterfall", "gpus", "research"),
    "day": ("week",),
}
"""Views made of charts that the report has as well."""
WITH_MONTH = ("map", "funnel")
CAUSES_OF = "power_phantom_ratio.peak"


def body(service: Service, choices: Choices) -> list[Component]:
    """The charts of a view. Raises ScenarioError, ValueError for choices that cannot be shown."""
    if choices.view == "causes":
        return causes(service, choices)
    result = service.run(choices)
    note = html.P(which(result), className="which")
    found = charts(result, choices.view, choices.month)
    more = agents.view(result) if choices.view == "agents" else []
    return [note, *[cards.of_chart(one) for one in found], *more]


def which(result: Result) -> str:
    """Which run is shown."""
    return (
        f"One run, of seed {result.seed}: {result.scenario.title}. Dashed, where there is room for it: its honest twin, the same "
        "world and random numbers without gaming."
    )


def charts(result: Result, view: str, month: int | None = None) -> list[Chart]:
    """The charts of a view of one run."""
    makers = {name: (heading, maker) for name, heading, maker in MAKERS}
    out = [chart(name, *makers[name], result) for name in OF_REPORT.get(view, ())]
    if view == "funnel":
        out.insert(0, monthly("funnel", "From requested to used", result, month))
    if view == "map":
        out.append(monthly("map", "Where it is asked for", result, month))
    if view == "flows":
        out.append(chart("flows", "Who asks whom", flows, result))
    return out


def charts_of_month(result: Result, view: str, month: int | None) -> Chart:
    """The chart of a view that follows the month."""
    return charts(result, view, month)[0]


def monthly(name: str, heading: str, result: Result, month: int | None) -> Chart:
    """A chart of one month: of the one asked for, else of that in which claims peak."""
    at = facts.peak(result) if month is None else min(month, len(result.series) - 1)
    return DRAWN[name](result, heading, at)


def map_chart(result: Result, heading: str, month: int) -> Chart:
    """The map in a month."""
    if why := grid_map.missing(result):
        return Chart("map", heading, missing=why)
    words_of = (grid_map.title(result, month), grid_map.caption(result), grid_map.alt(result, month))
    return Chart("map", heading, *words_of, grid_map.figure(result, month), grid_map.table(result, month))


def funnel_chart(result: Result, heading: str, month: int) -> Chart:
    """The funnel in a month."""
    now = result.series.iloc[month]
    if now["queued_mw"] + now["signed_mw"] <= 0.0 or not np.isfinite(now["power_need"]):
        return Chart("funnel", heading, missing=f"Nobody requests power in {facts.month_name(result, month)}.")
    words_of = (funnel.title(result, month), funnel.caption(result, month), funnel.alt(result, month))
    return Chart("funnel", heading, *words_of, funnel.figure(result, month), funnel.table(result, month))


DRAWN: dict[str, Callable[[Result, str, int], Chart]] = {"map": map_chart, "funnel": funnel_chart}


def causes(service: Service, choices: Choices) -> list[Component]:
    """Which mechanism causes how much of the phantom ratio at its peak."""
    return [cards.of_chart(causes_chart(service, choices))]


def causes_chart(service: Service, choices: Choices) -> Chart:
    """The shares of the mechanisms, each with its interval; every combination of them is run."""
    heading = "From real to apparent, mechanism by mechanism"
    try:
        table, seeds = service.attribution(choices, CAUSES_OF)
    except ValueError as error:
        return Chart("causes", heading, missing=f"{words_first(str(error))}.")
    told = attribution.caption(table, CAUSES_OF)
    texts = (attribution.title(table, CAUSES_OF), f"{told} Every combination is run with {seeds} seeds.")
    drawn = (
        attribution.alt(table, CAUSES_OF),
        attribution.figure(table, CAUSES_OF),
        attribution.table(table, CAUSES_OF),
    )
    return Chart("causes", heading, *texts, *drawn)


def words_first(text: str) -> str:
    """Text with a capital at its start."""
    return text[:1].upper() + text[1:]
