"""Says in plain words, and with positions, what pydantic found wrong with a scenario."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from gridsim.config.errors import LINES_MAX, KeyPath, Problem, dotted, found, literal, shorten
from gridsim.config.strict_yaml import Mark
from gridsim.config.walk import Slot, listed, names_of, places_named, slot_at, wanted

Locate = Callable[[KeyPath, bool], tuple[str, Mark | None]]
"""Gives the file and position of a path, of its key when the second argument is true, else of its value."""

_THOUSANDS = re.compile(r"[-+]?[0-9]{1,3}(?:[,_ '][0-9]{3})+(?:\.[0-9]+)?")
_SEPARATOR = re.compile(r"[,_ ']")
_NUMBER = re.compile(r"[-+]?[0-9]+(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?")


@dataclass(frozen=True)
class _Error:
    """One of pydantic's errors, its location freed of the names of union members.

    Attributes:
        detail: the error as pydantic gives it.
        path: where it is, as the scenario writes it.
        union: the path of the innermost union it is in, if any.
        is_key: whether it is about a name in a table of names, not about the entry.
    """

    detail: ErrorDetails
    path: KeyPath
    union: KeyPath | None
    is_key: bool


def explain(error: ValidationError, model: type[BaseModel], data: Any, locate: Locate) -> list[Problem]:
    """Translate a validation error into problems, one per place and cause, in the order of the file.

    Only as many as a message shows are put into words: each takes a search for the nearest name.

    Args:
        error: what `model` said of `data`.
        model: the schema.
        data: the scenario as read, before validation.
        locate: where a path of the data was written.
    """
    errors = _without_failed_members([_cleaned(detail, model) for detail in error.errors(include_url=False)])
    placed = []
    for item in errors:
        path, is_key = _aimed(item, data)
        placed.append((*locate(path, is_key), path, item))
    placed.sort(key=lambda entry: (entry[0], entry[1] or Mark(0, 0)))
    problems = []
    for number, (file, mark, path, item) in enumerate(placed):
        line, column = mark or (None, None)
        message = _sentence(item, model) if number < LINES_MAX else item.detail["msg"]
        problems.append(Problem(file, line, column, dotted(path), message))
    return list(dict.fromkeys(problems))


def did_you_mean(word: str, names: Sequence[str]) -> str:
    """A clause with the nearest of some names, empty when none is near; capitals do not count."""
    lower = {name.lower(): name for name in names}
    near = difflib.get_close_matches(word.lower()[:80], list(lower), 1)
    return f"; did you mean {lower[near[0]]!r}?" if near else ""


def _cleaned(detail: ErrorDetails, model: type[BaseModel]) -> _Error:
    """Take out of a location what names no part of the scenario: members of unions, and the mark of a key."""
    slot: Slot | None = Slot((model,), False, {})
    path: KeyPath = ()
    union: KeyPath | None = None
    is_key = False
    for part in detail["loc"]:
        if slot is not None and slot.is_union and union != path:
            union = path
        elif part == "[key]":
            is_key = True
        else:
            path = (*path, part)
            slot = slot.child(part) if slot else None
    return _Error(detail, path, union, is_key or detail["type"] in ("extra_forbidden", "missing"))


def _without_failed_members(errors: list[_Error]) -> list[_Error]:
    """Of the errors of one union keep those of the member that was meant, or a single one when none was."""
    kept: list[_Error] = []
    for union in dict.fromkeys(item.union for item in errors):
        group = [item for item in errors if item.union == union]
        meant = [item for item in group if item.path != union or not _is_other_kind(item.detail["type"])]
        kept += group if union is None else meant or group[:1]
    return kept


def _is_other_kind(error_type: str) -> bool:
    return error_type.endswith("_type") or error_type == "literal_error"


def _aimed(item: _Error, data: Any) -> tuple[KeyPath, bool]:
    """The path that a problem is about, and whether about its key.

    A check of a whole block names the part that it means first: "months_min must not exceed ...", "tariffs.0.areas
    names 'X', ...". When that part was written, the problem is placed there, and at the entry 'X' if it has one.
    """
    if item.detail["type"] == "missing":
        return item.path, True
    if item.detail["type"] != "value_error":
        return item.path, item.is_key
    message = _reason(item.detail)
    for word in re.findall(r"[A-Za-z_]\w*(?:\.\w+)*", message):
        path = (*item.path, *(int(part) if part.isdigit() else part for part in word.split(".")))
        value = _value_at(data, path)
        if value is None:
            continue
        entries = list(value) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
        for entry in entries:
            part, name = entry if isinstance(entry, tuple) else (entry, entry)
            if isinstance(name, str) and repr(name) in message:
                return (*path, part), isinstance(value, dict)
        return path, isinstance(value, dict)
    return item.path, True


def _value_at(data: Any, path: KeyPath) -> Any:
    for part in path:
        if isinstance(data, dict):
            data = data.get(part) if isinstance(part, str) else None
        elif isinstance(data, list):
            data = data[part] if isinstance(part, int) and part < len(data) else None
        else:
            return None
    return data


def _reason(detail: ErrorDetails) -> str:
    """What a validator of the schema said."""
    return " ".join(str(detail.get("ctx", {}).get("error", detail["msg"])).split())


def _sentence(item: _Error, model: type[BaseModel]) -> str:
    """What was found, what is allowed and what was probably meant."""
    kind, value = item.detail["type"], item.detail["input"]
    if kind == "missing":
        slot = slot_at(model, item.path)
        return f"the key {item.path[-1]!r} is missing; write {wanted(slot)}" if slot else "a key is missing"
    if kind == "extra_forbidden":
        return _unknown_key(str(item.path[-1]), item.path[:-1], model)
    if kind in ("value_error", "assertion_error"):
        return _reason(item.detail)
    slot = slot_at(model, item.path[:-1] if item.is_key else item.path)
    if item.is_key and slot:
        slot = slot.key()
    if slot is None:
        return f"found {found(value)}; {' '.join(item.detail['msg'].split())}"
    if isinstance(value, str) and kind in ("string_too_long", "string_too_short"):
        return f"found {len(value)} characters; write {wanted(slot)}"
    if isinstance(value, list) and kind in ("too_long", "too_short"):
        return f"found {len(value)} entries; write {wanted(slot)}"
    return f"found {found(value)}; write {wanted(slot)}{_hint(value, slot)}"


def _unknown_key(key: str, block_path: KeyPath, model: type[BaseModel]) -> str:
    slot = slot_at(model, block_path)
    names = names_of(slot.block) if slot and slot.block else []
    names += [] if block_path else ["extends"]  # the reader's own key, gone before validation
    text = f"unknown key {shorten(key)!r}"
    if slot and slot.block and key in slot.block.model_fields:  # the name in Python of a key that has an alias
        return f"{text}; did you mean {slot.block.model_fields[key].alias!r}?"
    if near := did_you_mean(key, names):
        return text + near
    elsewhere = list(places_named(model, key))
    if elsewhere:
        return f"{text} here; there is {' and '.join(elsewhere[:3])}"
    return f"{text}; the keys here are {listed(names)}"


def _hint(value: Any, slot: Slot) -> str:
    """What a value of the wrong kind was probably meant to be."""
    wants_number = int in slot.kinds or float in slot.kinds
    if isinstance(value, str):
        choices = [choice for kind in slot.kinds for choice in getattr(kind, "__args__", ()) if isinstance(choice, str)]
        return _number_hint(value.strip()) if wants_number else did_you_mean(value, choices)
    if isinstance(value, float) and value.is_integer() and int in slot.kinds and abs(value) < 2**53:
        return f"; did you mean {int(value)}?"
    if str in slot.kinds and isinstance(value, int | float):
        return f"; did you mean '{literal(value)}', in quotes?"
    return ""


def _number_hint(text: str) -> str:
    """How to write a number that was written as text."""
    if text.endswith("%") and _NUMBER.fullmatch(text[:-1].strip()):
        return f"; did you mean {float(text[:-1]) / 100:.12g}?"
    if _THOUSANDS.fullmatch(text):
        return f"; did you mean {_SEPARATOR.sub('', text)}, without separators?"
    if _NUMBER.fullmatch(text):
        number = re.sub(r"^([-+]?)0+(?=[0-9])", r"\1", text)
        return f"; did you mean {number}, without quotes?" if number == text else f"; did you mean {number}?"
    return ""
