"""Figures made again: what counts as identical, within tolerance, different; and the command that says so."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from gridsim.figures.charts import Chart
from gridsim.reproduce import cost, pictures
from gridsim.reproduce.recorded import DIFFERENT, FAILED, IDENTICAL, WITHIN, compared, record
from tests.command_line import environment, process

ROOT = Path(__file__).parents[2]
SCRIPT = '''
"""A queue."""

from gridsim.config.reader import load_text
from gridsim.engine.contrast import worlds
from gridsim.figures.charts import Chart
from gridsim.figures.spread import BY_COLUMN
from gridsim.figures import spread

TEXT = """
title: Small
horizon_months: 24
actors: {labs: {count: 3}, hyperscalers: {count: 1}, developers: {count: 1}, utilities: {count: 2}}
demand: {noise: NOISE}
contrast: {label: without copies, seeds: 2, changes: {mechanisms.m02_duplicates: false}}
"""


def make(quick):
    both, panel = worlds(load_text(TEXT)), BY_COLUMN["queued_mw"]
    texts = spread.title(both, panel), spread.caption(both, panel), spread.alt(both, panel)
    return [Chart("queue", "Queue", *texts, spread.figure(both, panel), spread.table(both, panel))]
'''.lstrip()


FAILING = '''
"""It fails."""


def make(quick):
    raise RuntimeError("no | here")
'''.lstrip()
OWN_START = """
import sys
from gridsim.cli import script


if __name__ == "__main__":
    sys.exit(script(__file__))
"""


def drawn(values: list[float], name: str = "one", text: str = "a") -> Chart:
    table = pd.DataFrame({"month": range(len(values)), "word": text, "MW": values})
    figure = go.Figure(go.Scatter(x=np.arange(len(values)), y=np.array(values)))
    return Chart(name, "Heading", "Title", "Caption", "Alt", figure, table)


@pytest.mark.parametrize(
    ("chart", "verdict", "why"),
    [
        (drawn([1.0, 0.0, np.nan]), IDENTICAL, ""),
        (drawn([1.0 + 1e-8, 1e-12, np.nan]), WITHIN, ""),
        (drawn([1.0 + 1e-4, 0.0, np.nan]), DIFFERENT, "MW is off by 1.0e-04"),
        (drawn([1.0, 0.0, 2.0]), DIFFERENT, "MW is off by inf"),
        (drawn([1.0, 0.0]), DIFFERENT, "other columns or rows"),
        (drawn([1.0, 0.0, np.nan], text="b"), DIFFERENT, "word has other words"),
        (drawn([1.0, 0.0, np.nan])._replace(figure=go.Figure(go.Bar(y=[1.0, 0.0]))), DIFFERENT, "built in another way"),
        (
            drawn([1.0, 0.0, np.nan])._replace(
                figure=go.Figure(go.Scatter(x=np.arange(3), y=np.array([1.0, 0.5, np.nan])))
            ),
            DIFFERENT,
            "the figure is off by",
        ),
    ],
)
def test_a_chart_beside_its_record(tmp_path, chart, verdict, why):
    record(tmp_path, [drawn([1.0, 0.0, np.nan])])
    (found,) = compared(tmp_path, [chart])
    assert (found.verdict, why in found.why) == (verdict, True)


def test_the_same_numbers_packed_by_another_library_are_within_tolerance(tmp_path):
    """Parquet's bytes and the packing of arrays may change with a version; what they say does not."""
    record(tmp_path, [drawn([1.0, 0.5])])
    pd.read_parquet(tmp_path / "one.parquet").to_parquet(tmp_path / "one.parquet", compression="gzip")
    (found,) = compared(tmp_path, [drawn([1.0, 0.5])])
    assert (found.verdict, found.deviation) == (WITHIN, 0.0)


def test_what_is_recorded_and_not_made_or_made_and_not_recorded_differs(tmp_path):
    record(tmp_path, [drawn([1.0]), drawn([1.0], "two")])
    found = compared(tmp_path, [drawn([1.0]), drawn([1.0], "three")])
    assert [(one.chart, one.verdict) for one in found] == [("one", IDENTICAL), ("three", DIFFERENT), ("two", DIFFERENT)]
    record(tmp_path, [drawn([1.0])])
    assert len(compared(tmp_path, [drawn([1.0])])) == 1


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    folder = tmp_path / "scripts"
    folder.mkdir()
    (folder / "queue.py").write_text(SCRIPT.replace("NOISE", "0.25"), encoding="utf-8")
    return folder


def test_the_command_finds_the_same_twice_and_a_changed_parameter_at_once(call, scripts, tmp_path):
    words = ["reproduce", "--scripts", scripts, "--quick", "--out", tmp_path / "out"]
    code, printed, said = call(*words)
    assert (code, "it is not recorded" in printed, "nothing is known of queue" in said) == (5, True, True)
    assert call(*words, "--record")[0] == 0
    for _ in range(2):
        code, printed, said = call(*words)
        assert (code, "1 identical" in printed) == (0, True)
        assert "MB of memory" in said
    report = (tmp_path / "out" / "report.md").read_text("utf-8")
    assert "1 chart of 1 scripts: 1 identical" in report
    assert all(f" {name} " in report for name in ("numpy", "numba", "networkx"))  # on which numbers depend
    (scripts / "queue.py").write_text(SCRIPT.replace("NOISE", "0.26"), encoding="utf-8")
    code, printed, _ = call(*words, "--json")
    assert (code, json.loads(printed)[0]["verdict"]) == (5, DIFFERENT)
    assert "is off by" in (tmp_path / "out" / "report.md").read_text("utf-8")


def test_a_script_that_fails_is_told_and_takes_nothing_from_the_others(call, scripts, tmp_path):
    words = ["reproduce", "--scripts", scripts, "--out", tmp_path / "out"]
    assert call(*words, "--record")[0] == 0
    (scripts / "a_bad_one.py").write_text(FAILING, encoding="utf-8")
    for more in ([], ["--record"]):
        code, printed, _ = call(*words, *more)
        assert (code, "1 chart of 2 scripts: 1 identical; 1 script failed" in printed) == (1, True)
    rows = json.loads(call(*words, "--json")[1])
    assert [(row["script"], row["verdict"], row["why"]) for row in rows] == [
        ("a_bad_one", FAILED, "no | here (RuntimeError)"),
        ("queue", IDENTICAL, ""),
    ]
    report = (tmp_path / "out" / "report.md").read_text("utf-8")
    assert "|  |  | failed |  | no \\| here (RuntimeError) |  |" in report
    assert "Unfinished" not in report


def test_the_report_of_what_was_made_stands_when_the_process_ends_in_the_middle(call, scripts, tmp_path):
    (scripts / "y.py").write_text(FAILING.replace('RuntimeError("no | here")', "KeyboardInterrupt"), encoding="utf-8")
    (scripts / "z.py").write_text(SCRIPT.replace("NOISE", "0.25"), encoding="utf-8")
    code, printed, _ = call("reproduce", "--scripts", scripts, "--out", tmp_path / "out")
    report = (tmp_path / "out" / "report.md").read_text("utf-8")
    assert (code != 0, printed) == (True, "")
    assert "1 of 3 scripts were run" in report
    assert "| queue |" in report


def test_a_script_run_by_itself_does_what_the_command_does(scripts, tmp_path):
    path = (scripts / "queue.py").rename(scripts / "line.py")  # Python's own module is called queue
    path.write_text(path.read_text("utf-8") + OWN_START, encoding="utf-8")
    words = [sys.executable, path, "--out", tmp_path / "out"]
    assert process(command=words).returncode == 5
    assert process("--record", command=words).returncode == 0
    done = process("--json", command=[sys.executable, path.name, "--out", tmp_path / "out"], cwd=scripts)
    assert (done.returncode, json.loads(done.stdout)[0]["verdict"]) == (0, IDENTICAL)
    bad = process("--quik", command=words)
    assert (bad.returncode, "--quik" in bad.stderr) == (2, True)


def test_each_script_of_the_paper_can_be_run_by_itself(tmp_path):
    for path in (ROOT / "analysis").glob("*.py"):
        assert path.read_text("utf-8").endswith(OWN_START.partition("cli import script\n")[2]), path.name
    words = [sys.executable, ROOT / "analysis" / "dark_gpus.py", "--quick"]
    done = process(command=words, cwd=tmp_path, env=environment())
    assert (done.returncode, "1 identical" in done.stdout) == (0, True)


def test_numbers_a_hair_apart_exit_4(call, scripts, tmp_path):
    words = ["reproduce", "queue", "--scripts", scripts, "--out", tmp_path / "out"]
    assert call(*words, "--record")[0] == 0
    path = scripts / "recorded" / "full" / "queue" / "queue.parquet"
    table = pd.read_parquet(path)
    table.iloc[:, 1:] *= 1.0 + 1e-9
    table.to_parquet(path)
    code, printed, _ = call(*words)
    assert (code, WITHIN in printed) == (4, True)


def test_every_chart_leaves_its_data_and_pictures(call, scripts, tmp_path):
    assert call("reproduce", "--scripts", scripts, "--out", tmp_path / "out")[0] == 5
    folder = tmp_path / "out" / "queue"
    kinds = {"json", "csv", "parquet", "txt"} | (set() if pictures.missing() else {"png", "svg"})
    assert {path.name for path in folder.iterdir()} == {f"queue.{kind}" for kind in kinds}
    assert len(pd.read_csv(folder / "queue.csv")) == len(pd.read_parquet(folder / "queue.parquet")) == 24
    if shutil.which("chromium"):
        assert not pictures.missing()
        assert (folder / "queue.png").read_bytes().startswith(b"\x89PNG")
        assert b"<svg" in (folder / "queue.svg").read_bytes()[:200]


def test_a_machine_half_as_fast_takes_twice_as_long(tmp_path, monkeypatch):
    cost.keep(tmp_path, "queue", 30.0, 500.0, 1000, 0.01)
    cost.keep(tmp_path, "other", 10.0, 700.0, 500, 0.01)
    monkeypatch.setattr(cost, "probe", lambda: 0.02)
    assert cost.estimated(tmp_path, ["queue", "other", "new"]) == cost.Cost(80.0, 700, 1500, ("new",))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["geogia"], "did you mean 'georgia'"),
        (["theory", "georgia"], "theory is reproduced on its own"),
        (["--scripts", "nowhere"], "there are no scripts here"),
    ],
)
def test_bad_input_is_one_line(call, words, said, monkeypatch):
    monkeypatch.chdir(ROOT)
    code, _, error = call("reproduce", *words)
    assert (code, said in error, len(error.splitlines())) == (2, True, 1)


def test_a_script_without_charts_is_refused(call, tmp_path):
    texts = {"empty": '"""Nothing."""\n', "mute": "def make(quick):\n    return []\n", "broken": "import no_such\n"}
    for name, text in texts.items():
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
        code, _, error = call("reproduce", name, "--scripts", tmp_path, "--out", tmp_path / "out")
        said = (
            "No module named 'no_such'" if name == "broken" else "a script has a docstring and a function make(quick)"
        )
        assert (code, said in error, len(error.splitlines())) == (2, True, 1)


@pytest.mark.slow
def test_the_recorded_figures_come_out_as_recorded(call, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    code, printed, _ = call("reproduce", "--quick", "--out", tmp_path, "--json")
    wrong = [row for row in json.loads(printed) if row["verdict"] != IDENTICAL]
    assert (code, wrong) == (0, [])
    assert len({row["script"] for row in json.loads(printed)}) == len(list((ROOT / "analysis").glob("*.py")))
