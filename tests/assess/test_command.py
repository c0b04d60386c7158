"""`gridsim assess` from file to page."""

from __future__ import annotations

import importlib.util
import json

import pandas as pd
import pytest

import gridsim
from gridsim import assess_command
from gridsim.assess import shelf
from gridsim.assess.log import TRUTHS, Log, shares
from gridsim.assess.snapshots import simulated_lists
from gridsim.config.reader import load
from gridsim.config.sweep import load_sweep
from tests.assess.test_read import CLEAN
from tests.command_line import ROOT

pytest.importorskip("sklearn", reason='scikit-learn: pip install "gridsim[assess]"')
QUEUE = ROOT / "examples" / "queue.csv"
POSTERIOR = ROOT / "configs" / "sweeps" / "posterior.yaml"


@pytest.fixture(autouse=True)
def at_home(monkeypatch, tmp_path):
    monkeypatch.setattr(assess_command, "BASELINE", ROOT / "configs" / "baseline.yaml")
    monkeypatch.setattr(assess_command, "WORLDS", POSTERIOR)
    monkeypatch.setattr(assess_command, "POLICIES", tmp_path / "no_policies")


def test_the_example_is_assessed_and_the_same_again(call, tmp_path):
    code, printed, said = call("assess", QUEUE, "--out", tmp_path / "one")
    assert code == 0, said
    assert printed.startswith("Of 95 open requests for 38 GW on 2028-01-15, ")
    assert "these data cannot tell" in printed
    assert "A planner's haircut" in printed
    names = {path.name for path in (tmp_path / "one").iterdir()}
    tables = {"posterior.parquet", "groups.parquet", "rules.parquet", "alike.parquet"}
    assert names == tables | {"report.html", "posterior.csv", "likely_copies.csv", "notes.csv"}
    page = (tmp_path / "one" / "report.html").read_text()
    assert "gridsim assess queue.csv --out DIR" in page
    assert str(tmp_path) not in page
    assert str(ROOT) not in page
    table = pd.read_parquet(tmp_path / "one" / "posterior.parquet")
    assert table.quantity.tolist() == [*TRUTHS, "unique"]
    call("assess", QUEUE, "--out", tmp_path / "two")
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name


def test_the_truth_of_the_example_lies_in_its_intervals(call):
    # Made by seed 2024 of the baseline, month 48, utility-05: what the model itself says of it.
    code, printed, _ = call("assess", QUEUE, "--json")
    found = json.loads(printed)
    log = Log(gridsim.simulate(load(ROOT / "configs" / "baseline.yaml"), 2024))
    rows, at = log.rows(48, 4)
    truth = dict(zip(TRUTHS, shares(log.fates(at, 48), rows.mw, rows.active), strict=True))
    assert (code, found["requests"]) == (0, int(rows.active.sum()))
    assert found["open_mw"] == pytest.approx(rows.mw[rows.active].sum(), rel=1e-3)
    posterior = {row["quantity"]: row for row in found["posterior"]}
    inside = [posterior[name]["low"] <= truth[name] <= posterior[name]["high"] for name in TRUTHS]
    assert sum(inside) >= 6


def test_fewer_columns_and_other_tariffs_give_other_answers(call, tmp_path):
    full = json.loads(call("assess", QUEUE, "--json")[1])
    table = pd.read_csv(QUEUE)[["request id", "capacity (MW)", "request date", "status"]]
    table.to_csv(tmp_path / "few.csv", index=False)
    few = json.loads(call("assess", tmp_path / "few.csv", "--json")[1])
    assert few["columns"] == ["filed", "id", "mw", "stage"]
    assert {row["column"] for row in few["columns_worth"]} >= {"applicant", "left", "signed"}
    assert full["columns_worth"][0]["column"] in ("deposit_usd", "location")
    dear = json.loads(call("assess", QUEUE, "--json", "--tariff", ROOT / "configs" / "policies" / "deposit.yaml")[1])
    medians = [[row["median"] for row in found["posterior"]] for found in (full, few, dear)]
    assert medians[0] != medians[1]
    assert medians[0] != medians[2]


BARE = "policy: {from: 2025-01, deposit_usd_per_mw: 50000, deposit_refundable_share: 0.5}\n"


def market(path):
    return assess_command.market_of(path, None)[0]


def test_a_tariff_alone_is_laid_over_the_baseline(tmp_path):
    path = tmp_path / "my_tariff.yaml"
    path.write_text(BARE)
    bare = market(path)
    whole = market(ROOT / "configs" / "policies" / "deposit.yaml")
    apart = {"title", "description", "contrast"}
    assert bare.model_dump(exclude=apart) == whole.model_dump(exclude=apart)
    assert bare.policy.deposit_usd_per_mw == 50000
    assert bare.title == load(ROOT / "configs" / "baseline.yaml").title
    path.write_text("title: Mine\ndescription: x\ntariffs:\n  - areas: all\n    minimum_take: 0.85\n")
    mine = market(path)
    assert (mine.title, mine.tariffs[0].minimum_take) == ("Mine", 0.85)
    assert mine.grid == bare.grid


def test_a_whole_scenario_stays_what_it_is(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("title: Mine\nhorizon_months: 60\n" + BARE)
    assert market(path) == load(path)
    assert market(path).grid != load(ROOT / "configs" / "baseline.yaml").grid
    path.write_text("extends: other.yaml\n" + BARE)
    (tmp_path / "other.yaml").write_text("title: Other\n")
    assert market(path).title == "Other"
    assert market(path).grid != load(ROOT / "configs" / "baseline.yaml").grid


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("policy: {deposit_usd_per_mv: 1}\n", ":1:10 policy.deposit_usd_per_mv: "),
        ("polcy: {deposit_usd_per_mw: 1}\n", "did you mean 'policy'"),
        ("policy:\n  deposit_usd_per_mw: -5\n", ":2:23 policy.deposit_usd_per_mw: "),
        ("tariffs: [{minimum_take: 2}]\n", ":1:26 tariffs.0.minimum_take: "),
        ("extends: ../../baseline.yaml\n" + BARE, ":1:10 extends: '../../baseline.yaml': "),
        ("extends: /elsewhere/base.yaml\n" + BARE, "an absolute path is not allowed"),
        ("policy: [\n", "my_tariff.yaml:"),
        ("", "my_tariff.yaml"),
        ("- policy\n", "my_tariff.yaml:1:1"),
    ],
)
def test_a_tariff_that_is_wrong_is_told_with_its_place(call, tmp_path, text, expected):
    folder = tmp_path / "deep" / "in"
    folder.mkdir(parents=True)
    (tmp_path / "queue.csv").write_text(CLEAN)
    (folder / "my_tariff.yaml").write_text(text)
    code, printed, said = call("assess", tmp_path / "queue.csv", "--tariff", folder / "my_tariff.yaml")
    assert (code, printed, said.count("\n")) == (2, "", 1), said
    assert expected in said
    assert "my_tariff.yaml" in said


def test_a_tariff_alone_needs_the_baseline(call, tmp_path, monkeypatch):
    (tmp_path / "queue.csv").write_text(CLEAN)
    (tmp_path / "my_tariff.yaml").write_text(BARE)
    monkeypatch.setattr(assess_command, "BASELINE", tmp_path / "none.yaml")
    code, _, said = call("assess", tmp_path / "queue.csv", "--tariff", tmp_path / "my_tariff.yaml")
    assert (code, said.count("\n")) == (2, 1)
    assert "none.yaml: there is no such file" in said


def test_a_list_of_another_kind_is_called_odd(call, tmp_path):
    table = pd.read_csv(QUEUE)
    table["request date"] = "1999-01-01"
    table.to_csv(tmp_path / "old.csv", index=False)
    code, printed, _ = call("assess", tmp_path / "old.csv", "--json", "--as-of", "2028-01-15")
    assert code == 0
    assert "age_filed" in {row["feature"] for row in json.loads(printed)["odd"]}


def test_lists_are_made_once(tmp_path, monkeypatch):
    market = load(ROOT / "configs" / "baseline.yaml")
    cells = load_sweep(POSTERIOR, market).cells[:3]
    monkeypatch.setattr(shelf, "CACHE_DIR", tmp_path / "kernels")
    made = shelf.lists_of(market, cells)
    (path,) = tmp_path.glob("lists-*.npz")
    monkeypatch.setattr(shelf, "simulated_lists", None)  # would fail if asked again
    again = shelf.lists_of(market, cells)
    assert again.names == made.names
    assert (again.truths == made.truths).all()
    assert shelf.path_of("lists", market, cells[:2]) != path
    assert shelf.path_of("lists", market.model_copy(update={"seed": 2}), cells) != path
    monkeypatch.setattr(shelf, "simulated_lists", simulated_lists)
    for data in (b"", b"PK\x03\x04 no archive", path.read_bytes()[:500]):
        path.write_bytes(data)
        assert (shelf.lists_of(market, cells).truths == made.truths).all()


def test_rules_are_tried_on_the_list(call, tmp_path):
    policies = ROOT / "configs" / "policies"
    words = ["--rule", policies / "confirm.yaml", "--rule", policies / "use_or_lose.yaml", "--out", tmp_path / "out"]
    code, printed, said = call("assess", QUEUE, *words)
    assert code == 0, said
    assert "Under the rule that shortens the list most (The clean-up of a queue)" in printed
    table = pd.read_parquet(tmp_path / "out" / "rules.parquet")
    asked = table[table.amount == "open"].set_index("rule")
    assert asked.high["The clean-up of a queue"] < 0.0
    assert abs(asked["median"]["Use it or lose it"]) < 0.02
    assert "The clean-up of a queue" in (tmp_path / "out" / "report.html").read_text()
    (tmp_path / "other.yaml").write_text("actors: {utilities: {count: 3}}\ntitle: Three utilities\n")
    code, printed, said = call("assess", QUEUE, "--rule", tmp_path / "other.yaml")
    assert (code, printed, said.count("\n")) == (2, "", 1)
    assert "'Three utilities' has other utilities than the market" in said


def test_an_earlier_list_is_read_and_dated(call, tmp_path):
    now = pd.read_csv(QUEUE)
    then = now[now["request date"] < "2027-06-15"].assign(status="under study")
    then.to_csv(tmp_path / "then.csv", index=False)
    plain = json.loads(call("assess", QUEUE, "--json")[1])
    both = json.loads(call("assess", QUEUE, "--json", "--earlier", f"{tmp_path / 'then.csv'}@2027-06-15")[1])
    assert [row["median"] for row in both["posterior"]] != [row["median"] for row in plain["posterior"]]
    assert not any("months before" in row["column"] for row in both["columns_worth"])
    assert any("months before" in row["column"] for row in plain["columns_worth"])
    for day, expected in (
        ("2028-01-15", "the earlier list is of 2028-01-15, the list of 2028-01-15"),
        ("2024-06-15", "months older; 2 to 36 months can be compared"),
        ("2021", "write a day as 2024-12-31"),
    ):
        code, printed, said = call("assess", QUEUE, "--earlier", f"{tmp_path / 'then.csv'}@{day}")
        assert (code, printed, said.count("\n")) == (2, "", 1), said
        assert expected in said
    code, _, said = call("assess", ROOT / "examples" / "georgia_power.csv", "--earlier", QUEUE)
    assert (code, said.count("\n")) == (2, 1)
    assert "totals by quarter hold their past themselves" in said


def test_names_of_one_applicant_are_taken_together_and_repeats_listed(call, tmp_path):
    table = pd.read_csv(QUEUE)
    last = table[table.status == "under study"].index[-1] if (table.status == "under study").any() else table.index[-1]
    twin = table.loc[[last]].assign(**{"request id": "=TWIN", "applicant": table.applicant[last].upper() + ", L.L.C."})
    pd.concat([table, twin]).to_csv(tmp_path / "queue.csv", index=False)
    code, _, said = call("assess", tmp_path / "queue.csv", "--out", tmp_path / "out")
    assert code == 0, said
    copies = pd.read_csv(tmp_path / "out" / "likely_copies.csv")
    assert {"'=TWIN", table["request id"][last]} & {*copies.id, *copies.of}
    assert "the same applicant as" in (tmp_path / "out" / "notes.csv").read_text()


def test_what_is_missing_is_told_in_a_line(call, tmp_path, monkeypatch):
    (tmp_path / "queue.csv").write_text(CLEAN)
    sweep = tmp_path / "sweep.yaml"
    sweep.write_text("grid: {policy.study_fee_usd_per_mw: [0, 1]}\n")
    for words, expected in (
        (["--worlds", sweep], "the sweep has no list; gridsim calibrate writes one"),
        (["--worlds", tmp_path / "none.yaml"], "there is no such file here; name one: --worlds SWEEP"),
        (["--tariff", tmp_path / "none.yaml"], "name one: --tariff FILE"),
        (["--mapping", tmp_path / "none.yaml"], "none.yaml"),
    ):
        code, printed, said = call("assess", tmp_path / "queue.csv", *words)
        assert (code, printed, said.count("\n")) == (2, "", 1), said
        assert expected in said
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    code, _, said = call("assess", tmp_path / "queue.csv")
    assert (code, said.count("\n")) == (2, 1)
    assert 'pip install "gridsim[assess]"' in said
