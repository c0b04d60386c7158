"""The sweeps in configs/sweeps/, how they are listed, and how a sweep is held against a scenario."""

import json
from pathlib import Path

import pytest

import gridsim
from gridsim.config.sweep import Sweep, load_sweep
from gridsim.config.variants import varied
from gridsim.study.designs import cells
from tests.command_line import written

ROOT = Path(__file__).parents[2]
SWEEPS = sorted((ROOT / "configs" / "sweeps").iterdir())
SWEEP = "title: Two\ngrid: {horizon_months: [12, 24], mechanisms.m02_duplicates: [true, false]}\n"


@pytest.fixture(scope="module")
def baseline():
    return gridsim.load(ROOT / "configs" / "baseline.yaml")


@pytest.mark.parametrize("path", SWEEPS, ids=lambda path: path.stem)
def test_every_sweep_says_what_it_shows_has_the_editor_hint_and_runs_in_the_baseline(path, baseline):
    sweep = load_sweep(path, baseline)
    assert sweep.title
    assert "configs/baseline.yaml" in sweep.description
    assert path.read_text(encoding="utf-8").startswith("# yaml-language-server: $schema=../gridsim.sweep.schema.json\n")
    found = cells(sweep)
    for cell in (found[0], found[len(found) // 2], found[-1]):
        assert gridsim.run(varied(baseline, cell | {"horizon_months": 12}), seed=1)["power_claims"].max() > 0


def test_the_sweeps_show_a_grid_a_list_and_three_designs_of_samples(baseline):
    kinds = {
        kind
        for sweep in (load_sweep(path, baseline) for path in SWEEPS)
        for kind in (sweep.grid and "grid", sweep.cells and "list", sweep.sample and sweep.sample.design)
        if kind
    }
    assert kinds >= {"grid", "list", "latin_hypercube", "saltelli", "morris"}


def test_points_must_be_given():
    with pytest.raises(ValueError, match="points"):
        Sweep.model_validate({"sample": {"design": "sobol", "ranges": {"demand.noise": {"low": 0.1, "high": 0.2}}}})


def folder_of_both(top):
    (top / "configs" / "sweeps").mkdir(parents=True)
    written(top / "configs" / "small.yaml", "title: Small\nhorizon_months: 12\n")
    written(top / "configs" / "sweeps" / "two.yaml", SWEEP)
    written(top / "configs" / "sweeps" / "bad.yaml", "title: Bad\ngrids: {}\n")


def test_sweeps_are_listed_apart_from_scenarios(call, tmp_path, monkeypatch):
    folder_of_both(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert [item["file"] for item in json.loads(call("list", "scenarios", "--json")[1])] == ["configs/small.yaml"]
    for folder in ("configs", "configs/sweeps"):
        bad, two = json.loads(call("list", "sweeps", folder, "--json")[1])
        assert two == {"file": "configs/sweeps/two.yaml", "title": "Two", "problem": None}
        assert bad["title"] is None
        assert "grids" in bad["problem"]
    code, _, err = call("list", "scenarios", "configs/sweeps")
    assert (code, err) == (0, "gridsim: no scenarios in configs/sweeps\n")
    assert call("list", "sweeps", "nowhere")[0] == 2


def test_a_sweep_is_validated_in_the_scenarios_that_it_is_for(call, tmp_path, monkeypatch):
    folder_of_both(tmp_path)
    monkeypatch.chdir(tmp_path)
    code, out, err = call("validate", "configs/small.yaml", "--sweep", "configs/sweeps/two.yaml")
    assert (code, out, err) == (0, "configs/small.yaml: ok; 4 cells of configs/sweeps/two.yaml\n", "")
    written(tmp_path / "wrong.yaml", "grid:\n  horizon_months: [12, -1]\n  horizons: [3]\n")
    code, out, err = call("validate", "configs/small.yaml", "--sweep", "wrong.yaml")
    assert (code, out) == (2, "")
    assert [line.split(" ")[0] for line in err.splitlines()] == ["wrong.yaml:2:24", "wrong.yaml:3:14"]


def test_the_schema_of_sweeps_is_printed_on_request(call):
    assert set(json.loads(call("schema", "--sweep")[1])["properties"]) >= {"grid", "list", "sample"}
    assert call("schema", "--sweep", "--defaults")[0] == 2
