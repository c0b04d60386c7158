"""Overrides: `policy.deposit_usd_per_mw=50000` on the command line, a mapping from dotted paths to values in Python."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel

from gridsim.config.errors import KeyPath, Problem, ScenarioError, dotted, literal, shorten
from gridsim.config.strict_yaml import MAX_DEPTH, MAX_DIGITS, Mark, parse_value
from gridsim.config.walk import names_of, slot_at

_PART = re.compile(r'"([^"]*)"|\'([^\']*)\'|([^."\'][^."]*)')


def parse_override(text: str) -> tuple[str, object]:
    """Split `a.b=v` into the dotted path and the value.

    The value is read as YAML: a list, block or quoted text when it starts with a bracket or a quote, else one plain
    scalar, so that `title=Two words: one title` needs no quotes.

    Raises:
        ScenarioError: when there is no `=`, or the path or the value cannot be read.
    """
    label = f"--set {shorten(text)}"
    path, equals, value = text.partition("=")
    if not equals:
        raise ScenarioError([Problem(label, None, None, "", "found no '='; write a.b=value")])
    _parts(path, label)
    return path.strip(), parse_value(value, label)


def parse_overrides(texts: Iterable[str]) -> dict[str, object]:
    """Read every `a.b=v` of a command line.

    Raises:
        ScenarioError: with the problems of all of them; a path given twice is one.
    """
    overrides: dict[str, object] = {}
    problems: list[Problem] = []
    for text in texts:
        try:
            path, value = parse_override(text)
        except ScenarioError as error:
            problems += error.problems
            continue
        if path in overrides:
            problems.append(Problem(f"--set {shorten(text)}", None, None, path, "this path is set twice"))
        overrides[path] = value
    if problems:
        raise ScenarioError(problems)
    return overrides


class Override:
    """One value to put at one path of the scenario.

    Attributes:
        at: where messages say it stands: `--set a.b=v`, or the file and position of a change in a contrast.
        places: every path that it wrote, once applied.
    """

    def __init__(self, path: str, value: object, at: tuple[str, Mark | None] | None = None):
        label = f"--set {shorten(path)}"
        self.places: set[KeyPath] = set()
        self._parts = _parts(path, label)
        self._value = _plain(value, label, 1)
        self.at = at or (f"{label}={literal(self._value)}", None)
        if self._parts[0] == "extends":
            raise self.wrong((), "a scenario's base cannot be overridden")

    @property
    def first(self) -> str:
        """The top-level key that the path starts with."""
        return self._parts[0]

    def apply(self, data: dict[str, Any], model: type[BaseModel]) -> None:
        """Write the value into the data; blocks are merged as those of a file that extends another.

        A list that the scenario leaves to its default can be entered: it is written out first.

        Raises:
            ScenarioError: when the path enters a list at no entry of it.
        """
        here: Any = data
        path: KeyPath = ()
        for part in self._parts[:-1]:
            key = self._key(here, part, path)
            path = (*path, key)
            self.places.add(path)
            if not isinstance(_entry(here, key), dict | list):
                here[key] = _default(model, path)
                self._note(path, here[key])
            here = here[key]
        key = self._key(here, self._parts[-1], path)
        old = _entry(here, key)
        both_blocks = isinstance(old, dict) and isinstance(self._value, dict)
        here[key] = merged(old, self._value) if both_blocks else self._value
        self._note((*path, key), self._value)

    def _key(self, container: Any, part: str, path: KeyPath) -> str | int:
        if not isinstance(container, list):
            return part
        if part.isdecimal() and int(part) < len(container):
            return int(part)
        entries = "is empty" if not container else f"has the entries 0 to {len(container) - 1}"
        raise self.wrong(path, f"the list {entries}; there is no entry {shorten(part)!r}")

    def _note(self, path: KeyPath, value: Any) -> None:
        self.places.add(path)
        entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, item in entries:
            self._note((*path, key), item)

    def wrong(self, path: KeyPath, message: str) -> ScenarioError:
        """The error that the override, or the path within it, is wrong."""
        file, mark = self.at
        line, column = mark or (None, None)
        return ScenarioError([Problem(file, line, column, dotted(path), message)])


def merged(base: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """Two blocks in one, the second in charge: blocks are merged, everything else is replaced."""
    both = {
        key: merged(base[key], value) if isinstance(value, dict) and isinstance(base.get(key), dict) else value
        for key, value in more.items()
    }
    return base | both


def _entry(container: Any, key: str | int) -> Any:
    return container.get(key) if isinstance(container, dict) else container[key]


def _parts(path: str, label: str) -> list[str]:
    """The steps of a dotted path; a step with a dot in it stands in quotes."""
    parts: list[str] = []
    position, text = 0, path.strip()
    while match := _PART.match(text, position):
        parts.append(next(group for group in match.groups() if group is not None))
        position = match.end() + 1
        if text[match.end() : position] != ".":
            break
    if not parts or position <= len(text) or "" in parts:
        message = f"{shorten(path)!r} is no path; write names with dots between, a name with a dot in quotes"
        raise ScenarioError([Problem(label, None, None, "", message)])
    return parts


def _default(model: type[BaseModel], path: KeyPath) -> Any:
    """What an override enters where the scenario says nothing: a default list written out, else an empty block."""
    slot = slot_at(model, path[:-1])
    if slot and slot.block and path[-1] in names_of(slot.block):
        for name, field in slot.block.model_fields.items():
            default = None if field.is_required() else field.get_default(call_default_factory=True)
            if (field.alias or name) == path[-1] and isinstance(default, list):
                return [_dumped(item) for item in default]
    return {}


def _dumped(item: Any) -> Any:
    return item.model_dump(by_alias=True, exclude_defaults=True) if isinstance(item, BaseModel) else item


def _plain(value: object, label: str, depth: int) -> Any:
    """The value as YAML would give it: NumPy's numbers and arrays as Python's, tuples as lists.

    Raises:
        ScenarioError: when it holds something that a scenario file could not.
    """
    if depth > MAX_DEPTH:
        raise ScenarioError([Problem(label, None, None, "", f"the value is nested more than {MAX_DEPTH} deep")])
    convert = getattr(value, "tolist", None)
    if convert is not None:
        value = convert()
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {key: _plain(item, label, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, label, depth + 1) for item in value]
    if isinstance(value, int) and abs(value) >= 10**MAX_DIGITS:
        raise ScenarioError([Problem(label, None, None, "", f"the number has more than {MAX_DIGITS} digits")])
    if value is None or isinstance(value, bool | int | float | str):
        return value
    allowed = "a number, text, true, false, null, a list, or a mapping with text keys"
    message = f"found the Python type {type(value).__name__}; write {allowed}"
    raise ScenarioError([Problem(label, None, None, "", message)])
