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


def peak(result: Result) -> int:
    """The month in which claims peak, the first of equals; 0 where there are none."""
    return int(np.argmax(result.series["power_claims"].fillna(0.0).to_numpy()))


def month_name(result: Result, month: int) -> str:
    """A month of the run, or one past its end, as text: "April 2033"."""
    return words.calendar(month_number(result.scenario.start_month) + month)


def request_log(result: Result) -> pd.DataFrame | None:
    """The table of requests, None where the run kept none."""
    try:
        return result.requests
    except ValueError:
        return None


def horizon(result: Result) -> int:
    """H, the planning horizon in months."""
    return int(result.scenario.grid.planning_horizon_months)


def verdicts(series: pd.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
    """Month by month, what scarcity there is.

    "real": need > capacity and less than a fifth of the held MW unneeded. "idle": need > capacity, and more than that
    unneeded where it is held. "apparent": claims > capacity >= need. "none": neither. "unknown": a measure is missing.
    """
    claims, need, capacity = (series[f"power_{name}"].to_numpy() for name in ("claims", "need", "capacity"))
    dark = series["power_dark_share"].fillna(0.0).to_numpy()
    known = np.isfinite(claims) & np.isfinite(need) & np.isfinite(capacity)
    cases = [~known, (need > capacity) & (dark < DARK_SHARE_MAX), need > capacity, claims > capacity]
    return np.select(cases, ["unknown", "real", "idle", "apparent"], "none")
