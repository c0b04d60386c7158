"""Where a theory of rationing is easily got wrong: each trap shown to be one, and that the package does not fall into it."""

from __future__ import annotations

import numpy as np
import pytest

from gridsim.engine.allocate import allocate
from gridsim.games import (
    PrivateKinds,
    RationingGame,
    Search,
    best_replies,
    best_reply,
    gain_from_deviation,
    path,
    settle,
    target,
)
from gridsim.model.quota import padding_pays_below
from gridsim.theory.contests import kept_unit
from gridsim.theory.rationing import two_retailers


def retailers(rule: str, peaks: tuple[float, float], capacity: float, low_share: float) -> PrivateKinds:
    def profit(kind, signal, own, others):
        return 2.0 * peaks[kind] * own - own**2

    return PrivateKinds(RationingGame(rule, capacity, profit, 2), (low_share, 1.0 - low_share))


def slopes(play: PrivateKinds, orders: np.ndarray, step: float = 1e-4) -> np.ndarray:
    def slope(kind):
        around = play.payoffs(kind, orders[kind] + np.array([-step, step]), orders)
        return (around[1] - around[0]) / (2.0 * step)

    return np.array([slope(kind) for kind in play.kinds])


def stationary(play: PrivateKinds, orders) -> np.ndarray:
    """Newton's method on the first-order conditions: what the package never does."""
    orders = np.array(orders)
    for _ in range(50):
        now = slopes(play, orders)
        curvature = np.array([(slopes(play, orders + 1e-4 * each) - now) / 1e-4 for each in np.eye(2)]).T
        orders = orders - np.clip(np.linalg.solve(curvature, now), -0.5, 0.5)
    return orders


def test_a_root_of_the_first_order_conditions_is_not_an_equilibrium():
    """Linear rule, q = 2 or 6, K = 7: each order is the best of its neighbours, and grabbing everything is better."""
    play = retailers("linear", (2.0, 6.0), 7.0, 0.8)
    root = stationary(play, [2.1, 7.0])
    assert slopes(play, root) == pytest.approx([0.0, 0.0], abs=1e-6)
    for kind in play.kinds:
        near = play.payoffs(kind, root[kind] * np.array([0.97, 1.0, 1.03]), root)
        assert near[1] > max(near[0], near[2])
    assert gain_from_deviation(play, root, Search(100.0)) > 0.5
    assert best_replies(play, root, Search(100.0))[1] > 1.1 * root[1]
    assert path(play, root, 60, Search(100.0))[-1, 1] != pytest.approx(root[1], rel=0.01)


def test_where_the_conditions_do_hold_an_equilibrium_both_ways_agree():
    play = two_retailers("linear")
    root = stationary(play, [3.1, 7.3])
    assert settle(play, [3.0, 6.0], Search(100.0)).signals == pytest.approx(root, rel=1e-6)
    assert gain_from_deviation(play, root, Search(1e4)) < 1e-9


def test_the_start_decides_between_rest_and_flight_under_proportional_rationing():
    play = two_retailers("proportional")
    assert settle(play, [3.0, 30.0], Search(1e4), pace=1.0).at_rest
    orders = path(play, [3.0, 45.0], 30, Search(1e4))[:, 1]
    assert orders[-1] > 1e3
    assert (np.diff(orders)[:10] > 0.0).all()


def rivals() -> RationingGame:
    costs = (1.0, 4.0)
    return RationingGame("uniform", 4.5, lambda kind, z, own, others: (10.0 - own - others - costs[kind]) * own, (0, 1))


def test_over_asking_is_a_tie_under_the_uniform_rule_so_allocations_are_compared_not_requests():
    play, search = rivals(), Search(10.0)
    for asked in ([4.0, 2.25], [10.0, 10.0], [3.0, 9.0]):
        assert gain_from_deviation(play, asked, search) < 1e-9
        assert play.allocation(asked) == pytest.approx([2.25, 2.25])


def test_breaking_ties_downwards_makes_replies_circle_though_there_is_an_equilibrium():
    play, search = rivals(), Search(10.0)
    assert best_reply(play, 1, [4.0, 1.0], search) == pytest.approx(2.25)
    asked = path(play, [4.0, 1.0], 12, search)
    assert asked[-1] == pytest.approx(asked[-5], abs=1e-6)
    gains = [gain_from_deviation(play, each, search) for each in asked[-4:]]
    assert min(gains) < 1e-9  # they pass through an equilibrium, and leave it for a request that is no better
    assert max(gains) > 0.5


def test_without_rivalry_downstream_the_uniform_rule_is_truthful_again():
    needs = np.array([4.0, 1.0])
    play = RationingGame("uniform", 4.5, target(needs), (0, 1))
    assert best_reply(play, 1, needs, Search(10.0)) == pytest.approx(1.0, rel=1e-9)
    assert gain_from_deviation(play, needs, Search(10.0)) < 1e-9


def test_a_unit_of_use_skipped_is_lost_for_good_and_does_not_wear_off():
    """Ten teams that run full: shares are conserved, so that a quota once lowered stays lowered, by l (1 - 1/N)."""
    memory, teams, skipped = 0.1, 10, 0.01
    scores = np.ones(teams)
    quotas = []
    for month in range(400):
        quota = allocate("kelly", scores, float(teams))
        quotas.append(quota[0])
        used = quota.copy()
        used[0] -= skipped if month == 0 else 0.0
        scores += memory * (used - scores)
    lost = 1.0 - np.array(quotas[1:])
    assert lost == pytest.approx([memory * (1.0 - 1.0 / teams) * skipped] * 399, rel=2e-3)


@pytest.mark.parametrize(("memory", "teams", "patience"), [(0.1, 10, 0.95), (0.3, 4, 0.9), (0.02, 2, 0.97)])
def test_the_rule_for_useless_jobs_reckons_with_a_loss_for_good(memory, teams, patience):
    kept = kept_unit(memory, teams, patience)
    assert padding_pays_below(0.3, 10.0, float(teams), memory, patience) == pytest.approx(
        0.3 * 10.0 * kept / (1.0 + 0.7 * kept), rel=1e-3
    )
