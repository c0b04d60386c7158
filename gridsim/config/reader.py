"""Reads a scenario: files that extend one another, overrides on top, checked as a whole, every error at once."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from gridsim.config.contrast import CHANGES, changes_of, extended
from gridsim.config.errors import KeyPath, Problem, ScenarioError, dotted
from gridsim.config.explain import explain
from gridsim.config.files import read_chain
from gridsim.config.overrides import Override, parse_override, parse_overrides
from gridsim.config.scenario import Scenario
from gridsim.config.strict_yaml import Document, Mark, read
from gridsim.config.variants import with_changes

__all__ = ["load", "load_tariff", "load_text", "parse_override", "parse_overrides"]


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


TARIFF = frozenset({"policy", "tariffs"})
"""The blocks of a scenario that are terms of connection."""
_BESIDE = TARIFF | {"title", "description"}


def load_tariff(path: str | os.PathLike[str], base: str | os.PathLike[str]) -> Scenario:
    """Read a scenario, or a file with a tariff alone, which is laid over a base as if it extended it.

    A file is a whole scenario when it extends another, or has a title and says something besides its tariff.

    Args:
        path: the file, read and checked as by `load`.
        base: the scenario that a tariff alone is laid over.

    Raises:
        ScenarioError: as in `load`.
    """
    documents = read_chain(path)
    said = set(documents[0].data or {})
    is_whole = len(documents) > 1 or ("title" in said and bool(said & (set(Scenario.model_fields) - _BESIDE)))
    return _scenario(documents if is_whole else [*documents, *read_chain(base)], None).placed(Path(path).parent)


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
        data = extended(data, document.data or {})
    applied: list[Override] = []
    for path, value in (overrides or {}).items():
        try:
            override = Override(path, value)
            override.apply(data, Scenario)
            applied.append(override)
        except ScenarioError as error:
            problems += error.problems
    scenario, found = _validated(data, documents, applied)
    problems += [problem for problem in found if not noted.intersection(_above(problem))]
    problems += _contrast_problems(data, documents, applied, bool(problems))
    if scenario is None or problems:
        raise ScenarioError(problems)
    return scenario


def _validated(
    data: dict[str, Any], documents: list[Document], overrides: list[Override]
) -> tuple[Scenario | None, list[Problem]]:
    """The scenario that the data makes, or what is wrong with it."""
    try:
        return Scenario.model_validate(data, by_alias=True, by_name=False), []
    except ValidationError as error:
        return None, explain(error, Scenario, data, _Marks(data, documents, overrides).locate)


def _contrast_problems(
    data: dict[str, Any], documents: list[Document], overrides: list[Override], scenario_is_wrong: bool
) -> list[Problem]:
    """What is wrong with the other world of a contrast; of a wrong scenario only what is wrong with the changes."""
    changes, problems = changes_of(data, _Marks(data, documents, overrides).locate)
    other, more = with_changes(data, changes)
    if not changes:
        return problems
    problems += more + _validated(other, documents, [*overrides, *changes])[1]
    places = {(change.at[0], *(change.at[1] or (None, None))) for change in changes}
    out = []
    for problem in dict.fromkeys(problems):
        if (problem.file, problem.line, problem.column) in places or problem.path.startswith(dotted(CHANGES)):
            out.append(problem)
        elif not scenario_is_wrong:
            out.append(replace(problem, message=f"{problem.message} (in the other world of contrast)"))
    return out


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
                return override.at
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
