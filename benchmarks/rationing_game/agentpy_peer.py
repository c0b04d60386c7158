"""The rationing game in AgentPy: an object per agent, calls on an AgentList, records of the model."""

from __future__ import annotations

from typing import Any

import agentpy as ap
import numpy as np

from benchmarks.rationing_game.game import COLUMNS, GAME, PERIODS, GivenLuck, Luck, Peer
from gridsim.model.group import F


class Lab(ap.Agent):
    """Who asks for a share of the capacity."""

    def setup(self, base: float) -> None:
        """The state before the first period."""
        self.base = base
        self.demand = 0.0
        self.forecast = base
        self.believed_fill = 1.0
        self.order = 0.0
        self.granted = 0.0
        self.shortfall = 0.0

    def place_order(self) -> None:
        """See this period's demand and order."""
        self.demand = self.base * max(0.0, 1.0 + GAME.sigma * self.model.random.gauss(0.0, 1.0))
        self.forecast += GAME.alpha * (self.demand - self.forecast)
        self.order = self.forecast * (1.0 + GAME.gamma * (1.0 / self.believed_fill - 1.0))

    def receive(self, fill: float) -> None:
        """Take what is granted and learn from it."""
        self.granted = self.order * fill
        believed = self.believed_fill + GAME.beta * (self.granted / self.order - self.believed_fill)
        self.believed_fill = max(GAME.floor, believed)
        self.shortfall += max(0.0, self.demand - self.granted)


class RationingModel(ap.Model):
    """A market of n labs."""

    def setup(self, luck: Luck | None) -> None:
        """The state before the first period."""
        n = self.p.n
        base = luck.base.tolist() if luck else [self.random.uniform(0.5, 1.5) for _ in range(n)]
        if luck:
            self.random: Any = GivenLuck(luck.noise)
        self.labs = ap.AgentList(self, n, Lab, base=ap.AttrIter(base))
        self.capacity = GAME.tightness * n
        self.orders = 0.0

    def step(self) -> None:
        """Play one period."""
        self.labs.place_order()
        self.orders = sum(self.labs.order)
        self.labs.receive(min(1.0, self.capacity / self.orders))

    def update(self) -> None:
        """Log a period; also called once before the first."""
        if self.t > 0:
            self.record("orders", self.orders)
            for column in ("demand", "granted", "shortfall"):
                self.record(column, sum(getattr(self.labs, column)))


def build(n: int, seed: int, luck: Luck | None = None) -> RationingModel:
    """A run of n labs, set up."""
    model = RationingModel({"n": n, "steps": PERIODS, "seed": seed}, luck=luck)
    model.sim_setup()
    return model


def play(model: RationingModel) -> None:
    """Play all periods."""
    while model.running:
        model.sim_step()


def log(model: RationingModel) -> F:
    """What was logged."""
    return np.column_stack([model.log[column] for column in COLUMNS])


PEER = Peer(name="AgentPy", own_draws=True, same_bits=False, build=build, play=play, log=log)
