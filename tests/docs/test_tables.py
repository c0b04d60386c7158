"""What the pages make from the program is whole: parameters, mechanisms, columns, commands; and what they link to exists."""

from __future__ import annotations

import inspect
import re
from collections import Counter

import pytest
import yaml

import gridsim
from docs._ext import command_pages, schema_tables
from docs._ext.directives import EXIT_CODES, ROOT, Directives, outermost, readable
from gridsim import console
from gridsim.config.export import defaults_yaml
from gridsim.config.scenario import Mechanisms, Scenario

DOCS = ROOT / "docs"
ODD = (DOCS / "odd.md").read_text(encoding="utf-8")
SECTIONS = [
    "1 Purpose and patterns",
    "2 Entities, state variables and scales",
    "3 Process overview and scheduling",
    "4 Design concepts",
    "5 Initialisation",
    "6 Input data",
    "7 Submodels",
]
"""The order of Grimm et al. (2020)."""
CODE = re.compile(r"\]\((\.\./gridsim/[\w/]+\.py)\)")


def parts(text, level):
    """Sections of a page by their headings."""
    found = re.split(rf"^{'#' * level} (.+)$", text, flags=re.MULTILINE)
    return dict(zip(found[1::2], found[2::2], strict=True))


def test_every_parameter_stands_in_exactly_one_table():
    asked = Counter(row.path for row in schema_tables.asked_for(ODD))
    known = {row.path for row in schema_tables.parameters()}
    assert known - set(asked) == set()
    assert [path for path, times in asked.items() if times > 1] == []


def test_the_tables_know_every_key_of_the_schema():
    """Counted a second time, from the commented YAML of all defaults."""
    written = yaml.safe_load(re.sub(r": \.\.\.$", ": null", defaults_yaml(), flags=re.MULTILINE))

    def keys(value, prefix=""):
        if isinstance(value, dict) and value:
            return {found for key, inner in value.items() for found in keys(inner, f"{prefix}{key}.")}
        if isinstance(value, list) and value and isinstance(value[0], dict):
            return {found for inner in value for found in keys(inner, f"{prefix}*.")}
        return {prefix.removesuffix(".")}

    absent = {"grid.areas", "observed", "contrast"}  # blocks that are not there by default, shown as comments
    known = {row.path for row in schema_tables.parameters()}
    assert keys(written) - absent == {
        path for path in known if not path.startswith(tuple(f"{name}." for name in absent))
    }


@pytest.mark.parametrize(
    "path", ["demand.projects.size_median_mw", "policy.deposit_usd_per_mw", "tariffs.*.minimum_take"]
)
def test_a_row_says_what_the_schema_says(path):
    (row,) = (row for row in schema_tables.parameters() if row.path == path)
    assert row.meaning
    assert row.unit
    assert row.allowed
    assert row.default


def test_a_parameter_has_the_default_that_it_has():
    rows = {row.path: row for row in schema_tables.parameters()}
    assert float(rows["demand.growth_gw"].default) == Scenario(title="x").demand.growth_gw
    assert rows["title"].default == "required"
    assert rows["demand.growth_gw"].source.startswith("Grid Strategies")
    assert readable("0 to 1000000000") == "0 to 1,000,000,000"
    assert readable("3100000.0") == "3,100,000"
    assert readable("2024-01, 0.05, 9000") == "2024-01, 0.05, 9000"


def test_a_block_that_is_none_is_refused():
    with pytest.raises(ValueError, match=r"demand\.project: "):
        schema_tables.chosen("demand.project")
    assert outermost(["grid", "grid.pipeline", "actors"]) == ["grid", "actors"]


def test_every_mechanism_has_a_row_and_a_scenario():
    files = {path.stem.partition("_")[0]: path.name for path in (ROOT / "configs" / "mechanisms").glob("*.yaml")}
    rows = schema_tables.mechanisms(files)
    assert [row.code for row in rows] == [f"M{n}" for n in range(1, 17)]
    assert [row.switch for row in rows] == list(Mechanisms.model_fields)
    for row in rows:
        assert gridsim.load(ROOT / "configs" / "mechanisms" / row.scenario).contrast is not None
        assert row.meaning
        assert row.kind in ("gaming", "waste", "structure")
    twin = Scenario(title="x").twin().mechanisms
    assert all(getattr(twin, row.switch) is False for row in rows if row.kind == "gaming")


def test_sources_are_counted_whole():
    rows = [row for row in schema_tables.parameters() if row.source and row.block != "policy"]
    assert sum(schema_tables.sources().values()) == len(rows)


def test_the_description_has_the_sections_of_the_protocol_in_their_order():
    assert list(parts(ODD, 2))[:7] == SECTIONS


def test_every_section_of_the_description_names_code_that_exists():
    sections = parts(ODD, 2)
    below = parts(sections["4 Design concepts"], 3) | parts(sections["7 Submodels"], 3)
    assert len(below) > 35
    whole = {name: sections[name] for name in SECTIONS if name[0] not in "47"}
    for name, text in (whole | below).items():
        linked = CODE.findall(text)
        assert linked, f"{name} names no code"
        for path in linked:
            assert (DOCS / path).is_file(), f"{name}: {path}"


def test_every_process_of_a_month_is_named():
    """What `month.py` runs, and nothing is left undescribed."""
    month = (ROOT / "gridsim" / "model" / "month.py").read_text(encoding="utf-8")
    for module in re.findall(r"^from gridsim\.model\.(\w+) import", month, re.MULTILINE):
        if module not in ("compiling", "state", "group"):
            assert f"/{module}.py)" in ODD, module


def test_the_schedule_has_the_order_of_the_code():
    month = (ROOT / "gridsim" / "model" / "month.py").read_text(encoding="utf-8")
    homes = {
        name: home
        for home, names in re.findall(r"^from gridsim\.model\.(\w+) import (.+)$", month, re.M)
        for name in names.split(", ")
    }
    called = [homes[name] for name in re.findall(r"^    (\w+)\(state, params, t\)$", month, re.MULTILINE)]
    table = parts(ODD, 2)["3 Process overview and scheduling"]
    rows = re.findall(r"^\| \d+ \| ([^|]+) \|", table, re.MULTILINE)
    assert [home for row in rows for home in re.findall(r"model/(\w+)\.py", row)] == called


def test_the_reference_has_every_command_and_option():
    text = "\n".join(command_pages.command_section(*item).astext() for item in command_pages.commands().items())
    assert len(command_pages.commands()) >= 13
    for name, command in command_pages.commands().items():
        assert f"gridsim {name}" in text
        for param in command_pages.options(command):
            assert param.help, f"{name}: {param.name}"
            assert all(option in text for option in param.opts if option.startswith("--")), f"{name}: {param.name}"


def test_every_exit_code_is_told():
    codes = {name for name, value in vars(console).items() if type(value) is int and name.isupper()} - {"WIDE"}
    assert codes == set(EXIT_CODES)


def test_the_reference_of_python_has_every_public_name():
    text = (DOCS / "reference" / "python.md").read_text(encoding="utf-8")
    for name in gridsim.__all__:
        assert re.search(rf"auto\w+:: gridsim\.{name}$", text, re.MULTILINE), name
        assert inspect.getdoc(getattr(gridsim, name)), name


def test_the_pages_name_the_facts_that_are_missed_and_those_that_are_met_unasked():
    """What `limits.md` and `trace.md` say of the facts is what the table of facts says."""
    rows = re.findall(
        r"^\| (F\d+) \| (.+?) \|.*?\| (in|out|context) \|", (DOCS / "validation.md").read_text("utf-8"), re.M
    )
    verdicts = {name: (fact.startswith("**"), verdict) for name, fact, verdict in rows}
    assert len(verdicts) > 15
    limits = parts((DOCS / "limits.md").read_text(encoding="utf-8"), 2)["What the baseline misses"]
    missed, others = limits.split("Two more are shown as context")
    assert set(re.findall(r"F\d+", missed)) == {name for name, (_, verdict) in verdicts.items() if verdict == "out"}
    assert set(re.findall(r"F\d+", others)) == {name for name, (_, verdict) in verdicts.items() if verdict == "context"}
    trace = parts((DOCS / "trace.md").read_text(encoding="utf-8"), 2)["8 Model output corroboration"]
    listed = re.search(r"in range \(([^)]*)\)", trace)
    assert listed is not None
    assert set(re.findall(r"F\d+", listed[1])) == {name for name, found in verdicts.items() if found == (False, "in")}


def test_every_directive_is_used():
    text = "\n".join(path.read_text(encoding="utf-8") for path in DOCS.rglob("*.md"))
    assert [name for name in Directives.ALL if f"{{{name}}}" not in text] == []
