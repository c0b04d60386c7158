"""The charts of a report, in order, each with its finding, its table twin and its sentence."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import pandas as pd
import plotly.graph_objects as go

from gridsim.engine.contrast import Worlds
from gridsim.engine.ensemble import Ensemble
from gridsim.engine.result import Result
from gridsim.figures import (
    contrast,
    fan,
    fate,
    funnel,
    gpus,
    layers,
    money,
    queue,
    research,
    scarcity,
    time_to_power,
    waterfall,
    week,
)


class Chart(NamedTuple):
    """A chart ready to be shown; without figure and table where `missing` says why. `points` are said in any case."""

    name: str
    heading: str
    title: str = ""
    caption: str = ""
    alt: str = ""
    figure: go.Figure | None = None
    table: pd.DataFrame | None = None
    missing: str = ""
    points: tuple[layers.Point, ...] = ()


class Maker(Protocol):
    """What every figure module offers: pure functions of a result."""

    def missing(self, result: Result) -> str: ...  # noqa: D102
    def figure(self, result: Result) -> go.Figure: ...  # noqa: D102
    def table(self, result: Result) -> pd.DataFrame: ...  # noqa: D102
    def title(self, result: Result) -> str: ...  # noqa: D102
    def caption(self, result: Result) -> str: ...  # noqa: D102
    def alt(self, result: Result) -> str: ...  # noqa: D102


MAKERS: tuple[tuple[str, str, Maker], ...] = (
    ("layers", "The same question in four layers", layers),
    ("funnel", "From requested to used", funnel),
    ("queue", "The queue over time", queue),
    ("scarcity", "Apparent and real scarcity", scarcity),
    ("time-to-power", "Time to power", time_to_power),
    ("fate", "What became of every MW", fate),
    ("gpus", "GPUs: who has them, and do they run", gpus),
    ("week", "A week of serving", week),
    ("research", "What research has", research),
    ("waterfall", "From megawatts to useful work", waterfall),
    ("money", "What asking cost", money),
)


def chart(name: str, heading: str, maker: Maker, result: Result) -> Chart:
    """One chart of a result."""
    missing = maker.missing(result)
    if missing:
        return Chart(name, heading, missing=missing)
    return Chart(
        name,
        heading,
        maker.title(result),
        maker.caption(result),
        maker.alt(result),
        maker.figure(result),
        maker.table(result),
    )


def charts(result: Result, ensemble: Ensemble | None = None, worlds: Worlds | None = None) -> list[Chart]:
    """All charts of a report; third come the two worlds of a contrast and the observed series, if the scenario has them."""
    out = [chart(name, heading, maker, result) for name, heading, maker in MAKERS]
    out[0] = out[0]._replace(points=tuple(layers.points(result)))
    if result.scenario.observed is not None:
        args = (result, ensemble)
        parts = (fan.title(*args), fan.caption(*args), fan.alt(*args), fan.figure(*args), fan.table(*args))
        out.insert(2, Chart("observed", "Observed and simulated", *parts))
    if result.scenario.contrast is not None:
        out.insert(2, contrast_chart(worlds))
    return out


def contrast_chart(worlds: Worlds | None) -> Chart:
    """The scenario beside the other world of its contrast; without runs of both, a word on how to get them."""
    head = ("contrast", "With and without")
    if worlds is None:
        return Chart(*head, missing="The other world was not run. The command line runs it: gridsim run --out.")
    parts = (contrast.title(worlds), contrast.caption(worlds), contrast.alt(worlds))
    return Chart(*head, *parts, contrast.figure(worlds), contrast.table(worlds))
