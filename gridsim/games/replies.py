"""Best replies and where they lead.

A best reply is sought over the whole range of signals, by a grid that is then refined. Never by a first-order condition: a
root of it may be a local maximum only, or none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from gridsim.games.game import Game
from gridsim.model.group import F

TIE = 1e-15
"""Payoffs that differ by less than this share of the largest are equal; of equals the least signal is chosen."""


@dataclass(frozen=True)
class Search:
    """Signals from `low` to `high`: half of the `points` evenly spread, half evenly in the logarithm."""

    high: float
    low: float = 0.0
    points: int = 400
    zooms: int = 9
    """How often the grid is laid anew between the neighbours of the best point, each time twenty times as fine."""
    lattice: float = 0.0
    """If above 0, only multiples of this step are signals."""

    def grid(self) -> F:
        """All signals looked at first."""
        if self.lattice > 0.0:
            return np.arange(self.low, self.high + 0.5 * self.lattice, self.lattice)
        even = np.linspace(self.low, self.high, self.points // 2)
        spread = self.high - self.low
        return np.unique(np.concatenate([even, self.low + np.geomspace(1e-6 * spread, spread, self.points // 2)]))


def _first_best(payoffs: F) -> int:
    return int(np.argmax(payoffs >= np.max(payoffs) - TIE * np.max(np.abs(payoffs))))


def maximise(payoff: Callable[[F], F], search: Search) -> tuple[float, float]:
    """The signal of the highest payoff within a range, and that payoff. The function takes and gives arrays."""
    grid = search.grid()
    for zoom in range(search.zooms + 1):
        payoffs = payoff(grid)
        k = _first_best(payoffs)
        signal, best = float(grid[k]), float(payoffs[k])
        low, high = grid[max(k - 1, 0)], grid[min(k + 1, grid.size - 1)]
        if high - low <= 1e-12 * max(abs(high), 1e-300) or zoom == search.zooms:
            break
        grid = np.unique([*np.linspace(low, signal, 21), *np.linspace(signal, high, 21)])
        if search.lattice > 0.0:
            return signal, best
    return _polished(payoff, signal, best, search)


def _polished(payoff: Callable[[F], F], signal: float, best: float, search: Search) -> tuple[float, float]:
    """The vertex of the parabola through a smooth peak; at a kink, an edge or the end of the range, the signal as it is.

    Payoffs around a smooth peak are equal to rounding over a stretch of about 1e-8 of the signal: comparing them places the
    peak no better than that, and a fixed point of many replies worse.
    """
    h = 3e-5 * abs(signal)
    if not (h > 0.0 and search.low <= signal - h and signal + h <= search.high):
        return signal, best
    left, right = payoff(np.array([signal - h, signal + h])).tolist()
    curvature = 2.0 * best - left - right
    shift = 0.5 * h * (right - left) / curvature if curvature > 0.0 else np.inf
    if abs(shift) > 0.1 * h:
        return signal, best
    vertex = float(payoff(np.array([signal + shift]))[0])
    return (signal + shift, vertex) if vertex >= best - 4.0 * TIE * abs(best) else (signal, best)


def best_reply(game: Game, player: int, signals: ArrayLike, search: Search) -> float:
    """The signal that is best against what the others send."""
    profile = np.asarray(signals, dtype=np.float64)
    return maximise(lambda candidates: game.payoffs(player, candidates, profile), search)[0]


def gain_from_deviation(game: Game, signals: ArrayLike, search: Search) -> float:
    """The most that any player gains by another signal: 0 (to rounding) in equilibrium and only there."""
    profile = np.asarray(signals, dtype=np.float64)
    gains = []
    for player in range(profile.size):
        best = maximise(lambda c, player=player: game.payoffs(player, c, profile), search)[1]  # type: ignore[misc]
        gains.append(best - float(game.payoffs(player, profile[player : player + 1], profile)[0]))
    return max(gains)


def best_replies(game: Game, signals: F, search: Search | Callable[[F], Search]) -> F:
    """Every player's best reply; sought once for players of one kind who send the same."""
    within = search(signals) if callable(search) else search
    found: dict[tuple[int, float], float] = {}
    for player, each in enumerate(zip(game.kinds, signals.tolist(), strict=True)):
        if each not in found:
            found[each] = best_reply(game, player, signals, within)
    return np.array([found[each] for each in zip(game.kinds, signals.tolist(), strict=True)])


def path(game: Game, start: ArrayLike, rounds: int, search: Search | Callable[[F], Search]) -> F:
    """Signals round by round, from the start, where all reply at once to the round before; a row for each round."""
    signals = [np.asarray(start, dtype=np.float64)]
    for _ in range(rounds):
        signals.append(best_replies(game, signals[-1], search))
    return np.array(signals)


class Settled(NamedTuple):
    """Where replies came to rest, if they did."""

    signals: F
    rounds: int
    at_rest: bool


def settle(
    game: Game,
    start: ArrayLike,
    search: Search,
    *,
    pace: float | Sequence[float] = 0.5,
    rounds: int = 200,
    tolerance: float = 1e-9,
) -> Settled:
    """Move all signals a share of the way (`pace`, or one for each player) to the best replies, until none moves any more.

    Undamped simultaneous replies overshoot where many compete for one prize; the rest points are the same.
    """
    signals = np.asarray(start, dtype=np.float64).copy()
    share = np.asarray(pace, dtype=np.float64)
    for done in range(1, rounds + 1):
        move = share * (best_replies(game, signals, search) - signals)
        signals += move
        if np.max(np.abs(move)) <= tolerance * max(1.0, np.max(np.abs(signals))):
            return Settled(signals, done, True)
    return Settled(signals, rounds, False)
