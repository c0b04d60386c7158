"""Signals measured with noise: the rule sees the signal plus an error, and the claimant pays for the signal."""

from __future__ import annotations

import numpy as np

from gridsim.games.game import RationingGame
from gridsim.model.group import F


def even_normal(spread: float, step: float) -> tuple[F, F]:
    """Chances and values of a normal error on even steps out to six standard deviations.

    Signals that are multiples of the same power of two then meet errors exactly, and ties stand for half of a step each: the
    chance to win is right to the order of the step's square.
    """
    values = np.arange(-np.ceil(6.0 * spread / step), np.ceil(6.0 * spread / step) + 1.0) * step
    chances = np.exp(-0.5 * (values / spread) ** 2)
    return chances / chances.sum(), values


class MeasuredWithNoise:
    """A game between two under a rank rule, where the difference of the two measurements has an error."""

    def __init__(self, game: RationingGame, chances: F, errors: F) -> None:
        if len(game.kinds) != 2:
            raise ValueError("the difference of measurements decides between two")
        self.game = game
        self.kinds: tuple[int, ...] = game.kinds
        self.chances, self.errors = chances, errors

    def payoffs(self, player: int, candidates: F, signals: F) -> F:
        """Expected payoff of each candidate; only what is given depends on the error, and only linearly what it is worth."""
        game = self.game
        rival = float(signals[1 - player])
        level = float(np.max(np.abs(self.errors))) + 1.0  # a rank needs positive signals, and no more than their order
        profiles = np.empty((self.errors.size, 2))
        profiles[:, 1 - player] = rival + level
        given = np.empty((2, candidates.size))
        amounts = np.full(self.errors.size, float(game.capacity.at(np.ones(1))[1][0, 0]))
        for k, candidate in enumerate(candidates):
            profiles[:, player] = candidate + level + self.errors
            given[:, k] = self.chances @ game.rule.allocations(profiles, amounts)
        own, others = given[player], given[1 - player]
        worth = game.value(self.kinds[player], candidates, own, others)
        return worth - game.contract.cost(candidates, own, game.needs)
