"""Who hears whom: the influence network of a scenario."""

from __future__ import annotations

import functools
import operator

import networkx as nx
import numpy as np

from gridsim.model.group import K
from gridsim.model.state import Network


def hears(keys: K, neighbours: int, rewiring: float) -> Network:
    """A directed small world (Watts & Strogatz 1998) of agents.

    Each agent hears about `neighbours` others; a tie is rewired with chance `rewiring`, and each direction of a tie is
    drawn on its own, so that hearing need not be mutual. The network is a fact of the scenario: it depends on the agents'
    keys alone, not on the seed of a run. An agent never hears itself.
    """
    n = keys.size
    k = min(neighbours, n - 1)
    k -= k % 2  # the ring has as many neighbours on either side
    if k <= 0:
        return Network(np.zeros(n + 1, np.int64), np.zeros(0, np.int64))
    place = np.argsort(keys, kind="stable")  # position on the ring: by key, so that kinds mix
    seed = functools.reduce(operator.xor, map(int, keys)) % 2**31
    ears = [nx.watts_strogatz_graph(n, k, rewiring, seed=seed + side) for side in (0, 1)]
    heard: list[list[int]] = [[] for _ in range(n)]
    for side, graph in enumerate(ears):
        for a, b in sorted(graph.edges()):
            listener, speaker = (a, b) if side == 0 else (b, a)
            heard[int(place[listener])].append(int(place[speaker]))
    flat = [sorted(set(those)) for those in heard]
    first = np.cumsum([0, *(len(those) for those in flat)]).astype(np.int64)
    return Network(first, np.array([speaker for those in flat for speaker in those], np.int64))
