"""What the report says about a run, as numbers: the month that it looks at, and whether scarcity is real in it."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import pandas as pd

from gridsim.config.fields import month_number
from gridsim.engine.result import Result
from gridsim.figures import words

Verdict = Literal["real", "idle", "apparent", "none", "unknown"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
DARK_SHARE_MAX = 0.2
"""Scarcity is real only while less than this share of the held MW goes unneeded (MODEL, section 2)."""

DUST = 1e-6
"""MW, GPUs or tokens a second below which there is nothing: what rounding leaves."""
TWIN_APART = 0.02
"""A twin whose measure differs by less than this share, on average over months, is not drawn beside the run."""


def peak(result: Result) -> int:
    """The month in which claims peak, the first of equals; 0 where there are none."""
    return int(np.argmax(result.series["power_claims"].fillna(0.0).to_numpy()))


def clean(values: pd.Series) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Amounts without what rounding leaves of nothing."""
    found = values.to_numpy(np.float64)
    return np.where(np.abs(found) < DUST, 0.0, found)


def verdict(result: Result, layer: str = "power") -> Verdict:
    """What scarcity there is of a layer in the month in which claims for power peak."""
    found = str(verdicts(result.series, layer)[peak(result)])
    return next(v for v in VERDICTS if v == found)


def month_name(result: Result, month: int) -> str:
    """A month of the run, or one past its end, as text: "April 2033"."""
    return words.calendar(month_number(result.scenario.start_month) + month)


def request_log(result: Result) -> pd.DataFrame | None:
    """The table of requests, None where the run kept none."""
    try:
        return result.requests
    except ValueError:
        return None


def other_twin(result: Result, column: str) -> Result | None:
    """The honest twin, where its measure is far enough from the run's, on average over months, for a line of its own."""
    if result.twin is None:
        return None
    here, there = (np.nan_to_num(run.series[column].to_numpy()) for run in (result, result.twin))
    apart = float(np.abs(here - there).sum()) > TWIN_APART * float(np.maximum(np.abs(here), np.abs(there)).sum())
    return result.twin if apart else None


def horizon(result: Result) -> int:
    """H, the planning horizon in months."""
    return int(result.scenario.grid.planning_horizon_months)


def verdicts(series: pd.DataFrame, layer: str = "power") -> np.ndarray[tuple[int], np.dtype[np.str_]]:
    """Month by month, what scarcity there is of a layer: power, compute, quota or tokens.

    "real": need > capacity and less than a fifth of the held MW unneeded. "idle": need > capacity, and more than that
    unneeded where it is held. "apparent": claims > capacity >= need. "none": neither. "unknown": a measure is missing.
    """
    claims, need, capacity = (clean(series[f"{layer}_{name}"]) for name in ("claims", "need", "capacity"))
    dark = series[f"{layer}_dark_share"].fillna(0.0).to_numpy()
    known = np.isfinite(claims) & np.isfinite(need) & np.isfinite(capacity)
    cases = [~known, (need > capacity) & (dark < DARK_SHARE_MAX), need > capacity, claims > capacity]
    return np.select(cases, ["unknown", "real", "idle", "apparent"], "none")
