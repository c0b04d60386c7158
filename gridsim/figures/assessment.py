"""The charts of an assessment: what a list stands for, when it comes, and what its data cannot tell.

Drawn from the tables of `gridsim.assess.answer.Answer`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from gridsim.figures import style, words
from gridsim.figures.assessment_parts import of_groups, of_levers
from gridsim.figures.charts import Chart

NAMES = {
    "unique": "one for each project",
    "signs": "signed, or signing within five years",
    "served_5": "in service within five years",
    "duplicates": "copies of the same project",
    "speculation": "speculation, copies apart",
}
COLOURS = {
    "unique": style.NEEDED,
    "signs": style.SIGNED,
    "served_5": style.SERVED,
    "duplicates": style.DUPLICATES,
    "speculation": style.SPECULATION,
}


def charts(
    table: pd.DataFrame,
    groups: pd.DataFrame,
    levers: pd.DataFrame,
    cloud: pd.DataFrame,
    total_mw: float,
    correlation: float,
) -> list[Chart]:
    """What the MW are, when they come, which requests, under other rules, and whether copies can be told from speculation."""
    out = [of_parts(table, total_mw), of_years(table, total_mw), of_groups(groups)]
    out += [of_levers(levers, total_mw)] if len(levers) else []
    return [*out, of_cloud(cloud, correlation)]


def power(mw: float) -> str:
    """An amount of power in words."""
    return words.power(mw)


def of_parts(table: pd.DataFrame, total_mw: float) -> Chart:
    """Intervals of what the open MW are; grey behind each what was known before the list was seen."""
    rows = table.set_index("quantity").loc[list(NAMES)]
    unit = words.power_unit(total_mw)
    out = style.new_figure(110 + 50 * len(rows), hovermode="closest", bargap=0.0, barmode="overlay")
    places = [-i for i in range(len(rows))]
    colours = [COLOURS[name] if told else style.CAPACITY for name, told in zip(NAMES, rows["told"], strict=True)]
    before = [style.faint(style.CAPACITY, 0.35)] * len(rows)
    for name, low, high, width, colour in (
        ("before the list was seen", "before_low", "before_high", 0.1, before),
        ("after (90 %)", "low", "high", 0.28, colours),
    ):
        out.add_bar(
            name=name,
            orientation="h",
            y=places,
            base=list(rows[low] * total_mw / unit.size),
            x=list((rows[high] - rows[low]) * total_mw / unit.size),
            width=width,
            marker={"color": colour},
            hoverinfo="skip",
            showlegend=False,
        )
    out.add_scatter(
        x=list(rows["median"] * total_mw / unit.size),
        y=places,
        mode="markers",
        marker=MEDIAN,
        hoverinfo="skip",
        showlegend=False,
    )
    for place, quantity, row in zip(places, NAMES, rows.to_dict("records"), strict=True):
        said = f"<b>{NAMES[quantity]}</b>  {share(row)}" + ("" if row["told"] else ": these data cannot tell")
        style.label_bar(out, said, 0.0, place + 0.2)
    out.update_yaxes(visible=False, range=[-len(rows) + 0.4, 0.85], fixedrange=True)
    out.update_xaxes(range=[0.0, total_mw / unit.size], title_text=unit.name, fixedrange=True)
    unique = rows.to_dict("index")["unique"]
    title = f"Of {power(total_mw)} asked for, {power(unique['low_mw'])} to {power(unique['high_mw'])} are different projects"
    caption = (
        "Thick bars hold what the list stands for with 90 % probability, given what simulated lists that look like it stood "
        "for; the dot is the median. Thin bars hold what simulated lists are before this one is seen: where the thick bar is "
        "as wide, it is grey, and the data cannot tell. Parts overlap: a copy can sign."
    )
    return Chart("parts", "What the MW are", title, caption, f"Bars. {title}.", out, table)


MEDIAN = {"color": style.OBSERVED, "size": 8, "line": {"color": "#FFFFFF", "width": 1.5}}


def share(row: Mapping[Any, Any]) -> str:
    """A share with its ends."""
    return f"{row['median']:.0%} ({row['low']:.0%} to {row['high']:.0%})"


def of_years(table: pd.DataFrame, total_mw: float) -> Chart:
    """MW in service by year from the day of the list, with their interval."""
    rows = table[table["quantity"].str.startswith("served_")]
    unit = words.power_unit(float(rows["high_mw"].max()))
    years = [int(name.removeprefix("served_")) for name in rows["quantity"]]
    out = style.new_figure(320, hovermode="x unified")
    ends = {end: [0.0, *(rows[f"{end}_mw"] / unit.size)] for end in ("low", "median", "high")}
    x = [0, *years]
    out.add_scatter(x=x, y=ends["high"], mode="lines", line={"width": 0}, showlegend=False, hoverinfo="skip")
    band = {"fill": "tonexty", "fillcolor": style.faint(style.SERVED, 0.2), "line": {"width": 0}}
    out.add_scatter(x=x, y=ends["low"], mode="lines", showlegend=False, hoverinfo="skip", **band)
    out.add_scatter(
        x=x, y=ends["median"], mode="lines+markers", line={"color": style.SERVED}, name="median", showlegend=False
    )
    out.update_xaxes(title_text="years from the day of the list", dtick=1)
    out.update_yaxes(title_text=unit.name, rangemode="tozero")
    last = rows.iloc[-1]
    title = f"{power(last['low_mw'])} to {power(last['high_mw'])} of it are in service within {years[-1]} years"
    caption = (
        f"Of {power(total_mw)} that are open on the list; the band holds 90 %. What is asked for later is not in it."
    )
    return Chart("years", "When it comes", title, caption, f"A line with a band. {title}.", out, rows)


def of_cloud(cloud: pd.DataFrame, correlation: float) -> Chart:
    """Simulated lists that look like this one: copies against speculation."""
    out = style.new_figure(420, hovermode="closest")
    top, right = 1.08 * float(cloud["duplicates"].max()), 1.08 * float(cloud["speculation"].max())
    for total in np.arange(0.1, 2.0, 0.1):
        line = {"color": style.GRID, "width": 1}
        out.add_scatter(x=[0, total], y=[total, 0], mode="lines", line=line, showlegend=False, hoverinfo="skip")
    heavy = cloud.nlargest(1500, "weight")
    size = 2.0 + 10.0 * np.sqrt(heavy["weight"] / heavy["weight"].max())
    out.add_scatter(
        x=heavy["speculation"],
        y=heavy["duplicates"],
        mode="markers",
        marker={"color": style.NEEDED, "opacity": 0.4, "size": size},
        showlegend=False,
        hovertemplate="speculation %{x:.2f}<br>copies %{y:.2f}<extra></extra>",
    )
    out.update_xaxes(range=[0.0, right], title_text="share of speculation in the open MW")
    out.update_yaxes(range=[0.0, top], title_text="share of copies in the open MW")
    ridge = correlation < -0.3
    title = (
        "More copies and less speculation, or less and more, look the same" if ridge else "Copies against speculation"
    )
    caption = (
        "Every point is a simulated list, the larger the more it looks like this one. Along a grey line copies and speculation "
        f"have the same sum. Their correlation is {correlation:.2f}; the closer to -1, the less can one be told from the other."
    )
    return Chart("cloud", "Copies or speculation", title, caption, f"Scatter. {title}.", out, heavy)


def of_totals(history: pd.DataFrame, table: pd.DataFrame) -> Chart:
    """MW under contract: what was published, and what follows with its interval."""
    rows = table[table["quantity"].str.startswith("signed_")]
    last = history.iloc[-1]
    ahead = [last["date"] + pd.DateOffset(months=3 * int(name.removeprefix("signed_"))) for name in rows["quantity"]]
    unit = words.power_unit(float(max(rows["high_mw"].max(), history["signed_mw"].max())))
    x = style.days(pd.DatetimeIndex([last["date"], *ahead]))
    start = float(last["signed_mw"]) / unit.size
    ends = {end: [start, *(rows[f"{end}_mw"] / unit.size)] for end in ("low", "median", "high")}
    out = style.new_figure(380, hovermode="x unified")
    out.add_scatter(x=x, y=ends["high"], mode="lines", line={"width": 0}, showlegend=False, hoverinfo="skip")
    band = {"fill": "tonexty", "fillcolor": style.faint(style.SIGNED, 0.3), "line": {"width": 0}}
    out.add_scatter(x=x, y=ends["low"], mode="lines", showlegend=False, hoverinfo="skip", **band)
    out.add_scatter(x=x, y=ends["median"], mode="lines+markers", line={"color": style.NEEDED}, name="median")
    dates = style.days(pd.DatetimeIndex(history["date"]))
    published = {"color": style.OBSERVED, "size": 8}
    out.add_scatter(
        x=dates, y=list(history["signed_mw"] / unit.size), mode="markers", marker=published, name="published"
    )
    out.update_yaxes(title_text=f"{unit.name} under contract", rangemode="tozero")
    row = rows.iloc[-1]
    title = f"{power(row['low_mw'])} to {power(row['high_mw'])} will be under contract in two years"
    caption = "Agreements that are not in service yet, those of requests to come included; the band holds 90 %."
    return Chart("contract", "Under contract", title, caption, f"Dots, then a line with a band. {title}.", out, rows)
