"""A scenario written as text is the same scenario, and the changes between two make one of the other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest
import yaml
from hypothesis import assume, example, given
from hypothesis import strategies as st

from gridsim.config.errors import ScenarioError, dotted
from gridsim.config.overrides import parse_override
from gridsim.config.reader import load, load_text
from gridsim.config.scenario import Scenario
from gridsim.config.strict_yaml import parse
from gridsim.config.tariff import Tariff
from gridsim.config.variants import varied
from gridsim.config.walk import Slot, slot_of_field
from gridsim.config.written import changes_between, value_text, yaml_text

CONFIGS = Path(__file__).parents[2] / "configs"
FILES = sorted(path for path in CONFIGS.rglob("*.yaml") if "sweeps" not in path.parts)
PLAIN = Scenario(title="Plain")
NAMES = ("North", "St. Mary", "P&G", "O'Neil (east)", "null", "2024", "a.b.c", "x - y", "Georgia Power")

characters = st.one_of(
    st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff"),
    st.sampled_from("\n\t #:-'\"\\{}[],&*?|>%@`\u2028\u00a0\ufeff\u202e"),
)
texts = st.text(characters, min_size=1, max_size=200) | st.lists(
    st.sampled_from(["a", "word", "- x:", "#", "", " ", "\n", "two\nlines", "supercalifragilistic" * 7]),
    min_size=1,
    max_size=60,
).map(" ".join).filter(bool)


def leaves(model: Any, path: tuple[str, ...] = ()) -> dict[str, Slot]:
    """Single values of the schema by dotted path; lists and tables of names are not entered."""
    found: dict[str, Slot] = {}
    for name, field in model.model_fields.items():
        here, slot = (*path, field.alias or name), slot_of_field(field)
        if slot.block is not None and not slot.optional:
            found |= leaves(slot.block, here)
        elif value_of(slot) is not None:
            found[dotted(here)] = slot
    return found


def value_of(slot: Slot) -> st.SearchStrategy[Any] | None:
    """Values in range of a number, a switch or a choice; None for texts, lists and tables."""
    kind, low, high = slot.kinds[0], slot.bounds.get("ge"), slot.bounds.get("le")
    if kind is bool:
        values: st.SearchStrategy[Any] = st.booleans()
    elif kind is int:
        values = st.integers(low, high)
    elif kind is float:
        values = st.floats(low, high, allow_nan=False, allow_infinity=False) | st.integers(
            -(-int(low or 0) // 1), int(high or 1e6)
        ).filter(lambda n: (low or 0) <= n)
    elif get_origin(kind) is Literal and len(slot.kinds) == 1:
        values = st.sampled_from(get_args(kind))
    else:
        return None
    return st.none() | values if slot.optional else values


LEAVES = leaves(Scenario)
TERMS = leaves(Tariff)


def some(slots: dict[str, Slot], most: int) -> st.SearchStrategy[dict[str, Any]]:
    """Some of these paths, each with a value."""
    one = st.sampled_from(sorted(slots)).flatmap(lambda path: st.tuples(st.just(path), value_of(slots[path])))
    return st.lists(one, max_size=most).map(dict)


@st.composite
def structures(draw: st.DrawFn) -> dict[str, Any]:
    """Everything that is no single value: names, tables, lists, optional blocks, texts."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=5, unique=True))
    number = st.sampled_from([0, 1, 2.5, 1000.0])
    area = st.fixed_dictionaries(
        {},
        optional={
            "headroom_mw": st.none() | number,
            "pipeline": st.sampled_from([None, {}, {"filed_mw": 3}]),
            "attraction": st.just(1.0) | st.just(7),
        },
    )
    tariff = st.tuples(some(TERMS, 4), st.just("all") | st.just(names)).map(lambda t: {**t[0], "areas": t[1]})
    observed = st.fixed_dictionaries(
        {
            "area": st.sampled_from(names),
            "source": texts.filter(lambda t: len(t) <= 500),
            "months": st.just(["2024-01", "2024-06"]),
            "total_mw": st.just([1, 2.5]),
        },
        optional={"signed_mw": st.just([0.1, 1e-9])},
    )
    possible = {
        "grid.areas": st.dictionaries(st.sampled_from(names), area, max_size=4),
        "tariffs": st.lists(tariff, max_size=2).map(lambda more: [{}, *more]),
        "observed": st.none() | observed,
        "strategies.labs": st.just("honest") | st.just({"ewa": 1, "heuristic": 0.25}) | st.just({"heuristic": 2}),
        "actors.labs.fear": st.sampled_from([{"mean": 0.5, "spread": 0.2}, {"mean": 0.7}, {"spread": 0}]),
        "compute.service.code.hours": st.lists(st.sampled_from([0.5, 1, 3.25]), min_size=24, max_size=24),
        "description": texts,
        "title": texts.map(lambda t: t[:200]),
    }
    chosen = draw(st.lists(st.sampled_from(sorted(possible)), unique=True))
    return {"actors.utilities.names": names} | {key: draw(possible[key]) for key in sorted(chosen)}


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    """Scenarios with some values anywhere in their ranges; a value that would make no scenario is left."""
    scenario = Scenario(title="Random")
    if draw(st.booleans()):
        for path, value in draw(structures()).items():
            scenario = tried(scenario, {path: value})
    for path, value in draw(some(LEAVES, 8)).items():
        scenario = tried(scenario, {path: value})
    contrast = draw(some(LEAVES, 3)) if draw(st.booleans()) else {}
    contrast = {
        path: value
        for path, value in contrast.items()
        if path.partition(".")[0] not in ("seed", "start_month", "horizon_months")
    }
    if contrast:
        label = draw(texts)[:60]
        try:
            varied(scenario, contrast)
        except ScenarioError:
            return scenario
        scenario = tried(scenario, {"contrast": {"label": label, "changes": contrast}})
    return scenario


def tried(scenario: Scenario, changes: dict[str, Any]) -> Scenario:
    try:
        return varied(scenario, changes)
    except ScenarioError:
        return scenario


def same(one: Scenario, other: Scenario) -> bool:
    return one == other and one.digest() == other.digest()


@given(scenarios())
def test_a_scenario_written_is_the_same_scenario(scenario: Scenario) -> None:
    text = yaml_text(scenario)
    assert same(load_text(text), scenario), text
    assert yaml_text(load_text(text)) == text


@given(scenarios())
def test_a_written_scenario_is_the_same_for_any_yaml_reader(scenario: Scenario) -> None:
    text = yaml_text(scenario)
    assume("e-" not in text and "e+" not in text)  # to YAML 1.1 1e-05 is a text
    assert yaml.safe_load(text) == parse(text).data


@given(scenarios(), scenarios())
def test_changes_make_one_scenario_of_another(base: Scenario, other: Scenario) -> None:
    changes = changes_between(base, other)
    assert same(load_text(yaml_text(base), overrides=changes), other), changes
    made, without = varied(base, changes), other.model_copy(update={"contrast": None})
    has_same = json.dumps(base.model_dump()["contrast"]) == json.dumps(other.model_dump()["contrast"])
    assert same(made, without if has_same else other), changes
    said = dict(parse_override(f"{path}={value_text(value)}") for path, value in changes.items())
    assert same(load_text(yaml_text(base), overrides=said), other), said


@given(scenarios(), some(LEAVES, 6))
def test_changes_of_single_values_are_found_and_no_others(base: Scenario, wanted: dict[str, Any]) -> None:
    try:
        other = varied(base, wanted)
    except ScenarioError:
        assume(False)
    base = base.model_copy(update={"contrast": None})
    changes = changes_between(base, other)
    traits = {path.rpartition(".")[0] for path in wanted}
    assert all(path in wanted or path.rpartition(".")[0] in traits for path in changes)
    assert same(varied(base, changes), other)
    for path in changes:
        if not path.endswith((".mean", ".spread")):  # a trait that a file leaves out has no single default
            fewer = {key: value for key, value in changes.items() if key != path}
            assert not same(tried(base, fewer), other), path


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_file_written_anew_is_the_same_scenario(path: Path) -> None:
    scenario = load(path)
    again = load_text(yaml_text(scenario)).placed(scenario.folder)
    assert same(again, scenario)
    baseline = CONFIGS / "baseline.yaml"
    changes = changes_between(load(baseline), scenario)
    assert load(baseline, changes).digest() == scenario.digest()
    assert changes_between(scenario, again) == {}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_written_file_is_easily_read(path: Path) -> None:
    text = yaml_text(load(path))
    assert max(map(len, text.splitlines())) <= 110
    keys = [line.partition(":")[0] for line in text.splitlines() if line[:1].isalpha()]
    order = list(Scenario.model_fields)
    assert keys == sorted(keys, key=order.index)
    assert "extends" not in keys


def test_what_is_the_default_is_not_written() -> None:
    assert yaml_text(PLAIN) == "title: Plain\n"
    assert yaml_text(
        load_text("title: Plain\nactors: {labs: {count: 18, fear: {mean: 0.7, spread: 0.3}}}")
    ) == yaml_text(PLAIN)
    other = varied(PLAIN, {"actors.labs.fear": {"mean": 0.5, "spread": 0.2}, "policy.deposit_usd_per_mw": 5e4})
    assert yaml_text(other) == "title: Plain\nactors:\n  labs: {fear: {}}\npolicy: {deposit_usd_per_mw: 50000}\n"


def test_a_scenario_reads_like_one_written_by_hand() -> None:
    text = """\
title: "Tariffs: three of them"
description: |-
  First line.
    - indented
  Last line.
horizon_months: 24
grid:
  areas:
    St. Mary: {headroom_mw: 10}
actors:
  utilities: {names: [St. Mary, "2024"]}
tariffs:
  - {}
  - minimum_take: 0.85
    from: 2025-08
    areas: [St. Mary]
  - deposit_usd_per_mw: 1000
    minimum_take: 0.9
    duplicate_disclosure: true
    from: 2025-09
    areas: [St. Mary, "2024"]
contrast:
  label: without
  changes: {'grid.areas."St. Mary".headroom_mw': 1.0, tariffs: [{areas: all}]}
"""
    assert yaml_text(load_text(text)) == text


TEXTS = [
    *("one\n", "one\n\ntwo", "\none", " one", "one ", "x\n" * 3, "a\n \nb"),
    *("a  b " * 40, "word " * 60 + "end\nand more", "long " * 60 + "\n", "é" * 150),
    *("-", "#", "a: b", "a #b", "null", "1e3", "2024-01", "2024-01-01", "'", '"', 'it\'s "so"'),
]


@pytest.mark.parametrize("text", TEXTS)
def test_texts_come_back_to_the_letter(text: str) -> None:
    scenario = PLAIN.model_copy(update={"description": text})
    assert load_text(yaml_text(scenario)).description == text


@pytest.mark.parametrize("text", ["bell \a", "return \r", "half \ud800", "next line \x85"])
def test_what_no_file_can_say_is_refused(text: str) -> None:
    with pytest.raises(ScenarioError):
        yaml_text(PLAIN.model_copy(update={"description": text}))


def test_changes_are_few() -> None:
    base = load_text(
        "title: T\ntariffs: [{}, {from: 2025-01, minimum_take: 0.5}]\nactors: {utilities: {count: 2}}\n"
        "grid: {areas: {utility-01: {}, utility-02: {}}}"
    )

    def found(changes: dict[str, object]) -> dict[str, object]:
        return changes_between(base, varied(base, changes))

    for change in (
        {"tariffs.1.minimum_take": 0.85},
        {"tariffs.0.areas": ["utility-01", "utility-02"], "tariffs.1.deposit_usd_per_mw": 5},
        {"compute.service.chat.hours.3": 2},
        {"grid.areas.utility-01.headroom_mw": 5},
        {"policy.minimum_take": None},
        {"observed": None},
    ):
        expected = {path: value for path, value in change.items() if value is not None}
        assert found(change) == expected
    assert found({"tariffs": [{}]}) == {"tariffs": [{}]}
    assert found({"actors.utilities.names": ["utility-01", "utility-02"]}) == {
        "actors.utilities.names": ["utility-01", "utility-02"]
    }
    gone = varied(base, {"grid.areas": None, "grid": {"areas": {"utility-02": {}}}})
    assert changes_between(base, gone) == {"grid.areas": None, "grid": {"areas": {"utility-02": {}}}}


def test_a_contrast_goes_and_comes() -> None:
    with_one = load(CONFIGS / "policies" / "deposit.yaml")
    without = varied(with_one, {})
    assert changes_between(with_one, without) == {"contrast": None}
    assert load(CONFIGS / "policies" / "deposit.yaml", {"contrast": None}) == without
    assert varied(without, changes_between(without, with_one)) == with_one


@example("null")
@example("1e3")
@given(texts)
def test_a_text_after_an_equals_sign_comes_back_to_the_letter(text: str) -> None:
    assert parse_override(f"title={value_text(text)}") == ("title", text)


def test_two_numbers_that_a_digest_tells_apart_are_two() -> None:
    below = varied(PLAIN, {"policy.minimum_take": -0.0})
    assert (
        load_text(yaml_text(below)).digest() == below.digest() != varied(PLAIN, {"policy.minimum_take": 0.0}).digest()
    )
    one, other = (
        varied(PLAIN, {"contrast": {"label": "x", "changes": {"policy.minimum_take": value}}}) for value in (1, 1.0)
    )
    assert same(varied(one, changes_between(one, other)), other)
    assert changes_between(one, other) != {}


def test_a_long_list_is_filled_line_by_line() -> None:
    names = [f"Utility {i}" for i in range(1, 25)]
    text = yaml_text(varied(PLAIN, {"actors.utilities.names": names}))
    assert text.splitlines()[3].startswith("    names: [Utility 1, Utility 2, ")
    assert text.endswith("Utility 24]\n")
    assert all(len(line) <= 110 for line in text.splitlines())
