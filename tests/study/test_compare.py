"""Comparisons of policies: fronts, ranks and sizes by hand, the same worlds for all, and files that do not change."""

from __future__ import annotations

import itertools
import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import gridsim
from gridsim.engine.criteria import CRITERIA, taken
from gridsim.engine.measures import SERIES
from gridsim.engine.result import PLACES
from gridsim.engine.runner import Outcome
from gridsim.study import ranking
from gridsim.study.compare import compare, compared, distinct
from tests.study.test_attribution import BASELINE, SMALL

POLICIES = BASELINE.parent / "policies"
FILES = [BASELINE, POLICIES / "deposit.yaml", POLICIES / "cluster.yaml"]
SETTINGS = [word for path, value in SMALL.items() for word in ("--set", f"{path}={value}")]
FEW = [0.0, 1.0, 2.0, 5.0]
OUTCOMES = st.tuples(*(st.integers(1, 4) for _ in range(3)), st.integers(2, 4)).flatmap(
    lambda shape: arrays(np.float64, shape, elements=st.sampled_from(FEW))
)
SWEEP = """
title: Luck and belief
sample:
  design: latin_hypercube
  points: 3
  seed: 1
  ranges:
    beliefs.weight_own: {low: 0.2, high: 0.8}
"""


def worlds(*policies: list[float]) -> np.ndarray:
    """Outcomes of one criterion, a row a policy, a column a seed."""
    return np.array(policies, dtype=np.float64)[:, None, None, :]


def test_a_front_by_hand():
    values = np.array([[1.0, 4.0], [2.0, 2.0], [3.0, 3.0], [4.0, 1.0], [1.0, 5.0], [2.0, 2.0]])
    assert ranking.on_front(values).tolist() == [True, True, False, True, False, True]


def test_ranks_by_hand():
    resamples = np.array([[1.0, 2.0, 3.0], [2.0, 1.0, 3.0], [1.0, 2.0, 2.0], [1.0, 1.0, 1.0]])
    third = 1.0 / 3.0
    expected = [[2 + third, 1 + third, third], [1 + third, 1.5 + third, 0.5 + third], [third, 0.5 + third, 2.5 + third]]
    np.testing.assert_allclose(ranking.rank_probabilities(resamples), np.array(expected) / 4.0)


def test_the_number_of_worlds_by_hand():
    """(1.6449 + 0.8416)^2 = 6.1826, times the variance over the squared mean."""
    apart = np.array([2.0, 0.0, 2.0, 0.0])  # mean 1, variance 4 / 3
    assert ranking.worlds_needed(apart) == math.ceil(6.1826 * 4.0 / 3.0) == 9
    assert ranking.worlds_needed(-10.0 * apart) == 9
    assert ranking.worlds_needed(apart + 9.0) == 2
    assert math.isnan(ranking.worlds_needed(np.array([1.0, -1.0])))
    assert math.isnan(ranking.worlds_needed(np.array([1.0])))


def test_differences_are_paired():
    """Luck that both policies share leaves no spread between them, and no doubt."""
    luck = [10.0, -30.0, 500.0, 7.0]
    found = compared(["a", "b"], ["queued_mw.mean"], [1, 2, 3, 4], worlds(luck, [x - 2.0 for x in luck]))
    row = found.differences.iloc[1]
    assert (row.difference, row.better, row.worlds_needed) == (-2.0, 1.0, 2.0)
    assert (row.low, row.high) == pytest.approx((-2.0, -2.0))
    assert found.pairs[["policy", "other", "difference"]].to_numpy().tolist() == [["a", "b", 2.0]]
    first = found.ranks[(found.ranks["policy"] == "b") & (found.ranks["rank"] == 1)]
    assert first["probability"].tolist() == [1.0]
    assert found.front["on_front"].tolist() == [False, True]
    assert found.front["share"].tolist() == [0.0, 1.0]


def test_a_world_with_something_unknown_is_left_out_everywhere_and_counted():
    outcomes = worlds([1.0, 2.0, 3.0], [2.0, np.nan, 5.0])
    found = compared(["a", "b"], ["queued_mw.mean"], [1, 2, 3], outcomes)
    assert (found.worlds, found.left_out) == (2, 1)
    assert found.differences["mean"].tolist() == [2.0, 3.5]
    assert np.isfinite(found.differences[["low", "high"]]).all().all()
    assert len(found.outcomes) == 6
    outcomes[1, 0, 0, 0] = np.nan
    with pytest.raises(ValueError, match=r"fewer than two worlds .*queued_mw\.mean is missing"):
        compared(["a", "b"], ["queued_mw.mean"], [1, 2, 3], outcomes)


@pytest.mark.parametrize("axis", [2, 3])
def test_worlds_of_one_point_or_of_one_seed_are_no_independent_draws(axis):
    """What differs between two points alone is as uncertain as two draws leave it, however many seeds there are; and so on."""
    two = np.array([0.0, 1.0]).reshape(1, 1, *((2, 1) if axis == 3 else (1, 2)))
    again = ranking.resampled(np.repeat(two, 50, axis=axis))[:, 0, 0]
    assert set(again.round(9).tolist()) == {0.0, 0.5, 1.0}
    assert np.mean(again == 0.0) == pytest.approx(0.25, abs=0.04)


def test_every_run_is_kept_with_its_policy_point_and_seed():
    outcomes = np.arange(12.0).reshape(2, 1, 2, 3)
    found = compared(["a", "b"], ["queued_mw.mean"], [7, 8, 9], outcomes).outcomes
    expected = [(*key, float(i)) for i, key in enumerate(itertools.product("ab", range(2), [7, 8, 9]))]
    assert list(found.itertuples(index=False, name=None)) == expected


@given(OUTCOMES)
def test_nobody_on_the_front_is_dominated_and_somebody_is_on_it(outcomes):
    values = ranking.means(outcomes)
    on = ranking.on_front(values)
    assert on.any()
    for i, one in enumerate(values):
        beaten = any((other <= one).all() and (other < one).any() for other in values)
        assert on[i] != beaten


@given(OUTCOMES)
def test_chances_of_each_policy_and_of_each_rank_sum_to_one(outcomes):
    again = ranking.resampled(outcomes, 50)
    for j in range(outcomes.shape[1]):
        chances = ranking.rank_probabilities(again[:, :, j])
        np.testing.assert_allclose(chances.sum(axis=0), 1.0)
        np.testing.assert_allclose(chances.sum(axis=1), 1.0)


@given(OUTCOMES, st.randoms(use_true_random=False))
def test_the_order_of_policies_does_not_matter(outcomes, random):
    order = list(range(outcomes.shape[0]))
    random.shuffle(order)
    here, there = ranking.resampled(outcomes, 50), ranking.resampled(outcomes[order], 50)
    np.testing.assert_array_equal(here[:, order], there)
    np.testing.assert_array_equal(ranking.on_front(here)[:, order], ranking.on_front(there))
    for j in range(outcomes.shape[1]):
        chances = ranking.rank_probabilities(here[:, :, j])
        np.testing.assert_allclose(chances[order], ranking.rank_probabilities(there[:, :, j]))


def test_phantom_megawatts_are_claims_beyond_need_in_months_where_there_are_any():
    series = np.zeros((3, len(SERIES)))
    series[:, PLACES["power_claims"]] = [10.0, 4.0, 8.0]
    series[:, PLACES["power_need"]] = [4.0, 10.0, 5.0]
    run = Outcome(series, series, np.zeros((3, len(SERIES))), None)
    assert [taken(run, f"phantom_mw.{kind}") for kind in ("last", "peak", "mean")] == [3.0, 6.0, 3.0]


def test_criteria_of_the_series_are_those_of_the_summary():
    scenario = gridsim.load(BASELINE, SMALL)
    found = compare([scenario, scenario], [3, 4], criteria=CRITERIA[1:])
    summary = gridsim.simulate(scenario, 4, record=None).summary()
    run = found.outcomes[found.outcomes["seed"] == 4].iloc[0]
    assert [run[name] for name in CRITERIA[1:]] == [summary[name] for name in CRITERIA[1:]]


def test_the_reference_against_itself_is_no_different():
    scenario = gridsim.load(BASELINE, SMALL)
    found = compare([scenario, scenario], range(1, 4))
    assert found.names == (scenario.title, f"{scenario.title} (2)")
    assert (found.differences[["difference", "low", "high", "better"]] == 0.0).all().all()
    assert found.differences["worlds_needed"].isna().all()
    assert (found.ranks["probability"] == 0.5).all()
    assert found.front["on_front"].all()


def test_names_that_come_again_get_a_number():
    assert distinct(["a", "a", "b", "a", "a (2)"]) == ("a", "a (2)", "b", "a (3)", "a (2) (2)")


def test_what_cannot_be_compared_is_refused():
    scenario = gridsim.load(BASELINE, SMALL)
    later = scenario.model_copy(update={"start_month": "2025-01"})
    with pytest.raises(ValueError, match="Later: start_month is 2025-01, that of the reference Now is 2024-01"):
        compare([scenario, later], [1, 2], names=["Now", "Later"])
    with pytest.raises(ValueError, match="nothing to compare"):
        compare([scenario], [1, 2])
    with pytest.raises(ValueError, match="at least two worlds"):
        compare([scenario, scenario], [1])
    with pytest.raises(ValueError, match="given twice"):
        compare([scenario, scenario], [1, 1])
    with pytest.raises(ValueError, match=r"did you mean 'phantom_mw\.mean'"):
        compare([scenario, scenario], [1, 2], criteria=["fantom_mw.mean"])


def test_the_command_writes_the_same_bytes_again(call, tmp_path):
    for folder in ("one", "two"):
        code, printed, _ = call("compare", *FILES, "--seeds", "3", *SETTINGS, "--out", tmp_path / folder)
        assert code == 0
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert files == [
        *("comparison.csv", "front.csv", "front.json", "index.html"),
        *("outcomes.parquet", "pairs.csv", "ranks.csv", "ranks.json"),
    ]
    for name in files:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name
    assert "3 policies in 3 worlds; differences to baseline" in printed
    runs = pd.read_parquet(tmp_path / "one" / "outcomes.parquet")
    assert runs["policy"].unique().tolist() == ["baseline", "deposit", "cluster"]
    alone = gridsim.simulate(gridsim.load(FILES[2], SMALL), 2, record=None).summary()
    row = runs[(runs["policy"] == "cluster") & (runs["seed"] == 2)].iloc[0]
    assert row["unserved_need_mw.mean"] == alone["unserved_need_mw.mean"]
    page = (tmp_path / "one" / "index.html").read_text()
    assert "gridsim compare baseline.yaml deposit.yaml cluster.yaml --seeds 3 --set" in page
    assert str(BASELINE.parent) not in page
    assert str(tmp_path) not in page


def test_a_sample_gives_worlds_that_all_policies_share(call, tmp_path):
    sweep = tmp_path / "sweep.yaml"
    sweep.write_text(SWEEP + "grid: {policy.study_fee_usd: [0, 1]}\n")
    words = ["compare", *FILES[:2], "--seeds", "2", *SETTINGS, "--criterion", "queued_mw.peak"]
    code, printed, said = call(*words, "--worlds", sweep, "--json", "--out", tmp_path / "out")
    assert "the grid is left out" in said
    found = json.loads(printed)
    assert (code, found["worlds"], found["left_out"]) == (0, 6, 0)
    runs = pd.read_parquet(tmp_path / "out" / "outcomes.parquet")
    assert runs.groupby("policy")["point"].nunique().tolist() == [3, 3]
    assert runs[runs["policy"] == "baseline"]["queued_mw.peak"].nunique() == 6
    apart = runs.pivot(index=["point", "seed"], columns="policy", values="queued_mw.peak")
    mean = (apart["deposit"] - apart["baseline"]).mean()
    assert found["differences"][1]["difference"] == pytest.approx(mean)


def test_the_worlds_of_a_list_are_its_cells(call, tmp_path):
    sweep = tmp_path / "ensemble.yaml"
    sweep.write_text("list: [{beliefs.weight_own: 0.3}, {beliefs.weight_own: 0.5}, {beliefs.weight_own: 0.3}]\n")
    words = ["compare", *FILES[:2], "--seeds", "1", *SETTINGS, "--criterion", "queued_mw.peak", "--worlds", sweep]
    code, printed, _ = call(*words, "--json", "--out", tmp_path / "out")
    assert (code, json.loads(printed)["worlds"]) == (0, 3)
    runs = pd.read_parquet(tmp_path / "out" / "outcomes.parquet")
    first, other, again = runs[runs["policy"] == "baseline"].sort_values("point")["queued_mw.peak"]
    assert first == again
    alone = gridsim.load(FILES[0], SMALL | {"beliefs.weight_own": 0.5})
    assert other == gridsim.simulate(alone, 1, record=None).summary()["queued_mw.peak"]


def test_a_sample_of_what_the_policies_change_is_refused(call, tmp_path):
    sweep = tmp_path / "sweep.yaml"
    sweep.write_text(
        SWEEP.replace("beliefs.weight_own: {low: 0.2, high: 0.8}", "policy.deposit_usd_per_mw: {low: 1, high: 9}")
    )
    code, _, said = call("compare", *FILES[:2], *SETTINGS, "--worlds", sweep)
    assert code == 2
    assert "the worlds vary policy.deposit_usd_per_mw, in which deposit differs from baseline" in said


def test_bad_input_is_told_in_a_line(call, tmp_path):
    short = tmp_path / "short.yaml"
    short.write_text("title: Short\nstart_month: 2024-01\nhorizon_months: 12\n")
    grid = tmp_path / "grid.yaml"
    grid.write_text("grid: {policy.study_fee_usd: [0, 1]}\n")
    for words, expected in (
        ([BASELINE], "nothing to compare"),
        ([BASELINE, short], "short: horizon_months is 12, that of the reference baseline is 120"),
        ([BASELINE, BASELINE, "--criterion", "queued_mv.peak"], "did you mean 'queued_mw.peak'"),
        ([BASELINE, BASELINE, "--seeds", "1"], "at least two worlds"),
        ([BASELINE, BASELINE, "--worlds", grid], "neither a list nor a sample"),
    ):
        code, printed, said = call("compare", *words)
        assert (code, printed) == (2, ""), words
        assert expected in said
        assert said.count("\n") == 1
