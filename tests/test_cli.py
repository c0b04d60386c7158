"""The command line: what each command answers, and its exit codes."""

import json
import re

import pytest

import gridsim
from gridsim import tables
from tests.command_line import BAD, SMALL, by_compiled_model, process, written


@pytest.fixture
def small(tmp_path):
    return written(tmp_path / "small.yaml", SMALL)


@pytest.fixture
def bad(tmp_path):
    return written(tmp_path / "bad.yaml", BAD)


# What it answers


def test_help_names_every_command_and_exit_code(call):
    code, out, err = call("--help")
    assert (code, err) == (0, "")
    for word in ("run", "facts", "reproduce", "validate", "schema", "list", "130 interrupted", "gridsim run configs/"):
        assert word in out


@pytest.mark.parametrize(
    "command",
    ["run", "facts", "attribute", "compare", "sensitivity", "crate", "reproduce", "validate", "schema", "list"],
)
def test_help_of_a_command_explains_its_options_and_shows_an_example(call, command):
    code, out, _ = call(command, "-h")
    assert code == 0
    assert f"gridsim {command} " in out
    assert "Examples" in out


def test_version(call):
    assert call("--version") == (0, f"gridsim {gridsim.__version__}\n", "")


def test_completion_script_is_for_gridsim():
    done = process("--show-completion", "bash", env={"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"})
    assert done.returncode == 0
    assert "_GRIDSIM_COMPLETE" in done.stdout


def test_run_prints_a_headline_and_key_measures_with_units(call, small):
    by_compiled_model()
    code, out, err = call("run", small, "--seed", 7)
    assert (code, err) == (0, "")
    title, headline, heads, *rows = out.splitlines()
    assert title == "Small (seed 7, 24 months)"
    assert headline.endswith(".")
    assert heads.split() == ["measure", "unit", "last", "peak", "mean"]
    assert [row.split()[0] for row in rows] == list(tables.KEY_MEASURES)


def test_twin_stands_beside_the_run(call, small):
    _, out, _ = call("run", small, "--twin")
    assert out.splitlines()[2].split() == ["measure", "unit", "last", "twin", "peak", "twin", "mean", "twin"]
    duplicates = next(line for line in out.splitlines() if line.startswith("duplicate_mw"))
    assert [value == "0" for value in duplicates.split()[2:]] == [False, True] * 3


def test_json_is_strict_and_holds_the_whole_summary(call, small):
    def refuse(name):
        raise AssertionError(f"{name} is not JSON")

    code, out, _ = call("run", small, "--json", "--twin", "--set", "horizon_months=12", "--seed", 3)
    data = json.loads(out, parse_constant=refuse)
    result = gridsim.simulate(gridsim.load(small, {"horizon_months": 12}), seed=3, twin=True)
    assert code == 0
    assert data["power_claims.peak"] == result.summary()["power_claims.peak"]
    assert data["time_to_power_p50.last"] is None
    assert set(result.summary()) <= set(data)
    assert set(result.summary()) == set(data["twin"])
    assert data["manifest"]["seed"] == 3
    assert data["manifest"]["result_digest"] == result.manifest["result_digest"]


def test_validate_says_ok_per_good_file_and_every_problem_of_a_bad_one(call, small, bad):
    code, out, err = call("validate", small, bad, small)
    assert code == 2
    assert out == f"{small}: ok\n" * 2
    lines = err.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith(f"{bad}:2:")
    assert lines[1].startswith(f"{bad}:3:")


def test_schema_is_json_and_defaults_are_a_scenario(call, tmp_path):
    assert json.loads(call("schema")[1])["properties"]["horizon_months"]["default"] == 120
    assert gridsim.load(written(tmp_path / "defaults.yaml", call("schema", "--defaults")[1])).horizon_months == 120


def test_list_shows_titles_and_marks_bad_scenarios(call, small, bad, tmp_path, monkeypatch):
    (tmp_path / "configs" / "policies").mkdir(parents=True)
    small.rename(tmp_path / "configs" / "policies" / "small.yaml")
    bad.rename(tmp_path / "configs" / "bad.yaml")
    monkeypatch.chdir(tmp_path)
    code, out, _ = call("list", "scenarios")
    assert code == 0
    assert re.search(r"configs/policies/small.yaml +Small\n", out)
    assert re.search(r"configs/bad.yaml +bad: .+ \(and 1 more\)\n", out)
    assert json.loads(call("list", "scenarios", "configs/policies", "--json")[1]) == [
        {"file": "configs/policies/small.yaml", "title": "Small", "problem": None}
    ]


def test_list_without_a_kind_is_everything(call, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, err = call("list", "--json")
    found = json.loads(out)
    assert (code, err) == (0, "")
    assert {name: len(items) > 0 for name, items in found.items()} == {
        "scenarios": False, "sweeps": False, "strategies": True, "rules": True, "measures": True,
    }  # fmt: skip
    code, out, err = call("list")
    assert err == "gridsim: no scenarios in configs\ngridsim: no sweeps in configs\n"
    for word in ("heuristic", "kelly", "power_phantom_ratio"):
        assert word in out


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (float("nan"), "-"),
        (0.99951, "1.00"),
        (9.996, "10.0"),
        (99.96, "100"),
        (12345.6, "12,346"),
        (2e-5, "2e-05"),
    ],
)
def test_numbers_for_people(value, text):
    assert tables.number(value) == text


# Bad input is 2, a failure 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["frobnicate"], ["--frobnicate"], ["run"], ["run", "none.yaml"], ["run", "SMALL", "--sed", "1"], ["validate"],
        ["run", "SMALL", "--seed", "-1"], ["run", "SMALL", "--seed", "x"], ["run", "SMALL", "--seed", str(2**63)],
        ["run", "SMALL", "--set", "horizon_months"], ["run", "SMALL", "--set", "horizon=3"], ["list", "nothing"],
        ["run", "SMALL", "--record", "nothing"], ["run", "SMALL", "--out", "SMALL/below"], ["list", "rules", "."],
        ["run", "SMALL", "--out", "a\0b"], ["list", "scenarios", "SMALL"],
    ],
)  # fmt: skip
def test_bad_input_is_2_and_said_on_stderr_alone(call, small, arguments):
    code, out, err = call(*(argument.replace("SMALL", str(small)) for argument in arguments))
    assert (code, out) == (2, "")
    assert err
    assert "Traceback" not in err


def test_no_command_shows_the_help_and_is_2(call):
    code, out, err = call()
    assert (code, err) == (2, "")
    assert "Usage: gridsim" in out


def failing(error):
    def simulate(*_, **__):
        raise error

    return simulate


@pytest.mark.parametrize("asked", [False, True])
def test_a_failed_run_is_1_in_one_line_and_a_traceback_only_if_asked_for(call, small, monkeypatch, asked):
    from gridsim.engine import simulate

    monkeypatch.setenv("GRIDSIM_TRACEBACK", "1" if asked else "0")
    monkeypatch.setattr(simulate, "simulate", failing(simulate.ConservationError("lost\ncount")))
    code, out, err = call("run", small)
    assert (code, out) == (1, "")
    assert err.endswith("gridsim: error: lost count (ConservationError)\n")
    assert ("Traceback" in err) == asked
    assert asked or err.count("\n") == 1
