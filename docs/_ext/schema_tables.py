"""The tables of parameters and mechanisms in the documentation, read off the scenario's schema.

Nothing here knows Sphinx: `parameters` gives rows, `asked_for` the tables that a page asks for, so that a test can hold
that every parameter stands in one table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from gridsim.config.errors import literal
from gridsim.config.scenario import LAYERS, STRUCTURAL, WASTE, Mechanisms, Scenario
from gridsim.config.walk import Slot, range_words, slot_of, slot_of_field, wanted

NESTED = ".**"
TOP = "."
"""The name under which a page asks for the keys that stand in no block."""
POLICY = "policy"
MECHANISM_BLOCK = "mechanisms"
_DIRECTIVE = re.compile(r"^```\{(parameters|mechanisms)\}[ \t]*([^\n]*)$", re.MULTILINE)
_REQUIRED = "required"


class Parameter(NamedTuple):
    """One row: a parameter as scenarios write it."""

    path: str
    unit: str
    default: str
    allowed: str
    source: str
    meaning: str

    @property
    def block(self) -> str:
        """The block that it stands in; empty for the keys that stand in none."""
        return self.path.rpartition(".")[0]


class Mechanism(NamedTuple):
    """One row of the table of mechanisms."""

    code: str
    switch: str
    layer: str
    kind: str
    default: str
    scenario: str
    meaning: str


@cache
def parameters() -> tuple[Parameter, ...]:
    """Every parameter of the schema, in its order; `*` stands for the names of a table and the places of a list."""
    return tuple(_walk(Scenario, ""))


def _walk(model: type[BaseModel], prefix: str) -> Iterator[Parameter]:
    for name, field in model.model_fields.items():
        slot, path = slot_of_field(field), f"{prefix}{field.alias or name}"
        inner, entry = slot.block, _entry_block(slot)
        if inner is not None:
            yield from _walk(inner, f"{path}.")
        elif entry is not None:
            yield from _walk(entry, f"{path}.*.")
        else:
            yield _row(path, field, slot)


def _entry_block(slot: Slot) -> type[BaseModel] | None:
    """The block that the entries of a list or a table are, if they are blocks."""
    for kind in slot.kinds:
        if get_origin(kind) in (list, dict):
            block = slot_of(get_args(kind)[-1]).block
            if block is not None:
                return block
    return None


def _row(path: str, field: FieldInfo, slot: Slot) -> Parameter:
    meaning = " ".join((field.description or "").split())
    has_unit = slot.unit not in ("", "1")
    words = range_words(slot) if slot.kinds[0] in (int, float) else wanted(slot)
    return Parameter(path, slot.unit if has_unit else "", _default(field), words, slot.source, meaning)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return _REQUIRED
    value: Any = field.get_default(call_default_factory=True)
    if isinstance(value, str):
        return value or '""'
    if isinstance(value, list):
        return "[" + ", ".join(literal(item) for item in value) + "]"
    return literal(value)


@cache
def blocks() -> tuple[str, ...]:
    """Every block that has parameters of its own."""
    return tuple(dict.fromkeys(row.block for row in parameters()))


def chosen(words: str) -> list[Parameter]:
    """The rows of a table that asks for some blocks, separated by spaces; `block.**` has those below it as well.

    Raises:
        ValueError: the schema has no such block, or it has no parameters of its own.
    """
    rows: list[Parameter] = []
    for word in words.split():
        nested = word.endswith(NESTED)
        name = "" if word == TOP else word.removesuffix(NESTED)
        found = [row for row in parameters() if row.block == name or (nested and row.block.startswith(f"{name}."))]
        if not found:
            raise ValueError(f"{word}: the schema has no such block; it has {', '.join(blocks())}")
        rows += found
    return rows


def asked_for(page: str) -> list[Parameter]:
    """The parameters in all tables of a page, a parameter that stands in two of them twice."""
    rows: list[Parameter] = []
    for kind, words in _DIRECTIVE.findall(page):
        rows += chosen(MECHANISM_BLOCK if kind == "mechanisms" else words)
    return rows


def sources() -> dict[str, int]:
    """How many parameters have which kind of source; switches, names and dates, which have none, are left out."""
    kinds = {"a publication, data set or announcement": 0, "assumed": 0, "prior": 0, "calibrated": 0, "design": 0}
    published = next(iter(kinds))
    for row in parameters():
        if row.source and row.block != POLICY:
            first = row.source.replace(":", " ").replace(";", " ").split()[0].lower()
            kinds[first if first in kinds else published] += 1
    return kinds


def mechanisms(files: dict[str, str]) -> list[Mechanism]:
    """M1 to M16, with the scenario of each: `files` gives the name of a file for the start of a switch (`m01`)."""
    rows = []
    layers = {name: layer for layer, names in LAYERS.items() for name in names}
    for name, field in Mechanisms.model_fields.items():
        code, _, meaning = (field.description or "").partition(": ")
        kind = "waste" if name in WASTE else "structure" if name in STRUCTURAL else "gaming"
        default = "on" if field.default else "off"
        rows.append(Mechanism(code, name, layers[name], kind, default, files[name.partition("_")[0]], meaning))
    return rows
