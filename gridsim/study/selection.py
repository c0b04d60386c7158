"""Which runs of a store are asked for, checked, and the SQL that says so; quantiles over them.

What may be asked is data: names are checked against the store, values are bound, and nothing that was sent is ever SQL.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from gridsim.study.store import StoreError

if TYPE_CHECKING:
    import pandas as pd

LEVELS_MAX = 50  # values of a parameter that are listed, or asked for, one by one
CONDITIONS_MAX = 100
TWIN = "twin"
"""Stands for a parameter where runs and their honest twins are told apart."""
SHARES = {"p05": 0.05, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p95": 0.95}
Value = bool | float | str
Kind = Literal["bool", "number", "text"]
KINDS = {"bool": bool, "text": str}


class SelectionError(StoreError):
    """A question that this store cannot answer; the text says why."""


class Parameter(NamedTuple):
    """What the cells vary at a path.

    `levels` are its values, rising, None last where there is none; empty where there are more than fifty. `base` is the
    scenario's value, `sql` what gives a cell's.
    """

    path: str
    kind: Kind
    unit: str
    base: Value | None
    distinct: int
    levels: tuple[Value | None, ...]
    low: float
    high: float
    sql: str


class Condition(NamedTuple):
    """A parameter has one of some values, or lies between two, both included."""

    path: str
    levels: tuple[Value | None, ...] = ()
    low: float | None = None
    high: float | None = None


class Selection(NamedTuple):
    """Which runs: conditions on cells, first and last seed, honest twins or not; None is both."""

    conditions: tuple[Condition, ...] = ()
    first_seed: int | None = None
    last_seed: int | None = None
    twin: bool | None = False


RUNS = Selection()
"""Every run, and no honest twin."""


class Groups(NamedTuple):
    """A parameter's values in a few groups: what each is called, and SQL that gives a cell's or run's number."""

    labels: Sequence[str]
    sql: str


class Query:
    """Values of a query, bound by name, and the columns of its cells: one for each parameter in use."""

    def __init__(self) -> None:
        self.values: dict[str, object] = {}
        self.columns: dict[str, str] = {}

    def bind(self, value: object) -> str:
        """What stands for a value in the text."""
        name = f"v{len(self.values)}"
        self.values[name] = value
        return f"${name}"

    def column(self, parameter: Parameter) -> str:
        """The column of a parameter."""
        return self.columns.setdefault(parameter.path, f"k{len(self.columns)}")


def condition_sql(query: Query, condition: Condition, found: Parameter) -> str:
    """SQL for a condition. Raises `SelectionError` if it does not fit the parameter."""
    bounds = {">=": condition.low, "<=": condition.high}
    given = {sign: bound for sign, bound in bounds.items() if bound is not None}
    if bool(condition.levels) == bool(given) or len(condition.levels) > LEVELS_MAX:
        raise SelectionError(f"{found.path}: give one to {LEVELS_MAX} values, or bounds")
    if given:
        if found.kind != "number" or not all(is_number(bound) for bound in given.values()):
            raise SelectionError(f"{found.path}: bounds are numbers, and only numbers have them")
        return " and ".join(f"{found.sql} {sign} {query.bind(float(bound))}" for sign, bound in given.items())
    wanted = [value for value in condition.levels if value is not None]
    if not all(is_number(v) if found.kind == "number" else isinstance(v, KINDS[found.kind]) for v in wanted):
        raise SelectionError(f"{found.path}: a value is no {found.kind}")
    bound = [query.bind(float(value) if found.kind == "number" else value) for value in wanted]
    tests = [f"{found.sql} in ({', '.join(bound)})"] if bound else []
    tests += [f"{found.sql} is null"] if None in condition.levels else []
    return f"({' or '.join(tests)})"


def runs_sql(query: Query, chosen: Selection, *grouped: str | None) -> str:
    """SQL for the runs that are chosen, beside their cells; where twins are told apart, there are both."""
    tests = []
    for sign, bound in ((">=", chosen.first_seed), ("<=", chosen.last_seed)):
        if bound is not None:
            if not is_whole(bound):
                raise SelectionError("seeds are whole numbers from 0 to 2^63 - 1")
            tests.append(f"t.seed {sign} {query.bind(bound)}")
    if not isinstance(chosen.twin, bool | None):
        raise SelectionError("twin is true, false or none")
    if chosen.twin is not None and TWIN not in grouped:
        tests.append(f"t.twin = {query.bind(chosen.twin)}")
    return " and ".join(tests) or "true"


def known(name: str, names: Sequence[str], what: str) -> None:
    """Raises `SelectionError` unless a name is one of some."""
    if not isinstance(name, str) or name not in names:
        raise SelectionError(f"this store has no {what} {str(name)[:80]!r}")


def is_number(value: object) -> bool:
    """Whether it is a number that a column may hold."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= 1e308


def is_whole(value: object) -> bool:
    """Whether it is a whole number that a table may hold, 0 or more."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63


def words(value: Value | None) -> str:
    """A value for people."""
    if isinstance(value, float):
        return f"{value:,.12g}"
    return "none" if value is None else str(value).lower() if isinstance(value, bool) else value


def identifier(name: str) -> str:
    """A name of a column in SQL."""
    return '"' + name.replace('"', '""') + '"'


def quantiles(value: str, exact: bool) -> str:
    """SQL for the quantiles of a column: exact ones linear between neighbours, or estimates."""
    return f"{'quantile_cont' if exact else 'approx_quantile'}({value}, {list(SHARES.values())}) as q"


def spread(found: pd.DataFrame) -> pd.DataFrame:
    """Quantiles in columns of their own, where their list stood."""
    at = found.columns.tolist().index("q")
    columns = {name: [row[i] for row in found["q"]] for i, name in enumerate(SHARES)}
    order = [*found.columns[:at], *columns, *found.columns[at + 1 :]]
    return found.assign(**columns)[order]


def labelled(found: pd.DataFrame, panels: Groups, groups: Groups | None = None) -> pd.DataFrame:
    """Quantiles in columns of their own, and panels and groups by what they are called."""
    out = spread(found)
    out.insert(1, "label", [panels.labels[i] for i in out["panel"]])
    if groups is not None:
        out.insert(3, "level", [groups.labels[i] for i in out["group"]])
    return out
