"""Rules tried on a list: pairs of the same worlds and chances, so that no rule changes nothing, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest

import gridsim
from gridsim.assess import shelf
from gridsim.assess.forest import Forest
from gridsim.assess.levers import (
    AMOUNTS,
    IN_FORCE,
    amounts,
    amounts_under,
    differences,
    in_force,
    levers_table,
    why_not,
)
from gridsim.assess.log import TRUTHS, Log
from gridsim.assess.snapshots import simulated_lists
from gridsim.config.variants import varied
from gridsim.engine import many
from tests.assess.test_snapshots import SMALL, WORLDS
from tests.command_line import ROOT

POLICIES = ROOT / "configs" / "policies"


@pytest.fixture(scope="module")
def small():
    return gridsim.load(ROOT / "configs" / "baseline.yaml", SMALL)


@pytest.fixture(scope="module")
def lists(small):
    return simulated_lists(small, WORLDS, runs=2, snapshots=5)


@pytest.fixture(scope="module")
def clean_up(small):
    return amounts_under(gridsim.load(POLICIES / "confirm.yaml", SMALL), WORLDS, snapshots=5)


def test_without_a_rule_nothing_changes(small, lists):
    change = differences(lists, amounts_under(small, WORLDS, snapshots=5))
    first_run = lists.detail("draw") < 5
    assert np.isnan(change[~first_run]).all()
    assert first_run.sum() >= 10
    np.testing.assert_allclose(change[first_run], 0.0, atol=1e-12)


def test_a_rule_in_force_changes_the_list_and_threads_do_not(small, lists, clean_up, monkeypatch):
    change = differences(lists, clean_up)
    asked = change[np.isfinite(change[:, 0]), 0]
    assert asked.mean() < -0.05
    monkeypatch.setattr(many, "cores", lambda: 5)
    again = amounts_under(gridsim.load(POLICIES / "confirm.yaml", SMALL), WORLDS, snapshots=5)
    np.testing.assert_array_equal(again, clean_up)


def test_a_rule_comes_into_force_two_years_before_the_list_and_is_announced_as_long_before():
    assert IN_FORCE == 24
    rule = in_force(gridsim.load(POLICIES / "announced.yaml"), 20)  # announced 18 months before
    assert (rule.policy.from_month, rule.policy.announced) == ("2025-09", "2024-03")
    early = in_force(gridsim.load(POLICIES / "announced.yaml"), -6)
    assert (early.policy.from_month, early.policy.announced) == ("2024-02", "2024-01")
    tariff = in_force(gridsim.load(POLICIES / "gs5.yaml"), 12)
    assert [one.from_month for one in tariff.tariffs] == ["1900-01", "2025-01"]
    assert tariff.tariffs[1].announced == "2024-01"  # 14 months before would be before the start
    plain = gridsim.load(ROOT / "configs" / "baseline.yaml")
    assert in_force(plain, 20).digest() == varied(plain, {}).digest()


def test_amounts_are_those_of_the_list():
    log = Log(gridsim.simulate(gridsim.load(ROOT / "configs" / "baseline.yaml"), 7))
    rows, at = log.rows(40, 3)
    found = dict(zip(AMOUNTS, amounts(log, 40, 3), strict=True))
    mw, fates = rows.mw[rows.active], dict(zip(TRUTHS, log.fates(at, 40)[:, rows.active], strict=True))
    assert found["open"] == pytest.approx(mw.sum())
    assert found["unique"] == pytest.approx(mw[~fates["duplicates"]].sum())
    assert found["served_5"] == pytest.approx(mw[fates["served_5"]].sum())
    assert amounts(log, 0, 3)[0] >= 0.0


def test_the_table_weighs_lists_that_look_alike(lists, clean_up):
    pytest.importorskip("sklearn", reason='scikit-learn: pip install "gridsim[assess]"')
    forest = Forest(lists, ["filed_share", "growth_since_6"], trees=20)
    weights = forest.weights(lists.numbers[:1])
    table = levers_table(weights, 2000.0, lists, forest, {"none": clean_up * 0.0 + 1e9, "clean-up": clean_up})
    assert table.rule.tolist() == ["clean-up"] * 5 + ["none"] * 5  # what takes most comes first
    of = table.set_index(["rule", "amount"])
    assert of.low_mw["clean-up", "open"] == pytest.approx(2000.0 * of.low["clean-up", "open"])
    assert (table.low <= table["median"]).all()
    assert (table["median"] <= table.high).all()
    assert of.lower["none", "open"] == 0.0
    assert 0.5 < of.lower["clean-up", "open"] <= 1.0 + 1e-9
    assert len(levers_table(weights, 2000.0, lists, forest, {})) == 0


def test_rules_are_run_once_and_of_the_same_market(small, tmp_path, monkeypatch):
    monkeypatch.setattr(shelf, "CACHE_DIR", tmp_path / "kernels")
    rule = gridsim.load(POLICIES / "confirm.yaml", SMALL)
    made = shelf.under_rules(small, [rule], WORLDS[:1])
    (path,) = tmp_path.glob("rule-*.npz")
    count: list[int] = []
    monkeypatch.setattr(shelf, "amounts_under", None)  # would fail if asked again
    again = shelf.under_rules(small, [rule], WORLDS[:1], done=lambda: count.append(1))
    np.testing.assert_array_equal(made[rule.title], again[rule.title])
    assert count == [1]
    monkeypatch.undo()
    monkeypatch.setattr(shelf, "CACHE_DIR", tmp_path / "kernels")
    path.write_bytes(b"no archive")
    np.testing.assert_array_equal(shelf.under_rules(small, [rule], WORLDS[:1])[rule.title], made[rule.title])
    assert why_not(rule, small) == ""
    assert why_not(rule.model_copy(update={"horizon_months": 60}), small).endswith("lists need 79 or more")
    with pytest.raises(ValueError, match="has other utilities than the market; lists cannot be compared"):
        shelf.under_rules(gridsim.load(ROOT / "configs" / "baseline.yaml"), [rule], WORLDS[:1])
