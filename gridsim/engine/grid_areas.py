"""Which utility serves which bus: connected areas of about equal load."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import networkx as nx

SIZE_WEIGHT = 0.1  # what a bus weighs besides its load, in mean loads: areas without load grow too
STARTS_MAX = 24  # first seeds that are tried


def partition(graph: nx.Graph[int], load_mw: NDArray[np.float64], areas: int) -> NDArray[np.int64]:
    """Cut a connected graph of buses 0..n-1 into connected areas of about equal load, each with at least one bus.

    Areas grow from seeds that lie far apart, the lightest first (greedy graph growing; Karypis & Kumar 1998); buses at
    the borders then move to a lighter neighbour while this evens the loads out. Of several first seeds the most even
    result is kept. No chance is involved. Areas are numbered by their first bus.
    """
    import networkx as nx

    n = load_mw.size
    total = float(load_mw.sum())
    weight = [(float(mw) / total if total > 0 else 0.0) + SIZE_WEIGHT / n for mw in load_mw]
    hops = dict(nx.all_pairs_shortest_path_length(graph))
    best: tuple[float, list[int]] | None = None
    for start in range(0, n, -(-n // STARTS_MAX)):
        area = _grow(graph, weight, hops, _seeds(hops, start, areas))
        _even_out(graph, weight, area, areas)
        unevenness = sum(w * w for w in _totals(weight, area, areas))
        if best is None or unevenness < best[0] * (1 - 1e-12):
            best = unevenness, area
    assert best is not None
    order = {old: new for new, old in enumerate(dict.fromkeys(best[1]))}
    return np.array([order[a] for a in best[1]], np.int64)


def _totals(weight: list[float], area: list[int], areas: int) -> list[float]:
    totals = [0.0] * areas
    for bus, a in enumerate(area):
        totals[a] += weight[bus]
    return totals


def _seeds(hops: dict[int, dict[int, int]], start: int, areas: int) -> list[int]:
    """Buses that lie far apart: each next one is the farthest from those before."""
    seeds = [start]
    gap = [hops[start][bus] for bus in range(len(hops))]
    while len(seeds) < areas:
        seeds.append(gap.index(max(gap)))
        gap = [min(gap[bus], hops[seeds[-1]][bus]) for bus in range(len(hops))]
    return seeds


def _grow(graph: nx.Graph[int], weight: list[float], hops: dict[int, dict[int, int]], seeds: list[int]) -> list[int]:
    """Give every bus to an area: the lightest that can still grow takes its free neighbour nearest to its seed."""
    area = [-1] * len(weight)
    total = [weight[seed] for seed in seeds]
    for a, seed in enumerate(seeds):
        area[seed] = a
    frontier = [{b for b in graph[seed] if area[b] < 0} for seed in seeds]
    while any(frontier):
        a = min((a for a in range(len(seeds)) if frontier[a]), key=lambda a: (total[a], a))
        bus = min(frontier[a], key=lambda b: (hops[seeds[a]][b], b))
        area[bus] = a
        total[a] += weight[bus]
        frontier[a] |= {b for b in graph[bus] if area[b] < 0}
        for free in frontier:
            free.discard(bus)
    return area


def _even_out(graph: nx.Graph[int], weight: list[float], area: list[int], areas: int) -> None:
    """Move buses at the borders, the best move first, while the sum of squared loads falls and areas stay connected."""
    total = _totals(weight, area, areas)
    while True:
        moves = sorted(
            (gain, bus, to)
            for bus, w in enumerate(weight)
            for to in sorted({area[b] for b in graph[bus]} - {area[bus]})
            if (gain := 2 * w * (total[to] - total[area[bus]] + w)) < -1e-12
        )
        move = next(((bus, to) for _, bus, to in moves if _stays_connected(graph, area, bus)), None)
        if move is None:
            return
        bus, to = move
        total[area[bus]] -= weight[bus]
        total[to] += weight[bus]
        area[bus] = to


def _stays_connected(graph: nx.Graph[int], area: list[int], bus: int) -> bool:
    import networkx as nx

    rest = [b for b, a in enumerate(area) if a == area[bus] and b != bus]
    return bool(rest) and nx.is_connected(graph.subgraph(rest))
