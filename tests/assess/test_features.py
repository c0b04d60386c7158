"""What is seen of a list: numbers that can be worked out by hand, and laws that hold for every list."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridsim.assess.features import GROUPS, features, names_in, repeated
from gridsim.assess.rows import ENERGISED, FILED, SIGNED, STUDIED, UNKNOWN, WITHDRAWN, Rows

NO = np.nan
ALL = frozenset(
    {"id", "mw", "stage", "filed", "signed", "energised", "left", "wanted", "applicant", "location", "deposit_usd"}
)


def rows(*requests, given=ALL):
    """A list from requests as dicts."""
    base = {"mw": 100.0, "stage": FILED, "filed": 5.0, "applicant": 0, "location": 0, "deposit": 0.0}
    base |= dict.fromkeys(("signed", "energised", "left", "wanted"), NO)
    table = [base | request for request in requests]
    columns = {name: np.array([one[name] for one in table], float) for name in base}
    for name in ("stage", "applicant", "location"):
        columns[name] = columns[name].astype(np.int64)
    return Rows(**columns, key=np.arange(len(table)), given=given, one_utility=True)


EXAMPLE = rows(
    {"mw": 100, "filed": 2},
    {"mw": 300, "filed": 2, "applicant": 1},
    {"mw": 200, "stage": STUDIED, "filed": 13, "wanted": 30},
    {"mw": 400, "stage": SIGNED, "filed": 30, "signed": 10, "wanted": -3, "deposit": 4000.0},
    {"mw": 50, "stage": ENERGISED, "filed": 70, "signed": 50, "energised": 6},
    {"mw": 150, "stage": WITHDRAWN, "filed": 8, "left": 2},
    {"mw": 250, "stage": WITHDRAWN, "filed": 40, "signed": 30, "left": 20},
)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("filed_share", 0.4),
        ("studied_share", 0.2),
        ("signed_share", 0.4),
        ("served_over_active", 0.05),
        ("top_tenth_share", 0.4),
        ("size_spread", np.log([100, 300, 200, 400]).std()),
        ("filed_within_3", 0.4),
        ("filed_within_12", 0.4),
        ("filed_within_24", 0.6),
        ("filed_within_36", 1.0),
        ("filings_growth", np.log((100 + 300 + 150) / 200)),
        ("age_filed", 2.0),
        ("age_signed", 30.0),
        ("gone_share", 400 / 1450),
        ("gone_count_share", 2 / 7),
        ("conversion", (400 + 50 + 250) / (400 + 50 + 250 + 150)),
        ("served_share_of_ended", 50 / 450),
        ("signed_then_gone", 250 / 700),
        ("exits_within_3", 0.15),
        ("exits_within_24", 0.4),
        ("months_to_exit", 13.0),
        ("exits_in_half_a_year", 0.0),
        ("signed_within_12", 0.4),
        ("months_to_sign", 20.0),
        ("served_within_12", 0.05),
        ("months_to_service", 64.0),
        ("overdue_share", 400 / 600),
        ("months_ahead", 13.5),
        ("requests_per_applicant", 2.0),
        ("applicant_hhi", 0.7**2 + 0.3**2),
        ("location_hhi", 1.0),
        ("paid_share", 0.4),
        ("usd_per_mw", 0.0),
    ],
)
def test_a_feature_is_what_it_says(name, value):
    assert features(EXAMPLE)[name] == pytest.approx(value)


def test_a_list_without_a_column_has_no_number_for_it():
    seen = features(EXAMPLE._replace(given=frozenset({"id", "mw", "stage"})))
    assert set(seen) == {"one_utility", *names_in(GROUPS[0][1]), *names_in(GROUPS[2][1])}
    for needed, group in GROUPS:
        lacking = features(EXAMPLE._replace(given=ALL - needed))
        assert not needed or not set(names_in(group)) & set(lacking)


def test_a_group_gives_the_same_names_whatever_the_list():
    for lone in (
        {"stage": FILED},
        {"stage": ENERGISED},
        {"stage": WITHDRAWN},
        {"applicant": UNKNOWN, "location": UNKNOWN},
    ):
        few = rows(lone)
        for _, group in GROUPS:
            assert set(group(few)) == set(names_in(group)), group


def test_the_same_applicant_asking_for_about_the_same_again_is_a_repeat():
    who = np.array([0, 0, 0, 1, 0, 0])
    mw = np.array([100.0, 100.4, 200.0, 100.0, 100.0, 100.0])
    filed = np.array([10.0, 9.0, 9.0, 9.0, 1.0, 0.5])
    again = repeated(who, mw, filed)
    assert again.tolist() == [-1, 0, -1, -1, -1, 4]


def lists():
    request = st.fixed_dictionaries(
        {
            "mw": st.sampled_from([50.0, 100.0, 100.0, 333.0]),
            "stage": st.integers(0, 4),
            "filed": st.floats(0, 100),
            "left": st.one_of(st.just(NO), st.floats(0, 50)),
            "wanted": st.one_of(st.just(NO), st.floats(-20, 60)),
            "applicant": st.integers(-1, 3),
            "location": st.integers(-1, 3),
        }
    )
    return st.lists(request, min_size=1, max_size=12)


@given(lists(), st.randoms(use_true_random=False))
def test_the_order_of_a_list_says_nothing(requests, random):
    shuffled = requests[:]
    random.shuffle(shuffled)
    one, other = features(rows(*requests)), features(rows(*shuffled))
    assert one == pytest.approx(other, nan_ok=True)


@given(lists(), st.floats(0.1, 50))
def test_the_size_of_a_market_says_nothing(requests, times):
    larger = [request | {"mw": request["mw"] * times} for request in requests]
    one, other = features(rows(*requests)), features(rows(*larger))
    free = [name for name in one if name not in ("usd_per_mw", "again_share")]  # sizes are compared after rounding
    assert {name: one[name] for name in free} == pytest.approx({name: other[name] for name in free}, nan_ok=True)
