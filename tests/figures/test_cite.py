"""What is copied from a view runs, and gives the view again; what cites it cannot break a list of references."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import gridsim
from gridsim.config.overrides import parse_overrides
from gridsim.config.reader import load
from gridsim.config.written import changes_between
from gridsim.engine.ensemble import ensemble
from gridsim.figures.cite import bibtex, citation, command_text, python_text

ROOT = Path(__file__).parents[2]
BASE = "configs/baseline.yaml"
CHANGES: tuple[dict[str, object], ...] = (
    {},
    {"policy.deposit_usd_per_mw": 50000.0, "mechanisms.m02_duplicates": False, "policy.minimum_take": None},
    {"title": 'It\'s "so": $HOME `id` $(id) #; \\ \n*', "demand.growth_gw": 1e-7, "seed": 7},
    {'grid.areas."utility-01"': {"headroom_mw": 5}, "tariffs": [{}, {"from": "2025-01", "areas": ["utility-02"]}]},
    {
        "contrast": {"label": "without", "changes": {"policy.minimum_take": 1.0, "demand.growth_gw": 50.0}},
        "actors.labs.names": ["2024", "P&G"],
    },
    {"contrast.label": "x", 'contrast.changes."policy.minimum_take"': 1.0},
)
FACTS = {"year": 2026, "version": "0.1.0", "model": "a1b2", "scenario_digest": "c3d4", "result_digest": "e5f6"}


def settings(words: list[str]) -> dict[str, object]:
    return parse_overrides(words[i + 1] for i, word in enumerate(words) if word == "--set")


@pytest.mark.parametrize("changes", CHANGES)
@pytest.mark.parametrize("seeds", [None, 200])
def test_a_command_says_the_same_scenario(changes: dict[str, object], seeds: int | None) -> None:
    words = shlex.split(command_text(BASE, changes, seeds=seeds))
    assert words[:3] == ["gridsim", "batch" if seeds else "run", BASE]
    said, wanted = load(ROOT / BASE, settings(words)), load(ROOT / BASE, changes)
    assert said == wanted
    assert said.digest() == wanted.digest()


@pytest.mark.parametrize("name", ["policies/deposit", "georgia", "policies/minimum_take_tariff", "everything"])
def test_a_command_on_the_baseline_says_any_other_scenario(name: str) -> None:
    other = load(ROOT / f"configs/{name}.yaml")
    words = shlex.split(command_text(BASE, changes_between(load(ROOT / BASE), other)))
    assert load(ROOT / BASE, settings(words)).digest() == other.digest()


def test_commands_are_short() -> None:
    changes = {"policy.deposit_usd_per_mw": 5e4, "mechanisms.m02_duplicates": False, "tariffs.0.areas": "all"}
    end = "--set policy.deposit_usd_per_mw=50000 --set mechanisms.m02_duplicates=false --set tariffs.0.areas=all"
    assert command_text(BASE, changes, seed=3) == f"gridsim run {BASE} --seed 3 {end}"
    assert command_text(BASE, changes, seeds=200) == f"gridsim batch {BASE} --seeds 200 --out out/baseline {end}"
    assert command_text("/home/someone/a b.yaml") == "gridsim run 'a b.yaml'"
    assert command_text("--out.yaml") == "gridsim run ./--out.yaml"


def test_the_command_line_takes_the_commands(call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = {"horizon_months": 12, "title": 'It\'s "so": $HOME `id`', "demand.growth_gw": 10.0}
    monkeypatch.chdir(tmp_path)
    Path("configs").symlink_to(ROOT / "configs")
    code, out, _ = call(*shlex.split(command_text(BASE, small, seed=4))[1:])
    assert code == 0
    assert out.startswith('It\'s "so": $HOME `id` (seed 4, 12 months)')
    code, _, _ = call(*shlex.split(command_text(BASE, small, seeds=3))[1:])
    assert code == 0
    assert gridsim.Batch(tmp_path / "out" / "baseline").status()["done"] == 3


@pytest.mark.parametrize("changes", [CHANGES[0], CHANGES[2], CHANGES[4]], ids=["plain", "hostile", "nested"])
def test_a_script_runs_and_shows_the_same_numbers(changes: dict[str, object]) -> None:
    changes = changes | {"horizon_months": 12}
    text = python_text(BASE, changes, seed=3, seeds=4)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    python = subprocess.run([sys.executable, "-c", text], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert python.returncode == 0, python.stderr
    scenario = load(ROOT / BASE, changes)
    queue = ensemble(scenario, range(1, 5)).series["queued_mw"].max(axis=1).mean()
    headline = gridsim.simulate(scenario, seed=3).headline()
    assert python.stdout == f"{headline}\nhighest queue, mean of all runs, MW: {queue}\n"


def test_a_citation_says_what_fixes_the_numbers() -> None:
    source = "gridsim 0.1.0, model a1b2, scenario c3d4, result e5f6"
    assert citation("The queue\n doubles", **FACTS, link="https://x.org/?a=1") == (
        f"The gridsim developers (2026). The queue doubles. {source}. https://x.org/?a=1"
    )
    undated = {name: value for name, value in FACTS.items() if name != "year"}
    assert citation("Undated", **undated) == f"The gridsim developers. Undated. {source}."
    assert "year" not in bibtex("Undated", **undated)
    assert citation("Is it real?", **FACTS) == f"The gridsim developers (2026). Is it real? {source}."
    assert bibtex("Queues {of 5 %} & more", **FACTS, link="https://x.org/?a={1}&b_c=%20") == (
        "@misc{gridsim-c3d4e5f6,\n"
        "  author = {{The gridsim developers}},\n"
        "  title = {{Queues \\textbraceleft{}of 5 \\%\\textbraceright{} \\& more}},\n"
        f"  note = {{{source}}},\n"
        "  year = {2026},\n"
        "  url = {https://x.org/?a=%7B1%7D&b_c=%20}\n"
        "}\n"
    )


@example("}\\{", "https://x.org/}{\\")
@example("$\\input{/etc/passwd}$\n% @misc{", "}}\n@article{x,")
@given(st.text(), st.text())
def test_no_title_or_link_breaks_out_of_its_entry(title: str, link: str) -> None:
    text = bibtex(title, **FACTS, link=link)
    depth = 0
    for i, c in enumerate(text):
        depth += (c == "{") - (c == "}")
        assert depth > 0 or i < text.index("{") or i >= len(text) - 2
    assert depth == 0
    lines = text.splitlines()
    assert [line.partition(" = ")[0] for line in lines[1:-1]][:4] == ["  author", "  title", "  note", "  year"]
    assert len(lines) in (6, 7)
    inside = lines[2].removeprefix("  title = {{").removesuffix("}},")
    assert not re.search(r"(?<!\\)[&%$#_]", inside.replace("\\\\", ""))
    assert len(citation(title, **FACTS, link=link).splitlines()) == 1
