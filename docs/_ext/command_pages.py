"""The reference of the command line: `{commands}` writes every command and option from the program itself."""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin, get_type_hints

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


def written(param: Any, choices: tuple[str, ...] = ()) -> str:
    """An argument or option as one writes it: SCENARIO, --seed N."""
    value = param.metavar or ("" if getattr(param, "is_flag", False) else "|".join(choices) or param.name.upper())
    return str(value) if is_argument(param) else ", ".join(f"{name} {value}".strip() for name in param.opts)


def choices_of(command: Any) -> dict[str, tuple[str, ...]]:
    """The words among which an option chooses, by the option's name, from the annotations of the command's function."""
    found: dict[str, tuple[str, ...]] = {}
    for name, hint in get_type_hints(inspect.unwrap(command.callback)).items():
        kinds = get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
        words = [word for kind in kinds if get_origin(kind) is Literal for word in get_args(kind)]
        found[name] = tuple(map(str, words))
    return found


def default_of(param: Any) -> str:
    """The default that stands in the help, empty where there is none to speak of."""
    value = param.default
    return "" if value is None or value is False or callable(value) or value == () else str(value)


def usage(name: str, command: Any) -> str:
    """The line of usage."""
    names = [(written(param), param.required) for param in options(command) if is_argument(param)]
    words = [word if required or word.startswith("[") else f"[{word}]" for word, required in names]
    has_options = any(not is_argument(param) for param in options(command))
    return " ".join(["gridsim", name, *(["[OPTIONS]"] if has_options else []), *words])


def command_section(name: str, command: Any) -> nodes.section:
    """What a command does, takes, and how it is called."""
    help_text = " ".join((command.help or "").split("\f")[0].split())
    choices = choices_of(command)
    rows: list[list[Cell]] = [
        [
            [code(written(param, choices.get(param.name, ())))],
            " ".join((param.help or "").split()),
            [code(default_of(param))] if default_of(param) else "",
        ]
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
