"""Groups of requests: which belong where, and that what is true of all is the mean of what is true of each."""

from __future__ import annotations

import numpy as np
import pytest

import gridsim
from gridsim.assess.groups import GROUPINGS, PARTS, TOLD_OF_GROUPS, truths_of_groups
from gridsim.assess.log import TRUTHS, Log, shares
from gridsim.assess.rows import UNKNOWN
from tests.assess.test_features import EXAMPLE
from tests.command_line import ROOT

BY = {grouping.by: grouping for grouping in GROUPINGS}
U = UNKNOWN


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("stage", [0, 0, 1, 2, U, U, U]),
        ("age", [0, 0, 2, 3, U, U, U]),  # filed 2, 2, 13 and 30 months ago
        ("applicant", [1, 0, 1, 1, U, U, U]),  # three of one applicant, one of another
    ],
)
def test_open_requests_are_sorted(by, expected):
    assert BY[by].number(EXAMPLE).tolist() == expected


def test_edges_belong_to_the_older_and_the_larger_class():
    ages = EXAMPLE._replace(filed=np.array([5.99, 6.0, 12.0, 24.0, 1.0, 1.0, np.nan]), stage=np.zeros(7, int))
    assert BY["age"].number(ages).tolist() == [0, 1, 2, 3, 0, 0, U]
    held = EXAMPLE._replace(applicant=np.array([0, 1, 1, U, U, 2, U]), stage=np.zeros(7, int))
    assert BY["applicant"].number(held).tolist() == [0, 1, 1, U, U, 0, U]
    for requests, expected in ((5, 1), (6, 2), (7, 2)):
        many = EXAMPLE._replace(applicant=np.array([0] * requests), stage=np.zeros(requests, int), mw=np.ones(requests))
        assert BY["applicant"].number(many).tolist() == [expected] * requests


def test_what_is_true_of_all_is_the_mean_of_what_is_true_of_each_class():
    log = Log(gridsim.simulate(gridsim.load(ROOT / "configs" / "baseline.yaml"), 7))
    for place in (None, 2):
        rows, at = log.rows(40, place)
        fates = log.fates(at, 40)
        found = dict(zip(PARTS, truths_of_groups(rows, fates), strict=True))
        whole = dict(zip(TRUTHS, shares(fates, rows.mw, rows.active), strict=True))
        for grouping in GROUPINGS:
            number = grouping.number(rows)
            mw = [float(rows.mw[number == k].sum()) for k in range(len(grouping.classes))]
            for name in TOLD_OF_GROUPS:
                parts = [found[f"{name}.{grouping.by}.{one}"] for one in grouping.classes]
                mean = np.nansum(np.multiply(mw, parts)) / sum(mw)
                assert mean == pytest.approx(whole[name]), (grouping.by, name)
        assert np.isnan(found["signs.applicant.1 request"]) == (not (BY["applicant"].number(rows) == 0).any())
    assert found["signs.stage.signed"] == pytest.approx(1.0)


def test_shares_of_nothing_are_not_known():
    fates, mw = np.array([[True, False], [True, True]]), np.array([1.0, 3.0])
    assert shares(fates, mw, np.array([True, True])).tolist() == [0.25, 1.0]
    assert np.isnan(shares(fates, mw, np.array([False, False]))).all()
