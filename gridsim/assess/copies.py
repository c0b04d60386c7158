"""Requests that repeat another of the same applicant: likely copies, as a table to look through."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gridsim.assess.features import repeated
from gridsim.assess.queue import Queue
from gridsim.assess.rows import UNKNOWN, Rows

COLUMNS = ("id", "of", "who", "applicant", "mw", "filed", "stage", "location")


def repeats(rows: Rows) -> pd.DataFrame:
    """Open requests of one applicant, about as large as another and filed within half a year of it: row and of, by place."""
    known = np.flatnonzero(rows.active & (rows.applicant != UNKNOWN))
    of = repeated(rows.applicant[known], rows.mw[known], rows.filed[known])
    again = of != UNKNOWN
    return pd.DataFrame({"row": known[again], "of": known[of[again]]})


def likely_copies(queue: Queue, again: pd.DataFrame) -> pd.DataFrame:
    """The requests of `repeats` with what the list says of them.

    A feature of the list, not a verdict: a project may well have two phases of the same size.

    Returns:
        id, of (the id of the request that it repeats), who asks, then columns of the list.
    """
    ids = queue.requests["id"].to_numpy()
    return queue.requests.iloc[again["row"]].assign(of=ids[again["of"]])[list(COLUMNS)].reset_index(drop=True)
