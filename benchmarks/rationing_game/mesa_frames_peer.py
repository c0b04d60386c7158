"""The rationing game in mesa-frames: the agents are the rows of a Polars frame, on one thread like all peers."""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("POLARS_MAX_THREADS", "1")  # read when Polars is imported

import numpy as np
import polars as pl
from mesa_frames import AgentSetPolars, ModelDF

from benchmarks.rationing_game.game import GAME, PERIODS, GivenLuck, Luck, Peer
from gridsim.model.group import F


class Labs(AgentSetPolars):
    """All who ask for a share of the capacity."""

    def __init__(self, model: ModelDF, base: F) -> None:
        super().__init__(model)
        self += pl.DataFrame(
            {"unique_id": np.arange(base.size), "base": base, "forecast": base}
            | {name: np.zeros(base.size) for name in ("demand", "order", "granted", "shortfall")}
            | {"believed_fill": np.ones(base.size)}
        )

    def place_orders(self) -> None:
        """See this period's demand and order."""
        demand = pl.col("base") * (1.0 + GAME.sigma * pl.col("noise")).clip(lower_bound=0.0)
        forecast = pl.col("forecast") + GAME.alpha * (pl.col("demand") - pl.col("forecast"))
        order = pl.col("forecast") * (1.0 + GAME.gamma * (1.0 / pl.col("believed_fill") - 1.0))
        self.agents = (
            self.agents.with_columns(noise=pl.Series(self.model.random.standard_normal(len(self))))
            .with_columns(demand=demand)
            .with_columns(forecast=forecast)
            .with_columns(order=order)
        )

    def receive(self, fill: float) -> None:
        """Take what is granted and learn from it."""
        believed = pl.col("believed_fill")
        missing = (pl.col("demand") - pl.col("granted")).clip(lower_bound=0.0)
        learned = believed + GAME.beta * (pl.col("granted") / pl.col("order") - believed)
        self.agents = self.agents.with_columns(granted=pl.col("order") * fill).with_columns(
            believed_fill=learned.clip(lower_bound=GAME.floor), shortfall=pl.col("shortfall") + missing
        )

    def step(self) -> None:
        """Nothing: the model calls the two moves of a period."""


class RationingModel(ModelDF):
    """A market of n labs."""

    def __init__(self, n: int, seed: int, luck: Luck | None = None) -> None:
        super().__init__(seed)
        base = luck.base if luck else self.random.uniform(0.5, 1.5, n)
        if luck:
            self.random: Any = GivenLuck(luck.noise)
        self.agents += Labs(self, base)
        self.labs: Any = self.get_agents_of_type(Labs)
        self.capacity = GAME.tightness * n
        self.rows: list[tuple[float, ...]] = []

    def step(self) -> None:
        """Play one period."""
        self.labs.place_orders()
        orders = self.labs.agents["order"].sum()
        self.labs.receive(min(1.0, self.capacity / orders))
        sums = self.labs.agents.select(pl.col("demand", "granted", "shortfall").sum()).row(0)
        self.rows.append((orders, *sums))

    def play(self) -> None:
        """Play all periods."""
        for _ in range(PERIODS):
            self.step()

    def log(self) -> F:
        """What was logged."""
        return np.array(self.rows)


PEER = Peer(
    name="mesa-frames",
    own_draws=True,
    same_bits=False,
    build=RationingModel,
    play=RationingModel.play,
    log=RationingModel.log,
)
