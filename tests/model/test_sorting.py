"""Sorting within kernels equals Python's, whatever the keys."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gridsim.model import sorting
from gridsim.model.sorting import GAPS, Ranking
from tests.model.test_rules import from_python

put_in_order = from_python(sorting.put_in_order)


@settings(deadline=None, max_examples=200)
@given(
    st.lists(st.one_of(st.integers(-3, 3).map(float), st.floats(allow_nan=False)), max_size=300),
    st.integers(0, 5),
    st.randoms(use_true_random=False),
)
def test_places_are_put_in_order_of_key_and_then_of_row(keys, start, random):
    rows = list(range(len(keys)))
    random.shuffle(rows)
    ranking = Ranking(np.array(keys, float), np.array(rows, np.int64))
    start = min(start, len(keys))
    put_in_order(ranking, start, len(keys))
    before, after = list(zip(keys, rows, strict=True)), list(zip(*map(np.ndarray.tolist, ranking), strict=True))
    assert after[:start] == before[:start]
    assert after[start:] == sorted(before[start:])


def test_a_million_keys_are_sorted():
    ranking = Ranking(np.random.default_rng(1).random(10**6), np.arange(10**6))
    keys = ranking.keys.copy()
    put_in_order(ranking, 0, keys.size)
    assert (np.diff(ranking.keys) >= 0.0).all()
    assert (keys[ranking.rows] == ranking.keys).all()
    assert GAPS[0] > 10**6
    assert GAPS[-1] == 1
