import math
import time

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from gridsim.config.errors import ScenarioError
from gridsim.config.strict_yaml import MAX_BYTES, MAX_DEPTH, MAX_NODES, Mark, parse, parse_value


def problems(source):
    with pytest.raises(ScenarioError) as caught:
        parse(source, "s.yaml")
    return str(caught.value).splitlines()


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1", 1),
        ("-7", -7),
        ("+3", 3),
        ("0", 0),
        ("1e-3", 0.001),
        ("1E3", 1000.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("-0.25", -0.25),
        ("6.02e+23", 6.02e23),
        (".inf", math.inf),
        ("-.INF", -math.inf),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
    ],
)
def test_core_scalars_have_the_type_of_yaml_1_2(written, value):
    read = parse(f"a: {written}").data["a"]
    assert read == value
    assert type(read) is type(value)


def test_nan_is_a_float():
    assert math.isnan(parse("a: .nan").data["a"])


@pytest.mark.parametrize(
    "written",
    [
        "no", "yes", "on", "OFF", "y", "012", "-012", "01.5", "0x1f", "0o17", "1:30", "1_000", "1,000", "2024-01",
        "2024-01-05", "1e", "e3", "--1", "nUll", "tRue", "NaN", "inf", "=", "<<", "1.2.3", "١", "a:b",  # noqa: RUF001
    ],
)  # fmt: skip
def test_everything_else_is_text(written):
    assert parse(f"a: {written}").data["a"] == written


@pytest.mark.parametrize("written", ["'1'", '"true"', "'null'", '"1e3"', "'~'"])
def test_quotes_make_text(written):
    assert parse(f"a: {written}").data["a"] == written[1:-1]


def test_block_scalars_and_comments_are_read():
    assert parse("a: |\n  one\n  two\n# c\nb: >-\n  x\n  y\n").data == {"a": "one\ntwo\n", "b": "x y"}


def test_every_key_and_value_has_its_position():
    document = parse("a: 1\nb:\n  - x: 2\n    y: [3, 44]\n  -   z\n")
    assert document.keys["a",] == Mark(1, 1)
    assert document.values["a",] == Mark(1, 4)
    assert document.keys["b", 0, "y"] == Mark(4, 5)
    assert document.values["b", 0, "y", 1] == Mark(4, 12)
    assert document.values["b", 1] == Mark(5, 7)
    assert document.values[()] == Mark(1, 1)
    assert document.values["b",] == Mark(3, 3)


def test_a_byte_order_mark_and_windows_line_ends_are_read():
    document = parse(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")
    assert document.data == {"a": 1, "b": 2}
    assert document.keys["b",] == Mark(2, 1)


def test_every_problem_is_collected_at_once():
    lines = problems("a: &x 1\na: 2\nb: !!str 3\nc: *x\n1: 2\ntrue: 3\n? [k]\n: 4\nd: {e: 1, e: 2}\nf: 1e999\n")
    places = [line.split(": ")[0] for line in lines]
    assert places == [
        "s.yaml:1:4 a",
        "s.yaml:2:1 a",
        "s.yaml:3:4 b",
        "s.yaml:4:4 c",
        "s.yaml:5:1",
        "s.yaml:6:1",
        "s.yaml:7:3",
        "s.yaml:9:11 d.e",
        "s.yaml:10:4 f",
    ]
    assert "first in line 1" in lines[1]


def test_size_limits_hold_to_the_byte_the_node_and_the_level():
    head = "a: 1\n#"
    assert parse(head + "x" * (MAX_BYTES - len(head))).data == {"a": 1}
    assert "more than 256,000 bytes" in problems(head + "x" * (MAX_BYTES - len(head) + 1))[0]
    assert "256,000" in problems("#" + "é" * (MAX_BYTES // 2))[0]
    fitting = MAX_NODES - 3  # the mapping, its key and the list are nodes as well
    assert len(parse("a: [" + "1," * fitting + "]").data["a"]) == fitting
    assert "20,000 values" in problems("a: [" + "1," * (fitting + 1) + "]")[0]
    assert parse("a: " + "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1)).data
    assert "32 deep" in problems("a: " + "[" * MAX_DEPTH + "]" * MAX_DEPTH)[0]


@pytest.mark.parametrize(
    "source",
    [
        "[" * 200_000,
        "{" * 200_000,
        "- " * 100_000,
        "? " * 100_000,
        "a: " + "{b: " * 40_000,
        "&a " * 60_000,
        "'" * 200_001,
        "a: &a [x, x]\n" + "".join(f"b{i}: &b{i} [*a, *a, *a, *a, *a, *a, *a, *a]\n" for i in range(20)),
        "!" * 200_000,
        "%YAML 1." + "9" * 200_000 + "\n---\na: 1",
        "a: " + "9" * 200_000,
        "a: 1" + "e9" * 100_000 + "x:",
        "".join(f"{' ' * i}a:\n" for i in range(600)),
    ],
    ids=lambda source: source[:12],
)
def test_bombs_are_refused_in_no_time(source):
    start = time.perf_counter()
    message = ""
    try:
        parse(source)
    except ScenarioError as error:
        message = str(error)
    assert len(message) < 20_000
    assert time.perf_counter() - start < 5


@pytest.mark.parametrize("text", ["[1,", "{a: 1", '"x', "{a: 1, a: 2}", "[&x 1]", "1e999", "\ud800", "[\x00]"])
def test_an_override_that_is_no_value_is_refused_under_its_own_name(text):
    with pytest.raises(ScenarioError, match=r"^--set a=\.\.: "):
        parse_value(text, "--set a=..")


def test_override_values_are_flow_yaml_or_one_plain_scalar():
    read = {
        text: parse_value(text, "x") for text in ["1", "no", "[1, a]", "{a: 1}", "'1'", "a: b", "- x", " 2 ", "", "*a"]
    }
    assert read == {
        "1": 1, "no": "no", "[1, a]": [1, "a"], "{a: 1}": {"a": 1}, "'1'": "1", "a: b": "a: b", "- x": "- x", " 2 ": 2,
        "": None, "*a": "*a",
    }  # fmt: skip


def only_refuses_kindly(source):
    """Reading gives a mapping or a ScenarioError of printable lines, whatever the source."""
    message = ""
    try:
        assert isinstance(parse(source).data, dict)
    except ScenarioError as error:
        message = str(error)
    assert all(line.isprintable() for line in message.splitlines())
    assert message.encode()[:7] in (b"", b"<text>:")


FRAGMENTS = (
    "a", "b: ", ": ", "- ", "\n", "\n  ", "\n    ", "[", "]", "{", "}", ", ", "'", '"', "&x ", "*x", "!!int ",
    "|", ">-", "? ", "#", "%YAML 1.2\n", "%TAG ! x\n", "---\n", "...\n", "\t", "\\", "\\u12", '"\\ud800"', "<<",
    "1e9", "~", "\x00", "0", "\ufeff", "\x85", "\u2028", "@", "`", "!", ".", "é", "\U0001f600",
)  # fmt: skip
YAMLISH = st.lists(st.sampled_from(FRAGMENTS), max_size=40).map("".join)


@given(YAMLISH)
@settings(max_examples=1000, deadline=None)
def test_no_text_made_of_yaml_breaks_the_loader(source):
    only_refuses_kindly(source)


@given(st.one_of(st.text(st.characters(), max_size=100), st.text(st.characters(exclude_categories=()), max_size=20)))
@settings(max_examples=300, deadline=None)
def test_no_text_breaks_the_loader(source):
    only_refuses_kindly(source)


@given(st.one_of(st.binary(max_size=100), YAMLISH.map(lambda text: text.encode("utf-16", "surrogatepass"))))
@settings(max_examples=300, deadline=None)
def test_no_bytes_break_the_loader(source):
    only_refuses_kindly(source)


@given(st.text(st.characters(exclude_categories=()), max_size=30))
@settings(max_examples=300, deadline=None)
def test_no_text_breaks_an_override(source):
    message = ""
    try:
        parse_value(source, "x")
    except ScenarioError as error:
        message = str(error)
    assert all(line.isprintable() for line in message.splitlines())


VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-(10**20), 10**20), st.floats(allow_nan=False), st.text("ab :-#'\"1é\n")
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text("ab 1", min_size=1), inner, max_size=4)
    ),
    max_leaves=10,
)


@given(st.dictionaries(st.text("abc", min_size=1), VALUES, max_size=5), st.booleans())
@settings(max_examples=200, deadline=None)
def test_what_pyyaml_writes_is_read_back(data, flow):
    class NoAliases(yaml.SafeDumper):
        def ignore_aliases(self, data):
            return True

    text = yaml.dump(data, Dumper=NoAliases, allow_unicode=True, default_flow_style=flow)
    assert parse(text).data == data
