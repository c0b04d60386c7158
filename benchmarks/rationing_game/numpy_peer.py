"""The rationing game in NumPy: one array per variable, one expression per equation."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.rationing_game.game import GAME, PERIODS, GivenLuck, Luck, Peer
from gridsim.model.group import F


class Model:
    """A market of n labs."""

    def __init__(self, n: int, seed: int, luck: Luck | None = None) -> None:
        own = np.random.default_rng(seed)
        self.rng: Any = GivenLuck(luck.noise) if luck else own
        self.base = luck.base if luck else own.uniform(0.5, 1.5, n)
        self.forecast = self.base.copy()
        self.believed_fill = np.ones(n)
        self.shortfall = np.zeros(n)
        self.capacity = GAME.tightness * n
        self.rows: list[tuple[float, ...]] = []

    def step(self) -> None:
        """Play one period."""
        demand = self.base * np.maximum(0.0, 1.0 + GAME.sigma * self.rng.standard_normal(self.base.size))
        self.forecast += GAME.alpha * (demand - self.forecast)
        order = self.forecast * (1.0 + GAME.gamma * (1.0 / self.believed_fill - 1.0))
        orders = order.sum()
        granted = order * min(1.0, self.capacity / orders)
        self.believed_fill += GAME.beta * (granted / order - self.believed_fill)
        np.maximum(GAME.floor, self.believed_fill, out=self.believed_fill)
        self.shortfall += np.maximum(0.0, demand - granted)
        self.rows.append((orders, demand.sum(), granted.sum(), self.shortfall.sum()))

    def run(self) -> None:
        """Play all periods."""
        for _ in range(PERIODS):
            self.step()

    def log(self) -> F:
        """What was logged."""
        return np.array(self.rows)


PEER = Peer(name="NumPy", own_draws=True, same_bits=False, build=Model, play=Model.run, log=Model.log)
