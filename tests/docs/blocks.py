"""The code blocks of the pages: what each is, whether it is to run, and how.

A block that does not run says so in a comment above it, which readers of the source see: `<!-- not run: needs a cluster -->`.
One that needs a library which the tests do without says `<!-- needs: polars -->`, and runs where it is installed.
"""

from __future__ import annotations

import importlib.util
import io
import os
import re
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from markdown_it import MarkdownIt

import gridsim
from gridsim.assess.mapping import load_mapping
from gridsim.config.reader import TARIFF, load_tariff
from gridsim.config.sweep import check_sweep, read_sweep
from tests.command_line import ROOT, environment

NOT_RUN = re.compile(r"\A<!-- not run: (\S.*?) -->\s*\Z", re.DOTALL)
NEEDS = re.compile(r"\A<!-- needs: (\w+) -->\s*\Z")
RUN = ("python", "sh", "console", "yaml")
"""Languages of blocks that run; a block of YAML is a scenario or a sweep, and is read as one."""
TEXT = ("text", "ini", "nginx", "bibtex")
"""Languages of blocks that nobody runs: messages, files of other programs."""
CELL = "{code-cell}"
SWEEP_KEYS = {"grid", "list", "sample"}
SHELL_SECONDS = 300


class Block(NamedTuple):
    """A fenced block of a page."""

    page: Path
    line: int
    language: str
    text: str
    why_not: str
    needs: str

    @property
    def name(self) -> str:
        """Where it stands."""
        return f"{self.page.relative_to(ROOT).as_posix()}:{self.line}"

    @property
    def is_cell(self) -> bool:
        """Whether it runs when the pages are built."""
        return self.language == CELL

    @property
    def is_to_run(self) -> bool:
        """Whether the tests run it here."""
        missing = bool(self.needs) and importlib.util.find_spec(self.needs) is None
        return self.language in RUN and not self.why_not and not missing


def pages() -> list[Path]:
    """The README and every page of the documentation."""
    docs = ROOT / "docs"
    built = docs / "_build"
    return [ROOT / "README.md", *sorted(path for path in docs.rglob("*.md") if built not in path.parents)]


def blocks(page: Path, text: str | None = None) -> list[Block]:
    """The fenced blocks of a page, in their order; `text` stands for what the page says."""
    tokens = MarkdownIt("commonmark").parse(page.read_text(encoding="utf-8") if text is None else text)
    found = []
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.type != "fence":
            continue
        comment = before.content if before is not None and before.type == "html_block" else ""
        why_not, needs = NOT_RUN.search(comment), NEEDS.search(comment)
        language = token.info.split()[0] if token.info else ""
        line = token.map[0] + 1 if token.map else 0
        words = (why_not[1] if why_not else "", needs[1] if needs else "")
        found.append(Block(page, line, language, token.content, *words))
    return found


def run(block: Block, names: dict[str, Any]) -> None:
    """Run a block in the current folder; Python has the names that earlier blocks of the page left."""
    if block.language == "python":
        lines, printed = "\n" * block.line, io.StringIO()  # so that a traceback names the line of the page
        with redirect_stdout(printed):
            exec(compile(lines + block.text, str(block.page), "exec"), names)
        check_rows(block, printed.getvalue())
    elif block.language == "sh":
        done = shell(block.text)
        assert done.returncode == 0, f"{block.name}: {done.stderr[-2000:]}"
    elif block.language == "console":
        check_session(block)
    else:
        read_yaml(block)


def check_rows(block: Block, printed: str) -> None:
    """Hold rows of a table that a block prints against the tables of its page; the page may name a row in other words."""
    shown = {numbers(line) for line in block.page.read_text(encoding="utf-8").splitlines() if line.startswith("|")}
    for line in printed.splitlines():
        assert not line.startswith("|") or numbers(line) in shown, (
            f"{block.name}: no table of the page has the row {line}"
        )


def numbers(row: str) -> tuple[str, ...]:
    """The cells of a row but for its name."""
    return tuple(cell.strip() for cell in row.strip().strip("|").split("|")[1:])


def shell(text: str) -> subprocess.CompletedProcess[str]:
    """Run a script as a reader's shell does, with `gridsim` on the PATH."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = environment(PATH=path, NO_COLOR="1")
    command = ["bash", "-eu", "-o", "pipefail", "-c", text]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=SHELL_SECONDS, check=False)


def check_session(block: Block) -> None:
    """Run the command of a session and hold what it prints against the page, up to dots."""
    first, *shown = block.text.splitlines()
    done = shell(first.removeprefix("$ "))
    assert done.returncode == 0, f"{block.name}: {done.stderr[-2000:]}"
    printed = done.stdout.splitlines()
    until = shown.index("...") if "..." in shown else len(shown)
    assert squeezed(printed[:until]) == squeezed(shown[:until]), f"{block.name}: the page shows something else"


def squeezed(lines: list[str]) -> list[list[str]]:
    """Words of lines: how wide a table is depends on what is below the dots."""
    return [line.split() for line in lines]


def read_yaml(block: Block) -> None:
    """Read a block as the file it shows, beside `configs/`."""
    path = Path(f"block-{block.line}.yaml")
    path.write_text(block.text, encoding="utf-8")
    keys = set(yaml.safe_load(block.text))
    if keys & {"columns", "kind"}:
        load_mapping(path)
    elif SWEEP_KEYS & keys:
        check_sweep(read_sweep(path), gridsim.load("configs/baseline.yaml"))
    elif keys <= TARIFF:
        load_tariff(path, "configs/baseline.yaml")
    else:
        gridsim.load(path)
