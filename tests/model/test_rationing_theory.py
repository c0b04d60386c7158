"""The equation of each allocation rule, and the numbers that the literature derives from it."""

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gridsim.engine.allocate import allocate
from gridsim.model.rationing import UNIFORM_PRICE, ration_now
from gridsim.model.sorting import Ranking
from tests.model.rationing_games import AMOUNTS, close, games, laws
from tests.oracle import rationing as oracle

# The equation of each rule


@laws
@given(game=games(least=1))
def test_linear_takes_the_same_amount_from_everyone_who_gets_something(game):
    signals, capacity, _ = game
    allocation = allocate("linear", signals, capacity)
    cuts = (signals - allocation)[allocation > 0.0]
    if cuts.size:
        assert close(cuts, cuts[0], capacity)
        assert (signals[allocation == 0.0] <= cuts[0] + 1e-9 * max(1.0, capacity)).all()


def test_linear_survives_signals_far_above_capacity():
    allocation = allocate("linear", [1e17, 1e17 - 16.0, 1e17, 5.0], 50.0)
    assert allocation.sum() == pytest.approx(50.0, rel=1e-15)
    assert allocation[0] - allocation[1] == 16.0


@laws
@given(game=games(least=1))
def test_uniform_has_one_cap(game):
    signals, capacity, _ = game
    allocation = allocate("uniform", signals, capacity)
    capped = allocation < signals
    assert (allocation[capped] == allocation.max()).all() if capped.any() else True


def test_lexicographic_serves_the_lowest_priority_number_first_and_equals_by_one_cap():
    assert allocate("lexicographic", [3.0, 3.0, 3.0], 4.0, priority=[2, 1, 0]).tolist() == [0.0, 1.0, 3.0]
    assert allocate("lexicographic", [1.0, 9.0, 3.0], 6.0, priority=[1, 1, 0]).tolist() == [1.0, 2.0, 3.0]


@laws
@given(game=games(least=1))
def test_earlier_filers_are_served_in_full_before_later_ones(game):
    signals, capacity, filed = game
    allocation = allocate("first_come", signals, capacity, filed=filed)
    unserved = filed[allocation < signals * (1.0 - 1e-12)]
    if unserved.size:
        assert (allocation[filed > unserved.min()] <= 1e-9 * max(1.0, signals.sum())).all()


@laws
@given(game=games(least=1))
def test_turn_and_earn_gives_equal_amounts_per_past_use(game):
    signals, capacity, past_use = game
    allocation = allocate("turn_and_earn", signals, capacity, past_use=past_use)
    wanting = (allocation < signals * (1.0 - 1e-9)) & (past_use > 0.0)
    if wanting.any():
        levels = allocation[past_use > 0.0] / past_use[past_use > 0.0]
        assert close(levels.max(), allocation[wanting] / past_use[wanting], capacity)
        assert (allocation[past_use == 0.0] == 0.0).all()


def test_turn_and_earn_without_any_record_is_the_uniform_rule():
    none = allocate("turn_and_earn", [1.0, 2.0, 3.0, 6.0], 8.0, past_use=np.zeros(4))
    assert (none == allocate("uniform", [1.0, 2.0, 3.0, 6.0], 8.0)).all()


def test_a_newcomer_waits_for_those_with_a_record():
    assert allocate("turn_and_earn", [4.0, 2.0, 9.0, 9.0], 10.0, past_use=[1, 1, 0, 0]).tolist() == [4.0, 2.0, 2.0, 2.0]
    assert allocate("turn_and_earn", [4.0, 2.0, 9.0, 9.0], 5.0, past_use=[1, 1, 0, 0]).tolist() == [3.0, 2.0, 0.0, 0.0]


def test_rank_gives_prizes_to_the_highest_signals_and_splits_ties():
    assert allocate("rank", [5.0, 9.0, 1.0], 2.0, prize=1.0).tolist() == [1.0, 1.0, 0.0]
    assert allocate("rank", [5.0, 9.0, 5.0], 2.0, prize=1.0).tolist() == [0.5, 1.0, 0.5]
    assert allocate("rank", [0.2, 0.0], 2.0, prize=1.0).tolist() == [1.0, 0.0]
    assert allocate("rank", [5.0, 9.0, 5.0], 12.0).tolist() == [1.5, 9.0, 1.5]


def price_of(quantities, bids, capacity, reserve_price=0.0):
    allocation = np.zeros(len(bids))
    ranking = Ranking(np.empty(len(bids)), np.empty(len(bids), np.int64))
    signals, column = np.asarray(quantities, float), np.asarray(bids, float)
    price = ration_now(UNIFORM_PRICE, signals, float(capacity), column, float(reserve_price), allocation, ranking)
    return price, allocation.tolist()


def test_the_auction_charges_the_highest_bid_that_is_not_served_in_full():
    assert price_of([2, 2, 2], [9, 7, 5], 4) == (5.0, [2.0, 2.0, 0.0])
    assert price_of([2, 2, 2], [9, 7, 5], 3) == (7.0, [2.0, 1.0, 0.0])
    assert price_of([2, 2, 2], [9, 7, 7], 4) == (7.0, [2.0, 1.0, 1.0])
    assert price_of([2, 2, 2], [9, 7, 5], 6) == (0.0, [2.0, 2.0, 2.0])
    assert price_of([2, 2, 2], [9, 7, 5], 6, 6) == (6.0, [2.0, 2.0, 0.0])
    assert price_of([0, 2], [9, 7], 2) == (0.0, [0.0, 2.0])


@laws
@given(game=games(), reserve_price=AMOUNTS)
@example(game=(np.array([1.0, 1.0]), 1.0, np.array([2.0, 2.0])), reserve_price=2.0)
def test_the_auction_equals_its_plain_twin_bit_for_bit(game, reserve_price):
    signals, capacity, bids = game
    price, allocation = price_of(signals, bids, capacity, reserve_price)
    assert (allocation, price) == oracle.auction(signals.tolist(), capacity, bids.tolist(), reserve_price)
    assert allocation == allocate("uniform_price", signals, capacity, bids=bids, reserve_price=reserve_price).tolist()


@laws
@given(values=st.lists(AMOUNTS, min_size=1, max_size=6), lie=AMOUNTS, places=st.integers(0, 6))
def test_bidding_the_value_is_optimal_for_one_unit(values, lie, places):
    """Vickrey 1961, Journal of Finance 16(1):8-37: with one unit each, the highest losing bid sets the price."""

    def surplus(bid):
        price, allocation = price_of(np.ones(len(values)), [bid, *values[1:]], places)
        return (values[0] - price) * allocation[0]

    assert surplus(lie) <= surplus(values[0]) + 1e-12


def test_a_large_bidder_gains_by_reducing_demand():
    """The effect of Ausubel et al. 2014, Review of Economic Studies 81:1366-1400; an example with two units."""
    truthful, allocation = price_of([2, 1], [4, 3], 2)
    assert (4 - truthful) * allocation[0] == 2.0
    reduced, allocation = price_of([1, 1], [4, 3], 2)
    assert (4 - reduced) * allocation[0] == 4.0


# Numbers of the literature


def test_sprumont_shortage_and_excess():
    """Sprumont 1991: sum min(p, L) = 8 at L = 2.5 for peaks 1, 2, 3, 6; sum max(p, L) = 16 at L = 10/3."""
    assert allocate("uniform", [1, 2, 3, 6], 8).tolist() == [1.0, 2.0, 2.5, 2.5]
    excess = allocate("uniform", [1, 2, 3, 6], 16, full_use=True)
    assert excess.tolist() == pytest.approx([10.0 / 3.0] * 3 + [6.0])


@pytest.mark.parametrize(("n", "capacity", "growth"), [(4, 3.0, 1.5), (10, 8.0, 1.285714286), (3, 2.0, 2.0)])
def test_best_replies_grow_geometrically_under_the_proportional_rule(n, capacity, growth):
    """Need 1 each, capacity short: z -> S / (K - 1), S the others' total (no equilibrium: Cachon & Lariviere 1999,
    IIE Transactions 31:835-849). Derived: growth (N - 1) / (K - 1) a round, allocation K / N throughout.
    """
    signal = 1.0
    for _ in range(10):
        assert allocate("proportional", [signal] * n, capacity) == pytest.approx([capacity / n] * n, abs=1e-12)
        reply = growth * signal
        assert allocate("proportional", [reply] + [signal] * (n - 1), capacity)[0] == pytest.approx(1.0, abs=1e-9)
        signal = reply
    expected = {4: 57.66503906, 10: 12.34368113, 3: 1024.0}[n]
    assert signal == pytest.approx(expected, rel=1e-7)


def test_best_replies_grow_arithmetically_under_the_linear_rule():
    """As above under equal absolute cuts: z -> (N + S - K) / (N - 1). Derived: +1/3 a round for N = 4, K = 3."""
    signal = 1.0
    for _ in range(10):
        reply = (4.0 + 3.0 * signal - 3.0) / 3.0
        assert allocate("linear", [reply] + [signal] * 3, 3.0)[0] == pytest.approx(1.0, abs=1e-12)
        assert reply - signal == pytest.approx(1.0 / 3.0)
        signal = reply
    assert signal == pytest.approx(4.333333333, rel=1e-9)


@pytest.mark.parametrize(
    ("rule", "low", "high", "sales", "profit"),
    [
        ("linear", 3.137755102, 7.423469388, 7.665, 33.4292602),
        ("proportional", 3.194077318, 10.48002679, 7.720195772, 33.08111931),
        ("uniform", 3.0, 6.0, 7.53, 33.795),
        ("lexicographic", 3.0, 6.0, 7.53, 33.39),
    ],
)
def test_the_two_type_game_of_cachon_and_lariviere(rule, low, high, sales, profit):
    """Two retailers, profit 2 q a - a**2 with q = 3 (probability 0.7) or 6, K = 9; equilibrium orders by type.

    Model of Cachon & Lariviere 1999, Management Science 45(8):1091-1108 (truthful under uniform and lexicographic);
    this instance was solved from its first-order conditions. No order on a grid may be better than the equilibrium's.
    """
    types = ((3.0, low, 0.7), (6.0, high, 0.3))
    options = {"priority": [0, 1]} if rule == "lexicographic" else {}

    def outcome(first, second):
        return allocate(rule, [first, second], 9.0, **options)

    pairs = [(own, other) for own in types for other in types]
    expected_sales = sum(o[2] * p[2] * outcome(o[1], p[1]).sum() for o, p in pairs)
    profits = [
        o[2] * p[2] * sum(2.0 * q * a - a * a for q, a in zip((o[0], p[0]), outcome(o[1], p[1]), strict=True))
        for o, p in pairs
    ]
    assert expected_sales == pytest.approx(sales, rel=1e-8)
    assert sum(profits) == pytest.approx(profit, rel=1e-8)

    for peak, equilibrium, _ in types:

        def expected_profit(order, peak=peak):
            amounts = [(outcome(order, other[1])[0], other[2]) for other in types]
            return sum(share * (2.0 * peak * a - a * a) for a, share in amounts)

        best = expected_profit(equilibrium)
        assert all(expected_profit(order) <= best + 1e-7 for order in np.linspace(0.0, 60.0, 601))


def test_use_today_buys_capacity_tomorrow_under_turn_and_earn():
    """Derived in the spirit of Cachon & Lariviere 1999, Management Science 45(5):685-703.

    Profit (4 - q) q today, (10 - a) a tomorrow with K = 4 shared by use among two: q* = 3, of which 1 is waste.
    """

    def value(use):
        tomorrow = allocate("turn_and_earn", [10.0, 10.0], 4.0, past_use=[use, 3.0])[0]
        return (4.0 - use) * use + (10.0 - tomorrow) * tomorrow

    uses = np.linspace(0.0, 4.0, 401)
    assert uses[np.argmax([value(use) for use in uses])] == pytest.approx(3.0)


def test_a_request_with_a_cost_is_a_tullock_contest():
    """Tullock 1980; N = 4 share K = 3, value 10 a unit, cost 0.5 a unit asked: z* = V K (N - 1) / (c N**2) = 11.25."""

    def payoff(signal):
        return 10.0 * allocate("kelly", [signal, 11.25, 11.25, 11.25], 3.0)[0] - 0.5 * signal

    signals = np.linspace(0.0, 45.0, 3601)
    assert signals[np.argmax([payoff(signal) for signal in signals])] == 11.25
    assert payoff(11.25) == pytest.approx(1.875)


def test_the_kelly_mechanism_loses_up_to_the_bound_for_two_users():
    """Johari & Tsitsiklis 2004, Mathematics of Operations Research 29(3):407-435: worst case 2 sqrt(2) - 2 for R = 2.

    Linear utilities with slopes 1 and (1 - d) / d at d = 1 / sqrt(2); Nash bids w = p a with p = 1 - d.
    """
    d = math.sqrt(0.5)
    slopes = np.array([1.0, (1.0 - d) / d])
    bids = (1.0 - d) * np.array([d, 1.0 - d])
    allocation = allocate("kelly", bids, 1.0)
    assert allocation.tolist() == pytest.approx([d, 1.0 - d])
    assert slopes @ allocation == pytest.approx(0.8284271247, abs=1e-10)
    for user in (0, 1):
        for bid in np.linspace(0.0, 1.0, 501):
            deviation = bids.copy()
            deviation[user] = bid
            gain = slopes[user] * (allocate("kelly", deviation, 1.0) - allocation)[user] - (bid - bids[user])
            assert gain <= 1e-12
