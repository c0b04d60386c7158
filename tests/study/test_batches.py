"""Batches: what the store holds is what single runs give, and tools read it as it lies there."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pandas as pd
import pytest

import gridsim
from gridsim.config.reader import load_text
from gridsim.config.variants import varied
from gridsim.engine.measures import SERIES
from gridsim.engine.prepare import prepare
from gridsim.engine.runner import Runner
from gridsim.engine.simulate import run_prepared
from gridsim.model.state import State
from gridsim.study.batch import sweep_of
from gridsim.study.parts import is_sound
from gridsim.study.plan import make_plan
from gridsim.study.results import QueryError
from gridsim.study.rows import Rows
from gridsim.study.store import StoreError
from gridsim.study.work import ran, tasks
from tests.command_line import by_compiled_model, process, written
from tests.study.small import TINY, content, tiny

SWEEP = {"grid": {"policy.deposit_usd_per_mw": [0, 50000], "mechanisms.m02_duplicates": [True, False]}}


@pytest.fixture(scope="module")
def batch(tmp_path_factory):
    """Four cells, five seeds, with twins."""
    out = tmp_path_factory.mktemp("batch") / "store"
    return gridsim.run_batch(tiny(), range(3, 8), out, sweep=SWEEP, twin=True, series=["queued_mw", "power_real"])


def test_every_row_is_what_a_single_run_gives(batch):
    assert len(batch.runs) == 4 * 5 * 2
    assert batch.runs.run.tolist() == list(range(40))
    assert (
        len(set(batch.runs.id)) == 30
    )  # without gaming there are no duplicates to switch off: ten twins are others' twins
    for row in batch.runs.iloc[[0, 1, 17, 22, 39]].to_dict("records"):
        values = {path: row[path] for path in SWEEP["grid"]}
        result = gridsim.simulate(varied(tiny(), values), row["seed"], twin=True)
        result = result.twin if row["twin"] else result
        for name, value in result.summary().items():
            assert row[name] == value or (np.isnan(row[name]) and np.isnan(value)), name
        months = batch.months[batch.months.run == row["run"]]
        assert months.month.tolist() == list(range(12))
        assert pd.to_datetime(months.date).tolist() == result.dates.tolist()
        for name in ("queued_mw", "power_real"):
            np.testing.assert_array_equal(months[name], result.series[name])


def test_only_what_is_asked_for_is_kept(tmp_path):
    found = gridsim.run_batch(tiny(), [1, 2], tmp_path / "s", measures=["queued_mw"], series=[])
    assert [name for name in found.runs.columns if "." in name] == [
        "queued_mw.last",
        "queued_mw.peak",
        "queued_mw.mean",
    ]
    assert found.months.columns.tolist() == ["run", "cell", "seed", "twin", "month", "date"]


def test_cells_share_their_random_numbers(batch):
    """With duplicates off, a deposit of nothing and one that nobody pays differ in nothing that comes before filing."""
    first = batch.runs[~batch.runs.twin & batch.runs["mechanisms.m02_duplicates"]]
    need = first.pivot_table(index="seed", columns="policy.deposit_usd_per_mw", values="power_need.last")
    assert (need[0] == need[50000]).all()


def test_horizons_may_differ_between_cells(tmp_path):
    found = gridsim.run_batch(tiny(), [1], tmp_path / "s", sweep={"grid": {"horizon_months": [6, 9]}})
    assert found.months.groupby("cell").size().tolist() == [6, 9]


def test_a_batch_begun_again_runs_nothing_and_another_one_is_refused(batch):
    before = content(batch.folder)
    again = gridsim.run_batch(
        tiny(), range(3, 8), batch.folder, sweep=SWEEP, twin=True, series=["queued_mw", "power_real"]
    )
    assert content(again.folder) == before
    assert len((batch.folder / "sessions.jsonl").read_text().splitlines()) == 1
    for arguments, words in (
        ({"seeds": range(3, 9)}, "its seeds are 3 to 7, not 3 to 8"),
        ({"twin": False}, "twins"),
        ({"sweep": None}, "other cells"),
        ({"series": None}, "keeps other series"),
        ({"measures": ["queued_mw"]}, "keeps other measures"),
        ({"scenario": varied(tiny(), {"demand.growth_gw": 9})}, "its scenario differs in demand"),
    ):
        same = {"scenario": tiny(), "seeds": range(3, 8), "sweep": SWEEP, "twin": True}
        with pytest.raises(StoreError, match=words):
            gridsim.run_batch(**same | {"series": ["queued_mw", "power_real"]} | arguments, out=batch.folder)
    assert content(batch.folder) == before


def test_a_folder_of_something_else_and_a_newer_store_are_refused(tmp_path):
    (tmp_path / "photo.jpg").write_bytes(b"")
    with pytest.raises(StoreError, match="not empty and no store"):
        gridsim.run_batch(tiny(), [1], tmp_path)
    with pytest.raises(StoreError, match=r"there is no batch\.json"):
        gridsim.Batch(tmp_path)
    gridsim.run_batch(tiny(), [1], tmp_path / "s")
    manifest = tmp_path / "s" / "batch.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"format": 99, "gridsim": "9.9"}))
    with pytest.raises(StoreError, match=r"format 99, written by gridsim 9\.9"):
        gridsim.Batch(tmp_path / "s")
    manifest.write_text("{")
    with pytest.raises(StoreError, match="cannot be read"):
        gridsim.Batch(tmp_path / "s")


def test_a_store_made_by_other_sources_is_stale(tmp_path, monkeypatch):
    gridsim.run_batch(tiny(), [1], tmp_path / "s")
    monkeypatch.setattr("gridsim.model.jit_cache.source_digest", lambda: "another")
    with pytest.raises(StoreError, match="made by another version of the model"):
        gridsim.run_batch(tiny(), [1], tmp_path / "s")


def test_a_part_of_another_batch_is_put_aside_however_sound(tmp_path):
    mine, other = (
        gridsim.run_batch(varied(tiny(), {"demand.growth_gw": gw}), [1, 2], tmp_path / f"{gw}") for gw in (9, 10)
    )
    before = content(mine.folder)
    for table in ("runs", "months"):
        (part,) = (mine.folder / table).iterdir()
        (foreign,) = (other.folder / table).iterdir()
        part.unlink()
        shutil.copy(foreign, mine.folder / table)
    assert len(mine.status()["damaged_parts"]) == 2
    gridsim.run_batch(varied(tiny(), {"demand.growth_gw": 9}), [1, 2], mine.folder)
    assert content(mine.folder) == before
    assert len(list((mine.folder / "quarantine").iterdir())) == 2


def test_pandas_polars_and_duckdb_read_the_tables_as_they_lie_there(batch):
    import duckdb

    whole = pd.read_parquet(batch.folder / "runs")
    pd.testing.assert_frame_equal(whole.sort_values("run", ignore_index=True), batch.runs)
    rows = duckdb.sql(f"select count(*), sum(queued_mw) from '{batch.folder}/months/*.parquet'").fetchone()
    assert rows == (len(batch.months), pytest.approx(batch.months.queued_mw.sum()))


def test_queries_see_the_tables_and_nothing_else(batch, tmp_path):
    found = batch.query(
        'select cell, avg("queued_mw.peak") as peak from runs where not twin group by cell order by cell'
    )
    expected = batch.runs[~batch.runs.twin].groupby("cell")["queued_mw.peak"].mean()
    np.testing.assert_allclose(found.peak, expected)
    assert len(batch.query("select * from months join cells using (cell)")) == len(batch.months)
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    for sql in (
        f"select * from read_csv('{secret}')",
        f"copy runs to '{tmp_path}/out.csv'",
        f"attach '{tmp_path}/x.db'",
        "set enable_external_access = true",
        "selec 1",
    ):
        with pytest.raises(QueryError) as raised:
            batch.query(sql)
        assert "\n" not in str(raised.value)
    assert not (tmp_path / "out.csv").exists()


def test_every_part_is_named_by_its_bytes_and_holds_units(batch):
    import pyarrow.parquet as pq

    parts = sorted(batch.folder.glob("*/*.parquet"))
    assert len(parts) == 2
    assert all(map(is_sound, parts))
    schema = pq.read_schema(next(iter(batch.folder.glob("months/*"))))
    assert schema.field("queued_mw").metadata[b"unit"] == b"MW"


def test_a_part_is_damaged_if_its_bytes_are_others_not_if_a_writer_has_replaced_it_meanwhile(batch, tmp_path):
    part = next(batch.folder.glob("runs/*.parquet"))
    copy = tmp_path / part.name
    copy.write_bytes(part.read_bytes()[:-1])
    assert not is_sound(copy)
    copy.unlink()
    assert is_sound(copy)
    copy.mkdir()
    assert not is_sound(copy)


def test_many_runs_in_one_call_are_the_runs_one_by_one_also_when_columns_must_grow(monkeypatch):
    crowded = load_text(TINY, overrides={"grid.pipeline.filed_mw": 90000, "horizon_months": 24})
    monkeypatch.setattr("gridsim.engine.runner.FIRST_ROWS", 64)
    for scenario in (tiny(), crowded):
        prepared = prepare(scenario)
        runner = Runner(prepared)
        for seed, outcome in zip((5, 1, 5), runner.run([5, 1, 5]), strict=True):
            state: State = run_prepared(prepared, seed)._state
            assert outcome.error is None
            for i, name in enumerate(SERIES):
                np.testing.assert_array_equal(outcome.series[:, i], state.series[name], name)
    assert runner.state.requests.size > 64


def test_the_columns_of_a_run_are_the_measures_in_their_order():
    state = run_prepared(prepare(tiny()), 1)._state
    assert state.series.dtype.names == tuple(SERIES)


@pytest.mark.parametrize(
    ("size", "lengths"), [(30, [30, 30, 30, 10, 30, 30]), (60, [100, 60]), (160, [100, 60]), (200, [160])]
)
def test_tasks_are_parts_of_a_block_or_whole_blocks(size, lengths):
    found = list(tasks(range(160), 100, lambda: size))
    assert [n for task in found for n in task] == list(range(160))
    assert max(map(len, found)) <= max(size, 100)
    if size >= 50:
        assert [len(task) for task in found] == lengths


@pytest.mark.parametrize("wanted", [0, 1, 3])
def test_a_task_that_is_told_to_stop_prepares_no_further_cell(monkeypatch, wanted):
    plan, prepared = make_plan(tiny(), [1], sweep=sweep_of(SWEEP, tiny())), []
    runner = plan.runner
    monkeypatch.setattr(plan, "runner", lambda run: prepared.append(run.cell) or runner(run))
    rows = Rows(plan)
    assert all(error is None for _, error in ran(plan, range(4), rows, lambda: len(rows) >= wanted))
    assert prepared == [run.cell for run in rows.runs] == list(range(wanted))


def test_a_plan_of_one_cell_may_fail_before_anything_is_written(tmp_path):
    with pytest.raises(gridsim.config.errors.ScenarioError):
        gridsim.run_batch(tiny(), [1], tmp_path / "s", sweep={"grid": {"horizon_months": [0]}})
    with pytest.raises(ValueError, match="engine: found 'slurm'"):
        gridsim.run_batch(tiny(), [1], tmp_path / "s", engine="slurm")
    with pytest.raises(ValueError, match="workers, chunk and shard"):
        gridsim.run_batch(tiny(), [1], tmp_path / "s", shard=(3, 2))
    assert not (tmp_path / "s").exists()


def test_the_model_as_a_function_gives_what_simulate_gives(tmp_path):
    path = written(tmp_path / "tiny.yaml", TINY)
    found = gridsim.run(path, seed=4, measures=["queued_mw"], policy__deposit_usd_per_mw=50000)
    expected = gridsim.simulate(gridsim.load(path, {"policy.deposit_usd_per_mw": 50000}), 4)
    assert list(found) == ["queued_mw"]
    np.testing.assert_array_equal(found["queued_mw"], expected.series.queued_mw)
    np.testing.assert_array_equal(gridsim.run(path, **{"horizon_months": 6})["queued_mw"].shape, 6)
    with pytest.raises(ValueError, match="seed"):
        gridsim.run(path, seed=-1)
    with pytest.raises(ValueError, match="no measure"):
        gridsim.run(path, measures=["queue"])


def test_the_command_line_plans_runs_asks_and_explains(tmp_path):
    by_compiled_model()
    path = written(tmp_path / "tiny.yaml", TINY)
    sweep = written(tmp_path / "sweep.yaml", "grid: {policy.deposit_usd_per_mw: [0, 50000]}\n")
    out = tmp_path / "out"
    common = ("batch", path, "--seeds", "3-5", "--sweep", sweep, "--series", "none", "--out", out)
    planned = process(*common, "--dry-run", "--json")
    assert planned.returncode == 0, planned.stderr
    assert {"runs": 6, "cells": 2, "seeds": 3}.items() <= json.loads(planned.stdout).items()
    assert not out.exists()
    ran = process(*common, "--measures", "queued_mw, power_claims")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.startswith(f"{out}: 6 runs, 6 done; ")
    status = process("status", out, "--json")
    assert {"done": 6, "failed": 0, "missing": 0, "damaged_parts": []}.items() <= json.loads(status.stdout).items()
    asked = process(
        "query", out, 'select cell, count(*) as n, max("queued_mw.peak") as peak from runs group by cell', "--json"
    )
    assert [(row["cell"], row["n"]) for row in json.loads(asked.stdout)] == [(0, 3), (1, 3)]
    several = "select [1.5, 2.5] as two, date '2024-01-01' as day, null as none, true as yes, {'a': 1} as pair"
    (row,) = json.loads(process("query", out, several, "--json").stdout)
    assert row == {"two": [1.5, 2.5], "day": "2024-01-01 00:00:00", "none": None, "yes": True, "pair": "{'a': 1}"}
    assert "1.50, 2.50" in process("query", out, several).stdout
    for arguments, words in (
        (("query", out, "select nothing"), "nothing"),
        (("status", tmp_path), "no store of a batch"),
        (("batch", path, "--out", out, "--seeds", "5-3"), "--seeds 5-3: write a count"),
        (("batch", path, "--out", out, "--shard", "0/2"), "--shard 0/2: write i/n"),
        (("batch", path, "--out", out, "--measures", "queue"), "there is no measure 'queue'"),
        (("batch", path, "--out", tmp_path, "--seeds", "1"), "not empty and no store"),
    ):
        refused = process(*arguments)
        assert (refused.returncode, len(refused.stderr.splitlines())) == (2, 1), refused.stderr
        assert words in refused.stderr
