"""How much a measure depends on each parameter of a sweep: bars with their intervals, the most important on top.

Drawn from the table of `gridsim.sensitivity`: one row a parameter, in this order; with mu_star, mu_star_low, mu_star_high, mu,
sigma and luck of a Morris design, or first and total of a Saltelli design, each with low and high.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from html import escape
from typing import Any, NamedTuple

import pandas as pd
import plotly.graph_objects as go

from gridsim.figures import style, words
from gridsim.figures.attribution import UNCERTAIN, amount, subject, unit_of
from gridsim.figures.charts import Chart

BARS_MAX = 20
ROW = {1: 46, 2: 62}  # pixels of a parameter with so many bars: its name, and its bars below that
NAME = 0.24  # from the middle of a row up to its name
Row = Mapping[Any, Any]
"""A row of the table, by column."""


class Bars(NamedTuple):
    """One kind of bar: its column, what it is called, its colour, how far below the middle of the row, and its width."""

    column: str
    name: str
    colour: str
    below: float
    width: float


MORRIS = (Bars("mu_star", "mean absolute effect (mu*)", style.NEEDED, -0.05, 0.42),)
SOBOL = (
    Bars("total", "with all that it interacts with (total)", style.NEEDED, -0.08, 0.26),
    Bars("first", "alone (first-order)", style.DUPLICATES, 0.2, 0.26),
)


def is_screening(table: pd.DataFrame) -> bool:
    """Whether the table is of a Morris design."""
    return "mu_star" in table


def missing(table: pd.DataFrame) -> str:
    """Why the chart cannot be drawn; empty if it can."""
    return "" if len(table) else "The sweep varies nothing: there is nothing that the measure could depend on."


def figure(table: pd.DataFrame, measure: str) -> go.Figure:
    """Horizontal bars from 0, the interval of each at its end, for the first 20 parameters."""
    drawn = table.head(BARS_MAX)
    kinds = MORRIS if is_screening(table) else SOBOL
    size, unit = scale(drawn, measure)
    height = 90 + ROW[len(kinds)] * len(drawn)
    out = style.new_figure(height, hovermode="closest", bargap=0.0, showlegend=len(kinds) > 1)
    for kind in kinds:
        places = [-i - kind.below for i in range(len(drawn))]
        out.add_bar(
            orientation="h",
            name=kind.name,
            y=places,
            x=[value / size for value in drawn[kind.column]],
            width=kind.width,
            marker={"color": [colour(kind, row) for row in drawn.to_dict("records")], "cornerradius": 3},
            customdata=[hover(row, measure) for row in drawn.to_dict("records")],
            hovertemplate="%{customdata}<extra></extra>",
            showlegend=False,  # which has the colour of the first bar, pale or not
        )
        if len(kinds) > 1:
            square = {"color": kind.colour, "symbol": "square", "size": 12}
            out.add_scatter(x=[None], y=[None], mode="markers", name=kind.name, marker=square, showlegend=True)
        add_intervals(out, drawn, kind, places, size)
    for i, row in enumerate(drawn.to_dict("records")):
        style.label_bar(out, label(row, measure), 0.0, -i + NAME)
    low = min(0.0, *(float(drawn[f"{kind.column}_low"].min()) / size for kind in kinds))
    high = max(float(drawn[f"{kind.column}_high"].max()) / size for kind in kinds)
    out.update_layout(margin={"t": 40 if len(kinds) > 1 else 8})
    out.update_yaxes(visible=False, range=[-len(drawn) + 0.4, 0.85], fixedrange=True)
    out.update_xaxes(range=[1.02 * low, 1.03 * high], fixedrange=True, title_text=unit)
    return out


def scale(table: pd.DataFrame, measure: str) -> tuple[float, str]:
    """What numbers are divided by, and the title of the axis."""
    what = subject(measure).replace(", in ", ",<br>in ").replace(", on ", ",<br>on ")
    if not is_screening(table):
        return 1.0, f"share of the variance of {what}"
    unit = unit_of(measure)
    if unit == "MW":
        power = words.power_unit(float(table["mu_star_high"].max()))
        return power.size, f"{power.name} by which a whole range changes {what}"
    return 1.0, f"{'change' if unit == '1' else unit + ' of change'} over a whole range, of {what}"


def colour(kind: Bars, row: Row) -> str:
    """Colour of a bar; pale where the interval holds no effect, or no more than luck."""
    is_pale = row[f"{kind.column}_low"] <= 0.0 or may_be_luck(row)
    return style.faint(kind.colour, UNCERTAIN) if is_pale else kind.colour


def may_be_luck(row: Row) -> bool:
    """Whether the interval of mu* reaches what luck alone would give; where that is not known, it is not said."""
    return "luck" in row and not math.isnan(row["luck"]) and bool(row["mu_star_low"] <= row["luck"])


def add_intervals(out: go.Figure, table: pd.DataFrame, kind: Bars, places: list[float], size: float) -> None:
    """A whisker from the low to the high end of each interval, around the end of its bar; dark in light, for any ground."""
    value, low, high = (table[f"{kind.column}{end}"] / size for end in ("", "_low", "_high"))
    for shade, thickness in (("#FFFFFF", 4.5), (style.INK, 2)):
        error = {"type": "data", "symmetric": False, "array": list(high - value), "arrayminus": list(value - low)}
        out.add_scatter(
            x=list(value),
            y=places,
            mode="markers",
            marker={"color": shade, "size": thickness + 3},
            error_x=error | {"color": shade, "thickness": thickness, "width": 4},
            hoverinfo="skip",
            showlegend=False,
        )


def text_of(row: Row, column: str, measure: str) -> str:
    """A number of a row: in the unit of the measure where it is an effect, else the share."""
    value = float(row[column])
    if column.startswith(("first", "total")):
        return f"{value:.2f}".replace("-", "− ")
    return amount(value, measure, signed=False)


def label(row: Row, measure: str) -> str:
    """What stands above the bars of a parameter."""
    column = "mu_star" if "mu_star" in row else "total"
    tag = " *" if row["assumed"] else ""
    return f"<b>{text_of(row, column, measure)}</b>  {escape(str(row['parameter']), quote=False)}{tag}"


def hover(row: Row, measure: str) -> str:
    """What is told of a parameter."""
    lines = [f"<b>{escape(str(row['parameter']), quote=False)}</b>"]
    for kind in MORRIS if "mu_star" in row else SOBOL:
        value, low, high = (text_of(row, kind.column + end, measure) for end in ("", "_low", "_high"))
        lines.append(f"{kind.name}: {value}<br>90 % interval: {low} to {high}")
    if "mu_star" in row:
        texts = [text_of(row, column, measure) for column in ("mu", "sigma", "luck")]
        lines.append(
            f"mean effect: {texts[0]}<br>spread of effects: {texts[1]}<br>mu* that luck alone would give: {texts[2]}"
        )
    lines.append(f"source: {escape(str(row['source']), quote=False) or 'none'}")
    return "<br>".join(lines)


def table(table: pd.DataFrame, measure: str) -> pd.DataFrame:
    """The chart as a table, in the measure's own unit, with every parameter."""
    columns = {"parameter": "parameter", "source": "source of the default"}
    for kind in MORRIS if is_screening(table) else SOBOL:
        columns |= {kind.column: kind.name, f"{kind.column}_low": "from (5 %)", f"{kind.column}_high": "to (95 %)"}
        if kind.column == "first":  # names of columns are told apart
            columns |= {"first_low": "alone, from (5 %)", "first_high": "alone, to (95 %)"}
    if is_screening(table):
        columns |= {"mu": "mean effect (mu)", "sigma": "spread of effects (sigma)", "luck": "mu* of luck alone"}
    return table[list(columns)].rename(columns=columns)


def title(table: pd.DataFrame, measure: str) -> str:
    """The finding: what moves the measure most, and by how much."""
    first, what = table.to_dict("records")[0], subject(measure)
    comma = "," if "," in what else ""
    if is_screening(table):
        by = text_of(first, "mu_star", measure)
        doubt = f", where luck alone would give {text_of(first, 'luck', measure)}" if may_be_luck(first) else ""
        return (
            f"Of {len(table)} parameters {first['parameter']} moves {what}{comma} most: by {by} over its range{doubt}"
        )
    total = float(first["total"])
    share = "all" if total >= 0.995 else words.percent(total)
    return f"Of {len(table)} parameters {first['parameter']} matters most to {what}: it has a part in {share} of the variance"


def noise_sentence(table: pd.DataFrame) -> str:
    """What part of a single run's variance is luck, in a sentence."""
    share, seeds = float(table["noise_share"].iloc[0]), int(table["seeds"].iloc[0])
    if seeds < 2:
        return "With one seed, luck cannot be told from the effects of parameters: run at least two."
    rest = (
        f"the means over {seeds} seeds that effects are taken from hold less; where mu* is no more than luck alone would "
        "give, nothing is found"
        if is_screening(table)
        else f"it is taken out of the shares, which are of the expected outcome, estimated from {seeds} seeds"
    )
    return f"Of the variance of a single run over this sweep {words.percent(share)} is luck, the seed's; {rest}."


def caption(table: pd.DataFrame, measure: str) -> str:
    """How to read the chart."""
    if is_screening(table):
        how = (
            "A bar is the mean size of the change when a parameter alone goes a step, scaled to its whole range (mu*, Morris "
            "1991; Campolongo, Cariboni & Saltelli 2007). A bar is pale where the interval reaches what luck alone would give."
        )
    else:
        how = (
            "The total index is the share of the variance in which a parameter has a part, the first-order index what it "
            "explains alone (Sobol' 1993); what lies between are interactions. A bar is pale where the interval holds 0."
        )
    star = " A star marks a value that is assumed, without a source." if table["assumed"].any() else ""
    most = f" The first {BARS_MAX} of {len(table)} are drawn, the table has all." if len(table) > BARS_MAX else ""
    return f"{how} The whisker is the 90 % interval over the points of the design.{star} {noise_sentence(table)}{most}"


def alt(table: pd.DataFrame, measure: str) -> str:
    """The chart in a sentence."""
    column = "mu_star" if is_screening(table) else "total"
    rows = table.head(BARS_MAX).to_dict("records")
    parts = [f"{row['parameter']} {text_of(row, column, measure)}" for row in rows]
    return f"Bars of how much {subject(measure)} depends on each parameter: {'; '.join(parts)}."


def chart(found: pd.DataFrame, measure: str) -> Chart:
    """The chart with its texts and table."""
    texts = title(found, measure), caption(found, measure), alt(found, measure)
    return Chart("sensitivity", "Sensitivity", *texts, figure(found, measure), table(found, measure))
