"""In which direction each cause moves the claims: the signs that theory gives, whatever the numbers.

Beside the laws of each column the nulls: without rivalry, shortage or gaming there is nothing to find.
"""

from __future__ import annotations

import numpy as np
import pytest

from gridsim.games import (
    Contract,
    RationingGame,
    Search,
    UniformCapacity,
    best_reply,
    cognitive_hierarchy,
    newsvendor,
    path,
    served,
    settle,
    target,
)
from gridsim.model.compute_market import reserve
from gridsim.theory.self_made import boundary, fill_after, settled, wanted_at

WIDE = Search(1e3)


def rising(values) -> bool:
    return bool((np.diff(values) > 1e-9).all())


def falling(values) -> bool:
    return bool((np.diff(values) < -1e-9).all())


# A1: a random capacity, and a cost of excess


def lee(claimants=4, capacity_each=2.0, shortage=4.0, holding=1.0, contract=None) -> RationingGame:
    capacity = UniformCapacity(capacity_each * claimants)
    return RationingGame("proportional", capacity, newsvendor(shortage, holding), claimants, contract)


def at_rest(play: RationingGame, high=30.0, pace=0.5) -> float:
    rest = settle(play, np.ones(len(play.kinds)), Search(high), pace=pace)
    assert rest.at_rest
    return float(rest.signals[0])


def test_random_capacity_more_claimants_ask_for_more_each():
    assert rising([at_rest(lee(n)) for n in (1, 2, 4, 10, 40)])


def test_random_capacity_more_of_it_lowers_orders_towards_the_newsvendors():
    orders = [at_rest(lee(capacity_each=each)) for each in (1.6, 2.0, 3.0, 6.0, 100.0)]
    assert falling(orders)
    assert min(orders) >= 0.8  # a theorem of Lee, Padmanabhan & Whang
    assert orders[-1] == pytest.approx(0.8, abs=0.02)


def test_random_capacity_a_cost_of_asking_lowers_orders():
    assert falling([at_rest(lee(contract=Contract(fee=cost))) for cost in (0.0, 0.1, 0.3, 0.6)])


def test_random_capacity_the_more_rivals_ask_the_more_one_asks():
    assert rising([best_reply(lee(), 0, [1.0, *[rival] * 3], Search(30.0)) for rival in (0.5, 0.8, 1.0, 2.0)])


def test_random_capacity_orders_grow_without_bound_as_excess_gets_free():
    """Free disposal is what lets inflation run, not scarcity: with the same capacity orders rest, or run to any limit."""
    assert rising([at_rest(lee(capacity_each=1.6, holding=holding)) for holding in (1.0, 0.8, 0.6)])
    for limit in (30.0, 1e3):
        rest = settle(lee(capacity_each=1.6, holding=0.2), np.ones(4), Search(limit))
        assert rest.signals == pytest.approx([limit] * 4, rel=1e-6)


# A3 and A9: a known shortage of something of which one wants exactly so much


def wanting(claimants=4, capacity_each=0.75, contract=None) -> RationingGame:
    return RationingGame("proportional", capacity_each * claimants, target(1.0), claimants, contract)


def test_known_shortage_more_claimants_inflate_less():
    """The opposite of A1, on purpose: one's own request moves the fill less, and so must be raised less."""
    grown = [path(wanting(n), np.ones(n), 1, WIDE)[1, 0] for n in (2, 4, 10, 50)]
    assert falling(grown)
    assert falling([cognitive_hierarchy(wanting(n), 1.5, 1.0, WIDE) for n in (2, 4, 10)])


def test_known_shortage_more_capacity_inflates_less_and_none_is_left_where_it_suffices():
    first = [cognitive_hierarchy(wanting(capacity_each=each), 1.5, 1.0, WIDE) for each in (0.6, 0.75, 0.9, 1.0, 1.5)]
    assert falling(first[:4])
    assert first[3:] == pytest.approx([1.0, 1.0], abs=1e-9)


def test_known_shortage_more_steps_of_thinking_inflate_more():
    assert rising([cognitive_hierarchy(wanting(), steps, 1.0, WIDE) for steps in (0.0, 0.5, 1.5, 2.7)])


def test_known_shortage_a_cost_of_asking_does_nothing_until_it_bites():
    """Up to the worth of what one unit asked brings, the request that fills the need stays best; above it, none is."""
    replies = [best_reply(wanting(contract=Contract(fee=fee)), 0, np.ones(4), WIDE) for fee in (0.0, 0.1, 0.3, 2.0)]
    assert replies[:3] == pytest.approx([1.5, 1.5, 1.5], rel=1e-9)
    assert replies[3] == 0.0


def test_known_shortage_the_more_rivals_ask_the_more_one_asks_in_proportion():
    replies = [best_reply(wanting(), 0, [1.0, *[rival] * 3], WIDE) for rival in (1.0, 2.0, 4.0)]
    assert replies == pytest.approx([1.5, 3.0, 6.0], rel=1e-9)


def test_known_shortage_requests_that_cost_nothing_grow_for_ever_and_move_nothing():
    play = wanting()
    asked = path(play, np.ones(4), 12, lambda signals: Search(8.0 * signals.max()))
    assert np.diff(np.log(asked[:, 0])) == pytest.approx(np.log(1.5), rel=1e-7)
    assert all(play.allocation(each) == pytest.approx([0.75] * 4, rel=1e-12) for each in asked)


# E1: a shortage, and a cost of every unit asked


def contest(claimants=4, capacity_each=0.75, cost=0.5, refundable=0.0) -> RationingGame:
    contract = Contract(deposit=cost, refundable=refundable)
    return RationingGame("proportional", capacity_each * claimants, served(10.0, 1.0), claimants, contract)


def asked_in(play: RationingGame, high=400.0) -> float:
    return at_rest(play, high=high, pace=2.0 / len(play.kinds))


def test_contest_more_claimants_ask_for_more_up_to_a_limit():
    asked = [asked_in(contest(n)) for n in (2, 4, 10, 40)]
    assert rising(asked)
    assert asked[-1] < 10.0 * 0.75 / 0.5
    assert asked[-1] == pytest.approx(10.0 * 0.75 / 0.5, rel=0.03)


def test_contest_more_capacity_raises_requests_because_it_is_the_prize():
    assert rising([asked_in(contest(capacity_each=each)) for each in (0.4, 0.5, 0.6, 0.75)])


def test_contest_requests_go_with_one_over_the_cost_and_what_is_spent_does_not():
    asked = np.array([asked_in(contest(cost=cost)) for cost in (2.0, 1.0, 0.5, 0.25)])
    assert asked[1:] / asked[:-1] == pytest.approx([2.0] * 3, rel=1e-6)
    assert asked * [2.0, 1.0, 0.5, 0.25] == pytest.approx([asked[0] * 2.0] * 4, rel=1e-6)


def test_contest_rivals_who_ask_for_more_discourage():
    """Strategic substitutes above the equilibrium, where a price is paid: the opposite of a costless request."""
    replies = [best_reply(contest(), 0, [1.0, *[rival] * 3], WIDE) for rival in (11.25, 13.0, 16.0, 19.0)]
    assert falling(replies)


def test_contest_requests_grow_without_bound_as_the_deposit_comes_back():
    asked = [asked_in(contest(refundable=share), high=5e4) for share in (0.0, 0.5, 0.9, 0.99)]
    assert asked == pytest.approx([11.25, 22.5, 112.5, 1125.0], rel=1e-6)
    free = settle(contest(refundable=1.0), np.ones(4), Search(5e4), pace=1.0, rounds=50)
    assert free.signals.max() > 1e4


# D5: reservations against a fear of shortage


def test_hoarding_does_not_depend_on_the_number_of_labs():
    """The rule knows no number of rivals; in the simulation half of the labs reserve the same share."""
    assert settled(1.5, 0.05).reserved == pytest.approx(settled(1.5, 0.05, labs=250).reserved, rel=1e-9)
    assert settled(1.5, 0.95).reserved == pytest.approx(settled(1.5, 0.95, labs=250).reserved, rel=1e-4)


def test_hoarding_more_capacity_makes_plenty_likelier():
    tips = [
        boundary(0.0, 1.0, lambda fill, slack=slack: fill_after(fill, slack) > fill) for slack in (1.3, 1.5, 1.8, 2.1)
    ]
    assert falling(tips)


def test_hoarding_dearer_contracts_lower_it_and_fear_raises_it():
    assert falling([reserve(1.0, 5.0, price) for price in (0.5, 1.0, 2.0, 4.0)])
    assert falling([wanted_at(fill) for fill in (0.0, 0.3, 0.7, 1.0)])


def test_hoarding_a_little_less_trust_may_tip_the_market():
    tip = boundary(0.6, 0.9, lambda fill: fill_after(fill) > fill, within=1e-9)
    for start, end in ((tip + 1e-3, 1.0), (tip - 1e-3, 0.0)):
        fill = start
        for _ in range(200):
            fill += 0.3 * (fill_after(fill) - fill)
        assert fill == pytest.approx(end, abs=1e-9)


# Nulls


def test_without_rivals_nothing_is_inflated():
    for value in (target(1.0), newsvendor(4.0, 1.0), served(10.0, 1.0)):
        alone = RationingGame("proportional", 100.0, value, 1, Contract(burn=0.01))
        crowd = RationingGame("proportional", 100.0, value, 4, Contract(burn=0.01))
        assert best_reply(alone, 0, [1.0], WIDE) == pytest.approx(best_reply(crowd, 0, np.ones(4), WIDE), rel=1e-6)
        assert best_reply(alone, 0, [1.0], WIDE) <= 1.0 + 1e-6


def test_under_the_uniform_rule_those_below_the_cap_ask_for_what_they_need():
    needs = np.array([0.3, 0.6, 2.0, 3.0])
    play = RationingGame("uniform", 3.0, target(needs), range(4))
    for player in (0, 1):
        assert best_reply(play, player, needs, WIDE) == pytest.approx(needs[player], rel=1e-9)


def test_a_cost_above_any_worth_ends_all_requests_and_makes_none_negative():
    assert best_reply(contest(cost=100.0), 0, np.ones(4), WIDE) == 0.0
