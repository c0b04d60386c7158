"""Approximate Bayesian computation in waves, against posteriors that are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import qmc

from gridsim.study.population import (
    Points,
    Proposal,
    cloud_of,
    drawn_again,
    quantiles,
    scores,
)

SIZE = 6


def ridge(ranks):
    """Two parameters whose sum is known to 0.05, a third that is known to 0.05, and others of which nothing is known."""
    return np.maximum(np.abs(ranks[:, 0] + ranks[:, 1] - 1.0), np.abs(ranks[:, 2] - 0.7)) / 0.05


def waves(distance, size=SIZE, count=400, number=10, seed=1):
    """Points and clouds of so many waves."""
    ranks = qmc.LatinHypercube(size, rng=np.random.default_rng(seed)).random(count)
    points, proposals, clouds = Points(ranks, distance(ranks), (count,)), [], []
    for wave in range(1, number + 1):
        clouds.append(cloud_of(points, proposals))
        proposals.append(Proposal(points, clouds[-1]))
        ranks = proposals[-1].draw(count, np.random.default_rng([seed, wave]))
        points = Points(
            np.concatenate([points.ranks, ranks]),
            np.concatenate([points.distances, distance(ranks)]),
            (*points.waves, count),
        )
    return points, clouds


def test_a_known_posterior_is_found():
    points, clouds = waves(ridge)
    cloud = clouds[-1]
    assert cloud.tolerance == 1.0
    assert cloud.effective > 300
    found = points.ranks[cloud.chosen]
    mean = cloud.weights @ found
    apart = found - mean
    covariance = (apart * cloud.weights[:, None]).T @ apart
    deviation = np.sqrt(np.diag(covariance))
    uniform = np.sqrt(1 / 12)
    # The third is uniform over 0.1, what is not told over 1, and so nearly is each end of the ridge, by symmetry about 0.5.
    np.testing.assert_allclose(mean, [0.5, 0.5, 0.7, 0.5, 0.5, 0.5], atol=0.05)
    np.testing.assert_allclose(deviation, [uniform, uniform, 0.1 * uniform, *[uniform] * 3], rtol=0.12)
    assert covariance[0, 1] / (deviation[0] * deviation[1]) < -0.98


def test_in_many_parameters_no_few_points_have_all_the_weight():
    _, clouds = waves(ridge, size=17, number=12)
    assert clouds[-1].tolerance == 1.0
    assert clouds[-1].effective > 0.4 * len(clouds[-1].chosen)


def test_the_tolerance_never_rises_and_stops_at_one():
    _, clouds = waves(ridge)
    tolerances = [cloud.tolerance for cloud in clouds]
    assert tolerances == sorted(tolerances, reverse=True)
    assert tolerances[0] > tolerances[1] > 1.0
    assert min(tolerances) == 1.0
    assert len(clouds[-1].chosen) > len(clouds[-3].chosen) > 100  # all that is met is kept, however much


def test_weights_add_up_to_one_and_are_those_of_the_prior_after_one_wave():
    points, clouds = waves(ridge, number=3)
    np.testing.assert_allclose(clouds[0].weights, 1 / len(clouds[0].chosen))
    for cloud in clouds:
        assert cloud.weights.sum() == pytest.approx(1.0)
        assert (points.distances[cloud.chosen] <= cloud.tolerance).all()


def test_the_density_of_a_proposal_is_one_over_the_cube_and_belongs_to_its_draws():
    points, clouds = waves(ridge, number=3)
    proposal = Proposal(points, clouds[-1])
    everywhere = qmc.Sobol(SIZE, rng=np.random.default_rng(2)).random(2**17)
    density = proposal.density(everywhere)
    assert density.mean() == pytest.approx(1.0, abs=0.05)
    drawn = proposal.draw(20_000, np.random.default_rng(3))
    assert ((drawn > 0.0) & (drawn < 1.0)).all()
    np.testing.assert_allclose(drawn.mean(axis=0), density @ everywhere / density.sum(), atol=0.02)


def test_points_without_outcomes_are_never_chosen_and_too_few_others_are_refused():
    ranks = np.random.default_rng(1).random((40, 2))
    distances = np.full(40, np.inf)
    distances[:20] = 3.0
    assert cloud_of(Points(ranks, distances, (40,)), []).chosen.tolist() == list(range(20))
    distances[13:] = np.inf
    with pytest.raises(ValueError, match="only 13 of 40 points have all outcomes; 20 are needed"):
        cloud_of(Points(ranks, distances, (40,)), [])


def test_ranks_at_the_edge_have_a_score():
    assert np.isfinite(scores(np.array([[0.0, 1.0]]))).all()


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=30), st.integers(1, 5))
def test_a_weight_counts_like_copies(values, copies):
    values = np.array(values)
    weights = np.ones(len(values))
    weights[0] = copies
    spread = quantiles(values, weights, np.array([0.0, 0.5, 1.0]))
    assert spread[0] == values.min()
    assert spread[2] == values.max()
    assert values.min() <= spread[1] <= values.max()


def test_quantiles_of_equal_weights_are_those_of_hazen():
    values = np.random.default_rng(1).random(101)
    at = np.array([0.05, 0.5, 0.95])
    np.testing.assert_allclose(quantiles(values, np.ones(101), at), np.quantile(values, at, method="hazen"))


@given(st.lists(st.floats(0.01, 10), min_size=1, max_size=20), st.integers(1, 50), st.integers(0, 5))
def test_a_point_is_drawn_as_often_as_its_weight_says_give_or_take_one(weights, count, seed):
    weights = np.array(weights) / np.sum(weights)
    times = np.bincount(drawn_again(weights, count, seed), minlength=len(weights))
    assert times.sum() == count
    assert (np.abs(times - count * weights) < 1.0 + 1e-9).all()
