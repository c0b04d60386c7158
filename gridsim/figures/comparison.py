"""The charts of a comparison of policies."""

from __future__ import annotations

import pandas as pd

from gridsim.figures import policy_front, policy_ranks
from gridsim.figures.charts import Chart


def charts(differences: pd.DataFrame, ranks: pd.DataFrame) -> list[Chart]:
    """The front by the first two criteria, and the ranks in all."""
    out: list[Chart] = []
    for name, heading, maker, table in (
        ("front", "Two criteria at once", policy_front, differences),
        ("ranks", "How sure each rank is", policy_ranks, ranks),
    ):
        if why := maker.missing(table):
            out.append(Chart(name, heading, missing=why))
            continue
        parts = (maker.title(table), maker.caption(table), maker.alt(table), maker.figure(table), maker.table(table))
        out.append(Chart(name, heading, *parts))
    return out
