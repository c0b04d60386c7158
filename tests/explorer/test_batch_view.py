"""The view of batches: what it shows is what the store says, and whatever a browser sends ends in words, not in an error."""

from __future__ import annotations

import io
import json
import shutil

import dash
import dash_mantine_components as dmc
import numpy as np
import pandas as pd
import pytest
from dash import dcc, html, no_update

import gridsim
from gridsim.config.reader import load_text
from gridsim.engine.simulate import simulate
from gridsim.explorer import cards
from gridsim.explorer.batch_desk import Desk, listed, named
from gridsim.explorer.batch_runs import gathered
from gridsim.explorer.batches import found, register, view
from gridsim.study.selection import Condition
from tests.study.small import tiny

DEPOSIT, DUPLICATES, BIAS = "policy.deposit_usd_per_mw", "mechanisms.m02_duplicates", "beliefs.statement_bias"
GRID = {DEPOSIT: [0, 20000, 50000], DUPLICATES: [True, False]}
ALL = {"store": "", "levels": {}, "low": {}, "high": {}, "first": None, "last": None, "twins": False, "n": 0}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with two stores, and what is none."""
    root = tmp_path_factory.mktemp("out")
    sample = {"design": "latin_hypercube", "points": 60, "ranges": {BIAS: {"low": 0.0, "high": 2.0}}}
    gridsim.run_batch(tiny(), range(3, 9), root / "grid", sweep={"grid": GRID}, twin=True, series=["queued_mw"])
    gridsim.run_batch(tiny(), [3, 4], root / "sample", sweep={"sample": sample}, measures=["queued_mw"])
    (root / "notes").mkdir()
    (root / "notes" / "batch.txt").touch()
    return root


@pytest.fixture(scope="module")
def keys(folder):
    return {path.name: key for key, path in listed([folder]).items()}


@pytest.fixture(scope="module")
def desk(folder):
    return Desk([folder])


def ask(keys, name="grid", **more):
    return {**ALL, "store": keys[name], **more}


def parts(component):
    """Every component of a tree."""
    if isinstance(component, (list, tuple)):
        return [part for child in component for part in parts(child)]
    if not hasattr(component, "to_plotly_json"):
        return []
    return [component, *parts(getattr(component, "children", None))]


def of_kind(component, kind):
    return [part for part in parts(component) if isinstance(part, kind)]


def table_in(component):
    """What the only table of a tree says."""
    (table,) = [json.loads(getattr(part, "data-table")) for part in parts(component) if hasattr(part, "data-table")]
    return table


def said(component):
    """All text of a tree."""
    if isinstance(component, (list, tuple)):
        return " ".join(said(child) for child in component)
    if hasattr(component, "to_plotly_json"):
        return said(getattr(component, "children", None))
    return "" if component is None else str(component)


def test_stores_are_found_at_a_folder_or_in_it(folder, tmp_path):
    assert [path.name for path in found(folder)] == ["grid", "sample"]
    assert found(folder / "grid") == [folder / "grid"]
    assert found(tmp_path) == found(tmp_path / "nothing") == found(folder / "notes" / "batch.txt") == []
    assert set(listed([folder, folder / "grid"]).values()) == {folder / "grid", folder / "sample"}
    batch = gridsim.Batch(folder / "grid")
    assert listed([batch]) == listed([batch.store]) == listed([folder / "grid"])
    shutil.copytree(folder / "grid", tmp_path / "grid")
    names = named(listed([folder, tmp_path]))
    assert sorted(names.values()) == sorted([f"{folder.name}/grid", f"{tmp_path.name}/grid", "sample"])


def test_without_a_store_the_view_says_how_to_make_one(tmp_path):
    shown = view([tmp_path])
    assert "gridsim batch configs/baseline.yaml --sweep" in said(shown)
    assert of_kind(shown, dmc.Select) == []


def test_every_control_has_a_label_and_a_name_of_its_own(folder, desk, keys):
    page = [view([folder]), *(desk.controls(keys[name])[-1] for name in ("grid", "sample"))]
    controls = of_kind(page, (dmc.Select, dmc.MultiSelect, dmc.NumberInput))
    assert len(controls) == 13 + 2 + 2
    assert all(control.label for control in controls)
    names = [part.id for part in parts(page[0]) if getattr(part, "id", None)]
    assert all(name.startswith("batch-") for name in names)
    assert len(names) == len(set(names))
    assert "open" not in names
    assert str(folder) not in json.dumps(page[0].to_plotly_json(), default=lambda part: part.to_plotly_json())


def test_a_store_offers_what_it_keeps(desk, keys):
    lists = desk.controls(keys["grid"])
    data, values, filters = lists[0:12:2], lists[1:12:2], lists[12]
    assert values == ("queued_mw", "none", "queued_mw.peak", DEPOSIT, "none", "run")
    assert [one["value"] for one in data[0]] == ["queued_mw"]
    assert data[0][0]["label"].startswith("queued_mw – requests filed")
    assert [one["value"] for one in data[1]] == ["none", DEPOSIT, DUPLICATES, "twin"]
    levels = of_kind(filters, dmc.MultiSelect)
    assert [one["label"] for one in levels[0].data] == ["0", "20,000", "50,000"]
    assert [one["value"] for one in levels[1].data] == ["false", "true"]
    bounds = of_kind(desk.controls(keys["sample"])[12], dmc.NumberInput)
    assert [one.id["type"] for one in bounds] == ["batch-low", "batch-high"]
    assert len(of_kind(desk.controls(keys["sample"])[12], dmc.MultiSelect)) == 0


def test_what_a_store_is_and_how_far_it_is_stands_above(desk, keys):
    assert desk.about(ask(keys)) == f"72 runs. Varied: {DEPOSIT} (3 values) and {DUPLICATES} (2 values)."
    chosen = ask(keys, levels={DEPOSIT: ["0.0", "50000.0"]}, first=4, twins=True)
    assert desk.about(chosen).endswith(f"Only {DEPOSIT} 0 or 50,000; seeds from 4. Honest twins.")


def test_a_value_that_the_store_does_not_have_is_said_not_to_be_there(desk, keys):
    for value in ("17.0", "true", "[0]", "0"):
        assert desk.about(ask(keys, levels={DEPOSIT: [value]})) == f"{DEPOSIT} has no such value in this store"


def test_charts_are_those_of_the_store(desk, keys, folder):
    runs = gridsim.Batch(folder / "grid").runs
    fan = desk.fan(ask(keys), "queued_mw", DUPLICATES)
    assert fan.id == "card-batch-fan"
    (graph,) = of_kind(fan, dcc.Graph)
    assert sum(trace.name == "median" for trace in graph.figure.data) == 2
    assert table_in(of_kind(fan, html.Details))["rows"]
    response = desk.response(ask(keys, levels={DUPLICATES: ["true"]}), "requested_gw", DEPOSIT, "none")
    (graph,) = of_kind(response, dcc.Graph)
    line = next(trace for trace in graph.figure.data if trace.mode == "lines+markers")
    kept = runs[~runs.twin & runs[DUPLICATES]]
    np.testing.assert_allclose(line.y, kept.groupby(DEPOSIT)["requested_gw"].median(), rtol=1e-12)
    assert f"Only {DUPLICATES} true." in said(response)
    twins = desk.fan(ask(keys, twins=True), "queued_mw", "twin")
    assert "Honest twins." not in said(twins)
    assert "twin: honest twin" in [note.text for note in of_kind(twins, dcc.Graph)[0].figure.layout.annotations]
    both = desk.response(ask(keys, "sample", low={BIAS: 0.5}, high={BIAS: 1}), "queued_mw.peak", BIAS, BIAS)
    assert of_kind(both, dcc.Graph)


def test_a_card_holds_every_row_of_its_table_to_be_saved(desk, keys, tmp_path):
    long = tiny().model_copy(update={"horizon_months": 70})
    batch = gridsim.run_batch(long, [1, 2], tmp_path / "long", sweep={"grid": GRID}, series=["queued_mw"])
    (key,) = listed([batch])
    fan = Desk([batch]).fan({**ALL, "store": key}, "queued_mw", DEPOSIT)
    months, runs = desk.apart(ask(keys), keys["grid"], "queued_mw", "queued_mw.peak", DEPOSIT)
    response = desk.response(ask(keys), "queued_mw.peak", DEPOSIT, DUPLICATES)
    tables = {"fan": (fan, 70 * 3), "apart": (months, 12), "apart-by": (runs, 3), "response": (response, 6)}
    for name, (card, rows) in tables.items():
        (text,) = of_kind(card, html.Pre)
        assert (text.id, text.hidden) == (f"csv-batch-{name}", True)
        table = pd.read_csv(io.StringIO(text.children))
        assert len(table) == rows
        assert table_in(card)["heads"] == list(table.columns)
    assert len(table_in(fan)["rows"]) < 70 * 3  # on the page, not every month
    store = pd.read_csv(io.StringIO(of_kind(fan, html.Pre)[0].children))
    kept = batch.months.merge(batch.runs[["run", DEPOSIT]], on="run")
    median = kept.groupby(["month", DEPOSIT])["queued_mw"].median()
    column = next(name for name in store.columns if name.startswith("median"))
    size = 1000.0 if column.endswith("GW") else 1.0
    np.testing.assert_allclose(store[column] * size, median, rtol=1e-12)


def test_a_card_without_a_csv_leaves_it_to_an_address():
    card = cards.card("agent", "One agent", "", "", "", {}, None, "agent=Mu")
    assert of_kind(card, html.Pre) == []
    (button,) = [one for one in of_kind(card, html.Button) if getattr(one, "data-take") == "csv"]
    assert getattr(button, "data-of") == "agent=Mu"


def test_two_stores_are_compared(desk, keys, tmp_path, folder):
    assert desk.apart(ask(keys), "none", "queued_mw", "queued_mw.peak", DEPOSIT) == []
    months, runs = desk.apart(ask(keys), keys["grid"], "queued_mw", "queued_mw.peak", DEPOSIT)
    assert (months.id, runs.id) == ("card-batch-apart", "card-batch-apart-by")
    assert "In all 36 pairs queued_mw.peak is the same as in grid" in said(runs)
    for card in desk.apart(ask(keys), keys["sample"], "queued_mw", "queued_mw.peak", DEPOSIT):
        assert "vary different things" in said(card)
    for card in desk.apart(ask(keys), "elsewhere", "queued_mw", "queued_mw.peak", DEPOSIT):
        assert "there is no such store here" in said(card)


def test_runs_come_fifty_at_a_time_with_a_button_each(desk, keys, folder):
    runs = gridsim.Batch(folder / "sample").runs
    shown, pages, now = desk.runs(ask(keys, "sample"), "requested_gw", "down", 2, "queued_mw.peak")
    table = table_in(shown)
    expected = runs.sort_values(["requested_gw", "run"], ascending=[False, True])["run"].tolist()
    assert [int(run) for run, *_ in table["rows"]] == expected[50:100]
    assert [row[table["kinds"].index("replay")] for row in table["rows"]] == [str(run) for run in expected[50:100]]
    assert (pages, now) == (3, no_update)
    shown, pages, now = desk.runs(ask(keys, "sample"), "measure", "up", 99, "queued_mw.peak")
    assert [int(run) for run, *_ in table_in(shown)["rows"]] == (
        runs.sort_values(["queued_mw.peak", "run"])["run"].tolist()[100:]
    )
    assert (pages, now) == (3, 3)
    assert table_in(shown)["heads"][:5] == ["run", "replay", "seed", f"{BIAS}", "peak_month"]


def test_a_run_is_opened_with_its_scenario_and_seed(desk, keys, folder):
    runs = gridsim.Batch(folder / "grid").runs
    ns = set()
    for run in (0, 37, 71):
        opened, message = desk.replay(ask(keys), run)
        row = runs[runs.run == run].iloc[0]
        assert opened["name"].startswith(f"grid, run {run}")
        assert opened["seed"] == row["seed"]
        result = simulate(load_text(opened["text"]), opened["seed"])
        assert result.summary()["queued_mw.mean"] == row["queued_mw.mean"]
        assert message == f"Run {run} is open, with seed {row['seed']}."
        assert json.loads(json.dumps(opened)) == opened
        ns.add(opened["n"])
    assert len(ns) == 3


def test_a_run_of_another_version_is_said_to_be_one(folder, tmp_path):
    other = shutil.copytree(folder / "grid", tmp_path / "old")
    manifest = json.loads((other / "batch.json").read_text())
    manifest["scenario"]["demand"]["growth_gw"] += 1.0
    (other / "batch.json").write_text(json.dumps(manifest))
    (key,) = listed([other])
    assert "another version's" in Desk([other]).replay({**ALL, "store": key}, 0)[1]


STRANGE = [
    None,
    "",
    "nothing",
    7,
    -1,
    2.5,
    True,
    [],
    ["queued_mw"],
    {},
    {"a": [1]},
    "x" * 5000,
    "\0",
    "'; drop view runs",
    1e300,
]


@pytest.mark.parametrize("value", STRANGE, ids=repr)
def test_whatever_a_browser_sends_ends_in_words(desk, keys, value):
    good = ask(keys)
    wrong = [
        value,
        {**good, "store": value},
        {**good, "levels": value},
        {**good, "levels": {DEPOSIT: value}},
        {**good, "levels": {DEPOSIT: [value]}},
        {**good, "levels": {str(value): ["0.0"]}},
        {**good, "low": {DUPLICATES: value}},
        {**good, "high": {DEPOSIT: value}},
        {**good, "first": value},
        {**good, "last": value},
        {**good, "twins": value},
        {**good, "more": value},
    ]
    for data in wrong:
        assert isinstance(desk.about(data), str)
        for shown in (
            desk.fan(data, "queued_mw", "none"),
            desk.response(data, "queued_mw.peak", DEPOSIT, "none"),
            desk.apart(data, keys["grid"], "queued_mw", "queued_mw.peak", "none"),
            desk.runs(data, "run", "up", 1, "queued_mw.peak")[0],
        ):
            assert isinstance(shown, (list, dash.development.base_component.Component))
        assert desk.replay(data, 0)[1]
    for shown in (
        desk.fan(good, value, "none"),
        desk.fan(good, "queued_mw", value),
        desk.response(good, value, value, value),
        desk.response(good, "queued_mw.peak", value, value),
        desk.apart(good, value, value, value, value),
        desk.apart(good, keys["grid"], value, value, value),
        desk.runs(good, value, value, value, value)[0],
        desk.runs(good, "run", value, value, "queued_mw.peak")[0],
    ):
        assert isinstance(shown, (list, dash.development.base_component.Component))
    if value not in (7, True):
        assert desk.replay(good, value)[0] is no_update
    assert len(desk.controls(value)) == 13
    json.dumps(
        gathered(
            desk.store(keys["grid"]), keys["grid"], {"levels": [(0, value), (value, [])]}, value, value, value, value
        )
    )


def test_a_store_that_is_damaged_is_said_to_be(folder, tmp_path):
    for name, text in (
        ("none", "{"),
        ("list", "[]"),
        ("keys", '{"format": 1, "cells_digest": ""}'),
        (
            "kinds",
            '{"format": 1, "cells_digest": "", "runs": "x", "twin": 1, "series": 4, "measures": {}, "scenario": 3}',
        ),
        ("newer", '{"format": 99, "cells_digest": ""}'),
    ):
        store = shutil.copytree(folder / "grid", tmp_path / name)
        (store / "batch.json").write_text(text)
    parts_gone = shutil.copytree(folder / "grid", tmp_path / "parts")
    for path in (parts_gone / "runs").iterdir():
        path.write_bytes(b"PAR1 no parquet PAR1")
    cells_gone = shutil.copytree(folder / "grid", tmp_path / "cells")
    (cells_gone / "cells.parquet").write_bytes(b"nothing")
    empty = shutil.copytree(folder / "grid", tmp_path / "empty")
    for path in [*(empty / "runs").iterdir(), *(empty / "months").iterdir()]:
        path.unlink()
    desk = Desk([tmp_path])
    for key, path in listed([tmp_path]).items():
        data = {**ALL, "store": key}
        if path.name == "empty":
            assert desk.about(data).endswith("no run of this batch is done yet")
        assert desk.about(data)
        assert of_kind(desk.fan(data, "queued_mw", "none"), dcc.Graph) == [] or path.name in ("parts", "cells")
        assert desk.replay(data, 3)[0] is no_update or path.name == "cells"
        assert desk.runs(data, "run", "up", 1, "queued_mw.peak")[1] == 1
        assert len(desk.controls(key)) == 13


def test_a_store_whose_files_are_replaced_is_opened_anew(folder, tmp_path):
    place = tmp_path / "store"
    gridsim.run_batch(tiny(), [1], place, measures=["queued_mw"], series=["queued_mw"])
    (key,) = listed([place])
    desk = Desk([place])
    assert desk.about({**ALL, "store": key}) == "1 runs."
    shutil.rmtree(place)
    assert desk.about({**ALL, "store": key}) == "there is no such store here"
    shutil.copytree(folder / "grid", place)
    assert desk.about({**ALL, "store": key}).startswith("72 runs. Varied")


def test_only_the_stores_that_were_given_can_be_opened(folder, keys):
    desk = Desk([folder / "grid"])
    for key in (keys["sample"], str(folder / "sample"), "../sample", "sample"):
        assert desk.about({**ALL, "store": key}) == "there is no such store here"


def test_filters_become_conditions(desk, keys):
    grid, sample = desk.store(keys["grid"]), desk.store(keys["sample"])
    values = {"levels": [(0, ["0.0"]), (1, []), (9, ["true"])]}
    asked = gathered(grid, keys["grid"], values, 4, "", "twins", 2)
    assert asked == ask(keys, levels={DEPOSIT: ["0.0"]}, first=4, twins=True, n=2)
    asked = gathered(sample, keys["sample"], {"low": [(0, 1)], "high": [(0, "")]}, "", 5, "twins", None)
    assert asked == ask(keys, "sample", low={BIAS: 1.0}, last=5)
    _, _, chosen = desk.asked(json.loads(json.dumps(asked)))
    assert chosen.conditions == (Condition(BIAS, (), 1.0, None),)


@pytest.fixture(scope="module")
def app(folder):
    found = dash.Dash("test")
    found.layout = dmc.MantineProvider(html.Div([view([folder]), dcc.Store(id="open")]))
    register(found, [folder])
    return found


def post(app, output, inputs, states=(), changed=()):
    """What a callback answers to a page."""

    def plain(things):
        return [
            [{"id": i, "property": p, "value": v} for i, p, v in thing] if isinstance(thing, list)
            else {"id": thing[0], "property": thing[1], "value": thing[2]}
            for thing in things
        ]  # fmt: skip

    spec = next(key for key in app.callback_map if output in key)
    ids = [part for part in spec.strip(".").split("...")]
    outputs = [dict(zip(("id", "property"), part.rsplit(".", 1), strict=True)) for part in ids]
    body = {
        "output": spec,
        "outputs": outputs if spec.startswith("..") else outputs[0],
        "inputs": plain(inputs),
        "state": plain(states),
        "changedPropIds": list(changed),
    }
    return app.server.test_client().post("/_dash-update-component", json=body)


def pressed(app, keys, chosen):
    return post(
        app, "batch-message.children", [("batch-replay", "data", chosen)], [("batch-asked", "data", ask(keys))],
        ["batch-replay.data"],
    )  # fmt: skip


def test_a_button_opens_its_run(app, keys):
    answer = pressed(app, keys, {"run": 7, "n": 1})
    assert answer.status_code == 200
    response = answer.get_json()["response"]
    opened = next(part["data"] for part in response.values() if "data" in part)
    assert opened["name"] == "grid, run 7, honest twin"
    assert response["batch-message"]["children"] == f"Run 7 is open, with seed {opened['seed']}."


@pytest.mark.parametrize("chosen", [None, {}, {"run": "7"}, {"run": True}, {"run": 9999}, [7]])
def test_what_no_button_sends_opens_nothing(app, keys, chosen):
    response = pressed(app, keys, chosen).get_json()["response"]
    assert list(response) == ["batch-message"]
    assert "no such run" in response["batch-message"]["children"] or "9999" in response["batch-message"]["children"]


def test_the_callbacks_answer_a_page(app, keys):
    places = [({"index": i, "type": "batch-levels"}, "value", value) for i, value in enumerate((["0.0"], []))]
    names = [({"index": i, "type": "batch-levels"}, "id", {"index": i, "type": "batch-levels"}) for i in range(2)]
    inputs = [("batch-store", "value", keys["grid"]), ("batch-refresh", "n_clicks", 1), ("batch-first", "value", "")]
    inputs += [("batch-last", "value", 5), ("batch-twin", "value", "runs"), places, [], []]
    answer = post(app, "batch-asked.data", inputs, [names, [], []])
    asked = answer.get_json()["response"]["batch-asked"]["data"]
    assert asked == ask(keys, levels={DEPOSIT: ["0.0"]}, last=5, n=1)
    for bad in ("nowhere", None, 3, ["a"]):
        answer = post(app, "batch-asked.data", [("batch-store", "value", bad), *inputs[1:]], [names, [], []])
        assert answer.status_code == 200
    answer = post(app, "batch-asked.data", [*inputs[:5], places, [], []], [names[:1], [], []])
    assert answer.status_code == 200  # more values than places
    answer = post(app, "batch-about.children", [("batch-asked", "data", asked)])
    assert f"Only {DEPOSIT} 0; seeds to 5." in answer.get_data(as_text=True)
    fan = [("batch-asked", "data", asked), ("batch-series", "value", "queued_mw"), ("batch-facet", "value", DUPLICATES)]
    assert "graph-batch-fan" in post(app, "batch-fan-place.children", fan).get_data(as_text=True)


def test_looking_again_leaves_the_choices_unless_there_were_none(app, keys):
    inputs = [("batch-store", "value", keys["grid"]), ("batch-refresh", "n_clicks", 2)]
    again = ["batch-refresh.n_clicks"]
    answer = post(app, "batch-filters.children", inputs, [("batch-scalar", "value", "queued_mw.peak")], again)
    assert answer.get_json()["response"] == {}
    answer = post(app, "batch-filters.children", inputs, [("batch-scalar", "value", None)], again)
    assert answer.get_json()["response"]["batch-scalar"]["value"] == "queued_mw.peak"


def test_without_stores_nothing_is_registered(tmp_path):
    app = dash.Dash("test")
    register(app, [tmp_path])
    assert app.callback_map == {}
