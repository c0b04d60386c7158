"""Sweeps: which values of a scenario a batch varies, and how; a file of its own, in the same strict YAML.

    title: Deposits, with and without duplicates
    grid:                                         # every combination
      policy.deposit_usd_per_mw: [0, 20000, 100000]
      mechanisms.m02_duplicates: [true, false]

`list` gives cells one by one, `sample` draws them from ranges; what a sweep has of the three is multiplied.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, model_validator

from gridsim.config.errors import KeyPath, Problem, ScenarioError, dotted
from gridsim.config.explain import explain
from gridsim.config.fields import Block, param
from gridsim.config.files import read_one
from gridsim.config.overrides import Override
from gridsim.config.scenario import Scenario
from gridsim.config.strict_yaml import Document, Mark
from gridsim.config.variants import varied

DESIGNS = ("latin_hypercube", "sobol", "saltelli", "morris")
PATHS_MAX = 100
VALUES_MAX = 10_000
POINTS_MAX = 1_000_000
CHECKED_MAX = 2_000  # cells of a grid that are checked as a whole before a batch begins; values are checked one by one
FIXED = ("extends", "contrast", "observed", "title", "description", "seed")
"""What no sweep varies: it changes no run, or the batch has it already."""


class Range(Block):
    """Where the values of one parameter are drawn from: between two bounds, or from a list."""

    low: float | None = Field(None, description="least value")
    high: float | None = Field(None, description="greatest value")
    scale: Literal["linear", "log"] = Field("linear", description="uniform in the value, or in its logarithm")
    whole: bool = Field(False, description="round to whole numbers, for parameters that are counts")
    values: list[Any] | None = Field(
        None, min_length=1, max_length=VALUES_MAX, description="these values instead, equally likely"
    )

    @model_validator(mode="after")
    def _is_one_kind(self) -> Range:
        bounds = (self.low, self.high)
        if self.values is not None:
            if bounds != (None, None):
                raise ValueError("values: give low and high, or values, not both")
            return self
        if self.low is None or self.high is None:
            raise ValueError("give low and high, or values")
        if not self.low < self.high:
            raise ValueError(f"low must be below high, found {self.low:g} and {self.high:g}")
        if self.scale == "log" and self.low <= 0.0:
            raise ValueError("low must be above 0 on a log scale")
        return self

    def at(self, rank: float) -> Any:
        """The value at a rank from 0 to 1."""
        if self.values is not None:
            return self.values[min(int(rank * len(self.values)), len(self.values) - 1)]
        assert self.low is not None
        assert self.high is not None
        if self.scale == "log":
            value = float(self.low * (self.high / self.low) ** rank)
        else:
            value = self.low + (self.high - self.low) * rank
        value = min(max(value, self.low), self.high)
        return round(value) if self.whole else value


class Sample(Block):
    """Cells drawn from ranges by a design."""

    design: Literal["latin_hypercube", "sobol", "saltelli", "morris"] = Field(
        description="latin_hypercube: one point in each layer of each range; sobol: a scrambled Sobol' sequence (points a "
        "power of 2); saltelli: the matrices that Sobol' indices are estimated from, points times (ranges + 2) cells; "
        "morris: trajectories of one step a range, points times (ranges + 1) cells"
    )
    points: int = param(..., "cells", 1, POINTS_MAX, "points, base points or trajectories of the design", "design")
    seed: int = param(1, "1", 0, 2**32 - 1, "fixes the points drawn", "design")
    levels: int = param(4, "1", 2, 100, "levels of each range in a morris design, an even number", "design")
    ranges: dict[str, Range] = Field(min_length=1, max_length=PATHS_MAX, description="range of each dotted path")

    @model_validator(mode="after")
    def _fits_design(self) -> Sample:
        if self.design in ("sobol", "saltelli") and self.points & (self.points - 1):
            raise ValueError(f"points must be a power of 2 for {self.design}, found {self.points}")
        if self.design == "morris" and self.levels % 2:
            raise ValueError(f"levels must be even, found {self.levels}")
        return self


class Sweep(Block):
    """What a batch varies; load one with `load_sweep`."""

    title: str = Field("", max_length=200, description="one line: what the sweep is")
    description: str = Field("", max_length=5000, description="what it shows")
    grid: dict[str, list[Any]] = Field(
        default_factory=dict, max_length=PATHS_MAX, description="values by dotted path; every combination is a cell"
    )
    cells: list[dict[str, Any]] = Field(
        default_factory=list,
        alias="list",
        max_length=VALUES_MAX,
        description="cells one by one, each a table of values by dotted path",
    )
    sample: Sample | None = Field(None, description="cells drawn from ranges")

    @model_validator(mode="after")
    def _has_cells(self) -> Sweep:
        if not self.grid and not self.cells and self.sample is None:
            raise ValueError("a sweep has a grid, a list or a sample")
        listed = {path for cell in self.cells for path in cell}
        sampled = set(self.sample.ranges) if self.sample else set()
        for path in self.grid:
            if not self.grid[path]:
                raise ValueError(f"grid: {path} has no values")
        for twice in sorted(set(self.grid) & listed | set(self.grid) & sampled | listed & sampled):
            raise ValueError(f"{twice} is varied in two ways")
        return self


def load_sweep(path: str | os.PathLike[str], scenario: Scenario) -> Sweep:
    """Read a sweep file and check that its values fit a scenario.

    Raises:
        ScenarioError: with everything that is wrong with it.
    """
    sweep, document = _read(Path(path))
    check_sweep(sweep, scenario, document)
    return sweep


def read_sweep(path: str | os.PathLike[str]) -> Sweep:
    """Read a sweep file; whether its values fit depends on a scenario, which is not looked at.

    Raises:
        ScenarioError: with everything that is wrong with it.
    """
    return _read(Path(path))[0]


def _read(path: Path) -> tuple[Sweep, Document]:
    document = read_one(path)
    if document.data is None or document.problems:
        raise ScenarioError(document.problems)
    try:
        return Sweep.model_validate(document.data, by_alias=True, by_name=False), document
    except ValidationError as error:
        raise ScenarioError(explain(error, Sweep, document.data, _locator(document))) from None


def check_sweep(sweep: Sweep, scenario: Scenario, document: Document | None = None) -> None:
    """Check every value of a sweep in the scenario, then the cells of a grid together, as many as can be waited for.

    Raises:
        ScenarioError: with the problems of all values.
    """
    locate = _locator(document) if document else _no_place
    problems: list[Problem] = []
    for changes in itertools.chain(_single_values(sweep), itertools.islice(_combinations(sweep), CHECKED_MAX)):
        if problems and len(changes) > 1:
            break
        try:
            varied(scenario, [_override(place, path, value, locate) for place, path, value in changes])
        except ScenarioError as error:
            problems += error.problems
    if problems:
        raise ScenarioError(dict.fromkeys(problems))


Placed = tuple[KeyPath, str, Any]
"""A value of a sweep: its place in the sweep, the path in the scenario, the value."""


def _single_values(sweep: Sweep) -> Iterator[Sequence[Placed]]:
    """Each value of a grid, the ends of each range, alone; each cell of a list as it is."""
    for path, values in sweep.grid.items():
        yield from ([(("grid", path, i), path, value)] for i, value in enumerate(values))
    for i, cell in enumerate(sweep.cells):
        yield [(("list", i, path), path, value) for path, value in cell.items()]
    for path, drawn in sweep.sample.ranges.items() if sweep.sample else ():
        ends = drawn.values if drawn.values is not None else [drawn.at(0.0), drawn.at(1.0)]
        place: KeyPath = ("sample", "ranges", path)
        yield from ([(place, path, value)] for value in ends)


def _combinations(sweep: Sweep) -> Iterator[Sequence[Placed]]:
    """The cells of the grid."""
    if len(sweep.grid) > 1:
        columns = [[(("grid", p, i), p, v) for i, v in enumerate(values)] for p, values in sweep.grid.items()]
        yield from itertools.product(*columns)


Locator = Any


def _locator(document: Document) -> Locator:
    """Where a path of the sweep was written, or the nearest block around it."""

    def locate(path: KeyPath, of_key: bool) -> tuple[str, Mark | None]:
        for end in range(len(path), -1, -1):
            mark = (document.keys.get(path[:end]) if of_key else None) or document.values.get(path[:end])
            if mark is not None:
                return document.file, mark
        return document.file, None

    return locate


def _no_place(path: KeyPath, of_key: bool) -> tuple[str, None]:
    return f"sweep {dotted(path)}", None


def _override(place: KeyPath, path: str, value: Any, locate: Locator) -> Override:
    at = locate(place, False)
    try:
        override = Override(path, value, at)
        if override.first in FIXED:
            raise override.wrong((), f"a sweep does not vary {override.first}")
    except ScenarioError as error:
        file, mark = at
        line, column = mark or (None, None)
        found = [Problem(file, line, column, dotted(place), problem.message) for problem in error.problems]
        raise ScenarioError(found) from None
    return override
