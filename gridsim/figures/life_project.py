"""The life of one project: a row for each of its copies, from filing to study, signature and service, or to its exit."""

from __future__ import annotations

from html import escape
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from gridsim.engine.result import Result
from gridsim.figures import facts, style, words
from gridsim.figures.fate import REASONS

PHASES = {
    "waiting for its study": style.QUEUE,
    "studied, not signed": style.PADDING,
    "signed, being built": style.SIGNED,
    "in service": style.SERVED,
}
CHOICES = ("first", "second", "third", "fourth", "fifth", "sixth")
ROW = 62
"""Pixels of a copy's row."""


class Phase(NamedTuple):
    """A bar: the copy's row, what it waits for, and the months from and to which it does."""

    row: int
    name: str
    first: float
    end: float


def copies_of(result: Result, project: int) -> pd.DataFrame:
    """The copies of a project, in the order of choice. Raises ValueError where the run has no such project."""
    log = result.requests
    found = log[log["project"] == project]
    if found.empty:
        raise ValueError(f"project {project}: the run has no project of this number")
    return found.sort_values(["filed", "choice"], kind="stable", ignore_index=True)


def request_missing(result: Result, project: int) -> str:
    """Why the life of a project cannot be drawn; empty if it can."""
    log = facts.request_log(result)
    if log is None:
        return "This run kept no log of requests, so that the life of a project is not known."
    return "" if (log["project"] == project).any() else f"The run has no project number {project}."


def phases(copies: pd.DataFrame, months: int) -> list[Phase]:
    """What each copy goes through; what has not ended goes on to the end of the run."""
    out = []
    for row, copy in enumerate(records(copies)):
        end = copy["left"] if np.isfinite(copy["left"]) else float(months)
        steps = [copy[name] for name in ("filed", "studied", "signed", "energised")]
        for i, name in enumerate(PHASES):
            nexts = [step for step in steps[i + 1 :] if np.isfinite(step)]
            if np.isfinite(steps[i]):
                out.append(Phase(row, name, steps[i], max(steps[i], min([end, *nexts]))))
    return out


def day(result: Result, month: float) -> pd.Timestamp:
    """The first day of a month of the run, or of one before or after it."""
    return pd.Timestamp(result.dates[0] + pd.DateOffset(months=int(month)))


def request_figure(result: Result, project: int) -> go.Figure:
    """Bars by calendar date, a row for each copy; a cross where it left, a dotted line where the run ends."""
    copies, months = copies_of(result, project), len(result.series)
    found = phases(copies, months)
    out = style.new_figure(110 + ROW * len(copies), hovermode="closest", barmode="overlay", bargap=0.0)
    for name, colour in PHASES.items():
        own = [phase for phase in found if phase.name == name]
        spans = [(day(result, phase.first), day(result, phase.end)) for phase in own]
        out.add_bar(
            orientation="h",
            y=[-phase.row for phase in own],
            base=[f"{first:%Y-%m-%d}" for first, _ in spans],
            x=[(end - first) / pd.Timedelta(milliseconds=1) for first, end in spans],
            width=0.34,
            name=name,
            marker={"color": colour, "cornerradius": 3},
            customdata=[phase_text(result, copies, phase) for phase in own],
            hovertemplate="%{customdata}<extra></extra>",
        )
    add_exits(out, result, copies)
    first, last = day(result, copies["filed"].min()), day(result, months)
    for row, copy in enumerate(records(copies)):
        style.label_bar(out, label(copy), f"{first:%Y-%m-%d}", -row + 0.19)  # type: ignore[arg-type]
    out.update_xaxes(**axis(pd.date_range(first, last, freq="MS")))
    out.update_yaxes(visible=False, range=[-len(copies) + 0.55, 0.75], fixedrange=True)
    out.add_shape(
        type="line", x0=f"{last:%Y-%m-%d}", x1=f"{last:%Y-%m-%d}", y0=0, y1=1, yref="paper",
        line={"color": style.TWIN, "width": 1, "dash": "dot"},
    )  # fmt: skip
    return out


def axis(dates: pd.DatetimeIndex) -> dict[str, Any]:
    """The house's calendar axis, with years far enough apart for a narrow page."""
    found = style.date_axis(dates)
    return found | {"dtick": "M24"} if found.get("dtick") == "M12" and len(dates) > 72 else found


def records(copies: pd.DataFrame) -> list[dict[str, Any]]:
    """Copies as dictionaries, by the names of the log's columns."""
    return [{str(name): value for name, value in copy.items()} for copy in copies.to_dict("records")]


def add_exits(out: go.Figure, result: Result, copies: pd.DataFrame) -> None:
    """A cross where a copy left."""
    gone = copies[copies["left"].notna()]
    out.add_scatter(
        x=[f"{day(result, month):%Y-%m-%d}" for month in gone["left"]],
        y=[-row for row in gone.index],
        mode="markers",
        name="left the queue",
        marker={"symbol": "x", "size": 10, "color": style.SPECULATION, "line": {"width": 1, "color": "#FFFFFF"}},
        customdata=[f"left: {REASONS[reason]}" for reason in gone["reason"]],
        hovertemplate="%{customdata}<extra></extra>",
        showlegend=len(gone) > 0,
    )


def phase_text(result: Result, copies: pd.DataFrame, phase: Phase) -> str:
    """What is told of a bar."""
    copy = copies.iloc[phase.row]
    ends = (copy["left"], copy["energised"], copy["signed"], copy["studied"])
    still = phase.end >= len(result.series) and not any(end == phase.end for end in ends)
    until = "the run's end" if still else facts.month_name(result, int(phase.end))
    text = f"<b>{escape(str(copy['utility']), quote=False)}</b>: {phase.name}<br>"
    text += f"{facts.month_name(result, int(phase.first))} to {until}"
    again = int(copy["restudies"])
    return text if phase.name != "waiting for its study" or not again else f"{text}<br>studied again {times(again)}"


def times(n: int) -> str:
    """How often, in words."""
    return {1: "once", 2: "twice"}.get(n, f"{n} times")


def choice_name(choice: int) -> str:
    """The rank of a copy in words."""
    return f"{CHOICES[choice]} choice" if choice < len(CHOICES) else f"{choice + 1}th choice"


def label(copy: dict[str, Any]) -> str:
    """The line above a copy's bars: where it was filed, and how it stands."""
    where = escape(str(copy["utility"]), quote=False)
    return f"<b>{where}</b>  {choice_name(copy['choice'])}: {state_of(copy)}"


def state_of(copy: dict[str, Any]) -> str:
    """How a copy stands in the last month, or why it left."""
    if copy["left"] == copy["left"]:
        return REASONS[str(copy["reason"])]
    if copy["energised"] == copy["energised"]:
        return "in service"
    return "being built" if copy["signed"] == copy["signed"] else str(copy["stage"])


def outcomes(log: pd.DataFrame) -> pd.Series:
    """What became of each project: how its furthest copy stands, or why the last one left; siblings' signatures apart."""
    alive = log["left"].isna()
    reached = np.select([log["energised"].notna(), alive & log["signed"].notna(), alive], [3, 2, 1], 0)
    furthest = pd.Series(reached, index=log.index).groupby(log["project"]).max()
    order = log.assign(own=log["reason"] != "sibling signed").sort_values(["own", "left"], kind="stable")
    why = order.groupby("project")["reason"].last().reindex(furthest.index).map(REASONS)
    names = np.array(["", "still queued", "being built", "in service"])[furthest.to_numpy()]
    return pd.Series(np.where(furthest > 0, names, why.fillna("")), index=furthest.index)


def request_table(result: Result, project: int) -> pd.DataFrame:
    """The timeline as a table: a row for each copy."""
    copies = copies_of(result, project)
    out = pd.DataFrame({"utility": copies["utility"], "choice": [choice_name(int(c)) for c in copies["choice"]]})
    out["MW"] = copies["mw"]
    for name, column in (
        ("filed", "filed"),
        ("studied", "studied"),
        ("signed", "signed"),
        ("in service", "energised"),
        ("left", "left"),
    ):
        out[name] = [f"{day(result, month):%Y-%m}" if np.isfinite(month) else "–" for month in copies[column]]
    out["stands as"] = [state_of(copy) for copy in records(copies)]
    out["studied again"] = copies["restudies"]
    out["upgrades, million US$"] = copies["upgrade_cost_usd"] / 1e6
    out["deposits, million US$"] = copies["deposit_usd"] / 1e6
    return out


def request_title(result: Result, project: int) -> str:
    """The finding: where the project was filed, and what became of it."""
    copies = copies_of(result, project)
    first = copies["filed"].min()
    areas = "1 area" if len(copies) == 1 else f"{len(copies)} areas"
    text = f"{copies['applicant'].iloc[0]} files {words.power(float(copies['mw'].max()))} in {areas} in "
    text += facts.month_name(result, int(first))
    served = copies[copies["energised"].notna()]
    if len(served):
        row = served.sort_values("energised", kind="stable").iloc[0]
        wait = words.span(int(row["energised"] - first))
        sold = f", sold to {row['holder']}" if row["holder"] != row["applicant"] else ""
        return f"{text} and has power at {row['utility']} after {wait}{sold}"
    end = outcomes(copies).iloc[0]
    if copies["holder"].iloc[0] != copies["applicant"].iloc[0]:
        text += f" and sells it to {copies['holder'].iloc[0]}"
    if end in ("still queued", "being built"):
        waited = words.span(int(len(result.series) - first))
        return f"{text}; when the run ends, {waited} later, it is {end}"
    waited = words.span(int(copies["left"].max() - first))
    return f"{text}; after {waited} the last copy is gone: {end}"


def request_caption(result: Result, project: int) -> str:
    """How to read the timeline."""
    copies = copies_of(result, project)
    filed = "filed before the run, whose early history is drawn, not simulated, " if copies["filed"].min() < 0 else ""
    return (
        f"Project {project}, {filed}by calendar date: a row for each copy, the area liked best first. Only one copy is "
        "needed: once one signs, the others leave. A study that is made again is shown by its last result. A cross marks "
        "where a copy left; the dotted line is the end of the run."
    )


def request_alt(result: Result, project: int) -> str:
    """The timeline in a sentence."""
    copies = copies_of(result, project)
    parts = [f"{copy['utility']}, {choice_name(copy['choice'])}: {state_of(copy)}" for copy in records(copies)]
    return f"Timeline of project {project} with {len(copies)} rows. {'; '.join(parts)}."
