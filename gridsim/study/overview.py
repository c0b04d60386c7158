"""An overview of a store of any size: what its cells vary, quantiles over runs, one page of runs at a time, a run to replay.

What may be asked is data, checked against the store; DuckDB reduces the rows, and only a small table ever leaves it. Values
that are not finite are left out of every statistic, and `n` counts those that are in. A cell that leaves a path as the
scenario has it has the scenario's value there.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Callable
from copy import deepcopy
from typing import TYPE_CHECKING, Any, NamedTuple

from gridsim.config.errors import KeyPath, ScenarioError
from gridsim.config.overrides import Override
from gridsim.config.scenario import Scenario
from gridsim.config.walk import slot_at
from gridsim.engine.result import HEADLINE, SCALARS
from gridsim.study.cells import is_json
from gridsim.study.plan import Plan, Run, plan_from
from gridsim.study.results import Answers, Batch, quoted
from gridsim.study.rows import HEADS
from gridsim.study.selection import (
    CONDITIONS_MAX,
    LEVELS_MAX,
    RUNS,
    TWIN,
    Groups,
    Kind,
    Parameter,
    Query,
    Selection,
    SelectionError,
    Value,
    condition_sql,
    identifier,
    is_number,
    is_whole,
    known,
    labelled,
    quantiles,
    runs_sql,
    words,
)
from gridsim.study.store import CELLS

if TYPE_CHECKING:
    import pandas as pd

PANELS_MAX = 6
BINS = 20
PAGE = 50
EXACT_MAX = 500_000
"""Runs of a plan up to which quantiles are exact; beyond, a t-digest estimates them in little memory."""


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
        panels = self.groups(query, facet, chosen, PANELS_MAX, PANELS_MAX)
        value = f"t.{identifier(series)}"
        found = self.answers.ask(
            f"""
            with chosen as ({self.cells_sql(query, chosen)})
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
        panels = self.groups(query, second, chosen, PANELS_MAX, PANELS_MAX)
        groups = self.groups(query, by, chosen, LEVELS_MAX, BINS)
        value = f"t.{identifier(name)}"
        found = self.answers.ask(
            f"""
            with chosen as ({self.cells_sql(query, chosen)})
            select {panels.sql} as panel, {groups.sql} as "group", {self.mean_sql(query, by)} as x, count(*) as n,
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
        cells = f"with chosen as ({self.cells_sql(query, chosen)})"
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

    def cells_sql(self, query: Query, chosen: Selection) -> str:
        """SQL for the cells that are chosen, with the parameters in use; it is written last of a query."""
        columns = "".join(f", {self.parameters[path].sql} as {name}" for path, name in query.columns.items())
        if len(chosen.conditions) > CONDITIONS_MAX:
            raise SelectionError(f"at most {CONDITIONS_MAX} conditions are allowed")
        tests = [condition_sql(query, condition, self.parameter(condition.path)) for condition in chosen.conditions]
        return f"select cell{columns} from cells where {' and '.join(tests) or 'true'}"

    def mean_sql(self, query: Query, by: str | None) -> str:
        """The mean of a numeric parameter in its group; the value itself where all are equal."""
        if by is None or by == TWIN or self.parameter(by).kind != "number":
            return "null::double"
        column = f"c.{query.column(self.parameter(by))}"
        return f"case when min({column}) = max({column}) then min({column}) else avg({column}) end"

    def groups(self, query: Query, path: str | None, chosen: Selection, most: int, bins: int) -> Groups:
        """The values of a parameter in the chosen cells: one by one up to so many, else in groups."""
        if path is None:
            return Groups([""], "0")
        if path == TWIN:
            return Groups(["run", "honest twin"], "t.twin::int")
        found, own = self.parameter(path), Query()
        column = own.column(found)
        cells = f"with chosen as ({self.cells_sql(own, chosen)})"
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


def plain(value: Any) -> Value | None:
    """A value as pandas gives it: numbers as float, None where there is none."""
    if value is None or isinstance(value, bool | str):
        return value
    return None if math.isnan(value) else float(value)
