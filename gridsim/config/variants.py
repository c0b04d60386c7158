"""Variants of a scenario: the same but for some values, checked like a file of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from gridsim.config.errors import KeyPath, Problem, ScenarioError
from gridsim.config.explain import explain
from gridsim.config.overrides import Override, merged
from gridsim.config.scenario import Scenario
from gridsim.config.strict_yaml import Mark


def varied(scenario: Scenario, changes: Mapping[str, object] | Iterable[Override]) -> Scenario:
    """The scenario with other values by dotted path, as in `gridsim.load`; it has no contrast.

    Raises:
        ScenarioError: when a path or a value is wrong, or all together make no scenario.
    """
    overrides = (
        [Override(path, value) for path, value in changes.items()] if isinstance(changes, Mapping) else list(changes)
    )
    data, problems = with_changes(scenario.model_dump(by_alias=True), overrides)
    if problems:
        raise ScenarioError(problems)

    def locate(path: KeyPath, of_key: bool) -> tuple[str, Mark | None]:
        """Where the change nearest to a path stands."""
        written = [override for override in overrides if any(path[: len(place)] == place for place in override.places)]
        nearest = max(written, key=lambda o: max(len(p) for p in o.places if path[: len(p)] == p), default=None)
        nearest = nearest or (overrides[-1] if overrides else None)  # a check of several values together
        return nearest.at if nearest else (scenario.title, None)

    try:
        variant = Scenario.model_validate(data, by_alias=True, by_name=False)
    except ValidationError as error:
        raise ScenarioError(explain(error, Scenario, data, locate)) from None
    return variant.placed(scenario.folder)


def with_changes(data: Mapping[str, Any], overrides: list[Override]) -> tuple[dict[str, Any], list[Problem]]:
    """A scenario's data with changes applied and without its contrast; the data itself stays as it is."""
    other = merged({}, {key: _copied(value) for key, value in data.items() if key != "contrast"})
    problems: list[Problem] = []
    for override in overrides:
        try:
            override.apply(other, Scenario)
        except ScenarioError as error:
            problems += error.problems
    return other, problems


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value
