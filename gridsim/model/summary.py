"""What is left of a run in a few numbers: last, peak and mean of every column of its series."""

from __future__ import annotations

import numpy as np

from gridsim.model.compiling import entry
from gridsim.model.group import F


@entry
def summarise(table: F, out: F) -> None:
    """Of a table [month, column]: last, peak and mean of each column into out [3, column].

    Months without a number (NaN) count for neither peak nor mean; a column of nothing else has NaN. Sums in the order of months.
    """
    months, columns = table.shape
    for c in range(columns):
        out[0, c] = table[months - 1, c]
        peak, total, known = -np.inf, 0.0, 0
        for t in range(months):
            value = table[t, c]
            if value == value:
                peak = max(peak, value)
                total += value
                known += 1
        out[1, c] = peak if known > 0 else np.nan
        out[2, c] = total / known if known > 0 else np.nan
