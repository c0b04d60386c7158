"""Directives that write tables from the program: parameters, mechanisms, columns of results, names, figures, exit codes."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx

from docs._ext import schema_tables
from docs._ext.nodes_of import Cell, breakable, code, prose, table
from gridsim import console, tables
from gridsim.engine import measures
from gridsim.figures.charts import MAKERS

ROOT = Path(__file__).parents[2]
PARAMETER_HEADS = ("parameter", "default", "unit", "range", "source")
EXIT_CODES = {
    "DONE": "done",
    "FAILED": "failed: a fault of the program or of the machine, a full disk",
    "BAD_INPUT": "bad input: a scenario, a sweep, an option or a file that cannot be used; nothing was run",
    "SOME_FAILED": "every run of a batch was tried, and some failed",
    "INTERRUPTED": "interrupted; what was finished is kept",
}


def anchor(path: str) -> str:
    """The id under which a parameter is found on its page."""
    return "parameter-" + path.replace(".*", "").replace(".", "-").replace("_", "-")


def readable(text: str) -> str:
    """Numbers with separators, without a needless .0: 3,100,000."""

    def grouped(found: re.Match[str]) -> str:
        whole = int(found[1])
        return f"{whole:,}" if whole >= 10_000 else found[1]

    return re.sub(r"(?<![\w.\-{}])(\d+)(?:\.0)?(?![\w.\-{}])", grouped, text)


def parameter_table(words: str) -> nodes.table:
    """The table of some blocks of the schema."""
    rows: list[list[Cell]] = [
        [
            [*breakable(row.path, anchor(row.path)), nodes.inline("", "", *prose(row.meaning), classes=["meaning"])],
            readable(row.default),
            row.unit,
            readable(row.allowed),
            row.source,
        ]
        for row in schema_tables.chosen(words)
    ]
    return table(PARAMETER_HEADS, rows, ["parameters"])


class Parameters(Directive):
    """`{parameters} BLOCK ...`: the parameters of these blocks, folded away until asked for."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """The table, under a line that says what it holds."""
        try:
            found = parameter_table(self.arguments[0])
            rows = schema_tables.chosen(self.arguments[0])
        except ValueError as error:
            raise self.error(str(error)) from None
        names = list(dict.fromkeys(row.block.partition(".*")[0] or "top level" for row in rows))
        head = ", ".join(f"<code>{name}</code>" for name in outermost(names))
        summary = f"<summary>Parameters: {head} ({len(rows)})</summary>"
        start = nodes.raw("", f'<details class="parameters">{summary}', format="html")
        return [start, found, nodes.raw("", "</details>", format="html")]


def outermost(names: Sequence[str]) -> list[str]:
    """The names that lie below no other one."""
    return [name for name in names if not any(name.startswith(f"{other}.") for other in names)]


class MechanismTable(Directive):
    """`{mechanisms}`: M1 to M16."""

    def run(self) -> list[nodes.Node]:
        """The table."""
        files = {path.stem.partition("_")[0]: path.name for path in (ROOT / "configs" / "mechanisms").glob("*.yaml")}
        heads = ("", "switch", "layer", "kind", "default", "scenario", "what it does")
        rows: list[list[Cell]] = [
            [
                row.code,
                breakable(row.switch, anchor(f"mechanisms.{row.switch}")),
                row.layer,
                row.kind,
                row.default,
                breakable(f"mechanisms/{row.scenario}"),
                prose(row.meaning),
            ]
            for row in schema_tables.mechanisms(files)
        ]
        return [table(heads, rows, ["mechanisms"])]


class Sources(Directive):
    """`{sources}`: of how many parameters the schema says what about their source; a policy's terms are a tariff's."""

    def run(self) -> list[nodes.Node]:
        """The table."""
        rows: list[list[Cell]] = [[kind, str(count)] for kind, count in schema_tables.sources().items()]
        return [table(("source of the default", "parameters"), rows, ["sources"])]


class Columns(Directive):
    """`{columns} SERIES|REQUESTS|AGENTS`: the columns of a table of results, with units."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """The table."""
        found: dict[str, measures.Measure] = getattr(measures, self.arguments[0].upper())
        rows: list[list[Cell]] = [
            [[code(name)], measure.unit, prose(measure.meaning)] for name, measure in found.items()
        ]
        return [table(("column", "unit", "meaning"), rows, ["columns"])]


class Catalogue(Directive):
    """`{catalogue} rules|strategies|scenarios|sweeps`: what `gridsim list` prints."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """The table; its first column is a name."""
        kind = self.arguments[0]
        if kind in tables.IN_FOLDERS:
            found = [
                {"file": Path(str(item["file"])).relative_to(ROOT).as_posix(), "title": str(item["title"])}
                for item in tables.IN_FOLDERS[kind](ROOT / "configs")
            ]
        else:
            found = [{name: str(text) for name, text in item.items()} for item in tables.CATALOGUES[kind]()]
        rows: list[list[Cell]] = [[[code(first)], *rest] for first, *rest in (item.values() for item in found)]
        return [table(tuple(found[0]), rows, ["catalogue"])]


class Figures(Directive):
    """`{figures}`: the charts of a report, each with the module that makes it and what that says of itself."""

    def run(self) -> list[nodes.Node]:
        """The table."""
        rows: list[list[Cell]] = []
        for name, heading, maker in MAKERS:
            about = " ".join((getattr(maker, "__doc__", "") or "").strip().partition("\n\n")[0].split())
            rows.append([[code(name)], heading, breakable(str(getattr(maker, "__name__", ""))), prose(about)])
        return [table(("name", "heading", "module", "what it shows"), rows, ["figures"])]


class ExitCodes(Directive):
    """`{exit-codes}`: the exit codes of the command line."""

    def run(self) -> list[nodes.Node]:
        """The table."""
        rows: list[list[Cell]] = [[str(getattr(console, name)), words] for name, words in EXIT_CODES.items()]
        return [table(("code", "meaning"), rows, ["exit-codes"])]


class Errors(Directive):
    """`{errors} MODULE.CLASS ...`: exceptions, what they are, and what they derive from."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """The table."""
        rows: list[list[Cell]] = []
        for line in self.content:
            module, _, name = str(line).strip().rpartition(".")
            kind: type[Exception] = getattr(importlib.import_module(module), name)
            about = " ".join((kind.__doc__ or "").strip().partition("\n\n")[0].split())
            rows.append([breakable(f"{module}.{name}"), [code(kind.__mro__[1].__name__)], prose(about)])
        return [table(("exception", "is a", "meaning"), rows, ["errors"])]


class Directives:
    """Names of the directives, and what makes each."""

    ALL: ClassVar[dict[str, type[Directive]]] = {
        "parameters": Parameters,
        "mechanisms": MechanismTable,
        "sources": Sources,
        "columns": Columns,
        "catalogue": Catalogue,
        "figures": Figures,
        "exit-codes": ExitCodes,
        "errors": Errors,
    }


def setup(app: Sphinx) -> dict[str, Any]:
    """Sphinx's entry."""
    add: Callable[[str, type[Directive]], None] = app.add_directive
    for name, kind in Directives.ALL.items():
        add(name, kind)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
