"""docs/replication.md lists the scripts, charts, facts and sources that there are, and costs near those recorded."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from gridsim.reproduce import scripts
from gridsim.study.facts import FACTS

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "replication.md").read_text("utf-8")
SECTIONS = (
    *("Overview", "Data availability and provenance statements", "Dataset list", "Computational requirements"),
    *("Description of programs", "Instructions to replicators", "List of figures and programs", "References"),
)
"""Of the template, in its order."""


def section(name: str) -> str:
    return PAGE.partition(f"\n## {name}\n")[2].partition("\n## ")[0]


def test_the_sections_are_those_of_the_template_in_its_order():
    assert tuple(re.findall(r"^## (.+)$", PAGE, re.MULTILINE)) == SECTIONS


def test_the_list_has_every_script_with_its_charts_and_nothing_else():
    wanted, charts = [], 0
    for script in scripts.chosen(ROOT / "analysis", []):
        names = sorted(path.stem for path in (ROOT / "analysis" / "recorded" / "full" / script.name).glob("*.parquet"))
        said = ", ".join(f"`{name}`" for name in names)
        wanted.append(f"| `analysis/{script.name}.py` | {script.about.rstrip('.')} | {said} |")
        charts += len(names)
    found = re.findall(r"^\| `analysis/.*\|$", section("List of figures and programs"), re.MULTILINE)
    assert found == wanted
    assert f"draws {charts} charts with {len(wanted)} scripts" in " ".join(PAGE.split())


def test_every_source_of_an_observed_number_is_named():
    wanted = [f"| {fact.id} | {fact.name} | {fact.source} | {fact.evidence} |" for fact in FACTS]
    assert re.findall(r"^\| F[0-9].*\|$", section(SECTIONS[1]), re.MULTILINE) == wanted
    for path in (ROOT / "configs").rglob("*.yaml"):
        observed = (yaml.safe_load(path.read_text("utf-8")) or {}).get("observed")
        if observed:
            assert f"`{path.relative_to(ROOT).as_posix()}`, block `observed`" in PAGE
            assert observed["source"] in PAGE


@pytest.mark.parametrize(("words", "kind"), [("", "full"), (" --quick", "quick")])
def test_time_memory_and_disk_are_near_what_was_recorded(words, kind):
    rows = json.loads((ROOT / "analysis" / "recorded" / kind / "index.json").read_text("utf-8")).values()
    told = re.search(rf"^\| `gridsim reproduce{words}` \| (\d+) s \| (\d+) MB \| (\d+) MB \|$", PAGE, re.MULTILINE)
    recorded = (
        *(sum(row["seconds"] for row in rows), max(row["memory_mb"] for row in rows)),
        sum(row["bytes"] for row in rows) / 1e6,
    )
    for said, cost in zip(map(float, told.groups()), recorded, strict=True):
        assert cost / 1.5 < said < 1.5 * cost


def test_files_that_the_page_names_are_there():
    for name in re.findall(r"`((?:analysis|configs|gridsim|docs|tests|requirements)/[\w./]*)`", PAGE):
        assert (ROOT / name).exists(), name
    assert (ROOT / "docs" / "odd.md").exists()
