"""Variants of a scenario: the same but for some values, checked like a file of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pydantic import ValidationError

from gridsim.config.contrast import with_changes
from gridsim.config.errors import KeyPath, ScenarioError
from gridsim.config.explain import explain
from gridsim.config.overrides import Override
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
        written = [override for override in overrides if any(path[: len(place)] == place for place in override.places)]
        nearest = max(written, key=lambda o: max(len(p) for p in o.places if path[: len(p)] == p), default=None)
        nearest = nearest or (overrides[-1] if overrides else None)  # a check of several values together
        return nearest.at if nearest else (scenario.title, None)

    try:
        variant = Scenario.model_validate(data, by_alias=True, by_name=False)
    except ValidationError as error:
        raise ScenarioError(explain(error, Scenario, data, locate)) from None
    return variant.placed(scenario.folder)
