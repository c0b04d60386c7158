"""Fifty broken scenarios and more: each gives exactly the lines expected, and no other exception."""

import pickle

import pytest

from gridsim.config.errors import LINES_MAX, Problem, ScenarioError, dotted, found, literal, shorten
from gridsim.config.reader import load

# What is wrong: the file, and how each line of the message begins (after "s.yaml") and what else it says.
BROKEN = {
    # No scenario at all.
    "empty": ("", [": the file is empty"]),
    "only a comment": ("# nothing\n", [": the file is empty"]),
    "only white space": ("\n\n  \n", [": the file is empty"]),
    "null": ("null", [": the file is empty"]),
    "a list": ("- title: a\n- b\n", [":1:1: found a list of 2 ... a scenario is a mapping"]),
    "a sentence": ("hello", [":1:1: found 'hello'; a scenario is a mapping"]),
    "a number": ("\n42", [":2:1: found 42"]),
    "binary": (b"\x89PNG\r\n\x1a\n\x00\x00\xff", [":1:1: the file is not UTF-8 text"]),
    "Latin-1": ("title: x\ndescription: caf\xe9".encode("latin-1"), [":2:17: the file is not UTF-8 text"]),
    "UTF-16": ("title: x".encode("utf-16"), [":1:1: the file is not UTF-8 text"]),
    "NUL": ("title: a\0b", [":1:9: the control character '\\x00' is not allowed"]),
    "huge": ("title: x\n#" + "x" * 300_000, [": the text has more than 256,000 bytes"]),
    "two documents": ("title: a\n---\ntitle: b\n", [":2:1: a second document starts here"]),
    "text after the end": ("title: a\n...\nseed: 2\n", [":3:1: this is not YAML: something follows"]),
    # Not YAML.
    "tab": ("title: x\ngrid:\n\theadroom_gw: 1\n", [":3:1: this is not YAML: a tab stands where"]),
    "open bracket": ("title: [1, 2\n", [":1:8: this is not YAML: a comma or the closing bracket"]),
    "wrong bracket": ("title: x\ntariffs: [{areas: all]}\n", [":2:22: this is not YAML: a comma or the closing"]),
    "open quote": ('title: "x\nseed: 1\n', [":1:8: this is not YAML: a quote is never closed"]),
    "colon in a value": ("title: x: y\n", [":1:9: this is not YAML: a second ': ' here; put the text in quotes"]),
    "no colon": ("title: x\nseed 1\ngrid: {}\n", [":2:1: this is not YAML: the line is neither 'key: value'"]),
    "at sign": ("title: @x\n", [":1:8: this is not YAML: character '@' cannot stand here; put the text in quotes"]),
    "indentation": ("title: x\n seed: 1\n", [":2:6: this is not YAML: a second ': ' here ... mend the indentation"]),
    "indentation in a list": ("tariffs:\n  - areas: all\n   from: x\n", [":3:4: this is not YAML: the indentation"]),
    "bad escape": ('title: "\\q"\n', [":1:10: this is not YAML: found unknown escape"]),
    # YAML, but not the strict kind.
    "duplicate key": ("title: x\nseed: 1\nseed: 2\n", [":3:1 seed: the key is given twice, first in line 2"]),
    "duplicate keys": (
        "title: x\nseed: 1\npolicy: {from: 2024-01, from: 2025-01}\nseed: 2\n",
        [":3:25 policy.from: the key is given twice", ":4:1 seed: the key is given twice, first in line 2"],
    ),
    "anchor and alias": (
        "title: &t x\ndescription: *t\n",
        [":1:8 title: the anchor &t is not allowed", ":2:14 description: the alias *t is not allowed; write the value"],
    ),
    "self reference": (
        "title: x\ngrid: &g {areas: *g}\n",
        [":2:7 grid: the anchor &g", ":2:18 grid.areas: the alias *g"],
    ),
    "tag": ("title: !!python/name:os.system x\n", [":1:8 title: the tag !!python/name:os.system is not allowed"]),
    "merge key": ("title: x\npolicy: {<<: {deposit_usd_per_mw: 1}}\n", [":2:10 policy.\"<<\": unknown key '<<'"]),
    "number as key": ("title: x\n1: y\n", [":2:1: the key 1 is not text; put it in quotes"]),
    "boolean as key": ("title: x\ntrue: y\n", [":2:1: the key true is not text"]),
    "list as key": ("title: x\n? [a]\n: y\n", [":2:3: the key ['a'] is not text"]),
    "deep": ("title: x\ngrid: " + "[" * 40 + "]" * 40, [":2:38 grid.0.0.0: lists and blocks are nested more than 32"]),
    "many": ("title: x\nseed: [" + "1," * 21_000 + "]", [":2:39998 seed.19995: there are more than 20,000 values"]),
    "escape code": ('title: "\\x1b[31mred"\n', [":1:8 title: the character '\\x1b' is not allowed"]),
    "half a character": ('title: "\\ud800"\n', [":1:8 title: the character '\\ud800' is not allowed"]),
    "too large": ("title: x\ndemand: {noise: 1e999}\n", [":2:17 demand.noise: the number 1e999 is too large"]),
    "too long a number": ("title: x\nseed: " + "9" * 5000, [":2:7 seed: the number 999 ... has more than 40 char"]),
    # Wrong keys.
    "no title": ("seed: 1\n", [":1:1 title: the key 'title' is missing"]),
    "unknown key": ("title: x\nsed: 1\n", [":2:1 sed: unknown key 'sed'; did you mean 'seed'?"]),
    "extends misspelt": ("title: x\nextend: a.yaml\n", [":2:1 extend: unknown key 'extend'; did you mean 'extends'?"]),
    "unknown key in a block": (
        "title: x\npolicy:\n  deposit_usd_per_MW: 5\n",
        [":3:3 policy.deposit_usd_per_MW: unknown key 'deposit_usd_per_MW'; did you mean 'deposit_usd_per_mw'?"],
    ),
    "unknown key deep": (
        "title: x\nactors: {labs: {fear: {men: 1}}}\n",
        [":2:24 actors.labs.fear.men: unknown key 'men'; did you mean 'mean'?"],
    ),
    "unknown key in a list": (
        "title: x\ntariffs:\n  - minimum_tak: 1\n",
        [":3:5 tariffs.0.minimum_tak: unknown key ... did you mean 'minimum_take'?"],
    ),
    "unknown key in an area": (
        'title: x\ngrid:\n  areas:\n    "St. Mary": {hedroom_mw: 1}\n',
        [":4:18 grid.areas.\"St. Mary\".hedroom_mw: unknown key 'hedroom_mw'; did you mean 'headroom_mw'?"],
    ),
    "Python's name of a key": (
        "title: x\npolicy: {from_month: 2024-01}\n",
        [":2:10 policy.from_month: unknown key 'from_month'; did you mean 'from'?"],
    ),
    "key of another block": (
        "title: x\nheadroom_gw: 3\n",
        [":2:1 headroom_gw: unknown key 'headroom_gw' here; there is grid.headroom_gw"],
    ),
    "key like no other": ("title: x\nstrategies: {zzz: 1}\n", [":2:14 strategies.zzz: ... the keys here are labs, "]),
    "long key": (f"title: x\n{'k' * 500}: 1\n", [':2:1 "kkk ... the keys here are title, ']),
    # Wrong values.
    "text for a number": ("title: x\nseed: one\n", [":2:7 seed: found 'one'; write a whole number from 0 to"]),
    "negative seed": ("title: x\nseed: -1\n", [":2:7 seed: found -1; write a whole number from 0 to"]),
    "seed too large": (
        "title: x\nseed: 9223372036854775808\n",
        [":2:7 seed: found 9223372036854775808; write a whole"],
    ),
    "fraction": ("title: x\nseed: 1.5\n", [":2:7 seed: found 1.5; write a whole number"]),
    "float for an integer": ("title: x\nseed: 1e3\n", [":2:7 seed: found 1000.0; ... did you mean 1000?"]),
    "out of range": (
        "title: x\nhorizon_months: 0\n",
        [":2:17 horizon_months: found 0; write ... from 1 to ... (months)"],
    ),
    "not a number": ("title: x\ndemand: {noise: .nan}\n", [":2:17 demand.noise: found .nan; write a number from"]),
    "infinite": ("title: x\ndemand: {noise: -.inf}\n", [":2:17 demand.noise: found -.inf; write a number from"]),
    "leading zero": ("title: x\nseed: 012\n", [":2:7 seed: found '012'; ... did you mean 12?"]),
    "hexadecimal": ("title: x\nseed: 0x1f\n", [":2:7 seed: found '0x1f'; write a whole number"]),
    "thousands": (
        "title: x\nseed: 12,000\n",
        [":2:7 seed: found '12,000'; ... did you mean 12000, without separators?"],
    ),
    "per cent": ("title: x\npolicy: {minimum_take: 85 %}\n", [":2:24 policy.minimum_take: ... did you mean 0.85?"]),
    "number in quotes": ("title: x\nseed: '5'\n", [":2:7 seed: found '5'; ... did you mean 5, without quotes?"]),
    "number for text": ("title: 5\n", [":1:8 title: found 5; write text ... did you mean '5', in quotes?"]),
    "no for false": (
        "title: x\nmechanisms: {m01_speculation: no}\n",
        [":2:31 mechanisms.m01_speculation: found 'no'; write true or false"],
    ),
    "one for true": (
        "title: x\nmechanisms: {m01_speculation: 1}\n",
        [":2:31 mechanisms.m01_speculation: found 1; write true"],
    ),
    "bad month": (
        "title: x\nstart_month: 2024-13\n",
        [":2:14 start_month: found '2024-13'; write a month such as 2024-01"],
    ),
    "date": ("title: x\nstart_month: 2024-01-01\n", [":2:14 start_month: found '2024-01-01'; write a month such as"]),
    "month as a number": (
        "title: x\nstart_month: 202401\n",
        [":2:14 start_month: found 202401; write a month such as"],
    ),
    "unknown choice": (
        "title: x\nstrategies: {labs: honets}\n",
        [":2:20 strategies.labs: labs names 'honets'; allowed are ... 'honest' ... did you mean 'honest'?"],
    ),
    "near a choice of a union": (
        "title: x\npolicy: {areas: All}\n",
        [":2:17 policy.areas: found 'All'; write 'all' or a list ... did you mean 'all'?"],
    ),
    "neither of a union": (
        "title: x\npolicy: {areas: 7}\n",
        [":2:17 policy.areas: found 7; write 'all' or a list, each a name"],
    ),
    "one member of a union": ("title: x\npolicy: {areas: [a, 7]}\n", [":2:21 policy.areas.1: found 7; write a name"]),
    "empty value": ("title: x\nseed:\n", [":2:6 seed: found nothing (null); write a whole number"]),
    "empty block": (
        "title: x\ngrid:\npolicy: {}\n",
        [":2:6 grid: found nothing (null); write a block with keys such as"],
    ),
    "text for a block": ("title: x\ngrid: ieee300\n", [":2:7 grid: found 'ieee300'; write a block with keys such as"]),
    "list for a block": ("title: x\ngrid: [1]\n", [":2:7 grid: found a list of 1 ([1]); write a block"]),
    "block for a list": (
        "title: x\ntariffs: {areas: all}\n",
        [":2:10 tariffs: found a block with the keys areas; write a list"],
    ),
    "block for a number": ("title: x\nseed: {a: 1}\n", [":2:7 seed: found a block with the keys a; write a whole"]),
    "empty list": ("title: x\ntariffs: []\n", [":2:10 tariffs: found 0 entries; write a list of 1 to"]),
    "long text": (f"title: {'long ' * 100}\n", [":1:8 title: found 499 characters; write text of 1 to"]),
    "bad name": (
        "title: x\ngrid: {areas: {/etc: {}}}\n",
        [":2:16 grid.areas.\"/etc\": found '/etc'; write a name of at most"],
    ),
    # What only the whole block shows.
    "order": (
        "title: x\ngrid:\n  study:\n    months_min: 50\n    months_max: 4\n",
        [":4:17 grid.study.months_min: months_min must not exceed months_max"],
    ),
    "names twice": (
        "title: x\nactors:\n  labs: {names: [a, b, a]}\n",
        [":3:17 actors.labs.names: names must be distinct"],
    ),
    "nobody": (
        "title: x\nactors:\n  labs: {count: 0}\n  hyperscalers: {count: 0}\n",
        [":2:1 actors: at least one lab or hyperscaler is needed"],
    ),
    "unknown area": (
        "title: x\ngrid:\n  areas:\n    Gorgia Power: {attraction: 2}\n",
        [":4:5 grid.areas.Gorgia Power: grid.areas names 'Gorgia Power', which is no utility of this scenario"],
    ),
    "unknown utility in a tariff": (
        "title: x\ntariffs:\n- areas: all\n- areas:\n  - utility-01\n  - Nowhere\n",
        [":6:5 tariffs.1.areas.1: tariffs.1.areas names 'Nowhere', which is no utility"],
    ),
    "everything at once": (
        "titel: x\nseed: -1\nstart_month: June\nmechanisms:\n  m01_speculation: off\n"
        "grid: {study: {months_min: 9, months_max: 1}}\n",
        [
            ":1:1 title: the key 'title' is missing",
            ":1:1 titel: unknown key 'titel'; did you mean 'title'?",
            ":2:7 seed: found -1",
            ":3:14 start_month: found 'June'; write a month such as 2024-01",
            ":5:20 mechanisms.m01_speculation: found 'off'; write true or false",
            ":6:28 grid.study.months_min: months_min must not exceed",
        ],
    ),
    "strictness and schema at once": (
        "title: x\nseed: 1\nseed: -1\npolicy: &p {deposit_usd_per_mw: yes}\nhorizon_months: soon\n",
        [":3:1 seed: the key is given twice", ":4:9 policy: the anchor &p", ":5:17 horizon_months: found 'soon'"],
    ),
}


def agrees(line, expected):
    """Whether a line begins as expected; " ... " stands for anything."""
    start, *others = expected.split(" ... ")
    return line.startswith(start) and all(part in line[len(start) :] for part in others)


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_scenario_says_where_and_what_and_what_instead(name, tmp_path):
    source, expected = BROKEN[name]
    file = tmp_path / "s.yaml"
    file.write_bytes(source if isinstance(source, bytes) else source.encode())
    with pytest.raises(ScenarioError) as caught:
        load(file)
    lines = [line.removeprefix(str(file)) for line in str(caught.value).splitlines()]
    assert len(lines) == len(expected), lines
    for line, start in zip(lines, expected, strict=True):
        assert agrees(line, start), line
        assert line.isprintable()
        assert len(line) < 600
    for word in ("Traceback", "pydantic", "http", "Error", "Input should", "yaml.org"):
        assert word not in "".join(lines)
    assert caught.value.__cause__ is None or caught.value.__suppress_context__


def test_there_are_fifty_broken_scenarios():
    assert len(BROKEN) >= 50


def test_an_error_carries_its_problems_and_survives_pickling():
    problem = Problem("s.yaml", 3, 5, "grid.headroom_gw", "found -1; write a number from 0 to 10")
    error = pickle.loads(pickle.dumps(ScenarioError([problem])))
    assert error.problems == [problem]
    assert str(error) == "s.yaml:3:5 grid.headroom_gw: found -1; write a number from 0 to 10"
    assert isinstance(error, ValueError)


def test_a_problem_is_one_printable_line():
    assert str(Problem("a\nb\x1b.yaml", None, None, "", "x\ty\u202e")) == "a\\nb\\x1b.yaml: x\\ty\\u202e"


def test_an_override_is_not_named_twice():
    assert str(Problem("--set a.b=1", None, None, "a.b", "no")) == "--set a.b=1: no"
    assert str(Problem("--set a=1", None, None, "a.b", "no")) == "--set a=1 a.b: no"


def test_a_hopeless_file_is_not_repeated_in_full():
    lines = str(ScenarioError([Problem("s", 1, 1, "", "x")] * (LINES_MAX + 5))).splitlines()
    assert len(lines) == LINES_MAX + 1
    assert lines[-1] == "and 5 more problems"


def test_thousands_of_unknown_keys_are_summed_up(tmp_path):
    file = tmp_path / "s.yaml"
    file.write_text("title: x\n" + "".join(f"key{i}: 1\n" for i in range(5000)))
    with pytest.raises(ScenarioError, match=r"\nand 4900 more problems$"):
        load(file)


def test_values_and_paths_are_written_as_scenarios_write_them():
    assert dotted(("tariffs", 0, "from")) == "tariffs.0.from"
    assert dotted(("grid", "areas", "St. Mary", "x")) == 'grid.areas."St. Mary".x'
    assert dotted(("grid", "areas", "Georgia Power")) == "grid.areas.Georgia Power"
    assert literal({"a": [True, None, 1.5, "x"]}) == "{a: [true, null, 1.5, 'x']}"
    assert literal(float("-inf")) == "-.inf"
    assert len(literal(["word"] * 1000)) <= 60
    assert literal(object)[:6] == "<class"
    assert found({}) == "an empty block"
    assert found([]) == "an empty list"
    assert shorten("abcdefghij", 7) == "ab...ij"
    assert shorten("abc") == "abc"
