"""A map of one month: who asks for how much at which bus, what is signed, in service and used, and how loaded lines are.

A bus is a set of discs around one point, whose areas add up: used, in service, signed, queued. The scale is that of the
whole run, so that a disc that grows from month to month is a queue that grows.
"""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from gridsim.engine.prepare import KINDS
from gridsim.engine.result import Result
from gridsim.figures import facts, grid_months, style, words
from gridsim.figures.grid_layout import Frame, frame, line_ends, outlines, path, radii, ribbons, round_size
from gridsim.figures.grid_months import F

HEIGHT = 600
NEAR = 0.9
"""Share of its limit from which a line is called congested."""
NAMED, IN_ROW = 8, 4
"""Congested lines that are named below the map, the most loaded ones, and how many of them in a row."""
LIST_HEIGHT = 0.15
NUMBERED = 80
"""Buses up to which each carries its number."""
WIDEST = 0.028
"""Width of the widest tie of the run, in the drawing's units."""
IDLE = "#93D3BF"
AT_LIMIT = "#D62728"
LOADS = (
    ("line under 50 %", 0.0, {"color": style.faint(style.TWIN, 0.6), "width": 1.5}),
    ("line 50–90 %", 0.5, {"color": style.CAPACITY, "width": 2.5}),
    ("line 90–100 %", NEAR, {"color": style.DUPLICATES, "width": 4}),
    ("line at limit", 1.0, {"color": AT_LIMIT, "width": 5}),
)
KIND_NAMES = {"lab": "labs", "hyperscaler": "hyperscalers", "developer": "developers"}


def missing(result: Result, month: int | None = None) -> str:
    """Why the map cannot be drawn; empty if it can."""
    found = facts.request_log(result)
    if found is None:
        return "This run kept no log of requests, so that it is not known where they stand."
    return "" if len(found) else "No request was filed in this run: there is nothing on the map."


def at(result: Result, month: int | None) -> int:
    """The month shown, by default the one in which claims peak. Raises ValueError for one outside the run."""
    if month is None:
        return facts.peak(result)
    if not 0 <= month < len(result.series):
        raise ValueError(f"month {month}: the run has months 0 to {len(result.series) - 1}")
    return int(month)


def figure(result: Result, month: int | None = None) -> go.Figure:
    """Discs and lines of a month; what is under the pointer is told in full."""
    t, fixed = at(result, month), frame(result)
    out = style.new_figure(HEIGHT, hovermode="closest", margin={"l": 4, "r": 4, "t": 8, "b": 4})
    below = line_traces(result, t) if result._prepared.case.lines else tie_traces(result, t)
    discs = [
        drawn(outlines(fixed.x, fixed.y, radii(fixed, mw)), name, rank, fill=colour)
        for rank, (name, mw, colour) in enumerate(layers(result, t))
    ]
    out.add_traces([*below, *reversed(discs), *ring_traces(fixed, fixed.ring[t]), *label_traces(result, t)])
    set_axes(out, result, t)
    return out


def layers(result: Result, t: int) -> list[tuple[str, F, str]]:
    """Discs from the innermost: name, MW of the whole disc by bus, colour of what it adds."""
    stages = grid_months.stages(result)
    parts = (
        ("in service, used", stages.used[t], style.SERVED),
        ("in service, idle", np.maximum(stages.service[t] - stages.used[t], 0.0), IDLE),
        ("signed", stages.signed[t], style.SIGNED),
        ("queued", stages.queued[t], style.faint(style.QUEUE, 0.55)),
    )
    sums = np.cumsum([mw for _, mw, _ in parts], axis=0)
    return [(name, total, colour) for (name, _, colour), total in zip(parts, sums, strict=True)]


def drawn(
    where: Any, name: str, rank: int, *, fill: str | None = None, line: dict[str, Any] | None = None, **more: Any
) -> go.Scatter:
    """A path, filled or as a line, at its place in the legend."""
    look = {"fill": "toself", "fillcolor": fill} if fill else {}
    x, y = where
    return go.Scatter(
        x=x, y=y, name=name, legendrank=rank + 1, mode="lines", line=line or {"width": 0}, hoverinfo="skip", **look, **more
    )  # fmt: skip


def ring_traces(fixed: Frame, mw: F) -> list[go.Scatter]:
    """Rings: capacity installed, a light line in a grey one, to be seen on any ground."""
    where = outlines(fixed.x, fixed.y, radii(fixed, mw))
    lines = {"width": 3.5, "color": style.CAPACITY}, {"width": 1.5, "color": "#FFFFFF"}
    return [
        drawn(where, "capacity", 5, line=line, legendgroup="capacity", showlegend=i == 0)
        for i, line in enumerate(lines)
    ]


def line_traces(result: Result, t: int) -> list[go.Scatter]:
    """Lines by how loaded they are, the names of those most congested, and points that tell each."""
    fixed, lines = frame(result), grid_months.lines(result)
    x, y = line_ends(fixed, lines.ends)
    level = np.searchsorted([bound for _, bound, _ in LOADS[1:]], lines.share[t] + 1e-9, side="right")
    out = [
        drawn(path(x[level == i], y[level == i]), name, 10 + i, line=line) for i, (name, _, line) in enumerate(LOADS)
    ]
    told = [line_text(result, lines, t, i) for i in range(len(x))]
    out.append(pointers(x.mean(axis=1), y.mean(axis=1), told, 12))
    dots = {"color": style.CAPACITY, "size": 6}
    out.append(go.Scatter(x=fixed.x, y=fixed.y, mode="markers", marker=dots, hoverinfo="skip", showlegend=False))
    return out


def congested_text(result: Result, t: int) -> str:
    """The names of congested lines, the most loaded first, in lines short enough for a narrow page."""
    found = [short(grid_months.lines(result).names[i]) for i in congested(result, t)]
    if not found:
        return ""
    more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
    named = [f"<b>{name}</b>" for name in found[:NAMED]]
    rows = [", ".join(named[i : i + IN_ROW]) for i in range(0, len(named), IN_ROW)]
    return "at 90 % or more: " + ",<br>".join(rows) + more


def labels(x: F, y: F, text: list[str], place: str, size: int, **font: Any) -> go.Scatter:
    """Words on the map."""
    return go.Scatter(
        x=x, y=y, text=text, mode="text", textposition=place, textfont={"size": size} | font, hoverinfo="skip",
        showlegend=False, cliponaxis=False,
    )  # fmt: skip


def short(name: str) -> str:
    """A line's name on the map: "bus 3 - bus 24" as "3–24"."""
    return name.replace("bus ", "").replace(" - ", "–")


def congested(result: Result, t: int) -> Any:
    """Lines at 90 % of their limit or more, the most loaded first."""
    share = grid_months.lines(result).share[t]
    order = np.argsort(-share, kind="stable")
    return order[share[order] + 1e-9 >= NEAR]


def line_text(result: Result, lines: grid_months.Lines, t: int, i: int) -> str:
    """What is told of a line."""
    row = result._prepared.case.lines[lines.row[t, i]]
    text = f"<b>{lines.names[i]}</b><br>{words.percent(lines.share[t, i])} of its limit"
    text += f"<br>{words.power(abs(lines.flow[t, i]))} of {words.power(lines.limit[t, i])}"
    return text if row == lines.names[i] else f"{text}<br>{row.removeprefix(lines.names[i] + ' ')}"


def tie_traces(result: Result, t: int) -> list[go.Scatter]:
    """Ties between areas, from disc to disc, as wide as what is filed in both: where duplicates sit."""
    fixed, shared = frame(result), grid_months.shared_mw(result, t)
    ends = np.argwhere(shared > facts.DUST)
    mw = shared[ends[:, 0], ends[:, 1]]
    total = layers(result, t)[-1][1]
    x, y = ribbons(fixed, ends, radii(fixed, total)[ends], WIDEST * mw / max(fixed.tie_mw, facts.DUST))
    names = [escape(name, quote=False) for name in result._prepared.case.buses]
    told = [
        f"<b>{names[a]} and {names[b]}</b><br>{words.power(size)} of projects queued in both"
        for (a, b), size in zip(ends, mw, strict=True)
    ]
    ties = drawn(path(x, y), "filed in both areas", 6, fill=style.faint(style.DUPLICATES, 0.4))
    return [ties, pointers(x.mean(axis=1), y.mean(axis=1), told, 10)]


def pointers(x: F, y: F, told: list[str], size: float) -> go.Scatter:
    """Points that are not seen and tell what is there."""
    return go.Scatter(
        x=x, y=y, mode="markers", marker={"size": size, "opacity": 0}, showlegend=False, customdata=told,
        hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip


def label_traces(result: Result, t: int) -> list[go.Scatter]:
    """Names of areas outside their discs, or numbers of buses; and what is told of each."""
    fixed, case = frame(result), result._prepared.case
    told = [bus_text(row) for row in table(result, t).to_dict("records")]
    out = [pointers(fixed.x, fixed.y, told, 34)]
    if case.lines and len(case.buses) > NUMBERED:
        return out
    if case.lines:
        numbers = [short(name) for name in case.buses]
        return [*out, labels(fixed.x, number_height(result), numbers, "top center", 11)]
    for upper, place in ((True, "top center"), (False, "bottom center")):
        some = np.flatnonzero((fixed.y >= 0.5) == upper)
        y = fixed.y + fixed.largest * (1.0 if upper else -1.0)
        out.append(labels(fixed.x[some], y[some], [escape(case.buses[i], quote=False) for i in some], place, 12))
    return out


def number_height(result: Result) -> F:
    """Where the number of a bus stands: above whatever is signed or in service there in any month."""
    fixed, stages = frame(result), grid_months.stages(result)
    most = np.maximum((stages.signed + stages.service).max(axis=0), fixed.ring.max(axis=0))
    return fixed.y + radii(fixed, most)


def bus_text(row: dict[Any, Any]) -> str:
    """What is told of a bus; a row of the table."""
    asked = [
        f"{name} {words.power(row[f'queued by {name}, MW'])}"
        for name in KIND_NAMES.values()
        if row[f"queued by {name}, MW"] >= facts.DUST
    ]
    where = row["area"] if row["bus"] == row["area"] else f"{row['bus']}, {row['area']}"
    lines = [
        f"<b>{escape(where, quote=False)}</b>",
        f"queued: {words.power(row['queued, MW'])}",
        *([f"  by {words.listed(asked)}"] if asked else []),
        f"signed: {words.power(row['signed, MW'])}",
        f"in service: {words.power(row['in service, MW'])}, of which used {words.power(row['used, MW'])}",
        f"capacity of the area: {words.power(row['installed in the area, MW'])}, "
        f"free {words.power(row['free in the area, MW'])}",
    ]
    return "<br>".join(lines)


def set_axes(out: go.Figure, result: Result, t: int) -> None:
    """Equal units on both axes, room for discs and names, a disc that shows the scale, and the names of congested lines."""
    fixed = frame(result)
    named = 0.04 if result._prepared.case.lines else 0.07
    largest = float(np.max(fixed.largest))
    mw = round_size((largest / fixed.radius) ** 2 / 4)
    size = radii(fixed, np.array([mw]))
    low, high = float(np.min(fixed.x - fixed.largest)), float(np.max(fixed.x + fixed.largest))
    bottom, top = float(np.min(fixed.y - fixed.largest)) - named, float(np.max(fixed.y + fixed.largest)) + named
    x, y = np.array([low]) + size, np.array([bottom]) - size
    line = {"width": 1.2, "color": style.TWIN}
    text = [f" a disc of {words.power(mw)}"]
    out.add_traces(
        [
            drawn(outlines(x, y, size), "scale", 90, line=line, showlegend=False),
            labels(x + size, y, text, "middle right", 12, color=style.TWIN),
        ]
    )
    bottom -= 2 * float(size[0]) + 0.02
    if result._prepared.case.lines:
        out.add_trace(labels(np.array([low]), np.array([bottom]), [congested_text(result, t)], "bottom right", 12))
        bottom -= LIST_HEIGHT
    common = {"visible": False, "fixedrange": True, "constrain": "domain"}
    out.update_xaxes(**common, range=[low - 0.06, high + 0.06])
    out.update_yaxes(**common, range=[bottom, top], scaleanchor="x", scaleratio=1, constraintoward="top")


def table(result: Result, month: int | None = None) -> pd.DataFrame:
    """One row a bus: who asks there, what is signed, in service and used, and the capacity of its area."""
    t = at(result, month)
    stages, case = grid_months.stages(result), result._prepared.case
    areas = np.array(result._prepared.utilities.names)[case.area]
    kinds = {f"queued by {KIND_NAMES[kind]}, MW": stages.by_kind[k, t] for k, kind in enumerate(KINDS)}
    return pd.DataFrame(
        {
            "bus": case.buses,
            "area": areas,
            "queued, MW": stages.queued[t],
            **kinds,
            "signed, MW": stages.signed[t],
            "in service, MW": stages.service[t],
            "used, MW": stages.used[t],
            "installed in the area, MW": np.asarray(result._state.utility_traces["installed_mw"])[t, case.area],
            "free in the area, MW": grid_months.free_mw(result)[t, case.area],
        }
    )


def title(result: Result, month: int | None = None) -> str:
    """The finding: how much is queued where, and what of the lines is full."""
    t = at(result, month)
    stages, case = grid_months.stages(result), result._prepared.case
    queued, n = stages.queued[t], len(case.buses)
    where = ("bus" if n == 1 else "buses") if case.lines else ("area" if n == 1 else "areas")
    text = f"{words.power(float(queued.sum()))} queue at {n} {where} in {facts.month_name(result, t)}"
    if queued.sum() < facts.DUST:
        text = f"Nothing is queued in {facts.month_name(result, t)}"
    elif n > 1:
        most = int(np.argmax(queued))
        text += f", most at {case.buses[most]} ({words.power(queued[most])})"
    if not case.lines:
        return text
    full, lines = congested(result, t), grid_months.lines(result)
    if not len(full):
        return f"{text}; none of {len(lines.names)} lines is loaded to 90 % of its limit"
    worst = f"most {lines.names[full[0]]} ({words.percent(lines.share[t, full[0]])})"
    return f"{text}; {len(full)} of {len(lines.names)} lines are at 90 % of their limit or more, {worst}"


def caption(result: Result, month: int | None = None) -> str:
    """How to read the map."""
    free = float(grid_months.free_mw(result)[at(result, month)].sum())
    opening = grid_months.opening_load(result)
    text = (
        "Areas of discs are MW and add up from inside: used, in service, signed, queued, every copy. The ring is the "
        "capacity that is installed for large load: where signed and served fill it, nothing is left. The scale is the same "
        f"in all months. {words.power(free)} of capacity are in no contract. Not on the map: {words.power(opening)} of load "
        "in service since before the run, which belongs to no area."
    )
    if not result._prepared.case.lines:
        return f"{text} Ties join areas in which the same projects are queued, as wide as their MW; places have no geography."
    text += (
        " An area's capacity is drawn at its buses by their share of its load. Lines are loaded as studies count it: the "
        "case's own flow, that of agreements signed and of load in service; upgrades raise their limits. Lines without a "
        "rating are not drawn."
    )
    return text if grid_months.lines(result).replayed else f"{text} Limits are those of the run's last month."


def alt(result: Result, month: int | None = None) -> str:
    """The map in a sentence."""
    t, stages = at(result, month), grid_months.stages(result)
    signed, service, used = (float(part[t].sum()) for part in (stages.signed, stages.service, stages.used))
    return (
        f"Map with a disc for each of {len(result._prepared.case.buses)} places. {title(result, t)}. Signed "
        f"{words.power(signed)}, in service {words.power(service)}, of which used {words.power(used)}."
    )
