"""Duplicate orders: a planner who counts orders, not customers, and builds for what it counts.

Customers who must wait place k orders and cancel the others when one is filled, or all when their patience ends. Who counts
orders over-estimates both the rate of demand and the rate of cancellation: Armony & Plambeck 2005 (Management Science
51(10):1505-1518), here in a line with impatience (Erlang A).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gridsim.games.study_queue import simulate, stationary


class Market(NamedTuple):
    """Customers per unit of time, service rate of a server, rate at which patience ends, orders of one who waits."""

    rate: float
    service: float
    impatience: float
    orders: int


class Estimates(NamedTuple):
    """Rates of demand and of cancellation, as counted."""

    rate: float
    impatience: float


def counted(market: Market, servers: int, customers: int, rng: np.random.Generator) -> Estimates:
    """Count the orders and cancellations of simulated customers: orders per time, cancellations per time outstanding."""
    seen = simulate(market.rate, market.service, servers, market.impatience, customers, rng)
    placed = np.where(seen.waits > 0.0, market.orders, 1)
    cancelled = np.where(seen.left > 0.0, placed, placed - 1)
    return Estimates(float(placed.sum()) / seen.span, float(cancelled.sum()) / float((placed * seen.waits).sum()))


def expected_counts(market: Market, servers: int) -> Estimates:
    """The same in the long run: one who waits adds k - 1 orders, and cancels them, or all k if it leaves."""
    rate, service, impatience, k = market
    run = stationary(rate, service, servers, impatience)
    cancelled = rate * ((k - 1) * (run.waits - run.leaves) + k * run.leaves)
    return Estimates(rate * (1.0 + (k - 1) * run.waits), cancelled / (k * run.queue))


def enough(estimates: Estimates, service: float, abandonment: float) -> int:
    """The least number of servers with which no larger share of customers leaves than this, if the estimates hold."""
    low, high = 0, 1
    while stationary(estimates.rate, service, high, estimates.impatience).leaves > abandonment:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        if stationary(estimates.rate, service, middle, estimates.impatience).leaves > abandonment:
            low = middle
        else:
            high = middle
    return high


def most_profitable(estimates: Estimates, service: float, margin: float, most: int = 600) -> int:
    """The number of servers that earns most, margin x customers served - servers, if the estimates hold."""

    def profit(servers: int) -> float:
        leaves = stationary(estimates.rate, service, servers, estimates.impatience).leaves
        return margin * estimates.rate * (1.0 - leaves) - servers

    return max(range(1, most), key=profit)


def plans(market: Market, start: int, abandonment: float, rounds: int) -> list[int]:
    """Capacity by round when each plan is made from the orders counted at the capacity before."""
    path = [start]
    for _ in range(rounds):
        path.append(enough(expected_counts(market, path[-1]), market.service, abandonment))
    return path
