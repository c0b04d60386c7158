"""Simulated lists and the truth about them."""

from __future__ import annotations

import numpy as np
import pytest

import gridsim
from gridsim.assess.features import features
from gridsim.assess.history import LAGS, names_since
from gridsim.assess.log import AFTER, TRUTHS, Log, shares
from gridsim.assess.rows import ENERGISED, FILED, SIGNED, STUDIED, WITHDRAWN
from gridsim.assess.snapshots import FIRST, days_of, simulated_lists
from gridsim.engine import many
from tests.command_line import ROOT

MONTH = 40
SMALL = {
    "actors.utilities.count": 4,
    "actors.labs.count": 6,
    "actors.hyperscalers.count": 3,
    "actors.developers.count": 4,
}
SMALL |= {"horizon_months": MONTH + AFTER + 1, "grid.other_load_gw": 30}
WORLDS = [{"demand.projects.sites_max": 1}, {"demand.projects.sites_max": 8}, {"actors.developers.entry_rate": 0.0}]


@pytest.fixture(scope="module")
def small():
    return gridsim.load(ROOT / "configs" / "baseline.yaml", SMALL)


@pytest.fixture(scope="module")
def result(small):
    return gridsim.simulate(small, 3)


@pytest.fixture(scope="module")
def lists(small):
    return simulated_lists(small, WORLDS, runs=2, snapshots=6)


def test_a_list_holds_what_was_filed_and_knows_nothing_of_what_comes(result):
    rows, at = Log(result).rows(MONTH, None)
    table = result.requests
    assert len(rows.mw) == (table.filed <= MONTH).sum() < len(table)
    for name in ("filed", "signed", "energised", "left"):
        months = getattr(rows, name)
        happened = table[name].to_numpy()[at] <= MONTH
        np.testing.assert_array_equal(np.isfinite(months), happened)
        assert (months[happened] >= 0.0).all()
    stage = np.full(len(at), FILED)
    for _, request in table.iloc[at].reset_index(drop=True).iterrows():
        k = request.name
        if request.left <= MONTH:
            stage[k] = WITHDRAWN
        elif request.energised <= MONTH:
            stage[k] = ENERGISED
        elif request.signed <= MONTH:
            stage[k] = SIGNED
        elif request.studied <= MONTH:
            stage[k] = STUDIED
    np.testing.assert_array_equal(rows.stage, stage)
    assert set(stage) == {FILED, STUDIED, SIGNED, ENERGISED, WITHDRAWN}


def test_the_list_of_a_utility_is_its_part_of_the_regions(result):
    log = Log(result)
    whole, at = log.rows(MONTH, None)
    parts = [log.rows(MONTH, place) for place in range(4)]
    assert sorted(np.concatenate([part[1] for part in parts])) == at.tolist()
    assert all(len(set(rows.location)) == 1 and rows.one_utility for rows, _ in parts)
    assert sum(rows.mw.sum() for rows, _ in parts) == pytest.approx(whole.mw.sum())


def test_the_truth_is_counted_request_by_request(result):
    log = Log(result)
    rows, at = log.rows(MONTH, 1)
    table = result.requests
    open_now = table[(table.filed <= MONTH) & ~(table.left <= MONTH)]
    best = open_now.groupby("project").choice.min()
    mine = open_now[(open_now.utility == sorted(table.utility.unique())[1]) & ~(open_now.energised <= MONTH)]
    is_copy = mine.choice.to_numpy() > best.loc[mine.project].to_numpy()
    total = mine.mw.sum()
    expected = {
        "duplicates": mine.mw[is_copy].sum(),
        "speculation": mine.mw[~is_copy & (mine.kind == "developer")].sum(),
        "signs": mine.mw[mine.signed <= MONTH + 60].sum(),
        "served_3": mine.mw[mine.energised <= MONTH + 36].sum(),
    }
    found = dict(zip(TRUTHS, shares(log.fates(at, MONTH), rows.mw, rows.active), strict=True))
    assert rows.mw[rows.active].sum() == pytest.approx(total)
    assert {name: found[name] for name in expected} == pytest.approx(
        {name: mw / total for name, mw in expected.items()}
    )
    assert found["served_1"] <= found["served_2"] <= found["served_5"] <= found["signs"]


def test_without_copies_or_developers_there_are_none(lists):
    truths = dict(zip(TRUTHS, lists.truths.T, strict=True))
    assert (truths["duplicates"][lists.world == 0] == 0.0).all()
    assert (truths["duplicates"][lists.world == 1] > 0.05).mean() > 0.9
    assert (truths["speculation"][lists.world == 2] == 0.0).all()
    assert ((lists.truths >= 0.0) & (lists.truths <= 1.0)).all()


def test_lists_are_the_same_whatever_the_number_of_threads(small, lists, monkeypatch):
    monkeypatch.setattr(many, "cores", lambda: 5)
    again = simulated_lists(small, WORLDS, runs=2, snapshots=6)
    np.testing.assert_array_equal(again.numbers, lists.numbers)
    np.testing.assert_array_equal(again.truths, lists.truths)


def test_lists_are_those_of_their_worlds(small, lists):
    alone = simulated_lists(small, WORLDS[:1], runs=2, snapshots=6)
    np.testing.assert_array_equal(alone.truths, lists.truths[lists.world == 0])


def test_lists_leave_five_years_to_look_back_on_and_those_of_the_first_run_are_of_one_day(small):
    days = [day for run in range(40) for day in days_of(small, 4, run, 5, np.random.default_rng(run))]
    months = {month for month, _ in days}
    assert (min(months), max(months)) == (FIRST, MONTH)
    assert {place for _, place in days} == {None, 0, 1, 2, 3}
    first = days_of(small, 4, 0, 4, np.random.default_rng(0))
    assert len({month for month, _ in first}) == 1
    assert first[0][1] is None
    assert len({place for _, place in first}) == 4
    with pytest.raises(ValueError, match="horizon_months is 60; lists need 79 or more"):
        simulated_lists(small.model_copy(update={"horizon_months": 60}), [{}])


def test_a_simulated_list_and_its_features_have_all_columns(result, lists):
    rows, _ = Log(result).rows(MONTH, None)
    assert set(features(rows)) | {name for lag in LAGS for name in names_since(lag)} == set(lists.names)
    assert np.isfinite(lists.numbers).mean() > 0.85
