"""What docs/batches.md says of sweeps, files and columns is so; its commands and code are run by `tests/docs/test_blocks.py`."""

import re
from pathlib import Path

import yaml

import gridsim
from gridsim.config.sweep import Sweep, check_sweep
from gridsim.study.designs import cells
from tests.command_line import ROOT

PAGE = (ROOT / "docs" / "batches.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


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
