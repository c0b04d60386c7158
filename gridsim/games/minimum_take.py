"""How much to reserve under a minimum take: the best reply of one customer with an uncertain need.

It reserves R at a price P per unit, pays P max(min(D, R), m R) and has v min(D, R) of it. The contract is that of large-load
tariffs with a minimum demand charge; m = 1 is the newsvendor, m = 0 an option that costs nothing.
"""

from __future__ import annotations

import numpy as np

from gridsim.model.group import F


def profits(reserved: F, needs: F, value: float, price: float, take: float) -> F:
    """Mean profit over the needs, for each reservation."""
    used = np.minimum(needs[:, None], reserved[None, :])
    paid = price * np.maximum(used, take * reserved[None, :])
    return np.asarray((value * used - paid).mean(axis=0))


def best_reservation(needs: F, value: float, price: float, take: float) -> float:
    """The least R of the highest mean profit: a search of all R up to the largest need, then twice closer."""
    low, high = 0.0, float(np.max(needs))
    best = 0.0
    for _ in range(3):
        grid = np.linspace(low, high, 101)
        profit = profits(grid, needs, value, price, take)
        best = float(grid[np.argmax(profit > np.max(profit) - 1e-12)])
        step = grid[1] - grid[0]
        low, high = max(0.0, best - step), best + step
    return best


def signs(success: float, value: float, price: float, take: float) -> bool:
    """Whether an all-or-nothing project signs for what it needs if it succeeds, and pays the minimum if not."""
    needs = np.array([1.0, 0.0])
    weights = np.array([success, 1.0 - success])
    used = np.minimum(needs, 1.0)
    return bool(weights @ (value * used - price * np.maximum(used, take)) >= 0.0)
