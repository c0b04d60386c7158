"""Where a map draws its buses, lines and discs: places that stay from month to month, in units of the drawing's height."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridsim.engine.result import Result
from gridsim.figures import facts, grid_months
from gridsim.figures.grid_months import I64, F
from gridsim.figures.once import once_a_run

ASPECT = 1.7
SEED = 1
CORNERS = 60
STEPS = 12
"""Points along a ribbon."""
BEND = 0.4
"""How far ribbons bend towards the middle: 0 is straight."""
APART = 0.016
"""Distance between circuits that join the same two buses."""
TURN = np.append(np.linspace(0.0, 2.0 * np.pi, CORNERS, endpoint=False), 0.0)
LARGEST = {True: 0.11, False: 0.2}
"""Radius that no disc exceeds, on a network and without one."""
Path = tuple[NDArray[np.float32], NDArray[np.float32]]
NOTHING = np.full(1, np.nan, np.float32)
"""A path without points: the legend still names it."""


class Frame(NamedTuple):
    """What stays from month to month: places of buses, a disc's radius for 1 MW, and the largest disc of each bus.

    `ring` is the capacity at a bus [month, bus], MW; `tie_mw` the most MW of projects that two areas share in any month.
    """

    x: F
    y: F
    radius: float
    largest: F
    ring: F
    tie_mw: float


@once_a_run
def frame(result: Result) -> Frame:
    """Places and scale, the same in every month."""
    x, y = places(result)
    stages, ring = grid_months.stages(result), installed_at_bus(result)
    most = np.maximum((stages.queued + stages.signed + stages.service).max(axis=0), ring.max(axis=0))
    size, network = np.sqrt(most), bool(result._prepared.case.lines)
    apart = np.hypot(x[:, None] - x, y[:, None] - y)
    np.fill_diagonal(apart, 1e9)
    fits = (apart / np.maximum(size[:, None] + size, 1e-9)).min(axis=1)
    radius = 0.9 * float(np.quantile(fits, 0.25 if network else 0.0))  # on a network some discs may overlap
    radius = min(radius, LARGEST[network] / max(float(np.max(size)), 1e-9))
    months = range(0 if network else len(result.series))
    ties = max((float(np.max(grid_months.shared_mw(result, t))) for t in months), default=0.0)
    return Frame(x, y, radius, size * radius, ring, ties)


def places(result: Result) -> tuple[F, F]:
    """Where buses are drawn: as the case has them, or areas on a ring, near whom they share applicants' projects with."""
    case = result._prepared.case
    return (case.x * ASPECT, case.y.copy()) if case.lines else ring_places(grid_months.shared_mw(result))


def ring_places(shared: F) -> tuple[F, F]:
    """Areas on an ellipse, evenly, in the order in which springs between them place them around their middle."""
    import networkx as nx

    n = len(shared)
    if n == 1:
        return np.array([ASPECT / 2]), np.array([0.5])
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(range(n))
    top = max(float(np.max(shared)), 1e-9)
    graph.add_weighted_edges_from((int(a), int(b), shared[a, b] / top) for a, b in np.argwhere(shared > 0.0))
    found = nx.spring_layout(graph, seed=SEED, iterations=300)
    middle = np.mean([found[i] for i in range(n)], axis=0)
    around = [float(np.arctan2(*(found[i] - middle)[::-1])) for i in range(n)]
    turns = np.linspace(0.0, 2.0 * np.pi, 2001)
    x, y = 0.5 * ASPECT * (1.0 + np.cos(turns)), 0.5 * (1.0 + np.sin(turns))
    length = np.append(0.0, np.cumsum(np.hypot(np.diff(x), np.diff(y))))
    at, first = np.empty(n), 0.5 if n > 2 else 0.0
    at[np.argsort(around, kind="stable")] = np.interp((np.arange(n) + first) / n * length[-1], length, turns)
    return np.round(0.5 * ASPECT * (1.0 + np.cos(at)), 4), np.round(0.5 * (1.0 + np.sin(at)), 4)


def installed_at_bus(result: Result) -> F:
    """Capacity for large load by month and bus: an area's, at its buses by their share of the area's load."""
    case = result._prepared.case
    return np.asarray(result._state.utility_traces["installed_mw"])[:, case.area] * case.load_share


def radii(fixed: Frame, mw: F) -> F:
    """Radius of a disc whose area stands for so many MW, in the drawing's units."""
    return fixed.radius * np.sqrt(np.where(mw < facts.DUST, 0.0, mw))


def outlines(x: F, y: F, radius: F) -> Path:
    """Circles as one path, with gaps; those of no size are left out."""
    some = radius > 0.0
    xs, ys = x[some, None] + radius[some, None] * np.cos(TURN), y[some, None] + radius[some, None] * np.sin(TURN)
    return path(xs, ys)


def path(x: F, y: F) -> Path:
    """Pieces [piece, corner] as one path, with gaps."""
    if not len(x):
        return NOTHING, NOTHING
    gap = np.full((len(x), 1), np.nan)
    return np.hstack([x, gap]).ravel().astype(np.float32), np.hstack([y, gap]).ravel().astype(np.float32)


def line_ends(fixed: Frame, ends: I64) -> tuple[F, F]:
    """Ends of lines [line, 2]; circuits between the same two buses run side by side."""
    x, y = fixed.x[ends], fixed.y[ends]
    pairs = [tuple(pair) for pair in np.sort(ends, axis=1).tolist()]
    total = {pair: pairs.count(pair) for pair in pairs}
    seen: dict[tuple[int, ...], int] = {}
    beside = np.zeros((len(ends), 1))
    for i, pair in enumerate(pairs):
        seen[pair] = seen.get(pair, -1) + 1
        beside[i] = APART * (seen[pair] - (total[pair] - 1) / 2)
    turn = np.where(ends[:, :1] <= ends[:, 1:], 1.0, -1.0)
    dx, dy = (x[:, 1:] - x[:, :1]) * turn, (y[:, 1:] - y[:, :1]) * turn
    length = np.maximum(np.hypot(dx, dy), 1e-9)
    return x - beside * dy / length, y + beside * dx / length


def ribbons(fixed: Frame, ends: I64, edge: F, width: F) -> tuple[F, F]:
    """Corners [ribbon, corner] of ribbons that bend towards the middle of the ring, from disc to disc; `edge` are radii."""
    points = np.stack([fixed.x[ends], fixed.y[ends]])
    middle = np.array([fixed.x.mean(), fixed.y.mean()])[:, None]
    bent = ((1.0 - BEND) * points.mean(axis=2) + BEND * middle)[..., None]
    one, other = points[:, :, :1], points[:, :, 1:]

    def along(s: F) -> F:
        return np.asarray((1.0 - s) ** 2 * one + 2.0 * s * (1.0 - s) * bent + s**2 * other)

    fine = np.linspace(0.0, 1.0, 101)
    inside = [
        np.hypot(*(along(fine) - end)) <= radius for end, radius in zip((one, other), edge.T[..., None], strict=True)
    ]
    first, last = (np.clip(part.sum(axis=1) - 1, 0, 45)[:, None] / 100.0 for part in inside)
    s = first + (1.0 - first - last) * np.linspace(0.0, 1.0, STEPS)
    slope, at = 2.0 * (1.0 - s) * (bent - one) + 2.0 * s * (other - bent), along(s)
    half = 0.5 * width[:, None] / np.maximum(np.hypot(*slope), 1e-9)
    aside = np.stack([-half * slope[1], half * slope[0]])
    x, y = np.concatenate([at + aside, (at - aside)[:, :, ::-1], (at + aside)[:, :, :1]], axis=2)
    return x, y


def round_size(mw: float) -> float:
    """The largest of 1, 2, 5 times a power of ten that is no more than so many MW."""
    power = 10.0 ** np.floor(np.log10(max(mw, 1e-9)))
    return float(max(step for step in (1.0, 2.0, 5.0) if step * power <= mw * (1 + 1e-9) or step == 1.0) * power)
