"""The queues of the theory cases: examples by hand, known limits, and signs."""

import math

import numpy as np
import pytest

from gridsim.games.joining import Queue, best_longest, fees_for, simulated_welfare, welfare
from gridsim.games.restudies import cascades, restudied, share_costs, study_again, tipping_cost
from gridsim.games.study_queue import number_present, serve, simulate, stationary
from gridsim.theory.queues import worths


def draws(seed):
    return np.random.default_rng([77, seed])


# Study queue


def test_first_come_first_served_by_hand():
    """One engineer, studies of 2: the third loses patience after 1, so that the fourth waits for the second only."""
    waits, left = np.empty(4), np.empty(4)
    patience = np.array([9.0, 9.0, 1.0, 9.0])
    serve(np.array([0.0, 1.0, 1.5, 2.0]), np.full(4, 2.0), patience, np.zeros(1), waits, left)
    assert waits.tolist() == [0.0, 1.0, 1.0, 2.0]
    assert left.tolist() == [0.0, 0.0, 1.0, 0.0]


def test_a_second_engineer_takes_the_next_request():
    waits, left = np.empty(3), np.empty(3)
    serve(np.zeros(3), np.array([5.0, 2.0, 1.0]), np.full(3, np.inf), np.zeros(2), waits, left)
    assert waits.tolist() == [0.0, 0.0, 2.0]


def test_patience_as_short_as_a_study_makes_the_number_present_poisson():
    """With theta = mu every request leaves at the same rate, waiting or not: M/M/infinity."""
    present = number_present(6.0, 2.0, 4, 2.0)
    poisson = [math.exp(-3.0) * 3.0**k / math.factorial(k) for k in range(12)]
    assert present[:12] == pytest.approx(poisson, abs=1e-12)


def test_one_engineer_without_impatience_is_the_textbook_queue():
    assert stationary(0.8, 1.0, 1, 0.0).mean_wait == pytest.approx(0.8 / (1.0 - 0.8))
    assert stationary(0.8, 1.0, 1, 0.0).waits == pytest.approx(0.8)
    with pytest.raises(ValueError, match="keep up"):
        stationary(1.0, 1.0, 1, 0.0)


@pytest.mark.parametrize("theta", [0.05, 0.5, 3.0])
def test_simulation_and_long_run_agree(theta):
    seen = [simulate(6.0, 1.0, 5, theta, 100_000, draws(seed)).summary for seed in range(5)]
    assert np.mean(seen, axis=0) == pytest.approx(stationary(6.0, 1.0, 5, theta), rel=0.03)


def test_more_engineers_less_waiting_and_more_impatience_more_leave():
    assert np.all(np.diff([stationary(12.0, 1.0, c, 0.3) for c in (8, 10, 12, 14)], axis=0) < 0.0)
    leaving = [stationary(12.0, 1.0, 10, theta) for theta in (0.01, 0.1, 1.0)]
    assert leaving[0].leaves < leaving[1].leaves < leaving[2].leaves
    assert leaving[0].mean_wait > leaving[1].mean_wait > leaving[2].mean_wait


# Restudies


def test_a_restudy_goes_behind_whoever_came_in_the_meantime():
    departures = np.empty(3)
    studies, line = np.array([2, 1, 1]), np.empty(3, np.int64)
    study_again(np.array([0.0, 0.5, 9.0]), studies, np.ones(4), line, departures)
    assert departures.tolist() == [3.0, 2.0, 10.0]


def test_a_line_that_restudies_too_often_never_ends():
    below, above = (restudied(0.5, p, True, 60_000, draws(p > 0.5)).growth for p in (0.45, 0.55))
    assert below < 0.005
    assert above == pytest.approx(0.05, abs=0.015)


def test_cascades_end_at_once_if_withdrawals_cause_none_and_grow_with_their_number():
    assert (cascades(0.0, 100, draws(1)) == 1).all()
    means = [cascades(r, 50_000, draws(2)).mean() for r in (0.2, 0.5, 0.8)]
    assert means == pytest.approx([1.25, 2.0, 5.0], rel=0.05)
    assert cascades(1.5, 200, draws(3), most=50).max() < 50 * 3


def test_costs_shared_again_by_hand():
    """Worths 0.1, 0.5, 0.9 and a cost of 0.3 each: the first leaves, the share becomes 0.45, and the others stay."""
    assert share_costs(np.array([0.5, 0.1, 0.9]), 0.3) == (2.0 / 3.0, 2)
    assert share_costs(np.array([0.5, 0.1, 0.9]), 0.4) == (0.0, 3)
    assert share_costs(np.array([0.5, 0.1, 0.9]), 0.1) == (1.0, 1)


def test_phantoms_bring_the_tip_closer_and_half_stay_just_below_it():
    tips = [tipping_cost(worths(phantoms, 20_000)) for phantoms in (0.0, 0.3, 0.6)]
    assert tips == pytest.approx([0.25, 0.175, 0.1], abs=1e-4)
    assert share_costs(worths(0.0, 200_000), 0.2499).share == pytest.approx(0.5, abs=0.02)


# Joining


def test_a_fee_of_the_right_size_and_only_that_gives_the_right_queue():
    for queue in (Queue(0.9, 1.0, 10.0, 1.0), Queue(0.5, 1.0, 20.0, 1.0), Queue(1.4, 1.0, 8.0, 1.0)):
        best = best_longest(queue)
        assert best < queue.longest
        low, high = fees_for(queue, best)
        assert 0.0 < low < high
        assert queue._replace(fee=high + 0.02).longest < best < queue._replace(fee=low - 0.02).longest


def test_simulated_welfare_is_that_of_the_long_run():
    queue = Queue(0.7, 1.0, 5.0, 1.0)
    for longest in (1, 3, 6):
        simulated = np.mean([simulated_welfare(queue, longest, 200_000, draws(s)) for s in range(4)])
        assert simulated == pytest.approx(welfare(queue, longest), rel=0.02)
