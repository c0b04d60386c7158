"""What measures are made of."""

from __future__ import annotations

import numpy as np

from gridsim.model.compiling import rule
from gridsim.model.group import F


@rule
def ratio(above: float, below: float) -> float:
    """Above / below, NaN where there is nothing to divide by."""
    return above / below if below > 0.0 else np.nan


@rule
def percentile(ordered: F, n: int, share: float) -> float:
    """Percentile of the first n values of a sorted array, linear between neighbours; NaN of none."""
    if n == 0:
        return np.nan
    place = share * (n - 1)
    low = int(place)
    high = min(low + 1, n - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])
