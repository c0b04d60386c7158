"""What docs/batches.md shows works: its commands and code, in their order, in a folder that holds nothing but configs/."""

import importlib.util
import re
import shlex
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

import gridsim
from gridsim.config.sweep import Sweep, check_sweep
from gridsim.study.designs import cells
from tests.command_line import ROOT

PAGE = (ROOT / "docs" / "batches.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
COMMANDS = [block for kind, block in BLOCKS if kind == "sh"]
CODE = [block for kind, block in BLOCKS if kind == "python"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where the page's commands have been run: a place for `out/` beside the scenarios."""
    top = tmp_path_factory.mktemp("page")
    (top / "configs").symlink_to(ROOT / "configs")
    return top


@pytest.mark.slow
def test_the_commands_and_the_code_of_the_page_run_in_their_order(folder, monkeypatch, call):
    monkeypatch.chdir(folder)
    for line in "".join(COMMANDS).splitlines():
        program, *arguments = shlex.split(line)
        assert program == "gridsim"
        code, out, err = call(*arguments)
        assert (code, bool(out)) == (0, True), (line, err)
    names = SimpleNamespace()
    ran = 0
    for number, block in enumerate(CODE):
        if "import polars" in block and importlib.util.find_spec("polars") is None:
            continue
        exec(compile(block, f"docs/batches.md, block {number}", "exec"), vars(names))
        ran += 1
    assert ran >= 6


@pytest.mark.skipif(importlib.util.find_spec("polars") is None, reason='polars: pip install "gridsim[examples]"')
def test_polars_is_there_for_the_page():
    assert any("import polars" in block for block in CODE)


def test_the_sweep_of_the_page_has_as_many_cells_as_it_says():
    (text,) = (block for kind, block in BLOCKS if kind == "yaml")
    sweep = Sweep.model_validate(yaml.safe_load(text))
    check_sweep(sweep, gridsim.load(ROOT / "configs" / "baseline.yaml"))
    assert len(cells(sweep)) == 4 * 100


def test_every_file_that_the_page_names_exists():
    named = re.findall(r"\]\((clusters/[\w.]+)\)", PAGE) + re.findall(r"`(\w+\.py)`", PAGE)
    assert len(named) >= 7
    for name in named:
        assert (ROOT / "docs" / name).exists() or (ROOT / "examples" / name).exists(), name
    assert {Path(name).name for name in named if "clusters" in name} == {
        path.name for path in (ROOT / "docs" / "clusters").iterdir() if path.suffix != ".dockerignore"
    }


def test_the_page_describes_the_columns_and_files_that_a_store_has(tmp_path):
    scenario = gridsim.load(ROOT / "configs" / "baseline.yaml", {"horizon_months": 2})
    batch = gridsim.run_batch(scenario, [1], tmp_path / "store", sweep={"grid": {"horizon_months": [2, 3]}})
    described = set(re.findall(r"`([\w.]+)`", PAGE))
    heads = [name for name in batch.runs if not re.search(r"\.(last|peak|mean)$", name)]
    assert set(heads) - {"horizon_months"} <= described
    assert {name for name in batch.months if name not in gridsim.engine.measures.SERIES} <= described
    files = {path.name for path in (tmp_path / "store").iterdir()} - {".work"}
    named = set(re.findall(r"^\| `(\w+[\w.]*)", PAGE, re.MULTILINE))
    assert files <= named
