"""The documentation builds without a warning, every cell of it runs, and its charts are drawn without another server."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.command_line import ROOT, environment
from tests.docs.blocks import blocks, pages

pytestmark = pytest.mark.slow
STRICT = ["-W", "--keep-going", "-n", "-E", "-a", "-q"]
SECONDS = 900


class Built(NamedTuple):
    """The pages, what the build said, and the cells that ran."""

    html: Path
    code: int
    said: str
    cells: list[dict[str, object]]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The pages as `./run docs` makes them, elsewhere."""
    top = tmp_path_factory.mktemp("docs")
    record, html = top / "cells.jsonl", top / "html"
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = [sys.executable, "-m", "sphinx", *STRICT, "-d", str(top / "doctrees"), str(ROOT / "docs"), str(html)]
    done = subprocess.run(
        command,
        cwd=top,
        env=environment(GRIDSIM_DOCS_RECORD=str(record), PATH=path),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    cells = [json.loads(line) for line in record.read_text(encoding="utf-8").splitlines()] if record.exists() else []
    return Built(html, done.returncode, done.stdout + done.stderr, cells)


def test_the_build_ends_well_and_says_nothing(built: Built) -> None:
    assert built.code == 0, built.said[-4000:]
    assert not re.search(r"warning|error", built.said, re.IGNORECASE), built.said[-4000:]


def test_every_cell_of_every_page_has_run(built: Built) -> None:
    written = [block.text.strip() for page in pages() for block in blocks(page) if block.is_cell]
    ran = {str(cell["cell"]).strip() for cell in built.cells}
    assert len(written) > 30
    assert [text for text in written if text not in ran] == []
    assert all(cell["ok"] for cell in built.cells)


def test_every_page_is_there_and_reached_from_the_first(built: Built) -> None:
    first = (built.html / "index.html").read_text(encoding="utf-8")
    for page in pages():
        if page.is_relative_to(ROOT / "docs"):
            name = page.relative_to(ROOT / "docs").with_suffix(".html").as_posix()
            assert (built.html / name).is_file(), name
            assert name == "index.html" or f'href="{name}"' in first, name


def test_no_link_within_the_pages_is_broken(built: Built) -> None:
    for page in built.html.rglob("*.html"):
        if "_static" in page.parts:  # of the theme
            continue
        text = page.read_text(encoding="utf-8")
        for target in re.findall(r'(?:href|src)="([^"#?]+)[^"]*"', text):
            if not re.match(r"[a-z]+:", target):
                assert (page.parent / target).resolve().exists(), f"{page.relative_to(built.html)}: {target}"


def test_no_page_names_a_path_of_this_machine(built: Built) -> None:
    home = str(ROOT)
    for page in built.html.rglob("*.html"):
        assert home not in page.read_text(encoding="utf-8"), page.relative_to(built.html)


@pytest.mark.browser
def test_charts_are_drawn_by_one_local_script(built: Built, page) -> None:
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: said.append(str(error)))
    for name in ("first-run", "own-scenario", "reproducing-a-figure"):
        asked.clear()
        page.goto((built.html / "tutorials" / f"{name}.html").as_uri())
        page.wait_for_selector(".plotly-graph-div .main-svg")
        drawn = page.evaluate(
            "[...document.querySelectorAll('.plotly-graph-div')].every(d => d.querySelector('.main-svg'))"
        )
        assert drawn, name
        assert sum("plotly" in url for url in asked) == 1
        assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
        # Plotly draws anew, a moment later, when the columns of the page have their widths.
        fits = (
            "[...document.querySelectorAll('.main-svg')].every(s => s.clientWidth <= s.closest('.output').clientWidth)"
        )
        page.wait_for_function(fits)
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(wide) <= 0, f"{name} is wider than the window"
    assert said == []
