"""The rationing game in plain Mesa: an object per agent, AgentSet verbs, a DataCollector.

All labs move at once, so that `do` in place of `shuffle_do` changes nothing but the time.
"""

from __future__ import annotations

from typing import Any

import mesa

from benchmarks.rationing_game.game import COLUMNS, GAME, PERIODS, GivenLuck, Luck, Peer
from gridsim.model.group import F


class Lab(mesa.Agent):
    """Who asks for a share of the capacity."""

    def __init__(self, model: mesa.Model, base: float) -> None:
        super().__init__(model)
        self.base = base
        self.demand = 0.0
        self.forecast = base
        self.believed_fill = 1.0
        self.order = 0.0
        self.granted = 0.0
        self.shortfall = 0.0

    def place_order(self) -> None:
        """See this period's demand and order."""
        self.demand = self.base * max(0.0, 1.0 + GAME.sigma * self.random.gauss(0.0, 1.0))
        self.forecast += GAME.alpha * (self.demand - self.forecast)
        self.order = self.forecast * (1.0 + GAME.gamma * (1.0 / self.believed_fill - 1.0))

    def receive(self, fill: float) -> None:
        """Take what is granted and learn from it."""
        self.granted = self.order * fill
        believed = self.believed_fill + GAME.beta * (self.granted / self.order - self.believed_fill)
        self.believed_fill = max(GAME.floor, believed)
        self.shortfall += max(0.0, self.demand - self.granted)


class RationingModel(mesa.Model):
    """A market of n labs."""

    def __init__(self, n: int, seed: int, luck: Luck | None = None) -> None:
        super().__init__(rng=seed)
        if luck:
            self.random: Any = GivenLuck(luck.noise)
        base = luck.base if luck else self.rng.uniform(0.5, 1.5, n)
        self.labs = Lab.create_agents(self, n, base.tolist())
        self.capacity = GAME.tightness * n
        self.orders = 0.0
        self.datacollector = mesa.DataCollector(
            model_reporters={
                "orders": "orders",
                "demand": lambda model: model.labs.agg("demand", sum),
                "granted": lambda model: model.labs.agg("granted", sum),
                "shortfall": lambda model: model.labs.agg("shortfall", sum),
            }
        )

    def step(self) -> None:
        """Play one period."""
        self.labs.do("place_order")
        self.orders = self.labs.agg("order", sum)
        self.labs.do("receive", min(1.0, self.capacity / self.orders))
        self.datacollector.collect(self)


def play(model: RationingModel) -> None:
    """Play all periods."""
    for _ in range(PERIODS):
        model.step()


def log(model: RationingModel) -> F:
    """What was logged."""
    return model.datacollector.get_model_vars_dataframe()[list(COLUMNS)].to_numpy()


PEER = Peer(name="Mesa", own_draws=True, same_bits=False, build=RationingModel, play=play, log=log)
