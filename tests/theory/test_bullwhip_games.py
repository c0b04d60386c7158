"""Chains of orders: at rest when nothing changes, amplifying as theory says when it does."""

import numpy as np
import pytest

from gridsim.games.beer import BENCHMARK, FULL_LINE, MEAN_SUBJECT, play
from gridsim.games.duplicate_orders import Estimates, Market, counted, enough, expected_counts, most_profitable
from gridsim.games.order_up_to import amplification, orders
from gridsim.games.study_queue import stationary
from gridsim.games.supply_line import Builder, chase, growth, shortage

MARKET = Market(100.0, 1.0, 0.5, 3)

# Beer game


def test_the_published_benchmark_to_the_dollar():
    """Sterman 1989, Management Science 35(3):321-339: 46, 50, 54 and 54, together $204."""
    assert play(BENCHMARK).cost.tolist() == [46.0, 50.0, 54.0, 54.0]


@pytest.mark.parametrize("stage", range(4))
@pytest.mark.parametrize("change", [-2.0, -1.0, 1.0, 2.0])
def test_no_other_target_of_one_stage_is_cheaper(stage, change):
    target = list(BENCHMARK.target)
    target[stage] += change
    assert play(BENCHMARK._replace(target=tuple(target))).cost.sum() >= 204.0


def test_the_line_stays_at_rest_where_demand_does():
    """12 in stock and boxes of 4, three between two stages and two at the brewery, are what this target wants."""
    steady = BENCHMARK._replace(target=(24.0, 24.0, 24.0, 20.0))
    game = play(steady, later=4.0)
    assert (game.orders == 4.0).all()
    assert (game.stock == 12.0).all()
    assert (game.backlog == 0.0).all()


def test_a_line_that_is_not_counted_amplifies_and_costs():
    mean, full = play(MEAN_SUBJECT), play(FULL_LINE)
    assert (np.diff(mean.peak) > 0.0).all()
    assert (mean.peak > full.peak).all()
    assert mean.cost.sum() > 3.0 * full.cost.sum() > 3.0 * 204.0


# Duplicate orders


def test_one_order_each_is_counted_right():
    estimates = expected_counts(MARKET._replace(orders=1), 90)
    assert estimates == pytest.approx((100.0, 0.5))


def test_counts_of_simulated_customers_are_those_of_the_long_run():
    seen = [counted(MARKET, 95, 200_000, np.random.default_rng([5, seed])) for seed in range(6)]
    assert np.mean(seen, axis=0) == pytest.approx(expected_counts(MARKET, 95), rel=0.02)


def test_both_counts_rise_with_duplicates_and_demand_with_waiting():
    by_orders = [expected_counts(MARKET._replace(orders=k), 90) for k in (1, 2, 3, 5)]
    assert (np.diff(by_orders, axis=0) > 0.0).all()
    by_servers = [expected_counts(MARKET, n).rate for n in (80, 100, 120)]
    assert by_servers == sorted(by_servers, reverse=True)


def test_enough_is_the_least_that_is_enough():
    least = enough(Estimates(100.0, 0.5), 1.0, 0.02)
    assert stationary(100.0, 1.0, least, 0.5).leaves <= 0.02 < stationary(100.0, 1.0, least - 1, 0.5).leaves


def test_duplicates_make_a_planner_build_too_much_when_all_wait_and_too_little_when_few_do():
    market = Market(100.0, 1.0, 0.1, 2)
    plans = [most_profitable(expected_counts(market, n), 1.0, 1.05) for n in (100, 120)]
    assert plans[0] > most_profitable(Estimates(100.0, 0.1), 1.0, 1.05) > plans[1]


# Supply lines


def test_a_line_grows_only_while_capacity_is_below_demand():
    rates = [growth(shortage(demand, 1.0, 1.0, 0.5, 1.0, 40.0), 30.0, 40.0) for demand in (1.0, 1.1, 1.3)]
    assert rates[0] == pytest.approx(0.0, abs=1e-9)
    assert rates[0] < rates[1] < rates[2]
    ample = shortage(0.9, 1.0, 1.0, 0.0, 1.0, 5.0)
    assert (np.diff(ample.line) < 0.0).all()


def test_without_a_step_nothing_moves_and_a_larger_step_overshoots_more():
    builder = Builder(0.5, 2.0, 0.5, 0.25, 1.0)
    rest = chase(builder, 1.0, 1.0, at=0.0, until=10.0)
    assert np.ptp(rest.orders) < 1e-9
    overshoot = [np.max(chase(builder, 1.0, demand, at=0.0).capacity) / demand for demand in (1.1, 1.25, 1.5)]
    assert 1.0 < overshoot[0] < overshoot[1] < overshoot[2]


# Forecasts


def test_order_up_to_by_hand():
    """Lead time 2, mean of 2: the level goes from 2 x 10 to 2 x 12, and the demand of 14 is replaced: 14 + 4."""
    assert orders(np.array([10.0, 10.0, 14.0, 14.0]), 2, 2).tolist() == [18.0, 18.0]


@pytest.mark.parametrize(("lead", "periods"), [(1, 2), (2, 5), (3, 12)])
def test_the_variance_of_orders_of_one_layer(lead, periods):
    ratio = amplification(lead, periods, 1, 400_000, np.random.default_rng(lead))[0]
    assert ratio == pytest.approx(1.0 + 2.0 * lead / periods + 2.0 * (lead / periods) ** 2, rel=0.02)
