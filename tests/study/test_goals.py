"""What a calibration is to meet."""

from __future__ import annotations

import numpy as np
import pytest

import gridsim
from gridsim.study.facts import FACTS, outcomes
from gridsim.study.goals import Goal, demanded, distances, fact_of, goals_of, observed_in
from tests.command_line import ROOT

INF = np.inf


@pytest.mark.parametrize(
    ("low", "high", "values", "expected"),
    [
        (0.1, 0.4, [0.1, 0.2, 0.4, 0.05, 0.8, 0.0, -1.0], [1, 0, 1, 2, 2, INF, INF]),  # in logarithms
        (0.0, 0.1, [0.0, 0.05, 0.1, 0.2, -0.1], [1, 0, 1, 3, 3]),
        (-1.0, 3.0, [1.0, 3.0, 5.0], [0, 1, 2]),
        (2.0, INF, [2.0, 4.0, 1.0, 0.0], [1, 0.5, 2, INF]),
        (0.1, 0.4, [np.nan, INF], [INF, INF]),
    ],
)
def test_a_distance_is_one_at_the_ends_of_the_range(low, high, values, expected):
    found = distances([Goal("F", "", low, high)], np.array(values)[:, None])
    np.testing.assert_allclose(found[:, 0], expected)


def test_every_goal_has_its_own_column():
    goals = [Goal("F", "a", 1, 4), Goal("F", "b", 0, 2)]
    np.testing.assert_allclose(distances(goals, np.array([[2.0, 1.0], [4.0, 3.0]])), [[0, 0], [1, 2]], atol=1e-12)


def test_the_goals_are_the_ranges_of_the_facts_that_are_demanded():
    goals = demanded()
    assert {goal.fact for goal in goals} == {fact.id for fact in FACTS if fact.demanded}
    assert Goal("F5", "", 0.08, 0.15) in goals
    assert Goal("F9", "count", 0.15, 0.19) in goals
    assert Goal("F13", "order of means", 1.0, INF) in goals
    assert all(np.isfinite(goal.low) for goal in goals)  # values without a range are no goals
    assert len({goal.label for goal in goals}) == len(goals)


def test_a_fact_that_is_not_judged_is_no_goal_and_one_that_is_not_there_is_named():
    with pytest.raises(ValueError, match=r"F11.*has no range to meet"):
        goals_of([fact_of("F11")])
    with pytest.raises(ValueError, match=r"fact 'F55': there is none of this name; known are F1, .*did you mean"):
        fact_of("F55")


def test_a_scenario_meets_what_was_observed_in_it():
    scenario = gridsim.load(ROOT / "configs" / "baseline.yaml", {"horizon_months": 60, "actors.utilities.count": 3})
    facts = [fact_of("F7"), fact_of("F10")]
    goals = observed_in(scenario, range(1, 7), facts, errors=2.0)
    assert [goal.label for goal in goals] == ["F7", "F10 median", "F10 sigma of log"]
    values = np.concatenate([outcome.values for outcome in outcomes(scenario, range(1, 7), facts=facts)], axis=1)
    for goal, column in zip(goals, values.T, strict=True):
        assert (goal.low + goal.high) / 2 == pytest.approx(column.mean())
        assert (goal.high - goal.low) / 4 == pytest.approx(column.std(ddof=1))
