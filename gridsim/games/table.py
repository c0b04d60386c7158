"""Payoffs of a symmetric game on an even grid of signals, as a table: what learners and quantal responses look up.

Under the share rules (`proportional`, `kelly`) a claimant's payoff depends on its own signal and the sum of the others', under
`rank` on the strongest of the others. The table is filled by the game itself, for every own signal and every such aggregate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from gridsim.games.game import RationingGame
from gridsim.model.group import F

Aggregate = Literal["sum", "strongest"]


@dataclass(frozen=True)
class Table:
    """`payoffs[i, j]`: own signal `signals[i]` against others that add up to step j of the grid, or whose strongest is step j."""

    signals: F
    payoffs: F
    players: int
    aggregate: Aggregate

    def scaled(self) -> Table:
        """Payoffs as shares of their range over the profiles in which all others send the same, for a precision without unit."""
        alike = self.payoffs[:, self._steps_of_alike()]
        low, high = np.min(alike), np.max(alike)
        return Table(self.signals, (self.payoffs - low) / (high - low), self.players, self.aggregate)

    def _steps_of_alike(self) -> slice:
        return slice(None, None, self.players - 1 if self.aggregate == "sum" else 1)

    def chances_of_others(self, mix: F) -> F:
        """Chance of each aggregate where every other player draws its signal from one mix, independently."""
        if self.aggregate == "strongest":
            return np.diff(np.cumsum(mix) ** (self.players - 1), prepend=0.0)
        chances = mix
        for _ in range(self.players - 2):
            chances = np.convolve(chances, mix)
        return chances

    def against(self, mix: F) -> F:
        """Expected payoff of every signal against others who all draw from one mix."""
        return self.payoffs @ self.chances_of_others(mix)


def tabulate(game: RationingGame, signals: F, aggregate: Aggregate = "sum") -> Table:
    """Fill the table of a game of equal claimants; the signals must be evenly spaced.

    A sum is spread evenly over the others, which changes nothing for a share rule; beside the strongest the others send nothing.
    """
    players = len(game.kinds)
    step = float(signals[1] - signals[0])
    if len(set(game.kinds)) > 1 or players < 2 or not np.allclose(np.diff(signals), step, rtol=1e-9):
        raise ValueError("a table needs at least two claimants of one kind and evenly spaced signals")
    width = (players - 1) * (signals.size - 1) + 1 if aggregate == "sum" else signals.size
    columns = []
    for j in range(width):
        others = np.zeros(players)
        if aggregate == "sum":
            others[1:] = signals[0] + j * step / (players - 1)
        else:
            others[1] = signals[j]
        columns.append(game.payoffs(0, signals, others))
    return Table(signals, np.array(columns).T.copy(), players, aggregate)
