"""The allocation rules for Python: checked input, and a new array back."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from gridsim.model.group import F
from gridsim.model.rationing import (
    FIRST_COME,
    KELLY,
    LEXICOGRAPHIC,
    LINEAR,
    PROPORTIONAL,
    RANK,
    TURN_AND_EARN,
    UNIFORM,
    UNIFORM_PRICE,
    ration_now,
)
from gridsim.model.sorting import Ranking


class _Rule(NamedTuple):
    """What `allocate` knows of a rule: its number, and the names of the column and the number that it takes, if any."""

    meaning: str
    number: int
    column: str | None = None
    setting: str | None = None
    default: float | bool = 0.0


_TABLE = {
    "proportional": _Rule("everyone gets the same share of the signal", PROPORTIONAL),
    "linear": _Rule("everyone loses the same amount; the smallest claims lose all", LINEAR),
    "uniform": _Rule("one cap for all, below it everyone gets the signal (Sprumont)", UNIFORM, None, "full_use", False),
    "lexicographic": _Rule("served in a priority order fixed beforehand", LEXICOGRAPHIC, "priority"),
    "first_come": _Rule("served in the order of filing", FIRST_COME, "filed"),
    "turn_and_earn": _Rule("shares of past use; what one does not ask for, others share", TURN_AND_EARN, "past_use"),
    "rank": _Rule("highest signal first, or one prize each until none is left", RANK, None, "prize"),
    "kelly": _Rule("all capacity in proportion to the bids", KELLY),
    "uniform_price": _Rule("highest bids first, one price for all", UNIFORM_PRICE, "bids", "reserve_price"),
}
RULES: Mapping[str, str] = {name: rule.meaning for name, rule in _TABLE.items()}
"""The rules by name, each with its meaning in one line."""


def _or_hint(kind: str, name: str, known: list[str]) -> ValueError:
    near = difflib.get_close_matches(str(name), known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known) or 'none'}"
    return ValueError(f"unknown {kind} {name!r}; {hint}")


def _column(name: str, values: ArrayLike, size: int | None = None) -> F:
    """Return ``values`` as a new column of finite floats >= 0 (of any sign for `filed` and `priority`)."""
    try:
        column = np.array(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be numbers, one for each claimant: {error}") from error
    if column.ndim != 1:
        raise ValueError(f"{name} must have one dimension, one number for each claimant; its shape is {column.shape}")
    if size is not None and column.size != size:
        raise ValueError(f"{name} has {column.size} numbers for {size} signals")
    signed = name in ("filed", "priority")
    good = np.isfinite(column) & (signed | (column >= 0.0))
    if not good.all():
        i = int(np.argmin(good))
        raise ValueError(f"{name}[{i}] is {column[i]}; it must be a finite number{'' if signed else ' >= 0'}")
    return column


def _scalar(name: str, value: Any, default: float | bool = 0.0) -> float | bool:
    """Return ``value`` as a bool or a finite float >= 0, whichever the default is."""
    if isinstance(default, bool):
        if not isinstance(value, bool | np.bool_):
            raise ValueError(f"{name} must be True or False, not {value!r}")
        return bool(value)
    try:
        number = float(value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be a number, not {value!r}") from error
    if not (np.isfinite(number) and number >= 0.0):
        raise ValueError(f"{name} is {number}; it must be a finite number >= 0")
    return number


def allocate(rule: str, signals: ArrayLike, capacity: float, *, eligible: ArrayLike | None = None, **options: Any) -> F:
    """Allocate ``capacity`` among claimants by one of the `RULES`.

    Args:
        rule: name of the rule; equation and source are in the docstring of the function of that name in
            `gridsim.model.rationing`.
        signals: what each claimant asks for or bids, in the unit of the capacity (``kelly``: in any).
        capacity: what there is to give.
        eligible: booleans, who passed the screen (paid the deposit, accepts the minimum take, is ready); the others get
            nothing and count for nothing.
        **options: ``priority`` (lexicographic), ``filed`` (first_come), ``past_use`` (turn_and_earn), ``bids``
            (uniform_price): one number for each claimant, required; ``full_use`` (uniform), ``prize`` (rank),
            ``reserve_price`` (uniform_price): one value.

    Returns:
        A new array, one amount for each claimant.

    Raises:
        ValueError: unknown rule or option, option missing, wrong shape, number negative or not finite.
    """
    if rule not in _TABLE:
        raise _or_hint("allocation rule", rule, list(_TABLE))
    _, number, column, setting, default = _TABLE[rule]
    for name in options:
        if name not in (column, setting):
            known = [each for each in (column, setting, "eligible") if each is not None]
            raise _or_hint(f"option of rule {rule!r}:", name, known)
    if column is not None and column not in options:
        raise ValueError(f"rule {rule!r} needs {column}=, one number for each claimant")
    asked = _column("signals", signals)
    if asked.size and np.max(asked) > np.finfo(np.float64).max / asked.size:
        raise ValueError("signals are too large to be added up")
    limit = _scalar("capacity", capacity)
    beside = asked if column is None else _column(column, options[column], asked.size)
    value = 0.0 if setting is None else float(_scalar(setting, options.get(setting, default), default))
    who = np.ones(asked.size, dtype=np.bool_) if eligible is None else np.asarray(eligible)
    if who.dtype != np.bool_ or who.shape != asked.shape:
        raise ValueError(f"eligible must be {asked.size} booleans, one for each claimant")
    allocation = np.zeros(asked.size)
    given = np.zeros(int(who.sum()))
    ranking = Ranking(np.empty(given.size), np.empty(given.size, np.int64))
    ration_now(number, asked[who], limit, beside[who], value, given, ranking)
    allocation[who] = given
    return allocation
