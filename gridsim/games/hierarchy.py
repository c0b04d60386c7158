"""Cognitive hierarchy: how people play who have never played before."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from gridsim.games.game import Game
from gridsim.games.replies import Search, best_reply
from gridsim.model.group import F


def poisson(mean: float, levels: int) -> F:
    """Shares of levels 0 .. levels - 1 of a Poisson distribution: e^-t t^k / k!."""
    shares = [math.exp(-mean)]
    for k in range(1, levels):
        shares.append(shares[-1] * mean / k)
    return np.array(shares)


def level_signals(game: Game, shares: Sequence[float] | F, naive: float, search: Search) -> F:
    """Signals of each level of thinking; level 0 sends `naive`.

    Level k believes that the others think less than itself, in the true proportions of these levels, and replies to their mean
    (Camerer, Ho & Chong 2004, Quarterly Journal of Economics 119:861-898; in capacity allocation Cui & Zhang 2018, Management
    Science 64(3):1250-1270).
    """
    weights = np.asarray(shares, dtype=np.float64)
    signals = [naive]
    for k in range(1, weights.size):
        believed = float(weights[:k] @ signals / weights[:k].sum())
        signals.append(best_reply(game, 0, np.full(len(game.kinds), believed), search))
    return np.array(signals)


def cognitive_hierarchy(game: Game, steps: float, naive: float, search: Search, levels: int = 25) -> float:
    """Mean signal of a population whose steps of thinking are Poisson distributed with mean `steps`."""
    shares = poisson(steps, levels)
    return float(shares @ level_signals(game, shares, naive, search) / shares.sum())
