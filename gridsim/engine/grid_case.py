"""A transmission grid of the power-flow literature: what load added at a bus does to the flow on each line.

Flows follow the linear (DC) power flow: voltages at their nominal values, no losses, flow in proportion to the
difference of voltage angles (Stott, Jardim & Alsac 2009). With B the susceptance matrix of the buses and b that of the
lines, power transfer distribution factors are

    PTDF[l, i] = b_l (Z[from, i] − Z[to, i]),   Z = inverse of B without a reference bus,

for an injection at bus i taken out at the reference. After the outage of line k the flow on line l is
f_l + LODF[l, k] f_k, with line outage distribution factors (Wood & Wollenberg 1996)

    LODF[l, k] = PTDF[l, k's ends] / (1 − PTDF[k, k's ends]).

Cases, their numbering, susceptances and outage factors are PYPOWER's (Lincoln; after MATPOWER, Zimmerman et al. 2011).
The inverse is not: a linear-algebra library rounds differently on different processors, while here the same case gives
the same bits everywhere. Direct-current lines of a case are not represented.
"""

from __future__ import annotations

import importlib
import math
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridsim.engine.grid_areas import partition
from gridsim.engine.grid_files import CaseData, read_case

if TYPE_CHECKING:
    import networkx as nx

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

# MATPOWER's columns.
PD, GS, BUS_AREA = 2, 4, 6
GEN_BUS, PG, PMAX = 0, 1, 8
F_BUS, T_BUS, BR_X, RATE_A, TAP, SHIFT = 0, 1, 3, 5, 8, 9

ENTRIES_MAX = 50_000_000  # distribution factors with outages, 8 bytes each
NEGLIGIBLE = 1e-9  # share of an outaged line's flow; a line that takes over less is as good as untouched
LAYOUT_SEED = 1
STRESS_LAYOUT_MAX = 150  # buses; beyond, the better layout takes too long


class GridCase(NamedTuple):
    """A grid, ready for a run: buses in utilities' areas, and the lines that limit them.

    A row of `lines` is a line in service, or with outages also a line while another one is out.

    Attributes:
        buses: names of the buses, by the case's own numbers.
        area: utility of each bus; every utility has at least one.
        load_share: share of each bus in the load of its area, 1 in sum within an area; uniform where an area has none.
        lines: names of the rows; parallel circuits are numbered.
        ptdf: by bus and row, MW on the line, from its first bus to its second, per MW of load added at the bus; all
            generators supply it in proportion to their capacity.
        limit_mw: most that the line carries in either direction; its own flow where the case overloads it.
        flow_mw: flow of the case's own load and dispatch.
        x: horizontal position of each bus on a drawing, from 0 to 1. The case has no geography.
        y: vertical position of each bus.
    """

    buses: list[str]
    area: I64
    load_share: F64
    lines: list[str]
    ptdf: F64
    limit_mw: F64
    flow_mw: F64
    x: F64
    y: F64


class _Rows(NamedTuple):
    names: list[str]
    ptdf: F64  # [row, bus]
    limit_mw: F64
    flow_mw: F64


def load_case(
    case: str,
    areas: int,
    *,
    scale: float = 1.0,
    margin: float = 1.0,
    n_minus_1: bool = False,
    folder: Path | None = None,
) -> GridCase:
    """Read a grid case and work out how its lines respond to load.

    The areas are the case's own if it has as many as asked for (they need not be connected: New England's third is
    not), and else connected areas of about equal load. The case's generation is scaled to its load. A line without a
    rating carries power but limits nothing, so it has no row. A line's limit is rating × scale × margin, raised to its
    flow in the case where that exceeds it; while another line is out, raised to its flow then.

    Args:
        case: `rts24` (IEEE Reliability Test System), `case39` (New England), or the path of a MATPOWER file.
        areas: number of utilities.
        scale: multiple of the case's loads, generation and ratings.
        margin: usable share of a rating.
        n_minus_1: whether every line must also hold while any one other is out. Left out are outages that would
            cut the grid in two, those of the second of equal circuits, and rows that an outage does not touch.
        folder: what the path is relative to, and must stay inside; the working directory if not given.

    Raises:
        ValueError: when there is no such case, or it cannot be used.
        ImportError: when a MATPOWER file is asked for and the library that reads it is not installed.
    """
    import networkx as nx

    if not (math.isfinite(scale) and scale > 0 and math.isfinite(margin) and margin > 0):
        raise ValueError(f"scale and margin must be positive numbers; found {scale} and {margin}")
    data = read_case(case, folder)
    n = data.number.size
    if not 1 <= areas <= n:
        raise ValueError(f"grid case {case!r} has {n} buses and cannot be cut into {areas} areas")
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(range(n))
    graph.add_edges_from(_ends(data))
    if not nx.is_connected(graph):
        raise ValueError(f"grid case {case!r} falls into {nx.number_connected_components(graph)} unconnected parts")
    load = np.maximum(data.bus[:, PD], 0.0)
    area = _areas(data, graph, load, areas)
    rows = _rows(data, graph, scale, margin, n_minus_1)
    x, y = _layout(graph)
    return GridCase(
        buses=[f"bus {number}" for number in data.number],
        area=area,
        load_share=_load_share(load, area, areas),
        lines=rows.names,
        ptdf=np.ascontiguousarray(rows.ptdf.T),
        limit_mw=rows.limit_mw,
        flow_mw=rows.flow_mw,
        x=x,
        y=y,
    )


def _ends(data: CaseData) -> list[tuple[int, int]]:
    return [(int(f), int(t)) for f, t in data.branch[:, [F_BUS, T_BUS]]]


def _areas(data: CaseData, graph: nx.Graph[int], load: F64, areas: int) -> I64:
    own, area = np.unique(data.bus[:, BUS_AREA], return_inverse=True)
    return area.astype(np.int64) if own.size == areas else partition(graph, load, areas)


def _load_share(load: F64, area: I64, areas: int) -> F64:
    share = np.empty(load.size)
    for a in range(areas):
        here = np.flatnonzero(area == a)
        total = math.fsum(load[here])
        share[here] = load[here] / total if total > 0 else 1.0 / here.size
    return share


def _inverse(matrix: F64) -> F64:
    """The inverse, by Gauss-Jordan elimination with partial pivoting in elementwise operations alone.

    Each is a single IEEE operation, so that the bits do not depend on the processor.
    """
    n = matrix.shape[0]
    work = np.concatenate([matrix, np.eye(n)], axis=1)
    for k in range(n):
        pivot = k + int(np.argmax(np.abs(work[k:, k])))
        if work[pivot, k] == 0:
            raise ValueError("the reactances of this grid case cancel out, so that its flows are not determined")
        work[[k, pivot]] = work[[pivot, k]]
        work[k] /= work[k, k]
        factor = work[:, k].copy()
        factor[k] = 0.0
        work -= factor[:, None] * work[k]
    return work[:, n:]


def _dot(matrix: F64, vector: F64) -> F64:
    """Product of a matrix and a vector, added up from the first column to the last."""
    total = np.zeros(matrix.shape[0])
    for column, value in zip(matrix.T, vector, strict=True):
        total += column * value
    return total


def _by_bus(data: CaseData, generators: F64) -> F64:
    """A number of each generator, added up at its bus exactly: PYPOWER leaves the order of generators open."""
    at: list[list[float]] = [[] for _ in data.number]
    for bus, value in zip(data.gen[:, GEN_BUS], generators, strict=True):
        at[int(bus)].append(float(value))
    return np.array([math.fsum(values) for values in at])


def _capacity_share(data: CaseData) -> F64:
    """Share of each bus in generating capacity: how added load is supplied."""
    capacity = _by_bus(data, np.maximum(data.gen[:, PMAX], 0.0))
    total = math.fsum(capacity)
    if total <= 0:
        raise ValueError("this grid case has no generating capacity")
    return capacity / total


def _injection(data: CaseData, capacity_share: F64) -> F64:
    """Generation less load of each bus in the case, generation scaled to load; shunt conductance counts as load.

    A case without a dispatch is supplied by all generators in proportion to their capacity.
    """
    demand = data.bus[:, PD] + data.bus[:, GS]
    dispatch = _by_bus(data, data.gen[:, PG])
    generated = math.fsum(dispatch)
    share = dispatch / generated if generated > 0 else capacity_share
    return share * math.fsum(demand) - demand


def _rows(data: CaseData, graph: nx.Graph[int], scale: float, margin: float, n_minus_1: bool) -> _Rows:
    makeBdc = importlib.import_module("pypower.makeBdc").makeBdc
    b_bus, b_line, shift_bus, shift_line = makeBdc(data.base_mva, data.bus, data.branch)
    n = data.number.size
    ends = np.array(_ends(data))
    susceptance = b_line.toarray()[np.arange(len(ends)), ends[:, 0]]
    z = np.zeros((n, n))
    z[1:, 1:] = _inverse(b_bus.toarray()[1:, 1:])
    injection_ptdf = susceptance[:, None] * (z[ends[:, 0]] - z[ends[:, 1]])
    share = _capacity_share(data)
    injected = _injection(data, share) - shift_bus * data.base_mva
    rating = data.branch[:, RATE_A] * scale * margin
    flow = (_dot(injection_ptdf, injected) + shift_line * data.base_mva) * scale
    ptdf = _dot(injection_ptdf, share)[:, None] - injection_ptdf
    every = _Rows(_line_names(data), ptdf, np.maximum(rating, np.abs(flow)), flow)
    rated = np.flatnonzero(rating > 0)
    if rated.size == 0:
        raise ValueError("no line of this grid case has a rating, so that nothing limits its load")
    intact = _Rows([every.names[line] for line in rated], ptdf[rated], every.limit_mw[rated], flow[rated])
    return _with_outages(intact, every, rated, data, graph) if n_minus_1 else intact


def _line_names(data: CaseData) -> list[str]:
    """Lines by their buses; circuits between the same two buses are numbered."""
    pairs = [frozenset(pair) for pair in _ends(data)]
    circuits, seen = Counter(pairs), Counter[frozenset[int]]()
    names = []
    for (f, t), pair in zip(_ends(data), pairs, strict=True):
        seen[pair] += 1
        circuit = f" ({seen[pair]})" if circuits[pair] > 1 else ""
        names.append(f"bus {data.number[f]} - bus {data.number[t]}{circuit}")
    return names


def _outages(data: CaseData, graph: nx.Graph[int]) -> list[int]:
    """Lines whose outage leaves the grid in one piece; of equal circuits the first stands for the others."""
    import networkx as nx

    circuits = Counter(frozenset(pair) for pair in _ends(data))
    bridges: Any = nx.bridges(graph)
    cuts = {frozenset(pair) for pair in bridges if circuits[frozenset(pair)] == 1}
    first: dict[object, int] = {}
    for k, (f, t) in enumerate(_ends(data)):
        if f != t and frozenset((f, t)) not in cuts:
            x, rating, tap, shift = (float(value) for value in data.branch[k, [BR_X, RATE_A, TAP, SHIFT]])
            first.setdefault((frozenset((f, t)), x, rating, tap or 1.0, shift if f < t else -shift), k)
    return list(first.values())


def _with_outages(intact: _Rows, every: _Rows, rated: I64, data: CaseData, graph: nx.Graph[int]) -> _Rows:
    """Append the rows of each line while another is out, where the outage touches it."""
    outages = _outages(data, graph)
    if (rows := rated.size * (1 + len(outages))) * data.number.size > ENTRIES_MAX:
        raise ValueError(f"this grid case is too large for N-1: {rows} lines with outages at {data.number.size} buses")
    with np.errstate(divide="ignore", invalid="ignore"):  # outages that cut the grid; they are not used
        lodf = importlib.import_module("pypower.makeLODF").makeLODF(data.branch, -every.ptdf)
    found = [(k, line) for k in outages for line in rated if line != k and abs(lodf[line, k]) >= NEGLIGIBLE]
    out, line = np.array(found, np.int64).reshape(-1, 2).T
    factor = lodf[line, out]
    flow = every.flow_mw[line] + factor * every.flow_mw[out]
    return _Rows(
        [*intact.names, *(f"{every.names[at]} without {every.names[k]}" for k, at in found)],
        np.concatenate([intact.ptdf, every.ptdf[line] + factor[:, None] * every.ptdf[out]]),
        np.concatenate([intact.limit_mw, np.maximum(every.limit_mw[line], np.abs(flow))]),
        np.concatenate([intact.flow_mw, flow]),
    )


def _layout(graph: nx.Graph[int]) -> tuple[F64, F64]:
    """Positions for a drawing: by distances along the lines (Kamada & Kawai 1989), or by springs in large grids."""
    import networkx as nx

    large = len(graph) > STRESS_LAYOUT_MAX
    place = nx.spring_layout(graph, seed=LAYOUT_SEED) if large else nx.kamada_kawai_layout(graph)
    at: F64 = np.array([place[bus] for bus in range(len(graph))], np.float64)
    low, high = np.min(at, axis=0), np.max(at, axis=0)
    at = 0.5 + (at - (low + high) / 2) / max(float(np.max(high - low)), 1e-9)  # the shorter side in the middle
    at = np.round(np.clip(at, 0.0, 1.0), 4)  # an optimiser's last digits are not the same everywhere
    return at[:, 0].copy(), at[:, 1].copy()
