"""The live part: what a lever does to the whole market, under as many seeds as there has been time for."""

from __future__ import annotations

import base64
import functools
import json
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from dash.development.base_component import Component
from pydantic import BaseModel, ConfigDict, Field

from gridsim.engine.contrast import Worlds
from gridsim.explorer import cards
from gridsim.explorer.choices import Choices, query
from gridsim.explorer.levers import change_words
from gridsim.explorer.service import Service
from gridsim.explorer.simulator import PREVIEW
from gridsim.figures import spread, style, words
from gridsim.figures.contrast_measures import Panel

TILES = {
    "queued_mw": ("Queue at its peak", "GW"),
    "time_to_power_p95": ("Longest waits for power", "months"),
    "power_phantom_ratio": ("Requested per needed", "times"),
    "unserved_need_mw": ("Need without power", "GW"),
    "duplicate_mw": ("Duplicates, peak", "GW"),
    "speculative_mw": ("Speculation, peak", "GW"),
    "price_usd_gpu_h": ("Rent of a GPU", "US$/h"),
    "scarcity_hours": ("Serving is short", "h/week"),
}
"""The key numbers: short names and units."""
STEPS = (PREVIEW, 60)
"""Seeds after which an exact ensemble is shown before it is complete."""


class Wanted(BaseModel):
    """What the page asks for: choices, how many seeds it has of them, and whether a lever is still moving."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    viewer: str = Field(min_length=1, max_length=40)
    seq: int = Field(ge=0)
    choices: dict[str, Any]
    moving: bool = False
    have: int = Field(0, ge=0)


class Answer(NamedTuple):
    """What the page shows: the chart, its words, the tiles; and how far the runs are."""

    figure: dict[str, Any]
    title: str
    caption: str
    headline: str
    status: str
    tiles: str
    progress: dict[str, Any]


def answer(service: Service, wanted: Wanted, choices: Choices) -> Answer:
    """Wait for the next step of the runs, and show what there is then.

    Raises `Busy`, ScenarioError, ValueError, or what a run raised.
    """
    panel = panel_of(choices)
    pair = service.watch(wanted.viewer, choices)
    jobs, most = [pair.here, pair.there], pair.seeds
    aim = next_step(wanted.have, most) if not wanted.moving else min(PREVIEW, most)
    done = service.simulator.wait(jobs, aim, 20.0)
    if done < min(2, most):
        raise ValueError("the first runs take longer than usual; they go on")
    seeds = min(most, PREVIEW) if wanted.moving else done
    both = pair.worlds(seeds)
    finding = headline(both, panel, choices, changed=pair.here is not pair.there)
    progress: dict[str, Any] = {"seq": wanted.seq, "done": seeds, "of": most}
    if seeds == most:
        result, said = pair.here.digest(), short(both, panel)
        progress |= {"result": result, "finding": said, "query": query(choices, service.provenance(result, said))}
    return Answer(
        {"data": [typed(trace) for trace in spread.data(both, panel, "here")], "layout": plain_layout(both, panel)},
        panel.name + (f", {panel.unit}" if panel.unit else ""),
        cards.words(spread.caption(both, panel)),
        cards.words(finding),
        status(seeds, most, moving=wanted.moving),
        json.dumps([tile(both, spread.BY_COLUMN[name], name == panel.column) for name in TILES]),
        progress,
    )


def panel_of(choices: Choices) -> Panel:
    """The measure of the chart; the first where there is none of that name."""
    return spread.BY_COLUMN.get(choices.measure, spread.PANELS[0])


def next_step(have: int, most: int) -> int:
    """Seeds to show next."""
    return min(next((step for step in STEPS if step > have), most), most)


def status(seeds: int, most: int, *, moving: bool) -> str:
    """How sure the page is of what it shows."""
    if seeds == most:
        return f"Exact: {most} runs of each world, with the same random numbers."
    return f"Preview of {seeds} runs" + (" while you move." if moving else f"; {most} are on their way.")


def headline(both: Worlds, panel: Panel, choices: Choices, *, changed: bool) -> str:
    """The finding about the measure chosen."""
    if not changed:
        return alone(both, panel)
    what = [change_words(path, value) for path, value in choices.changes.items()]
    having = f"with {words.listed(what)}, " if 1 <= len(what) <= 2 else f"with {len(what)} changes, " if what else ""
    return f"{spread.title(both, panel, having)}."


def alone(both: Worlds, panel: Panel) -> str:
    """The measure of one world: its mean over the runs and the range of 90 % of them."""
    values = panel.measure.values(both.here)
    known = values[np.isfinite(values)]
    if not known.size:
        return f"{panel.name} is not known in any run."
    low, high = np.quantile(known, (0.05, 0.95))
    first = panel.measure.name[:1].upper() + panel.measure.name[1:]
    mean, unit = number(panel, float(known.mean())), panel.measure.unit
    return f"{first}: {mean} {unit}. Nine runs in ten lie between {number(panel, low)} and {number(panel, high)}."


def short(both: Worlds, panel: Panel) -> str:
    """The finding as a link carries it: "queue at its peak 493.8 against 518.9 GW"."""
    d = spread.found(both, panel)
    return f"{panel.measure.name} {d.here:.6g} against {d.there:.6g} {panel.measure.unit}"


def number(panel: Panel, value: float) -> str:
    """A value of a measure for a tile."""
    if not np.isfinite(value):
        return "–"
    return f"{value:,.0f}" if abs(value) >= 99.5 else f"{value:,.1f}" if abs(value) >= 9.95 else f"{value:.2f}"


def tile(both: Worlds, panel: Panel, is_chosen: bool) -> dict[str, Any]:
    """A key number: what it is here, and by how much and in how many runs it differs; the page's script writes it down."""
    d = spread.found(both, panel)
    apart, runs = "", ""
    if not d.runs:
        runs = "not known in these runs"
    elif d.lower or d.higher:
        apart = f"{'▼' if d.difference < 0 else '▲'} {number(panel, abs(d.difference))}"
        runs = f"{'lower' if d.difference < 0 else 'higher'} in {d.agreeing} of {d.runs}"
    elif not spread.alone(both):
        runs = f"the same in all {d.runs}"
    texts = {"amount": number(panel, d.here), "apart": apart, "runs": runs}
    return {"measure": panel.column, "texts": texts, "clear": d.is_clear, "chosen": is_chosen}


def numbers(both: Worlds) -> Component:
    """Every measure in both worlds, as a table."""
    found = [(panel, spread.found(both, panel)) for panel in spread.PANELS]
    table = pd.DataFrame(
        {
            "measure": [f"{panel.measure.name}, {panel.measure.unit}" for panel, _ in found],
            "this scenario": [d.here for _, d in found],
            both.label: [d.there for _, d in found],
            "difference": [d.difference for _, d in found],
            "5 % of runs below": [d.low for _, d in found],
            "95 % of runs below": [d.high for _, d in found],
            "lower in, runs": [d.lower for _, d in found],
            "higher in, runs": [d.higher for _, d in found],
        }
    )
    return cards.twin(table, f"{len(both.here.seeds)} runs of each world", "All measures as a table")


def typed(trace: dict[str, Any]) -> dict[str, Any]:
    """A trace whose numbers travel as bytes."""
    return {key: packed(value) if isinstance(value, np.ndarray) else value for key, value in trace.items()}


def packed(values: np.ndarray[Any, np.dtype[np.float64]]) -> dict[str, str]:
    """Numbers as Plotly reads them from base64."""
    return {"dtype": "f8", "bdata": base64.b64encode(np.ascontiguousarray(values)).decode()}


def plain_layout(both: Worlds, panel: Panel) -> dict[str, Any]:
    """The chart's layout as plain data, with as many years on its axis as there is room for."""
    out = spread.layout(both, panel) | {"template": template()}
    if cards.yearly(out["xaxis"].get("dtick")):
        out["xaxis"] = {key: value for key, value in out["xaxis"].items() if key not in ("dtick", "tick0")}
    return out


@functools.cache
def template() -> dict[str, Any]:
    """The house template as plain data."""
    plain: dict[str, Any] = style.TEMPLATE.to_plotly_json()
    return plain
