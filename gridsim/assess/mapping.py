"""What the columns and stages of a file are called: a file of its own, in the same strict YAML as scenarios.

columns:                     # names of the file, by ours; one, or several of which the first that is there counts
mw: [Capacity (MW), MW]
stages:                      # words of the file, by our stages
filed: [Active, Under Study]
unit: MW
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError, model_validator

from gridsim.assess.queue import COLUMNS, STAGES
from gridsim.config.errors import KeyPath, ScenarioError
from gridsim.config.explain import did_you_mean, explain
from gridsim.config.fields import Block
from gridsim.config.files import read_one
from gridsim.config.strict_yaml import Mark

NEEDED = ("id", "mw")
DateOrder = Literal["iso", "month first", "day first", "excel"]


class Mapping(Block):
    """How a file says what we ask for; load one with `load_mapping`."""

    title: str = Field("", max_length=200, description="one line: what files it fits")
    columns: dict[str, str | list[str]] = Field(description="names of the file's columns, by ours")
    stages: dict[str, list[str]] = Field(default_factory=dict, description="words of the file, by our stages")
    unit: Literal["kW", "MW", "GW"] = Field("MW", description="of the power asked for")
    dates: DateOrder | None = Field(
        None,
        description="iso 2024-12-31, month first 12/31/2024, day first 31.12.2024, excel 45657; by default what fits",
    )
    as_of: str | None = Field(
        None, pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", description="day of the list; by default its latest date"
    )
    scope: Literal["utility", "region"] = Field("utility", description="whose list it is: one utility's or a region's")
    only: dict[str, list[str]] = Field(
        default_factory=dict, description="keep the rows that have one of these words in these columns of the file"
    )

    @model_validator(mode="after")
    def _names_are_ours(self) -> Mapping:
        for kind, names, allowed in (("columns", self.columns, COLUMNS), ("stages", self.stages, STAGES)):
            for name in names:
                if name not in allowed:
                    hint = did_you_mean(name, allowed)
                    raise ValueError(f"{kind}: there is no {name!r}; allowed are {', '.join(allowed)}{hint}")
        for name in NEEDED:
            if name not in self.columns:
                raise ValueError(f"columns: {name} must be named")
        return self

    def candidates(self, name: str) -> list[str]:
        """What a column of ours may be called in the file."""
        names = self.columns.get(name, [])
        return [names] if isinstance(names, str) else names

    def words(self) -> dict[str, str]:
        """Our stage of each word of the file, capitals and spaces apart."""
        return {plain(word): stage for stage, words in self.stages.items() for word in [stage, *words]} | {
            stage: stage for stage in STAGES
        }


def plain(text: str) -> str:
    """A word without capitals and superfluous spaces."""
    return " ".join(text.split()).casefold()


def load_mapping(path: Path) -> Mapping:
    """Read a mapping. Raises `ScenarioError` with everything that is wrong with it, each with line and column."""
    document = read_one(path)
    if document.data is None or document.problems:
        raise ScenarioError(document.problems)

    def locate(place: KeyPath, of_key: bool) -> tuple[str, Mark | None]:
        for end in range(len(place), -1, -1):
            mark = (document.keys.get(place[:end]) if of_key else None) or document.values.get(place[:end])
            if mark is not None:
                return document.file, mark
        return document.file, None

    try:
        return Mapping.model_validate(document.data)
    except ValidationError as error:
        raise ScenarioError(explain(error, Mapping, document.data, locate)) from None


def ready() -> dict[str, Mapping]:
    """The mappings that come with the package, by name, the most particular first."""
    folder = Path(__file__).parent / "mappings"
    return {
        path.stem: load_mapping(path)
        for path in sorted(folder.glob("*.yaml"), key=lambda p: (p.stem == "generic", p.stem))
    }


def fitting(header: list[str]) -> list[str]:
    """Names of the ready mappings whose needed columns a header has, the one with most columns first."""
    there = {plain(name) for name in header}

    def known(mapping: Mapping) -> list[str]:
        return [name for name in mapping.columns if any(plain(word) in there for word in mapping.candidates(name))]

    fits = {name: known(mapping) for name, mapping in ready().items()}
    good = [name for name, columns in fits.items() if set(NEEDED) <= set(columns)]
    return sorted(good, key=lambda name: -len(fits[name]))
