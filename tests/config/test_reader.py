import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridsim.config.errors import ScenarioError, dotted
from gridsim.config.files import CHAIN_MAX
from gridsim.config.overrides import merged, parse_override, parse_overrides
from gridsim.config.reader import load, load_text
from gridsim.config.scenario import Scenario


@pytest.fixture
def folder(tmp_path):
    """A folder of scenarios, with a neighbour that it must not reach."""
    inside = tmp_path / "mine"
    inside.mkdir()
    (tmp_path / "outside.yaml").write_text("title: outside\n")
    return inside


def write(folder: Path, **texts: str) -> None:
    """Write files: `a__b="..."` is a/b.yaml."""
    for name, text in texts.items():
        file = folder / (name.replace("__", "/") + ".yaml")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def lines_of(call, *arguments, **options):
    with pytest.raises(ScenarioError) as caught:
        call(*arguments, **options)
    return str(caught.value).splitlines()


# --- one file


def test_a_title_is_a_scenario():
    assert load_text("title: x") == Scenario(title="x")


def test_text_that_is_no_scenario_is_named_as_asked():
    assert lines_of(load_text, "- a", "mine") == [
        "mine:1:1: found a list of 1 (['a']); a scenario is a mapping, lines of 'key: value'"
    ]


def test_a_file_and_its_text_give_the_same_scenario(folder):
    write(folder, a="title: x\npolicy: {deposit_usd_per_mw: 5}\n")
    scenario = load(folder / "a.yaml")
    assert scenario == load(str(folder / "a.yaml"))
    assert scenario.folder == folder  # where files that it names are looked for
    assert scenario.placed(None) == load_text((folder / "a.yaml").read_bytes())
    assert scenario.policy.deposit_usd_per_mw == 5
    assert scenario.digest() == load_text("title: x\npolicy: {deposit_usd_per_mw: 5.0}\n").digest()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("bse.yaml", "there is no such file; did you mean 'base.yaml'?"),
        ("zzzzzzzz/x.yaml", "there is no such file"),
        (".", "this is a folder"),
        ("x" * 5000 + ".yaml", "there is no such file"),
        ("base.yaml/x.yaml", "there is no such file"),
        ("notes.txt", "a scenario's name ends in .yaml or .yml"),
        ("a\0b.yaml", "there is no such file"),
        ("loop.yaml", "there is no such file"),
        ("dangling.yaml", "there is no such file"),
    ],
)
def test_a_file_that_is_none_gives_one_line(folder, name, words):
    write(folder, base="title: x\n")
    (folder / "notes.txt").write_text("title: x\n")
    (folder / "loop.yaml").symlink_to("loop.yaml")
    (folder / "dangling.yaml").symlink_to("nowhere.yaml")
    (line,) = lines_of(load, folder / name)
    assert f": {words}" in line


def test_a_pipe_is_refused_and_not_waited_for(folder):
    os.mkfifo(folder / "p.yaml")
    (line,) = lines_of(load, folder / "p.yaml")
    assert "this is no regular file" in line


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_said_so(folder):
    write(folder, a="title: x\n")
    (folder / "a.yaml").chmod(0)
    assert lines_of(load, folder / "a.yaml") == [f"{folder / 'a.yaml'}: the file cannot be read: permission denied"]


def test_a_huge_file_is_not_read_to_its_end(folder):
    with (folder / "huge.yaml").open("wb") as file:
        file.truncate(2**40)
    (line,) = lines_of(load, folder / "huge.yaml")
    assert "more than 256,000 bytes" in line


# --- extends


def test_blocks_are_merged_and_lists_replaced(folder):
    write(
        folder,
        base="seed: 7\ngrid: {headroom_gw: 3, study: {months_min: 2}}\ntariffs: [{}, {contract_years: 3}]\n",
        mine="extends: base.yaml\ntitle: mine\ngrid: {study: {months_max: 9}}\ntariffs: [{minimum_take: 0.5}]\n",
    )
    scenario = load(folder / "mine.yaml")
    assert (scenario.title, scenario.seed, scenario.grid.headroom_gw) == ("mine", 7, 3)
    assert (scenario.grid.study.months_min, scenario.grid.study.months_max) == (2, 9)
    assert [tariff.minimum_take for tariff in scenario.tariffs] == [0.5]


def test_a_problem_is_placed_in_the_file_that_gave_the_value(folder):
    write(
        folder,
        base="# base\nseed: -1\ngrid: {headroom_gw: 3}\nhorizon_months: 0\ntariffs: [{a: 1}]\n",
        mine="title: x\nextends: base.yaml\ngrid:\n  headrom: 1\nhorizon_months: -5\n",
    )
    lines = lines_of(load, folder / "mine.yaml")
    places = sorted(line.removeprefix(f"{folder}/").split(": ")[0] for line in lines)
    assert places == [
        "base.yaml:2:7 seed",
        "base.yaml:5:12 tariffs.0.a",
        "mine.yaml:4:3 grid.headrom",
        "mine.yaml:5:17 horizon_months",
    ]


def test_strict_problems_of_all_files_are_told_at_once(folder):
    write(folder, base="seed: 1\nseed: 2\n", mine="extends: base.yaml\ntitle: x\ntitle: y\nhorizon_months: 0\n")
    lines = lines_of(load, folder / "mine.yaml")
    assert [line.removeprefix(f"{folder}/").split(": ")[0] for line in lines] == [
        "mine.yaml:3:1 title",
        "base.yaml:2:1 seed",
        "mine.yaml:4:17 horizon_months",
    ]


@pytest.mark.parametrize("top", ["configs", "scenarios", "marked"])
def test_a_policy_extends_the_baseline_above_it(tmp_path, top):
    write(tmp_path / top, baseline="title: base\nseed: 5\n", policies__deep__deposit="extends: ../../baseline.yaml\n")
    if top == "marked":
        (tmp_path / top / "gridsim.schema.json").write_text("{}")
    assert load(tmp_path / top / "policies/deep/deposit.yaml").seed == 5


def test_files_are_named_as_the_user_would_name_them(tmp_path, monkeypatch):
    write(tmp_path, configs__baseline="title: x\nseed: -1\n", configs__policies__p="extends: ../baseline.yaml\n")
    monkeypatch.chdir(tmp_path)
    (line,) = lines_of(load, "configs/policies/p.yaml")
    assert line.startswith("configs/baseline.yaml:2:7 seed: ")
    monkeypatch.chdir(tmp_path / "configs" / "policies")
    assert lines_of(load, "p.yaml")[0].startswith("../baseline.yaml:2:7 seed: ")


@pytest.mark.parametrize(
    ("base", "words"),
    [
        ("../outside.yaml", "outside the scenario's folder, 'mine'"),
        ("sub/../../outside.yaml", "outside the scenario's folder"),
        ("link.yaml", "outside the scenario's folder"),
        ("way/outside.yaml", "outside the scenario's folder"),
        ("/etc/passwd", "an absolute path is not allowed"),
        ("'C:\\base.yaml'", "an absolute path is not allowed"),
        ("missing.yaml", "there is no such file"),
        ("bsae.yaml", "there is no such file; did you mean 'base.yaml'?"),
        ("x" * 5000 + ".yaml", "there is no such file"),
        ("sub", "this is a folder"),
        (".", "this is a folder"),
        ("notes.txt", "a scenario's name ends in .yaml or .yml"),
        ("disguised.yaml", "a scenario's name ends in .yaml or .yml"),
        ("loop.yaml", "there is no such file"),
        ("~/base.yaml", "there is no such file"),
        ("[base.yaml]", "found ['base.yaml']; write the name of one file"),
        ("5", "found 5; write the name of one file"),
        ("''", "found ''; write the name of one file"),
        ("", "found null; write the name of one file"),
        ("mine.yaml", "the files extend each other in a circle: "),
        ("./sub/../mine.yaml", "the files extend each other in a circle: "),
    ],
)
def test_a_base_that_must_not_be_extended_is_refused(folder, base, words):
    write(folder, base="title: x\n", sub__x="title: x\n", mine=f"title: x\nextends: {base}\nseed: -1\n")
    (folder / "notes.txt").write_text("title: x\n")
    (folder / "link.yaml").symlink_to("../outside.yaml")
    (folder / "way").symlink_to("..")
    (folder / "loop.yaml").symlink_to("loop.yaml")
    (folder / "disguised.yaml").symlink_to("notes.txt")
    (line,) = lines_of(load, folder / "mine.yaml")
    assert line.startswith(f"{folder}/mine.yaml:2:")
    assert " extends: " in line
    assert words in line


def test_a_link_inside_the_tree_is_followed(folder):
    write(folder, sub__base="title: base\n", mine="extends: link.yaml\n")
    (folder / "link.yaml").symlink_to("sub/base.yaml")
    assert load(folder / "mine.yaml").title == "base"


def test_a_circle_is_shown_with_its_chain(folder):
    write(folder, a="extends: b.yaml\n", b="extends: c.yaml\n", c="extends: a.yaml\n")
    (line,) = lines_of(load, folder / "a.yaml")
    assert line.startswith(f"{folder}/c.yaml:1:10 extends: ")
    assert line.endswith(" -> ".join(f"{folder}/{name}.yaml" for name in "abca"))


def test_a_chain_has_at_most_eight_files(folder):
    write(folder, **{f"s{i}": f"extends: s{i + 1}.yaml\n" for i in range(CHAIN_MAX)}, **{f"s{CHAIN_MAX}": "title: x\n"})
    assert load(folder / "s1.yaml").title == "x"
    (line,) = lines_of(load, folder / "s0.yaml")
    assert f"more than {CHAIN_MAX} files" in line


def test_a_base_that_is_not_yaml_is_reported_in_its_own_place(folder):
    write(folder, base="title: x\n\tseed: 1\n", mine="extends: base.yaml\n")
    (line,) = lines_of(load, folder / "mine.yaml")
    assert line.startswith(f"{folder}/base.yaml:2:1: ")
    write(folder, base="")
    assert "base.yaml: the file is empty" in lines_of(load, folder / "mine.yaml")[0]


def test_text_extends_nothing():
    assert lines_of(load_text, "extends: base.yaml\n", "t")[0].startswith("t:1:10 extends: a scenario given as text")


# --- overrides


def test_overrides_set_values_by_dotted_path():
    scenario = load_text(
        "title: x\npolicy: {minimum_take: 0.5}\ntariffs: [{areas: all}, {contract_years: 3}]\n",
        overrides={
            "policy.deposit_usd_per_mw": 50_000,
            "tariffs.1.minimum_take": 0.7,
            "mechanisms": {"m01_speculation": False},
            'grid.areas."utility-01".headroom_mw': 10,
            "seed": 3,
        },
    )
    assert scenario.policy.deposit_usd_per_mw == 50_000
    assert scenario.policy.minimum_take == 0.5
    assert (scenario.tariffs[1].minimum_take, scenario.tariffs[1].contract_years) == (0.7, 3)
    assert not scenario.mechanisms.m01_speculation
    assert scenario.grid.areas["utility-01"].headroom_mw == 10
    assert scenario.seed == 3


def test_a_default_list_can_be_entered():
    assert load_text("title: x", overrides={"tariffs.0.minimum_take": 0.5}).tariffs[0].minimum_take == 0.5


def test_names_with_spaces_and_dots_can_be_overridden():
    text = "title: x\nactors: {utilities: {names: [Georgia Power, St. Mary]}}\n"
    paths = {'grid.areas."St. Mary".headroom_mw': 5, "grid.areas.Georgia Power.headroom_mw": 6}
    areas = load_text(text, overrides=paths).grid.areas
    assert (areas["St. Mary"].headroom_mw, areas["Georgia Power"].headroom_mw) == (5, 6)


def test_numbers_of_numpy_and_tuples_are_plain_values():
    scenario = load_text(
        "title: x",
        overrides={"seed": np.int64(4), "demand.noise": np.float64(0.5), "policy.areas": ("utility-01",)},
    )
    assert (scenario.seed, scenario.demand.noise, scenario.policy.areas) == (4, 0.5, ["utility-01"])


@pytest.mark.parametrize(
    ("path", "value", "line"),
    [
        (
            "policy.deposit_usd_per_mv",
            5,
            "policy.deposit_usd_per_mv=5: unknown key ... did you mean 'deposit_usd_per_mw'?",
        ),
        (
            "polcy.deposit_usd_per_mw",
            5,
            "polcy.deposit_usd_per_mw=5 polcy: unknown key 'polcy'; did you mean 'policy'?",
        ),
        ("policy.from_month", "2024-01", "policy.from_month='2024-01': unknown key ... did you mean 'from'?"),
        ("policy.minimum_take", 2, "policy.minimum_take=2: found 2; write a number from 0 to 1"),
        ("policy.minimum_take", "85 %", "policy.minimum_take='85 %': found '85 %'; ... did you mean 0.85?"),
        (
            "tariffs.3.minimum_take",
            1,
            "tariffs.3.minimum_take=1 tariffs: the list has the entries 0 to 0; there is no entry '3'",
        ),
        ("tariffs.x", 1, "tariffs.x=1 tariffs: the list has"),
        ("tariffs.-1.from", 1, "tariffs.-1.from=1 tariffs: the list has"),
        ("seed.x", 1, "seed.x=1 seed: found a block with the keys x; write a whole number"),
        ("policy", {"minimum_take": -1}, "policy={minimum_take: -1} policy.minimum_take: found -1"),
        ("grid.areas", {"Nowhere": {}}, "grid.areas={Nowhere: {}} grid.areas.Nowhere: grid.areas names 'Nowhere'"),
        ("grid.study.months_min", 60, "grid.study.months_min=60: months_min must not exceed months_max"),
        ("extends", "x.yaml", "extends='x.yaml': a scenario's base cannot be overridden"),
        ("seed", object(), "seed: found the Python type object; write a number"),
        ("seed", {1: 2}, "seed: found the Python type dict"),
        pytest.param("seed", 10**5000, "seed: the number has more than 40 digits", id="long number"),
        ("title", "a\ud800", "title='a\\ud800': found"),
        ("", 1, ": '' is no path"),
        ("a..b", 1, "a..b: 'a..b' is no path"),
        ('a."b', 1, "a.\"b: 'a.\"b' is no path"),
        ("a.", 1, "a.: 'a.' is no path"),
        ('a."".b', 1, 'a."".b: '),
    ],
)
def test_a_wrong_override_is_named_in_place_of_a_file(path, value, line):
    (found,) = lines_of(load_text, "title: x", overrides={path: value})
    start, *others = f"--set {line}".split(" ... ")
    assert found.startswith(start)
    assert all(part in found for part in others)


def test_a_value_without_end_is_refused():
    endless: list[object] = []
    endless.append(endless)
    assert "nested more than 32 deep" in lines_of(load_text, "title: x", overrides={"seed": endless})[0]


def test_problems_of_files_and_overrides_are_told_together():
    lines = lines_of(load_text, "title: x\nseed: -1\n", "t", {"tariffs.9.from": 1, "horizon_months": 0})
    assert [line.split(": ")[0] for line in lines] == [
        "--set tariffs.9.from=1 tariffs",
        "--set horizon_months=0",
        "t:2:7 seed",
    ]


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("a.b=1", ("a.b", 1)),
        ("a=1e-3", ("a", 0.001)),
        ("a=no", ("a", "no")),
        ("a=true", ("a", True)),
        ("a=", ("a", None)),
        ("a=[1, x]", ("a", [1, "x"])),
        ("a={b: 1}", ("a", {"b": 1})),
        ("title=Two words: one title", ("title", "Two words: one title")),
        ('grid.areas."St. Mary".x=1', ('grid.areas."St. Mary".x', 1)),
        ("a=b=c", ("a", "b=c")),
        (" a = 2 ", ("a", 2)),
    ],
)
def test_an_override_of_the_command_line_is_split_and_read(text, parsed):
    assert parse_override(text) == parsed


def test_all_wrong_overrides_of_a_command_line_are_told_at_once():
    assert parse_overrides(["a=1", "b=2"]) == {"a": 1, "b": 2}
    lines = lines_of(parse_overrides, ["a", "b=[1", "c..d=1", "e=1", "e=2"])
    assert [line.split(": ")[0] for line in lines] == ["--set a", "--set b=[1", "--set c..d=1", "--set e=2"]


PATHS = st.lists(st.one_of(st.text("ab .-_&'()1", min_size=1), st.integers(0, 99)), min_size=1, max_size=4)


@given(PATHS)
@settings(max_examples=200, deadline=None)
def test_a_path_in_a_message_can_be_used_as_an_override(path):
    text, value = parse_override(f"{dotted(tuple(path))}=1")
    with pytest.raises(ScenarioError) as caught:
        load_text("title: x", overrides={text: value})
    assert "is no path" not in str(caught.value)


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.one_of(st.text(max_size=3), st.sampled_from(sorted(Scenario.model_fields))), inner, max_size=3
        ),
    ),
    max_leaves=8,
)
KEYS = st.sampled_from(
    [*Scenario.model_fields, "tariffs.0", "grid.areas", "grid.areas.x", "tariffs.0.areas", "actors.labs"]
)


@given(st.dictionaries(KEYS, JSON, max_size=4))
@settings(max_examples=200, deadline=None)
def test_no_override_gives_another_error(overrides):
    message = ""
    try:
        assert isinstance(load_text("title: x", overrides=overrides), Scenario)
    except ScenarioError as error:
        message = str(error)
    assert all(line.isprintable() for line in message.splitlines())


@given(JSON.filter(lambda value: isinstance(value, dict)), JSON.filter(lambda value: isinstance(value, dict)))
@settings(max_examples=100, deadline=None)
def test_merging_gives_every_key_and_changes_neither_side(base, more):
    before = repr((base, more))
    both = merged(base, more)
    assert set(both) == set(base) | set(more)
    assert merged(base, {}) == base or "nan" in repr(base)
    assert repr((base, more)) == before


def test_applying_overrides_leaves_the_given_values_alone():
    given_value = {"labs": {"count": 3}}
    load_text("title: x", overrides={"actors": given_value, "actors.labs.count": 4})
    assert given_value == {"labs": {"count": 3}}


def test_reading_scenarios_loads_nothing_heavy():
    code = "import sys, gridsim.config.reader as r; print(*{m.split('.')[0] for m in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"numpy", "numba", "pandas", "mesa", "rich", "typer"} & set(loaded)
