"""What a calibration is to meet: values of stylised facts, each with a range, and how far an outcome is from them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridsim.config.explain import did_you_mean
from gridsim.config.scenario import Scenario
from gridsim.study import measures_of_facts as of
from gridsim.study.facts import FACTS, Fact, context, outcomes

Floats = NDArray[np.float64]

APPARENT: tuple[Fact, ...] = tuple(
    Fact(name, name, what, "months 12 to 60 of the boom", (context(),), "", "", False, measure)
    for name, what, measure in (
        ("duplicates", "MW of copies / all MW requested and not in service", of.duplicate_share),
        ("speculation", "MW that developers hold / all MW requested and not in service", of.speculative_share),
    )
)
"""What nobody can observe and the calibration is there to infer; measured beside the facts."""


class Goal(NamedTuple):
    """A value of a fact and the range that it must lie in; one end may be infinite."""

    fact: str
    name: str
    low: float
    high: float

    @property
    def label(self) -> str:
        """The fact and which of its values."""
        return f"{self.fact} {self.name}".strip()


def fact_of(name: str) -> Fact:
    """The fact of an id. Raises ValueError if there is none."""
    known = {fact.id: fact for fact in FACTS}
    if name not in known:
        raise ValueError(
            f"fact {name!r}: there is none of this name; known are {', '.join(known)}{did_you_mean(name, list(known))}"
        )
    return known[name]


def goals_of(facts: Iterable[Fact]) -> tuple[Goal, ...]:
    """Every value of the facts that has a range. Raises ValueError for a fact that has none."""
    out: list[Goal] = []
    for fact in facts:
        judged = [Goal(fact.id, target.name, target.low, target.high) for target in fact.targets if target.is_judged]
        if not judged:
            raise ValueError(
                f"fact {fact.id!r} ({fact.name}) has no range to meet: it is shown beside the model, not judged"
            )
        out += judged
    return tuple(out)


def demanded() -> tuple[Goal, ...]:
    """The goals of the facts that the baseline is calibrated to."""
    return goals_of(fact for fact in FACTS if fact.demanded)


def observed_in(
    scenario: Scenario, seeds: Iterable[int], facts: Sequence[Fact], errors: float = 2.0
) -> tuple[Goal, ...]:
    """The facts as a scenario itself has them: the mean over seeds, give or take so many of a single run's deviations.

    For what must be known to be checked: a calibration to these goals must find the scenario's own parameters again.

    Raises:
        ValueError: when a fact has no number under one of the seeds, or the same under all.
    """
    out = []
    for outcome in outcomes(scenario, seeds, facts=facts):
        for k, target in enumerate(outcome.fact.targets):
            mean, deviation = float(outcome.values[:, k].mean()), float(outcome.values[:, k].std(ddof=1))
            if not deviation > 0.0:
                raise ValueError(f"{outcome.fact.id} {target.name} is not known under every seed, or does not vary")
            out.append(Goal(outcome.fact.id, target.name, mean - errors * deviation, mean + errors * deviation))
    return tuple(out)


def distances(goals: Sequence[Goal], values: Floats) -> Floats:
    """How far outcomes [point, goal] are from a goal each: at most 1 within its range, infinite where there is no number.

    Ranges of positive numbers are taken in logarithms, so that half and double are as far: |ln x - middle| / half the width.
    Of a range without an upper end it is low / x.
    """
    out = np.full(values.shape, np.inf)
    with np.errstate(divide="ignore", invalid="ignore"):
        for k, goal in enumerate(goals):
            x = values[:, k]
            if np.isinf(goal.high):
                far = np.where(x > 0.0, goal.low / x, np.inf)
            elif goal.low > 0.0:
                low, high = np.log(goal.low), np.log(goal.high)
                far = np.where(x > 0.0, np.abs(np.log(x) - (low + high) / 2.0) / ((high - low) / 2.0), np.inf)
            else:
                far = np.abs(x - (goal.low + goal.high) / 2.0) / ((goal.high - goal.low) / 2.0)
            out[:, k] = np.where(np.isfinite(x), far, np.inf)
    return out
