"""The rationing game of DECLARATION.md: what all its implementations share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from gridsim.model import draws
from gridsim.model.compiling import entry
from gridsim.model.group import F

PERIODS = 120
COLUMNS = ("orders", "demand", "granted", "shortfall")
"""What is logged each period: sums over agents."""


class Game(NamedTuple):
    """Parameters; the names are those of the declaration."""

    sigma: float = 0.2
    """demand noise, a coefficient of variation"""
    alpha: float = 0.3
    """share of the gap to demand that a forecast closes each period"""
    beta: float = 0.2
    """share of the gap to what was received that a belief closes each period"""
    gamma: float = 1.0
    """inflation of orders per unit of perceived shortage"""
    floor: float = 0.05
    """least believed fill rate"""
    tightness: float = 0.9
    """capacity per agent; mean demand is 1"""


GAME = Game()


class Luck(NamedTuple):
    """The keyed draws of one run, for implementations that do not make their own."""

    base: F
    """base demand, by agent"""
    noise: F
    """standard normal numbers, by period and agent"""


@entry
def _draw(seed: int, base: F, noise: F) -> None:
    for i in range(base.size):
        base[i] = 0.5 + draws.uniform(seed, draws.SIZE, 0, i)
    for t in range(noise.shape[0]):
        for i in range(base.size):
            noise[t, i] = draws.normal(seed, draws.NEED_NOISE, t, i)


def keyed_luck(n: int, seed: int) -> Luck:
    """The draws that the declaration defines for n agents and a seed."""
    luck = Luck(np.empty(n), np.empty((PERIODS, n)))
    _draw(seed, *luck)
    return luck


class GivenLuck:
    """Stands in for a framework's own generator: hands out given noise, period after period, agent after agent."""

    def __init__(self, noise: F) -> None:
        self._periods: Iterator[F] = iter(noise)
        self._numbers: Iterator[float] = iter(noise.ravel().tolist())

    def standard_normal(self, size: int) -> F:
        """The numbers of one period, as `numpy.random.Generator` would."""
        return next(self._periods)

    def gauss(self, mean: float, deviation: float) -> float:
        """The next number, as `random.Random` would."""
        return mean + deviation * next(self._numbers)


class NoCompiler(ImportError):
    """There is no C compiler."""


class Peer(NamedTuple):
    """One implementation of the game."""

    name: str
    own_draws: bool
    """Whether it is timed with its framework's own generator, and makes the declared draws only if given them."""
    same_bits: bool
    """Whether its log must equal gridsim's to the last bit."""
    build: Callable[[int, int, Luck | None], Any]
    """A run of n agents with a seed, ready to be played; on given luck if that is not None."""
    play: Callable[[Any], object]
    """Play all periods: what is timed."""
    log: Callable[[Any], F]
    """What a played run logged: a row per period, a column for each of `COLUMNS`."""
