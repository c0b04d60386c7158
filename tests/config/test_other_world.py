"""The other world of a scenario is a scenario, and what is wrong with its changes is said where they stand."""

from pathlib import Path

import pytest

from gridsim.config.contrast import contrasted
from gridsim.config.errors import ScenarioError
from gridsim.config.reader import load, load_text
from gridsim.config.scenario import Contrast, Scenario

GOOD = (
    "title: x\ncontrast: {label: without, changes: {mechanisms.m02_duplicates: false, tariffs.0.minimum_take: 0.5}}\n"
)


def lines_of(text, **overrides):
    with pytest.raises(ScenarioError) as caught:
        load_text(text, "s.yaml", overrides)
    return str(caught.value).splitlines()


def test_the_other_world_has_the_changes_and_nothing_else():
    scenario = load_text(GOOD)
    other = contrasted(scenario)
    assert other.mechanisms.m02_duplicates is False
    assert other.tariffs[0].minimum_take == 0.5
    assert other.contrast is None
    plain = load_text("title: x\n", overrides={"mechanisms.m02_duplicates": False, "tariffs.0.minimum_take": 0.5})
    assert other == plain
    assert scenario.mechanisms.m02_duplicates is True
    assert scenario.tariffs[0].minimum_take == 0


def test_the_contrast_is_part_of_what_the_scenario_says():
    assert load_text(GOOD).digest() != load_text("title: x\n").digest()
    assert load_text(load_text(GOOD).model_dump_json(by_alias=True)) == load_text(GOOD)


def test_a_scenario_without_contrast_has_no_other_world():
    with pytest.raises(ValueError, match="no contrast"):
        contrasted(load_text("title: x\n"))


def test_a_contrast_made_in_python_is_checked_when_it_is_used():
    scenario = Scenario(title="x", contrast=Contrast(label="a", changes={"policy.minimum_tak": 1}))
    with pytest.raises(ScenarioError, match="unknown key 'minimum_tak'; did you mean 'minimum_take'"):
        contrasted(scenario)


HEAD = "title: x\ncontrast:\n  label: without\n  changes:\n    "
BROKEN = {
    "unknown key": (
        "policy.depost_usd_per_mw: 3",
        ":5:5 policy.depost_usd_per_mw: unknown key 'depost_usd_per_mw'; did",
    ),
    "wrong value": ("policy.minimum_take: 9", ":5:5 policy.minimum_take: found 9; write a number from 0 to 1 (share)"),
    "not a number": ("policy.minimum_take: .nan", ":5:5 policy.minimum_take: found .nan; write a number"),
    "wrong kind": ("mechanisms.m02_duplicates: 1", ":5:5 mechanisms.m02_duplicates: found 1; write true or false"),
    "no such entry": (
        "tariffs.3.minimum_take: 1",
        ":5:5 tariffs: the list has the entries 0 to 0; there is no entry '3'",
    ),
    "no path": ("a..b: 1", ":5:5 contrast.changes.\"a..b\": 'a..b' is no path"),
    "another seed": ("seed: 2", ":5:5 contrast.changes.seed: both worlds have the same seed"),
    "another start": (
        "start_month: 2025-01",
        ":5:5 contrast.changes.start_month: both worlds have the same start_month",
    ),
    "other months": ("horizon_months: 2", ":5:5 contrast.changes.horizon_months: both worlds have the same"),
    "a contrast": ("contrast.seeds: 2", ':5:5 contrast.changes."contrast.seeds": the other world has no contrast'),
    "extends": ("extends: a.yaml", ":5:5 contrast.changes.extends: a scenario's base cannot be overridden"),
    "an area that is none": ("policy.areas: [X]", ":5:5 policy.areas.0: policy.areas names 'X', which is no utility"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_wrong_with_a_change_is_said_in_a_line_with_its_place(name):
    text, start = BROKEN[name]
    (line,) = lines_of(f"{HEAD}{text}\n")
    assert line.startswith(f"s.yaml{start}")


@pytest.mark.parametrize(
    ("text", "start"),
    [("contrast: {label: a, changes: {}}", ":2:31 contrast.changes: found an empty block"),
     ("contrast: {label: a, changes: 3}", ":2:31 contrast.changes: found 3; write a block"),
     ("contrast: {label: '', changes: {seed.x: 1}}", ":2:19 contrast.label: found 0 characters"),
     ("contrast: {label: a, changes: {policy.minimum_take: 1}, seeds: 1}", ":2:64 contrast.seeds: found 1"),
     ("contrast: {label: a}", ":2:1 contrast.changes: the key 'changes' is missing")],
)  # fmt: skip
def test_a_contrast_is_a_block_like_any_other(text, start):
    assert lines_of(f"title: x\n{text}\n")[0].startswith(f"s.yaml{start}")


def test_errors_of_the_scenario_and_of_its_contrast_come_together():
    lines = lines_of("title: x\nsed: 1\ncontrast: {label: a, changes: {policy.mini: 3}}\n")
    assert [line.split(": ")[0] for line in lines] == ["s.yaml:2:1 sed", "s.yaml:3:32 policy.mini"]


def test_a_change_that_breaks_another_value_names_the_contrast():
    text = "title: x\npolicy: {areas: [utility-05]}\ncontrast: {label: a, changes: {actors.utilities.count: 2}}\n"
    (line,) = lines_of(text)
    assert line.startswith("s.yaml:2:18 policy.areas.0: policy.areas names 'utility-05'")
    assert line.endswith("(in the other world of contrast)")


def test_a_change_given_as_an_override_is_named_as_one():
    (line,) = lines_of(GOOD, **{"contrast.changes": {"policy.minimum_tak": 3}})
    assert line.startswith("--set contrast.changes={policy.minimum_tak: 3} policy.minimum_tak: unknown key")


def write(folder: Path, **texts: str) -> None:
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")


def test_a_file_keeps_the_contrast_of_the_one_it_extends_unless_it_says_otherwise(tmp_path):
    write(
        tmp_path,
        base=GOOD,
        keeps="extends: base.yaml\nseed: 3\n",
        fewer="extends: base.yaml\ncontrast: {seeds: 7}\n",
        own="extends: base.yaml\ncontrast: {label: other, changes: {policy.minimum_take: 1}}\n",
        none="extends: base.yaml\ncontrast: null\n",
    )
    base, keeps, fewer, own, none = (
        load(tmp_path / f"{name}.yaml").contrast for name in ("base", "keeps", "fewer", "own", "none")
    )
    assert base is not None
    assert keeps == base
    assert fewer == base.model_copy(update={"seeds": 7})
    assert own == Contrast(label="other", changes={"policy.minimum_take": 1})
    assert none is None
