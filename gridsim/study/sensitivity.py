"""How much of the variance of an outcome goes back to each uncertain input, also where inputs are correlated.

The closed index of a set of inputs u is Var E(Y | X_u), estimated as the covariance of two outcomes that share X_u and draw
the rest, given X_u, anew (Sobol' 1993; Janon et al. 2014, ESAIM: Probability and Statistics 18:342-364). First-order and
total indices and Shapley effects follow from the closed indices of all sets: Owen 2014 (SIAM/ASA Journal on Uncertainty
Quantification 2(1):245-251), Song, Nelson & Staum 2016 (same journal, 4(1):1060-1083).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from gridsim.study.shapley import shapley_values, subsets

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


class Inputs(Protocol):
    """A joint distribution of inputs."""

    @property
    def size(self) -> int:
        """How many inputs there are."""

    def draw(self, ranks: Floats) -> Floats:
        """Inputs from independent ranks in (0, 1), a row a draw."""

    def draw_again(self, inputs: Floats, kept: Mask, ranks: Floats) -> Floats:
        """The same inputs, where all but the kept ones are drawn again from their distribution given the kept ones."""


class UniformInputs:
    """Independent inputs, each uniform between its bounds."""

    def __init__(self, low: Floats, high: Floats) -> None:
        self.low, self.high, self.size = low, high, low.size

    def draw(self, ranks: Floats) -> Floats:
        """Bounds and ranks give the inputs."""
        return np.asarray(self.low + ranks * (self.high - self.low))

    def draw_again(self, inputs: Floats, kept: Mask, ranks: Floats) -> Floats:
        """Independent inputs take no notice of the kept ones."""
        return np.where(kept, inputs, self.draw(ranks))


class NormalInputs:
    """Jointly normal inputs."""

    def __init__(self, mean: Floats, covariance: Floats) -> None:
        self.mean, self.covariance, self.size = mean, covariance, mean.size

    def draw(self, ranks: Floats) -> Floats:
        """A linear map of independent normal numbers."""
        return np.asarray(self.mean + ndtri(ranks) @ np.linalg.cholesky(self.covariance).T)

    def draw_again(self, inputs: Floats, kept: Mask, ranks: Floats) -> Floats:
        """The others are normal given the kept ones: mean by regression, covariance by the Schur complement."""
        if kept.all() or not kept.any():
            return inputs if kept.all() else self.draw(ranks)
        other = ~kept
        across = self.covariance[np.ix_(other, kept)]
        slope = np.linalg.solve(self.covariance[np.ix_(kept, kept)], across.T).T
        left = self.covariance[np.ix_(other, other)] - slope @ across.T
        again = inputs.copy()
        again[:, other] = self.mean[other] + (inputs[:, kept] - self.mean[kept]) @ slope.T
        again[:, other] += ndtri(ranks[:, other]) @ np.linalg.cholesky(left).T
        return again


class Indices(NamedTuple):
    """Variance of the outcome; by input, the shares that it explains alone, with all others, and by Shapley's average."""

    variance: float
    first: Floats
    total: Floats
    shapley: Floats


def stratified_ranks(draws: int, size: int, rng: np.random.Generator) -> Floats:
    """A Latin hypercube: each column has one rank in each of as many equal intervals as there are draws."""
    rows = rng.permuted(np.tile(np.arange(draws)[:, None], size), axis=0)
    return np.asarray((rows + rng.random((draws, size))) / draws)


def indices(model: Callable[[Floats], Floats], inputs: Inputs, draws: int, rng: np.random.Generator) -> Indices:
    """Estimate the indices from `draws` pairs of outcomes for each set of inputs; `model` takes a row of inputs a draw."""
    ranks = stratified_ranks(draws, 2 * inputs.size, rng)
    drawn = inputs.draw(ranks[:, : inputs.size])
    outcome = model(drawn)
    closed = np.zeros(2**inputs.size)
    for row, kept in enumerate(subsets(inputs.size)):
        if kept.any():
            again = model(inputs.draw_again(drawn, kept, ranks[:, inputs.size :]))
            closed[row] = np.mean(outcome * again) - np.mean(0.5 * (outcome + again)) ** 2
    variance = closed[-1]
    alone = np.array([closed[1 << i] for i in range(inputs.size)])
    without = np.array([closed[closed.size - 1 ^ 1 << i] for i in range(inputs.size)])
    return Indices(float(variance), alone / variance, 1.0 - without / variance, shapley_values(closed) / variance)
