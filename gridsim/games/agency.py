"""Incentives on measured work: effort that an agent divides between tasks, and weights that a principal puts on measures.

No allocation rule, but the same solution concept: both sides' best replies are found over the whole range of what they choose.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
from numpy.typing import ArrayLike

from gridsim.model.group import F


def peak(payoff: Callable[[F], F], low: ArrayLike, high: ArrayLike, points: int = 9, zooms: int = 24) -> F:
    """The point of the highest payoff in a box: a grid that is refined, then the vertex of the paraboloid through its peak.

    The function takes an array of points, one in each row, and gives the payoff of each.
    """
    bottom, top = np.array(low, dtype=np.float64), np.array(high, dtype=np.float64)
    lowest, highest = bottom, top
    best = bottom
    for _ in range(zooms):
        axes = [np.linspace(a, b, points) for a, b in zip(bottom, top, strict=True)]
        grid = np.array(list(product(*axes)))
        best = grid[int(np.argmax(payoff(grid)))]
        reach = 1.5 * (top - bottom) / (points - 1)
        bottom, top = np.maximum(lowest, best - reach), np.minimum(highest, best + reach)
        if np.all(reach <= 1e-5 * (highest - lowest)):
            break
    return np.clip(_vertex(payoff, best, 1e-3 * (highest - lowest)), lowest, highest)


def _vertex(payoff: Callable[[F], F], at: F, step: F) -> F:
    """The peak of the quadratic function through the payoffs around a point; the point itself if that is higher."""
    size = at.size
    steps = np.diag(step)
    near = np.array([at + a * steps[i] + b * steps[j] for i in range(size) for j in range(size) for a, b in SIGNS])
    corners = payoff(near).reshape(size, size, 4) @ np.array([1.0, -1.0, -1.0, 1.0])
    curvature = corners / (4.0 * np.outer(step, step))
    slope = (payoff(at + steps) - payoff(at - steps)) / (2.0 * step)
    moved = at - np.linalg.solve(curvature, slope)
    before, after = payoff(np.array([at, moved])).tolist()
    return np.asarray(moved if after >= before else at)


SIGNS = ((1.0, 1.0), (1.0, -1.0), (-1.0, 1.0), (-1.0, -1.0))


def effort(weights: ArrayLike, costs: ArrayLike, limit: float = 10.0) -> F:
    """What an agent does who is paid w e and bears e' C e / 2: its best reply among efforts up to a limit either way."""
    paid, cost = np.asarray(weights, dtype=np.float64), np.asarray(costs, dtype=np.float64)

    def net(efforts: F) -> F:
        return np.asarray(efforts @ paid - 0.5 * np.einsum("ij,jk,ik->i", efforts, cost, efforts))

    return peak(net, np.full(paid.size, -limit), np.full(paid.size, limit))


def certainty_equivalent(weights: F, benefits: ArrayLike, costs: ArrayLike, noise: ArrayLike, aversion: float) -> float:
    """What principal and agent have together: b e - e' C e / 2 - r w' Sigma w / 2, at the effort that the weights bring about."""
    done = effort(weights, costs)
    risk = 0.5 * aversion * weights @ np.asarray(noise) @ weights
    return float(done @ np.asarray(benefits) - 0.5 * done @ np.asarray(costs) @ done - risk)
