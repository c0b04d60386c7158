"""Shares of an outcome among the mechanisms that make it, from runs with subsets of them switched on.

The Shapley value of a mechanism is what it adds when it is switched on, averaged over all orders in which the mechanisms
can be switched on (Shapley 1953, Contributions to the Theory of Games II, 307-317). The values sum to what all add together;
what the mechanism does alone ("first in") or what its absence saves ("last in") do not. Where mechanisms multiply, the
values of the logarithm are those of each alone, and what is left over measures how far they do not just multiply.

Mechanisms may stand in groups, such as the layers of a market. Owen values (Owen 1977, Essays in Mathematical Economics and
Game Theory, 76-88) average over those orders only in which a group is switched on as a whole before the next one begins;
those of a group sum to the Shapley value of the group in the game among groups.

All of these are linear in the outcomes of subsets, so that a design says which subsets are run, and with which weights.
Outcomes stand in an array with a row for each subset. Further columns are seeds, the same in all rows, so that differences
between subsets are differences of one and the same world.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Scale = Literal["level", "log"]
Groups = Sequence[Sequence[int]]
AT_ONCE = 50
"""Resamples of drawn orders whose weights are in memory at once."""


class Design(NamedTuple):
    """The subsets that are run, and how shares follow from their outcomes.

    `on` [row, switch] says what is switched on: nothing in the first row, everything in the last. Shares are the means over
    draws of `weights` [draw, switch, row] times outcomes; there is one draw where every subset is run. `grouped` says whether
    groups stay together.
    """

    on: NDArray[np.bool_]
    weights: Floats
    grouped: bool = False

    @property
    def exact(self) -> bool:
        """Whether every subset is run."""
        return bool(len(self.on) == 2 ** self.on.shape[1])


def subsets(switches: int) -> NDArray[np.bool_]:
    """A row for each subset: switch i is on in row r if bit i of r is set."""
    return (np.arange(2**switches)[:, None] >> np.arange(switches) & 1).astype(np.bool_)


def every_subset(switches: int, groups: Groups | None = None) -> Design:
    """All subsets, for Shapley values, or Owen values of groups of switches.

    With k groups, a switch of a group of b has the weight 1 / (k C(k-1, h)) / (b C(b-1, t)) for what it adds to h of the other
    groups and t of its own; one group of all is Shapley's |S|! (m - |S| - 1)! / m!.
    """
    on = subsets(switches)
    parts = [list(range(switches))] if groups is None else [list(group) for group in groups]
    if sorted(itertools.chain(*parts)) != list(range(switches)):
        raise ValueError("each switch is in one group")
    counts = np.array([on[:, part].sum(axis=1) for part in parts])
    sizes = np.array([len(part) for part in parts])[:, None]
    full = counts == sizes
    whole = full | (counts == 0)
    weights = np.zeros((1, switches, len(on)))
    for own, part in enumerate(parts):
        others = np.arange(len(parts)) != own
        before = full[others].sum(axis=0)
        orderly = whole[others].all(axis=0)
        for i in part:
            rows = np.flatnonzero(orderly & ~on[:, i])
            weight = [1.0 / (_choices(len(parts), before[r]) * _choices(len(part), counts[own, r])) for r in rows]
            weights[0, i, rows] = -np.array(weight)
            weights[0, i, rows | 1 << i] = weight
    return Design(on, weights, groups is not None)


def _choices(size: int, before: int) -> float:
    return float(size * math.comb(size - 1, before))


def drawn_orders(switches: int, orders: int, rng: np.random.Generator, groups: Groups | None = None) -> Design:
    """The subsets along drawn orders of switching on, for when there are too many to run them all.

    Each order is also gone through backwards, which takes away much of the scatter (Castro, Gomez & Tejada 2009, Computers
    & Operations Research 36(5):1726-1730; antithetic orders in Mitchell et al. 2022, Journal of Machine Learning Research
    23(43)). A draw is such a pair. A subset that comes again is one row.
    """
    parts = [list(range(switches))] if groups is None else [list(group) for group in groups]
    known: dict[tuple[int, ...], int] = {(): 0}
    steps: list[tuple[int, int, int, int]] = []
    for draw in range(orders):
        shuffled = [rng.permutation(parts[at]).tolist() for at in rng.permutation(len(parts))]
        order = list(itertools.chain(*shuffled))
        for direction in (order, order[::-1]):
            row = 0
            for count, switch in enumerate(direction, start=1):
                after = known.setdefault(tuple(sorted(direction[:count])), len(known))
                steps.append((draw, switch, row, after))
                row = after
    everything = tuple(range(switches))
    ranks = {
        row: place for place, row in enumerate([*(r for k, r in known.items() if k != everything), known[everything]])
    }
    on = np.zeros((len(known), switches), np.bool_)
    for subset, row in known.items():
        on[ranks[row], list(subset)] = True
    weights = np.zeros((orders, switches, len(known)))
    for draw, switch, row, after in steps:
        weights[draw, switch, ranks[row]] -= 0.5
        weights[draw, switch, ranks[after]] += 0.5
    return Design(on, weights, groups is not None)


def interaction_weights(switches: int) -> Floats:
    """Weights [1, pair, row] of what each two switches do together beyond what each does, in the order of combinations.

    The interaction index of Grabisch & Roubens 1999 (International Journal of Game Theory 28:547-565): the mean, over the
    others switched on before, of v(S + i + j) - v(S + i) - v(S + j) + v(S).
    """
    rows, sizes = np.arange(2**switches), subsets(switches).sum(axis=1)
    pairs = list(itertools.combinations(range(switches), 2))
    weights = np.zeros((1, len(pairs), len(rows)))
    for at, (i, j) in enumerate(pairs):
        without = rows[(rows >> i & 1 == 0) & (rows >> j & 1 == 0)]
        weight = [1.0 / ((switches - 1) * math.comb(switches - 2, size)) for size in sizes[without]]
        for more, sign in ((0, 1.0), (1 << i, -1.0), (1 << j, -1.0), (1 << i | 1 << j, 1.0)):
            weights[0, at, without | more] = np.multiply(sign, weight)
    return weights


def shapley_values(outcomes: Floats) -> Floats:
    """Shapley values of all switches from the outcomes of all subsets (and seeds, in columns)."""
    return np.tensordot(every_subset(_switches(outcomes)).weights[0], outcomes, axes=1)


def _switches(outcomes: Floats) -> int:
    switches = int(outcomes.shape[0]).bit_length() - 1
    if outcomes.shape[0] != 2**switches:
        raise ValueError(f"{outcomes.shape[0]} rows are not all subsets of any number of switches")
    return switches


class Interval(NamedTuple):
    """Numbers with the ends of their intervals."""

    value: Floats
    low: Floats
    high: Floats


def intervals(
    weights: Floats,
    outcomes: Floats,
    scale: Scale = "level",
    confidence: float = 0.9,
    resamples: int = 1000,
    rng: np.random.Generator | None = None,
) -> Interval:
    """Weighted sums of the mean over seeds, or of its logarithm, with bootstrap intervals over seeds and over drawn orders.

    A resample takes whole seeds, all subsets of each, as they share their luck (Efron & Tibshirani 1993, An Introduction to
    the Bootstrap, percentile intervals), and where orders were drawn, whole draws. With one seed and one draw there are no
    intervals: low and high are NaN.

    Args:
        weights: [draw, number, row]; the mean over draws counts.
        outcomes: [row, seed].
        scale: "log" takes the logarithm of the mean over seeds, for outcomes that multiply.
        confidence: of the intervals.
        resamples: of the bootstrap.
        rng: of the bootstrap; a fixed one if none is given.
    """
    # einsum, not @: a BLAS adds in an order that depends on the processor, and the last digits with it.
    value = np.einsum("kr,r->k", weights.mean(axis=0), _scaled(outcomes.mean(axis=1), scale))
    draws, seeds = len(weights), outcomes.shape[1]
    if draws == 1 and seeds == 1:
        nothing = np.full(value.size, np.nan)
        return Interval(value, nothing, nothing)
    rng = np.random.default_rng(0) if rng is None else rng
    runs = rng.multinomial(seeds, np.full(seeds, 1.0 / seeds), resamples)
    means = _scaled(np.einsum("rs,bs->rb", outcomes, runs / seeds), scale)
    if draws == 1:
        again = np.einsum("kr,rb->kb", weights[0], means)
    else:
        orders = rng.multinomial(draws, np.full(draws, 1.0 / draws), resamples) / draws
        again = np.empty((value.size, resamples))
        for at in range(0, resamples, AT_ONCE):
            some = slice(at, at + AT_ONCE)
            again[:, some] = np.einsum("bkr,rb->kb", np.einsum("bd,dkr->bkr", orders[some], weights), means[:, some])
    tail = 0.5 * (1.0 - confidence)
    low, high = np.quantile(again, [tail, 1.0 - tail], axis=1)
    return Interval(value, low, high)


def _scaled(means: Floats, scale: Scale) -> Floats:
    if scale == "level":
        return means
    if not (means > 0.0).all():
        raise ValueError("only outcomes above 0 have logarithms")
    return np.asarray(np.log(means))


class Attribution(NamedTuple):
    """Shares of the mechanisms, with intervals: `value` sums to `total`; beside it the effects alone and on top of all.

    An effect alone, or on top of all, is NaN where the run that it needs was not made.
    """

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
    design: Design | None = None,
    confidence: float = 0.9,
    resamples: int = 1000,
    rng: np.random.Generator | None = None,
) -> Attribution:
    """Shares of the mean over seeds, or of its logarithm, with their intervals; see `intervals`.

    Args:
        names: the switches, in the order of the design's columns.
        outcomes: a row for each subset of the design; a column for each seed, or none.
        scale: "log" attributes the logarithm of the mean, for outcomes that multiply.
        design: by default every subset, for Shapley values.
        confidence: of the intervals.
        resamples: of the bootstrap.
        rng: of the bootstrap; a fixed one if none is given.
    """
    runs = np.asarray(outcomes, dtype=np.float64)
    runs = runs[:, None] if runs.ndim == 1 else runs
    rows = 2 ** len(names) if design is None else len(design.on)
    if rows != runs.shape[0]:
        raise ValueError(f"{len(names)} switches have {rows} subsets, not {runs.shape[0]}")
    design = every_subset(len(names)) if design is None else design
    shares = intervals(design.weights, runs, scale, confidence, resamples, rng)
    means = _scaled(runs.mean(axis=1), scale)
    first, last = (np.full(len(names), np.nan) for _ in range(2))
    on = design.on.sum(axis=1)
    for row in np.flatnonzero(on == 1):
        first[np.argmax(design.on[row])] = means[row] - means[0]
    for row in np.flatnonzero(on == len(names) - 1):
        last[np.argmin(design.on[row])] = means[-1] - means[row]
    return Attribution(tuple(names), *shares, first, last, float(means[-1] - means[0]))
