"""Attribution: shares that sum, that are nil for what does nothing, and that agree with runs."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

import gridsim
from gridsim.config.scenario import LAYERS, Mechanisms
from gridsim.study.attribution import chosen, designed, study, switched
from gridsim.study.shapley import shapley_values, subsets

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


def test_more_than_ten_switches_are_attributed_along_drawn_orders():
    scenario = gridsim.load(EVERYTHING, SMALL | {"horizon_months": 12})
    names = list(Mechanisms.model_fields)
    design = designed(names, orders=3)
    found = study(scenario, [1, 2], "queued_mw.peak", names, design)
    assert (len(names), design.exact) == (16, False)
    shares = found.shares()
    total = found.outcomes[-1].mean() - found.outcomes[0].mean()
    assert shares.value[:-1].sum() == pytest.approx(total, rel=1e-9)
    assert shares.value.iloc[-1] == pytest.approx(total)
    all_off = gridsim.simulate(switched(scenario, names, [False] * 16), 1, record=None).series.queued_mw.max()
    assert found.outcomes[0, 0] == all_off
    with pytest.raises(ValueError, match="at most 10 switches"):
        found.interactions()
    with pytest.raises(ValueError, match="at least 2"):
        designed(names, orders=1)


def test_layers_sum_their_mechanisms_and_are_the_shapley_shares_of_layers_turned_as_one():
    scenario = gridsim.load(EVERYTHING, SMALL | {"horizon_months": 24})
    names = ["m01_speculation", "m13_low_mfu", "m02_duplicates", "m14_tokens_per_query"]
    found = study(scenario, SEEDS, "power_claims.peak", names, designed(names, by_layer=True))
    shares, layers = found.shares(), found.layers()
    assert layers.layer.tolist() == ["power", "GPUs", "tokens", "total"]
    assert layers.switches.tolist() == [2, 1, 1, 4]
    assert layers.value[0] == pytest.approx(shares.value[0] + shares.value[2])
    whole = {}
    for on in itertools.product([False, True], repeat=3):
        power, gpus, tokens = on
        row = int(np.flatnonzero((found.design.on == [power, gpus, power, tokens]).all(axis=1))[0])
        whole[on] = found.outcomes[row].mean()
    expected = shapley_values(np.array([whole[tuple(bool(x) for x in on)] for on in subsets(3)]))
    assert layers.value[:-1].tolist() == pytest.approx(expected)
    assert (layers.low[:-1] <= layers.value[:-1]).all()
    assert shares.layer.tolist() == ["power", "GPUs", "power", "tokens", ""]


def test_every_mechanism_is_of_one_layer():
    assert sorted(name for names in LAYERS.values() for name in names) == sorted(Mechanisms.model_fields)


def test_two_mechanisms_together_by_hand():
    scenario = gridsim.load(BASELINE, SMALL)
    names = ["m01_speculation", "m02_duplicates"]
    found = study(scenario, SEEDS, "queued_mw.peak", names, designed(names)).interactions()
    none, first, second, both = (
        mean_peak(switched(scenario, names, on)) for on in ([False, False], [True, False], [False, True], [True, True])
    )
    assert found.value[0] == pytest.approx(both - first - second + none)
    assert (found.one[0], found.other[0]) == tuple(names)


def test_the_command_writes_a_page_its_tables_and_all_outcomes_twice_the_same(call, tmp_path):
    settings = [word for path, value in SMALL.items() for word in ("--set", f"{path}={value}")]
    words = ["attribute", BASELINE, "--seeds", "3", "--measure", "queued_mw.peak", "--by-layer", *settings]
    written = []
    for folder in (tmp_path / "one", tmp_path / "two"):
        code, printed, _ = call(*words, "--out", folder)
        assert code == 0
        assert "By layer" in printed
        assert "Together" in printed
        written.append({path.name: path.read_bytes() for path in folder.iterdir()})
    assert written[0] == written[1]
    names = {f"{chart}.{kind}" for chart in ("shares", "layers", "interactions") for kind in ("csv", "json")}
    assert set(written[0]) == names | {"index.html", "runs.parquet"}
    runs = pd.read_parquet(tmp_path / "one" / "runs.parquet")
    assert runs.columns.tolist() == ["m01_speculation", "m02_duplicates", "m16_scarcity_narrative", "seed", "value"]
    assert len(runs) == 8 * 3
    assert pq.read_schema(tmp_path / "one" / "runs.parquet").field("value").metadata[b"unit"] == b"MW"
    on = runs[runs.m01_speculation & runs.m02_duplicates & runs.m16_scarcity_narrative]
    queue = gridsim.simulate(gridsim.load(BASELINE, SMALL), 2, record=None).series.queued_mw.max()
    assert on.set_index("seed").value[2] == queue
    shares = pd.read_csv(tmp_path / "one" / "shares.csv")
    assert shares["adds, MW"][:3].sum() == pytest.approx(shares["adds, MW"][3])
    figure = json.loads(written[0]["shares.json"])
    assert sum(figure["data"][0]["x"][:-1]) == pytest.approx(figure["data"][0]["x"][-1])
    page = written[0]["index.html"].decode()
    assert "gridsim attribute baseline.yaml --seeds 3 --measure queued_mw.peak --by-layer --set" in page
    assert "in the highest month, by the layer of power: " in page
    assert str(tmp_path) not in page


def test_a_logarithm_of_nothing_is_refused(call):
    settings = [word for path, value in SMALL.items() for word in ("--set", f"{path}={value}")]
    switches = ["--switch", "m02_duplicates"]
    code, _, said = call(
        "attribute", BASELINE, "--seeds", "1", "--measure", "duplicate_mw.peak", "--log", *switches, *settings
    )
    assert code == 2
    assert "duplicate_mw.peak: only outcomes above 0 have logarithms" in said
