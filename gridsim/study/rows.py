"""Rows of a store: what is kept of each run, as columns."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

from gridsim.config.fields import month_number
from gridsim.config.scenario import Scenario
from gridsim.engine.measures import SERIES
from gridsim.engine.result import HEADLINE, PLACES, SCALARS, headline
from gridsim.engine.runner import Outcome
from gridsim.study.cells import field_of, value_for
from gridsim.study.plan import Plan, Run

if TYPE_CHECKING:
    import pyarrow as pa

HEADS = ("peak_month", *HEADLINE)


@functools.lru_cache(maxsize=8)
def values_of(plan: Plan) -> list[pa.Field]:
    """The columns of the cells' values; to find their types takes a look at every cell, which a part must not."""
    return [field_of(path, plan.cells) for path in plan.paths]


@functools.lru_cache(maxsize=8)
def schemas(plan: Plan) -> tuple[pa.Schema, pa.Schema]:
    """The columns of the tables `runs` and `months`."""
    import pyarrow as pa

    # not nullable where a value is always there: it saves a level in every column
    keys = [("run", pa.int64()), ("cell", pa.int32()), ("seed", pa.int64()), ("twin", pa.bool_())]
    first = [pa.field(name, kind, nullable=False) for name, kind in keys]
    paths = [field.remove_metadata() for field in values_of(plan)]
    heads = [pa.field(name, pa.string() if name == "peak_month" else pa.float64(), nullable=False) for name in HEADS]
    numbers = [pa.field(f"{name}.{kind}", pa.float64(), nullable=False) for name in plan.measures for kind in SCALARS]
    runs = pa.schema([first[0], pa.field("id", pa.string(), nullable=False), *first[1:], *paths, *heads, *numbers])
    months = [pa.field("month", pa.int16(), nullable=False), pa.field("date", pa.date32(), nullable=False)]
    series = [
        pa.field(name, pa.float64(), nullable=False, metadata={"unit": SERIES[name].unit}) for name in plan.series
    ]
    return runs, pa.schema([*first, *months, *series])


class Rows:
    """What is kept of some runs of one block."""

    def __init__(self, plan: Plan) -> None:
        """No rows yet, of a plan."""
        self.plan = plan
        self.runs: list[Run] = []
        self.ids: list[str] = []
        self.heads: list[dict[str, float | str]] = []
        self.numbers: list[np.ndarray] = []
        self.months: list[np.ndarray] = []
        self.starts: list[int] = []
        self._measures = np.array([PLACES[name] for name in plan.measures], np.int64)
        self._series = np.array([PLACES[name] for name in plan.series], np.int64)

    def __len__(self) -> int:
        return len(self.runs)

    def add(self, run: Run, scenario: Scenario, outcome: Outcome) -> None:
        """Keep what is wanted of a run."""
        self.runs.append(run)
        self.ids.append(self.plan.id_of(run))
        self.heads.append(headline(scenario, outcome.series))
        self.numbers.append(outcome.scalars[:, self._measures].T.ravel())
        self.months.append(outcome.series[:, self._series])
        self.starts.append(month_number(scenario.start_month))

    def in_order(self) -> Rows:
        """The same rows, in the order of the runs."""
        order = sorted(range(len(self)), key=lambda i: self.runs[i].number)
        for name in ("runs", "ids", "heads", "numbers", "months", "starts"):
            setattr(self, name, [getattr(self, name)[i] for i in order])
        return self

    def tables(self) -> dict[str, pa.Table]:
        """The rows as tables: `months` before `runs`, so that a run is written when its months are."""
        import pyarrow as pa

        runs_schema, months_schema = schemas(self.plan)
        keys = [np.array([run[i] for run in self.runs]) for i in range(4)]
        numbers = np.stack(self.numbers, axis=1)  # [column, run]
        columns = [keys[0], self.ids, *keys[1:]]
        columns += [
            [value_for(self.plan.cells[run.cell], field) for run in self.runs] for field in values_of(self.plan)
        ]
        columns += [[head[name] for head in self.heads] for name in HEADS]
        columns += list(numbers)
        runs = pa.table([pa.array(c, f.type) for c, f in zip(columns, runs_schema, strict=True)], schema=runs_schema)

        lengths = [len(table) for table in self.months]
        month = np.concatenate([np.arange(n) for n in lengths])
        first = np.repeat(np.array(self.starts), lengths)
        dates = (first + month - 1970 * 12).astype("datetime64[M]").astype("datetime64[D]")
        series = np.concatenate(self.months)
        columns = [np.repeat(key, lengths) for key in keys] + [month, dates]
        columns += [np.ascontiguousarray(series[:, i]) for i in range(series.shape[1])]
        fields = zip(columns, months_schema, strict=True)
        months = pa.table([pa.array(c, f.type) for c, f in fields], schema=months_schema)
        return {"months": months, "runs": runs}
