"""From choices to worlds: levers mean what they say, comparisons are like with like, the numbers are those of a batch."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
import yaml

import gridsim
from gridsim.config.errors import ScenarioError
from gridsim.config.scenario import Mechanisms, Scenario
from gridsim.explorer import live
from gridsim.explorer.catalogue import BUILT_IN, catalogue, listed
from gridsim.explorer.choices import Choices
from gridsim.explorer.levers import GROUPS, LEVERS, field_of, notes, range_of, typed, value_of
from gridsim.explorer.service import Service
from gridsim.figures import spread

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def folder(scenario: Scenario, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of scenarios: the small market, a rule that extends it, and a broken file."""
    place = tmp_path_factory.mktemp("markets") / "configs"
    (place / "policies").mkdir(parents=True)
    (place / "gridsim.schema.json").write_text("{}")
    (place / "baseline.yaml").write_text(yaml.safe_dump(scenario.model_dump(by_alias=True), allow_unicode=True))
    (place / "policies" / "fee.yaml").write_text(
        "extends: ../baseline.yaml\ntitle: A fee\npolicy: {study_fee_usd_per_mw: 2000}\n"
        "contrast: {label: without the fee, changes: {policy.study_fee_usd_per_mw: null}}\n"
    )
    (place / "short.yaml").write_text("extends: baseline.yaml\ntitle: Short\nhorizon_months: 24\n")
    (place / "broken.yaml").write_text("title: [\n")
    return place


@pytest.fixture(scope="module")
def service(folder: Path) -> Service:
    return Service(folder / "baseline.yaml")


def wanted(choices: Choices, **more: object) -> live.Wanted:
    return live.Wanted.model_validate({"viewer": "test", "seq": 1, "choices": choices.model_dump(), **more})


def test_at_most_eight_levers_each_by_who_decides_with_unit_range_and_source() -> None:
    assert len(LEVERS) <= 8
    assert GROUPS == ("Labs", "Hyperscalers", "Utilities", "Regulators")
    for lever in LEVERS:
        field = field_of(lever.path)
        low, high = (next(getattr(m, b) for m in field.metadata if hasattr(m, b)) for b in ("ge", "le"))
        assert low <= lever.low < lever.high <= high, lever.path
        said = " ".join(notes(lever))
        assert str(field.json_schema_extra["source"]) in said
        assert lever.path in said
        assert lever.unit


def test_a_slider_can_stand_at_the_value_of_every_shipped_scenario() -> None:
    """A value beyond its slider would be moved by opening the page."""
    _, entries = catalogue(ROOT / "configs" / "baseline.yaml")
    assert len(entries) > 40
    for entry in entries.values():
        for lever in LEVERS:
            value = value_of(entry.scenario, lever.path)
            low, high = range_of(lever, value)
            assert low <= value <= high, (entry.key, lever.path)
            assert (low, high) == (lever.low, lever.high) or value in (low, high)


def test_the_catalogue_leaves_out_what_is_broken(service: Service) -> None:
    assert service.start == "baseline"
    assert sorted(service.entries) == ["baseline", "policies/fee", "short"]
    assert service.entries["policies/fee"].path.endswith("configs/policies/fee.yaml")
    assert [group["group"] for group in listed(service.entries)] == ["Worlds", "Rules"]


def test_a_broken_scenario_to_start_with_is_an_error(folder: Path) -> None:
    with pytest.raises(ScenarioError):
        Service(folder / "broken.yaml")


def test_without_files_there_is_a_market_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    start, entries = catalogue(None)
    assert start == BUILT_IN
    assert entries[start].scenario.horizon_months == 120


def test_only_the_catalogue_is_opened(service: Service) -> None:
    for name in ("../baseline", "/etc/passwd", "broken", "policies/../baseline"):
        with pytest.raises(ValueError, match="no scenario"):
            service.scenario(Choices(source=name))


def test_text_extends_no_file(service: Service) -> None:
    with pytest.raises(ScenarioError, match="extends no file"):
        service.scenario(Choices(text="extends: baseline.yaml\ntitle: x\n"))


@pytest.mark.parametrize(
    "choices",
    [
        Choices(text="title: x\nstrategies: {mine: 'mine.py:run'}\n"),
        Choices(changes={"strategies.mine": "mine.py:run"}),
        Choices(source="policies/fee", changes={"strategies.mine": "mine.py:run"}),
    ],
)
def test_a_page_may_not_name_code_to_be_run(service: Service, choices: Choices) -> None:
    for ask in (service.scenario, service.reference, service.run):
        with pytest.raises(ValueError, match="no code is run for a page"):
            ask(choices)


def test_changes_are_those_of_the_command_line(service: Service, folder: Path) -> None:
    changes = {"policy.deposit_usd_per_mw": 30000.0, "mechanisms.m02_duplicates": False}
    found = service.scenario(Choices(changes=changes))
    assert found.digest() == gridsim.load(folder / "baseline.yaml", changes).digest()
    fee = service.scenario(Choices(source="policies/fee", changes=changes))
    assert fee.digest() == gridsim.load(folder / "policies" / "fee.yaml", changes).digest()
    with pytest.raises(ScenarioError, match="no_such"):
        service.scenario(Choices(changes={"policy.no_such": 1.0}))


def test_worlds_are_compared_with_worlds_of_the_same_months(service: Service) -> None:
    today = service.entries["baseline"].scenario
    fee = Choices(source="policies/fee", changes={"demand.growth_gw": 20.0})
    assert service.reference(fee) == (today, "today")
    there, label = service.reference(fee.model_copy(update={"against": "opened"}))
    assert (there, label) == (service.entries["policies/fee"].scenario, "as opened")
    there, label = service.reference(fee.model_copy(update={"against": "honest"}))
    assert there.digest() == service.scenario(fee).twin().digest()
    assert service.reference(Choices(source="short", changes={"demand.growth_gw": 20.0}))[1] == "as opened"


def test_the_numbers_are_those_of_a_batch_bit_for_bit(service: Service, folder: Path, tmp_path: Path) -> None:
    choices = Choices(changes={"policy.deposit_usd_per_mw": 50000.0})
    both = service.exact(choices).worlds()
    scenario = gridsim.load(folder / "baseline.yaml", dict(choices.changes))
    batch = gridsim.run_batch(scenario, seeds=range(1, 201), out=tmp_path / "batch")
    months = batch.months
    for name in ("queued_mw", "power_phantom_ratio", "unserved_need_mw"):
        stored = months.pivot(index="run", columns="month", values=name).to_numpy()
        assert np.array_equal(both.here.series[name], stored.astype(both.here.series[name].dtype), equal_nan=True), name
    shown = live.answer(service, wanted(choices, have=60), choices)
    panel = spread.BY_COLUMN["queued_mw"]
    trace = next(trace for trace in spread.data(both, panel, "here") if trace["name"] == "here: median")
    median = np.quantile(months.pivot(index="run", columns="month", values="queued_mw").to_numpy(), 0.5, axis=0) / 1e3
    sent = next(one for one in shown.figure["data"] if one["name"] == "here: median")
    assert sent["y"] == live.packed(trace["y"])
    unit = spread.fan(both, panel).unit.size
    assert np.array_equal(np.asarray(trace["y"]) * unit / 1e3, median) or np.allclose(
        trace["y"], median * 1e3 / unit, rtol=1e-15
    )


def test_files_asked_for_at_once_are_all_worked_out(service: Service) -> None:
    """Each request looks at its own runs until it has them, whoever else asks meanwhile."""
    found: dict[int, int] = {}

    def ask(i: int) -> None:
        found[i] = service.exact(Choices(changes={"policy.deposit_usd_per_mw": 700.0 + i})).here.done

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60.0)
    assert found == dict.fromkeys(range(4), 200)


def test_a_lever_that_moves_gets_a_preview_and_rest_the_whole(service: Service) -> None:
    choices = Choices(changes={"policy.deposit_usd_per_mw": 12345.0})
    moving = live.answer(service, wanted(choices, moving=True), choices)
    assert (moving.progress["done"], moving.progress["of"]) == (20, 200)
    assert moving.status.startswith("Preview of 20 runs")
    assert "query" not in moving.progress
    have, steps = 0, []
    while have < 200:
        said = live.answer(service, wanted(choices, have=have), choices)
        assert said.progress["done"] > have
        have = said.progress["done"]
        steps.append(have)
    assert steps[0] < 200
    assert said.status.startswith("Exact: 200 runs")
    assert said.progress["result"] == service.simulator.watch("again", [service.scenario(choices)])[0].digest()


def test_the_sentence_counts_the_runs_that_agree(service: Service) -> None:
    choices = Choices(changes={"mechanisms.m02_duplicates": False})
    both = service.exact(choices).worlds()
    panel = spread.BY_COLUMN["queued_mw"]
    here, there = (np.max(world.series["queued_mw"], axis=1) for world in (both.here, both.there))
    lower = int(np.sum(here < there))
    text = live.headline(both, panel, choices, changed=True)
    assert f"in {lower} of 200 runs" in text
    assert text.startswith("With duplicates off, the queue peaks lower than today")
    same = service.exact(Choices()).worlds()
    assert "Nine runs in ten" in live.headline(same, panel, Choices(), changed=False)


def test_no_gaming_switched_on_is_its_own_reference(service: Service) -> None:
    off = {f"mechanisms.{n}": False for n in Mechanisms.model_fields}
    choices = Choices(changes=off, against="honest")
    both = service.exact(choices).worlds()
    text = live.headline(both, spread.PANELS[0], choices, changed=False)
    assert text


def test_whole_numbers_stay_whole() -> None:
    assert typed("actors.utilities.studies_in_parallel", 4.0) == 4
    assert isinstance(typed("actors.utilities.studies_in_parallel", 4.0), int)
    assert isinstance(typed("demand.growth_gw", 65), float)
