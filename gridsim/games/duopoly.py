"""Quantity competition by best replies, and what a firm gains by holding an input that it does not need.

Price P = a - Q. Firms answer each other in turn until nothing moves (Cournot 1838). On top of it: buying input to raise
rivals' costs, pre-emption of a block of capacity by bidding, and capacity sunk before a rival decides on entry.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize_scalar

from gridsim.model.group import F


class Market(NamedTuple):
    """What firms produce when no one gains by changing: quantities, and the price."""

    quantities: F
    price: float


def cournot(
    intercept: float, costs: F, capacities: F | None = None, beyond: float = 0.0, rounds: int = 10_000
) -> Market:
    """Best replies in turn; a unit beyond a firm's capacity costs `beyond` more.

    The reply of a firm of marginal cost c to the others' Q is (a - c - Q) / 2, up to the capacity at the cost without
    `beyond`, further at the cost with it, and at the capacity if neither is right.
    """
    limits = np.full(costs.size, np.inf) if capacities is None else capacities
    quantities = np.zeros(costs.size)
    for _ in range(rounds):
        moved = 0.0
        for i in range(costs.size):
            others = quantities.sum() - quantities[i]
            within = max(0.0, 0.5 * (intercept - costs[i] - others))
            past = max(0.0, 0.5 * (intercept - costs[i] - beyond - others))
            reply = min(within, max(limits[i], past))
            moved = max(moved, abs(reply - quantities[i]))
            quantities[i] = reply
        if moved < 1e-14 * intercept:
            break
    return Market(quantities, float(intercept - quantities.sum()))


def profit(margin: float, firms: int) -> float:
    """Profit of each of n equal firms, price less cost times quantity, at a - c."""
    market = cournot(margin, np.zeros(firms))
    return float(market.price * market.quantities[0])


def global_best(payoff: Callable[[float], float], low: float, high: float, points: int = 401) -> float:
    """The argument of the highest payoff: the best of a grid, then closer between its neighbours."""
    grid = np.linspace(low, high, points)
    best = int(np.argmax([payoff(x) for x in grid]))
    near = (grid[max(best - 1, 0)], grid[min(best + 1, points - 1)])
    closer = minimize_scalar(lambda x: -payoff(x), bounds=near, method="bounded", options={"xatol": 1e-10})
    return float(closer.x) if -closer.fun > payoff(grid[best]) else float(grid[best])


class Overbuying(NamedTuple):
    """Idle input h costs r h + k h^2 / 2 and raises the rival's cost by s h; a - c for both without it.

    Salop & Scheffman 1983 (American Economic Review 73(2):267-271).
    """

    margin: float
    harm: float
    price: float
    curvature: float

    def market(self, idle: float) -> Market:
        """Competition when the first firm holds so much idle input."""
        return cournot(self.margin, np.array([0.0, self.harm * idle]))

    def gain(self, idle: float, foresees: bool = True) -> float:
        """Profit of the first firm; one that does not foresee the rival's reply takes the market as it is without."""
        market = self.market(idle if foresees else 0.0)
        return float(market.price * market.quantities[0] - self.price * idle - 0.5 * self.curvature * idle**2)

    def best_idle(self, foresees: bool = True) -> float:
        """Idle input of the highest profit."""
        return global_best(lambda idle: self.gain(idle, foresees), 0.0, self.margin / self.harm)


class Auction(NamedTuple):
    """How an ascending auction ended: whether the incumbent has the block, and the price."""

    incumbent_wins: bool
    price: float


def values_of_entry(margin: float, incumbents: int) -> tuple[float, float]:
    """What a block that lets one more firm in is worth to an incumbent that keeps it idle, and to the entrant.

    Gilbert & Newbery 1982 (American Economic Review 72(3):514-526).
    """
    without, with_entry = profit(margin, incumbents), profit(margin, incumbents + 1)
    return without - with_entry, with_entry


def ascending_auction(margin: float, increment: float, incumbents: int = 1) -> Auction:
    """Raise the price until one of the two drops out; each stays while the block is worth more to it."""
    incumbent, entrant = values_of_entry(margin, incumbents)
    price = 0.0
    while min(incumbent, entrant) >= price + increment:
        price += increment
    return Auction(incumbent > entrant, price)


class Commitment(NamedTuple):
    """What becomes of sunk capacity: the capacity, the first firm's profit, entry, and the share left idle."""

    capacity: float
    profit: float
    entry: bool
    idle: float


class Entry(NamedTuple):
    """P = a - Q, unit cost w of production and r of capacity, fixed cost F of entry: Dixit 1980 (Economic Journal 90:95-106)."""

    intercept: float
    production: float
    capacity: float
    fixed: float

    def after(self, sunk: float) -> Commitment:
        """The rival enters if it covers its fixed cost; then both produce, the first at cost w up to what it has sunk."""
        both = np.array([self.production, self.production + self.capacity])
        market = cournot(self.intercept, both, np.array([sunk, np.inf]), self.capacity)
        rival = float((market.price - both[1]) * market.quantities[1])
        entry = rival > self.fixed + 1e-12
        if not entry:
            market = cournot(self.intercept, both[:1], np.array([sunk]), self.capacity)
        own = float(market.quantities[0])
        built = max(sunk, own)
        earned = (market.price - self.production) * own - self.capacity * built
        return Commitment(built, earned, entry, 1.0 - own / built if built > 0.0 else 0.0)

    def best(self, points: int = 10_001) -> Commitment:
        """The sunk capacity of the highest profit, by search of a grid up to the output that brings the price to 0."""
        grid = np.linspace(0.0, self.intercept, points)
        return max((self.after(float(sunk)) for sunk in grid), key=lambda outcome: outcome.profit)

    def credible(self, step: float = 0.01) -> tuple[float, float]:
        """Least and most that the first firm produces after entry, whatever it has sunk."""
        both = np.array([self.production, self.production + self.capacity])
        sunk = np.arange(0.0, self.intercept, step)
        made = [cournot(self.intercept, both, np.array([k, np.inf]), self.capacity).quantities[0] for k in sunk]
        return float(min(made)), float(max(made))
