"""Where requests stand on the grid, month by month: MW by bus and stage, what of it is used, and how loaded lines are.

The engine keeps a log of requests, totals by area, and the last state of lines. MW by bus are the log's: a request is
queued from the month in which it is filed until it is signed or leaves, signed until it is in service or leaves. Lines
are read month by month while the same run is made once more, which gives the same bits.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridsim.engine.columns import open_state
from gridsim.engine.prepare import KINDS
from gridsim.engine.result import Result
from gridsim.engine.simulate import run_to_end
from gridsim.figures.once import once_a_run
from gridsim.model.state import N_ROWS, NEVER, State

F = NDArray[np.float64]
I64 = NDArray[np.int64]
DUST = 1e-6
"""MW below which there is nothing: what rounding leaves."""
LINE = re.compile(r"(?P<circuit>(?P<a>bus \d+) - (?P<b>bus \d+)(?: \(\d+\))?)(?: without .*)?")


class Stages(NamedTuple):
    """MW by month and bus. Queued MW are also told by kind of applicant: [kind, month, bus], in the order of KINDS.

    `opening_used` is what is used, month by month, of the load that was in service before the run.
    """

    queued: F
    by_kind: F
    signed: F
    service: F
    used: F
    opening_used: F


class Lines(NamedTuple):
    """Lines as drawn, each by the row that loads it most: the line itself, or while another one is out.

    `ends` are places of buses; `share` [month, line] is |flow| / limit of that row, `flow` and `limit` its MW and `row` its
    number in the case. `replayed` is False where the run cannot be made again: limits are then those of its last month.
    """

    names: list[str]
    ends: I64
    share: F
    flow: F
    limit: F
    row: I64
    replayed: bool


class Pairs(NamedTuple):
    """Two copies of one project in two areas, both queued from month `first` to before `end`."""

    a: I64
    b: I64
    mw: F
    first: I64
    end: I64


class Log(NamedTuple):
    """The log's columns that say where a request stands; `end` is the first month in which it is not queued any more."""

    bus: I64
    area: I64
    kind: I64
    holder: I64
    project: I64
    mw: F
    filed: I64
    signed: I64
    energised: I64
    left: I64
    end: I64


def log(result: Result) -> Log:
    """All requests of a run, months that have not come past its end."""
    state, prepared = result._state, result._prepared
    q = state.requests[: int(state.counts[N_ROWS])]
    months = state.series.size
    signed, energised, left = (np.where(q[name] == NEVER, months, q[name]) for name in ("signed", "energised", "left"))
    kind = np.array(prepared.applicants.kinds)[q.applicant]
    mw = np.array(q.mw + q.released_mw)
    where = np.array(q.bus), np.array(q.utility), kind, np.array(q.holder), np.array(q.project_id)
    return Log(*where, mw, np.array(q.filed), signed, energised, left, np.minimum(signed, left))


def standing(place: I64, first: I64, end: I64, mw: F, shape: tuple[int, int]) -> F:
    """MW by month and place of what stands from month `first` to before `end`; shape (months, places)."""
    months, places = shape
    change = np.zeros((months + 1, places))
    first, end = np.clip(first, 0, months), np.clip(end, 0, months)
    some = first < end
    np.add.at(change, (first[some], place[some]), mw[some])
    np.add.at(change, (end[some], place[some]), -mw[some])
    total = np.cumsum(change[:-1], axis=0)
    return np.where(np.abs(total) < DUST, 0.0, total)


@once_a_run
def stages(result: Result) -> Stages:
    """MW by stage, month and bus; the load served since before the run is at no bus (see `opening_load`)."""
    found = log(result)
    shape = result._state.series.size, len(result._prepared.case.buses)
    by_kind = np.stack(
        [
            standing(found.bus[own], found.filed[own], found.end[own], found.mw[own], shape)
            for own in (found.kind == kind for kind in range(len(KINDS)))
        ]
    )
    end = np.minimum(found.energised, found.left)
    signed = standing(found.bus, found.signed, end, found.mw, shape)
    return Stages(by_kind.sum(axis=0), by_kind, signed, *in_service(result, found, shape))


def in_service(result: Result, found: Log, shape: tuple[int, int]) -> tuple[F, F, F]:
    """MW in service by month and bus, what of it is used, and what is used of the opening load.

    A holder uses the same share of what is due under the ramp at all its sites.

    What a rule took back of contracts is not dated in the log: an area's buses then share its MW in service in proportion.
    """
    months, buses = shape
    state, ramp = result._state, max(1, int(result._prepared.params.ramp_months))
    on = np.flatnonzero(found.energised < months)
    bus, area, holder = found.bus[on], found.area[on], found.holder[on]
    age = np.arange(months)[:, None] - found.energised[on] + 1
    mw = np.where(age > 0, found.mw[on], 0.0)
    in_area = state.utility_traces["energised_mw"][:months]
    raw = _gathered(mw, area, in_area.shape[1])
    mw *= np.divide(in_area, raw, out=np.ones_like(raw), where=raw > DUST)[:, area]
    due = mw * np.clip(age / ramp, 0.0, 1.0)
    held = state.applicants.initial_mw + _gathered(due, holder, state.applicants.size)
    need = state.need_mw[:, :months].T
    share = np.minimum(1.0, np.divide(need, held, out=np.zeros_like(held), where=held > 0.0))
    used = _gathered(due * share[:, holder], bus, buses)
    return _gathered(mw, bus, buses), used, share @ np.asarray(state.applicants.initial_mw)


def _gathered(table: F, place: I64, places: int) -> F:
    """Columns of a table [month, request] added up by place."""
    out = np.zeros((places, table.shape[0]))
    np.add.at(out, place, table.T)
    return np.ascontiguousarray(out.T)


def opening_load(result: Result) -> float:
    """MW served since before the run: they belong to applicants, and to no utility and no bus."""
    return float(result._state.applicants.initial_mw.sum())


def free_mw(result: Result) -> F:
    """Capacity that no contract uses, by month and utility, MW.

    The engine adds non-firm load in service back, which takes no firm capacity; its area is not kept by month, so that only
    what shows in the series is given back, in proportion to MW in service.
    """
    traces = result._state.utility_traces
    free = np.array(traces["installed_mw"] - traces["energised_mw"])
    service = np.array(traces["energised_mw"])
    missing = np.array(result._state.series["unused_mw"]) - free.sum(axis=1)
    total = service.sum(axis=1)
    share = np.divide(service, total[:, None], out=np.zeros_like(service), where=total[:, None] > DUST)
    return np.asarray(free + missing[:, None] * share)


@once_a_run
def lines(result: Result) -> Lines:
    """How loaded lines are with their own flow and that of signed requests and load in service, as studies count it."""
    case, months = result._prepared.case, result._state.series.size
    names, row_line, ends = drawn(case.lines, case.buses)
    shape = months, len(names)
    out = Lines(
        names, ends, np.zeros(shape), np.zeros(shape), np.zeros(shape), np.zeros(shape, np.int64), replayed=True
    )
    if not names:
        return out
    state, params = open_state(result._prepared, result.seed)
    for month in range(months):
        state = run_to_end(state, params, month, month + 1)
        put(out, month, row_line, np.asarray(state.lines.committed_mw), np.asarray(state.lines.limit_mw))
    if same_end(state, result._state):
        return out
    limit, committed = np.asarray(result._state.lines.limit_mw), committed_mw(result)
    for month in range(months):
        put(out, month, row_line, case.flow_mw + committed[month] @ case.ptdf, limit)
    return out._replace(replayed=False)


def same_end(ours: State, run: State) -> bool:
    """Whether two runs ended with the same bits on their lines."""
    return all(np.array_equal(ours.lines[name], run.lines[name]) for name in ("limit_mw", "committed_mw"))


def put(out: Lines, month: int, row_line: I64, flow: F, limit: F) -> None:
    """Write a month: of the rows of every line the one that is loaded most."""
    share = np.abs(flow) / np.maximum(limit, DUST)
    order = np.lexsort((-share, row_line))
    line, first = np.unique(row_line[order], return_index=True)
    row = order[first]
    out.share[month, line], out.row[month, line] = share[row], row
    out.flow[month, line], out.limit[month, line] = flow[row], limit[row]


def drawn(rows: list[str], buses: list[str]) -> tuple[list[str], I64, I64]:
    """Lines as drawn: their names, the line of every row of the case, and the places of the two buses of every line."""
    place = {bus: i for i, bus in enumerate(buses)}
    names: dict[str, int] = {}
    row_line, ends = [], []
    for row in rows:
        match = LINE.fullmatch(row)
        if match is None:
            raise ValueError(f"a line is named {row!r}, which does not say its buses")
        if match["circuit"] not in names:
            names[match["circuit"]] = len(names)
            ends.append((place[match["a"]], place[match["b"]]))
        row_line.append(names[match["circuit"]])
    return list(names), np.array(row_line, np.int64), np.array(ends, np.int64).reshape(-1, 2)


def committed_mw(result: Result) -> F:
    """MW by month and bus that load lines: firm requests signed or in service, less generation that they bring."""
    state, found = result._state, log(result)
    q = state.requests[: int(state.counts[N_ROWS])]
    firm = np.where(q.nonfirm == 1, 0.0, found.mw - q.own_mw)
    shape = state.series.size, len(result._prepared.case.buses)
    return standing(found.bus, found.signed, found.left, firm, shape)


@once_a_run
def pairs(result: Result) -> Pairs:
    """Every two copies of a project that are queued in two areas at the same time."""
    found = log(result)
    order = np.argsort(found.project, kind="stable")
    project = found.project[order]
    one, other = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    apart = 1
    while (same := np.flatnonzero(project[apart:] == project[:-apart])).size:
        one.append(order[same])
        other.append(order[same + apart])
        apart += 1
    r, s = np.concatenate(one), np.concatenate(other)
    first, end = np.maximum(found.filed[r], found.filed[s]), np.minimum(found.end[r], found.end[s])
    some = (first < end) & (found.area[r] != found.area[s]) & (end > 0)
    r, s = r[some], s[some]
    low, high = np.minimum(found.area[r], found.area[s]), np.maximum(found.area[r], found.area[s])
    return Pairs(low, high, np.minimum(found.mw[r], found.mw[s]), first[some], end[some])


def shared_mw(result: Result, month: int | None = None) -> F:
    """MW of projects queued in both of two areas [utility, utility], a in rows below b; None: MW-months over the run."""
    found, n = pairs(result), len(result._prepared.utilities.names)
    last = result._state.series.size
    out = np.zeros((n, n))
    if month is None:
        weight = found.mw * (np.minimum(found.end, last) - np.maximum(found.first, 0))
    else:
        weight = np.where((found.first <= month) & (month < found.end), found.mw, 0.0)
    np.add.at(out, (found.a, found.b), weight)
    return out
