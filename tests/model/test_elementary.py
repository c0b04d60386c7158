"""exp, log and the normal quantile against exact decimal arithmetic and published values."""

import math
import sys
from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridsim.model.elementary import exp, log, normal_quantile

RANDOM = np.random.default_rng(20240101)


def error_in_ulp(value: float, exact: Decimal) -> float:
    with localcontext(prec=60):
        return float(abs(Decimal(value) - exact) / Decimal(math.ulp(float(exact))))


@pytest.mark.parametrize(("low", "high"), [(-745.0, -708.0), (-700.0, 709.0), (-1.0, 1.0), (-1e-5, 1e-5)])
def test_exp_is_exact_to_one_ulp(low, high):
    with localcontext(prec=60):
        for x in RANDOM.uniform(low, high, 400).tolist():
            assert error_in_ulp(exp(x), Decimal(x).exp()) < 1.0, x


@pytest.mark.parametrize(("low", "high"), [(-1074.0, -1022.0), (-1022.0, 1023.9), (-1.0, 1.0), (-1e-5, 1e-5)])
def test_log_is_exact_to_one_ulp(low, high):
    with localcontext(prec=60):
        for exponent in RANDOM.uniform(low, high, 400).tolist():
            x = 2.0**exponent
            assert error_in_ulp(log(x), Decimal(x).ln()) < 1.0, x


def test_exp_at_its_limits():
    assert exp(0.0) == exp(-0.0) == 1.0
    assert exp(709.782712893384) < math.inf
    assert exp(709.79) == exp(math.inf) == math.inf
    assert exp(-745.13) == sys.float_info.min * sys.float_info.epsilon
    assert exp(-745.14) == exp(-math.inf) == 0.0
    assert math.isnan(exp(math.nan))


def test_log_at_its_limits():
    assert log(1.0) == 0.0
    assert log(0.0) == log(-0.0) == -math.inf
    assert log(math.inf) == math.inf
    assert math.isnan(log(-1.0))
    assert math.isnan(log(-math.inf))
    assert math.isnan(log(math.nan))


def test_exact_powers_of_two_have_exact_logarithms_of_their_exponent():
    assert [log(2.0**k) for k in (-1074, -1, 1, 1023)] == [k * math.log(2.0) for k in (-1074, -1, 1, 1023)]


@settings(deadline=None)
@given(st.integers(-700, 700))
def test_integers_are_taken_as_numbers(k):
    assert exp(k) == exp(float(k))


@pytest.mark.parametrize(
    ("p", "z"), [(0.25, -0.6744897501960817), (0.001, -3.090232306167814), (1e-20, -9.262340089798408)]
)
def test_normal_quantile_has_the_published_values(p, z):
    """Wichura 1988, Applied Statistics 37(3):477-484: the test values of PPND16."""
    assert normal_quantile(p) == pytest.approx(z, rel=4e-16)


@settings(deadline=None)
@given(st.floats(-300.0, -0.31).map(lambda exponent: 10.0**exponent))
def test_normal_quantile_inverts_the_normal_distribution(p):
    z = normal_quantile(p)
    # An error of one ulp in z moves the tail by z**2 ulp.
    assert 0.5 * math.erfc(-z / math.sqrt(2.0)) == pytest.approx(p, rel=1e-15 * (3.0 + z * z))


@settings(deadline=None)
@given(st.integers(1, 2**52).map(lambda n: n * 2.0**-53))
def test_normal_quantile_is_odd_about_one_half(p):
    assert normal_quantile(1.0 - p) == -normal_quantile(p)


def test_normal_quantile_rises_across_its_three_pieces():
    edge = math.exp(-25.0)
    p = np.sort(np.concatenate([np.linspace(1e-6, 1.0 - 1e-6, 5001), edge * np.linspace(0.99, 1.01, 101)]))
    assert (np.diff([normal_quantile(x) for x in p.tolist()]) > 0.0).all()


def test_normal_quantile_at_its_limits():
    assert normal_quantile(0.5) == 0.0
    assert normal_quantile(0.0) == -math.inf
    assert normal_quantile(1.0) == math.inf
    assert [math.isnan(normal_quantile(p)) for p in (-1e-9, 1.0 + 1e-9, math.nan)] == [True] * 3
