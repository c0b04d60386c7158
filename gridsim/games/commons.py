"""Use of what belongs to all: a pool whose yield falls with its use, and a road that fills up.

Each takes what is best for itself. The pool is the competition in quantities of `duopoly.cournot`, without a cost; the two
roads are those of Pigou 1920, The Economics of Welfare, with the bound 4/3 of Roughgarden & Tardos 2002 (Journal of the ACM
49(2):236-259).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gridsim.games.duopoly import cournot, global_best


class Use(NamedTuple):
    """Total use and what it yields to all together, as the users choose and at best."""

    chosen: float
    chosen_yield: float
    best: float
    best_yield: float

    @property
    def overuse(self) -> float:
        """Use as chosen over the best use."""
        return self.chosen / self.best

    @property
    def efficiency(self) -> float:
        """Yield of the use as chosen over the best yield."""
        return self.chosen_yield / self.best_yield


def pool(size: float, users: int) -> Use:
    """N users take from a pool that yields A - Q for each unit taken."""
    chosen = float(cournot(size, np.zeros(users)).quantities.sum())
    best = global_best(lambda use: use * (size - use), 0.0, size)
    return Use(chosen, chosen * (size - chosen), best, best * (size - best))


class Road(NamedTuple):
    """Delay of a road by the share of all drivers on it: fixed + rising x share."""

    fixed: float
    rising: float

    def delay(self, share: float) -> float:
        """Delay of each driver on the road."""
        return self.fixed + self.rising * share


PIGOU = (Road(0.0, 1.0), Road(1.0, 0.0))
"""A short road that fills up and a long one that does not: Pigou's example."""


def mean_delay(roads: tuple[Road, Road], share: float) -> float:
    """Mean delay of all when this share takes the first of two roads."""
    return share * roads[0].delay(share) + (1.0 - share) * roads[1].delay(1.0 - share)


def chosen_share(roads: tuple[Road, Road], drivers: int = 1000) -> float:
    """Share on the first road after drivers have changed over, one by one, as long as one gains by it."""
    on_first = 0
    while on_first < drivers:
        if roads[0].delay((on_first + 1) / drivers) > roads[1].delay(1.0 - on_first / drivers):
            break
        on_first += 1
    return on_first / drivers


def price_of_anarchy(roads: tuple[Road, Road]) -> float:
    """Mean delay as drivers choose over the least mean delay."""
    least = global_best(lambda share: -mean_delay(roads, share), 0.0, 1.0)
    return mean_delay(roads, chosen_share(roads)) / mean_delay(roads, least)
