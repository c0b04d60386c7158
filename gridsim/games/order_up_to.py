"""Order-up-to stock control with a moving-average forecast: the variance of orders that nobody games.

Chen, Drezner, Ryan & Simchi-Levi 2000 (Management Science 46(3):436-443); Lee, Padmanabhan & Whang 1997 (Management Science
43(4):546-558).
"""

from __future__ import annotations

import numpy as np

from gridsim.model.group import F


def orders(demand: F, lead: int, periods: int) -> F:
    """Orders of one layer that keeps its inventory position at lead times the forecast, the mean of the last demands.

    Each period it sees demand, which lowers the position, and orders back up to the new level; excess goes back. The first
    `periods` demands only make the first forecast.
    """
    total = np.concatenate([[0.0], np.cumsum(demand)])
    level = lead * (total[periods:] - total[:-periods]) / periods
    position = level[:-1] - demand[periods:]
    return np.asarray(level[1:] - position)


def amplification(lead: int, periods: int, layers: int, n: int, rng: np.random.Generator) -> F:
    """Variance of orders over variance of demand N(100, 10), after each layer that orders from the next."""
    signal = rng.normal(100.0, 10.0, n)
    variance = float(signal.var())
    ratios = np.empty(layers)
    for layer in range(layers):
        signal = orders(signal, lead, periods)
        ratios[layer] = signal.var() / variance
    return ratios
