"""The beer distribution game: four stages order from each other through delays, and adjust stock with a heuristic.

Sterman 1989 (Management Science 35(3):321-339). The board: a slip is filled two weeks after it was written, goods take
two more on the way down, and a brewery three weeks from its own slip to beer; 12 cases in stock, 4 in every box, orders
of 4 in weeks 1-4, customers buy 4 a week and 8 from week 5; a case in stock costs 0.5 a week, a case owed 1.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gridsim.model.group import F

STAGES = ("retailer", "wholesaler", "distributor", "factory")


class Heuristic(NamedTuple):
    """Anchoring and adjustment: O = max(0, L + alpha (S' - S - beta SL)).

    S is stock less backlog, SL what is ordered and not received, S' the desired sum of stock and counted supply line, by
    stage. L is the forecast of the orders received, L(t) = theta l(t) + (1 - theta) L(t - 1). beta = 1 counts the
    supply line in full; the mean subject counted a third of it.
    """

    theta: float
    alpha: float
    beta: float
    target: tuple[float, float, float, float]


BENCHMARK = Heuristic(0.0, 1.0, 1.0, (28.0, 28.0, 28.0, 20.0))
"""The optimal parameters of Sterman 1989."""
MEAN_SUBJECT = Heuristic(0.36, 0.26, 0.34, (17.0, 17.0, 17.0, 17.0))
"""The mean of the subjects' estimated parameters in Sterman 1989."""
FULL_LINE = MEAN_SUBJECT._replace(beta=1.0, target=(27.56, 27.56, 27.56, 27.56))
"""The mean subject, but counting the supply line in full, and wanting four weeks of it: 17 + (1 - 0.34) 16."""


class Game(NamedTuple):
    """What happened, by week and stage."""

    orders: F
    stock: F
    backlog: F

    @property
    def cost(self) -> F:
        """Cost of each stage: 0.5 a week for each case in stock, 1 for each case owed."""
        return np.asarray((0.5 * self.stock + self.backlog).sum(axis=0))

    @property
    def peak(self) -> F:
        """Largest order of each stage."""
        return np.asarray(np.max(self.orders, axis=0))


def play(rule: Heuristic, weeks: int = 36, first: float = 4.0, later: float = 8.0, held: int = 4) -> Game:
    """Play the board with one heuristic for all stages; orders stay at `first` in the first `held` weeks."""
    stock, backlog = np.full(4, 12.0), np.zeros(4)
    near, far = np.full(4, first), np.full(4, first)  # goods that arrive this week and next week
    placed, incoming = np.full(4, first), np.full(4, first)  # slips of last week, and those to be filled this week
    forecast = np.full(4, first)
    game = Game(*(np.empty((weeks, 4)) for _ in range(3)))
    for week in range(weeks):
        stock += near
        near = far
        demand = np.array([first if week < held else later, *incoming[:3]])
        owed = demand + backlog
        shipped = np.minimum(stock, owed)
        stock, backlog = stock - shipped, owed - shipped
        incoming = placed
        far = np.array([*shipped[1:], placed[3]])  # the brewery starts on its own slip of last week
        line = near + far + np.array([*(incoming[:3] + backlog[1:]), 0.0])
        forecast = rule.theta * demand + (1.0 - rule.theta) * forecast
        wanted = forecast + rule.alpha * (np.array(rule.target) - stock + backlog - rule.beta * line)
        orders = np.maximum(0.0, wanted) if week >= held else np.full(4, first)
        placed = orders
        game.orders[week], game.stock[week], game.backlog[week] = orders, stock, backlog
    return game
