"""The other world of a scenario: the same but for a few values, so that a report can show what these values do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from gridsim.config.errors import KeyPath, Problem, ScenarioError, dotted
from gridsim.config.explain import Locate, explain
from gridsim.config.overrides import Override, merged
from gridsim.config.scenario import Scenario
from gridsim.config.variants import with_changes

CHANGES: KeyPath = ("contrast", "changes")
SHARED = ("seed", "start_month", "horizon_months")
"""What both worlds have in common, so that a run and its counterpart can be compared month by month."""


def contrasted(scenario: Scenario) -> Scenario:
    """The other world: the scenario with the changes of its contrast; it has no contrast of its own.

    Raises:
        ValueError: when the scenario has no contrast.
        ScenarioError: when the changes make no scenario; `gridsim.load` lets no such scenario pass.
    """
    if scenario.contrast is None:
        raise ValueError("the scenario has no contrast")

    # not `varied`: paths that are wrong and values that do not fit are said together, as changes of the contrast
    data = scenario.model_dump(by_alias=True)
    overrides, problems = changes_of(data, lambda path, of_key: (dotted(path), None))
    other, more = with_changes(data, overrides)
    try:
        world = Scenario.model_validate(other, by_alias=True, by_name=False)
    except ValidationError as error:
        more += explain(error, Scenario, other, lambda path, of_key: (dotted(CHANGES), None))
    if problems or more:
        raise ScenarioError([*problems, *more])
    return world.placed(scenario.folder)


def extended(base: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """What a file makes of the one that it extends: blocks are merged, but changes of a contrast replaced as a whole.

    A change of another policy's contrast would mean nothing in the contrast of this one.
    """
    own, other = more.get("contrast"), base.get("contrast")
    if isinstance(own, dict) and "changes" in own and isinstance(other, dict):
        base = base | {"contrast": {key: value for key, value in other.items() if key != "changes"}}
    return merged(base, more)


def changes_of(data: Mapping[str, Any], locate: Locate) -> tuple[list[Override], list[Problem]]:
    """The changes of the contrast in a scenario's data as overrides that know their place, and those that are none."""
    contrast = data.get("contrast")
    changes = contrast.get("changes") if isinstance(contrast, dict) else None
    overrides: list[Override] = []
    problems: list[Problem] = []
    for path, value in changes.items() if isinstance(changes, dict) else ():
        file, mark = locate((*CHANGES, path), True)
        try:
            override = Override(path, value, (file, mark))
            if override.first == "contrast":
                raise override.wrong((), "the other world has no contrast of its own")
            if override.first in SHARED:
                raise override.wrong((), f"both worlds have the same {override.first}")
            overrides.append(override)
        except ScenarioError as error:
            line, column = mark or (None, None)
            where = dotted((*CHANGES, path))
            problems += [Problem(file, line, column, where, problem.message) for problem in error.problems]
    return overrides, problems
