"""The charts of a calibration: what the facts tell of each parameter, whether they are met, and what they leave open.

Drawn from the tables of `gridsim.study.posterior`; `waves` has a row a wave: wave, points, tolerance, effective.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from html import escape
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from gridsim.figures import style
from gridsim.figures.charts import Chart
from gridsim.tables import number

NAME = 0.2  # from the middle of a row up to its name
WIDEST = 2.5  # half-widths of a range that are drawn on either side
PAIRS = 12
MEANING = {"told": "told by the facts", "partly": "partly told", "hardly": "hardly told"}
COLOUR = {"told": style.NEEDED, "partly": style.SIGNED, "hardly": style.CAPACITY}


Row = dict[Hashable, Any]
"""A row of a table, by column."""


def records(table: pd.DataFrame) -> list[Row]:
    """The rows of a table."""
    return [dict(row) for row in table.to_dict("records")]


class Tables(NamedTuple):
    """What is drawn."""

    parameters: pd.DataFrame
    predictions: pd.DataFrame
    shares: pd.DataFrame
    ridge: Mapping[str, Any]
    pairs: pd.DataFrame
    waves: pd.DataFrame


def charts(tables: Tables) -> list[Chart]:
    """Parameters, facts, duplicates against speculation, pairs, waves."""
    out = [of_parameters(tables.parameters), of_facts(tables.predictions), of_shares(tables.shares, tables.ridge)]
    if len(tables.pairs):
        effective = float(tables.waves["effective"].iloc[-1])
        out.append(of_pairs(tables.pairs, effective))
    return [*out, of_waves(tables.waves)]


def of_parameters(table: pd.DataFrame) -> Chart:
    """A row a parameter: its prior, what is left of it, and where the scenario's own value lies."""
    out = rows_figure(len(table))
    places = [-i for i in range(len(table))]
    at = {end: [rank(row, row[end]) for row in records(table)] for end in ("low", "median", "high", "default")}
    for verdict, meaning in MEANING.items():
        of = [i for i, kind in enumerate(table["verdict"]) if kind == verdict]
        out.add_bar(
            name=meaning,
            orientation="h",
            y=[places[i] for i in of],
            base=[at["low"][i] for i in of],
            x=[at["high"][i] - at["low"][i] for i in of],
            width=0.26,
            marker={"color": COLOUR[verdict], "cornerradius": 3},
            customdata=[f"{number(table['low'].iloc[i])} to {number(table['high'].iloc[i])}" for i in of],
            hovertemplate="%{customdata}<extra></extra>",
        )
    out.add_scatter(name="median", x=at["median"], y=places, mode="markers", marker=MEDIAN, hoverinfo="skip")
    out.add_scatter(
        name="value of the scenario", x=at["default"], y=places, mode="markers", marker=DEFAULT, hoverinfo="skip"
    )
    for place, row in zip(places, records(table), strict=True):
        text = f"<b>{escape(str(row['parameter']), quote=False)}</b>  {number(row['low'])} to {number(row['high'])}"
        style.label_bar(
            out, f"{text} {row['unit'] if row['unit'] not in ('1', 'share') else ''}".rstrip(), 0.0, place + NAME
        )
    out.update_xaxes(
        range=[-0.05, 1.05], tickvals=[0, 0.5, 1], ticktext=["lowest", "middle", "highest"], title_text="of the prior"
    )
    told = [str(name) for name in table.loc[table["verdict"] == "told", "parameter"]]
    title = f"The facts tell {len(told)} of {len(table)} parameters"
    caption = (
        "Bars run from the 5 % to the 95 % quantile of what is left of each parameter when the facts are met; the row is as "
        "wide as its prior. A parameter is told if the facts take away half or more of the prior's variance, hardly told if "
        "less than a tenth: then every value of the prior will do, and what depends on it is a matter of assumption."
    )
    shown = table.drop(columns="evidence").assign(told=[number(value) for value in table["told"]])
    return Chart("parameters", "What the facts tell of each parameter", title, caption, f"Bars. {title}.", out, shown)


MEDIAN = {"color": style.OBSERVED, "size": 8, "line": {"color": "#FFFFFF", "width": 1.5}}
DEFAULT = {"color": style.SPECULATION, "symbol": "diamond-open", "size": 11, "line": {"width": 2}}


def rank(row: Row, value: object) -> float:
    """Where a value lies between the ends of a prior: in its logarithm if both are positive and far apart."""
    low, high = float(row["prior_low"]), float(row["prior_high"])
    if not isinstance(value, int | float) or isinstance(value, bool):
        return math.nan
    if row["scale"] == "log":
        return (math.log(value) - math.log(low)) / (math.log(high) - math.log(low)) if value > 0 else math.nan
    return (value - low) / (high - low)


def of_facts(table: pd.DataFrame) -> Chart:
    """A row a value of a fact that has a range: where expected values and single runs lie, in half-widths of that range."""
    judged = table[table["target_low"].notna()].reset_index(drop=True)
    out = rows_figure(len(judged))
    places = [-i for i in range(len(judged))]
    ends = ("run_low", "low", "median", "high", "run_high")
    at = {end: [clipped(placed(row, float(row[end]))) for row in records(judged)] for end in ends}
    out.add_vrect(x0=-1, x1=1, fillcolor=style.SERVED, opacity=0.12, line_width=0)
    for name, low, high, width, colour in (
        ("single runs", "run_low", "run_high", 0.1, style.faint(style.NEEDED, 0.35)),
        ("means of a world", "low", "high", 0.26, style.NEEDED),
    ):
        out.add_bar(
            name=name,
            orientation="h",
            y=places,
            base=at[low],
            x=[b - a for a, b in zip(at[low], at[high], strict=True)],
            width=width,
            marker={"color": colour},
            hoverinfo="skip",
        )
    out.add_scatter(name="median", x=at["median"], y=places, mode="markers", marker=MEDIAN, hoverinfo="skip")
    for place, row in zip(places, records(judged), strict=True):
        said = f"{row['fact']} {row['name']}{', ' + row['value'] if row['value'] else ''}"
        bold = f"<b>{escape(said, quote=False)}</b>" + ("" if row["fitted"] else " (not fitted)")
        style.label_bar(out, f"{bold}  {number(row['median'])}", -WIDEST, place + NAME)
    out.update_xaxes(
        range=[-1.04 * WIDEST, 1.04 * WIDEST],
        tickvals=[-1, 0, 1],
        ticktext=["low end", "middle", "high end"],
        title_text="of the observed range",
    )
    fitted, other = judged[judged["fitted"]], judged[~judged["fitted"]]
    met = int((fitted["inside"] >= 0.5).sum())
    title = f"{met} of {len(fitted)} values that were fitted lie in their range in most worlds"
    title += f", and {int((other['inside'] >= 0.5).sum())} of {len(other)} that were not" if len(other) else ""
    caption = (
        "Worlds drawn from the posterior, run again with seeds that the calibration did not use. The green band is the "
        "observed range; thick bars are the means over a world's runs, thin ones single runs, both from the 5 % to the 95 % "
        f"quantile, cut off at {WIDEST:g} half-widths. What was not fitted says whether the model holds where nobody looked."
    )
    return Chart("facts", "Are the facts met", title, caption, f"Bars against a band. {title}.", out, table)


def placed(row: Row, value: float) -> float:
    """A value in half-widths of a range from its middle, in logarithms if the range is of positive numbers."""
    low, high = float(row["target_low"]), float(row["target_high"])
    if math.isnan(value):
        return math.nan
    if math.isinf(high):
        return -low / value if value > 0.0 else -math.inf
    if low > 0.0:
        if value <= 0.0:
            return -math.inf
        value, low, high = math.log(value), math.log(low), math.log(high)
    return (value - (low + high) / 2.0) / ((high - low) / 2.0)


def clipped(value: float) -> float:
    """A place that can be drawn."""
    return value if math.isnan(value) else min(max(value, -WIDEST), WIDEST)


def of_shares(table: pd.DataFrame, ridge: Mapping[str, Any]) -> Chart:
    """Points of the posterior: share of duplicates against share of speculation; lines along which their sum is the same."""
    out = style.new_figure(460, hovermode="closest")
    top = 1.08 * float(table["duplicates"].max())
    right = 1.08 * float(table["speculation"].max())
    for total in np.arange(0.1, 2.0, 0.1):
        out.add_scatter(
            x=[0.0, total],
            y=[total, 0.0],
            mode="lines",
            line={"color": style.GRID, "width": 1},
            showlegend=False,
            hoverinfo="skip",
        )
    weight = table["weight"] / table["weight"].max()
    out.add_scatter(
        x=table["speculation"],
        y=table["duplicates"],
        mode="markers",
        marker={"color": style.NEEDED, "opacity": 0.45, "size": 3.0 + 9.0 * np.sqrt(weight)},
        showlegend=False,
        hovertemplate="speculation %{x:.2f}<br>duplicates %{y:.2f}<extra></extra>",
    )
    out.update_xaxes(range=[0.0, right], title_text="share of speculation in the pipeline")
    out.update_yaxes(range=[0.0, top], title_text="share of duplicates in the pipeline")
    correlation, narrower = ridge["correlation"], ridge["narrower"]
    low, _, high = ridge["both"]
    if correlation < -0.5:
        title = f"Together {low:.0%} to {high:.0%} of the pipeline; the facts do not tell one from the other"
    else:
        title = f"Duplicates and speculation together are {low:.0%} to {high:.0%} of the pipeline"
    caption = (
        "Every point is a set of parameters under which the facts are met, the larger the more weight it has; along a grey line "
        f"the two shares have the same sum. Their correlation is {correlation:.2f}, and the sum spreads {narrower:.2f} times as "
        "wide as that of two shares that have nothing to do with each other. Below 1, more of the one can stand in for the other."
    )
    return Chart("shares", "Duplicates or speculation", title, caption, f"Scatter. {title}.", out, table)


def of_pairs(table: pd.DataFrame, effective: float) -> Chart:
    """Bars of the strongest correlations of two parameters."""
    pale = style.faint(style.NEEDED, 0.4)
    drawn, chance = table.head(PAIRS), 2.0 / math.sqrt(effective)
    out = rows_figure(len(drawn))
    out.add_vrect(x0=-chance, x1=chance, fillcolor=style.CAPACITY, opacity=0.15, line_width=0)
    out.add_bar(
        orientation="h",
        y=[-i for i in range(len(drawn))],
        x=drawn["correlation"],
        width=0.26,
        marker={"color": [style.NEEDED if abs(value) > chance else pale for value in drawn["correlation"]]},
        showlegend=False,
        hoverinfo="skip",
    )
    for i, row in enumerate(records(drawn)):
        both = escape(f"{short(row['one'])} × {short(row['other'])}", quote=False)
        style.label_bar(out, f"<b>{row['correlation']:+.2f}</b>  {both}", -1.0, -i + NAME)
    axis = "correlation in the posterior"
    out.update_xaxes(range=[-1.02, 1.02], title_text=axis, zeroline=True, zerolinecolor=style.TWIN)
    clear = int((table["correlation"].abs() > chance).sum())
    title = f"{clear} of {len(table)} pairs of parameters are tied by the facts beyond chance"
    caption = (
        "Parameters are independent in the prior. A correlation in the posterior says that the facts know the two together "
        f"better than each: raising one can be made up for by the other. In the grey band, up to {chance:.2f}, it may be chance."
    )
    return Chart("pairs", "What the facts know only together", title, caption, f"Bars. {title}.", out, table)


def short(path: object) -> str:
    """The last two parts of a path."""
    return ".".join(str(path).split(".")[-2:])


def of_waves(table: pd.DataFrame) -> Chart:
    """Tolerance, wave by wave."""
    out = style.new_figure(280, hovermode="x unified")
    out.add_scatter(
        name="tolerance",
        x=table["wave"],
        y=table["tolerance"],
        mode="lines+markers",
        line={"color": style.NEEDED},
        showlegend=False,
    )
    out.add_hline(y=1.0, line={"color": style.SERVED, "dash": "dot"})
    out.update_xaxes(title_text="wave", dtick=1)
    out.update_yaxes(title_text="tolerance", rangemode="tozero")
    last = table.iloc[-1]
    far = float(last["tolerance"])
    met = "meet all facts" if far <= 1.0 else f"lie up to {far:.2f} half-widths from the middle of a range"
    title = f"After {int(last['points']):,} points, those that are left {met}"
    caption = (
        "The largest distance to the middle of a fact's range, in half-widths, among the points that are kept after each wave: "
        f"1 is met. What is left says as much as {last['effective']:.0f} points of equal weight."
    )
    return Chart("waves", "How it got there", title, caption, f"A line. {title}.", out, table)


def rows_figure(count: int) -> go.Figure:
    """An empty figure with a row for each of so many bars."""
    out = style.new_figure(110 + 46 * count, hovermode="closest", bargap=0.0, barmode="overlay")
    out.update_yaxes(visible=False, range=[-count + 0.4, 0.85], fixedrange=True)
    out.update_xaxes(fixedrange=True)
    return out
