"""The charts of an attribution: shares of mechanisms, of layers, and what two mechanisms do together."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from gridsim.figures import attribution, style
from gridsim.figures.charts import Chart

PAIRS = 12
"""Pairs that are drawn, the largest; the table has all."""


class Study(Protocol):
    """What is drawn of an attribution: see `gridsim.study.attribution.Study`."""

    @property
    def measure(self) -> str: ...  # noqa: D102
    @property
    def scale(self) -> attribution.Scale: ...  # noqa: D102
    @property
    def names(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def grouped(self) -> bool: ...  # noqa: D102
    @property
    def exact(self) -> bool: ...  # noqa: D102
    @property
    def subsets(self) -> int: ...  # noqa: D102
    def shares(self) -> pd.DataFrame: ...  # noqa: D102
    def layers(self) -> pd.DataFrame: ...  # noqa: D102
    def interactions(self) -> pd.DataFrame: ...  # noqa: D102


def charts(study: Study) -> list[Chart]:
    """The shares, those of layers where these were kept together, and the pairs where every subset was run."""
    table, how = study.shares(), ""
    if study.grouped:
        how += " Only orders count in which the mechanisms of a layer are turned on one after the other (Owen 1977)."
    if not study.exact:
        how += f" Of the {2 ** len(study.names):,} subsets {study.subsets:,} were run, those along drawn orders."
    out = [of_shares("shares", "From real to apparent, mechanism by mechanism", study, table, how)]
    if study.grouped:
        layers = study.layers().rename(columns={"layer": "switch"}).assign(alone=float("nan"), last=float("nan"))
        chart = of_shares("layers", "The same, layer by layer", study, layers, how, "the layer of ")
        texts = {name: getattr(chart, name).replace("mechanism", "layer") for name in ("title", "caption", "alt")}
        out.append(
            chart._replace(
                **texts, table=None if chart.table is None else chart.table.rename(columns={"mechanism": "layer"})
            )
        )
    if study.exact and len(study.names) > 1:
        out.append(of_pairs(study))
    return out


def of_shares(name: str, heading: str, study: Study, table: pd.DataFrame, how: str, of: str = "") -> Chart:
    """Bars of shares; `of` stands before the name of what adds most."""
    if why := attribution.missing(table):
        return Chart(name, heading, missing=why)
    measure, scale = study.measure, study.scale
    title, alt = attribution.title(table, measure, scale, of), attribution.alt(table, measure, scale)
    caption = attribution.caption(table, measure, scale) + how
    shown = attribution.table(table, measure).dropna(axis="columns", how="all")
    return Chart(name, heading, title, caption, alt, attribution.figure(table, measure, scale), shown)


def of_pairs(study: Study) -> Chart:
    """Bars of what two mechanisms do together beyond what each does."""
    found, heading = study.interactions(), "What two do together"
    if found["value"].isna().any():
        return Chart("interactions", heading, missing="The measure is not known in every world.")
    both = [f"{attribution.name_of(a)} × {attribution.name_of(b)}" for a, b in zip(found.one, found.other, strict=True)]
    digits = attribution.digits_of([float(value) for value in found["value"]])
    unit = attribution.unit_of(study.measure)
    said = [attribution.amount(float(x), study.measure, study.scale, digits=digits) for x in found["value"]]
    clear = np.flatnonzero((found["low"] > 0.0) | (found["high"] < 0.0))
    title = "No two mechanisms do clearly more or less together than each does"
    if len(clear):
        one, other = (attribution.name_of(found[end].iloc[clear[0]]) for end in ("one", "other"))
        title = f"{one.capitalize()} and {other} together: {said[clear[0]]} beyond what each does"
    caption = (
        "The mean, over the other mechanisms that are on or off, of what both add less what each adds (Grabisch & Roubens "
        "1999). Above 0 they feed each other; below 0 one takes from the other. The whisker is the 90 % interval over "
        "seeds; a bar is pale where that includes nothing."
    )
    table = pd.DataFrame({"mechanisms": both, f"together{'' if unit == '1' else f', {unit}'}": found["value"]})
    table = table.assign(**{"from (5 %)": found["low"], "to (95 %)": found["high"]})
    alt = f"Bars of {len(found)} pairs. {title}."
    axis = "logarithm of the factor" if study.scale == "log" else "" if unit == "1" else unit
    drawn = pairs_figure(found.head(PAIRS), both, said, axis)
    return Chart("interactions", heading, title, caption, alt, drawn, table)


def pairs_figure(found: pd.DataFrame, both: list[str], said: list[str], axis: str) -> go.Figure:
    """A bar a pair from 0, the largest on top; `axis` is the title of the numbers."""
    out = style.new_figure(90 + 46 * len(found), hovermode="closest", bargap=0.0, showlegend=False)
    places = [-i for i in range(len(found))]
    unclear = (found["low"] <= 0.0) & (found["high"] >= 0.0)
    sides = [style.DUPLICATES if value > 0.0 else style.SIGNED for value in found["value"]]
    out.add_bar(
        orientation="h",
        y=places,
        x=list(found["value"]),
        width=0.38,
        marker={"color": [style.faint(c, 0.45) if pale else c for c, pale in zip(sides, unclear, strict=True)]},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": list(found["high"] - found["value"]),
            "arrayminus": list(found["value"] - found["low"]),
            "color": style.CAPACITY,
            "thickness": 2,
            "width": 5,
        },
        hovertemplate="%{x:.3g}<extra></extra>",
    )
    left = min(0.0, float(found["low"].min(skipna=True)), float(found["value"].min()))
    for place, name, text in zip(places, both, said, strict=False):
        style.label_bar(out, f"<b>{text}</b>  {name}", left, place + 0.22)
    out.update_yaxes(visible=False, range=[places[-1] - 0.5, 0.85], fixedrange=True)
    out.update_xaxes(fixedrange=True, zeroline=True, zerolinecolor=style.TWIN, title_text=axis)
    out.update_layout(margin={"t": 8})
    return out
