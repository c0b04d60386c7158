"""Finds its way in the schema: what belongs at a path, and how to say it in words.

Nothing here knows a field of the scenario; everything is read off the pydantic models.
"""

from __future__ import annotations

import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from gridsim.config.errors import KeyPath, dotted
from gridsim.config.fields import Month, Name

_BOUNDS = ("ge", "gt", "le", "lt", "min_length", "max_length", "pattern", "multiple_of")
_NAMES_MAX = 12  # valid names that a message about a wrong name lists
_EXAMPLES_MAX = 4  # keys that a message about a wrong value lists


@dataclass(frozen=True)
class Slot:
    """A place in the schema.

    Attributes:
        kinds: the types allowed, None apart.
        optional: whether null is allowed.
        bounds: constraints by their pydantic names, such as `ge` and `pattern`.
        unit: unit of the number, "1" or empty where it has none.
        source: where the default comes from; empty where the schema does not say.
    """

    kinds: tuple[Any, ...]
    optional: bool
    bounds: dict[str, Any]
    unit: str = ""
    source: str = ""

    @property
    def is_union(self) -> bool:
        """Whether pydantic tries several types, and names the one it tried in the place of an error."""
        return len(self.kinds) > 1

    @property
    def block(self) -> type[BaseModel] | None:
        """The model of the block that may stand here, if one may."""
        return next((kind for kind in self.kinds if _is_model(kind)), None)

    def child(self, part: str | int) -> Slot | None:
        """The place one step below: a key of a block or of a table of names, or an entry of a list."""
        for kind in self.kinds:
            if _is_model(kind):
                for name, field in kind.model_fields.items():
                    if (field.alias or name) == part:
                        return slot_of_field(field)
            elif get_origin(kind) is list and isinstance(part, int):
                return slot_of(get_args(kind)[0])
            elif get_origin(kind) is dict and isinstance(part, str):
                return slot_of(get_args(kind)[1])
        return None

    def key(self) -> Slot | None:
        """The place of the keys of a table of names."""
        return next((slot_of(get_args(kind)[0]) for kind in self.kinds if get_origin(kind) is dict), None)


def slot_of(annotation: Any) -> Slot:
    """The place that a type annotation describes."""
    if get_origin(annotation) is Annotated:
        inner = slot_of(get_args(annotation)[0])
        bounds = inner.bounds | _bounds(get_args(annotation)[1:])
        return Slot(inner.kinds, inner.optional, bounds, inner.unit, inner.source)
    if get_origin(annotation) in (Union, types.UnionType):
        members = [slot_of(kind) for kind in get_args(annotation) if kind is not types.NoneType]
        bounds = {name: bound for member in members for name, bound in member.bounds.items()}
        optional = types.NoneType in get_args(annotation) or any(member.optional for member in members)
        return Slot(tuple(kind for member in members for kind in member.kinds), optional, bounds)
    return Slot((annotation,), False, {})


def slot_of_field(field: FieldInfo) -> Slot:
    """The place of a field of a model."""
    slot = slot_of(field.annotation)
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    unit, source = (str(extra.get(key, "")) for key in ("unit", "source"))
    return Slot(slot.kinds, slot.optional, slot.bounds | _bounds(field.metadata), unit, source)


def slot_at(model: type[BaseModel], path: KeyPath) -> Slot | None:
    """The place at a path of a model, or None where the schema has none."""
    slot: Slot | None = Slot((model,), False, {})
    for part in path:
        slot = slot.child(part) if slot else None
    return slot


def names_of(model: type[BaseModel]) -> list[str]:
    """The keys of a block, as scenarios write them."""
    return [field.alias or name for name, field in model.model_fields.items()]


def places_named(model: type[BaseModel], name: str) -> Iterator[str]:
    """Dotted paths of the schema that end in a name, outermost first; lists and tables of names are not entered."""
    level: list[tuple[KeyPath, type[BaseModel]]] = [((), model)]
    while level:
        below: list[tuple[KeyPath, type[BaseModel]]] = []
        for path, block in level:
            for key in names_of(block):
                slot = Slot((block,), False, {}).child(key)
                if key == name:
                    yield dotted((*path, key))
                if slot and slot.block:
                    below.append(((*path, key), slot.block))
        level = below


def wanted(slot: Slot) -> str:
    """Say what may stand at a place: "a whole number from 1 to 600 (months)", "'all' or a list, each a name"."""
    words = [_kind_words(kind, slot) for kind in slot.kinds]
    if slot.optional:
        words.append("null")
    return " or ".join(words)


def range_words(slot: Slot) -> str:
    """The range of a number or the length of a text or list: "1 to 600", "at least 0", empty when there is none."""
    low, high = slot.bounds.get("ge"), slot.bounds.get("le")
    if low is None and high is None:
        low, high = slot.bounds.get("min_length"), slot.bounds.get("max_length")
    above, below = slot.bounds.get("gt"), slot.bounds.get("lt")
    if low is not None and high is not None:
        words = [f"{plain_number(low)} to {plain_number(high)}"]
    else:
        words = [f"at least {plain_number(low)}"] if low is not None else []
        words += [f"at most {plain_number(high)}"] if high is not None else []
    words += [f"above {plain_number(above)}"] if above is not None else []
    words += [f"below {plain_number(below)}"] if below is not None else []
    return " and ".join(words)


def plain_number(value: float) -> str:
    """A number without needless digits: 1, 0.5, 1000000."""
    whole = isinstance(value, int) or (value.is_integer() and abs(value) < 1e15)
    return str(int(value)) if whole else repr(value)


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _bounds(metadata: Any) -> dict[str, Any]:
    """Constraints among the metadata of a type; `Field(ge=...)` and `StringConstraints` alike are objects with them."""
    found: dict[str, Any] = {}
    for item in metadata:
        parts = item.metadata if isinstance(item, FieldInfo) else [item]
        for part in parts:
            found |= {name: getattr(part, name) for name in _BOUNDS if getattr(part, name, None) is not None}
    return found


_PATTERNS = {
    slot_of(Month).bounds["pattern"]: "a month such as 2024-01",
    slot_of(Name).bounds["pattern"]: "a name of at most 64 letters, digits, spaces and ._&'()-",
}


def _kind_words(kind: Any, slot: Slot) -> str:
    if kind is bool:
        return "true or false"
    if kind in (int, float):
        unit = f" ({slot.unit})" if slot.unit not in ("", "1") else ""
        between = range_words(slot)
        linked = f" from {between}" if " to " in between else f" {between}" if between else ""
        return f"a {'whole ' if kind is int else ''}number{linked}{unit}"
    if kind is str:
        pattern = slot.bounds.get("pattern")
        if pattern is not None:
            return _PATTERNS.get(pattern, f"text of the form {pattern}")
        return f"text of {range_words(slot)} characters" if range_words(slot) else "text"
    if get_origin(kind) is Literal:
        return " or ".join(repr(choice) for choice in get_args(kind))
    if get_origin(kind) is list:
        size = f" of {range_words(slot)}" if range_words(slot) else ""
        return f"a list{size}, each {wanted(slot_of(get_args(kind)[0]))}"
    if get_origin(kind) is dict:
        return f"a block of entries, each under {wanted(slot_of(get_args(kind)[0]))}"
    return f"a block with keys such as {listed(names_of(kind), _EXAMPLES_MAX)}" if _is_model(kind) else str(kind)


def listed(names: list[str], limit: int = _NAMES_MAX) -> str:
    """Names with commas, the first few of them."""
    return ", ".join(names[:limit]) + (", ..." if len(names) > limit else "")
