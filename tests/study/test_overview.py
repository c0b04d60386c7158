"""The overview of a store says what pandas says of its tables, whatever is asked for in whatever names."""

from __future__ import annotations

import json
import shutil
import threading

import numpy as np
import pandas as pd
import pytest

import gridsim
from gridsim.config.reader import load_text
from gridsim.engine.simulate import simulate
from gridsim.study import overview
from gridsim.study.overview import Overview
from gridsim.study.pairs import Pairs
from gridsim.study.results import Answers, Batch, QueryError
from gridsim.study.selection import RUNS, SHARES, TWIN, Condition, Selection, SelectionError
from gridsim.study.store import StoreError
from tests.study.small import TINY

DEPOSIT, DUPLICATES, BIAS = "policy.deposit_usd_per_mw", "mechanisms.m02_duplicates", "beliefs.statement_bias"
LAYOUT, FROM = "mechanisms.m16_scarcity_narrative", "policy.from"
SWEEP = {
    "grid": {FROM: ["2024-06"], DEPOSIT: [0, 20000, 50000], DUPLICATES: [True, False]},
    "list": [{}, {BIAS: 0.25}, {BIAS: 1.0}, {BIAS: 2}],
}
MEASURES = ["queued_mw", "power_real", "time_to_power_p50"]
MONTHS = 30
WORLD = f"horizon_months: {MONTHS}\ngrid: {{pipeline: {{signed_mw: 400, filed_mw: 900}}}}"
EXACT = {"rtol": 1e-12, "atol": 1e-12}


def small():
    return load_text(TINY.replace("horizon_months: 12", WORLD))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("overview") / "store"
    gridsim.run_batch(small(), range(3, 9), out, sweep=SWEEP, twin=True, series=MEASURES)
    return out


@pytest.fixture(scope="module")
def batch(folder):
    return Batch(folder)


@pytest.fixture(scope="module")
def store(batch):
    return Overview(batch)


@pytest.fixture(scope="module")
def base():
    return small().beliefs.statement_bias


def known(values):
    return values[np.isfinite(values)]


def same(row, values):
    """A row of statistics is that of the values."""
    assert row["n"] == len(values)
    for name, share in SHARES.items():
        np.testing.assert_allclose(row[name], np.quantile(values, share), **EXACT)
    if "mean" in row:
        np.testing.assert_allclose(row["mean"], values.mean(), **EXACT)


def effective(frame, base):
    """Bias as the cells have it, the scenario's where they leave it."""
    return frame[BIAS].astype(float).fillna(base)


def test_what_varies_is_found_with_its_values_and_what_does_not_apart(store, base):
    found = store.parameters
    assert set(found) == {DEPOSIT, DUPLICATES, BIAS}
    assert found[DEPOSIT].levels == (0.0, 20000.0, 50000.0)
    assert found[DUPLICATES].levels == (False, True)
    assert [found[name].kind for name in (DEPOSIT, DUPLICATES, BIAS)] == ["number", "bool", "number"]
    assert found[BIAS].levels == tuple(sorted({0.25, 1.0, 2.0, base}))  # whole and broken numbers, and a cell without
    assert (found[BIAS].low, found[BIAS].high, found[BIAS].base) == (0.25, 2.0, base)
    assert found[DEPOSIT].unit == "USD/MW"
    assert store.fixed == {FROM: "2024-06"}
    assert (store.done, store.planned, store.has_twins) == (288, 288, True)


def test_months_are_the_quantiles_of_the_runs(store, batch):
    for series in MEASURES:
        found = store.months(series)
        months = batch.months[~batch.months.twin]
        expected = {m: known(part[series].to_numpy()) for m, part in months.groupby("month")}
        expected = {month: values for month, values in expected.items() if len(values)}
        assert found["month"].tolist() == list(expected)
        for row in found.to_dict("records"):
            same(row, expected[row["month"]])
        dates = months.drop_duplicates("month").set_index("month")["date"]
        assert pd.to_datetime(found["date"]).tolist() == [pd.Timestamp(dates[m]) for m in found["month"]]
    assert (store.months("time_to_power_p50")["n"] < 144).any()  # unknown in some runs


def test_panels_are_the_values_of_a_parameter(store, batch, base):
    months = batch.months[~batch.months.twin].merge(batch.runs[["run", DEPOSIT, DUPLICATES, BIAS]], on="run")
    months[BIAS] = effective(months, base)
    labels = {DEPOSIT: ["0", "20,000", "50,000"], DUPLICATES: ["false", "true"]}
    labels[BIAS] = [f"{level:g}" for level in sorted({0.25, 1, 2, base})]
    for path in (DEPOSIT, DUPLICATES, BIAS):
        found = store.months("queued_mw", facet=path)
        parts = dict(list(months.groupby([path, "month"])))
        assert found["label"].drop_duplicates().tolist() == labels[path]
        assert len(found) == len(parts)
        for row, part in zip(found.to_dict("records"), parts.values(), strict=True):
            same(row, part["queued_mw"].to_numpy())


def test_twins_are_panels_of_their_own_when_asked_for(store, batch):
    found = store.months("queued_mw", facet=TWIN)
    assert found["label"].drop_duplicates().tolist() == ["run", "honest twin"]
    twins = batch.months[batch.months.twin & (batch.months.month == 5)]
    same(found[(found.panel == 1) & (found.month == 5)].iloc[0].to_dict(), twins["queued_mw"].to_numpy())
    only = store.months("queued_mw", RUNS._replace(twin=True))
    assert only["p50"].tolist() == found[found.panel == 1]["p50"].tolist()
    assert store.months("queued_mw", RUNS._replace(twin=None))["n"].tolist() == [288] * MONTHS


def test_scalars_by_one_and_two_parameters(store, batch, base):
    runs = batch.runs[~batch.runs.twin].assign(**{BIAS: effective(batch.runs[~batch.runs.twin], base)})
    for name in ("queued_mw.peak", "requested_gw", "time_to_power_p50.last"):
        same(store.scalar(name).iloc[0].to_dict(), known(runs[name].to_numpy()))
        found = store.scalar(name, by=BIAS)
        assert found["x"].tolist() == sorted({0.25, 1.0, 2.0, base})
        for row in found.to_dict("records"):
            same(row, known(runs[runs[BIAS] == row["x"]][name].to_numpy()))
        both = store.scalar(name, by=DEPOSIT, second=DUPLICATES)
        assert both["label"].tolist() == ["false"] * 3 + ["true"] * 3
        for row in both.to_dict("records"):
            part = runs[(runs[DEPOSIT] == row["x"]) & (runs[DUPLICATES] == (row["label"] == "true"))]
            same(row, known(part[name].to_numpy()))
    by_switch = store.scalar("queued_mw.peak", by=DUPLICATES)
    assert by_switch["level"].tolist() == ["false", "true"]
    assert by_switch["x"].isna().all()


SELECTIONS = {
    "values": (Selection((Condition(DEPOSIT, (0.0, 50000)),)), lambda r: r[DEPOSIT].isin([0, 50000])),
    "a switch": (Selection((Condition(DUPLICATES, (False,)),)), lambda r: ~r[DUPLICATES]),
    "between": (Selection((Condition(BIAS, low=0.5, high=1),)), lambda r: r[BIAS].between(0.5, 1)),
    "from": (Selection((Condition(BIAS, low=1.5),)), lambda r: r[BIAS] >= 1.5),
    "two": (
        Selection((Condition(BIAS, high=1.5), Condition(DEPOSIT, (20000,)))),
        lambda r: (r[BIAS] <= 1.5) & (r[DEPOSIT] == 20000),
    ),
    "seeds": (Selection((), 4, 6), lambda r: r.seed.between(4, 6)),
    "nothing": (Selection((Condition(DEPOSIT, (17.0,)),)), lambda r: r.seed < 0),
}


@pytest.mark.parametrize("name", SELECTIONS)
def test_a_selection_is_what_it_says(store, batch, base, name):
    chosen, of = SELECTIONS[name]
    runs = batch.runs[~batch.runs.twin].assign(**{BIAS: effective(batch.runs[~batch.runs.twin], base)})
    runs = runs[of(runs)]
    assert store.page(chosen).rows["run"].tolist() == runs["run"].tolist()[: overview.PAGE]
    assert store.page(chosen).runs == len(runs)
    found = store.scalar("queued_mw.mean", chosen)
    months = store.months("queued_mw", chosen)
    if len(runs):
        same(found.iloc[0].to_dict(), runs["queued_mw.mean"].to_numpy())
        part = batch.months[batch.months.run.isin(runs.run) & (batch.months.month == 7)]
        same(months[months.month == 7].iloc[0].to_dict(), part["queued_mw"].to_numpy())
    else:
        assert found.empty
        assert months.empty
        assert list(months.columns) == ["panel", "label", "month", "date", "n", *SHARES]


NAN, TOO_MANY = float("nan"), tuple(map(float, range(51)))
BAD = {
    "an unknown parameter": Selection((Condition("policy.nothing", (1,)),)),
    "one that is fixed": Selection((Condition(FROM, ("2024-06",)),)),
    "a column of the runs": Selection((Condition("seed", (1,)),)),
    "no value": Selection((Condition(DEPOSIT),)),
    "values and bounds": Selection((Condition(DEPOSIT, (1.0,), 0.0),)),
    "too many values": Selection((Condition(DEPOSIT, TOO_MANY),)),
    "text for a number": Selection((Condition(DEPOSIT, ("0) or (1=1",)),)),
    "a switch for a number": Selection((Condition(DEPOSIT, (True,)),)),
    "a number for a switch": Selection((Condition(DUPLICATES, (1,)),)),
    "bounds of a switch": Selection((Condition(DUPLICATES, low=0),)),
    "no number as bound": Selection((Condition(DEPOSIT, low="0 or true"),)),
    "NaN": Selection((Condition(DEPOSIT, low=NAN),)),
    "beyond all numbers": Selection((Condition(DEPOSIT, (10**400,)),)),
    "a list": Selection((Condition(DEPOSIT, ([1],)),)),
    "a path that is a number": Selection((Condition(3, (1,)),)),
    "a seed as text": Selection((), "1"),
    "a negative seed": Selection((), None, -1),
    "a seed too large": Selection((), 2**63),
    "a twin as text": Selection(twin="t.twin"),
    "too many conditions": Selection((Condition(DEPOSIT, (1,)),) * 101),
}


@pytest.mark.parametrize("name", BAD)
def test_a_selection_that_does_not_fit_is_refused_in_words(store, name):
    for ask in (
        store.page,
        lambda chosen: store.months("queued_mw", chosen),
        lambda c: store.scalar("requested_gw", c),
    ):
        with pytest.raises(SelectionError):
            ask(BAD[name])


@pytest.mark.parametrize("name", ["", "run", 'queued_mw" from months; --', "energised_mw", None, 7])
def test_names_that_the_store_does_not_have_are_refused(store, name):
    for ask in (
        store.months,
        store.scalar,
        lambda n: store.months("queued_mw", facet=n or "x"),
        lambda n: store.scalar("requested_gw", by=n or "x"),
        lambda n: store.scalar("requested_gw", by=DEPOSIT, second=n or "x"),
        lambda n: store.page(sort="id" if n == "run" else n),
        lambda n: store.page(measure=n),
    ):
        with pytest.raises(SelectionError):
            ask(name)


def test_pages_hold_fifty_runs_in_the_order_asked_for(store, batch, base):
    runs = batch.runs[~batch.runs.twin].assign(**{BIAS: effective(batch.runs[~batch.runs.twin], base)})
    first, third = store.page(), store.page(number=2)
    assert (first.runs, first.number, first.pages, third.number) == (144, 0, 3, 2)
    assert first.rows["run"].tolist() + store.page(number=1).rows["run"].tolist() + third.rows["run"].tolist() == (
        runs["run"].tolist()
    )
    assert store.page(number=99).rows["run"].tolist() == third.rows["run"].tolist()
    for name in ("requested_gw", "seed", BIAS, "queued_mw.last", "peak_month"):
        for descending in (False, True):
            found = store.page(sort=name, descending=descending, measure="queued_mw.last").rows
            expected = runs.sort_values([name, "run"], ascending=[not descending, True])
            assert found["run"].tolist() == expected["run"].tolist()[:50]
            assert found[name].tolist() == expected[name].tolist()[:50]
    waits = "time_to_power_p50.last"
    for descending in (False, True):
        last = store.page(sort=waits, descending=descending, number=2, measure=waits).rows
        assert not np.isfinite(last[waits].iloc[-1])  # unknown ones, from both ends
    with pytest.raises(SelectionError):
        store.page(number=-1)


@pytest.mark.parametrize("run", [0, 1, 137, 286])
def test_a_run_is_replayed_to_the_bit(store, batch, run):
    found = store.replay(run)
    assert found.exact
    text = found.scenario.model_dump_json(by_alias=True)
    row = batch.runs[batch.runs.run == run].iloc[0]
    result = simulate(load_text(text), found.seed)
    assert found.seed == row["seed"]
    for name, value in result.summary().items():
        assert row[name] == value or (np.isnan(row[name]) and np.isnan(value)), name
    assert found.title == f"store, run {run}" + (", honest twin" if row["twin"] else "")


def test_a_run_of_another_version_is_replayed_and_said_not_to_be_the_same(tmp_path, folder):
    other = shutil.copytree(folder, tmp_path / "other")
    manifest = json.loads((other / "batch.json").read_text())
    manifest["scenario"]["demand"]["growth_gw"] += 1.0
    (other / "batch.json").write_text(json.dumps(manifest))
    assert not Overview(Batch(other)).replay(3).exact
    manifest["scenario"]["demand"]["what_later_versions_have"] = 1
    (other / "batch.json").write_text(json.dumps(manifest))
    with pytest.raises(SelectionError, match="no such scenario"):
        Overview(Batch(other)).replay(3)


def test_a_run_with_code_of_its_own_is_not_replayed_from_a_page(tmp_path, folder):
    other = shutil.copytree(folder, tmp_path / "other")
    manifest = json.loads((other / "batch.json").read_text())
    manifest["scenario"]["strategies"]["mine"] = "strange.py:run"
    (other / "batch.json").write_text(json.dumps(manifest))
    with pytest.raises(SelectionError, match=r"runs code of its own, strange\.py:run"):
        Overview(Batch(other)).replay(3)


@pytest.mark.parametrize("run", [288, 10**9, -1, 2**64, "1", 1.0, True, None, "0 or 1=1"])
def test_a_run_that_is_not_there_is_refused(store, run):
    with pytest.raises(SelectionError):
        store.replay(run)


def test_names_and_values_in_any_letters_are_data(tmp_path):
    name = "St. Mary's (x) -- & or 1 is 1"
    scenario = load_text(TINY.replace("North", json.dumps(name)))
    place, labs = f'grid.areas."{name}".headroom_mw', "strategies.labs"
    out = tmp_path / 'it\'s a "store"; --'
    sweep = {"grid": {place: [100, 200.5], labs: ["heuristic", {"heuristic": 0.5, "ewa": 0.5}]}}
    store = Overview(gridsim.run_batch(scenario, [1, 2], out, sweep=sweep, series=["queued_mw"]))
    assert store.parameters[place].levels == (100.0, 200.5)
    assert store.months("queued_mw", facet=place)["label"].drop_duplicates().tolist() == ["100", "200.5"]
    assert store.page(Selection((Condition(place, (200.5,)),)), sort=place).rows["run"].tolist() == [4, 5, 6, 7]
    assert store.replay(7).exact
    mixed = '{"ewa": 0.5, "heuristic": 0.5}'
    assert store.parameters[labs].levels == ('"heuristic"', mixed)
    chosen = Selection((Condition(labs, (mixed,)),))
    assert store.page(chosen).rows["run"].tolist() == [2, 3, 6, 7]
    assert store.page(chosen, sort=labs, descending=True).rows[labs].tolist() == [mixed] * 4
    for value in ("' or true --", '"; drop view runs; --', "\\' or 1=1", "\0", "$v0"):
        assert store.page(Selection((Condition(labs, (value,)),))).runs == 0
    assert store.done == 8


def test_a_parameter_with_many_values_comes_in_groups_and_shown_ones_are_few(tmp_path):
    sample = {"design": "latin_hypercube", "points": 90, "ranges": {BIAS: {"low": 0.0, "high": 2.0}}}
    months = [f"20{year}-0{month}" for year in range(24, 31) for month in range(1, 10)]
    sweep = {"sample": sample}
    batch = gridsim.run_batch(small(), [1], tmp_path / "a", sweep=sweep, series=["queued_mw"], measures=["queued_mw"])
    store = Overview(batch)
    found = store.parameters[BIAS]
    assert (found.distinct, found.levels) == (90, ())
    runs = batch.runs
    assert (found.low, found.high) == (runs[BIAS].min(), runs[BIAS].max())
    for table, count in (
        (store.scalar("queued_mw.peak", by=BIAS), 20),
        (store.scalar("queued_mw.peak", second=BIAS), 6),
    ):
        assert len(table) == count
        assert table["n"].sum() == 90
        assert table["n"].between(90 // count - 1, 90 // count + 1).all()
        at = 0
        ordered = runs.sort_values(BIAS)
        for row in table.to_dict("records"):
            part = ordered.iloc[at : at + row["n"]]
            same(row, part["queued_mw.peak"].to_numpy())
            if "x" in row and np.isfinite(row["x"]):
                np.testing.assert_allclose(row["x"], part[BIAS].mean(), **EXACT)
            at += row["n"]
    panels = store.months("queued_mw", facet=BIAS)
    assert panels["label"].nunique() == 6
    assert panels[panels.month == 3]["n"].sum() == 90

    texts = {"grid": {FROM: months, DEPOSIT: [1000]}}
    batch = gridsim.run_batch(small(), [1], tmp_path / "b", sweep=texts, series=["queued_mw"], measures=["queued_mw"])
    store = Overview(batch)
    assert (store.parameters[FROM].distinct, store.parameters[FROM].levels) == (63, ())
    few, more = store.months("queued_mw", facet=FROM), store.scalar("queued_mw.peak", by=FROM)
    assert few["label"].drop_duplicates().tolist() == [*months[:5], "others"]
    assert more["level"].tolist() == [*months[:49], "others"]
    assert (few[few.month == 0]["n"].sum(), more["n"].sum()) == (63, 63)
    assert store.page(Selection((Condition(FROM, ("2030-09",)),))).rows["run"].tolist() == [62]


def test_nothing_and_numbers_are_values_of_one_parameter(tmp_path):
    share = "grid.areas.South.headroom_mw"
    sweep = {"grid": {share: [None, 100, 200.5]}}
    batch = gridsim.run_batch(small(), [1, 2], tmp_path / "s", sweep=sweep, measures=["queued_mw"])
    store = Overview(batch)
    found = store.parameters[share]
    assert (found.kind, found.levels) == ("number", (100.0, 200.5, None))
    table = store.scalar("queued_mw.peak", by=share)
    assert table["level"].tolist() == ["100", "200.5", "none"]
    assert table["x"].tolist()[:2] == [100.0, 200.5]
    assert np.isnan(table["x"].iloc[2])
    assert store.page(Selection((Condition(share, (None, 100)),))).rows["run"].tolist() == [0, 1, 2, 3]
    assert store.page(Selection((Condition(share, low=150),))).rows["run"].tolist() == [4, 5]
    assert store.replay(0).exact


def test_a_store_without_a_sweep_has_no_parameters(tmp_path):
    batch = gridsim.run_batch(small(), [1, 2], tmp_path / "s", measures=["queued_mw"], series=["queued_mw"])
    store = Overview(batch)
    assert (store.parameters, store.fixed, store.done) == ({}, {}, 2)
    same(store.scalar("queued_mw.peak").iloc[0].to_dict(), batch.runs["queued_mw.peak"].to_numpy())
    assert store.page().rows["run"].tolist() == [0, 1]
    assert store.replay(1).exact
    assert store.scalar("queued_mw.peak", second=TWIN)["label"].tolist() == ["run"]


def without(source, target, blocks):
    """A store of which only some parts are there."""
    shutil.copytree(source, target)
    for table in ("runs", "months"):
        for path in sorted((target / table).iterdir())[blocks:]:
            path.unlink()
    return target


def test_a_store_that_has_no_run_yet_says_so(folder, tmp_path):
    store = Overview(Batch(without(folder, tmp_path / "s", 0)))
    assert store.done == 0
    for ask in (store.page, lambda: store.months("queued_mw"), lambda: store.replay(0), lambda: store.parameters):
        with pytest.raises(StoreError, match="no run of this batch is done yet"):
            ask()


def test_a_store_that_grows_is_seen_growing(folder, tmp_path):
    target = without(folder, tmp_path / "s", 1)
    store = Overview(Batch(target))
    assert (store.done, store.planned) == (200, 288)
    first = store.months("queued_mw")["n"].iloc[0]
    connection = store.answers._connection
    assert store.page().runs == 100
    assert store.answers._connection is connection  # kept while nothing changes
    for table in ("months", "runs"):
        for path in sorted((folder / table).iterdir()):
            shutil.copy(path, target / table)
    assert (first, store.months("queued_mw")["n"].iloc[0], store.done) == (100, 144, 288)
    assert store.answers._connection is not connection


def test_a_part_that_goes_while_it_is_asked_for_is_looked_for_again(folder, tmp_path, monkeypatch):
    target = without(folder, tmp_path / "s", 2)
    store = Overview(Batch(target))
    listed = Batch.files
    late = []

    def files(batch, table):
        found = listed(batch, table)
        if table == "months" and not late:  # a writer merges a part after it was listed
            late.append(1)
            sorted((target / "runs").iterdir())[1].unlink()
        return found

    monkeypatch.setattr(Batch, "files", files)
    assert store.page().runs == 100
    assert late == [1]


def test_threads_may_ask_at_the_same_time(store):
    expected = store.scalar("queued_mw.peak", by=DEPOSIT)
    found = []
    ask = lambda: found.append(store.scalar("queued_mw.peak", by=DEPOSIT))  # noqa: E731
    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    for table in found:
        pd.testing.assert_frame_equal(table, expected)


def test_quantiles_of_a_very_large_store_are_estimates_and_it_says_so(batch, store, monkeypatch):
    assert store.exact
    monkeypatch.setattr(overview, "EXACT_MAX", 100)
    large = Overview(batch)
    assert not large.exact
    one, other = store.scalar("queued_mw.peak").iloc[0], large.scalar("queued_mw.peak").iloc[0]
    for name in SHARES:
        np.testing.assert_allclose(other[name], one[name], rtol=0.05)
    assert (one["n"], one["mean"]) == (other["n"], other["mean"])
    assert len(large.months("queued_mw")) == MONTHS


def test_a_query_that_takes_too_long_or_too_much_memory_ends(batch):
    slow = "select count(*) as n from range(10000000) a, range(10000000) b where (a.range * b.range) % 7 = 3"
    with pytest.raises(QueryError, match=r"stopped after 0\.2 seconds"):
        Answers(batch, seconds=0.2).ask(slow)
    with pytest.raises(QueryError, match=r"[Mm]emory"):
        Answers(batch, memory_mb=50).ask("select range as a, count(*) as n from range(100000000) group by a")
    assert Answers(batch, seconds=60.0).ask("select $a + 1 as n", {"a": 1})["n"].tolist() == [2]


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_text('/etc/hostname')",
        "copy runs to '/tmp/copied.parquet'",
        "attach '/tmp/other.duckdb'",
        "set enable_external_access = true",
        "install httpfs",
    ],
)
def test_nothing_but_the_stores_can_be_read(batch, sql):
    with pytest.raises(QueryError):
        Answers(batch).ask(sql)


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    """The same world with a larger need: some of the seeds, some of the deposits, without the twin."""
    out = tmp_path_factory.mktemp("other") / "store"
    world = load_text(TINY.replace("horizon_months: 12", f"{WORLD}\ndemand: {{growth_gw: 90}}"))
    sweep = {"grid": {DEPOSIT: [50000, 0, 70000.5], DUPLICATES: [False, True]}}
    return gridsim.run_batch(world, [8, 4, 6, 100], out, sweep=sweep, series=MEASURES)


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """As `folder`, without bias."""
    out = tmp_path_factory.mktemp("plain") / "store"
    sweep = {"grid": {FROM: ["2024-06"], DEPOSIT: [0, 20000, 50000], DUPLICATES: [True, False]}}
    return gridsim.run_batch(small(), range(3, 9), out, sweep=sweep, twin=True, series=MEASURES)


@pytest.mark.parametrize("kept", [RUNS, Selection((Condition(DUPLICATES, (True,)),), 4, 7)])
def test_pairs_have_the_seed_and_the_values_in_common(plain, other, kept):
    keys = ["seed", DEPOSIT, DUPLICATES]
    name = "queued_mw.peak"
    here, there = (batch.runs.astype({DEPOSIT: float}) for batch in (plain, other))
    here = here[~here.twin]
    joined = here.merge(there.add_suffix(" there").rename(columns={f"{k} there": k for k in keys}), on=keys)
    if kept is not RUNS:
        joined = joined[joined[DUPLICATES] & joined.seed.between(4, 7)]
    apart = (joined[name] - joined[f"{name} there"]).to_numpy()
    assert len(joined) in (12, 4)
    pairs = Pairs(Overview(plain), Overview(other))
    assert pairs.common == [DEPOSIT, DUPLICATES]
    row = pairs.scalar(name, kept).iloc[0].to_dict()
    same(row, apart)
    np.testing.assert_allclose(
        [row["here"], row["there"]], [joined[name].mean(), joined[f"{name} there"].mean()], **EXACT
    )
    assert (row["lower"], row["higher"]) == ((apart < 0).sum(), (apart > 0).sum())
    table = pairs.scalar(name, kept, by=DEPOSIT)
    assert table["x"].tolist() == [0.0, 50000.0]
    for row in table.to_dict("records"):
        same(row, apart[joined[DEPOSIT] == row["x"]])

    months = plain.months.merge(joined[["run", "run there"]], on="run").merge(
        other.months.add_suffix(" there").rename(columns={"date there": "date"}), on=["run there", "date"]
    )
    found = pairs.months("queued_mw", kept)
    assert list(found.columns) == ["date", "n", "here", "there", "mean", *SHARES, "lower", "higher"]
    assert len(found) == MONTHS
    for row, (date, part) in zip(found.to_dict("records"), months.groupby("date"), strict=True):
        assert pd.Timestamp(row["date"]) == pd.Timestamp(date)
        same(row, (part["queued_mw"] - part["queued_mw there"]).to_numpy())


def test_what_only_one_store_varies_is_paired_with_all_of_the_other(store, plain, base):
    pairs = Pairs(store, Overview(plain))
    table = pairs.scalar("queued_mw.peak", by=BIAS)
    assert table["n"].tolist() == [36] * len(table)
    own = table[table.x == base]
    if len(own):
        assert (own["lower"].iloc[0], own["higher"].iloc[0]) == (0, 0)
    assert table["higher"].sum() + table["lower"].sum() > 0
    swapped = Pairs(Overview(plain), store).scalar("queued_mw.peak")
    assert swapped["n"].iloc[0] == 144
    np.testing.assert_allclose(swapped["mean"].iloc[0], -pairs.scalar("queued_mw.peak")["mean"].iloc[0], **EXACT)


def test_a_store_beside_itself_has_no_difference_and_twins_beside_twins(store, batch):
    pairs = Pairs(store, Overview(batch))
    found = pairs.scalar("queued_mw.peak", RUNS._replace(twin=True)).iloc[0]
    assert (found["n"], found["mean"], found["p05"], found["lower"], found["higher"]) == (144, 0.0, 0.0, 0, 0)
    assert pairs.scalar("queued_mw.peak", by=TWIN)["level"].tolist() == ["run", "honest twin"]


def test_sweeps_that_have_no_cells_to_pair_are_refused(plain, tmp_path):
    sweep = {"grid": {BIAS: [0.0, 1.0]}}
    other = gridsim.run_batch(small(), [3], tmp_path / "s", sweep=sweep, measures=["power_real"], series=[])
    with pytest.raises(SelectionError, match="vary different things"):
        Pairs(Overview(plain), Overview(other))
    texts = {"grid": {DEPOSIT: [0, 50000], DUPLICATES: [True, False], BIAS: [0, 1.0]}}
    more = gridsim.run_batch(small(), [3], tmp_path / "t", sweep=texts, measures=["power_real"], series=[])
    pairs = Pairs(Overview(plain), Overview(more))
    for ask in (lambda: pairs.scalar("queued_mw.peak"), lambda: pairs.months("queued_mw")):
        with pytest.raises(SelectionError, match="this store has no"):
            ask()
