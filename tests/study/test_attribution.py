"""Attribution: shares that sum, that are nil for what does nothing, and that agree with runs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import gridsim
from gridsim.config.scenario import Mechanisms
from gridsim.study.attribution import chosen, switched

BASELINE = Path(__file__).parents[2] / "configs" / "baseline.yaml"
EVERYTHING = BASELINE.with_name("everything.yaml")
SMALL = {"horizon_months": 60, "actors.labs.count": 6, "actors.developers.count": 4, "actors.utilities.count": 5}
SEEDS = range(1, 5)


def mean_peak(scenario: gridsim.Scenario) -> float:
    runs = [gridsim.simulate(scenario, seed, record=None).series.queued_mw.max() for seed in SEEDS]
    return float(np.mean(runs))


def test_shares_sum_to_the_difference_between_all_on_and_all_off():
    scenario = gridsim.load(BASELINE, SMALL)
    names = ["m01_speculation", "m02_duplicates", "m16_scarcity_narrative"]
    found = gridsim.attribute(scenario, SEEDS, "queued_mw.peak", names)
    assert found.switch.tolist() == [*names, "total"]
    total = mean_peak(scenario) - mean_peak(switched(scenario, names, [False] * 3))
    assert found.value.iloc[-1] == pytest.approx(total)
    assert found.value[:-1].sum() == pytest.approx(total)
    assert (found.low[:-1] <= found.value[:-1]).all()
    assert (found.value[:-1] <= found.high[:-1]).all()


def test_two_switches_by_hand():
    scenario = gridsim.load(BASELINE, SMALL)
    names = ["m01_speculation", "m02_duplicates"]
    none, first, second, both = (
        mean_peak(switched(scenario, names, on)) for on in ([False, False], [True, False], [False, True], [True, True])
    )
    found = gridsim.attribute(scenario, SEEDS, "queued_mw.peak", names)
    assert found.value[0] == pytest.approx(0.5 * (first - none + both - second))
    assert found.alone[0] == pytest.approx(first - none)
    assert found["last"][0] == pytest.approx(both - second)


def test_what_changes_nothing_has_no_share():
    """Hoarding of GPUs leaves the queue for power alone."""
    scenario = gridsim.load(BASELINE, SMALL)
    found = gridsim.attribute(scenario, SEEDS, "queued_mw.peak", ["m02_duplicates", "m04_defensive_hoarding"])
    assert found.value[1] == 0.0
    assert found.value[0] > 0.0


def test_by_default_all_gaming_and_waste_that_is_on():
    assert chosen(gridsim.load(BASELINE), None) == ["m01_speculation", "m02_duplicates", "m16_scarcity_narrative"]
    names = chosen(gridsim.load(EVERYTHING), None)
    assert len(names) == 10
    assert {"m13_low_mfu", "m07_fake_utilisation"} <= set(names)
    assert "m03_restudies" not in names


def test_any_switch_can_be_attributed_to():
    scenario = gridsim.load(EVERYTHING, SMALL | {"horizon_months": 12})
    for name in Mechanisms.model_fields:
        found = gridsim.attribute(scenario, [1], "reported_need_mw.mean", [name])
        assert np.isfinite(found.value).all(), name


def test_bad_names_are_refused_with_the_nearest_good_one():
    scenario = gridsim.load(BASELINE)
    with pytest.raises(ValueError, match="did you mean 'm02_duplicates'"):
        gridsim.attribute(scenario, SEEDS, switches=["m02_duplicate"])
    with pytest.raises(ValueError, match=r"did you mean 'queued_mw\.peak'"):
        gridsim.attribute(scenario, SEEDS, "queued_mv.peak")
    with pytest.raises(ValueError, match="at least one"):
        gridsim.attribute(scenario, [])
    with pytest.raises(ValueError, match="named twice"):
        gridsim.attribute(scenario, SEEDS, switches=["m02_duplicates", "mechanisms.m02_duplicates"])


def test_the_command_prints_shares(call):
    settings = [word for path, value in SMALL.items() for word in ("--set", f"{path}={value}")]
    words = ["attribute", BASELINE, "--seeds", "2", "--measure", "queued_mw.peak", *settings]
    code, printed, _ = call(*words, "--json")
    assert code == 0
    assert [row["switch"] for row in json.loads(printed)][-1] == "total"
    assert call(*words, "--switch", "m2")[0] == 2
