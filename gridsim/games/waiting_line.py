"""A queue as an auction in which the bid is waiting: claimants come early, and the wait is lost.

N claimants with values drawn from U(0, 1) want one of K slots, which go to those who come first. With an increasing wait
t(v) the chance to be served is p(v) = P(fewer than K of N - 1 rivals above v), and nobody gains by the wait of another value
if t(v) = v p(v) - int_0^v p(x) dx: Barzel 1974 (Journal of Law and Economics 17(1):73-95), Holt & Sherman 1982 (Journal of
Political Economy 90(2):280-294).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gridsim.engine.allocate import allocate
from gridsim.model.group import F


class Queueing(NamedTuple):
    """What was seen of many plays: the grid of values, the chance to be served, and the wait that it is worth."""

    values: F
    chance: F
    wait: F


def play(waits: F, slots: int) -> F:
    """Who is served when each claimant comes that long before the opening."""
    return allocate("first_come", np.ones(waits.size), float(slots), filed=-waits)


def learn(claimants: int, slots: int, plays: int, rng: np.random.Generator, bins: int = 40) -> Queueing:
    """The equilibrium wait by value, from the chances seen in plays of an increasing wait.

    The order of values decides who is served, whatever the increasing wait, so that one set of plays is enough.
    """
    values = rng.random((plays, claimants))
    served = np.array([play(own, slots) for own in values])
    bin_of = np.minimum((values * bins).astype(np.int64), bins - 1).ravel()
    rate = np.bincount(bin_of, served.ravel(), bins) / np.bincount(bin_of, minlength=bins)
    rate = np.maximum.accumulate(rate)
    middle = (np.arange(bins) + 0.5) / bins
    grid = np.linspace(0.0, 1.0, 10 * bins + 1)
    below = max(0.0, 1.5 * rate[0] - 0.5 * rate[1])
    above = min(1.0, 1.5 * rate[-1] - 0.5 * rate[-2])
    chance = np.interp(grid, [0.0, *middle, 1.0], [below, *rate, above])
    surplus = np.concatenate([[0.0], np.cumsum(0.5 * (chance[1:] + chance[:-1]) * np.diff(grid))])
    return Queueing(grid, chance, grid * chance - surplus)


def burned(queueing: Queueing, claimants: int, slots: int, plays: int, rng: np.random.Generator) -> tuple[float, float]:
    """Mean waiting of all and mean value of those served, in plays with the equilibrium wait."""
    waiting, value = 0.0, 0.0
    for own in rng.random((plays, claimants)):
        waits = np.interp(own, queueing.values, queueing.wait)
        waiting += waits.sum()
        value += float(own @ play(waits, slots))
    return waiting / plays, value / plays


def gain_of_imitation(values: F, chance: F, wait: F) -> float:
    """Most that any value gains by the wait of another, where the waits have these chances: 0 in equilibrium."""
    surplus = np.outer(values, chance) - wait[None, :]
    return float(np.max(np.max(surplus, axis=1) - np.diagonal(surplus)))
