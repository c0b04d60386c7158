"""Ordering by perceived delay: orders that lengthen the delay that asks for more orders.

Orders adjust the supply line SL to what is wanted of it, the perceived delay times demand: Sterman 2000, Business Dynamics,
chapters 17-18; demand bubbles in Goncalves 2018 (System Dynamics Review 34(3-4)) and Sterman & Dogan 2015 (Journal
of Operations Management 39-40:6-22). Solved as differential equations.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.integrate import solve_ivp

from gridsim.model.group import F


class Path(NamedTuple):
    """Time, orders, the supply line or backlog, and capacity."""

    time: F
    orders: F
    line: F
    capacity: F

    def at(self, time: float) -> tuple[float, float, float]:
        """Orders, line and capacity at a time."""
        orders, line, capacity = (float(np.interp(time, self.time, values)) for values in self[1:])
        return orders, line, capacity


def solve(slope: Callable[[float, F], list[float]], start: list[float], until: float, step: float) -> tuple[F, F]:
    """States of a system over time, on a grid, to ten digits."""
    times = np.linspace(0.0, until, round(until / step) + 1)
    solution = solve_ivp(slope, (0.0, until), start, t_eval=times, rtol=1e-10, atol=1e-10, max_step=0.05)
    return times, np.asarray(solution.y)


def shortage(
    demand: float, capacity: float, adjustment: float, perception: float, line: float, until: float, step: float = 0.001
) -> Path:
    """A fixed capacity K below demand D.

    O = D + (lambda D - SL) / tau, SL' = O - K; the delay SL / K is perceived as lambda with a lag, lambda' = (SL / K -
    lambda) / tau_p, or at once if the lag is 0.
    """

    def orders(line: float | F, delay: float | F) -> float | F:
        return demand + (delay * demand - line) / adjustment

    def slope(_: float, state: F) -> list[float]:
        """B', K' and lambda' at a state (B, K, lambda)."""
        line, delay = state if perception > 0.0 else (state[0], state[0] / capacity)
        change = [float(orders(line, delay)) - capacity]
        return [*change, (line / capacity - delay) / perception] if perception > 0.0 else change

    start = [line, line / capacity] if perception > 0.0 else [line]
    times, states = solve(slope, start, until, step)
    delay = states[1] if perception > 0.0 else states[0] / capacity
    return Path(times, np.asarray(orders(states[0], delay)), states[0], np.full(times.size, capacity))


def growth(path: Path, first: float, last: float) -> float:
    """Mean growth rate of the line between two times."""
    return float(np.log(path.at(last)[1] / path.at(first)[1]) / (last - first))


class Builder(NamedTuple):
    """Lags of ordering, of building and of perception; the shortest delay, and the one that capacity aims at."""

    adjustment: float
    building: float
    perception: float
    shortest: float
    wanted: float


def chase(builder: Builder, before: float, after: float, at: float, until: float = 40.0, step: float = 0.0005) -> Path:
    """Demand steps up once, at time `at`, in a line at rest; capacity is built for the backlog. The path begins there.

    O = D + (lambda D - B) / tau; B' = O - S with shipments S = min(K, B / l_min); K' = (B / l_wanted - K) / tau_K;
    lambda' = (B / S - lambda) / tau_p. Negative orders are cancellations.
    """
    tau, tau_k, tau_p, shortest, wanted = builder

    def slope(_: float, state: F) -> list[float]:
        """B', K' and lambda' at a state (B, K, lambda)."""
        backlog, capacity, delay = (float(value) for value in state)
        shipped = min(capacity, backlog / shortest)
        orders = after + (delay * after - backlog) / tau
        return [orders - shipped, (backlog / wanted - capacity) / tau_k, (backlog / shipped - delay) / tau_p]

    times, (backlog, capacity, delay) = solve(slope, [before * wanted, before, wanted], until, step)
    return Path(at + times, after + (delay * after - backlog) / tau, backlog, capacity)
