"""The allocation rules: equal to their plain twins, lawful, and kind about bad input."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gridsim.engine.allocate import RULES, allocate
from gridsim.model import rationing
from tests.model.rationing_games import ALL, AMOUNTS, CAPPED, apply, close, games, laws, options_of
from tests.oracle import rationing as oracle

# Laws of every rule


@pytest.mark.parametrize("name", ALL)
@settings(deadline=None, max_examples=200)
@given(game=games())
def test_the_compiled_rule_equals_its_plain_twin_bit_for_bit(name, game):
    signals, capacity, column = game
    rule, options = options_of(name, column)
    plain = {key: value.tolist() if isinstance(value, np.ndarray) else value for key, value in options.items()}
    twin = getattr(oracle, rule)(signals.tolist(), capacity, **plain)
    assert apply(name, signals, capacity, column).tolist() == twin


@pytest.mark.parametrize("name", ALL)
@laws
@given(game=games())
def test_no_more_is_given_than_there_is(name, game):
    signals, capacity, column = game
    allocation = apply(name, signals, capacity, column)
    assert (allocation >= 0.0).all()
    assert allocation.sum() <= capacity * (1.0 + 1e-12)


@pytest.mark.parametrize("name", CAPPED)
@laws
@given(game=games())
def test_nobody_gets_more_than_the_signal(name, game):
    signals, capacity, column = game
    assert (apply(name, signals, capacity, column) <= signals).all()


@pytest.mark.parametrize("name", CAPPED)
@laws
@given(game=games())
def test_nothing_is_left_while_someone_wants_more(name, game):
    signals, capacity, column = game
    allocation = apply(name, signals, capacity, column)
    assert allocation.sum() == pytest.approx(min(capacity, signals.sum()), rel=1e-9)
    if signals.sum() <= capacity * (1.0 - 1e-9):
        assert (allocation == signals).all()


@pytest.mark.parametrize("name", ["kelly", "uniform, full use"])
@laws
@given(game=games(least=1))
def test_share_rules_give_everything_away(name, game):
    signals, capacity, column = game
    assume(signals.sum() > 0.0)
    assert apply(name, signals, capacity, column).sum() == pytest.approx(capacity, rel=1e-9)


@pytest.mark.parametrize("name", ALL)
@laws
@given(game=games(least=2), data=st.data())
def test_the_order_of_the_rows_does_not_matter(name, game, data):
    signals, capacity, column = game
    rows = np.array(data.draw(st.permutations(range(signals.size))))
    permuted = apply(name, signals[rows], capacity, column[rows])
    assert close(permuted, apply(name, signals, capacity, column)[rows], capacity)


@pytest.mark.parametrize("name", ALL)
@laws
@given(game=games(least=2))
def test_equal_claimants_get_equal_amounts(name, game):
    signals, capacity, column = game
    signals[1], column[1] = signals[0], column[0]
    allocation = apply(name, signals, capacity, column)
    assert allocation[0] == pytest.approx(allocation[1], rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("name", [name for name in ALL if name != "rank, prize"])
@laws
@given(game=games(), unit=st.sampled_from([0.25, 3.0, 1e3, 1e6]))
def test_the_unit_of_measurement_does_not_matter(name, game, unit):
    signals, capacity, column = game
    scaled = apply(name, signals * unit, capacity * unit, column)
    assert close(scaled / unit, apply(name, signals, capacity, column), capacity)


@pytest.mark.parametrize("name", ALL)
@laws
@given(game=games(), more=st.floats(0.0, 100.0))
def test_more_capacity_harms_nobody(name, game, more):
    signals, capacity, column = game
    before, after = apply(name, signals, capacity, column), apply(name, signals, capacity + more, column)
    assert (after >= before - 1e-9 * (capacity + more)).all()


@pytest.mark.parametrize("name", [name for name in ALL if name != "uniform, full use"])
@laws
@given(game=games(least=1))
def test_who_asks_for_nothing_gets_nothing(name, game):
    signals, capacity, column = game
    signals[0] = 0.0
    assert apply(name, signals, capacity, column)[0] == 0.0


@pytest.mark.parametrize("name", ALL)
@laws
@given(game=games(), data=st.data())
def test_who_is_not_eligible_counts_for_nothing(name, game, data):
    signals, capacity, column = game
    who = np.array(data.draw(st.lists(st.booleans(), min_size=signals.size, max_size=signals.size)), dtype=bool)
    rule, options = options_of(name, column)
    screened = allocate(rule, signals, capacity, eligible=who, **options)
    assert (screened[~who] == 0.0).all()
    assert (screened[who] == apply(name, signals[who], capacity, column[who])).all()


# Incentives


@pytest.mark.parametrize("name", ["uniform", "uniform, full use", "lexicographic", "first_come", "turn_and_earn"])
@laws
@given(game=games(least=1), lie=AMOUNTS)
def test_truth_is_a_dominant_strategy(name, game, lie):
    """Sprumont 1991, Econometrica 59(2):509-519; Cachon & Lariviere 1999, Management Science 45(8):1091-1108.

    For every single-peaked preference: below the peak no lie brings more, above it no lie brings less.
    Turn-and-earn and first come are truthful in the quantity only: gaming moves to past use and to the filing time.
    """
    signals, capacity, column = game
    truth = apply(name, signals, capacity, column)[0]
    peak = signals[0]
    signals[0] = lie
    outcome = apply(name, signals, capacity, column)[0]
    slack = 1e-9 * max(1.0, capacity)
    if truth < peak - slack:
        assert outcome <= truth + slack
    elif truth > peak + slack:
        assert outcome >= truth - slack


@pytest.mark.parametrize("name", ALL)
@laws
@given(game=games(least=1), more=AMOUNTS)
def test_asking_more_never_brings_less(name, game, more):
    signals, capacity, column = game
    before = apply(name, signals, capacity, column)[0]
    signals[0] += more
    assert apply(name, signals, capacity, column)[0] >= before - 1e-9 * max(1.0, capacity)


@pytest.mark.parametrize("name", ["proportional", "linear", "kelly"])
@laws
@given(signals=st.lists(st.floats(1.0, 10.0), min_size=2, max_size=6), more=st.floats(0.1, 10.0))
def test_asking_more_brings_more_in_shortage(name, signals, more):
    """Cachon & Lariviere 1999: rules under which who gets something gets more by asking more are manipulable."""
    capacity = sum(signals) / 2.0
    before = apply(name, signals, capacity, signals)[0]
    assume(1e-6 < before < capacity - 1e-6)
    assert apply(name, [signals[0] + more, *signals[1:]], capacity, signals)[0] > before


@pytest.mark.parametrize("name", ["proportional", "kelly"])
@laws
@given(game=games(least=1), inflation=st.floats(1.0, 1e6))
def test_common_inflation_changes_nothing_in_shortage(name, game, inflation):
    signals, capacity, column = game
    assume(signals.sum() >= capacity)
    inflated = apply(name, signals * inflation, capacity, column)
    assert close(inflated, apply(name, signals, capacity, column), capacity)


# What `allocate` refuses


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (("proportinal", [1.0], 1.0), {}, "unknown allocation rule 'proportinal'; did you mean 'proportional'?"),
        ((3, [1.0], 1.0), {}, "unknown allocation rule 3; known: proportional, linear"),
        (("rank", [1.0], 1.0), {"price": 1.0}, "unknown option of rule 'rank': 'price'; did you mean 'prize'?"),
        (("linear", [1.0], 1.0), {"prize": 1.0}, "unknown option of rule 'linear': 'prize'; known: eligible"),
        (("first_come", [1.0], 1.0), {}, "rule 'first_come' needs filed="),
        (("rank", [1.0, -2.0], 1.0), {}, r"signals\[1\] is -2.0; it must be a finite number >= 0"),
        (("rank", [math.nan], 1.0), {}, r"signals\[0\] is nan"),
        (("rank", [math.inf], 1.0), {}, r"signals\[0\] is inf"),
        (("rank", [1e308, 1e308], 1.0), {}, "too large to be added up"),
        (("rank", [[1.0]], 1.0), {}, r"signals must have one dimension.*\(1, 1\)"),
        (("rank", 1.0, 1.0), {}, "signals must have one dimension"),
        (("rank", ["a lot"], 1.0), {}, "signals must be numbers"),
        (("rank", [None, {}], 1.0), {}, "signals must be numbers"),
        (("rank", [1.0], -1.0), {}, "capacity is -1.0; it must be a finite number >= 0"),
        (("rank", [1.0], math.nan), {}, "capacity is nan"),
        (("rank", [1.0], "much"), {}, "capacity must be a number, not 'much'"),
        (("rank", [1.0], 1.0), {"prize": -1.0}, "prize is -1.0"),
        (("uniform", [1.0], 1.0), {"full_use": 1.0}, "full_use must be True or False, not 1.0"),
        (("first_come", [1.0], 1.0), {"filed": [1.0, 2.0]}, "filed has 2 numbers for 1 signals"),
        (("first_come", [1.0], 1.0), {"filed": [math.nan]}, r"filed\[0\] is nan; it must be a finite number$"),
        (("turn_and_earn", [1.0], 1.0), {"past_use": [-1.0]}, r"past_use\[0\] is -1.0"),
        (("rank", [1.0], 1.0), {"eligible": [1]}, "eligible must be 1 booleans"),
        (("rank", [1.0], 1.0), {"eligible": [True, False]}, "eligible must be 1 booleans"),
    ],
)
def test_bad_input_is_named(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        allocate(*arguments, **options)


def test_a_filing_time_may_be_before_the_start():
    assert allocate("first_come", [3.0, 3.0], 4.0, filed=[0.0, -7.0]).tolist() == [1.0, 3.0]


def test_the_callers_arrays_are_left_alone():
    signals = np.array([5.0, 1.0])
    signals.flags.writeable = False
    assert allocate("linear", signals[::-1], 4, eligible=[True, True]).tolist() == [0.0, 4.0]
    assert signals.tolist() == [5.0, 1.0]


def test_every_rule_has_a_meaning_and_an_equation_with_its_source():
    for name, meaning in RULES.items():
        assert "\n" not in meaning
        text = getattr(rationing, name).__doc__
        assert "equation" in text or "a_i =" in text
        assert any(year in text for year in ("19", "20"))
