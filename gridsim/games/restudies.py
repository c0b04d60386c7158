"""Restudies: a queue of studies that are done again, withdrawals that cause withdrawals, and costs that are shared again."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gridsim.model.compiling import entry
from gridsim.model.group import F, I


@entry
def study_again(arrivals: F, studies: I, lengths: F, line: I, departures: F) -> None:
    """One team studies requests in turn; a request that needs another study goes to the end of the line.

    `studies` is how many each needs and is counted down, `lengths` how long each study takes in the order in which they
    are made, `line` memory for as many requests as there are.
    """
    now, made, arrived = 0.0, 0, 0
    first, waiting = 0, 0
    while arrived < arrivals.size or waiting > 0:
        if waiting == 0:
            now = max(now, arrivals[arrived])
        while arrived < arrivals.size and arrivals[arrived] <= now:
            line[(first + waiting) % line.size] = arrived
            arrived, waiting = arrived + 1, waiting + 1
        request = line[first]
        now += lengths[made]
        made += 1
        while (
            arrived < arrivals.size and arrivals[arrived] <= now
        ):  # who came during the study is ahead of who goes back
            line[(first + waiting) % line.size] = arrived
            arrived, waiting = arrived + 1, waiting + 1
        first, waiting = (first + 1) % line.size, waiting - 1
        studies[request] -= 1
        if studies[request] > 0:
            line[(first + waiting) % line.size] = request
            waiting += 1
        else:
            departures[request] = now


class Studied(NamedTuple):
    """A simulated line of studies: when each request came, and when its last study was done."""

    arrivals: F
    departures: F

    @property
    def mean_time(self) -> float:
        """Mean time from the request to the end of its last study, after the first tenth of requests."""
        first = self.arrivals.size // 10
        return float((self.departures - self.arrivals)[first:].mean())

    @property
    def growth(self) -> float:
        """Requests by which the line grows per unit of time while they come: what is left at the end, over the time."""
        end = float(self.arrivals[-1])
        return float((self.departures > end).sum()) / end


def restudied(rate: float, restudy: float, exponential: bool, n: int, rng: np.random.Generator) -> Studied:
    """Simulate n requests of which each study is followed by another with a fixed chance (Takacs 1963).

    Studies take one unit of time, always or on average. Bell System Technical Journal 42(2):505-519.
    """
    arrivals = np.cumsum(rng.exponential(1.0 / rate, n))
    studies = rng.geometric(1.0 - restudy, n).astype(np.int64)
    lengths = rng.exponential(1.0, int(studies.sum())) if exponential else np.ones(int(studies.sum()))
    departures = np.empty(n)
    study_again(arrivals, studies, lengths, np.empty(n, np.int64), departures)
    return Studied(arrivals, departures)


def cascades(reproduction: float, n: int, rng: np.random.Generator, most: int = 10_000) -> I:
    """Sizes of n cascades in which every withdrawal causes Poisson(R) others; those beyond `most` are stopped there.

    The sizes follow the law of Borel 1942 (Comptes Rendus 214:452-456), a branching process of Otter 1949 (Annals of
    Mathematical Statistics 20(2):206-224).
    """
    sizes = np.ones(n, np.int64)
    newest = np.ones(n, np.int64)
    running = np.arange(n)
    while running.size:
        newest = rng.poisson(reproduction * newest)
        sizes[running] += newest
        going_on = (newest > 0) & (sizes[running] < most)
        running, newest = running[going_on], newest[going_on]
    return sizes


class Remaining(NamedTuple):
    """Share of a cluster that is left when nobody withdraws any more, and the rounds of study until that is found."""

    share: float
    rounds: int


def share_costs(worth: F, cost: float) -> Remaining:
    """Projects share a cost equally and withdraw while their share is above their worth, all such at once each round.

    `cost` is per project of the whole cluster. Equal sharing among those who stay is the mechanism of Moulin & Shenker 2001
    (Economic Theory 18(3):511-533).
    """
    ordered = np.sort(worth)
    n = stay = ordered.size
    rounds = 0
    while stay > 0:
        keep = n - int(np.searchsorted(ordered, cost * (n / stay), side="left"))
        rounds += 1
        if keep >= stay:
            break
        stay = keep
    return Remaining(stay / n, rounds)


def tipping_cost(worth: F) -> float:
    """The least cost per project at which nobody is left, by bisection."""
    low, high = 0.0, 1.0
    for _ in range(50):
        cost = 0.5 * (low + high)
        if share_costs(worth, cost).share > 0.0:
            low = cost
        else:
            high = cost
    return high
