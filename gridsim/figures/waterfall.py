"""From megawatts asked for to useful work, at the end of the run."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from gridsim.engine.result import Result
from gridsim.engine.settings import tokens_of
from gridsim.engine.waterfall import Stage, mw_of_queries, stages, useful_tokens_per_day
from gridsim.figures import facts, style, words

COLOURS = (style.QUEUE, style.SIGNED, *[style.SERVED] * 6, style.NEEDED)


def last(result: Result) -> int:
    """The last month of the run."""
    return len(result.series) - 1


def missing(result: Result) -> str:
    """Why the chart cannot be drawn; empty if it can."""
    if result.series[["queued_mw", "signed_mw"]].to_numpy().max() <= 0.0:
        return "Nobody requests power in this run."
    return "" if stages(result, last(result))[3].mw > 0.0 else "No load is in service in this run."


def figure(result: Result) -> go.Figure:
    """A bar a stage, each what is left of the one above."""
    bars = stages(result, last(result))
    unit = words.power_unit(bars[0].mw)
    places = [-i for i in range(len(bars))]
    out = style.new_figure(110 + 50 * len(bars), hovermode="closest", bargap=0.0, showlegend=False)
    out.add_bar(
        orientation="h",
        y=places,
        x=[bar.mw / unit.size for bar in bars],
        width=0.42,
        marker={"color": list(COLOURS), "cornerradius": 3},
        customdata=[[bar.name, bar.meaning] for bar in bars],
        hovertemplate="%{customdata[0]}: %{x:,.2f} " + unit.name + "<br>%{customdata[1]}<extra></extra>",
    )
    for place, bar in zip(places, bars, strict=True):
        style.label_bar(out, f"<b>{words.power(bar.mw)}</b>  {bar.name}", 0, place + 0.24)
    out.update_yaxes(visible=False, range=[places[-1] - 0.4, 0.85], fixedrange=True)
    out.update_xaxes(title_text=unit.name, rangemode="tozero", fixedrange=True)
    out.update_layout(margin={"t": 8})
    return out


def shares(bars: list[Stage]) -> list[float]:
    """Of what is asked for, the share that is left at every stage."""
    return [bar.mw / bars[0].mw for bar in bars]


def table(result: Result) -> pd.DataFrame:
    """The chart as a table."""
    bars = stages(result, last(result))
    return pd.DataFrame(
        {
            "stage": [bar.name for bar in bars],
            "MW": [bar.mw for bar in bars],
            "share of what is asked for": shares(bars),
            "meaning": [bar.meaning for bar in bars],
        }
    )


def title(result: Result) -> str:
    """The finding."""
    bars = stages(result, last(result))
    return f"Of each 100 MW asked for by the end, {100.0 * shares(bars)[-1]:.2g} do useful work"


def caption(result: Result) -> str:
    """How to read the chart."""
    tokens, compute = useful_tokens_per_day(result, last(result)), result.scenario.compute
    chats_mw = mw_of_queries(1e9, tokens_of(compute.queries.chat, compute.queries.cache_hit), compute)
    return (
        f"At the end of {facts.month_name(result, last(result))}. Each bar is what is left of the one above. From the load "
        "that is due on, the bars count the power behind GPUs: those that have power and work, that are given to somebody, "
        "that are busy; then the power that would do the same work at the benchmark's arithmetic, and without tokens that "
        "a cheaper kind of query would have saved. The shares of GPUs are the same in every world (compute.waterfall in the "
        f"scenario). What serves users works out {tokens / 1e12:,.0f} trillion useful tokens a day; "
        f"for scale, a thousand million chats a day take {chats_mw:.1f} MW of busy GPUs."
    )


def alt(result: Result) -> str:
    """The chart in a sentence."""
    bars = stages(result, last(result))
    return "Bars from power asked for to useful work: " + "; ".join(f"{b.name} {words.power(b.mw)}" for b in bars) + "."
