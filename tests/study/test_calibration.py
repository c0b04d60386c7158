"""Calibration: what is known is found again, nothing simulated is lost, and the command says what is wrong."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import gridsim
from gridsim.config.sweep import Range, Sample, load_sweep
from gridsim.config.variants import varied
from gridsim.engine import many
from gridsim.study import calibration, designs, posterior
from gridsim.study.goals import APPARENT, Goal, fact_of, goals_of, observed_in
from gridsim.study.point_store import PointStore
from tests.command_line import ROOT

BASELINE = ROOT / "configs" / "baseline.yaml"
SMALL = {
    "actors.developers.count": 4,
    "actors.labs.count": 4,
    "actors.hyperscalers.count": 2,
    "actors.utilities.count": 4,
    "grid.other_load_gw": 30,
    "demand.midpoint_month": 60,
    "horizon_months": 60,
}
SETTINGS = [word for path, value in SMALL.items() for word in ("--set", f"{path}={value}")]
HAZARD, SHAPE = "demand.projects.patience_hazard_per_year", "demand.projects.patience_shape"
BILLS = "grid.price.load_factor_residential"  # on which no request depends
RANGES = {
    HAZARD: Range(low=0.1, high=0.8, scale="log"),
    SHAPE: Range(low=0.3, high=1.2),
    BILLS: Range(low=0.2, high=0.8),
}
PRIOR = """
sample:
  design: latin_hypercube
  points: 32
  seed: 1
  ranges:
    demand.projects.patience_hazard_per_year: {low: 0.1, high: 0.8, scale: log}
    demand.projects.patience_shape: {low: 0.3, high: 1.2}
"""


@pytest.fixture(scope="module")
def small():
    return gridsim.load(BASELINE, SMALL)


def prior(points=64, seed=1, ranges=RANGES):
    return Sample(design="latin_hypercube", points=points, seed=seed, ranges=ranges)


@pytest.fixture(scope="module")
def found(small):
    goals = goals_of([fact_of("F7"), fact_of("F10")])
    return calibration.calibrate(small, prior(), goals, seeds=2, waves=4, wanted=10_000)


@pytest.mark.slow
def test_known_parameters_are_found_again(small):
    facts = [fact_of("F7"), fact_of("F10")]
    inside, told = [], []
    for ranks in np.random.default_rng(7).uniform(0.1, 0.9, (4, 3)):
        truth = designs.cell_at(prior(), ranks)
        goals = observed_in(varied(small, truth), range(1000, 1020), facts, errors=1.0)
        found = calibration.calibrate(small, prior(), goals, seeds=2, waves=7, wanted=80)
        table = posterior.parameters(found).set_index("parameter")
        inside += [table.low[name] <= truth[name] <= table.high[name] for name in RANGES]
        told.append(list(table.told))
    # Intervals of 90 %: of twelve eight or fewer hold the truth once in 230 times.
    assert sum(inside) >= 9
    told = np.mean(told, axis=0)
    assert (told[:2] > 0.6).all(), told  # what the facts are about is known far better than before,
    assert abs(told[2]) < 0.35, told  # and what they say nothing about is not, give or take the luck of few points


def test_outcomes_are_the_means_of_a_points_own_runs(small, found):
    point = 64 + 3  # the fourth of the second wave
    cell = found.values(found.points.ranks)[point]
    seeds = calibration.seeds_of(1, 1, 3, 2)
    runs = [gridsim.simulate(varied(small, cell), seed) for seed in seeds]
    for fact in (fact_of("F10"), *APPARENT):
        k = found.labels.index(f"{fact.id} {fact.targets[0].name}".strip())
        assert found.outcomes[point, k] == pytest.approx(np.mean([fact.measure(run)[0] for run in runs]), rel=1e-12)


def test_no_two_points_share_a_seed():
    seeds = [seed for wave in range(3) for point in range(50) for seed in calibration.seeds_of(1, wave, point, 4)]
    assert len(set(seeds)) == len(seeds)
    assert all(0 <= seed < 2**63 for seed in seeds)


def test_a_calibration_is_the_same_whatever_the_number_of_threads(small, found, monkeypatch):
    monkeypatch.setattr(many, "cores", lambda: 5)
    again = calibration.calibrate(small, prior(), found.goals, seeds=2, waves=4, wanted=10_000)
    np.testing.assert_array_equal(again.outcomes, found.outcomes)
    np.testing.assert_array_equal(again.points.ranks, found.points.ranks)
    np.testing.assert_array_equal(again.cloud.weights, found.cloud.weights)


def test_it_stops_when_enough_points_meet_all(small):
    wide = [Goal("F10", "median", 0.1, 1000.0)]
    found = calibration.calibrate(small, prior(), wide, seeds=1, waves=9, wanted=40)
    assert len(found.clouds) == 1
    assert found.cloud.tolerance == 1.0


def test_what_makes_no_scenario_is_no_point_of_the_prior(small):
    low, high = "grid.study.upgrade_months_min", "grid.study.upgrade_months_max"
    crossing = {low: Range(low=20, high=60, whole=True), high: Range(low=40, high=80, whole=True)}
    goals = goals_of([fact_of("F10")])
    found = calibration.calibrate(small, prior(64, ranges=crossing), goals, seeds=1, waves=2)
    cells = pd.DataFrame(found.values(found.points.ranks))
    is_wrong = (cells[low] > cells[high]).to_numpy()
    assert is_wrong.any()
    np.testing.assert_array_equal(np.isinf(found.points.distances), is_wrong)
    assert not is_wrong[found.cloud.chosen].any()


def test_points_are_kept_and_not_simulated_twice(small, found, tmp_path, monkeypatch):
    measures = dict.fromkeys(found.labels)
    fixed = {"what": "a test"}

    def run(waves):
        store = PointStore(tmp_path, fixed, list(RANGES), {name: found_measure for name in measures})
        return calibration.calibrate(small, prior(), found.goals, seeds=2, waves=waves, wanted=10_000, store=store)

    from gridsim.engine.measures import Measure

    found_measure = Measure("", "")
    run(2)
    blocks = sorted((tmp_path / "points").iterdir())
    assert [block.name for block in blocks] == [
        f"{wave:03d}-{first:06d}.parquet" for wave in (0, 1) for first in (0, 32)
    ]
    before = blocks[0].read_bytes()
    blocks[1].unlink()  # never finished
    blocks[2].write_bytes(before[:100])  # broken
    simulated = []
    original = calibration.simulated
    monkeypatch.setattr(calibration, "simulated", lambda *args: simulated.append(args[-1][:2]) or original(*args))
    again = run(4)
    assert sorted(simulated[: 32 + 32]) == [*((0, i) for i in range(32, 64)), *((1, i) for i in range(32))]
    assert len(simulated) == 32 + 32 + 2 * 64
    np.testing.assert_array_equal(again.outcomes, found.outcomes)
    assert blocks[0].read_bytes() == before
    with pytest.raises(ValueError, match="holds another calibration: its what differ"):
        PointStore(tmp_path, {"what": "another"}, list(RANGES), {})


def test_parameters_say_what_is_left_of_the_prior(found):
    table = posterior.parameters(found)
    assert table.parameter.tolist() == list(RANGES)
    assert table.default.tolist() == [0.25, 0.36, 0.4]
    assert table.unit.tolist() == ["1/year", "1", "share"]
    assert (table.prior_low <= table.low).all()
    assert (table.low < table["median"]).all()
    assert (table["median"] < table.high).all()
    assert (table.high <= table.prior_high).all()
    verdicts = ["told" if told >= 0.5 else "partly" if told >= 0.1 else "hardly" for told in table.told]
    assert table.verdict.tolist() == verdicts
    assert table.evidence[0].startswith("calibrated to Georgia Power")


def test_the_ensemble_has_the_posteriors_quantiles(found):
    cells = pd.DataFrame(posterior.members(found, 400))
    table = posterior.parameters(found).set_index("parameter")
    for name in RANGES:
        assert cells[name].quantile(0.5) == pytest.approx(table["median"][name], rel=0.1)
        assert cells[name].quantile(0.95) == pytest.approx(table.high[name], rel=0.1)


def test_the_ridge_is_the_one_of_the_points(found):
    ridge = posterior.ridge(found)
    shares = posterior.shares(found)
    assert ((shares >= 0.0) & (shares <= 1.0)).all().all()
    mean = np.average(shares.duplicates + shares.speculation, weights=shares.weight)
    assert ridge.both[0] < mean < ridge.both[2]
    matrix = np.cov(shares.duplicates, shares.speculation, aweights=shares.weight)
    assert ridge.correlation == pytest.approx(matrix[0, 1] / np.sqrt(matrix[0, 0] * matrix[1, 1]))
    assert ridge.narrower == pytest.approx(np.sqrt(matrix.sum() / (matrix[0, 0] + matrix[1, 1])))


def test_predictions_are_of_runs_that_the_calibration_did_not_see(small, found):
    worlds = posterior.members(found, 3)
    predicted = posterior.predict(small, worlds, 2)
    used = {seed for wave in range(4) for i in range(64) for seed in calibration.seeds_of(1, wave, i, 2)}
    fresh = calibration.seeds_of(small.seed, 1, posterior.FRESH, 2)
    assert not used & set(fresh)
    k = [f.id for f in predicted.facts for _ in f.targets].index("F6")
    run = gridsim.simulate(varied(small, worlds[1]), fresh[0])
    assert predicted.values[1, 0, k] == fact_of("F6").measure(run)[0]
    table = posterior.predictions(predicted, found.goals)
    assert table[table.fitted].fact.tolist() == ["F7", "F10", "F10"]
    row = table[table.fact == "F6"].iloc[0]
    assert row["median"] == pytest.approx(np.median(predicted.values[:, :, k].mean(axis=1)))
    assert (row.target_low, row.target_high) == (0.10, 0.27)


def test_the_command_writes_what_it_found_and_finds_it_again(call, tmp_path):
    sweep = tmp_path / "prior.yaml"
    sweep.write_text(PRIOR)
    words = ["calibrate", BASELINE, "--prior", sweep, "--fact", "F7", "--fact", "F10", "--seeds", "1", "--waves", "2"]
    words += ["--worlds", "5", *SETTINGS, "--out"]
    code, printed, said = call(*words, tmp_path / "one")
    assert code == 0, said
    assert "64 points in 2 waves" in printed
    assert "share of the pipeline: duplicates" in printed
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert {"calibration.json", "ensemble.yaml", "index.html", "parameters.csv", "points", "shares.json"} <= set(names)
    ensemble = load_sweep(tmp_path / "one" / "ensemble.yaml", gridsim.load(BASELINE, SMALL))
    assert [list(cell) for cell in ensemble.cells] == [[HAZARD, SHAPE]] * 5
    page = (tmp_path / "one" / "index.html").read_text()
    assert "gridsim calibrate" in page
    assert str(tmp_path) not in page
    stamps = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "one" / "points").iterdir()}
    code, printed, _ = call(*words, tmp_path / "one", "--json")
    assert {path.name: path.stat().st_mtime_ns for path in (tmp_path / "one" / "points").iterdir()} == stamps
    found = json.loads(printed)
    assert (found["points"], len(found["waves"])) == (64, 2)
    assert found["parameters"][0]["parameter"] == HAZARD
    call(*words, tmp_path / "two")
    for name in names:
        if name != "points":
            assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name
    code, _, said = call(*words, tmp_path / "one", "--seeds", "3")
    assert (code, said.count("\n")) == (2, 1)
    assert "holds another calibration: its seeds differ" in said


def test_bad_input_is_told_in_a_line(call, tmp_path):
    texts = {
        "morris": PRIOR.replace("latin_hypercube", "morris"),
        "grid": "grid: {policy.study_fee_usd_per_mw: [0, 1]}\n",
        "wrong": PRIOR.replace("patience_shape", "patience_shap"),
        "good": PRIOR,
    }
    for name, text in texts.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    for name, words, expected in (
        ("morris", [], "must be of design latin_hypercube or sobol, found morris"),
        ("grid", [], "the sweep has no sample; a prior is the ranges of one"),
        ("wrong", [], "patience_shape"),
        ("good", ["--fact", "F99"], "known are F1"),
        ("good", ["--fact", "F12"], "has no range to meet"),
    ):
        code, printed, said = call(
            "calibrate", BASELINE, "--prior", tmp_path / f"{name}.yaml", "--out", tmp_path / "o", *words
        )
        assert (code, printed) == (2, ""), said
        assert expected in said
    assert not (tmp_path / "o" / "points").exists()


def test_the_prior_of_the_baseline_fits_it_and_holds_its_values():
    scenario = gridsim.load(BASELINE)
    sample = load_sweep(ROOT / "configs" / "sweeps" / "calibration.yaml", scenario).sample
    calibration.check_prior(scenario, sample)
    data = scenario.model_dump(by_alias=True)
    for path, drawn in sample.ranges.items():
        value = data
        for part in path.split("."):
            value = value[part]
        assert drawn.low <= value <= drawn.high, path
