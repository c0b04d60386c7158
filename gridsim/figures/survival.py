"""How long it takes to get power, when many have not got it yet: Kaplan-Meier and cumulative incidence.

A project ends in service, or is given up, or the run ends first. Leaving the last out, or counting it as finished,
would make waits look short. Kaplan and Meier (1958) give the wait of a project that stays in the queue (one given up
counts as not seen further); Aalen and Johansen (1978) the share of all projects filed that has power after so long.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

WAITING, SERVED, GIVEN_UP = 0, 1, 2
Floats = NDArray[np.float64]


def projects(requests: pd.DataFrame, months: int) -> pd.DataFrame:
    """Projects of labs and hyperscalers filed during the run, all copies as one, with what became of them.

    Columns: `filed` (month), `mw`, `waited` (months from the first filing to service, to the exit of the last copy, or
    to the last month of the run), `end` (WAITING, SERVED, GIVEN_UP). Developers' positions and the opening pipeline,
    whose history is not simulated, are left out.
    """
    own = requests[(requests["kind"] != "developer") & (requests["filed"] >= 0)]
    grouped = own.groupby("project", sort=True)
    table = grouped.agg(filed=("filed", "min"), mw=("mw", "first"), served=("energised", "min"), left=("left", "max"))
    gone = grouped["left"].count() == grouped["left"].size()
    served = table["served"].notna()
    end = np.select([served, gone], [SERVED, GIVEN_UP], WAITING)
    stop = np.select([served, gone], [table["served"], table["left"]], float(months - 1))
    return pd.DataFrame({"filed": table["filed"], "mw": table["mw"], "waited": stop - table["filed"], "end": end})


def incidence(waited: Floats, end: NDArray[np.int64]) -> tuple[Floats, Floats, Floats]:
    """Months at which something ends; Kaplan-Meier share still without power by then; share of all with power.

    A project no longer seen after a month was still at risk in it.
    """
    times = np.unique(waited[end != WAITING])
    at_risk = waited.size - np.searchsorted(np.sort(waited), times)
    served = counted(waited[end == SERVED], times) / at_risk
    ended = served + counted(waited[end == GIVEN_UP], times) / at_risk
    still = np.cumprod(1.0 - ended)
    before = np.concatenate([np.ones(min(1, times.size)), still[:-1]])
    return times, np.cumprod(1.0 - served), np.cumsum(before * served)


def counted(values: Floats, times: Floats) -> Floats:
    """How many values equal each time; times rise."""
    ordered = np.sort(values)
    return (np.searchsorted(ordered, times, "right") - np.searchsorted(ordered, times)).astype(np.float64)


def quantile(waited: Floats, end: NDArray[np.int64], share: float) -> float:
    """Months by which `share` of the projects that stay have power (Kaplan-Meier); NaN where it is not reached."""
    times, waiting, _ = incidence(waited, end)
    reached = np.flatnonzero(waiting <= 1.0 - share + 1e-12)
    return float(times[reached[0]]) if reached.size else np.nan


def share_by(waited: Floats, end: NDArray[np.int64], month: float, seen: float) -> float:
    """Share of all projects filed that has power within `month` months; NaN where nobody was `seen` for so long."""
    if seen < month:
        return np.nan
    times, _, served = incidence(waited, end)
    reached = np.flatnonzero(times <= month)
    return float(served[reached[-1]]) if reached.size else 0.0


def median_wait(requests: pd.DataFrame, months: int) -> float:
    """Kaplan-Meier median of all projects filed during the run, months; NaN where it is not reached."""
    table = projects(requests, months)
    return quantile(table["waited"].to_numpy(), table["end"].to_numpy(), 0.5)
