"""Reads a scenario: files that extend one another, overrides on top, checked as a whole, every error at once."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from gridsim.config.errors import KeyPath, Problem, ScenarioError
from gridsim.config.explain import explain
from gridsim.config.files import read_chain
from gridsim.config.overrides import Override, merged, parse_override, parse_overrides
from gridsim.config.scenario import Scenario
from gridsim.config.strict_yaml import Document, Mark, read

__all__ = ["load", "load_text", "parse_override", "parse_overrides"]


def load(path: str | os.PathLike[str], overrides: Mapping[str, object] | None = None) -> Scenario:
    """Read a scenario file.

    Args:
        path: a regular file, .yaml or .yml.
        overrides: values by dotted path, put over what the files say: `{"policy.deposit_usd_per_mw": 50000}`.
            `tariffs.0.minimum_take` enters a list; a name with a dot stands in quotes. Blocks are merged, lists and
            single values replaced, in the order of the mapping.

    Raises:
        ScenarioError: with everything that is wrong with the files, the overrides and the scenario they make.
    """
    return _scenario(read_chain(path), overrides).placed(Path(path).parent)


def load_text(text: str | bytes, name: str = "<text>", overrides: Mapping[str, object] | None = None) -> Scenario:
    """Read a scenario from text; like `load`, but the text extends no file.

    Args:
        text: the scenario as YAML.
        name: what messages call the text.
        overrides: as in `load`.

    Raises:
        ScenarioError: as in `load`.
    """
    document = read(text, name)
    if document.data is None:
        raise ScenarioError(document.problems)
    if "extends" in document.data:
        message = "a scenario given as text extends no file; save it as a file"
        problem = Problem(name, *document.values["extends",], "extends", message)
        raise ScenarioError([*document.problems, problem])
    return _scenario([document], overrides)


def _scenario(documents: list[Document], overrides: Mapping[str, object] | None) -> Scenario:
    """One scenario from documents, the outermost first, and overrides."""
    problems = [problem for document in documents for problem in document.problems]
    noted = {problem.path for problem in problems if problem.path}
    data: dict[str, Any] = {}
    for document in reversed(documents):
        data = merged(data, document.data or {})
    applied: list[Override] = []
    for path, value in (overrides or {}).items():
        try:
            override = Override(path, value)
            override.apply(data, Scenario)
            applied.append(override)
        except ScenarioError as error:
            problems += error.problems
    try:
        scenario = Scenario.model_validate(data, by_alias=True, by_name=False)
    except ValidationError as error:
        marks = _Marks(data, documents, applied)
        problems += [
            problem
            for problem in explain(error, Scenario, data, marks.locate)
            if not noted.intersection(_above(problem))
        ]
    if problems:
        raise ScenarioError(problems)
    return scenario


def _above(problem: Problem) -> Iterator[str]:
    """The dotted path of a problem and of every block that it is in."""
    for end in [i for i, c in enumerate(problem.path) if c == "."] + [len(problem.path)]:
        yield problem.path[:end]


class _Marks:
    """Where each value of the merged data was written."""

    def __init__(self, data: Any, documents: list[Document], overrides: list[Override]):
        self._data = data
        self._documents = documents
        self._overrides = overrides

    def locate(self, path: KeyPath, of_key: bool) -> tuple[str, Mark | None]:
        """The file and position of a path's key or value, of the nearest block around it when it was never written."""
        path = path[: self._depth_written(path)]
        for override in reversed(self._overrides):
            if path in override.places:
                return override.label, None
        document = next((document for document in self._documents if path in document.values), self._documents[0])
        return document.file, (document.keys.get(path) if of_key else None) or document.values.get(path)

    def _depth_written(self, path: KeyPath) -> int:
        here = self._data
        for depth, part in enumerate(path):
            inside = part in here if isinstance(here, dict) else isinstance(part, int) and isinstance(here, list)
            if not inside or (isinstance(here, list) and not 0 <= int(part) < len(here)):
                return depth
            here = here[part]
        return len(path)
