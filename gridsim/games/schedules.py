"""Demand schedules in the uniform-price auction: how far a bidder shades the quantity that it asks for.

N bidders with marginal value a - b q submit x(p) = g (a - p) / b for an uncertain supply. The linear equilibrium has
g = (N - 2) / (N - 1): Kyle 1989 (Review of Economic Studies 56(3):317-355), Klemperer & Meyer 1989 (Econometrica
57(6):1243-1277); demand reduction in Ausubel et al. 2014 (Review of Economic Studies 81(4):1366-1400).
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq

from gridsim.engine.allocate import allocate
from gridsim.model.group import F


class ScheduleAuction:
    """The auction of many small bids, one for each price of a grid and bidder; marginal value a - b q of each bidder."""

    def __init__(self, bidders: int, intercept: float = 1.0, slope: float = 1.0, prices: int = 160) -> None:
        self.bidders, self.intercept, self.slope = bidders, intercept, slope
        self.step = intercept / prices
        self.bids = np.repeat(self.step * (np.arange(prices)[::-1] + 0.5), bidders)

    def quantities(self, own: float, rivals: float) -> F:
        """What is bid for at each price by each bidder, if the first bids with one steepness and all others with another."""
        steepness = np.full(self.bidders, rivals)
        steepness[0] = own
        return np.tile(steepness * self.step / self.slope, self.bids.size // self.bidders)

    def outcome(self, own: float, rivals: float, supply: float) -> tuple[float, float]:
        """What the first bidder gets, and the price: the highest bid that is not served in full."""
        signals = self.quantities(own, rivals)
        given = allocate("uniform_price", signals, supply, bids=self.bids)
        unserved = given < signals * (1.0 - 1e-9)
        price = float(np.max(self.bids[unserved])) if unserved.any() else 0.0
        return float(given[:: self.bidders].sum()), price

    def profit(self, own: float, rivals: float, supply: float) -> float:
        """Profit of the first bidder, a q - b q^2 / 2 - p q."""
        quantity, price = self.outcome(own, rivals, supply)
        return (self.intercept - price - 0.5 * self.slope * quantity) * quantity

    def best_reply(self, rivals: float, supplies: F) -> float:
        """The steepness that earns most over the supplies, of a curve through the profits of many.

        The price moves in steps; the curve, of fourth degree, looks through them.
        """
        own = np.linspace(0.6 * rivals, min(1.6 * rivals, 1.2), 25)
        earned = [np.mean([self.profit(g, rivals, supply) for supply in supplies]) for g in own]
        curve = np.polynomial.Polynomial.fit(own, earned, 4)
        fine = np.linspace(own[0], own[-1], 4001)
        return float(fine[np.argmax(curve(fine))])

    def equilibrium(self, supplies: F) -> float:
        """The steepness that is a best reply to itself."""
        return float(brentq(lambda g: self.best_reply(g, supplies) - g, 0.3, 0.98, xtol=2e-3))
