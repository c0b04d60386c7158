"""What the columns of a store mean, in which unit, and which values a sweep gives to its parameters: entities of a crate."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

from gridsim.config.scenario import Scenario
from gridsim.config.walk import slot_at
from gridsim.engine.measures import SERIES
from gridsim.engine.result import HEADLINE, SCALARS
from gridsim.study.cells import cells_from
from gridsim.study.overview import base_of
from gridsim.study.store import CELLS

VALUES_MAX = 20
"""Values of a parameter up to which all are named."""
KEYS = {
    "run": ("", "number of the run in the plan, from 0"),
    "id": ("", "names what decides the run: the model's sources, the scenario with the cell's values, the seed"),
    "cell": ("", "number of the cell, from 0"),
    "seed": ("", "seed of every random draw"),
    "twin": ("", "whether the run is the honest twin of the one before it, with all gaming off"),
    "month": ("month", "number of the month, from 0"),
    "date": ("", "first day of the month"),
    "peak_month": ("", "month in which claims for power peak"),
}
WORDS = {"last": "in the last month", "peak": "in the highest month", "mean": "mean of the months"}
Entity = dict[str, Any]


def of_table(part: Path) -> list[Entity]:
    """The columns of a table, from one of its parts."""
    import pyarrow.parquet as pq

    return [column(part.parent.name, name) for name in pq.read_schema(part).names]


def of_cells(path: Path) -> list[Entity]:
    """The columns of the cells of a sweep; none without one."""
    import pyarrow.parquet as pq

    return [column("cells", name) for name in pq.read_schema(path).names] if path.exists() else []


def column(table: str, name: str) -> Entity:
    """A column: its name, unit and meaning."""
    unit, meaning = meaning_of(name)
    entity = {"@id": identity(table, name), "@type": "PropertyValue", "name": name, "description": meaning}
    return entity | ({"unitText": unit} if unit else {})


def identity(what: str, name: str) -> str:
    """What an entity is called in the document."""
    return f"#{what}/{quote(name, safe='')}"


def meaning_of(name: str) -> tuple[str, str]:
    """Unit and meaning of a column; the unit of a ratio is 1, and empty for what is no number."""
    if name in KEYS:
        return KEYS[name]
    if name in HEADLINE:
        return "GW", f"{SERIES[HEADLINE[name]].meaning}; in the month in which claims for power peak"
    measure, _, kind = name.rpartition(".")
    if measure in SERIES and kind in SCALARS:
        return SERIES[measure].unit, f"{SERIES[measure].meaning}; {WORDS[kind]}"
    if name in SERIES:
        return SERIES[name].unit, SERIES[name].meaning
    return unit_of(name), "value of the cell; null where it leaves that of the scenario"


def unit_of(path: str) -> str:
    """The unit of a parameter, as the schema has it."""
    key, _ = base_of(Scenario(title="any").model_dump(by_alias=True), path)
    slot = slot_at(Scenario, key) if key else None
    return "" if slot is None else slot.unit


def of_parameters(path: Path) -> list[Entity]:
    """What the cells vary: all values of a parameter where they are few, else the least and the largest."""
    cells = cells_from(path) if path.exists() else []
    return [
        parameter(name, [cell.get(name) for cell in cells]) for name in dict.fromkeys(k for cell in cells for k in cell)
    ]


def parameter(name: str, values: list[Any]) -> Entity:
    """A parameter with its values."""
    plain = [value for value in values if isinstance(value, bool | int | float | str)]
    found = sorted(set(plain), key=lambda value: (isinstance(value, str), value))
    entity: Entity = {"@id": identity("parameter", name), "@type": "PropertyValue", "name": name}
    if unit := unit_of(name):
        entity["unitText"] = unit
    if len(found) == 1:
        entity["value"] = found[0]
    elif 1 < len(found) <= VALUES_MAX:
        entity["value"] = found
    elif found and not any(isinstance(value, str) for value in found):
        entity |= {"minValue": found[0], "maxValue": found[-1]}
    return entity | {"description": f"varied by the sweep, see {CELLS}"}
