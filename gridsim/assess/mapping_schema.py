"""The mapping file as a JSON schema, for editors that complete and check it."""

from __future__ import annotations

from typing import Any

from gridsim.assess.mapping import FURTHER, NEEDED, Mapping, TotalsMapping
from gridsim.assess.queue import COLUMNS, STAGES
from gridsim.config.export import DIALECT, json_text


def mapping_schema() -> dict[str, Any]:
    """Both kinds of mapping, draft 2020-12: of totals where `kind` is written, else of a list."""
    of_list, of_totals = Mapping.model_json_schema(), TotalsMapping.model_json_schema()
    for key, names in (("columns", COLUMNS), ("stages", STAGES), ("further", FURTHER)):
        block = of_list["properties"][key]
        block["properties"] = dict.fromkeys(names, block["additionalProperties"])
        block["additionalProperties"] = False
    of_list["properties"]["columns"]["required"] = list(NEEDED)
    return {
        "$schema": DIALECT,
        "title": "Mapping",
        "description": "What the columns and stages of a queue are called, for gridsim assess.",
        "type": "object",
        "if": {"required": ["kind"]},
        "then": {"$ref": "#/$defs/TotalsMapping"},
        "else": {"$ref": "#/$defs/Mapping"},
        "$defs": {"Mapping": of_list, "TotalsMapping": of_totals},
    }


def mapping_schema_text() -> str:
    """The content of the file that editors read for mappings, `configs/gridsim.mapping.schema.json`."""
    return json_text(mapping_schema())
