"""The reference of the command line: `{commands}` writes every command and option from the program itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import typer.main
from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx

from docs._ext.nodes_of import Cell, block, code, section, table
from gridsim.commands import app as program

_EXAMPLE = re.compile(r"^  (gridsim .*)$", re.MULTILINE)


def commands() -> dict[str, Any]:
    """The commands by their names, in the order of the help."""
    group: Any = typer.main.get_command(program)
    return dict(group.commands)


def options(command: Any) -> Iterator[Any]:
    """What a command takes, but for --help."""
    return (param for param in command.params if param.name != "help")


def is_argument(param: Any) -> bool:
    """Whether a parameter is an argument, given by its place."""
    return bool(param.param_type_name == "argument")


def written(param: Any) -> str:
    """An argument or option as one writes it: SCENARIO, --seed N."""
    value = param.metavar or ("" if getattr(param, "is_flag", False) else _kind(param))
    if is_argument(param):
        return str(value or param.name.upper())
    return ", ".join(f"{name} {value}".strip() for name in param.opts)


def _kind(param: Any) -> str:
    choices = getattr(param.type, "choices", None)
    return "|".join(str(getattr(choice, "value", choice)) for choice in choices) if choices else param.name.upper()


def default_of(param: Any) -> str:
    """The default that stands in the help, empty where there is none to speak of."""
    value = param.default
    return "" if value is None or value is False or callable(value) or value == () else str(value)


def usage(name: str, command: Any) -> str:
    """The line of usage."""
    words = [f"[{written(p)}]" if not p.required else written(p) for p in options(command) if is_argument(p)]
    has_options = any(not is_argument(param) for param in options(command))
    return " ".join(["gridsim", name, *(["[OPTIONS]"] if has_options else []), *words])


def command_section(name: str, command: Any) -> nodes.section:
    """What a command does, takes, and how it is called."""
    help_text = " ".join((command.help or "").split("\f")[0].split())
    rows: list[list[Cell]] = [
        [[code(written(param))], " ".join((param.help or "").split()), [code(default_of(param))] if default_of(param) else ""]
        for param in options(command)
    ]
    parts: list[nodes.Node] = [nodes.paragraph("", help_text), block(usage(name, command), "text")]
    if rows:
        parts.append(table(("argument or option", "meaning", "default"), rows, ["options"]))
    calls = _EXAMPLE.findall(command.epilog or "")
    if calls:
        parts += [nodes.paragraph("", "Examples:"), block("\n".join(calls), "sh")]
    return section(f"gridsim {name}", f"gridsim-{name}", *parts)


class Commands(Directive):
    """`{commands}`: a section for each command."""

    def run(self) -> list[nodes.Node]:
        """The sections."""
        found: list[nodes.Node] = [command_section(name, command) for name, command in commands().items()]
        for part in found:
            assert isinstance(part, nodes.section)
            self.state.document.note_implicit_target(part, part)
        return found


def setup(app: Sphinx) -> dict[str, Any]:
    """Sphinx's entry."""
    app.add_directive("commands", Commands)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
