"""Sweeps: cells as designed, errors with a place, designs with the properties that they are used for."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gridsim
from gridsim.config.errors import ScenarioError
from gridsim.config.sweep import Range, Sweep, load_sweep
from gridsim.study.cells import cells_from, cells_table
from gridsim.study.designs import cells, ranks
from gridsim.study.parts import parquet
from gridsim.study.plan import compact, expanded, make_plan
from tests.study.small import tiny

RANGES = {
    "policy.deposit_usd_per_mw": {"low": 0, "high": 100000},
    "demand.growth_gw": {"low": 1, "high": 100, "scale": "log"},
    "grid.study.months_min": {"low": 2, "high": 9, "whole": True},
    "mechanisms.m02_duplicates": {"values": [True, False]},
}


def sampled(design, points, **more):
    return Sweep.model_validate({"sample": {"design": design, "points": points, "ranges": RANGES} | more})


def test_a_grid_is_every_combination_the_last_path_fastest():
    found = cells(Sweep.model_validate({"grid": {"a.b": [1, 2], "c": ["x", "y", "z"]}}))
    assert found == [{"a.b": a, "c": c} for a in (1, 2) for c in "xyz"]


def test_list_grid_and_sample_are_multiplied():
    sweep = Sweep.model_validate(
        {
            "list": [{"p": 1}, {"q": 2}],
            "grid": {"g": [1, 2, 3]},
            "sample": {"design": "latin_hypercube", "points": 4, "ranges": {"s": {"low": 0, "high": 1}}},
        }
    )
    found = cells(sweep)
    assert len(found) == 2 * 3 * 4
    assert [set(cell) for cell in found[:1] + found[-1:]] == [{"p", "g", "s"}, {"q", "g", "s"}]


def test_without_a_sweep_there_is_one_cell_the_scenario_itself():
    assert cells(None) == [{}]


@pytest.mark.parametrize(
    ("design", "points", "count"),
    [("latin_hypercube", 20, 20), ("sobol", 16, 16), ("saltelli", 8, 48), ("morris", 5, 25)],
)
def test_designs_have_their_size_stay_in_range_and_come_again(design, points, count):
    sweep = sampled(design, points)
    found = cells(sweep)
    assert len(found) == count
    assert found == cells(sweep)
    assert found != cells(sampled(design, points, seed=2))
    for cell in found:
        assert 0 <= cell["policy.deposit_usd_per_mw"] <= 100000
        assert 1 <= cell["demand.growth_gw"] <= 100
        assert isinstance(cell["grid.study.months_min"], int)
        assert cell["mechanisms.m02_duplicates"] in (True, False)


def test_a_latin_hypercube_has_one_point_in_each_layer_and_a_log_range_is_uniform_in_the_logarithm():
    found = cells(sampled("latin_hypercube", 50))
    deposits = sorted(cell["policy.deposit_usd_per_mw"] for cell in found)
    assert [int(deposit / 2000) for deposit in deposits] == list(range(50))
    growth = np.sort(np.log([cell["demand.growth_gw"] for cell in found]) / np.log(100))
    assert (growth * 50).astype(int).tolist() == list(range(50))


def test_a_morris_trajectory_changes_one_range_at_a_time():
    points = ranks(sampled("morris", 6).sample).reshape(6, 5, 4)
    changed = (np.diff(points, axis=1) != 0).sum(axis=2)
    assert (changed == 1).all()


def test_a_saltelli_design_gives_the_indices_of_a_linear_function():
    from SALib.analyze import sobol

    from gridsim.study.designs import salib_problem

    sample = sampled("saltelli", 512).sample
    points = ranks(sample)
    weights = np.array([4.0, 2.0, 1.0, 0.0])
    found = sobol.analyze(salib_problem(sample), points @ weights, calc_second_order=False, seed=1)
    np.testing.assert_allclose(found["S1"], weights**2 / 21.0, atol=0.03)
    np.testing.assert_allclose(found["ST"], weights**2 / 21.0, atol=0.03)


@given(st.floats(1e-6, 1e6), st.floats(1.001, 1e6), st.floats(0, 1), st.sampled_from(["linear", "log"]))
def test_a_range_gives_values_in_its_bounds_that_rise_with_rank(low, factor, rank, scale):
    drawn = Range(low=low, high=low * factor, scale=scale)
    assert low <= drawn.at(rank) <= low * factor
    assert drawn.at(rank / 2) <= drawn.at(rank)
    assert (drawn.at(0.0), drawn.at(1.0)) == (low, low * factor)


def problems(tmp_path, text):
    path = tmp_path / "sweep.yaml"
    path.write_text(text)
    with pytest.raises(ScenarioError) as raised:
        load_sweep(path, tiny())
    return str(raised.value).replace(str(path), "sweep.yaml")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "the file is empty"),
        ("title: nothing\n", "a sweep has a grid, a list or a sample"),
        ("gird: {horizon_months: [1]}\n", "sweep.yaml:1:1 gird: unknown key 'gird'; did you mean 'grid'?"),
        (
            "grid:\n  policy.deposit_usd_per_mw: [0, -1]\n",
            "sweep.yaml:2:34 policy.deposit_usd_per_mw: found -1; write a number from 0",
        ),
        (
            "grid:\n  mechanisms.m02_duplicate: [true]\n",
            "sweep.yaml:2:30 mechanisms.m02_duplicate: unknown key 'm02_duplicate'; did you mean 'm02_duplicates'?",
        ),
        ("grid: {seed: [1, 2]}\n", "a sweep does not vary seed"),
        ("grid: {horizon_months: []}\n", "grid: horizon_months has no values"),
        ("list: [{horizon_months: 6}, {horizon_months: x}]\n", "found 'x'; write a whole number"),
        (
            "grid: {horizon_months: [6]}\nlist: [{horizon_months: 6}]\n",
            "horizon_months is varied in two ways",
        ),
        (
            "sample: {design: sobol, points: 6, ranges: {horizon_months: {low: 6, high: 9}}}\n",
            "points must be a power of 2 for sobol, found 6",
        ),
        (
            "sample: {design: latin_hypercube, points: 4, ranges: {horizon_months: {low: 6, high: 9}}}\n",
            "horizon_months: found 6.0; write a whole number from 1 to 600 (months); did you mean 6?",
        ),
        (
            "sample: {design: latin_hypercupe, points: 4, ranges: {horizon_months: {low: 6, high: 9}}}\n",
            "did you mean 'latin_hypercube'?",
        ),
        (
            "sample: {design: morris, points: 4, ranges: {horizon_months: {low: 9, high: 6}}}\n",
            "low must be below high, found 9 and 6",
        ),
        (
            "sample: {design: morris, points: 4, ranges: {horizon_months: {low: 0, high: 6, scale: log}}}\n",
            "low must be above 0 on a log scale",
        ),
        (
            "grid: {grid.study.months_min: [2, 20], grid.study.months_max: [3, 30]}\n",
            "months_min must not exceed",
        ),
    ],
)
def test_a_bad_sweep_is_named_by_line_and_key(tmp_path, text, expected):
    assert expected in problems(tmp_path, text)


def test_all_problems_of_a_sweep_are_said_at_once(tmp_path):
    text = problems(tmp_path, "grid:\n  horizon_months: [0, 5, 1000]\n  demand.growth_gv: [1]\n")
    assert [line.split(" ")[0] for line in text.splitlines()] == [
        "sweep.yaml:2:20",
        "sweep.yaml:2:26",
        "sweep.yaml:3:22",
    ]


def test_cells_survive_a_file_whatever_their_values(tmp_path):
    listed = [
        {"a": 1, "b": True, "c": 0.1, "d": "x", "e": [1, {"k": None}], "f": 2**70, "g": 1},
        {"a": 2, "b": False, "c": 1e300, "d": 'quo"te', "e": {}, "g": 1.5},
        {},
    ]
    path = tmp_path / "cells.parquet"
    path.write_bytes(parquet(cells_table(listed, list("abcdefg"))))
    found = cells_from(path)
    assert json.dumps(found) == json.dumps(listed)


@given(st.lists(st.integers(0, 60), unique=True, min_size=1))
def test_seeds_survive_the_manifest(seeds):
    assert expanded(compact(seeds)) == seeds


def test_a_plan_numbers_cells_then_seeds_then_twins():
    plan = make_plan(tiny(), [7, 9], sweep=Sweep.model_validate({"grid": {"horizon_months": [6, 7]}}), twin=True)
    assert len(plan) == 8
    assert [(r.cell, r.seed, r.twin) for r in map(plan.run, range(8))] == [
        (cell, seed, twin) for cell in (0, 1) for seed in (7, 9) for twin in (False, True)
    ]
    assert plan.variant(1, True).horizon_months == 7
    assert not plan.variant(1, True).mechanisms.m02_duplicates
    assert len({plan.id_of(plan.run(n)) for n in range(8)}) == 8


def test_words_change_no_run_and_values_do():
    base = tiny()
    ids = [
        make_plan(scenario, [1]).id_of(make_plan(scenario, [1]).run(0))
        for scenario in (
            base,
            base.model_copy(update={"title": "Another", "description": "words", "seed": 5}),
            base.model_copy(update={"horizon_months": 13}),
        )
    ]
    assert ids[0] == ids[1] != ids[2]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"seeds": []}, "at least one"),
        ({"seeds": [1, 1]}, "given twice"),
        ({"seeds": [-1]}, "from 0 to"),
        (
            {"seeds": [1], "measures": ["queued_mv"]},
            "measures: there is no measure 'queued_mv'; did you mean 'queued_mw'?",
        ),
        ({"seeds": [1], "series": ["nothing at all"]}, "gridsim list measures"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        make_plan(tiny(), **arguments)


def test_the_public_names_are_there():
    assert {"Batch", "run", "run_batch"} <= set(dir(gridsim))
