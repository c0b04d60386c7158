"""The rules of the compute side as pure functions: published cases, limits and signs."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridsim.model.chips import deliveries
from gridsim.model.compute_market import next_price, reserve
from gridsim.model.quota import kept_ask, padding_pays_below, reported_use
from gridsim.model.service import served_load, split_pool

amounts = st.floats(0.0, 1e9)
shares = st.floats(0.0, 1.0)


@pytest.mark.parametrize(
    ("teams", "memory", "cost"),
    [(10.0, 0.1, 2.335002276), (10.0, 0.02, 0.8278199129), (2.0, 0.1, 1.711711712)],
)
def test_useless_jobs_pay_below_the_worth_of_the_quota_that_they_keep(teams, memory, cost):
    """Case E6: chance to lack quota 0.3, worth 10, weight of next month 0.95; checked there by a simulated deviation."""
    assert padding_pays_below(0.3, 10.0, teams, memory, 0.95) == pytest.approx(cost, rel=1e-9)


def test_the_reserve_is_the_newsvendors_quantile():
    """Case D5, need exponential with mean 1: ln(s / r) with GPUs to be had by the month, ln(v / r) without."""
    assert reserve(1.0, 1.5, 1.0) == pytest.approx(0.4054651081)
    assert reserve(1.0, 10.0, 1.0) == pytest.approx(2.302585093)
    assert reserve(0.0, 1.5, 1.0) == 1.0  # need without bursts
    assert reserve(1.0, 1.0, 1.0) == 0.0  # nothing is gained by a contract
    assert reserve(1.0, 2.0, 0.0) == math.inf  # a GPU that costs nothing to keep idle


@given(st.floats(0.0, 1.0), st.floats(1.01, 100.0), st.floats(1.0, 5.0))
def test_who_loses_more_by_lacking_reserves_more(burstiness, worth, times):
    assert reserve(burstiness, worth * times, 1.0) >= reserve(burstiness, worth, 1.0)


@given(amounts, amounts, shares)
def test_the_load_of_an_hour_is_served_up_to_capacity(load, capacity, deterred):
    asked, served = served_load(load, capacity, deterred)
    assert 0.0 <= served <= asked <= load
    assert served <= capacity
    assert served == min(load, capacity) or served == asked  # nothing idles while somebody is blocked
    if load <= capacity:
        assert asked == served == load


def test_the_multiplier_rises_no_further_than_needed():
    assert served_load(1.1, 1.0, 0.3) == (1.0, 1.0)  # deterring a tenth is enough
    assert served_load(2.0, 1.0, 0.3) == (1.4, 1.0)  # not here: 0.4 are blocked


@given(amounts, amounts, amounts, amounts, shares, st.booleans())
def test_a_pool_gives_users_and_launches_no_more_than_they_need_or_there_is(
    gpus, users, launch, research, floor, pooled
):
    given_away = split_pool(gpus, users, launch, research, floor, pooled)
    assert 0.0 <= given_away <= (users + launch) * (1.0 + 1e-12)
    assert given_away <= gpus * (1.0 + 1e-9)
    if pooled:
        assert gpus - given_away >= floor * gpus * (1.0 - 1e-9) - 1e-6


def test_one_pool_serves_users_first_and_budgets_share_what_is_lacking():
    assert split_pool(100.0, 80.0, 10.0, 90.0, 0.15, True) == 85.0
    assert split_pool(100.0, 40.0, 10.0, 90.0, 0.15, True) == 50.0
    assert split_pool(100.0, 80.0, 20.0, 100.0, 0.15, False) == 50.0
    assert split_pool(400.0, 80.0, 20.0, 100.0, 0.15, False) == 100.0


def test_gamers_stay_above_the_threshold_and_others_report_what_they_do():
    assert reported_use(10.0, 100.0, 0.4, True) == pytest.approx(45.0)
    assert reported_use(80.0, 100.0, 0.4, True) == 80.0
    assert reported_use(10.0, 100.0, 0.4, False) == 10.0
    assert reported_use(10.0, 100.0, 0.95, True) == 100.0


def test_a_quota_that_is_not_used_is_cut_to_what_its_use_justifies():
    assert kept_ask(200.0, 50.0, 100.0, 0.4) == 200.0
    assert kept_ask(200.0, 40.0, 100.0, 0.4) == 200.0
    assert kept_ask(200.0, 20.0, 100.0, 0.4) == pytest.approx(50.0)
    assert kept_ask(200.0, 0.0, 0.0, 0.4) == 200.0  # no quota, nothing to cut
    assert kept_ask(200.0, 0.0, 100.0, 0.0) == 200.0


def test_the_price_moves_by_what_is_lacking_and_never_below_the_floor():
    assert next_price(2.0, 0.08, 50.0, 50.0, 100.0, 1.65) == 2.0
    assert next_price(2.0, 0.08, 1000.0, 0.0, 100.0, 1.65) == pytest.approx(2.0 * math.exp(0.08))
    assert next_price(2.0, 0.08, 0.0, 50.0, 100.0, 1.65) == pytest.approx(2.0 * math.exp(-0.04))
    assert next_price(1.66, 0.08, 0.0, 100.0, 100.0, 1.65) == 1.65
    assert next_price(2.0, 0.08, 10.0, 0.0, 0.0, 1.65) == 2.0  # no market


def test_deliveries_grow_for_a_while():
    assert deliveries(100.0, 0.02, 60, 0) == 100.0
    assert deliveries(100.0, 0.02, 60, 12) == pytest.approx(100.0 * 1.02**12)
    assert deliveries(100.0, 0.02, 60, 90) == deliveries(100.0, 0.02, 60, 60)
