"""One agent at a time: what an applicant needs, has and asks for, or what a utility is asked for; and all agents in a table.

The life of a single project is in `life_project`; its functions can be had here as well.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from gridsim.config.explain import did_you_mean
from gridsim.engine.prepare import KINDS
from gridsim.engine.result import Result
from gridsim.figures import facts, style, words
from gridsim.figures.life_project import (
    axis,
    outcomes,
    request_alt,
    request_caption,
    request_figure,
    request_missing,
    request_table,
    request_title,
)
from gridsim.figures.survival import projects, quantile

__all__ = [
    "agent_alt",
    "agent_caption",
    "agent_figure",
    "agent_missing",
    "agent_table",
    "agent_title",
    "agents_table",
    "names",
    "projects_of",
    "request_alt",
    "request_caption",
    "request_figure",
    "request_missing",
    "request_table",
    "request_title",
]
ASKED = ("Asked for", (("queued, every copy", "queued_mw", style.QUEUE), ("signed", "signed_mw", style.SIGNED)))
IN_SERVICE = ("in service", "energised_mw", style.SERVED)
APPLICANT = (ASKED, ("Needed and obtained", (("needed", "need_mw", style.NEEDED), IN_SERVICE)))
DEVELOPER = (ASKED,)
UTILITY = (ASKED, ("In service", (("capacity for large load", "installed_mw", style.CAPACITY), IN_SERVICE)))
Panels = tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...]


def names(result: Result) -> dict[str, str]:
    """Kind of every agent by its name, in the scenario's order: applicants, then utilities."""
    p = result._prepared
    out: dict[str, str] = {}
    for roster, kinds in (
        (p.applicants, [KINDS[kind] for kind in p.applicants.kinds]),
        (p.utilities, ["utility"] * len(p.utilities.names)),
    ):
        out |= {roster.names[i]: kinds[i] for i in np.argsort(np.array(roster.listed), kind="stable")}
    return out


def kind_of(result: Result, agent: str) -> str:
    """The kind of an agent. Raises ValueError where the run has none of that name."""
    known = names(result)
    if agent not in known:
        raise ValueError(f"agent {agent!r}: the run has none of this name{did_you_mean(agent, list(known))}")
    return known[agent]


def panels(result: Result, agent: str) -> Panels:
    """What is drawn of an agent, panel by panel: name, column, colour."""
    kind = kind_of(result, agent)
    return UTILITY if kind == "utility" else DEVELOPER if kind == "developer" else APPLICANT


def agent_missing(result: Result, agent: str) -> str:
    """Why an agent cannot be drawn; empty if it can."""
    if agent not in names(result):
        return f"The run has no agent of the name {agent}."
    try:
        series_of(result, agent)
    except ValueError:
        return "This run did not record agents, so that nothing is known of one month by month."
    return ""


def series_of(result: Result, agent: str) -> pd.DataFrame:
    """One row a month: what the engine traced of an agent. Raises ValueError if the run did not record agents."""
    if kind_of(result, agent) == "utility":
        table, column = result.areas, "utility"
    else:
        table, column = result.agents, "agent"
    return table[table[column] == agent].sort_values("month").set_index("month")


def agent_figure(result: Result, agent: str) -> go.Figure:
    """Lines over time: what an agent asks for above, what it needs and has below; of a utility what it is asked for."""
    drawn, series = panels(result, agent), series_of(result, agent)
    columns = [column for _, lines in drawn for _, column, _ in lines]
    unit = words.power_unit(float(series[columns].to_numpy().max()))
    out = make_subplots(rows=len(drawn), cols=1, shared_xaxes=True, vertical_spacing=0.2)
    out.update_layout(template=style.TEMPLATE, height=340 * len(drawn))
    style.panel_legends(out, [1.0, 0.4][: len(drawn)])
    for row, (panel, lines) in enumerate(drawn, start=1):
        for name, column, colour in lines:
            mw = facts.clean(series[column]) / unit.size
            line = style.line(result.dates, mw, name, colour, unit, legend=style.legend(row - 1))
            out.add_trace(line, row=row, col=1)
        out.update_yaxes(title_text=f"{panel}, {unit.name}", rangemode="tozero", row=row, col=1)
    out.update_xaxes(**axis(result.dates))
    return out


def agent_table(result: Result, agent: str) -> pd.DataFrame:
    """The lines as a table: MW by month."""
    series = series_of(result, agent)
    out = pd.DataFrame({"month": result.dates.strftime("%Y-%m")})
    for _, lines in panels(result, agent):
        for name, column, _ in lines:
            out[f"{name}, MW"] = facts.clean(series[column])
    return out


def agent_title(result: Result, agent: str) -> str:
    """The finding: what the agent asks for at most, and what it needs and has at the end."""
    series, kind = series_of(result, agent), kind_of(result, agent)
    asked = series["queued_mw"] + series["signed_mw"]
    most, last = int(np.argmax(asked.to_numpy())), series.iloc[-1]
    month = facts.month_name(result, most)
    if asked.iloc[most] < facts.DUST:
        text = f"{agent} is asked for nothing" if kind == "utility" else f"{agent} asks for nothing"
    elif kind == "utility":
        text = f"{agent} is asked for {words.power(float(asked.iloc[most]))} in {month}"
    else:
        text = f"{agent} asks for {words.power(float(asked.iloc[most]))} in {month}"
    service = words.power(float(last["energised_mw"]))
    if kind == "developer":
        return f"{text} and needs nothing itself"
    if kind == "utility":
        return f"{text}; at the end {service} are in service, of {words.power(float(last['installed_mw']))} installed"
    return f"{text}; at the end it needs {words.power(float(last['need_mw']))} and has {service} in service"


def agent_caption(result: Result, agent: str) -> str:
    """How to read the lines."""
    kind = kind_of(result, agent)
    if kind == "utility":
        return (
            "Queued: every request to this utility that is not signed, copies of projects filed elsewhere included. In "
            "service: contracts; load served since before the run belongs to no utility and is not in it."
        )
    if kind == "developer":
        return "Positions in queues, every copy, held to be sold; a position that is sold is its buyer's from then on."
    return (
        "Queued: every copy of every project not yet signed. Needed: true need of the month, which nobody else sees. In "
        "service: contracted load, that from before the run included."
    )


def agent_alt(result: Result, agent: str) -> str:
    """The lines in a sentence."""
    series, found = series_of(result, agent), []
    for _, lines in panels(result, agent):
        for name, column, _ in lines:
            ends = [words.power(float(series[column].iloc[i])) for i in (0, -1)]
            found.append(f"{name} from {ends[0]} to {ends[1]}")
    return f"Lines over time of {agent}, from the first month to the last: {'; '.join(found)}."


def agents_table(result: Result) -> pd.DataFrame:
    """One row an agent, at the end of the run; needs the log of requests.

    Of a utility, requests are those that it was asked for. Waits are Kaplan-Meier medians of the projects of labs and
    hyperscalers filed during the run, from filing to service; NaN where the median is not reached.
    """
    log = result.requests
    own = log[log["filed"] >= 0]
    by = {side: dict(list(own.groupby(side))) for side in ("applicant", "utility")}
    asked = own.assign(project=own.groupby(["utility", "project"], sort=False).ngroup())
    months = len(result.series)
    waits = median_waits(own, "applicant", months) | median_waits(asked, "utility", months)
    rows = []
    for agent, kind in names(result).items():
        filed = by["utility" if kind == "utility" else "applicant"].get(agent, own[:0])
        mw, stocks = float(filed["mw"].sum()), stocks_of(result, agent, kind)
        growth = stocks.pop("growth")
        some = len(filed) > 0 and kind != "developer"
        rows.append(
            {"agent": agent, "kind": kind}
            | stocks
            | {
                "requests filed": len(filed),
                "filed, MW": mw,
                "copies per project": len(filed) / filed["project"].nunique() if some and kind != "utility" else np.nan,
                "MW filed per MW of need added": mw / growth if growth > facts.DUST else np.nan,
                "median wait, months": waits.get(agent, np.nan),
            }
        )
    return pd.DataFrame(rows)


def median_waits(log: pd.DataFrame, side: str, months: int) -> dict[str, float]:
    """Kaplan-Meier medians of labs' and hyperscalers' projects, months, by who filed them or where."""
    table = projects(log, months)
    owner = log.groupby("project")[side].first().reindex(table.index)
    return {
        str(name): quantile(own["waited"].to_numpy(), own["end"].to_numpy(), 0.5) for name, own in table.groupby(owner)
    }


def stocks_of(result: Result, agent: str, kind: str) -> dict[str, float]:
    """MW of an agent in the last month, and by how much its need has grown; utilities and developers need nothing."""
    state, p = result._state, result._prepared
    group, roster = (state.utilities, p.utilities) if kind == "utility" else (state.applicants, p.applicants)
    i = roster.names.index(agent)
    heads = {"in service, MW": "energised_mw", "signed, MW": "signed_mw", "queued, MW": "queued_mw"}
    out = {head: float(facts.clean(pd.Series([group[name][i]]))[0]) for head, name in heads.items()}
    if kind in ("utility", "developer"):
        return {"need, MW": np.nan} | out | {"growth": np.nan}
    need: Any = state.need_mw[i]
    last = float(need[state.series.size - 1])
    return {"need, MW": last} | out | {"growth": last - float(need[0])}


def projects_of(result: Result, agent: str) -> pd.DataFrame:
    """One row for each project that an applicant filed, or that was filed at a utility; the newest first."""
    side = "utility" if kind_of(result, agent) == "utility" else "applicant"
    log = result.requests
    copies = log[log["project"].isin(log["project"][log[side] == agent])]
    out = copies.groupby("project").agg(
        applicant=("applicant", "first"),
        MW=("mw", "max"),
        copies=("mw", "size"),
        first=("filed", "min"),
        served=("energised", "min"),
    )
    out["outcome"] = outcomes(copies)
    sold = copies[copies["holder"] != copies["applicant"]]
    out["sold to"] = sold.groupby("project")["holder"].first().reindex(out.index).fillna("")
    out["filed"] = [facts.month_name(result, int(month)) for month in out["first"]]
    out["wait, months"] = out["served"] - out["first"]
    out = out.sort_values("first", ascending=False, kind="stable").reset_index()
    return out[["project", "applicant", "MW", "copies", "filed", "outcome", "wait, months", "sold to"]]
