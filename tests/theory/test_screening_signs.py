"""What a change of terms does to filings: the signs that theory gives, and the limits of the screening games."""

import math

import numpy as np
import pytest

from gridsim.games.filing import (
    Copies,
    Position,
    crowded_copies,
    crowded_copies_in_parts,
    deterring_deposit,
    entered,
    filing_ideas,
    revising_copies,
    site_option,
)
from gridsim.games.minimum_take import best_reservation, signs
from gridsim.games.schedules import ScheduleAuction
from gridsim.games.waiting_line import burned, learn
from gridsim.model.rationing import UNIFORM_PRICE, ration_now
from gridsim.model.sorting import Ranking

COPIES = Copies(100.0, 0.5)
NEEDS = (np.arange(5000) + 0.5) / 5000


def site(fee=0.002, deposit=0.0, refundable=1.0, interest=0.05):
    call, chance = site_option(1.0, 1.0, 0.5, 3.0, interest)
    return Position(chance, call / chance, fee, deposit, refundable, interest, 3.0)


# Copies of one need


def test_more_applicants_at_the_same_capacity_each_file_the_same():
    few, many = (
        revising_copies(COPIES.at(2.0), 0.5, n, 2000, n // 100, np.random.default_rng(n)) for n in (2000, 20_000)
    )
    assert few == pytest.approx(many, abs=0.1)


def test_copies_rise_with_capacity_until_there_is_enough_for_all_and_fall_beyond():
    copies = [crowded_copies(COPIES, capacity) for capacity in (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0)]
    assert copies[:4] == sorted(copies[:4])
    assert copies[3:] == sorted(copies[3:], reverse=True)
    for capacity, k in ((0.25, copies[0]), (1.0, copies[3]), (2.0, copies[5])):
        assert k == pytest.approx(capacity * math.exp(-capacity) * 200.0, rel=0.06)


def test_the_number_of_copies_is_inversely_proportional_to_their_cost():
    for cost in (0.01, 0.1, 1.0):
        once, twice = (crowded_copies_in_parts(100.0, c, 0.5) for c in (cost, 2.0 * cost))
        assert once / twice == pytest.approx(2.0, rel=0.05)


def test_belief_in_a_lower_approval_rate_raises_copies_then_stops_them():
    copies = [COPIES.at(2.0).best(p) for p in (1.0, 0.5, 0.25, 0.12, 0.06, 0.03, 0.021, 0.019)]
    assert (copies[0], copies[-1]) == (1, 0)
    peak = copies.index(max(copies))
    assert copies[: peak + 1] == sorted(copies[: peak + 1])
    assert copies[peak:] == sorted(copies[peak:], reverse=True)


def test_who_can_withdraw_for_nothing_files_everywhere():
    assert Copies(100.0, 0.0, 50.0, 1.0, 0.0, 3.0, sites=37).best(0.25) == 37
    assert crowded_copies(COPIES.at(0.0)._replace(sites=200), 0.5) == pytest.approx(200.0)


def test_with_capacity_for_all_filing_once_and_the_rush_are_both_stable():
    paths = [revising_copies(COPIES, 2.0, 5000, 1200, 100, np.random.default_rng(1), start) for start in (1, 40)]
    assert paths[0] == 1.0
    assert paths[1] == pytest.approx(crowded_copies(COPIES, 2.0), abs=0.2)


def test_one_copy_alone_forfeits_nothing_so_that_its_deposit_may_be_as_large_whatever_is_returned():
    """p V = f + d (1 - e^-rT): 25 = 0.2 + 0.1393 d."""
    most = 24.8 / (1.0 - math.exp(-0.15))
    for refundable in (0.0, 0.5, 1.0):
        terms = Copies(100.0, 0.2, 0.999 * most, refundable, 0.05, 3.0)
        assert terms.best(0.25) == 1
        assert terms._replace(deposit=1.001 * most).best(0.25) == 0


# Speculative positions


def test_with_all_returned_and_no_interest_no_deposit_deters():
    assert deterring_deposit(site(interest=0.0), 0.3) == math.inf
    assert deterring_deposit(site(fee=1.0), 0.3) == 0.0


def test_the_deterring_deposit_grows_as_more_is_returned():
    deposits = [deterring_deposit(site(refundable=share), 0.3) for share in (0.0, 0.25, 0.5, 0.75, 1.0)]
    assert deposits == sorted(deposits)


def test_speculation_falls_with_the_deposit_and_rises_with_what_is_returned():
    inflation = np.array(
        [[entered(site(0.002, d, share), 60.0, 30.0) for share in (0.0, 0.5, 1.0)] for d in (0.01, 0.1, 0.5)]
    )
    assert (np.diff(inflation, axis=0) <= 0.0).all()
    assert (np.diff(inflation, axis=1) >= 0.0).all()


def test_above_the_deterring_deposit_nobody_speculates_and_nothing_is_negative():
    high = deterring_deposit(site(refundable=0.0), 0.5) * 1.01
    assert entered(site(0.002, high, 0.0), 60.0, 30.0) == pytest.approx(1.0, abs=1e-9)


def test_a_dearer_filing_keeps_fewer_ideas_and_converts_more_of_them():
    theta = ((np.arange(20_000) + 0.5) / 20_000) ** 5.0
    filed = [filing_ideas(theta, 1.0, cost) >= 0.0 for cost in (0.0, 0.05, 0.2, 0.6)]
    assert [keeps.mean() for keeps in filed] == sorted((keeps.mean() for keeps in filed), reverse=True)
    assert [theta[keeps].mean() for keeps in filed] == sorted(theta[keeps].mean() for keeps in filed)
    assert not (filing_ideas(theta, 1.0, 1.01) >= 0.0).any()


# Contracts, auctions and waiting


def test_reservations_fall_with_the_minimum_take_down_to_the_newsvendor():
    reserved = [best_reservation(NEEDS, 3.0, 1.0, take) for take in (0.0, 0.25, 0.5, 0.75, 1.0)]
    assert reserved == sorted(reserved, reverse=True)
    assert reserved[0] == NEEDS.max()
    assert reserved[-1] == pytest.approx(2.0 / 3.0, abs=1e-3)


@pytest.mark.parametrize("success", [0.1, 0.3, 0.5])
def test_a_minimum_take_is_a_deposit_that_only_the_sure_accept(success):
    """Sign if and only if m <= theta (v - P) / (P (1 - theta)), here v = 2, P = 1."""
    most = success / (1.0 - success)
    assert signs(success, 2.0, 1.0, 0.999 * most)
    assert not signs(success, 2.0, 1.0, 1.001 * most)


def test_against_the_truth_a_bidder_gains_by_asking_for_less():
    supplies = 5.0 * np.linspace(0.05, 0.3, 40)
    assert ScheduleAuction(5).best_reply(1.0, supplies) == pytest.approx(0.8, abs=0.02)  # (N - 1) / N


@pytest.mark.parametrize("supply", [0.2, 0.7, 1.3])
def test_the_price_read_off_the_allocation_is_that_of_the_auction(supply):
    auction = ScheduleAuction(5, prices=40)
    quantities, allocation = auction.quantities(0.6, 0.8), np.zeros(200)
    ranking = Ranking(np.empty(200), np.empty(200, np.int64))
    price = ration_now(UNIFORM_PRICE, quantities, supply, auction.bids, 0.0, allocation, ranking)
    assert auction.outcome(0.6, 0.8, supply) == pytest.approx((allocation[::5].sum(), price))


def test_more_slots_burn_less_of_the_value():
    shares = []
    for slots in (1, 2, 3):
        wait, value = burned(
            learn(4, slots, 3000, np.random.default_rng(slots)), 4, slots, 3000, np.random.default_rng(9)
        )
        shares.append(wait / value)
    assert shares == pytest.approx([0.75, 0.5714, 1.0 / 3.0], abs=0.03)
