"""The rationing game on gridsim: its keyed draws, its proportional rule, its decorators, one kernel for the whole run."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from benchmarks.rationing_game.game import COLUMNS, GAME, PERIODS, Game, Luck, Peer
from gridsim.model import draws
from gridsim.model.compiling import entry, process, rule
from gridsim.model.elementary import normal_quantile
from gridsim.model.group import F
from gridsim.model.rationing import proportional


class Labs(NamedTuple):
    """The state: one column per variable, one row per agent."""

    base: F
    luck: F
    demand: F
    forecast: F
    believed_fill: F
    order: F
    granted: F
    shortfall: F


@rule
def noisy_demand(base: float, noise: float, sigma: float) -> float:
    """What a lab needs this period: base max(0, 1 + sigma z)."""
    return base * max(0.0, 1.0 + sigma * noise)


@rule
def inflated_order(forecast: float, believed_fill: float, gamma: float) -> float:
    """What a lab orders: forecast (1 + gamma (1 / believed fill - 1))."""
    return forecast * (1.0 + gamma * (1.0 / believed_fill - 1.0))


@process
def open_labs(seed: int, labs: Labs) -> None:
    """The state before the first period."""
    for i in range(labs.base.size):
        labs.base[i] = 0.5 + draws.uniform(seed, draws.SIZE, 0, i)
        labs.forecast[i] = labs.base[i]
        labs.believed_fill[i] = 1.0
        labs.shortfall[i] = 0.0


@process
def draw_luck(seed: int, t: int, labs: Labs) -> None:
    """The uniform numbers behind this period's noise; a loop of its own, as the compiler vectorises it then."""
    for i in range(labs.luck.size):
        labs.luck[i] = draws.uniform(seed, draws.NEED_NOISE, t, i)


@process
def place_orders(game: Game, labs: Labs) -> tuple[float, float]:
    """Every lab sees its demand and orders; returns the sums of orders and of demand."""
    orders = 0.0
    demands = 0.0
    for i in range(labs.base.size):
        demand = noisy_demand(labs.base[i], normal_quantile(labs.luck[i]), game.sigma)
        forecast = labs.forecast[i] + game.alpha * (demand - labs.forecast[i])
        order = inflated_order(forecast, labs.believed_fill[i], game.gamma)
        labs.demand[i], labs.forecast[i], labs.order[i] = demand, forecast, order
        orders += order
        demands += demand
    return orders, demands


@process
def learn(game: Game, labs: Labs) -> tuple[float, float]:
    """Every lab learns from what it was granted; returns the sums of that and of all shortfall so far."""
    granted = 0.0
    shortfall = 0.0
    for i in range(labs.base.size):
        fill = labs.granted[i] / labs.order[i]
        believed = labs.believed_fill[i]
        labs.believed_fill[i] = max(game.floor, believed + game.beta * (fill - believed))
        labs.shortfall[i] += max(0.0, labs.demand[i] - labs.granted[i])
        granted += labs.granted[i]
        shortfall += labs.shortfall[i]
    return granted, shortfall


@entry
def run(seed: int, game: Game, labs: Labs, log: F) -> None:
    """Play all periods; fills the log."""
    open_labs(seed, labs)
    capacity = game.tightness * labs.base.size
    for t in range(log.shape[0]):
        draw_luck(seed, t, labs)
        orders, demands = place_orders(game, labs)
        proportional(labs.order, capacity, labs.granted)
        granted, shortfall = learn(game, labs)
        log[t, 0], log[t, 1], log[t, 2], log[t, 3] = orders, demands, granted, shortfall


@entry
def draw_alone(seed: int, periods: int, labs: Labs) -> None:
    """Make the noise of all periods and nothing else."""
    for t in range(periods):
        draw_luck(seed, t, labs)
        for i in range(labs.luck.size):
            labs.demand[i] = normal_quantile(labs.luck[i])


class Model(NamedTuple):
    """A run that is ready to be played."""

    seed: int
    labs: Labs
    log: F


def build(n: int, seed: int, luck: Luck | None = None) -> Model:
    """A run of n labs; it makes the declared draws itself and needs no luck."""
    return Model(seed, Labs(*(np.empty(n) for _ in Labs._fields)), np.empty((PERIODS, len(COLUMNS))))


PEER = Peer(
    name="gridsim",
    own_draws=False,
    same_bits=True,
    build=build,
    play=lambda model: run(model.seed, GAME, model.labs, model.log),
    log=lambda model: model.log,
)

DRAWS_ALONE = PEER._replace(name="gridsim, draws alone", play=lambda model: draw_alone(model.seed, PERIODS, model.labs))
"""No implementation: the part of gridsim's time that goes into random numbers."""
