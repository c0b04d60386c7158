"""Approximate Bayesian computation in waves: which points of the unit cube give outcomes close enough to what was observed.

After Lenormand, Jabot & Deffuant 2013 (Adaptive approximate Bayesian computation for complex models, Computational
Statistics 28:2777-2796): every wave simulates a fixed number of points, drawn about the closest ones of all waves before,
and the tolerance is how far those are. A fixed number makes the cost known beforehand and the result the same whatever the
number of workers, which samplers that go on until enough points are accepted cannot give. Three things differ. Weights are
those of the mixture of all waves (Cornuet, Marin, Mira & Robert 2012, Scandinavian Journal of Statistics 39:798-812): every
point ever simulated counts, and since the first wave is the prior itself no weight can run away. Waves are drawn from one
normal distribution, in normal scores of the ranks, and not from a kernel about each point: in a dozen parameters or more
kernels leave few points with nearly all the weight, while what the facts say nothing about is normal already. And the
tolerance stops at 1, where all that was observed is met; later waves then only add points.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular
from scipy.special import ndtr, ndtri

Floats = NDArray[np.float64]
KEPT = 10
"""Points that are kept for each parameter, or all that meet everything, if these are more. With fewer the next wave is
drawn after chance: a parameter of which nothing is known then looks known."""
WIDER = 1.2
"""Variance of a proposal over that of its cloud."""
LEAST_VARIANCE = 1e-6
MET = 1.0
"""The distance up to which a point meets all that was observed."""
EDGE = 1e-12
"""Ranks nearer to 0 or 1 are taken as this, so that they have a normal score."""


class Points(NamedTuple):
    """Points of the unit cube [point, parameter], how far each is from what was observed, and how many each wave has."""

    ranks: Floats
    distances: Floats
    waves: tuple[int, ...]


class Cloud(NamedTuple):
    """The closest points: their indices, their weights (which add up to 1), and the tolerance within which they lie."""

    chosen: NDArray[np.int64]
    weights: Floats
    tolerance: float

    @property
    def effective(self) -> float:
        """How many points of equal weight say as much (Kish 1965)."""
        return float(1.0 / np.sum(self.weights**2))


def cloud_of(points: Points, proposals: Sequence[Proposal]) -> Cloud:
    """The closest points of all waves; `proposals` are what those after the first were drawn from.

    Raises:
        ValueError: when fewer than ten points a parameter have a finite distance.
    """
    finite = int(np.isfinite(points.distances).sum())
    least = KEPT * points.ranks.shape[1]
    if finite < least:
        raise ValueError(
            f"only {finite} of {len(points.ranks)} points have all outcomes; {least} are needed to go on from: take more "
            "points in a wave, another prior, or other facts"
        )
    order = np.argsort(points.distances, kind="stable")
    met = int((points.distances <= MET).sum())
    chosen = np.sort(order[: max(met, least)])
    return Cloud(chosen, weights(points, proposals, chosen), max(MET, float(np.max(points.distances[chosen]))))


def weights(points: Points, proposals: Sequence[Proposal], chosen: NDArray[np.int64]) -> Floats:
    """Prior density over the density of the mixture of all waves, at some of the points; they add up to 1."""
    density = np.full(len(chosen), float(points.waves[0]))  # the first wave is drawn from the prior
    for drawn, proposal in zip(points.waves[1:], proposals, strict=True):
        density += drawn * proposal.density(points.ranks[chosen])
    return np.asarray(1.0 / density / np.sum(1.0 / density))


class Proposal:
    """Where a wave is drawn from: normal in normal scores, with mean and covariance of a cloud.

    Correlations are drawn towards none, as if that had been seen at as many points as there are parameters, for a small cloud
    knows them badly; and the whole is a little wider than the cloud, for one that is too narrow never learns that it is.
    """

    def __init__(self, points: Points, cloud: Cloud) -> None:
        """A proposal after a cloud of these points."""
        z = scores(points.ranks[cloud.chosen])
        size = z.shape[1]
        self._mean = cloud.weights @ z
        own = (z - self._mean).T @ (cloud.weights[:, None] * (z - self._mean))
        apart = np.diag(np.maximum(np.diag(own), LEAST_VARIANCE))
        self._factor = np.linalg.cholesky(WIDER * (cloud.effective * own + size * apart) / (cloud.effective + size))

    def draw(self, count: int, rng: np.random.Generator) -> Floats:
        """Points of the cube."""
        return np.asarray(ndtr(self._mean + rng.standard_normal((count, self._mean.size)) @ self._factor.T))

    def density(self, ranks: Floats) -> Floats:
        """Density of the proposal over that of the prior, at points of the cube."""
        z = scores(ranks)
        far = solve_triangular(self._factor, (z - self._mean).T, lower=True)
        logarithm = 0.5 * (z**2).sum(axis=1) - 0.5 * (far**2).sum(axis=0) - np.log(np.diag(self._factor)).sum()
        return np.asarray(np.exp(logarithm))


def scores(ranks: Floats) -> Floats:
    """Normal scores of ranks: of the prior they are independent and standard normal."""
    return np.asarray(ndtri(np.clip(ranks, EDGE, 1.0 - EDGE)))


def quantiles(values: Floats, weights: Floats, at: Floats) -> Floats:
    """Quantiles of weighted values: where the sum of weights, each counted to its middle, reaches `at`."""
    order = np.argsort(values, kind="stable")
    total = np.cumsum(weights[order])
    return np.interp(at, (total - 0.5 * weights[order]) / total[-1], values[order])


def drawn_again(weights: Floats, count: int, seed: int) -> NDArray[np.int64]:
    """Indices of points of equal weight that stand for weighted ones: systematic resampling (Kitagawa 1996)."""
    start = np.random.default_rng(seed).random()
    places = (start + np.arange(count)) / count
    return np.minimum(np.searchsorted(np.cumsum(weights), places), len(weights) - 1).astype(np.int64)
