"""Laws of the rationing game as an object: whatever the rule, the contract and the layer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridsim.engine.allocate import RULES, allocate
from gridsim.games import (
    Contract,
    RationingGame,
    Rule,
    Search,
    States,
    UniformCapacity,
    best_reply,
    gain_from_deviation,
    maximise,
    newsvendor,
    path,
    served,
    settle,
    target,
)
from gridsim.games.rules import COLUMNS
from gridsim.model.settlement import discount
from gridsim.model.strategies import copies_cost, entry_return
from tests.model.rationing_games import games

laws = settings(max_examples=60)
MONEY = st.floats(0.0, 10.0)
SHARE = st.floats(0.0, 1.0)
SHARE_RULES = ("proportional", "kelly")


def rule_named(name: str, column) -> Rule:
    return Rule(name, **({COLUMNS[name]: column} if name in COLUMNS else {}))


# The rules are those of the package


@laws
@given(game=games(least=2), name=st.sampled_from(sorted(RULES)))
def test_many_allocations_are_those_of_allocate_bit_for_bit(game, name):
    signals, capacity, column = game
    rule = rule_named(name, column)
    profiles = np.array([signals, signals[::-1], 2.0 * signals])
    limits = np.array([capacity, 0.5 * capacity, capacity])
    got = rule.allocations(profiles, limits)
    options = {COLUMNS[name]: column} if name in COLUMNS else {}
    for profile, limit, row in zip(profiles, limits, got, strict=True):
        assert (row == allocate(name, profile, limit, **options)).all()


def test_claimants_may_choose_the_column_that_a_rule_ranks_by():
    rule = Rule("turn_and_earn", claims=[9.0, 9.0])
    assert rule.allocation([1.0, 3.0], 4.0).tolist() == [1.0, 3.0]
    assert rule.allocations(np.array([[1.0, 3.0]]), np.array([4.0])).tolist() == [[1.0, 3.0]]
    early = Rule("first_come", claims=[3.0, 3.0])
    assert early.allocation([2.0, 1.0], 4.0).tolist() == [1.0, 3.0]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Rule("kelly", claims=[1.0]), "no other column"),
        (lambda: RationingGame("proportionate", 1.0, served(1.0), 2), "did you mean 'proportional'"),
        (lambda: RationingGame(Rule("turn_and_earn"), 1.0, served(1.0), 2), "needs past_use"),
        (lambda: States([1.0, 2.0], [0.5, 0.6]), "sum to 1"),
        (lambda: States([1.0, 2.0]), "as many chances"),
        (lambda: Contract(refundable=1.5), "a share"),
        (lambda: Contract(fee=-1.0), "finite number >= 0"),
    ],
)
def test_nonsense_is_refused_with_the_reason(make, message):
    with pytest.raises(ValueError, match=message):
        make()


# The game


@laws
@given(game=games(least=2), name=st.sampled_from(sorted(RULES)))
def test_no_more_is_given_than_there_is(game, name):
    signals, capacity, column = game
    given_out = RationingGame(rule_named(name, column), capacity, served(1.0), signals.size).allocation(signals)
    assert given_out.sum() <= capacity * (1.0 + 1e-9) + 1e-12
    assert (given_out >= 0.0).all()


@laws
@given(
    game=games(least=2),
    name=st.sampled_from(["proportional", "linear", "uniform", "rank", "kelly"]),
    seed=st.integers(0, 99),
)
def test_names_do_not_matter(game, name, seed):
    signals, capacity, _ = game
    play = RationingGame(name, capacity, served(2.0, 3.0), signals.size, Contract(burn=0.1))
    order = np.random.default_rng(seed).permutation(signals.size)
    assert np.allclose(play.payoff(signals[order]), play.payoff(signals)[order], rtol=1e-9, atol=1e-9)


@laws
@given(game=games(least=2), name=st.sampled_from(["proportional", "linear", "uniform"]), scale=st.floats(0.1, 10.0))
def test_units_do_not_matter(game, name, scale):
    signals, capacity, _ = game
    contract = Contract(fee=0.2, price=0.3, minimum_take=0.5)
    small = RationingGame(name, capacity, served(2.0, 3.0), signals.size, contract, needs=[3.0])
    large = RationingGame(name, scale * capacity, served(2.0, 3.0 * scale), signals.size, contract, needs=[3.0 * scale])
    total = signals.sum() + capacity
    assert np.allclose(
        large.payoff(scale * signals), scale * small.payoff(signals), rtol=1e-9, atol=1e-8 * scale * total
    )


@laws
@given(game=games(least=2), more=st.floats(0.0, 100.0))
def test_nobody_gets_less_by_asking_for_more_under_proportional_and_linear_rules(game, more):
    signals, capacity, _ = game
    asked = signals.copy()
    asked[0] += more
    for name in ("proportional", "linear", "uniform", "kelly", "rank"):
        before, after = (Rule(name).allocation(each, capacity)[0] for each in (signals, asked))
        assert after >= before - 1e-9 * max(1.0, capacity), name


@laws
@given(game=games(least=2), factor=st.floats(1.0, 50.0))
def test_common_inflation_changes_the_fill_and_nothing_else(game, factor):
    signals, capacity, _ = game
    scarce = min(capacity, 0.9 * signals.sum())
    for name in SHARE_RULES:
        play = RationingGame(name, scarce, served(1.0), signals.size)
        assert np.allclose(play.allocation(factor * signals), play.allocation(signals), rtol=1e-9, atol=1e-12)


@laws
@given(needs=st.lists(st.floats(0.1, 5.0), min_size=2, max_size=6), share=st.floats(0.2, 1.5), data=st.data())
def test_nobody_gains_by_lying_to_the_uniform_rule_whatever_the_others_say(needs, share, data):
    others = data.draw(st.lists(st.floats(0.0, 10.0), min_size=len(needs), max_size=len(needs)))
    play = RationingGame("uniform", share * sum(needs), target(needs), range(len(needs)))
    for player, need in enumerate(needs):
        said = np.array(others)
        said[player] = need
        truth = play.payoffs(player, np.array([need]), said)[0]
        assert play.payoffs(player, np.linspace(0.0, 12.0, 61), said).max() <= truth + 1e-9


def test_a_reply_is_valued_with_the_own_signal_replaced_and_the_others_kept():
    play = RationingGame("proportional", 3.0, served(10.0, 1.0), 4, Contract(burn=0.5))
    got = play.payoffs(1, np.array([1.0, 8.0]), np.array([2.0, 99.0, 2.0, 2.0]))
    assert got == pytest.approx([10.0 * 3.0 / 7.0 - 0.5, 10.0 - 4.0])


def test_an_uncertain_capacity_counts_with_its_chances():
    play = RationingGame("proportional", States([1.0, 100.0], [0.25, 0.75]), served(1.0), 2)
    assert play.payoff([2.0, 2.0]) == pytest.approx([0.25 * 0.5 + 0.75 * 2.0] * 2)
    assert play.allocation([2.0, 2.0]) == pytest.approx([1.625, 1.625])


def test_a_uniform_capacity_is_integrated_across_its_kink():
    """E min(z, mu / 2) for mu ~ U(0, 8) and z = 1: 2 / 8 x 1 / 2 + 6 / 8."""
    play = RationingGame("proportional", UniformCapacity(8.0), served(1.0), 2)
    assert play.payoff([1.0, 1.0]) == pytest.approx([0.875] * 2, rel=1e-12)
    chances, amounts = UniformCapacity(8.0).at(np.array([2.0, 20.0]))
    assert chances.sum(axis=0) == pytest.approx([1.0, 1.0])
    assert (chances * amounts).sum(axis=0) == pytest.approx([4.0, 4.0])


# Contracts


@laws
@given(
    fee=MONEY, deposit=MONEY, refundable=SHARE, chance=SHARE, interest=st.floats(0.0, 0.3), years=st.floats(0.0, 6.0)
)
def test_one_request_costs_what_speculators_in_the_model_reckon(fee, deposit, refundable, chance, interest, years):
    """A position that is sold with chance q is withdrawn with chance 1 - q: the return is (q C - c) / c."""
    terms = {"fee": fee + 0.01, "deposit": deposit, "refundable": refundable, "interest": interest, "years": years}
    cost = Contract(**terms, withdrawn=1.0 - chance).unit_cost
    worth = 20.0
    returns = entry_return(chance, 1.0, worth, *(float(value) for value in terms.values()))
    if returns < 100.0:
        assert returns == pytest.approx((chance * worth - cost) / cost, rel=1e-9, abs=1e-9)


@laws
@given(
    fee=MONEY, deposit=MONEY, refundable=SHARE, chance=SHARE, interest=st.floats(0.0, 0.3), years=st.floats(0.0, 6.0)
)
def test_copies_cost_what_the_model_reckons(fee, deposit, refundable, chance, interest, years):
    """Of two copies one is withdrawn once either is approved: with chance P / 2 each."""
    kept = discount(interest, years)
    terms = {"fee": fee, "deposit": deposit, "refundable": refundable, "interest": interest, "years": years}
    alone, each = (Contract(**terms, withdrawn=w).unit_cost for w in (0.0, 0.5 * chance))
    assert alone == pytest.approx(copies_cost(1, chance, fee, deposit, refundable, kept))
    assert 2.0 * each == pytest.approx(copies_cost(2, chance, fee, deposit, refundable, kept))


def test_a_deposit_that_comes_back_and_bears_no_interest_costs_nothing_whatever_its_size():
    assert Contract(deposit=1e6).unit_cost == 0.0
    assert Contract(deposit=1e6, interest=0.05, years=1.0).unit_cost == pytest.approx(1e6 * (1.0 - np.exp(-0.05)))
    assert Contract(deposit=10.0, refundable=0.25, withdrawn=0.4).unit_cost == pytest.approx(3.0)


def test_take_or_pay_charges_for_what_is_given_and_not_used():
    take = Contract(price=2.0, minimum_take=0.8)
    given_out, needs = np.array([1.0, 5.0, 10.0]), np.array([4.0])
    assert take.transfers(np.zeros(3), given_out, needs) == pytest.approx([2.0, 8.0, 16.0])
    assert take.transfers(np.zeros(3), given_out, np.array([4.0, 10.0])) == pytest.approx([2.0, 9.0, 18.0])


def test_a_reservation_under_take_or_pay_stops_short_of_the_largest_need():
    """Worth 3, price 1, need U(0, 1), minimum take 0.85: 0.7346; with a price for use only, all that may be needed."""
    needs = (np.arange(4000) + 0.5) / 4000
    for minimum_take, best in ((0.85, 0.7346189), (0.0, needs.max())):
        contract = Contract(price=1.0, minimum_take=minimum_take)
        play = RationingGame("proportional", 1e9, served(3.0, needs), 1, contract, needs)
        assert best_reply(play, 0, [1.0], Search(1.0, points=100, zooms=5)) == pytest.approx(best, abs=3e-4)


def test_payments_do_not_change_welfare_and_burning_does():
    asked = [1.0, 2.0, 3.0]
    free, paid, burned = (
        RationingGame("kelly", 2.0, served(5.0), 3, contract)
        for contract in (Contract(), Contract(fee=0.5, deposit=1.0, refundable=0.5, price=0.1), Contract(burn=0.5))
    )
    assert paid.welfare(asked) == pytest.approx(free.welfare(asked)) == pytest.approx(10.0)
    assert burned.welfare(asked) == pytest.approx(7.0)
    assert paid.payoff(asked).sum() == pytest.approx(10.0 - 6.0 - 0.2)


@laws
@given(signal=st.floats(0.1, 9.0), given_out=st.floats(0.0, 9.0), extra=st.floats(0.0, 1.0))
def test_every_term_of_a_contract_costs_and_refunds_do_not(signal, given_out, extra):
    base = {"fee": 1.0, "deposit": 2.0, "refundable": 0.5, "price": 1.0, "minimum_take": 0.0, "burn": 1.0}

    def cost(**changes):
        return Contract(**base | changes).cost(np.array([signal]), np.array([given_out]), np.array([3.0]))[0]

    for name in ("fee", "deposit", "price", "minimum_take", "burn"):
        assert cost(**{name: base[name] + extra}) >= cost() - 1e-12, name
    assert cost(refundable=0.5 + 0.5 * extra) <= cost() + 1e-12
    assert cost(fee=1.0 + extra) - cost() == pytest.approx(extra * signal, abs=1e-9)
    assert cost(refundable=1.0) - cost() == pytest.approx(-signal)


# Best replies


@laws
@given(at=st.floats(0.5, 9.5), width=st.floats(0.5, 3.0))
def test_the_highest_peak_is_found_and_not_the_nearest(at, width):
    """Of peaks that are wider than a step of the grid."""

    def two_peaks(x):
        return np.exp(-(((x - at) / width) ** 2)) + 0.9 * np.exp(-(((x - at - 15.0) / width) ** 2))

    found, payoff = maximise(two_peaks, Search(40.0))
    assert found == pytest.approx(at, rel=1e-6)
    assert payoff == pytest.approx(1.0, rel=1e-9)


def test_a_kink_an_edge_and_a_plateau_are_found():
    assert maximise(lambda x: -np.abs(x - 1.234567), Search(10.0))[0] == pytest.approx(1.234567, rel=1e-9)
    assert maximise(lambda x: x, Search(10.0))[0] == 10.0
    assert maximise(lambda x: -x, Search(10.0))[0] == 0.0
    assert maximise(lambda x: np.minimum(x, 2.5), Search(10.0))[0] == pytest.approx(2.5, rel=1e-9)  # least of equals
    assert maximise(lambda x: -((x - 1.3) ** 2), Search(3.0, lattice=0.5))[0] == 1.5


def test_where_replies_rest_nobody_gains_by_moving():
    play = RationingGame("proportional", UniformCapacity(8.0), newsvendor(4.0, 1.0), 4)
    rest = settle(play, [0.5, 0.8, 1.0, 1.5], Search(4.0))
    assert rest.at_rest
    assert gain_from_deviation(play, rest.signals, Search(4.0)) < 1e-12
    assert gain_from_deviation(play, rest.signals + 0.2, Search(4.0)) > 1e-3


def test_replies_that_run_away_are_not_called_at_rest():
    play = RationingGame("proportional", 3.0, target(1.0), 4)
    rest = settle(play, np.ones(4), Search(1e6), pace=1.0, rounds=10)
    assert (rest.at_rest, rest.rounds) == (False, 10)


LAYERS = {
    "power, MW filed, deposits": RationingGame(
        "proportional", 3.0, served(10.0, 1.0), 4, Contract(deposit=1.0, refundable=0.5)
    ),
    "compute, GPUs reserved, take or pay": RationingGame(
        "linear", 3.0, served(3.0, 1.0), 4, Contract(price=1.0, minimum_take=1.0), needs=1.0
    ),
    "quota, GPU-hours used, useless jobs": RationingGame(
        Rule("turn_and_earn", claims=[3.0] * 4), 3.0, served(10.0, 1.0), 4, Contract(burn=0.5)
    ),
    "tokens, tokens burned, a prize": RationingGame(Rule("rank", prize=1.0), 1.0, served(1.0), 4, Contract(burn=1.0)),
}


@pytest.mark.parametrize("layer", LAYERS)
def test_one_object_serves_every_layer_and_gaming_it_pays_against_the_truthful(layer):
    """Rule, worth and contract are swapped, nothing else; under each rule the truth of the others can be exploited."""
    play = LAYERS[layer]
    honest = np.full(4, 0.1 if "tokens" in layer else 1.0)
    assert gain_from_deviation(play, honest, Search(50.0)) > 0.01
    assert path(play, honest, 1, Search(50.0))[1, 0] > honest[0]
    assert play.allocation(honest).sum() == pytest.approx(1.0 if "tokens" in layer else 3.0)
