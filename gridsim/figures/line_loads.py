"""The lines that are nearest to their limits in one month, as studies count what they carry."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from gridsim.engine.result import Result
from gridsim.figures import facts, grid_map, grid_months, style, words

SHOWN = 12
"""Lines that are drawn; the table has all."""
ROW, EDGES = 30, 110
"""Pixels of a bar with its gap, and of what is above and below the bars."""


def missing(result: Result, month: int | None = None) -> str:
    """Why there are no lines to draw; empty if there are."""
    if not result._prepared.case.lines:
        return "This scenario has areas and no lines; `grid.network.case: rts24` gives it a network."
    if not grid_months.lines(result).names:
        return "No line of this network has a rating."
    return grid_map.missing(result, month)


def figure(result: Result, month: int | None = None) -> go.Figure:
    """A bar a line, as long as the share of its limit that is taken; a mark at the limit."""
    rows = shares(result, month)
    out = style.new_figure(EDGES + ROW * len(rows), hovermode="closest", showlegend=False)
    names = [grid_map.short(name) for name in rows["line"]]
    out.add_bar(
        y=names,
        x=rows["share"],
        orientation="h",
        marker={"color": [colour(share) for share in rows["share"]]},
        text=[words.percent(share) for share in rows["share"]],
        textposition="auto",
        customdata=rows[["line", "flow, MW", "limit, MW", "while"]].to_numpy(),
        hovertemplate="%{customdata[0]}: %{customdata[1]:,.0f} of %{customdata[2]:,.0f} MW, %{customdata[3]}<extra></extra>",
    )
    top = max(1.05, 1.05 * float(rows["share"].max()))
    out.update_xaxes(title_text="share of the line's limit", tickformat=".0%", range=[0.0, top], fixedrange=True)
    out.update_yaxes(autorange="reversed", fixedrange=True, type="category")
    out.add_vline(x=1.0, line={"color": grid_map.AT_LIMIT, "width": 1.5, "dash": "dot"})
    return out


def colour(share: float) -> str:
    """The colour that the map gives a line."""
    return next(str(line["color"]) for _, least, line in reversed(grid_map.LOADS) if share + 1e-9 >= least)


def shares(result: Result, month: int | None = None) -> pd.DataFrame:
    """The lines that are drawn, the most loaded first, with their share of the limit."""
    t, found = grid_map.at(result, month), grid_months.lines(result)
    return table(result, month).assign(share=-np.sort(-found.share[t], kind="stable")).head(SHOWN)


def table(result: Result, month: int | None = None) -> pd.DataFrame:
    """One row a line, the most loaded first: what it carries, its limit, and the outage for which that holds."""
    t, found, case = grid_map.at(result, month), grid_months.lines(result), result._prepared.case
    order = np.argsort(-found.share[t], kind="stable") if found.names else np.zeros(0, np.int64)
    return pd.DataFrame(
        {
            "line": [found.names[i] for i in order],
            "loaded": [words.percent(found.share[t, i]) for i in order],
            "flow, MW": np.abs(found.flow[t, order]),
            "limit, MW": found.limit[t, order],
            "while": [
                case.lines[found.row[t, i]].removeprefix(found.names[i]).strip() or "all lines are in" for i in order
            ],
        }
    )


def title(result: Result, month: int | None = None) -> str:
    """The finding: how many lines are nearly full, and which is the fullest."""
    t, found = grid_map.at(result, month), grid_months.lines(result)
    rows, full, when = shares(result, t), grid_map.congested(result, t), facts.month_name(result, t)
    most = rows.iloc[0]
    text = f"{most['line'].capitalize()} is nearest to its limit in {when}: {most['loaded']} of {most['limit, MW']:,.0f} MW"
    return f"{text}; {len(full)} of {len(found.names)} lines are at 90 % or more"


def caption(result: Result, month: int | None = None) -> str:
    """How to read the chart."""
    rows = shares(result, month)
    many = f"The {len(rows)} fullest lines" if len(rows) > 1 else "The fullest line"
    text = (
        f"{many}, each by the state that loads it most: all lines in, or another one out where the scenario plans for that. "
        "Counted are the case's own flow, that of every agreement signed and of load in service; upgrades raise limits."
    )
    return text if grid_months.lines(result).replayed else f"{text} Limits are those of the run's last month."


def alt(result: Result, month: int | None = None) -> str:
    """The chart in a sentence."""
    rows = shares(result, month)
    return (
        f"Bars of {len(rows)} lines. {title(result, month)}. The last of them is loaded to {rows['loaded'].iloc[-1]}."
    )
