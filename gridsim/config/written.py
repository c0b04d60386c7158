"""Scenarios as text: the shortest file that says one, and the values in which two differ."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from gridsim.config.errors import KeyPath, dotted
from gridsim.config.scenario import Scenario
from gridsim.config.strict_yaml import parse
from gridsim.config.sweep import Sweep

WIDTH = 110
FLOW_KEYS = 4
"""Entries up to which a block stands on one line."""

_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")
_PLAIN = re.compile(r"[^\W\d_](?:[\w ,._&'()/%+*=<>;!?–-]*[\w.)'%+!?])?")
_PLAIN_IN_FLOW = re.compile(r"[^\W\d_](?:[\w ._&'()/%+*=<>;–-]*[\w.)'%+])?")
_WORDS_OF_YAML = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}
_ODD = re.compile(  # what breaks a line, cannot be seen, or turns the direction of writing: escaped in quotes
    "[^\x20-\x7e\xa0-\u200a\u2010-\u2027\u202f-\u205f\u2070-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_BETWEEN_WORDS = re.compile(r"(?<=[^ ]) (?=[^ ])")


def yaml_text(scenario: Scenario | Sweep) -> str:
    """The scenario or sweep as YAML that reads back: what differs from the schema's defaults, nothing else.

    Read back it is equal and has the same digest; one that names files needs them beside it, as before.

    Raises:
        ScenarioError: when no file could say it: control characters in a text, more than 256 kB.
    """
    text = "\n".join(_lines(_said(scenario), "")) + "\n"
    parse(text)
    return text


def changes_between(base: Scenario, other: Scenario) -> dict[str, object]:
    """The values that make `other` out of `base`, by dotted path, in the order in which they must be applied.

    They are few: a list stands whole only where more than single values of it differ. Over the file of `base`, with
    `gridsim.load` or `--set`, they give an equal scenario; so do they in `varied`, which however drops a contrast that
    both have.
    """
    changes = _block_changes((), base, other, without=("contrast",))
    if _identity(base.contrast) != _identity(other.contrast):
        if base.contrast is not None:
            changes["contrast"] = None
        if other.contrast is not None:
            changes |= {dotted(("contrast", key)): value for key, value in _said(other.contrast).items()}
    return changes


def value_text(value: object) -> str:
    """A value in YAML flow style on one line, text in quotes unless it needs none; so `--set` takes it after the `=`."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_quoted(key)}: {value_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(value_text, value)) + "]"
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, float) and not math.isfinite(value):
        return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
    return "null" if value is None else repr(value).lower()


def _said(block: BaseModel) -> dict[str, Any]:
    """What a file must say for this block: what is required, and what differs from the defaults."""
    out = {}
    for name, field in type(block).model_fields.items():
        value = getattr(block, name)
        if field.is_required() or _identity(value) != _identity(_default(field)):
            out[field.alias or name] = value if _takes_anything(field) else _short(value)
    return out


def _short(value: Any) -> Any:
    """A value as a file would give it: blocks without defaults, whole numbers without decimals."""
    if isinstance(value, BaseModel):
        return _said(value)
    if isinstance(value, dict):
        return {key: _short(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_short(item) for item in value]
    is_whole = isinstance(value, float) and value.is_integer() and abs(value) < 1e15 and repr(value) != "-0.0"
    return int(value) if is_whole else value


def _identity(value: Any) -> str:
    """What tells two values of one field apart: numbers by what they are worth, blocks by all that is in them."""
    return value_text(_whole(value))


def _whole(value: Any) -> Any:
    if isinstance(value, BaseModel):
        fields = type(value).model_fields.items()
        return {n: getattr(value, n) if _takes_anything(f) else _whole(getattr(value, n)) for n, f in fields}
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    return [_whole(item) for item in value] if isinstance(value, list) else _short(value)


def _takes_anything(field: FieldInfo) -> bool:
    """Whether the schema leaves the type to the file, so that 1 and 1.0 are two values."""
    return Any in get_args(field.annotation)


def _default(field: FieldInfo) -> Any:
    return field.get_default(call_default_factory=True)


def _block_changes(path: KeyPath, a: BaseModel, b: BaseModel, without: tuple[str, ...] = ()) -> dict[str, object]:
    """The changes from one block to another of the same kind."""
    out: dict[str, object] = {}
    for name, field in type(a).model_fields.items():
        if name in without:
            continue
        here, old, new = (*path, field.alias or name), getattr(a, name), getattr(b, name)
        if _identity(old) == _identity(new):
            continue
        if isinstance(new, BaseModel) and isinstance(old, BaseModel) and _stands_alone(field):
            out |= {dotted((*here, key)): value for key, value in _short_fields(new).items()}
        else:
            out |= _changes(here, old, new)
    return out


def _stands_alone(field: FieldInfo) -> bool:
    """Whether a block that is left out is another than an empty one, so that a file says all of it or nothing."""
    default = None if field.is_required() else _default(field)
    return isinstance(default, BaseModel) and bool(_said(default))


def _short_fields(block: BaseModel) -> dict[str, Any]:
    return {field.alias or name: _short(getattr(block, name)) for name, field in type(block).model_fields.items()}


def _changes(path: KeyPath, old: Any, new: Any) -> dict[str, object]:
    """The changes from one value to another, which differ."""
    if isinstance(old, BaseModel) and type(old) is type(new):
        return _block_changes(path, old, new)
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        pairs = list(zip(old, new, strict=True))
        differing = [i for i, (one, other) in enumerate(pairs) if _identity(one) != _identity(other)]
        if isinstance(new[0], BaseModel) or len(differing) == 1:
            found = [_changes((*path, i), *pairs[i]) for i in differing]
            return {key: value for changes in found for key, value in changes.items()}
    if isinstance(old, dict) and isinstance(new, dict):
        if list(new)[: len(old)] != list(old):  # blocks are merged: what goes must be cleared first
            return {dotted(path): None, dotted(path[:-1]): {path[-1]: _short(new)}}
        out: dict[str, object] = {}
        for key in new:
            if key not in old:
                out[dotted((*path, key))] = _short(new[key])
            elif _identity(old[key]) != _identity(new[key]):
                out |= _changes((*path, key), old[key], new[key])
        return out
    return {dotted(path): _short(new)}


def _lines(block: dict[str, Any], indent: str) -> Iterator[str]:
    """The lines of a block, an entry after the other."""
    for key, value in block.items():
        head = f"{indent}{_quoted(key)}:"
        line = f"{head} {value_text(value)}"
        if isinstance(value, str):
            yield from _text_lines(head, value, indent)
        elif _is_flat(value) and len(line) <= WIDTH:
            yield line
        elif isinstance(value, dict) and value:
            yield head
            yield from _lines(value, f"{indent}  ")
        elif isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
            yield head
            for item in value:
                first, *more = _lines(item, f"{indent}    ") if item else [f"{indent}    {{}}"]
                yield f"{indent}  - {first[len(indent) + 4 :]}"
                yield from more
        elif isinstance(value, list) and value and not any(isinstance(item, dict | list) for item in value):
            yield from _filled([f"{value_text(item)}," for item in value], f"{head} [", f"{indent}  ", "]")
        else:
            yield line


def _is_flat(value: Any) -> bool:
    """Whether a value is easily read on one line: no block in a block, and none of many entries."""
    if isinstance(value, dict):
        inside = value.values()
        return (
            len(value) <= FLOW_KEYS
            and not any(isinstance(item, dict) and item for item in inside)
            and all(_is_flat(item) for item in inside if isinstance(item, list))
        )
    return not isinstance(value, list) or all(_is_flat(item) for item in value)


def _filled(words: list[str], first: str, other: str, last: str) -> Iterator[str]:
    """Words on as few lines as they need; the comma of the last one goes."""
    line = first
    for word in words:
        if len(line) + 1 + len(word) > WIDTH and line.strip() and line != first:
            yield line
            line = other
        line += word if line in (first, other) else f" {word}"
    yield (line.removesuffix(",") if last else line) + last


def _text_lines(head: str, text: str, indent: str) -> Iterator[str]:
    """A text under its key: on one line, folded into several, or line by line; in quotes where it is none of these."""
    line = f"{head} {_quoted(text, _PLAIN)}"
    body = text.removesuffix("\n")
    lines = body.split("\n")
    is_tidy = not any(_ODD.search(part) for part in lines) and body == body.strip()
    if (len(line) <= WIDTH and "\n" not in text) or not is_tidy or not body:
        yield line
        return
    keep = "" if body != text else "-"
    if any(part != part.strip() for part in lines) or (len(lines) > 1 and max(map(len, lines)) + 2 <= WIDTH):
        yield f"{head} |{keep}"
        yield from (f"{indent}  {part}" if part else "" for part in lines)
        return
    yield f"{head} >{keep}"
    for i, part in enumerate(lines):
        if i:
            yield ""
        if part:
            yield from _filled(_BETWEEN_WORDS.split(part), f"{indent}  ", f"{indent}  ", "")


def _quoted(text: str, plain: re.Pattern[str] = _PLAIN_IN_FLOW) -> str:
    """A text as it stands if it can, else in quotes."""
    if _MONTH.fullmatch(text) or (plain.fullmatch(text) and text.lower() not in _WORDS_OF_YAML):
        return text
    if "'" not in text and ('"' in text or "\\" in text) and not _ODD.search(text):
        return f"'{text}'"
    return _ODD.sub(_escaped, json.dumps(text, ensure_ascii=False))


def _escaped(match: re.Match[str]) -> str:
    number = ord(match.group())
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
