"""What is taken of a run: measures by name, and the criteria by which policies are judged, smaller being better."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from gridsim.config.explain import did_you_mean
from gridsim.engine.measures import SERIES, Measure
from gridsim.engine.result import PLACES, SCALARS
from gridsim.engine.runner import Outcome

PHANTOM = "phantom_mw"
COLUMNS = {PHANTOM: Measure("MW", "max(0, power_claims - power_need): requested by t + H and not needed")} | SERIES
"""What a criterion may be taken of."""
CRITERIA = (
    "phantom_mw.mean",
    "unserved_need_mw.mean",
    "time_to_power_p50.mean",
    "cost_usd.mean",
    "capacity_cost_usd.mean",
)
"""What a rule for queues is for, and what it costs: the part of the queue that nobody needs; the need that waits; how long a
typical project waits (of those that were served, hence beside the need that was not); what applicants pay to ask; what other
customers pay for capacity. Means over the run, for a peak is the luck of a month."""


def parsed(measure: str, columns: Mapping[str, Measure] = SERIES, what: str = "measure") -> tuple[str, str]:
    """Column and kind of a measure such as power_phantom_ratio.peak. Raises ValueError for one that there is not."""
    column, _, kind = measure.partition(".")
    if column not in columns or kind not in SCALARS:
        hint = did_you_mean(measure, [f"{name}.{kind}" for name in columns for kind in SCALARS])
        raise ValueError(f"{what} {measure!r}: write a column of the series and last, peak or mean{hint}")
    return column, kind


def checked(criteria: Sequence[str]) -> tuple[str, ...]:
    """The criteria, each a column and a kind. Raises ValueError for one that there is not, one named twice, or none."""
    for criterion in criteria:
        parsed(criterion, COLUMNS, "criterion")
    if not criteria or len(set(criteria)) != len(criteria):
        raise ValueError("a criterion is named twice" if criteria else "name at least one criterion")
    return tuple(criteria)


def measure_of(criterion: str) -> Measure:
    """Unit and meaning of a criterion's column."""
    return COLUMNS[criterion.partition(".")[0]]


def taken(run: Outcome, criterion: str) -> float:
    """A criterion of a run; NaN where it is known in no month."""
    column, _, kind = criterion.partition(".")
    if column != PHANTOM:
        return float(run.scalars[SCALARS.index(kind), PLACES[column]])
    excess = np.maximum(0.0, run.series[:, PLACES["power_claims"]] - run.series[:, PLACES["power_need"]])
    return float({"last": excess[-1], "peak": excess.max(), "mean": excess.mean()}[kind])
