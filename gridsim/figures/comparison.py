"""The charts of a comparison of policies."""

from __future__ import annotations

from gridsim.figures import policy_front, policy_ranks
from gridsim.figures.charts import Chart
from gridsim.study.compare import Comparison


def charts(found: Comparison) -> list[Chart]:
    """The front by the first two criteria, and the ranks in all."""
    out: list[Chart] = []
    for name, heading, maker, table in (
        ("front", "Two criteria at once", policy_front, found.differences),
        ("ranks", "How sure each rank is", policy_ranks, found.ranks),
    ):
        if why := maker.missing(table):
            out.append(Chart(name, heading, missing=why))
            continue
        parts = (maker.title(table), maker.caption(table), maker.alt(table), maker.figure(table), maker.table(table))
        out.append(Chart(name, heading, *parts))
    return out
