"""What changed between two lists: numbers worked out by hand, and the same rate over another time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridsim.assess.features import features
from gridsim.assess.history import CHANGES, LAGS, changes, names_since, nearest, since, stage_now, stretched
from gridsim.assess.rows import ENERGISED, FILED, SIGNED, STUDIED, WITHDRAWN
from tests.assess.test_features import EXAMPLE, rows

THEN = rows(
    {"mw": 100, "stage": FILED},
    {"mw": 200, "stage": FILED},
    {"mw": 300, "stage": STUDIED},
    {"mw": 400, "stage": SIGNED},
    {"mw": 500, "stage": SIGNED},
    {"mw": 600, "stage": ENERGISED},
    {"mw": 700, "stage": WITHDRAWN},
)._replace(key=np.array([10, 20, 30, 40, 50, 60, 70]))
NOW = rows(
    {"mw": 500, "stage": ENERGISED},
    {"mw": 300, "stage": SIGNED},
    {"mw": 100, "stage": STUDIED},
    {"mw": 200, "stage": WITHDRAWN},
    {"mw": 800, "stage": FILED},
)._replace(key=np.array([50, 30, 10, 20, 80]))  # 40 is no longer listed


def test_changes_are_those_worked_out_by_hand():
    found = dict(zip(CHANGES, since(NOW, THEN, 1.0), strict=True))
    assert stage_now(NOW, THEN).tolist() == [STUDIED, WITHDRAWN, SIGNED, WITHDRAWN, ENERGISED, WITHDRAWN, WITHDRAWN]
    assert found == pytest.approx(
        {
            "growth": np.log(1200 / 1500),
            "new": 800 / 1200,
            "gone": (200 + 400) / 1500,
            "moved": 100 / 300,
            "signing": 300 / 600,
            "signed_gone": 400 / 900,
        }
    )


def test_nothing_changes_between_a_list_and_itself():
    growth, *others = since(EXAMPLE, EXAMPLE, 2.0)
    assert growth == 0.0
    assert others == [0.0] * 5


def test_a_list_of_nothing_changes_nothing_that_is_known():
    none = THEN._replace(**{name: getattr(THEN, name)[:0] for name in ("mw", "stage", "key")})
    assert np.isnan(since(NOW, none, 1.0)[0])
    assert stage_now(none, THEN).tolist() == [WITHDRAWN] * 7


@given(st.floats(0.0, 0.99), st.floats(0.2, 5.0))
def test_a_share_over_a_longer_time_goes_at_the_same_rate(share, scale):
    longer = stretched(share, 1.0, scale)
    assert 0.0 <= longer <= 1.0
    assert stretched(longer, 1.0, 1.0 / scale) == pytest.approx(share, abs=1e-6)
    assert (longer >= share) == (scale >= 1.0) or share == 0.0 or longer == pytest.approx(share)
    assert stretched(0.5, 1.0, 2.0) == 0.75
    assert np.isnan(stretched(0.0, 0.0, scale))


def test_lists_are_compared_over_the_nearest_of_the_times_that_simulations_know():
    assert [nearest(months) for months in (2.0, 4.1, 4.4, 8.0, 9.0, 16.0, 18.0, 36.0)] == [3, 3, 6, 6, 12, 12, 24, 24]
    for months in (1.9, 36.1, -3.0):
        with pytest.raises(ValueError, match="months older; 2 to 36 months can be compared"):
            nearest(months)
    found = changes(NOW, {5.0: THEN, 6.5: NOW, 24.0: THEN})
    assert set(found) == {*names_since(6), *names_since(24)}
    assert found["growth_since_6"] == 0.0  # 6.5 months are nearer to 6 than 5
    assert changes(NOW, {12.0: THEN})["gone_since_12"] == pytest.approx(0.4)
    assert changes(NOW, {18.0: THEN})["gone_since_24"] == pytest.approx(1.0 - 0.6 ** (24 / 18))
    assert not {name for lag in LAGS for name in names_since(lag)} & set(features(EXAMPLE))
