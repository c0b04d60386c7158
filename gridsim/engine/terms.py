"""Terms of connection by month and area: which are in force, which are expected, and when queued requests must confirm."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from gridsim.config.fields import month_number
from gridsim.config.scenario import Scenario
from gridsim.config.tariff import TERMS
from gridsim.model.group import I, cleared
from gridsim.model.rationing import FIRST_COME, LINEAR, PROPORTIONAL, TURN_AND_EARN, UNIFORM, UNIFORM_PRICE
from gridsim.model.state import Terms


class TermsTables(NamedTuple):
    """Distinct sets of terms, and by [month, utility] the row of that which counts."""

    records: Terms
    in_force: I
    expected: I  # when a request filed now is signed, as far as announced
    confirm: I  # 1 in the month in which queued requests must have been confirmed


class Rule(NamedTuple):
    """One tariff, or the policy: what it says, where, from when, and since when that is known; months of the run."""

    terms: tuple[Any, ...]
    areas: Any
    since: int
    known: int


RULE_OF = {
    "proportional": PROPORTIONAL,
    "linear": LINEAR,
    "uniform": UNIFORM,
    "first_come": FIRST_COME,
    "turn_and_earn": TURN_AND_EARN,
    "auction": UNIFORM_PRICE,
}
"""Number of the allocation rule that a scenario names."""


def coded(value: Any) -> Any:
    """A term as a number; None stays, where a policy leaves a term as it is."""
    if value is None:
        return None
    return float(RULE_OF[value]) if isinstance(value, str) else float(value)


def rule(block: Any, start: int) -> Rule:
    """Read a tariff or policy; what takes effect is known by then at the latest."""
    since = month_number(block.from_month) - start
    known = since if block.announced is None else month_number(block.announced) - start
    return Rule(tuple(coded(getattr(block, name)) for name in TERMS), block.areas, since, min(since, known))


def terms_tables(scenario: Scenario, utilities: list[str], months_ahead: int) -> TermsTables:
    """The latest tariff, with the policy's terms over it, by month and area.

    `months_ahead` is how far ahead applicants look: to the month in which they would sign.
    """
    start, months = month_number(scenario.start_month), scenario.horizon_months
    tariffs = sorted((rule(x, start) for x in scenario.tariffs), key=lambda x: x.since)  # stable: later entries win
    policy = rule(scenario.policy, start)
    rows: dict[tuple[Any, ...], int] = {}

    def row(name: str, at: int, known_by: int) -> int:
        """The set of terms in force in month `at`, as known in month `known_by`."""
        terms = next(
            x.terms
            for x in reversed(tariffs)
            if x.since <= at and x.known <= known_by and (x.areas == "all" or name in x.areas)
        )
        if policy.since <= at and policy.known <= known_by and (policy.areas == "all" or name in policy.areas):
            terms = tuple(old if new is None else new for old, new in zip(terms, policy.terms, strict=True))
        return rows.setdefault(terms, len(rows))

    events = {0, *(x.since for x in tariffs), policy.since}
    moments = {m for m in events | {x.known for x in (*tariffs, policy)} | {m - months_ahead for m in events}}
    changes = sorted(m for m in moments if 0 <= m < months)
    in_force, expected, confirm = (np.zeros((months, len(utilities)), np.int64) for _ in range(3))
    for u, name in enumerate(utilities):
        for t in changes:  # from here to the next change everything stays as it is
            in_force[t:, u] = row(name, t, t)
            expected[t:, u] = row(name, t + months_ahead, t)
    within = TERMS.index("confirm_within_months")
    table = list(rows)
    for t in changes[1:]:
        for u in range(len(utilities)):
            grace = int(table[in_force[t, u]][within])
            if in_force[t, u] != in_force[t - 1, u] and grace > 0 and t + grace < months:
                confirm[t + grace, u] = 1
    records = cleared(Terms, len(rows))
    for terms, r in rows.items():
        for name, value in zip(TERMS, terms, strict=True):
            records[name][r] = value
    return TermsTables(records, in_force, expected, confirm)
