"""A real list as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gridsim.assess.history import nearest
from gridsim.assess.queue import STAGES, Queue
from gridsim.assess.rows import UNKNOWN, Rows

if TYPE_CHECKING:
    import pandas as pd

DAYS_PER_MONTH = 365.25 / 12.0


def rows_of(queue: Queue) -> Rows:
    """The arrays of a list; times are counted from its day."""
    table = queue.requests

    def before(name: str) -> NDArray[np.float64]:
        """Months since something happened; what lies after the day of the list has not."""
        months = (queue.as_of - table[name]).dt.days.to_numpy(float) / DAYS_PER_MONTH
        return np.where(months >= 0.0, months, np.nan)

    return Rows(
        mw=table["mw"].to_numpy(float),
        stage=np.array([STAGES.index(stage) for stage in table["stage"]], np.int64),
        filed=before("filed"),
        signed=before("signed"),
        energised=before("energised"),
        left=before("left"),
        wanted=(table["wanted"] - queue.as_of).dt.days.to_numpy(float) / DAYS_PER_MONTH,
        applicant=numbered(table["who"]),
        location=numbered(table["location"]),
        deposit=table["deposit_usd"].to_numpy(float),
        key=keys(table["id"]),
        given=queue.given,
        one_utility=queue.scope == "utility",
    )


def by_age(queue: Queue, earlier: Sequence[Queue]) -> dict[float, Rows]:
    """Earlier lists of the same queue by the months that they are older. Raises ValueError for one that is not older."""
    out = {}
    for one in earlier:
        months = (queue.as_of - one.as_of).days / DAYS_PER_MONTH
        if months <= 0.0:
            raise ValueError(f"the earlier list is of {one.as_of:%Y-%m-%d}, the list of {queue.as_of:%Y-%m-%d}")
        nearest(months)
        out[months] = rows_of(one)
    return out


def keys(ids: pd.Series[Any]) -> NDArray[np.int64]:
    """Numbers that stand for ids, the same for the same id on every list."""
    import pandas as pd

    return pd.util.hash_array(ids.to_numpy(object), categorize=False).view(np.int64)


def numbered(names: pd.Series[Any]) -> NDArray[np.int64]:
    """Numbers that stand for names, whatever their case and spaces; UNKNOWN where there is none."""
    import pandas as pd

    plain = names.astype("string").str.casefold().str.split().str.join(" ")
    codes, _ = pd.factorize(plain, use_na_sentinel=True)
    return np.where(codes < 0, UNKNOWN, codes).astype(np.int64)
