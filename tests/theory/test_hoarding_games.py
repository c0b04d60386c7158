"""Competition in quantities: textbook outcomes, and when it pays to hold what one does not use; commons."""

import numpy as np
import pytest

from gridsim.games.commons import PIGOU, Road, chosen_share, pool, price_of_anarchy
from gridsim.games.duopoly import Auction, Entry, Overbuying, ascending_auction, cournot, values_of_entry
from gridsim.games.preemption import Race, dates

FIRM = Overbuying(9.0, 0.5, 0.5, 0.5)


@pytest.mark.parametrize("firms", [1, 2, 3, 8])
def test_equal_firms_produce_a_share_of_the_competitive_output(firms):
    market = cournot(12.0, np.full(firms, 2.0))
    assert market.quantities == pytest.approx([10.0 / (firms + 1)] * firms)
    assert market.price == pytest.approx(12.0 - 10.0 * firms / (firms + 1))


def test_a_firm_of_too_high_cost_produces_nothing():
    assert cournot(12.0, np.array([2.0, 7.5])).quantities == pytest.approx([5.0, 0.0])


def test_sunk_capacity_is_produced_where_only_new_capacity_costs():
    """Costs 4 each, of which the first has sunk 3 for its capacity: it sells 3 as long as that is between both replies."""
    costs = np.array([1.0, 4.0])
    for sunk, expected in ((1.0, 2.0), (3.0, 3.0), (9.0, 4.0)):
        made = cournot(10.0, costs, np.array([sunk, np.inf]), 3.0).quantities
        assert made[0] == pytest.approx(expected)
        assert made[1] == pytest.approx((6.0 - expected) / 2.0)


def test_no_firm_gains_by_another_quantity():
    costs = np.array([1.0, 2.0, 3.0])
    market = cournot(10.0, costs)
    for i in range(3):
        for change in (-0.1, 0.1):
            other = market.quantities.copy()
            other[i] += change
            gained = (10.0 - other.sum() - costs[i]) * other[i] - (market.price - costs[i]) * market.quantities[i]
            assert gained < 0.0


def test_idle_input_falls_with_its_price_and_rises_with_the_harm_it_does():
    idle = [FIRM._replace(price=price).best_idle() for price in (0.1, 0.5, 0.9, 1.1)]
    assert idle == sorted(idle, reverse=True)
    assert idle[-1] == pytest.approx(0.0, abs=1e-9)
    harmed = [FIRM._replace(harm=harm).best_idle() for harm in (0.3, 0.5, 0.7)]
    assert harmed == sorted(harmed)


def test_no_search_of_idle_input_earns_more_than_the_best():
    best = FIRM.gain(FIRM.best_idle())
    assert all(FIRM.gain(float(idle)) <= best + 1e-12 for idle in np.linspace(0.0, 18.0, 181))


def test_blocking_is_worth_more_than_entering_to_a_monopoly_only():
    ratios = [blocking / entering for blocking, entering in (values_of_entry(3.0, n) for n in range(1, 7))]
    assert ratios == sorted(ratios, reverse=True)
    assert ratios[0] > 1.0 > ratios[1]
    assert ascending_auction(3.0, 0.01, incumbents=2) == Auction(False, pytest.approx(0.43))


@pytest.mark.parametrize("fixed", [0.3, 0.9, 1.21, 1.6, 2.5, 4.5])
def test_no_sunk_capacity_is_left_idle_whatever_entry_costs(fixed):
    """Dixit 1980: with linear demand the capacity that deters is used."""
    assert Entry(10.0, 1.0, 3.0, fixed).best(501).idle == pytest.approx(0.0, abs=1e-6)


def test_pre_emption_comes_before_the_best_date_and_takes_away_what_it_gains():
    race = Race(0.1, 0.2, 30.0, 2.0, 1.0)
    found = dates(race)
    assert found.first < found.unpressured < found.second
    assert found.value_first == pytest.approx(found.value_second, abs=1e-3)
    assert dates(race._replace(alone=2.5)).first < found.first
    assert dates(race._replace(cheaper=0.1)).first > found.first


def test_a_pool_of_one_user_is_used_well_and_of_more_users_worse():
    assert pool(2.0, 1).efficiency == pytest.approx(1.0)
    assert pool(2.0, 1).overuse == pytest.approx(1.0)
    efficiency = [pool(2.0, users).efficiency for users in (1, 2, 5, 20)]
    assert efficiency == sorted(efficiency, reverse=True)
    assert pool(2.0, 50).overuse < 2.0


def test_no_two_straight_roads_are_worse_than_those_of_pigou():
    """Roughgarden & Tardos 2002, Journal of the ACM 49(2):236-259: at most 4/3 where delays are straight lines."""
    assert chosen_share(PIGOU) == 1.0
    prices = [
        price_of_anarchy((Road(a, b), Road(c, d)))
        for a in (0.0, 0.5) for b in (0.5, 1.0, 2.0) for c in (0.5, 1.0) for d in (0.0, 1.0)
    ]  # fmt: skip
    assert min(prices) >= 1.0 - 1e-9
    assert max(prices) <= 4.0 / 3.0 + 1e-9
