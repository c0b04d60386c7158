"""An overview of a store of any size: what its cells vary, quantiles over runs, one page of runs at a time, a run to replay.

What may be asked is data, checked against the store; DuckDB reduces the rows, and only a small table ever leaves it. Values
that are not finite are left out of every statistic, and `n` counts those that are in. A cell that leaves a path as the
scenario has it has the scenario's value there.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from gridsim.config.errors import KeyPath, ScenarioError
from gridsim.config.overrides import Override
from gridsim.config.scenario import Scenario
from gridsim.config.walk import slot_at
from gridsim.engine.result import HEADLINE, SCALARS
from gridsim.study.cells import is_json
from gridsim.study.plan import Plan, Run, plan_from
from gridsim.study.results import Answers, Batch, quoted
from gridsim.study.rows import HEADS
from gridsim.study.store import CELLS, StoreError

if TYPE_CHECKING:
    import pandas as pd

LEVELS_MAX = 50  # values of a parameter that are listed, or asked for, one by one
PANELS_MAX = 6
BINS = 20
PAGE = 50
CONDITIONS_MAX = 100
EXACT_MAX = 500_000
"""Runs of a plan up to which quantiles are exact; beyond, a t-digest estimates them in little memory."""
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


class Page(NamedTuple):
    """Some runs, and which page of how many they are."""

    rows: pd.DataFrame
    runs: int
    number: int
    pages: int


class Replay(NamedTuple):
    """What a run was: its scenario and seed; `exact` if this version of the model gives the same numbers."""

    title: str
    scenario: Scenario
    seed: int
    exact: bool


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


class Overview:
    """Questions to a store."""

    def __init__(self, batch: Batch) -> None:
        """Of a batch; its parts are read when a question is asked, so that one that grows is seen growing."""
        self.batch = batch
        self.answers = Answers(batch)
        manifest = batch.manifest
        self.planned = int(manifest["runs"])
        self.exact = self.planned <= EXACT_MAX
        self.has_twins = bool(manifest["twin"])
        self.series: tuple[str, ...] = tuple(manifest["series"])
        self.scalars = (*HEADLINE, *(f"{name}.{kind}" for name in manifest["measures"] for kind in SCALARS))

    @property
    def done(self) -> int:
        """Runs that are done."""
        if not self.batch.files("runs"):
            return 0
        return int(self.answers.ask("select count(*) as n from runs")["n"].iloc[0])

    @functools.cached_property
    def parameters(self) -> dict[str, Parameter]:
        """By path, what is not the same in all cells."""
        return {path: found for path, found in self._columns.items() if found.distinct > 1}

    @functools.cached_property
    def fixed(self) -> dict[str, Value | None]:
        """By path, what the sweep sets to one value in all cells."""
        return {path: found.levels[0] for path, found in self._columns.items() if found.distinct == 1}

    @functools.cached_property
    def _columns(self) -> dict[str, Parameter]:
        import pyarrow.parquet as pq

        place = self.batch.folder / CELLS
        fields = [field for field in pq.read_schema(place) if field.name != "cell"] if place.exists() else []
        return {field.name: self._parameter(field) for field in fields}

    def _parameter(self, field: Any) -> Parameter:
        """Count and order the values of a column of the cells."""
        key, base = base_of(self.batch.manifest["scenario"], field.name)
        kind, sql, base = self._kind(field, base)
        number = sql if kind == "number" else "null"
        found = self.answers.ask(
            f"select count(distinct {sql}) + max(({sql} is null)::int) as n, min({number})::double as low, "
            f"max({number})::double as high from cells"
        )
        count, low, high = found.iloc[0]
        levels: tuple[Value | None, ...] = ()
        if count <= LEVELS_MAX:
            table = self.answers.ask(f"select distinct {sql} as k from cells order by k nulls last")
            levels = tuple(plain(value) for value in table["k"].tolist())
        slot = slot_at(Scenario, key)
        unit = slot.unit if slot is not None and slot.unit != "1" else ""
        return Parameter(field.name, kind, unit, base, int(count), levels, float(low), float(high), sql)

    def _kind(self, field: Any, base: Any) -> tuple[Kind, str, Value | None]:
        """The kind of a column, SQL for a cell's value, and the scenario's value if it is of that kind."""
        import pyarrow as pa

        column = identifier(field.name)
        if is_json(field):
            text = json.dumps(base, sort_keys=True)
            whole = f"coalesce({column}, {quoted(text)})"
            strange = f"{whole} <> 'null' and try_cast({whole} as double) is null"
            if self.answers.ask(f"select count(*) filter (where {strange}) as n from cells")["n"].iloc[0]:
                return "text", whole, text
            return "number", f"try_cast({whole} as double)", float(base) if is_number(base) else None
        if pa.types.is_boolean(field.type):
            return ("bool", f"coalesce({column}, {base})", base) if isinstance(base, bool) else ("bool", column, None)
        if pa.types.is_string(field.type):
            is_text = isinstance(base, str)
            return ("text", f"coalesce({column}, {quoted(base)})", base) if is_text else ("text", column, None)
        number = f"{column}::double"
        return ("number", f"coalesce({number}, {base!r})", float(base)) if is_number(base) else ("number", number, None)

    def months(self, series: str, chosen: Selection = RUNS, facet: str | None = None) -> pd.DataFrame:
        """Quantiles over runs, month by month, in panels by the values of a parameter.

        Columns: panel (its number), label, month, date, n, p05, p25, p50, p75, p95.
        """
        known(series, self.series, "monthly series")
        query = Query()
        panels = self._groups(query, facet, chosen, PANELS_MAX, PANELS_MAX)
        value = f"t.{identifier(series)}"
        found = self.answers.ask(
            f"""
            with chosen as ({self._cells(query, chosen)})
            select {panels.sql} as panel, t.month, any_value(t.date) as date, count(*) as n, {quantiles(value, self.exact)}
            from months t join chosen c on t.cell = c.cell
            where {runs_sql(query, chosen, facet)} and isfinite({value})
            group by all order by panel, t.month
            """,
            query.values,
        )
        return labelled(found, panels)

    def scalar(
        self, name: str, chosen: Selection = RUNS, by: str | None = None, second: str | None = None
    ) -> pd.DataFrame:
        """How a number of the runs is distributed, by the values of a parameter, and of a second one in panels.

        Beyond fifty values a numeric parameter comes in twenty groups of about as many cells, `x` its mean in the group.
        Columns: panel, label, group, level, x, n, mean, p05, p25, p50, p75, p95.
        """
        known(name, self.scalars, "number of a run")
        query = Query()
        panels = self._groups(query, second, chosen, PANELS_MAX, PANELS_MAX)
        groups = self._groups(query, by, chosen, LEVELS_MAX, BINS)
        value = f"t.{identifier(name)}"
        found = self.answers.ask(
            f"""
            with chosen as ({self._cells(query, chosen)})
            select {panels.sql} as panel, {groups.sql} as "group", {self._x(query, by)} as x, count(*) as n,
                   avg({value}) as mean, {quantiles(value, self.exact)}
            from runs t join chosen c on t.cell = c.cell
            where {runs_sql(query, chosen, by, second)} and isfinite({value})
            group by 1, 2 order by 1, 2
            """,
            query.values,
        )
        return labelled(found, panels, groups)

    def page(
        self,
        chosen: Selection = RUNS,
        sort: str = "run",
        descending: bool = False,
        number: int = 0,
        measure: str = "requested_gw",
    ) -> Page:
        """Fifty runs: number, cell, seed, twin, what the cells vary, headline, and a measure.

        A page beyond the last is the last. Values that are not known come last, whichever way the runs are sorted.
        """
        known(measure, self.scalars, "number of a run")
        query = Query()
        columns = {name: f"t.{name}" for name in ("run", "cell", "seed", "twin")}
        columns |= {path: f"c.{query.column(found)}" for path, found in self.parameters.items()}
        columns |= {name: f"t.{identifier(name)}" for name in dict.fromkeys([*HEADS, measure])}
        known(sort, tuple(columns), "column")
        if not is_whole(number):
            raise SelectionError("there is no such page")
        cells = f"with chosen as ({self._cells(query, chosen)})"
        rows = f"from runs t join chosen c on t.cell = c.cell where {runs_sql(query, chosen)}"
        runs = int(self.answers.ask(f"{cells} select count(*) as n {rows}", query.values)["n"].iloc[0])
        pages = max(1, -(-runs // PAGE))
        number = min(number, pages - 1)
        key = columns[sort]
        unknown = f"not isfinite({key})" if sort in self.scalars else f"{key} is null"
        listed = ", ".join(f"{sql} as {identifier(name)}" for name, sql in columns.items())
        found = self.answers.ask(
            f"{cells} select {listed} {rows} order by {unknown}, {key} {'desc' if descending else 'asc'}, t.run "
            f"limit {PAGE} offset {PAGE * number}",
            query.values,
        )
        return Page(found, runs, number, pages)

    def replay(self, run: int) -> Replay:
        """The scenario and the seed of a run. Raises `SelectionError` if this version of gridsim has no such scenario."""
        if not is_whole(run):
            raise SelectionError("a run is named by its number")
        rows = self.answers.ask("select id, cell, seed, twin from runs where run = $run limit 1", {"run": run})
        if rows.empty:
            raise SelectionError(f"there is no run {run} in this store")
        at = Run(0, 0, int(rows["seed"].iloc[0]), bool(rows["twin"].iloc[0]))
        values = self._values_of(int(rows["cell"].iloc[0]))
        manifest = self.batch.manifest | {"seeds": [[at.seed, at.seed]]}
        try:
            plan = plan_from(manifest, [values], None)
            scenario = plan.variant(0, at.twin)
        except ValueError as error:
            raise SelectionError(f"run {run}: this version of gridsim has no such scenario: {error}") from None
        if scenario.strategies.mine is not None:
            raise SelectionError(f"run {run} runs code of its own, {scenario.strategies.mine}; use gridsim run for it")
        title = f"{self.batch.folder.resolve().name}, run {run}{', honest twin' if at.twin else ''}"
        named = scenario.model_copy(update={"title": title[-200:]})
        return Replay(title, named, at.seed, is_same(plan, at, str(rows["id"].iloc[0])))

    def _values_of(self, cell: int) -> dict[str, Any]:
        """What a cell sets."""
        import pyarrow.parquet as pq

        place = self.batch.folder / CELLS
        if not place.exists():
            return {}
        table = pq.read_table(place, filters=[("cell", "=", cell)], memory_map=False)
        if table.num_rows != 1:
            raise SelectionError(f"{place}: there is no cell {cell}")
        found = {field: table.column(field.name)[0].as_py() for field in table.schema if field.name != "cell"}
        return {f.name: json.loads(v) if is_json(f) else v for f, v in found.items() if v is not None}

    def parameter(self, path: str) -> Parameter:
        """What the cells vary at a path. Raises `SelectionError` if they do not."""
        known(path, tuple(self.parameters), "parameter that varies:")
        return self.parameters[path]

    def _cells(self, query: Query, chosen: Selection) -> str:
        """SQL for the cells that are chosen, with the parameters in use; it is written last of a query."""
        columns = "".join(f", {self.parameters[path].sql} as {name}" for path, name in query.columns.items())
        if len(chosen.conditions) > CONDITIONS_MAX:
            raise SelectionError(f"at most {CONDITIONS_MAX} conditions are allowed")
        tests = [condition_sql(query, condition, self.parameter(condition.path)) for condition in chosen.conditions]
        return f"select cell{columns} from cells where {' and '.join(tests) or 'true'}"

    def _x(self, query: Query, by: str | None) -> str:
        """The mean of a numeric parameter in its group; the value itself where all are equal."""
        if by is None or by == TWIN or self.parameter(by).kind != "number":
            return "null::double"
        column = f"c.{query.column(self.parameter(by))}"
        return f"case when min({column}) = max({column}) then min({column}) else avg({column}) end"

    def _groups(self, query: Query, path: str | None, chosen: Selection, most: int, bins: int) -> Groups:
        """The values of a parameter in the chosen cells: one by one up to so many, else in groups."""
        if path is None:
            return Groups([""], "0")
        if path == TWIN:
            return Groups(["run", "honest twin"], "t.twin::int")
        found, own = self.parameter(path), Query()
        column = own.column(found)
        cells = f"with chosen as ({self._cells(own, chosen)})"
        ask: Callable[[str], pd.DataFrame] = lambda sql: self.answers.ask(f"{cells} {sql}", own.values)  # noqa: E731
        table = ask(f"select distinct {column} from chosen order by {column} nulls last limit {most + 1}")
        levels = [plain(value) for value in table[column].tolist()]
        if len(levels) > most and found.kind == "number":
            labels, sql = self._bins(ask, column, bins)
            return Groups(labels, sql(f"c.{query.column(found)}"))
        shown = levels if len(levels) <= most else levels[: most - 1]
        name = f"c.{query.column(found)}"
        cases = [f"when {name} is not distinct from {query.bind(level)} then {i}" for i, level in enumerate(shown)]
        return Groups([*map(words, shown), "others"], f"case {' '.join(cases)} else {len(shown)} end")

    def _bins(
        self, ask: Callable[[str], pd.DataFrame], column: str, bins: int
    ) -> tuple[list[str], Callable[[str], str]]:
        """Labels of groups of about as many cells each, and SQL for the number of a cell's group."""
        shares = [i / bins for i in range(1, bins)]
        edges = sorted(
            {float(edge) for edge in ask(f"select quantile_disc({column}, {shares}) as q from chosen")["q"].iloc[0]}
        )

        def sql(name: str) -> str:
            cases = [f"when {name} <= {edge!r} then {i}" for i, edge in enumerate(edges)]
            return f"case when {name} is null then {len(edges) + 1} {' '.join(cases)} else {len(edges)} end"

        ends = ask(f"select {sql(column)} as i, min({column}) as low, max({column}) as high from chosen group by i")
        labels = {int(i): f"{low:,.4g} to {high:,.4g}" for i, low, high in ends.itertuples(index=False)}
        return [*(labels.get(i, "") for i in range(len(edges) + 1)), "none"], sql


class Pairs:
    """Runs of two stores that have the seed in common, and the values of all that both sweeps vary."""

    def __init__(self, here: Overview, there: Overview) -> None:
        """Of two stores. Raises `SelectionError` if each varies what the other does not: nothing says which cells to pair."""
        self.here, self.there = here, there
        self.answers = Answers(here.batch, there.batch)
        one, two = here.parameters, there.parameters
        self.common = [path for path in one if path in two]
        if set(one) - set(two) and set(two) - set(one):
            raise SelectionError(
                f"the sweeps vary different things: {first_of(set(one) - set(two))} here, "
                f"{first_of(set(two) - set(one))} there"
            )
        if strange := [path for path in self.common if one[path].kind != two[path].kind]:
            raise SelectionError(f"the values of {strange[0]} are of another kind there")

    def scalar(self, name: str, chosen: Selection = RUNS, by: str | None = None) -> pd.DataFrame:
        """How far a number of the runs lies apart, here less there, by the values of a parameter.

        Columns: group, level, x, n, here and there (means), mean (difference), p05 ... p95 of it, lower, higher (pairs).
        """
        for store in (self.here, self.there):
            known(name, store.scalars, "number of a run")
        query = Query()
        groups = self.here._groups(query, by, chosen, LEVELS_MAX, BINS)
        x, value = self.here._x(query, by), identifier(name)
        select = f'{groups.sql} as "group", {x} as x'
        found = self._ask(query, chosen, "runs", select, value, "true", by)
        return labelled(found.assign(panel=0), Groups([""], ""), groups).drop(columns=["panel", "label"])

    def months(self, series: str, chosen: Selection = RUNS) -> pd.DataFrame:
        """How far a series lies apart, here less there, month by month of the calendar.

        Columns: date, n, here and there (means), mean (difference), p05 ... p95 of it, lower, higher (pairs).
        """
        for store in (self.here, self.there):
            known(series, store.series, "monthly series")
        return spread(self._ask(Query(), chosen, "months", "t.date as date", identifier(series), "t.date = u.date"))

    def _ask(
        self, query: Query, chosen: Selection, table: str, select: str, value: str, same: str, by: str | None = None
    ) -> pd.DataFrame:
        """Statistics of the differences, by what is selected first."""
        here, there = self.here.parameters, self.there.parameters
        equal = [f"c.{query.column(here[path])} is not distinct from d.c{i}" for i, path in enumerate(self.common)]
        other = "".join(f", {there[path].sql} as c{i}" for i, path in enumerate(self.common))
        apart = f"(t.{value} - u.{value})"
        return self.answers.ask(
            f"""
            with chosen as ({self.here._cells(query, chosen)}), other as (select cell{other} from cells2),
            pairs as (select c.*, d.cell as cell2 from chosen c join other d on {" and ".join(equal) or "true"})
            select {select}, count(*) as n, avg(t.{value}) as here, avg(u.{value}) as there, avg({apart}) as mean,
                   {quantiles(apart, self.here.exact)}, count(*) filter (where {apart} < 0) as lower,
                   count(*) filter (where {apart} > 0) as higher
            from {table} t join pairs c on t.cell = c.cell
            join {table}2 u on u.cell = c.cell2 and u.seed = t.seed and u.twin = t.twin and {same}
            where {runs_sql(query, chosen, by)} and isfinite(t.{value}) and isfinite(u.{value})
            group by 1 order by 1
            """,
            query.values,
        )


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


def base_of(scenario: dict[str, Any], path: str) -> tuple[KeyPath, Any]:
    """A dotted path step by step, and the value there; no step and None where a scenario has no such place."""
    data = deepcopy(scenario)
    try:
        override = Override(path, None)
        override.apply(data, Scenario)
    except (ScenarioError, TypeError, KeyError, AttributeError):  # a file that somebody has changed
        return (), None
    key = max(override.places, key=len)
    found: Any = scenario
    for part in key:
        found = found.get(part) if isinstance(found, dict) else found[int(part)] if isinstance(found, list) else None
    return key, found


def is_same(plan: Plan, run: Run, identity: str) -> bool:
    """Whether this version of the model gives a run of a plan of one cell the numbers that were kept of it."""
    try:
        return plan.id_of(run) == identity
    except (OSError, ValueError):  # it names a file that is not here
        return False


def is_number(value: object) -> bool:
    """Whether it is a number that a column may hold."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= 1e308


def is_whole(value: object) -> bool:
    """Whether it is a whole number that a table may hold, 0 or more."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63


def plain(value: Any) -> Value | None:
    """A value as pandas gives it: numbers as float, None where there is none."""
    if value is None or isinstance(value, bool | str):
        return value
    return None if math.isnan(value) else float(value)


def words(value: Value | None) -> str:
    """A value for people."""
    if isinstance(value, float):
        return f"{value:,.12g}"
    return "none" if value is None else str(value).lower() if isinstance(value, bool) else value


def first_of(names: set[str]) -> str:
    """The first of some names, and that there are more."""
    return sorted(names)[0] + (", ..." if len(names) > 1 else "")


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
