"""When to secure capacity that grows cheaper, if the first of two to have it earns more: Fudenberg & Tirole 1985.

Review of Economic Studies 52(3):383-401. Securing it at t costs C0 e^-gt; who has it alone earns pi_1 a year, both pi_2 each,
nobody nothing. Solved on a grid of time, backwards.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gridsim.model.group import F, I


class Race(NamedTuple):
    """Interest, rate at which the cost falls, cost at time 0, earnings alone and of each of two."""

    interest: float
    cheaper: float
    cost: float
    alone: float
    both: float


class Dates(NamedTuple):
    """When the first secures capacity, when it would with nobody to fear, when the second does, and what each is worth."""

    first: float
    unpressured: float
    second: float
    value_first: float
    value_second: float


def dates(race: Race, step: float = 0.001, until: float = 60.0) -> Dates:
    """Play the race on a grid of time: the second moves when it is best for it, the first no later than leading pays.

    Follower's and leader's values at each date; nobody lets the other lead once leading is worth more than following.
    """
    time = np.arange(0.0, until, step)
    discount = np.exp(-race.interest * time)
    cost = race.cost * np.exp(-race.cheaper * time) * discount
    tail = np.exp(-race.interest * until) / race.interest  # of one unit a year from the end of the grid on
    annuity = np.cumsum(discount[::-1])[::-1] * step * np.exp(-0.5 * race.interest * step) + tail
    best_second, second = _best_from(race.both * annuity - cost)
    following = best_second
    leading = race.alone * annuity - cost - (race.alone - race.both) * annuity[np.maximum(second, np.arange(time.size))]
    first = int(np.argmax(leading >= following))
    unpressured = int(np.argmax(race.alone * annuity - cost))
    alone, follower = float(time[unpressured]), float(time[second[0]])
    return Dates(float(time[first]), alone, follower, float(leading[first]), float(following[first]))


def _best_from(value: F) -> tuple[F, I]:
    """From each date on, the highest value of a date not before it, and that date's row."""
    best = np.maximum.accumulate(value[::-1])[::-1]
    rows = np.arange(value.size)
    is_best = value >= best
    nearest = np.minimum.accumulate(np.where(is_best, rows, value.size)[::-1])[::-1]
    return best, nearest
