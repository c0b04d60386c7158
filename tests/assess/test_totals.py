"""Totals by quarter: read, simulated, and what follows from them."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import gridsim
from gridsim import assess_command
from gridsim.assess.log import Log
from gridsim.assess.mapping import TotalsMapping, ready
from gridsim.assess.queue import Totals
from gridsim.assess.read import read_any, read_queue
from gridsim.assess.totals import AHEAD, QUANTITIES, forecast, seen, simulated_totals, totals_in
from gridsim.config.errors import ScenarioError
from gridsim.config.sweep import load_sweep
from tests.command_line import ROOT

EXAMPLE = ROOT / "examples" / "georgia_power.csv"
# End of quarter, MW: under contract, whole pipeline. Georgia Public Service Commission filings.
OBSERVED_2026Q2 = 9572.0


def read(tmp_path, text):
    path = tmp_path / "totals.csv"
    path.write_text(text)
    return read_any(path)


def test_the_pipeline_of_georgia_power_is_read():
    found = read_any(EXAMPLE)
    assert isinstance(found, Totals)
    assert found.table.date.dt.strftime("%Y-%m-%d").tolist() == ["2024-03-31", "2024-06-30", "2024-09-30", "2024-12-31"]
    assert (found.table.queued_mw + found.table.signed_mw).tolist() == [19580.0, 22763.0, 34632.0, 44180.0]
    assert found.table.removed_mw.tolist()[1:] == [2595.0, 3002.0, 1698.0]
    assert np.isnan(found.table.added_mw[0])
    assert [(note.row, note.column) for note in found.notes if note.row] == [(2, "added"), (3, "added"), (2, "removed")]
    with pytest.raises(ScenarioError, match="totals by quarter, not a list of requests"):
        read_queue(EXAMPLE)


@pytest.mark.parametrize("change", [lambda t: t.replace("Q1", " Q1"), lambda t: t.replace("2024Q2", "Q2 2024"),
                                    lambda t: t.replace("2024Q4", "2024-12-31"), lambda t: t.replace(",", ";")])  # fmt: skip
def test_quarters_are_read_as_people_write_them_and_in_any_order(tmp_path, change):
    head, *rows = change(EXAMPLE.read_text()).splitlines()
    found = read(tmp_path, "\n".join([head, *rows[::-1]]) + "\n")
    pd.testing.assert_frame_equal(found.table, read_any(EXAMPLE).table)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("2024Q3", "2024Q2", "does not end the quarter after"),
        ("2024Q3,3571,4475,26586,14737,3002\n", "", "does not end the quarter after 2024-06-30"),
        ("2024Q2", "spring", "totals.csv:3:1 quarter: found 'spring'; write the quarter as 2024Q4"),
        ("4243", "many", "totals.csv:5:1 under contract: found 'many'; a total must be a number"),
        ("4243", "-1", "a total must be a number, 0 or more"),
        ("4243", "", "found ''; a total must be a number"),
        ("4243,4031,35906", "0,0,0", "nothing is asked for in the last quarter"),
    ],
)
def test_totals_that_cannot_be_used_are_refused_with_their_line(call, tmp_path, monkeypatch, old, new, expected):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "totals.csv").write_text(EXAMPLE.read_text().replace(old, new))
    code, printed, said = call("assess", "totals.csv")
    assert (code, printed, said.count("\n")) == (2, "", 1), said
    assert expected in said


def test_a_mapping_of_totals_adds_columns_up(tmp_path):
    found = ready()["georgia_power"]
    assert isinstance(found, TotalsMapping)
    assert len(found.queued) == 2


def test_what_is_seen_of_totals():
    looks = seen(np.array([80.0, 120.0]), np.array([20.0, 40.0]), np.array([0.0, 70.0]), np.array([0.0, 10.0]), True)
    expected = {"signed_share": 0.25, "added_share": 0.7, "removed_share": 0.1, "growth_1": np.log(1.6)}
    expected |= {"signed_growth_1": np.log(2), "growth_2": np.nan, "one_utility": 1.0}
    assert {name: looks[name] for name in expected} == pytest.approx(expected, nan_ok=True)
    times = [np.array(values) * 7 for values in ([80, 120], [20, 40], [0, 70], [0, 10])]
    assert seen(*times, True) == pytest.approx(looks, nan_ok=True)


@pytest.fixture(scope="module")
def baseline():
    return gridsim.load(ROOT / "configs" / "baseline.yaml")


def test_simulated_totals_are_those_of_the_run(baseline):
    result = gridsim.simulate(baseline, 5)
    log = Log(result)
    ((looks, truth, _),) = totals_in(log, 40, None)
    series = result.series
    total = series.queued_mw[40] + series.signed_mw[40]
    assert looks["signed_share"] == pytest.approx(series.signed_mw[40] / total)
    assert looks["growth_2"] == pytest.approx(np.log(total / (series.queued_mw[34] + series.signed_mw[34])))
    assert looks["removed_share"] == pytest.approx(
        series.exited_mw[38:41].sum() / (series.queued_mw[37] + series.signed_mw[37])
    )
    later = dict(zip(QUANTITIES, truth, strict=True))
    assert [later[f"signed_{q}"] for q in AHEAD] == pytest.approx([series.signed_mw[40 + 3 * q] / total for q in AHEAD])


@pytest.fixture(scope="module")
def lists(baseline):
    worlds = load_sweep(ROOT / "configs" / "sweeps" / "posterior.yaml", baseline).cells
    return simulated_totals(baseline, worlds, runs=4, snapshots=8)


@pytest.mark.slow
def test_intervals_hold_and_contracts_are_foreseen_better_than_not_looking(lists):
    forest_of = pytest.importorskip("gridsim.assess.forest").Forest
    pytest.importorskip("sklearn")
    is_new = lists.world % 4 == 3
    learned = lists.only(~is_new)
    forest = forest_of(learned, lists.names)
    low, median, high = forest.quantiles(forest.weights(lists.numbers[is_new]))
    truth = lists.truths[is_new]
    inside = ((low <= truth) & (truth <= high)).mean(axis=0)
    assert 0.86 <= inside.mean() <= 0.94
    blind = np.abs(np.median(learned.truths, axis=0) - truth).mean(axis=0)
    assert (np.abs(median - truth).mean(axis=0)[2:] < 0.8 * blind[2:]).all()


@pytest.mark.slow
def test_the_contracts_of_georgia_power_lie_in_what_the_end_of_2024_says(lists):
    """Out of sample: neither the worlds nor the forest have seen this utility's path."""
    pytest.importorskip("sklearn")
    found = read_any(EXAMPLE)
    one_quarter = found._replace(table=found.table.tail(1).reset_index(drop=True))
    for totals in (one_quarter, found):
        row = forecast(totals, lists).set_index("quantity").loc["signed_6"]
        assert row.low_mw < OBSERVED_2026Q2 < row.high_mw
        assert row.high_mw - row.low_mw < 10_000  # and the interval says something: the pipeline is 44,180 MW
        assert row.told


def test_the_command_assesses_totals(call, tmp_path, monkeypatch):
    pytest.importorskip("sklearn")
    monkeypatch.setattr(assess_command, "BASELINE", ROOT / "configs" / "baseline.yaml")
    monkeypatch.setattr(assess_command, "WORLDS", ROOT / "configs" / "sweeps" / "posterior.yaml")
    code, printed, said = call("assess", EXAMPLE, "--out", tmp_path / "out")
    assert code == 0, said
    assert printed.startswith("Of 44 GW in the pipeline at the end of December 2024, 4.2 GW under contract, ")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "report.html",
        "posterior.csv",
        "posterior.parquet",
        "notes.csv",
    }
    assert "gridsim assess georgia_power.csv --out DIR" in (tmp_path / "out" / "report.html").read_text()
    found = json.loads(call("assess", EXAMPLE, "--json")[1])
    assert [row["quantity"] for row in found["posterior"]] == list(QUANTITIES)
    assert found["totals"][0]["date"] == "2024-03-31"
