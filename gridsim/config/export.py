"""The schema for others to read: as JSON schema for editors, and as commented YAML of every default.

`python -m gridsim.config.export schema` prints the first, `... sweep` that of sweep files, `... defaults` the YAML.
"""

from __future__ import annotations

import json
import re
import sys
import textwrap
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from gridsim.config.errors import literal
from gridsim.config.files import TREE_MARKER
from gridsim.config.scenario import Scenario
from gridsim.config.sweep import Sweep
from gridsim.config.walk import range_words, slot_of_field, wanted

DIALECT = "https://json-schema.org/draft/2020-12/schema"
PLACEHOLDER = "Untitled"

_COMMENT_WIDTH = 110
_PLAIN_TEXT = re.compile(r"[A-Za-z][A-Za-z0-9_]*|[0-9]{4}-[0-9]{2}")
_WORDS_OF_YAML = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}


def json_schema() -> dict[str, Any]:
    """The scenario file as a JSON schema, draft 2020-12; each parameter with its `unit` and `source`.

    It describes what may be written in a file, so it knows `extends` and does not ask a file that extends another for
    the required keys.
    """
    schema = {"$schema": DIALECT, **Scenario.model_json_schema(by_alias=True)}
    base = {
        "description": "another scenario file, relative to this one, whose values hold where this file says nothing",
        "pattern": r"\.ya?ml$",
        "title": "Extends",
        "type": "string",
    }
    schema["properties"] = {"extends": base, **schema["properties"]}
    schema["anyOf"] = [{"required": schema.pop("required", [])}, {"required": ["extends"]}]
    return schema


def json_schema_text() -> str:
    """The content of the file that editors read, `configs/gridsim.schema.json`."""
    return json_text(json_schema())


def sweep_schema() -> dict[str, Any]:
    """A sweep file as a JSON schema: a grid, a list or a sample, at least one of them."""
    schema = {"$schema": DIALECT, **Sweep.model_json_schema(by_alias=True)}
    schema["anyOf"] = [{"required": [key]} for key in ("grid", "list", "sample")]
    return schema


def sweep_schema_text() -> str:
    """The content of the file that editors read for sweeps, `configs/gridsim.sweep.schema.json`."""
    return json_text(sweep_schema())


def json_text(schema: dict[str, Any]) -> str:
    """A schema as the content of a file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def defaults_yaml() -> str:
    """Every parameter at its default as one YAML file, each with a comment: meaning, [unit], range, source.

    The file loads, and equals a scenario that says nothing but its title. Blocks that are absent by default stand as
    comments, to show their keys.
    """
    head = [
        f"# yaml-language-server: $schema={TREE_MARKER}",
        "# Every parameter of gridsim at its default. Generated from the schema: gridsim/config/.",
    ]
    return "\n".join([*head, *_block_lines(Scenario, Scenario(title=PLACEHOLDER), "")]) + "\n"


def _block_lines(model: type[BaseModel], block: BaseModel | None, indent: str) -> Iterator[str]:
    """The lines of one block; without a block, of its defaults and of placeholders for what is required."""
    for name, field in model.model_fields.items():
        if block is not None:
            value = getattr(block, name)
        else:
            value = None if field.is_required() else field.get_default(call_default_factory=True)
        yield from _comment_lines(field, indent)
        yield from _entry_lines(field, field.alias or name, value, indent)


def _entry_lines(field: FieldInfo, key: str, value: Any, indent: str) -> Iterator[str]:
    if isinstance(value, BaseModel):
        yield f"{indent}{key}:"
        yield from _block_lines(type(value), value, f"{indent}  ")
    elif isinstance(value, list) and value and isinstance(value[0], BaseModel):
        yield f"{indent}{key}:"
        for item in value:
            lines = list(_block_lines(type(item), item, f"{indent}    "))
            yield f"{indent}  -"
            yield from lines
    else:
        required = field.is_required() and not isinstance(value, str)
        line = f"{indent}{key}: {'...' if required else _written(value)}"
        if isinstance(value, list) and len(line) > _COMMENT_WIDTH:
            yield from textwrap.wrap(line, _COMMENT_WIDTH, subsequent_indent=f"{indent}  ", drop_whitespace=True)
        else:
            yield line
        yield from _absent_block_lines(field, indent)


def _absent_block_lines(field: FieldInfo, indent: str) -> Iterator[str]:
    """The keys of a block that is absent by default, as comments."""
    slot = slot_of_field(field)
    if slot.block is not None:
        for line in _block_lines(slot.block, None, ""):
            yield f"{indent}  # {line}"
        return
    entry = slot.child("Name")
    if entry is not None and entry.block is not None:
        yield f"{indent}  # Name:"
        for line in _block_lines(entry.block, None, "  "):
            yield f"{indent}  # {line}"


def _comment_lines(field: FieldInfo, indent: str) -> Iterator[str]:
    """The comment over a key."""
    slot = slot_of_field(field)
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    words = [field.description or ""]
    if "unit" in extra:
        words = [f"{field.description} [{extra['unit']}]"]
        words += [range_words(slot)] if range_words(slot) else []
        words += ["or null"] if slot.optional else []
    elif slot.block is None:
        words.append(wanted(slot))
    if "source" in extra:
        words.append(f"source: {extra['source']}")
    text = "; ".join(word for word in words if word)
    first, other = f"{indent}# ", f"{indent}#   "
    yield from textwrap.wrap(
        text, _COMMENT_WIDTH, initial_indent=first, subsequent_indent=other, break_on_hyphens=False
    )


def _written(value: Any) -> str:
    """A value in YAML flow style, whole; text in quotes unless it needs none."""
    if isinstance(value, str):
        plain = _PLAIN_TEXT.fullmatch(value) and value.lower() not in _WORDS_OF_YAML
        return value if plain else json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return "[" + ", ".join(_written(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_written(key)}: {_written(item)}" for key, item in value.items()) + "}"
    return literal(value)


def main(arguments: list[str]) -> int:
    """Print what is asked for, `schema`, `sweep` or `defaults`."""
    writers = {"schema": json_schema_text, "sweep": sweep_schema_text, "defaults": defaults_yaml}
    if len(arguments) != 1 or arguments[0] not in writers:
        sys.stderr.write(f"usage: python -m gridsim.config.export {'|'.join(writers)}\n")
        return 2
    sys.stdout.write(writers[arguments[0]]())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
