"""Sensitivity: indices that theory knows come back from noisy runs, and a stored sweep gives what SALib gives by hand."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import gridsim
from gridsim.config.sweep import Sample, Sweep
from gridsim.study import variance
from gridsim.study.designs import ranks, salib_problem
from tests.study.small import tiny

RANGES = {
    "demand.growth_gw": {"low": 1, "high": 100, "scale": "log"},
    "actors.utilities.studies_in_parallel": {"low": 2, "high": 8, "whole": True},
    "beliefs.narrative_weight": {"low": 0.0, "high": 0.7},
    "mechanisms.m02_duplicates": {"values": [True, False]},
}
FIRST, TOTAL = [0.3139, 0.4424, 0.0], [0.5576, 0.4424, 0.2437]
"""Indices of Ishigami's function with a = 7 and b = 0.1 (Ishigami & Homma 1990)."""


def sample_of(design, points, ranges=("x1", "x2", "x3"), **more):
    named = {name: {"low": 0.0, "high": 1.0} for name in ranges}
    return Sample.model_validate({"design": design, "points": points, "ranges": named} | more)


def ishigami(points):
    x1, x2, x3 = (2.0 * np.pi * points.T) - np.pi
    return np.sin(x1) + 7.0 * np.sin(x2) ** 2 + 0.1 * x3**4 * np.sin(x1)


def noisy(expected, seeds=4, rng=None):
    """Outcomes by cell and seed: luck that a seed brings to all cells, and luck of each run; variances 9 and 16."""
    rng = rng or np.random.default_rng(5)
    return expected[:, None] + 3.0 * rng.normal(size=seeds) + 4.0 * rng.normal(size=(expected.size, seeds))


def test_ishigamis_indices_come_back_from_noisy_runs_and_means_alone_miss_them():
    sample = sample_of("saltelli", 4096)
    found = variance.indices(sample, noisy(ishigami(ranks(sample))))
    np.testing.assert_allclose(found["first"], FIRST, atol=0.05)
    np.testing.assert_allclose(found["total"], TOTAL, atol=0.05)
    # noise of variance 16 / 4 is left in means, beside 13.84 of the function
    np.testing.assert_allclose(found["first_of_means"], np.array(FIRST) * 13.84 / 17.84, atol=0.05)
    np.testing.assert_allclose(found["total_of_means"], (np.array(TOTAL) * 13.84 + 4.0) / 17.84, atol=0.05)
    assert found["total_of_means"][2] > found["total"][2] + 0.1


def test_luck_that_depends_on_a_parameter_is_taken_out_as_well():
    """What a seed makes of a parameter is smooth in it, so that it looks like an effect and not like noise."""
    sample = sample_of("saltelli", 2048)
    points = ranks(sample)
    slopes = np.array([20.0, 0.0])  # by seed; the product of two seeds' is 0, the square of their mean 100
    found = variance.indices(sample, ishigami(points)[:, None] + (points[:, 2:] - 0.5) * slopes)
    np.testing.assert_allclose(found["first"], FIRST, atol=0.05)
    np.testing.assert_allclose(found["total"], TOTAL, atol=0.05)
    assert found["first_of_means"][2] == pytest.approx(100.0 / 12.0 / (13.84 + 100.0 / 12.0), abs=0.05)


def test_without_noise_or_with_one_seed_indices_are_salibs():
    from SALib.analyze import sobol

    sample = sample_of("saltelli", 256)
    outcome = ishigami(ranks(sample))
    known = sobol.analyze(salib_problem(sample), outcome, calc_second_order=False, seed=1)
    for outcomes in (outcome[:, None], np.repeat(outcome[:, None], 3, axis=1)):
        found = variance.indices(sample, outcomes)
        for own, theirs in (("first", "S1"), ("total", "ST"), ("first_of_means", "S1"), ("total_of_means", "ST")):
            np.testing.assert_allclose(found[own], known[theirs], atol=1e-12)
    assert np.isnan(variance.noise_share(outcome[:, None]))
    assert variance.noise_share(np.repeat(outcome[:, None], 3, axis=1)) == pytest.approx(0.0, abs=1e-12)


def test_intervals_of_indices_hold_the_truth_about_as_often_as_they_say():
    rng, hits = np.random.default_rng(1), []
    for seed in range(1, 31):
        sample = sample_of("saltelli", 256, seed=seed)
        found = variance.indices(sample, noisy(ishigami(ranks(sample)), rng=rng))
        hits.append((found["total_low"] <= TOTAL) & (np.array(TOTAL) <= found["total_high"]))
    assert 0.75 <= np.mean(hits) <= 0.98


def test_the_share_of_noise_is_that_of_a_single_runs_variance():
    sample, rng = sample_of("saltelli", 2048), np.random.default_rng(2)
    outcomes = variance.independent(sample, noisy(ishigami(ranks(sample)), 30, rng))
    common = outcomes.mean(axis=0).var(ddof=1)  # of the seeds drawn, beside 9 of all seeds
    assert variance.noise_share(outcomes) == pytest.approx((16.0 + common) / (16.0 + common + 13.84), abs=0.02)
    assert variance.noise_share(rng.normal(size=(50, 4))) > 0.9
    two = variance.independent(sample, ishigami(ranks(sample))[:, None] + 4.0 * rng.normal(size=(5 * 2048, 2)))
    assert variance.noise_share(two) == pytest.approx(16.0 / (16.0 + 13.84), abs=0.02)


def test_effects_of_a_linear_function_are_its_weights_and_common_luck_leaves_them():
    sample, weights = sample_of("morris", 6, ranges=("a", "b", "c", "d")), np.array([4.0, -2.0, 0.5, 0.0])
    expected = ranks(sample) @ weights
    common = expected[:, None] + 10.0 * np.random.default_rng(1).normal(size=5)
    found = variance.screening(sample, common)
    np.testing.assert_allclose(found["mu_star"], np.abs(weights), atol=1e-12)
    np.testing.assert_allclose(found["mu"], weights, atol=1e-12)
    for name, near in (("sigma", 0.0), ("luck", 0.0)):
        np.testing.assert_allclose(found[name], near, atol=1e-12)
    np.testing.assert_allclose(found["mu_star_low"], np.abs(weights), atol=1e-12)


def test_luck_is_the_mu_star_of_a_parameter_that_does_nothing():
    sample, rng = sample_of("morris", 400, ranges=("a", "b")), np.random.default_rng(4)
    outcomes = noisy(ranks(sample) @ np.array([50.0, 0.0]), 4, rng)
    found = variance.screening(sample, outcomes)
    tau = 4.0 * np.sqrt(2.0 / 4.0) / (2.0 / 3.0)  # two runs of 4 seeds, over a step of two thirds of the range
    np.testing.assert_allclose(found["luck"], tau * np.sqrt(2.0 / np.pi), rtol=0.05)
    assert found["mu_star"][1] == pytest.approx(found["luck"][1], rel=0.1)
    assert found["mu_star"][0] == pytest.approx(50.0, rel=0.05)
    assert np.isnan(variance.luck(ranks(sample), outcomes[:, :1])).all()


@pytest.fixture(scope="module")
def morris(tmp_path_factory):
    """A complete batch of a small scenario with a Morris design and its sample; tests only read it."""
    sweep = Sweep.model_validate({"sample": {"design": "morris", "points": 4, "ranges": RANGES}})
    out = tmp_path_factory.mktemp("sensitivity") / "morris"
    kept = ["queued_mw", "time_to_power_p95"]
    return gridsim.run_batch(tiny(), range(3, 6), out, sweep=sweep, twin=True, measures=kept, series=[]), sweep.sample


def test_a_stored_screening_gives_what_salib_gives_of_cell_means(morris, call, tmp_path):
    from SALib.analyze.morris import analyze

    batch, sample = morris
    runs = batch.runs[~batch.runs.twin]
    means = runs.groupby("cell")["queued_mw.mean"].mean().to_numpy()
    known = analyze(salib_problem(sample), ranks(sample), means, num_levels=4, seed=1)
    found = gridsim.sensitivity(batch, "queued_mw.mean").set_index("parameter")
    assert found["mu_star"].is_monotonic_decreasing
    assert found["mu_star"].iloc[0] > 0.0
    for name in ("mu_star", "mu", "sigma"):
        np.testing.assert_allclose(found.loc[list(RANGES), name], known[name])
    assert found["assumed"].to_dict() == {
        name: source.startswith("assumed") for name, source in found["source"].items()
    }
    assert found.loc["actors.utilities.studies_in_parallel", "assumed"]
    assert found.loc["mechanisms.m02_duplicates", "source"] == ""

    words = ["sensitivity", batch.folder, "--measure", "queued_mw.mean"]
    code, printed, _ = call(*words, "--json")
    assert code == 0
    assert [row["parameter"] for row in json.loads(printed)] == found.index.tolist()
    code, printed, said = call(*words, "--out", tmp_path / "made")
    assert code == 0
    assert "wrote" in said
    lines = printed.splitlines()
    assert lines[1].split()[:4] == ["rank", "parameter", "evidence", "mu_star"]
    assert [line.split()[1] for line in lines[2:-1]] == found.index.tolist()
    assert "is luck" in lines[-1]
    written = pd.read_csv(tmp_path / "made" / "sensitivity.csv").set_index("parameter")
    np.testing.assert_allclose(written["mu_star"], found["mu_star"])
    assert json.loads((tmp_path / "made" / "sensitivity.json").read_text("utf-8"))["data"]
    page = (tmp_path / "made" / "index.html").read_text("utf-8")
    assert page.startswith("<!doctype html>")
    assert str(batch.folder.parent) not in page


def test_a_stored_saltelli_sweep_gives_indices_and_the_store_its_design_in_order(tmp_path):
    ranges = {name: RANGES[name] for name in list(RANGES)[:2]}
    sweep = {"sample": {"design": "saltelli", "points": 16, "ranges": ranges}}
    batch = gridsim.run_batch(tiny(), range(1, 4), tmp_path / "s", sweep=sweep, measures=["queued_mw"], series=[])
    found = gridsim.sensitivity(gridsim.Batch(tmp_path / "s"), "queued_mw.mean")
    assert list(variance.design_of(batch).ranges) == list(ranges)
    assert set(found.parameter) == set(ranges)
    assert found["total"].is_monotonic_decreasing
    assert (found["total_low"] <= found["total_high"]).all()
    assert (found["seeds"] == 3).all()


def refused(batch, measure="queued_mw.mean"):
    with pytest.raises(ValueError, match=r".") as raised:
        variance.sensitivity(batch, measure)
    text = str(raised.value)
    assert "\n" not in text
    return text


def test_what_cannot_be_analysed_is_refused_in_one_line(morris, call, tmp_path):
    batch, _ = morris
    assert "did you mean 'queued_mw.mean'" in refused(batch, "queued_mv.mean")
    assert "does not keep it; kept are queued_mw, time_to_power_p95" in refused(batch, "power_claims.mean")
    assert "is not known in cell 0 with seed 3" in refused(batch, "time_to_power_p95.last")
    code, printed, said = call("sensitivity", batch.folder, "--measure", "queued_mv.mean")
    assert (code, printed, said.count("\n")) == (2, "", 1)
    assert call("sensitivity", tmp_path / "nothing")[0] == 2


@pytest.mark.parametrize(
    ("sweep", "message"),
    [
        (None, "design morris or saltelli; its sweep has no sample"),
        ({"sample": {"design": "sobol", "points": 2, "ranges": RANGES}}, "its sample is sobol"),
        ({"sample": {"design": "morris", "points": 1, "ranges": RANGES}}, "one point only"),
        (
            {"grid": {"horizon_months": [6, 7]}, "sample": {"design": "morris", "points": 2, "ranges": RANGES}},
            "not those of the design alone",
        ),
        (
            {
                "sample": {
                    "design": "morris",
                    "points": 2,
                    "ranges": {"compute.quota.hoarding": {"low": 0.0, "high": 0.5}},
                }
            },
            "no parameter of the sweep moves it",
        ),
    ],
    ids=["no sweep", "other design", "one point", "grid beside", "no effect"],
)
def test_sweeps_that_are_no_screening_are_refused(sweep, message, tmp_path):
    batch = gridsim.run_batch(tiny(), [1], tmp_path / "b", sweep=sweep, measures=["queued_mw"], series=[])
    assert message in refused(batch)


def test_an_unfinished_batch_and_a_store_of_older_days_are_refused(tmp_path):
    sweep = {"sample": {"design": "morris", "points": 60, "ranges": RANGES}}
    batch = gridsim.run_batch(
        tiny(), range(1, 3), tmp_path / "b", sweep=sweep, measures=["queued_mw"], series=[], shard=(1, 2)
    )
    assert "200 of 600 runs are missing; finish the batch first" in refused(batch)
    older = gridsim.Batch(tmp_path / "b")
    del older.manifest["sample"]
    assert "made before gridsim kept designs" in refused(older)


def test_cells_that_differ_by_chance_alone_have_no_indices():
    sample = sample_of("saltelli", 4)
    outcomes = np.tile([1.0, -1.0], (20, 1)) * np.random.default_rng(1).normal(size=(20, 1))
    with pytest.raises(ValueError, match="no more than by chance; run more seeds"):
        variance.indices(sample, outcomes)
