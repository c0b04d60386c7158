"""What the columns and stages of a file are called: a file of its own, in the same strict YAML as scenarios.

columns:                     # names of the file, by ours; one, or several of which the first that is there counts
mw: [Capacity (MW), MW]
stages:                      # words of the file, by our stages
filed: [Active, Under Study]
unit: MW
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import Field, ValidationError, model_validator

from gridsim.assess.queue import COLUMNS, STAGES
from gridsim.config.errors import KeyPath, ScenarioError
from gridsim.config.explain import did_you_mean, explain
from gridsim.config.fields import Block
from gridsim.config.files import read_one
from gridsim.config.strict_yaml import Document, Mark

NEEDED = ("id", "mw")
FURTHER = STAGES[1:4]
"""Stages that a column beside the one of stages may say: neither the first, nor that a request left."""
DateOrder = Literal["iso", "month first", "day first", "excel"]


class Mapping(Block):
    """How a file says what we ask for; load one with `load_mapping`."""

    title: str = Field("", max_length=200, description="one line: what files it fits")
    columns: dict[str, str | list[str]] = Field(description="names of the file's columns, by ours")
    stages: dict[str, list[str]] = Field(default_factory=dict, description="words of the file, by our stages")
    further: dict[str, dict[str, list[str] | Literal["any"]]] = Field(
        default_factory=dict,
        description="other columns by our stage; a request with one of these words, or any, there is that far at least",
    )
    unit: Literal["kW", "MW", "GW"] = Field("MW", description="of the power asked for")
    dates: DateOrder | Annotated[list[DateOrder], Field(min_length=1)] | None = Field(
        None,
        description="iso 2024-12-31, month first 12/31/2024, day first 31.12.2024, excel 45657; of several, and by default, "
        "what fits",
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
        kinds = (
            ("columns", self.columns, COLUMNS),
            ("stages", self.stages, STAGES),
            ("further", self.further, FURTHER),
        )
        for kind, names, allowed in kinds:
            for name in names:
                if name not in allowed:
                    hint = did_you_mean(name, allowed)
                    raise ValueError(f"{kind}: there is no {name!r}; allowed are {', '.join(allowed)}{hint}")
        for name in NEEDED:
            if name not in self.columns:
                raise ValueError(f"columns: {name} must be named")
        return self

    @property
    def kind(self) -> Literal["list"]:
        """A row a request."""
        return "list"

    def candidates(self, name: str) -> list[str]:
        """What a column of ours may be called in the file."""
        names = self.columns.get(name, [])
        return [names] if isinstance(names, str) else names

    def orders(self) -> list[DateOrder]:
        """How days may be written; every way where the mapping does not say."""
        if self.dates is None:
            return list(get_args(DateOrder))
        return [self.dates] if isinstance(self.dates, str) else self.dates

    def words(self) -> dict[str, str]:
        """Our stage of each word of the file, capitals and spaces apart."""
        return {plain(word): stage for stage, words in self.stages.items() for word in [stage, *words]} | {
            stage: stage for stage in STAGES
        }


class TotalsMapping(Block):
    """How a file of quarterly totals by stage says what we ask for; several columns of a stage are added up."""

    title: str = Field("", max_length=200, description="one line: what files it fits")
    kind: Literal["totals"] = Field(description="totals by stage, a row a quarter")
    date: str = Field(description="column of the quarter, 2024Q4, or of the day it ends")
    queued: list[str] = Field(min_length=1, description="columns of MW that are asked for and have no agreement")
    signed: list[str] = Field(min_length=1, description="columns of MW with an agreement, not in service")
    added: str | None = Field(None, description="column of the MW that were asked for in the quarter")
    removed: str | None = Field(None, description="column of the MW that left in the quarter")
    unit: Literal["kW", "MW", "GW"] = Field("MW", description="of the power asked for")
    scope: Literal["utility", "region"] = Field("utility", description="whose totals: one utility's or a region's")


AnyMapping = Mapping | TotalsMapping


def plain(text: str) -> str:
    """A word without capitals and superfluous spaces."""
    return " ".join(text.split()).casefold()


def load_mapping(path: Path) -> AnyMapping:
    """Read a mapping. Raises `ScenarioError` with everything that is wrong with it, each with line and column."""
    return mapping_of(read_one(path))


def mapping_of(document: Document) -> AnyMapping:
    """A mapping out of YAML, as `load_mapping`; `gridsim.config.strict_yaml.read` makes a document of text."""
    if document.data is None or document.problems:
        raise ScenarioError(document.problems)

    def locate(place: KeyPath, of_key: bool) -> tuple[str, Mark | None]:
        for end in range(len(place), -1, -1):
            mark = (document.keys.get(place[:end]) if of_key else None) or document.values.get(place[:end])
            if mark is not None:
                return document.file, mark
        return document.file, None

    is_totals = isinstance(document.data, dict) and "kind" in document.data
    kind: type[AnyMapping] = TotalsMapping if is_totals else Mapping
    try:
        return kind.model_validate(document.data)
    except ValidationError as error:
        raise ScenarioError(explain(error, kind, document.data, locate)) from None


@functools.cache
def ready() -> dict[str, AnyMapping]:
    """The mappings that come with the package, by name, the most particular first."""
    folder = Path(__file__).parent / "mappings"
    return {
        path.stem: load_mapping(path)
        for path in sorted(folder.glob("*.yaml"), key=lambda p: (p.stem == "generic", p.stem))
    }


def fitting(header: list[str]) -> list[str]:
    """Names of the ready mappings whose needed columns a header has, the one with most columns first."""
    there = {plain(name) for name in header}
    known = {name: len(columns_known(mapping, there)) for name, mapping in ready().items()}
    return sorted((name for name, count in known.items() if count), key=lambda name: -known[name])


def columns_known(mapping: AnyMapping, there: set[str]) -> list[str]:
    """The columns of a mapping that a file has; none where it lacks one that is needed."""
    if isinstance(mapping, TotalsMapping):
        needed = [mapping.date, *mapping.queued, *mapping.signed]
        return needed if all(plain(name) in there for name in needed) else []
    found = [name for name in mapping.columns if any(plain(word) in there for word in mapping.candidates(name))]
    return found if set(NEEDED) <= set(found) else []
