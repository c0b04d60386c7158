"""GPUs over time: who has them, whether they run, what they rent for, and what is needed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from gridsim.engine.result import Result
from gridsim.figures import facts, style, words

PARTS = (
    ("held and needed", style.SERVED),
    ("at work beyond need", style.EXCESS),
    ("held idle", style.SPECULATION),
    ("for rent, not taken", style.CAPACITY),
    ("no power", style.PADDING),
)
"""The parts of all GPUs delivered, from the bottom of the stack, with their colours."""
SEEN = 0.003
"""Parts that never reach this share of all GPUs are left to the table."""

TOLD = 0.01
"""Parts of a smaller share are not in the title."""


def missing(result: Result) -> str:
    """Why the chart cannot be drawn; empty if it can."""
    s = result.series
    if not np.nan_to_num(s[["installed_gpu", "unplugged_gpu", "compute_need"]].to_numpy()).max() > facts.DUST:
        return "Nobody has or needs GPUs in this run."
    if len(s) < 2:
        there, need = float(s["installed_gpu"].iloc[0]), float(s["compute_need"].iloc[0])
        return f"The run lasts a single month: {words.gpus(there)} have power, {words.count(need)} are needed."
    return ""


def parts(result: Result) -> pd.DataFrame:
    """GPUs by part and month; the parts add up to all that were delivered."""
    s = result.series
    at_work = (s["compute_held"] - s["idle_held_gpu"]).clip(lower=0.0)
    needed = np.minimum(s["compute_useful"], at_work)
    free = (s["installed_gpu"] - s["compute_held"]).clip(lower=0.0)
    columns = (needed, at_work - needed, s["idle_held_gpu"], free, s["unplugged_gpu"])
    return pd.DataFrame({name: values for (name, _), values in zip(PARTS, columns, strict=True)})


def rents(result: Result) -> bool:
    """Whether there is anybody who rents GPUs out, so that they have a price."""
    return bool(result.scenario.actors.neoclouds.roster("neocloud"))


def figure(result: Result) -> go.Figure:
    """A stack of all GPUs with the need as a line; below it the price, where GPUs are rented."""
    priced = rents(result)
    heights, tops = ([0.68, 0.32], [1.0, 0.25]) if priced else ([1.0], [1.0])
    out = make_subplots(rows=len(heights), cols=1, shared_xaxes=True, vertical_spacing=0.15, row_heights=heights)
    out.update_layout(template=style.TEMPLATE, height=680 if priced else 460, showlegend=True)
    style.panel_legends(out, tops)
    add_stack(out, result)
    if priced:
        add_price(out, result)
    out.update_yaxes(rangemode="tozero")
    out.update_xaxes(**style.date_axis(result.dates))
    return out


def add_stack(out: go.Figure, result: Result) -> None:
    """The parts of all GPUs, and the need."""
    found, need = parts(result), result.series["compute_need"]
    unit = words.gpu_unit(float(np.nanmax([found.sum(axis=1).max(), need.max()])))
    whole = float(found.sum(axis=1).max())
    for name, colour in PARTS:
        if not found[name].max() >= SEEN * whole > 0.0:
            continue
        out.add_trace(
            go.Scatter(
                x=style.days(result.dates),
                y=found[name] / unit.size,
                name=name,
                stackgroup="gpus",
                mode="lines",
                line={"width": 0, "color": colour},
                fillcolor=style.faint(colour, 0.62),
                hovertemplate=f"%{{y:,.{unit.digits}f}} {unit.name}",
            ),
            row=1,
            col=1,
        )
    out.add_trace(style.line(result.dates, need / unit.size, "needed", style.NEEDED, unit), row=1, col=1)
    out.update_yaxes(title_text=unit.name, row=1, col=1)


def add_price(out: go.Figure, result: Result) -> None:
    """The second panel: what a contract costs, in this run and its twin."""
    worlds = [(result, style.line, "rent of a GPU")]
    twin = facts.other_twin(result, "price_usd_gpu_h")
    if twin is not None:
        worlds.append((twin, style.twin_line, "rent of a GPU, twin"))
    for run, draw, name in worlds:
        usd = run.series["price_usd_gpu_h"]
        out.add_trace(draw(result.dates, usd, name, style.QUEUE, words.RENT, legend=style.legend(1)), row=2, col=1)
    out.update_yaxes(title_text="US$ an hour", row=2, col=1)


def table(result: Result) -> pd.DataFrame:
    """The chart as a table: thousand GPUs by month, and the rent."""
    out = pd.DataFrame({"month": result.dates.strftime("%Y-%m")})
    for name, values in parts(result).items():
        out[f"{name}, thousand GPUs"] = values.to_numpy() / 1e3
    out["needed, thousand GPUs"] = result.series["compute_need"].to_numpy() / 1e3
    if rents(result):
        out["rent, US$ an hour"] = result.series["price_usd_gpu_h"].to_numpy()
        if result.twin is not None:
            out["honest twin: rent, US$ an hour"] = result.twin.series["price_usd_gpu_h"].to_numpy()
    return out


def title(result: Result) -> str:
    """The finding, in the month of the headline: need, what has power, and what idles beside."""
    at = facts.peak(result)
    now, found = result.series.iloc[at], parts(result).iloc[at]
    there, need = float(now["installed_gpu"]), float(now["compute_need"])
    text = f"In {facts.month_name(result, at)} {words.gpus(need)} are needed and {words.count(there)} have power"
    said = [
        f"{words.count(float(found[name]))} {what}"
        for name, what in (
            ("no power", "wait for power"),
            ("held idle", "idle with those who hold them"),
            ("at work beyond need", "are at work beyond need"),
        )
        if found[name] >= TOLD * max(there, need)
    ]
    return f"{text}; {words.listed(said)}" if said else text


def caption(result: Result) -> str:
    """How to read the chart."""
    text = (
        "The stack is all GPUs delivered, in H100 equivalents. Held and needed: owned with power or rented, and within its "
        "holder's true need. At work beyond need: they make up for low efficiency or waste, or are on offer. Held idle: reserved "
        "or owned, not needed and not on the market. No power: delivered, and waiting for it. Needed: what the work would "
        "take at benchmark efficiency, with reserve for peaks; where the line is above the stack, GPUs are truly short."
    )
    if not rents(result):
        return text + " Nobody rents out GPUs in this run, so that they have no price."
    floor = result.scenario.compute.cloud.floor_usd_per_hour
    twin = " Dashed: the honest twin." if facts.other_twin(result, "price_usd_gpu_h") else ""
    return (
        f"{text} The rent is that of a contract in US$ of 2025; at {words.rent(floor)} who rents out breaks even, and the "
        f"price falls no further.{twin}"
    )


def alt(result: Result) -> str:
    """The chart in a sentence."""
    s = result.series
    price = s["price_usd_gpu_h"]
    text = (
        f"Stacked areas of GPUs from {facts.month_name(result, 0)} to {facts.month_name(result, len(s) - 1)}: with power "
        f"{words.gpus(s['installed_gpu'].iloc[0])} at first, {words.count(s['installed_gpu'].iloc[-1])} in the end; needed "
        f"{words.count(s['compute_need'].iloc[0])} and {words.count(s['compute_need'].iloc[-1])}; without power at most "
        f"{words.count(s['unplugged_gpu'].max())}, held idle at most {words.count(s['idle_held_gpu'].max())}"
    )
    if not rents(result):
        return f"{text}."
    return f"{text}. Rent between {words.rent(price.min())} and {words.rent(price.max())}."
