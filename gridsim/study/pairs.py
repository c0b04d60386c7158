"""Two stores side by side: how far runs lie apart that have the seed and the varied values in common.

DuckDB pairs the runs, and takes the differences before it reduces them; as of one store, only a small table leaves it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridsim.study.overview import BINS, Overview
from gridsim.study.results import Answers
from gridsim.study.selection import (
    LEVELS_MAX,
    RUNS,
    Groups,
    Query,
    Selection,
    SelectionError,
    identifier,
    known,
    labelled,
    quantiles,
    runs_sql,
    spread,
)

if TYPE_CHECKING:
    import pandas as pd


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
        groups = self.here.groups(query, by, chosen, LEVELS_MAX, BINS)
        x, value = self.here.mean_sql(query, by), identifier(name)
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
            with chosen as ({self.here.cells_sql(query, chosen)}), other as (select cell{other} from cells2),
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


def first_of(names: set[str]) -> str:
    """The first of some names, and that there are more."""
    return sorted(names)[0] + (", ..." if len(names) > 1 else "")
