from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridsim.figures.survival import GIVEN_UP, SERVED, WAITING, incidence, median_wait, projects, quantile, share_by

ENDS = st.lists(st.tuples(st.integers(0, 40), st.sampled_from([WAITING, SERVED, GIVEN_UP])), min_size=1, max_size=40)


def columns(rows: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    waited, end = zip(*rows, strict=True)
    return np.array(waited, dtype=float), np.array(end)


def test_kaplan_meier_and_cumulative_incidence_of_a_case_worked_by_hand() -> None:
    waited, end = columns([(2, SERVED), (3, GIVEN_UP), (5, SERVED), (5, WAITING), (7, SERVED)])
    times, waiting, served = incidence(waited, end)
    assert times.tolist() == [2, 3, 5, 7]
    assert waiting == pytest.approx([4 / 5, 4 / 5, 4 / 5 * 2 / 3, 0])
    assert served == pytest.approx([1 / 5, 1 / 5, 1 / 5 + 3 / 5 / 3, 2 / 5 + 2 / 5])
    assert quantile(waited, end, 0.5) == 7
    assert quantile(waited, end, 0.4) == 5


@given(ENDS)
def test_shares_are_shares_and_never_turn_back(rows: list[tuple[int, int]]) -> None:
    _, waiting, served = incidence(*columns(rows))
    assert np.all((waiting >= -1e-12) & (waiting <= 1) & (served >= 0) & (served <= 1 + 1e-12))
    assert np.all(np.diff(waiting) <= 1e-12)
    assert np.all(np.diff(served) >= -1e-12)


@given(ENDS)
def test_with_nobody_given_up_and_nobody_waiting_both_are_plain_shares(rows: list[tuple[int, int]]) -> None:
    waited = columns(rows)[0]
    end = np.full(waited.size, SERVED)
    for month in (0.0, 10.0, 40.0):
        assert share_by(waited, end, month, seen=40.0) == pytest.approx(np.mean(waited <= month))
    assert quantile(waited, end, 0.5) == np.sort(waited)[(waited.size - 1) // 2]


def test_a_median_that_is_not_reached_is_nan() -> None:
    waited, end = columns([(4, SERVED), (9, WAITING), (9, WAITING)])
    assert np.isnan(quantile(waited, end, 0.5))
    assert np.isnan(share_by(waited, end, month=12.0, seen=9.0))
    assert np.isnan(quantile(np.empty(0), np.empty(0, int), 0.5))


def test_copies_are_one_project_and_developers_and_the_opening_pipeline_are_left_out() -> None:
    nan = np.nan
    requests = pd.DataFrame(
        [
            ("lab", 0, 100.0, 2.0, nan, 9.0),  # left when its sibling signed
            ("lab", 0, 100.0, 2.0, 30.0, nan),
            ("lab", 1, 50.0, 4.0, nan, 6.0),
            ("lab", 1, 50.0, 4.0, nan, 11.0),  # the last copy left
            ("hyperscaler", 2, 70.0, 5.0, nan, nan),
            ("lab", 3, 10.0, -3.0, 20.0, nan),
            ("developer", 4, 10.0, 1.0, 20.0, nan),
        ],
        columns=["kind", "project", "mw", "filed", "energised", "left"],
    )
    table = projects(requests, months=40)
    assert table["end"].tolist() == [SERVED, GIVEN_UP, WAITING]
    assert table["waited"].tolist() == [28, 7, 34]
    assert median_wait(requests, 40) == 28
