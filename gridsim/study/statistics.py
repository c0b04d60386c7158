"""Statistics that say NaN where there is nothing to take them of, and the cumulative incidence of competing ends."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
OPEN, SERVED, LEFT = 0, 1, 2
"""How a request or an agreement ends; OPEN has not ended when the run does."""


def known(values: Floats) -> Floats:
    """The values that are numbers."""
    return values[np.isfinite(values)]


def mean(values: Floats) -> float:
    """Mean of the known values, NaN of none."""
    values = known(values)
    return float(values.mean()) if values.size else np.nan


def median(values: Floats) -> float:
    """Median of the known values, NaN of none."""
    values = known(values)
    return float(np.median(values)) if values.size else np.nan


def quantile(values: Floats, share: float) -> float:
    """Quantile of the known values, linear between neighbours, NaN of none."""
    values = known(values)
    return float(np.quantile(values, share)) if values.size else np.nan


def deviation(values: Floats) -> float:
    """Standard deviation of a sample (n - 1), NaN of fewer than two values."""
    return float(values.std(ddof=1)) if values.size > 1 else np.nan


def ratio(above: float, below: float) -> float:
    """Above / below, NaN where there is nothing to divide by."""
    return float(above / below) if below > 0.0 else np.nan


def cumulative_incidence(
    waited: Floats, end: NDArray[np.int64], cause: int, weights: Floats | None = None, by: float = np.inf
) -> float:
    """Chance to end by `cause` within `by` months when another end may come first (Aalen & Johansen 1978).

    F(by) = sum over the times of an end of S(before) d(cause) / n, with n the weight at risk, d the weight that ends, and
    S the product of 1 - d(any) / n. One still OPEN counts as at risk up to the month in which it was last seen, and that
    month included. `weights` (1 by default) may be MW. NaN where there are none.
    """
    if waited.size == 0:
        return np.nan
    weights = np.ones(waited.size) if weights is None else weights
    times = np.unique(waited[(end != OPEN) & (waited <= by)])
    at_risk = weights.sum() - weight_until(waited, weights, times, "left")
    of_cause = weight_at(waited[end == cause], weights[end == cause], times)
    of_any = weight_at(waited[end != OPEN], weights[end != OPEN], times)
    before = np.cumprod(np.concatenate([[1.0], 1.0 - of_any / at_risk]))[:-1]
    return float(np.sum(before * of_cause / at_risk))


def weight_until(waited: Floats, weights: Floats, times: Floats, side: Literal["left", "right"]) -> Floats:
    """Weight of what waited shorter than each time ("left"), or no longer than it ("right")."""
    order = np.argsort(waited, kind="stable")
    total = np.concatenate([[0.0], np.cumsum(weights[order])])
    return total[np.searchsorted(waited[order], times, side)]


def weight_at(waited: Floats, weights: Floats, times: Floats) -> Floats:
    """Weight of what waited exactly as long as each time."""
    return weight_until(waited, weights, times, "right") - weight_until(waited, weights, times, "left")
