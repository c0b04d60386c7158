"""The stylised facts: targets and verdicts, the page, the command."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest

import gridsim
from gridsim import cli, theory
from gridsim.study import facts_page
from gridsim.study.facts import FACTS, Fact, Outcome, Target, judged, near, outcomes
from gridsim.theory.registry import Case, Row
from tests.command_line import SMALL, by_compiled_model, written

NO = np.nan


# Targets and verdicts


def test_ids_are_distinct_and_the_demanded_facts_have_a_range():
    assert [fact.id for fact in FACTS] == [*(f"F{k}" for k in range(1, 17)), "F22", "F24"]
    assert {fact.id for fact in FACTS if fact.demanded} == {"F3", "F5", "F6", "F7", "F8", "F9", "F10", "F13"}
    for fact in FACTS:
        assert not fact.demanded or any(target.is_judged for target in fact.targets)
        for target in fact.targets:
            assert not target.is_judged or target.low < target.high
            assert target.centre is None or not target.is_judged or target.low <= target.centre <= target.high


def a_fact(*targets, name="a fact", source="a source"):
    return Fact("F0", name, "what", "when", targets, source, "seen", True, lambda run: ())


@pytest.mark.parametrize(
    ("values", "verdict"),
    [((1, 5), "in"), ((2, 9), "in"), ((0.99, 5), "out"), ((2.01, 5), "out"), ((1.5, NO), "in"), ((NO, 5), "unknown")],
)
def test_a_fact_is_in_if_every_judged_value_is_in_its_range_ends_included(values, verdict):
    assert judged(a_fact(Target("", 1, 2), Target("context", centre=4)), values) == verdict


def test_a_fact_without_ranges_is_context_and_all_values_count():
    assert judged(a_fact(Target(), Target()), (1, 2)) == "context"
    assert judged(a_fact(Target("", 0, 1), Target("", 0, 1)), (1, 2)) == "out"
    assert judged(a_fact(Target("", 0, 1), Target("", 0, 1)), (1, NO)) == "unknown"


def test_a_point_is_met_within_its_factor():
    assert near(10.0) == Target("", 8.0, 12.5, 10.0)
    assert near(84, "x", 1.5) == Target("x", 56.0, 126.0, 84)


def test_an_outcome_is_the_mean_and_the_spread_of_the_seeds_that_have_a_number():
    outcome = Outcome(a_fact(Target("", 2, 3), Target()), np.array([[1.0, NO], [NO, NO], [4.0, NO]]))
    assert outcome.mean(0) == 2.5
    assert outcome.interval(0) == (pytest.approx(1.15), pytest.approx(3.85))
    assert np.isnan([outcome.mean(1), *outcome.interval(1)]).all()
    assert outcome.verdict == "in"


def test_outcomes_are_the_measures_of_simulate_seed_by_seed(scenario, result):
    done = []
    found = {outcome.fact.id: outcome for outcome in outcomes(scenario, [3, 5], done=lambda: done.append(1))}
    assert len(done) == 2
    for fact in FACTS:
        np.testing.assert_array_equal(found[fact.id].values[0], fact.measure(result))
    assert not np.array_equal(found["F6"].values[0], found["F6"].values[1])
    for seeds in ([], [-1]):
        with pytest.raises(ValueError, match="at least one"):
            outcomes(scenario, seeds)


# The page and the command


@pytest.mark.parametrize(
    ("target", "text"),
    [
        (Target("", 0.08, 0.15), "0.08 to 0.15"), (Target("", 0.1, 0.27, 0.15), "0.15 (0.1 to 0.27)"),
        (Target("", 1, np.inf), "above 1"), (Target(centre=0.28), "0.28"), (Target(), "-"),
    ],
)  # fmt: skip
def test_targets_as_text(target, text):
    assert facts_page.target_text(target) == text


def test_the_page_has_a_row_per_fact_and_a_gap_only_where_it_is_out():
    made = [
        Outcome(a_fact(Target("", 1, 2), Target("more"))._replace(id=name), np.array([[value, 7.0]]))
        for name, value in (("F1", 1.5), ("F2", 3.0))
    ]
    page = facts_page.page(made, gridsim.Scenario(title="Any"), "gridsim facts", {"F1": "no gap", "F2": "a | gap"})
    lines = [line for line in page.splitlines() if line.startswith("| F")]
    head = "**a fact** | what | when | 1 to 2<br>more: - | a source | seen"
    assert lines == [
        f"| F1 | {head} | 1.50 (1.50 to 1.50)<br>more: 7.00 (7.00 to 7.00) | in |  |",
        f"| F2 | {head} | 3.00 (3.00 to 3.00)<br>more: 7.00 (7.00 to 7.00) | out | a \\| gap |",
    ]
    assert "1 of 2 demanded facts in range" in page
    assert "    gridsim facts\n" in page


@pytest.fixture
def call(monkeypatch, capsys):
    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["gridsim", "facts", *map(str, arguments)])
        return cli.main(), *capsys.readouterr()

    return run


@pytest.fixture
def small(tmp_path):
    return written(tmp_path / "small.yaml", SMALL)


def test_the_table_has_every_fact_and_the_page_says_how_to_get_it(call, small, tmp_path):
    by_compiled_model()
    page = tmp_path / "new" / "facts.md"
    code, out, err = call(small, "--seeds", 2, "--set", "horizon_months=30", "--out", page)
    title, summary, heads, *rows = out.splitlines()
    assert (code, err) == (0, f"gridsim: wrote {page}\n")
    assert title == "Small (seeds 1 to 2, 30 months)"
    assert summary.endswith("of 8 demanded facts in range.")
    assert heads.split() == " ".join(facts_page.HEADS).split()
    assert [row.split()[0] for row in rows if not row.startswith(" ")] == [fact.id for fact in FACTS]
    text = page.read_text(encoding="utf-8")
    assert "gridsim facts small.yaml --seeds 2 --set horizon_months=30\n" in text
    assert str(tmp_path) not in text
    assert text.count("\n| F") == len(FACTS)


def test_theory_stands_beside_the_facts_and_fails_the_command(call, small, tmp_path, monkeypatch):
    good = Case("Z1", "a case", "Nobody 2000", "derived", lambda: [Row("good", 1.0, 1.0, 0.1)])
    bad = Case("Z2", "another", "Nobody 2000", "derived", lambda: [Row("bad", 9.0, 1.0, 0.1)])
    page = tmp_path / "validation.md"
    monkeypatch.setattr(theory, "cases", lambda: {"Z1": good})
    code, out, _ = call(small, "--seeds", 1, "--theory", "--out", page)
    assert code == 0
    assert out.endswith("Results of the literature: 1 of 1 cases hold, 1 of 1 numbers.\n")
    text = page.read_text(encoding="utf-8")
    assert "gridsim facts small.yaml --seeds 1 --theory\n" in text
    assert text.endswith("| Z1 | a case | Nobody 2000 (derived) | 1 | 0 | yes |\n")
    monkeypatch.setattr(theory, "cases", lambda: {"Z1": good, "Z2": bad})
    code, out, _ = call(small, "--seeds", 1, "--theory")
    assert code == 1
    assert [line.split()[0] for line in out.splitlines()[-2:]] == ["case", "Z2"]
    code, out, _ = call(small, "--seeds", 1, "--theory", "--json")
    assert (code, [case["holds"] for case in json.loads(out)["theory"]]) == (1, [True, False])


def test_json_is_strict_and_holds_every_value(call, small):
    def refuse(name):
        raise AssertionError(f"{name} is not JSON")

    code, out, _ = call(small, "--seeds", 2, "--json")
    data = json.loads(out, parse_constant=refuse)
    assert code == 0
    assert (data["title"], data["seeds"]) == ("Small", 2)
    assert list(data["facts"]) == [fact.id for fact in FACTS]
    unknown = [fact for fact in data["facts"].values() if fact["verdict"] == "unknown"]
    assert unknown  # in so small a market something never happens
    assert all(any(value["mean"] is None for value in fact["values"]) for fact in unknown)
    found = {outcome.fact.id: outcome for outcome in outcomes(gridsim.load(small), [1, 2])}
    assert data["facts"]["F10"]["values"][1]["mean"] == found["F10"].mean(1)


def test_the_scenario_is_the_baseline_where_there_is_one(call, small, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, err = call("--seeds", 1)
    assert (code, out) == (2, "")
    assert "configs/baseline.yaml" in err
    (tmp_path / "configs").mkdir()
    small.rename(tmp_path / "configs" / "baseline.yaml")
    assert call("--seeds", 1)[1].startswith("Small (seeds 1 to 1, 24 months)\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ["none.yaml"], ["SMALL", "--seeds", "0"], ["SMALL", "--seeds", "x"], ["SMALL", "--set", "horizon=3"],
        ["SMALL", "--out", "FOLDER"], ["SMALL", "--out", "SMALL/below.md"], ["SMALL", "--out", "a\0b"],
    ],
)  # fmt: skip
def test_bad_input_is_2_before_anything_runs(call, small, tmp_path, monkeypatch, arguments):
    def never(*_, **__):
        raise AssertionError("it ran")

    monkeypatch.setattr("gridsim.study.facts.run_prepared", never)
    code, out, err = call(*(a.replace("SMALL", str(small)).replace("FOLDER", str(tmp_path)) for a in arguments))
    assert (code, out) == (2, "")
    assert err
    assert "Traceback" not in err


def test_a_page_that_was_there_is_kept_until_the_new_one_is_ready(call, small, tmp_path, monkeypatch):
    old = written(tmp_path / "facts.md", "old")

    def fail(*_, **__):
        raise RuntimeError("no luck")

    monkeypatch.setattr("gridsim.study.facts.run_prepared", fail)
    assert call(small, "--seeds", 1, "--out", old)[0] == 1
    assert old.read_text(encoding="utf-8") == "old"
    assert call(small, "--seeds", 1, "--out", tmp_path / "other.md")[0] == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["facts.md", "small.yaml"]
