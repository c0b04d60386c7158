"""Which of several policies is best, and how surely: differences, fronts and ranks on common random numbers.

Outcomes stand in an array [policy, criterion, point, seed]; smaller is better. A point is a draw of the uncertain parameters,
a seed the luck of a run, and each pair of them a world that all policies share, so that they differ there by what they are and
not by luck. NaN marks a world that is left out, in all policies and criteria at once: means are means of the same worlds.

Points and seeds are drawn again separately, with replacement, and a world counts as often as both of its own were drawn
(Owen 2007, The pigeonhole bootstrap, Annals of Applied Statistics 1(2):386-411), for worlds of one point, or of one seed, are
no independent draws. With a single point that is the usual bootstrap over seeds.
"""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
CONFIDENCE = 0.9
"""Of all intervals; also of the two-sided test that `worlds_needed` is for."""
POWER = 0.8
RESAMPLES = 2000


def complete(outcomes: Floats) -> Mask:
    """The worlds [point, seed] in which every criterion is known of every policy."""
    return np.asarray(np.isfinite(outcomes).all(axis=(0, 1)))


def means(outcomes: Floats) -> Floats:
    """Means over the complete worlds [policy, criterion]. Raises ValueError if there is no such world."""
    kept = complete(outcomes)
    if not kept.any():
        raise ValueError("there is no world in which every criterion is known of every policy")
    return np.asarray(outcomes[:, :, kept].mean(axis=2))


def resampled(outcomes: Floats, resamples: int = RESAMPLES) -> Floats:
    """Means over the complete worlds in resamples of points and of seeds [resample, policy, criterion].

    The draws are the same at every call, and the same for all policies and criteria. Resamples that hold no complete world are
    left out, so that there may be fewer than asked for.
    """
    kept = complete(outcomes)
    rng = np.random.default_rng(0)
    points, seeds = (
        rng.multinomial(size, np.full(size, 1.0 / size), resamples).astype(np.float64) for size in kept.shape
    )
    weight = weighted(points, kept.astype(np.float64), seeds)
    some = weight > 0.0
    # one product for each: those of equal outcomes are equal to the last bit, so that ties stay ties
    totals = [[weighted(points, np.where(kept, worlds, 0.0), seeds) for worlds in policy] for policy in outcomes]
    return np.asarray(np.moveaxis(np.asarray(totals), 2, 0)[some] / weight[some, None, None])


def weighted(points: Floats, worlds: Floats, seeds: Floats) -> Floats:
    """The sum over worlds [point, seed], in each resample, each counted as often as its point times its seed."""
    # einsum, not @: a BLAS adds in an order that depends on the processor, and ties with the last digits of it.
    return np.asarray((np.einsum("rp,ps->rs", points, worlds) * seeds).sum(axis=1))


def interval(resamples: Floats) -> tuple[Floats, Floats]:
    """The low and the high end of percentile intervals over resamples, the first axis."""
    tail = 0.5 * (1.0 - CONFIDENCE)
    low, high = np.quantile(resamples, [tail, 1.0 - tail], axis=0)
    return low, high


def on_front(values: Floats) -> Mask:
    """Which policies no other one dominates; policies and criteria are the last two axes.

    One policy dominates another that it beats in a criterion and that beats it in none. Equal ones do not dominate each other.
    """
    here, there = values[..., :, None, :], values[..., None, :, :]
    dominated = (there <= here).all(axis=-1) & (there < here).any(axis=-1)
    return np.asarray(~dominated.any(axis=-1))


def rank_probabilities(resamples: Floats) -> Floats:
    """Chance of each rank [policy, rank] from means in resamples [resample, policy]; the first rank is the least mean.

    Policies with equal means share their ranks equally, so that the chances of each policy, and those of each rank, sum to 1.
    """
    here, there = resamples[:, :, None], resamples[:, None, :]
    below, equal = (there < here).sum(axis=2), (there == here).sum(axis=2)
    ranks = np.arange(resamples.shape[1])
    held = (ranks >= below[..., None]) & (ranks < (below + equal)[..., None])
    return np.asarray((held / equal[..., None]).mean(axis=0))


def worlds_needed(differences: Floats) -> float:
    """The least number of worlds that tells two policies apart, from their paired differences in some.

    n = ((z_0.95 + z_0.80) s / |d|)^2, rounded up and at least 2, with d the mean and s the standard deviation of the
    differences: the size at which a two-sided test of paired differences at 10 % finds a difference as large as d in 80 of 100
    studies (Chow, Shao, Wang & Lokhnygina 2018, Sample Size Calculations in Clinical Research, section 3.1), were worlds
    independent. NaN where the mean is 0 or there are fewer than two differences.
    """
    known = differences[np.isfinite(differences)]
    if known.size < 2 or known.mean() == 0.0:
        return math.nan
    normal = NormalDist()
    z = normal.inv_cdf(0.5 + 0.5 * CONFIDENCE) + normal.inv_cdf(POWER)
    return float(max(2, math.ceil((z * known.std(ddof=1) / known.mean()) ** 2)))
