"""The stretches of a run over which it is compared with real queues, which were all observed in a boom.

A simulated queue starts nearly empty and ends where the horizon cuts it, so that a mean over all months would mix the
start, the boom and what follows. The boom begins in the first month in which queued MW reach a tenth of their peak and
ends with that peak. Ratios of stocks and flows are taken from 12 to 60 months after its start: the first year is left out
because few requests are old enough to have been studied or to have left.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

BOOM_START_SHARE = 0.1
STEADY_FROM, STEADY_TO = 12, 60
"""Months after the start of the boom."""
YEAR, QUARTER = 12, 3


def boom(queued_mw: Floats) -> tuple[int, int]:
    """First and last month of the boom: a tenth of the peak first reached, and the peak (the first of equals)."""
    return int(np.argmax(queued_mw >= BOOM_START_SHARE * np.max(queued_mw))), int(np.argmax(queued_mw))


def steady(queued_mw: Floats) -> slice:
    """The months from 12 to 60 after the start of the boom, cut at the horizon; empty if the run ends before."""
    start, _ = boom(queued_mw)
    return slice(min(start + STEADY_FROM, queued_mw.size), min(start + STEADY_TO, queued_mw.size))


def length(window: slice) -> int:
    """Months in a window."""
    return int(window.stop - window.start)


def fastest_year(queued_mw: Floats) -> tuple[float, int]:
    """Growth factor of the queue over its fastest 12 months inside the boom, and the first of them.

    (NaN, -1) where the boom is shorter than 12 months.
    """
    start, peak = boom(queued_mw)
    first = np.arange(start, peak - YEAR + 1)
    first = first[queued_mw[first] > 0.0]
    if first.size == 0:
        return np.nan, -1
    growth = queued_mw[first + YEAR] / queued_mw[first]
    best = int(np.argmax(growth))
    return float(growth[best]), int(first[best])
