"""The gate: all implementations must log the same before any of them is timed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from benchmarks.rationing_game.game import COLUMNS, Peer, keyed_luck
from gridsim.model.group import F

TOLERANCE = 1e-12
"""Largest relative difference of a logged number on the same draws; sums in another order differ by 1e-15 to 1e-14."""
OWN_TOLERANCES = (0.25, 0.02, 0.02, 0.1)
"""The same of each column's mean over a run of `OWN_N` agents on a framework's own draws: sampling, which orders magnify."""
SIZES, SEEDS = (1, 2, 17, 100, 1000), (0, 1, 2**40 + 7)
OWN_N, OWN_SEED = 4000, 1


def played(peer: Peer, n: int, seed: int, given: bool = True) -> F:
    """The log of one run, on the declared draws or on a framework's own."""
    model = peer.build(n, seed, keyed_luck(n, seed) if given else None)
    peer.play(model)
    return peer.log(model)


def compare(log: F, expected: F, tolerances: Sequence[float]) -> Iterator[str]:
    """What is wrong with a log; nothing if nothing is."""
    if log.shape != expected.shape:
        yield f"has the shape {log.shape}, not {expected.shape}"
        return
    for number, column in enumerate(COLUMNS):
        actual, wanted = log[:, number], expected[:, number]
        off = np.abs(actual - wanted) / np.maximum(np.abs(wanted), 1e-300)
        bad = np.flatnonzero(~((actual == wanted) | (off <= tolerances[number])))  # so that NaN is bad
        if bad.size:
            t = int(bad[0])
            yield f"{column} in row {t} is {actual[t]}, not {wanted[t]}; {bad.size} of {actual.size} differ"


def faults(peers: Sequence[Peer], sizes: Sequence[int] | None = None, seeds: Sequence[int] = SEEDS) -> list[str]:
    """Every difference between the first implementation and the others on the declared draws, in words."""
    first, *others = peers
    found = []
    for n in sizes or SIZES:
        for seed in seeds:
            expected = played(first, n, seed)
            for peer in others:
                tolerances = len(COLUMNS) * (0.0 if peer.same_bits else TOLERANCE,)
                where = f"{peer.name}, {n} agents, seed {seed}: "
                found += [where + fault for fault in compare(played(peer, n, seed), expected, tolerances)]
    return found


def faults_of_own_draws(peers: Sequence[Peer]) -> list[str]:
    """The same, of the means over a run on each framework's own draws."""
    first, *others = peers
    expected = played(first, OWN_N, OWN_SEED).mean(axis=0, keepdims=True)
    found = []
    for peer in others:
        if peer.own_draws:
            own = played(peer, OWN_N, OWN_SEED, given=False).mean(axis=0, keepdims=True)
            where = f"{peer.name}, {OWN_N} agents on its own draws, mean over the run: "
            found += [where + fault for fault in compare(own, expected, OWN_TOLERANCES)]
    return found
