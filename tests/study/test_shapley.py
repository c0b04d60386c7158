"""The Shapley value by its axioms, by all orders, in logarithms, with intervals, and from drawn orders."""

import itertools
import math
import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gridsim.study.sensitivity import NormalInputs, UniformInputs, indices
from gridsim.study.shapley import (
    attribute,
    drawn_orders,
    every_subset,
    interaction_weights,
    intervals,
    shapley_values,
    subsets,
)

numbers = st.floats(-100.0, 100.0)


def games(switches):
    return arrays(np.float64, 2**switches, elements=numbers)


@st.composite
def any_game(draw):
    return draw(games(draw(st.integers(1, 5))))


def swapped(outcomes, i, j):
    """The same game with two switches changing places."""
    rows = np.arange(outcomes.size)
    bits = (rows >> i ^ rows >> j) & 1
    return outcomes[rows ^ (bits << i | bits << j)]


def test_subsets_stand_in_binary_order():
    assert subsets(2).tolist() == [[False, False], [True, False], [False, True], [True, True]]


# Axioms


@given(any_game())
def test_shares_add_up_to_what_all_add(outcomes):
    assert shapley_values(outcomes).sum() == pytest.approx(outcomes[-1] - outcomes[0], abs=1e-9)


@given(games(4))
def test_switches_that_do_the_same_share_alike(outcomes):
    alike = 0.5 * (outcomes + swapped(outcomes, 1, 3))
    values = shapley_values(alike)
    assert values[1] == pytest.approx(values[3], abs=1e-9)


@given(games(3), numbers)
def test_a_switch_that_adds_the_same_everywhere_gets_just_that(outcomes, adds):
    """A dummy: the second of four switches adds a number to every subset of the others."""
    rows = np.arange(16)
    others = rows & 1 | rows >> 1 & 6
    values = shapley_values(outcomes[others] + adds * (rows >> 1 & 1))
    assert values[1] == pytest.approx(adds, abs=1e-9)
    assert np.delete(values, 1) == pytest.approx(shapley_values(outcomes), abs=1e-9)


@given(games(4), games(4), numbers)
def test_shares_of_a_sum_are_sums_of_shares(one, other, factor):
    expected = shapley_values(one) + factor * shapley_values(other)
    assert shapley_values(one + factor * other) == pytest.approx(expected, abs=1e-7)


@given(games(4))
def test_shares_are_means_over_all_orders(outcomes):
    total = np.zeros(4)
    for order in itertools.permutations(range(4)):
        row = 0
        for i in order:
            total[i] += outcomes[row | 1 << i] - outcomes[row]
            row |= 1 << i
    assert shapley_values(outcomes) == pytest.approx(total / 24, abs=1e-9)


@given(games(3))
def test_one_alone_and_one_on_top_of_all(outcomes):
    found = attribute(["a", "b", "c"], outcomes)
    assert found.first.tolist() == [
        outcomes[1] - outcomes[0],
        outcomes[2] - outcomes[0],
        outcomes[4] - outcomes[0],
    ]
    assert found.last.tolist() == [
        outcomes[7] - outcomes[6],
        outcomes[7] - outcomes[5],
        outcomes[7] - outcomes[3],
    ]


def test_rows_must_be_all_subsets():
    with pytest.raises(ValueError, match="6 rows are not all subsets"):
        shapley_values(np.zeros(6))
    with pytest.raises(ValueError, match="3 switches have 8 subsets, not 4"):
        attribute(["a", "b", "c"], np.zeros(4))


# Attribution over seeds


def multiplying(factors, seeds=40, noise=0.3):
    """Outcomes of layers that multiply, each seed with luck of its own, the same in all subsets."""
    luck = np.exp(np.random.default_rng(3).normal(0.0, noise, seeds))
    return np.prod(np.where(subsets(len(factors)), factors, 1.0), axis=1)[:, None] * luck


def test_layers_that_multiply_share_the_logarithm_exactly():
    found = attribute(["a", "b", "c"], multiplying([1.8, 2.5, 1.3]), "log")
    assert found.value == pytest.approx(np.log([1.8, 2.5, 1.3]))
    assert found.interaction == pytest.approx(0.0, abs=1e-12)
    assert found.low == pytest.approx(found.value)  # luck that multiplies all subsets alike leaves their ratios alone
    assert found.high == pytest.approx(found.value)
    assert attribute(["a", "b", "c"], multiplying([1.8, 2.5, 1.3])).interaction > 1.0


def test_intervals_hold_the_true_share_about_as_often_as_they_say():
    truth = shapley_values(np.array([0.0, 1.0, 2.0, 5.0]))
    rng = np.random.default_rng(11)
    held = []
    for _ in range(300):
        runs = np.array([0.0, 1.0, 2.0, 5.0])[:, None] + rng.normal(0.0, 1.0, (4, 30))
        found = attribute(["a", "b"], runs, confidence=0.9, resamples=300, rng=rng)
        held.append((found.low <= truth) & (truth <= found.high))
    assert 0.85 <= np.mean(held) <= 0.94


def test_one_seed_has_no_interval_and_intervals_repeat():
    assert np.isnan(attribute(["a"], np.array([1.0, 2.0])).low).all()
    runs = multiplying([1.8, 2.5])
    assert (attribute(["a", "b"], runs).low == attribute(["a", "b"], runs).low).all()


def test_only_outcomes_above_0_have_logarithms():
    with pytest.raises(ValueError, match="above 0"):
        attribute(["a"], np.array([0.0, 2.0]), "log")


# Drawn orders


def synergy(on):
    """Switch i adds i + 1; the first two add 10 together."""
    return sum(i + 1.0 for i, x in enumerate(on) if x) + (10.0 if on[0] and on[1] else 0.0)


def outcomes_of(design, function):
    return np.array([function(on) for on in design.on])


def test_drawn_orders_come_near_to_the_exact_shares():
    def game(on):
        return synergy(on) + math.prod(on[2:])

    design = drawn_orders(6, 400, np.random.default_rng(1))
    assert len(design.on) <= 64
    assert len({tuple(on) for on in design.on}) == len(design.on)
    assert (design.on[0].any(), design.on[-1].all()) == (False, True)
    found = attribute("abcdef", outcomes_of(design, game), design=design)
    assert found.value == pytest.approx([6.0, 7.0, 3.25, 4.25, 5.25, 6.25], abs=0.1)
    assert found.value.sum() == pytest.approx(32.0, abs=1e-9)
    assert (found.low <= found.value + 1e-9).all()
    assert (found.value <= found.high + 1e-9).all()
    assert 0.0 < found.high[2] - found.low[2] < 0.2


def test_intervals_of_drawn_orders_hold_the_exact_share_about_as_often_as_they_say():
    rng, exact = np.random.default_rng(5), [1.0 / 6.0] * 6
    held = []
    for _ in range(200):
        design = drawn_orders(6, 30, rng)
        outcomes = outcomes_of(
            design, lambda on: float((on[:3].all() and on[3:].any()) or (on[3:].all() and on[:3].any()))
        )
        found = attribute("abcdef", outcomes, design=design, resamples=200)
        held.append((found.low <= exact) & (exact <= found.high))
    assert 0.8 <= np.mean(held) <= 0.96


def test_of_many_switches_few_subsets_are_run_and_what_adds_the_same_everywhere_is_exact():
    design = drawn_orders(12, 50, np.random.default_rng(2))
    assert not design.exact
    assert len(design.on) <= 2 + 2 * 50 * 11
    found = attribute("abcdefghijkl", outcomes_of(design, synergy), design=design)
    assert found.value[2:] == pytest.approx(np.arange(3.0, 13.0))
    assert found.value[:2].sum() == pytest.approx(13.0)


# Groups


@given(games(4))
def test_without_groups_in_one_group_or_each_alone_owen_values_are_shapley_values(outcomes):
    for groups in (None, [[0, 1, 2, 3]], [[0], [1], [2], [3]]):
        assert every_subset(4, groups).weights[0] @ outcomes == pytest.approx(shapley_values(outcomes), abs=1e-9)


@given(games(4))
def test_owen_values_of_a_group_sum_to_its_share_in_the_game_of_groups(outcomes):
    values = every_subset(4, [[0, 2], [1, 3]]).weights[0] @ outcomes
    none, first, second, both = (outcomes[row] for row in (0b0000, 0b0101, 0b1010, 0b1111))
    assert values[[0, 2]].sum() == pytest.approx(0.5 * (first - none + both - second), abs=1e-9)
    assert values.sum() == pytest.approx(both - none, abs=1e-9)


@given(games(4))
def test_owen_values_are_means_over_the_orders_that_keep_groups_together(outcomes):
    total, orders = np.zeros(4), 0
    for order in itertools.permutations(range(4)):
        if order.index(0) // 2 != order.index(2) // 2:
            continue
        orders += 1
        row = 0
        for i in order:
            total[i] += outcomes[row | 1 << i] - outcomes[row]
            row |= 1 << i
    assert every_subset(4, [[0, 2], [1, 3]]).weights[0] @ outcomes == pytest.approx(total / orders, abs=1e-9)


def test_drawn_orders_keep_groups_together():
    design = drawn_orders(6, 300, np.random.default_rng(3), [[0, 3], [1, 4, 5], [2]])
    outcomes = np.random.default_rng(4).normal(size=64)
    bits = design.on @ (1 << np.arange(6))
    expected = every_subset(6, [[0, 3], [1, 4, 5], [2]]).weights[0] @ outcomes
    assert design.weights.mean(axis=0) @ outcomes[bits] == pytest.approx(expected, abs=0.2)
    counts = design.on[:, [0, 3]].sum(axis=1), design.on[:, [1, 4, 5]].sum(axis=1)
    assert not ((counts[0] == 1) & (counts[1] > 0) & (counts[1] < 3)).any()


def test_each_switch_is_in_one_group():
    with pytest.raises(ValueError, match="one group"):
        every_subset(3, [[0, 1], [1, 2]])


# What two do together


def test_interactions_of_a_product_and_of_a_sum():
    design = every_subset(4)
    found = interaction_weights(4)[0] @ outcomes_of(design, lambda on: synergy(on) + 6.0 * math.prod(on[1:]))
    pairs = dict(zip(itertools.combinations(range(4), 2), found, strict=True))
    assert pairs == {
        pair: pytest.approx(expected, abs=1e-9)
        for pair, expected in zip(pairs, [10.0, 0.0, 0.0, 3.0, 3.0, 3.0], strict=True)
    }  # of three that add 6 only together, two have the other one before them in half of the orders


def test_intervals_shrink_with_seeds():
    rng = np.random.default_rng(6)
    runs = np.array([0.0, 1.0, 2.0, 5.0])[:, None] + rng.normal(0.0, 1.0, (4, 400))
    few, many = (intervals(every_subset(2).weights, runs[:, :n]) for n in (25, 400))
    assert (many.high - many.low) / (few.high - few.low) == pytest.approx([0.25, 0.25], rel=0.5)


# Variance


def test_a_linear_function_of_independent_inputs_shares_by_squares():
    found = indices(
        lambda x: x @ [1.0, 2.0, 0.0], UniformInputs(np.zeros(3), np.ones(3)), 20_000, np.random.default_rng(4)
    )
    assert found.variance == pytest.approx(5.0 / 12.0, rel=0.02)
    for shares in (found.first, found.total, found.shapley):
        assert shares == pytest.approx([0.2, 0.8, 0.0], abs=0.02)


def test_shares_of_variance_lie_between_first_order_and_total_and_sum_to_one():
    inputs = UniformInputs(np.full(2, -1.0), np.ones(2))
    found = indices(lambda x: x[:, 0] + 3.0 * x[:, 0] * x[:, 1], inputs, 50_000, np.random.default_rng(5))
    assert found.shapley.sum() == pytest.approx(1.0, abs=1e-9)
    assert (found.first <= found.shapley + 0.01).all()
    assert (found.shapley <= found.total + 0.01).all()
    assert found.first == pytest.approx([0.25, 0.0], abs=0.02)


def test_inputs_that_are_almost_one_share_alike_whatever_the_function_reads():
    inputs = NormalInputs(np.zeros(2), np.array([[1.0, 0.999], [0.999, 1.0]]))
    found = indices(lambda x: x[:, 0], inputs, 50_000, np.random.default_rng(6))
    assert found.shapley == pytest.approx([0.5, 0.5], abs=0.02)


def test_normal_inputs_have_their_covariance_also_when_drawn_again():
    covariance = np.array([[2.0, 0.6, -0.3], [0.6, 1.0, 0.2], [-0.3, 0.2, 0.5]])
    inputs = NormalInputs(np.array([1.0, -1.0, 0.0]), covariance)
    rng = np.random.default_rng(7)
    drawn = inputs.draw(rng.random((200_000, 3)))
    for kept in ([True, False, False], [False, True, True], [False, False, False]):
        again = inputs.draw_again(drawn, np.array(kept), rng.random(drawn.shape))
        assert (again[:, kept] == drawn[:, kept]).all()
        assert np.cov(again.T) == pytest.approx(covariance, abs=0.03)
        assert again.mean(axis=0) == pytest.approx([1.0, -1.0, 0.0], abs=0.02)


def test_intervals_do_not_depend_on_the_processor():
    made = (
        "import hashlib, numpy as np; from gridsim.study.shapley import intervals; draw = np.random.default_rng(1).random;"
        "found = intervals(draw((1, 7, 128)), draw((128, 20))), intervals(draw((9, 7, 60)), draw((60, 5)));"
        "print(hashlib.sha256(b''.join(part.tobytes() for one in found for part in one)).hexdigest())"
    )
    # OpenBLAS takes the routines of the processor that this names; others ignore it.
    seen = {
        subprocess.run(
            [sys.executable, "-c", made], env=os.environ | change, capture_output=True, text=True, check=True
        ).stdout
        for change in ({}, {"OPENBLAS_CORETYPE": "Prescott"}, {"OPENBLAS_CORETYPE": "Nehalem"})
    }
    assert len(seen) == 1
