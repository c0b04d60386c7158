"""The views that look into one run: which charts each has, and what they are drawn from."""

from __future__ import annotations

from typing import Protocol

import pandas as pd
import plotly.graph_objects as go
from dash import html
from dash.development.base_component import Component

from gridsim.engine.result import Result
from gridsim.explorer import agents, cards
from gridsim.explorer.choices import Choices
from gridsim.explorer.service import Service
from gridsim.figures import attribution, facts, flows, funnel, grid_map, layer_funnel, line_loads
from gridsim.figures.charts import MAKERS, Chart, chart


class MonthMaker(Protocol):
    """What a figure module of one month offers."""

    def missing(self, result: Result, month: int | None = None) -> str: ...  # noqa: D102
    def figure(self, result: Result, month: int | None = None) -> go.Figure: ...  # noqa: D102
    def table(self, result: Result, month: int | None = None) -> pd.DataFrame: ...  # noqa: D102
    def title(self, result: Result, month: int | None = None) -> str: ...  # noqa: D102
    def caption(self, result: Result, month: int | None = None) -> str: ...  # noqa: D102
    def alt(self, result: Result, month: int | None = None) -> str: ...  # noqa: D102


OF_REPORT = {
    "funnel": ("fate",),
    "scarcity": ("scarcity", "layers"),
    "queue": ("queue", "time-to-power", "money"),
    "waterfall": ("waterfall", "gpus", "research"),
    "day": ("week",),
}
"""Views made of charts that the report has as well."""
WITH_MONTH = {"map": ("map", "lines"), "funnel": ("funnel", "layers-funnel")}
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
    return f"One run of many, that of seed {result.seed}: what happens in one world, month by month and agent by agent."


def charts(result: Result, view: str, month: int | None = None) -> list[Chart]:
    """The charts of a view of one run."""
    makers = {name: (heading, maker) for name, heading, maker in MAKERS}
    out = [chart(name, *makers[name], result) for name in OF_REPORT.get(view, ())]
    if view == "funnel":
        out[:0] = charts_of_month(result, view, month)
    if view == "map":
        out += charts_of_month(result, view, month)
    if view == "flows":
        out.append(chart("flows", "Who asks whom", flows, result))
    return out


def charts_of_month(result: Result, view: str, month: int | None) -> list[Chart]:
    """The charts of a view that follow the month."""
    return [monthly(name, result, month) for name in WITH_MONTH[view]]


def monthly(name: str, result: Result, month: int | None) -> Chart:
    """A chart of one month: of the one asked for, else of that in which claims peak."""
    heading, maker = MONTHLY[name]
    at = facts.peak(result) if month is None else min(month, len(result.series) - 1)
    if why := maker.missing(result, at):
        return Chart(name, heading, missing=why)
    texts = (maker.title(result, at), maker.caption(result, at), maker.alt(result, at))
    return Chart(name, heading, *texts, maker.figure(result, at), maker.table(result, at))


MONTHLY: dict[str, tuple[str, MonthMaker]] = {
    "map": ("Where it is asked for", grid_map),
    "lines": ("What fills the lines", line_loads),
    "funnel": ("From requested to used", funnel),
    "layers-funnel": ("The same in every layer", layer_funnel),
}


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
    return Chart(
        "causes",
        heading,
        attribution.title(table, CAUSES_OF),
        f"{attribution.caption(table, CAUSES_OF)} Every combination is run with {seeds} seeds.",
        attribution.alt(table, CAUSES_OF),
        attribution.figure(table, CAUSES_OF),
        attribution.table(table, CAUSES_OF),
    )


def words_first(text: str) -> str:
    """Text with a capital at its start."""
    return text[:1].upper() + text[1:]
