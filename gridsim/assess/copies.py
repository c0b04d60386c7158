"""Requests that repeat another of the same applicant: likely copies, as a table to look through."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gridsim.assess.features import repeated
from gridsim.assess.queue import Queue
from gridsim.assess.rows import UNKNOWN, Rows

COLUMNS = ("id", "of", "who", "applicant", "mw", "filed", "stage", "location")


def likely_copies(queue: Queue, rows: Rows) -> pd.DataFrame:
    """Open requests of one applicant, about as large as another and filed within half a year of it.

    A feature of the list, not a verdict: a project may well have two phases of the same size.

    Args:
        queue: the list.
        rows: the same as arrays.

    Returns:
        id, of (the id of the request that it repeats), who asks, then columns of the list; in the order of the list.
    """
    known = np.flatnonzero(rows.active & (rows.applicant != UNKNOWN))
    of = repeated(rows.applicant[known], rows.mw[known], rows.filed[known])
    again = of >= 0
    table = queue.requests.iloc[known[again]]
    firsts = queue.requests["id"].to_numpy()[known[of[again]]]
    return table.assign(of=firsts)[list(COLUMNS)].sort_index().reset_index(drop=True)
