"""Shares of an outcome among the mechanisms that make it, from runs with every subset of them switched on.

The Shapley value of a mechanism is what it adds when it is switched on, averaged over all orders in which the mechanisms
can be switched on (Shapley 1953, Contributions to the Theory of Games II, 307-317). The values sum to what all add together;
what the mechanism does alone ("first in") or what its absence saves ("last in") do not. Where mechanisms multiply, the
values of the logarithm are those of each alone, and what is left over measures how far they do not just multiply.

Outcomes stand in an array with a row for each subset: switch i is on in row r if bit i of r is set. Further columns are
seeds, the same in all rows, so that differences between subsets are differences of one and the same world.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Scale = Literal["level", "log"]
MOST_EXACT = 8
"""Switches up to which all subsets are worth running; beyond, orders are drawn."""


def subsets(switches: int) -> NDArray[np.bool_]:
    """A row for each subset: which switches are on."""
    return (np.arange(2**switches)[:, None] >> np.arange(switches) & 1).astype(np.bool_)


def shapley_values(outcomes: Floats) -> Floats:
    """Shapley values of all switches from the outcomes of all subsets (and seeds, in columns).

    phi_i = sum over subsets S without i of |S|! (m - |S| - 1)! / m! (v(S + i) - v(S)).
    """
    switches = _switches(outcomes)
    rows = np.arange(outcomes.shape[0])
    sizes = subsets(switches).sum(axis=1)
    weights = np.array([1.0 / (switches * math.comb(switches - 1, s)) for s in range(switches)])
    values = []
    for i in range(switches):
        without = rows[rows >> i & 1 == 0]
        added = outcomes[without | 1 << i] - outcomes[without]
        values.append(np.tensordot(weights[sizes[without]], added, axes=1))
    return np.asarray(values)


def first_in(outcomes: Floats) -> Floats:
    """What each switch adds when it is the only one."""
    return np.asarray([outcomes[1 << i] - outcomes[0] for i in range(_switches(outcomes))])


def last_in(outcomes: Floats) -> Floats:
    """What each switch adds when all others are on."""
    last = outcomes.shape[0] - 1
    return np.asarray([outcomes[last] - outcomes[last ^ 1 << i] for i in range(_switches(outcomes))])


def _switches(outcomes: Floats) -> int:
    switches = int(outcomes.shape[0]).bit_length() - 1
    if outcomes.shape[0] != 2**switches:
        raise ValueError(f"{outcomes.shape[0]} rows are not all subsets of any number of switches")
    return switches


class Attribution(NamedTuple):
    """Shares of the mechanisms, with intervals: `value` sums to `total`; beside it the effects alone and on top of all."""

    names: tuple[str, ...]
    value: Floats
    low: Floats
    high: Floats
    first: Floats
    last: Floats
    total: float

    @property
    def interaction(self) -> float:
        """What the effects of each alone do not add up to."""
        return float(self.total - self.first.sum())


def attribute(
    names: Sequence[str],
    outcomes: Floats,
    scale: Scale = "level",
    confidence: float = 0.9,
    resamples: int = 1000,
    rng: np.random.Generator | None = None,
) -> Attribution:
    """Shapley values of the mean over seeds, or of its logarithm, with bootstrap intervals over seeds.

    A resample takes whole seeds, all subsets of each, as they share their luck (Efron & Tibshirani 1993, An Introduction to
    the Bootstrap, percentile intervals). With one seed there are no intervals: low and high are NaN.

    Args:
        names: the switches, in the order of the bits.
        outcomes: a row for each subset; a column for each seed, or none.
        scale: "log" attributes the logarithm of the mean, for outcomes that multiply.
        confidence: of the intervals.
        resamples: of the bootstrap.
        rng: of the bootstrap; a fixed one if none is given.
    """
    runs = np.asarray(outcomes, dtype=np.float64)
    runs = runs[:, None] if runs.ndim == 1 else runs
    if 2 ** len(names) != runs.shape[0]:
        raise ValueError(f"{len(names)} switches have {2 ** len(names)} subsets, not {runs.shape[0]}")
    means = _scaled(runs.mean(axis=1), scale)
    value = shapley_values(means)
    low = high = np.full(value.size, np.nan)
    if runs.shape[1] > 1:
        rng = np.random.default_rng(0) if rng is None else rng
        drawn = rng.multinomial(runs.shape[1], np.full(runs.shape[1], 1.0 / runs.shape[1]), resamples)
        again = shapley_values(_scaled(runs @ drawn.T / runs.shape[1], scale))
        tail = 0.5 * (1.0 - confidence)
        low, high = np.quantile(again, [tail, 1.0 - tail], axis=1)
    return Attribution(tuple(names), value, low, high, first_in(means), last_in(means), float(means[-1] - means[0]))


def _scaled(means: Floats, scale: Scale) -> Floats:
    if scale == "level":
        return means
    if not (means > 0.0).all():
        raise ValueError("only outcomes above 0 have logarithms")
    return np.asarray(np.log(means))


class Sampled(NamedTuple):
    """Shapley values from drawn orders, their standard errors, and how many subsets were run for them."""

    value: Floats
    error: Floats
    runs: int


def sampled_values(
    outcome: Callable[[tuple[bool, ...]], float], switches: int, orders: int, rng: np.random.Generator
) -> Sampled:
    """Shapley values when there are too many subsets to run: the mean over drawn orders of switching on.

    Each order is also gone through backwards, which takes away much of the scatter (Castro, Gomez & Tejada 2009, Computers
    & Operations Research 36(5):1726-1730; antithetic orders in Mitchell et al. 2022, Journal of Machine Learning Research
    23(43)). A subset that comes again is not run again. The errors are those of independent pairs of orders.
    """
    known: dict[tuple[bool, ...], float] = {}

    def run(on: NDArray[np.bool_]) -> float:
        subset = tuple(bool(x) for x in on)
        if subset not in known:
            known[subset] = outcome(subset)
        return known[subset]

    pairs = np.zeros((orders, switches))
    for pair in pairs:
        order = rng.permutation(switches)
        for direction in (order, order[::-1]):
            on = np.zeros(switches, np.bool_)
            before = run(on)
            for i in direction:
                on[i] = True
                after = run(on)
                pair[i] += 0.5 * (after - before)
                before = after
    error = pairs.std(axis=0, ddof=1) / math.sqrt(orders) if orders > 1 else np.full(switches, np.nan)
    return Sampled(pairs.mean(axis=0), error, len(known))


def values_of(
    outcome: Callable[[tuple[bool, ...]], float], switches: int, orders: int, rng: np.random.Generator
) -> Sampled:
    """Shapley values of a function of which switches are on: exact while all subsets can be run, else from drawn orders."""
    if switches > MOST_EXACT:
        return sampled_values(outcome, switches, orders, rng)
    outcomes = np.array([outcome(tuple(bool(x) for x in on)) for on in subsets(switches)])
    return Sampled(shapley_values(outcomes), np.zeros(switches), outcomes.size)
