"""The log of requests, column by column: a pandas table for users, plain arrays for what is measured on thousands of runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridsim.engine.prepare import KINDS, Prepared
from gridsim.model.state import N_ROWS, NEVER, REASONS, STAGES, State

Array = NDArray[Any]


def named(names: list[str]) -> Array:
    """Names, to be picked by number."""
    return np.array(names)


def happened(months: Any) -> Array:
    """Months as numbers, NaN where the thing has not happened."""
    return np.where(months == NEVER, np.nan, months.astype(np.float64))


COLUMNS: dict[str, Callable[[Prepared, Any], Array]] = {
    "applicant": lambda p, q: named(p.applicants.names)[q.applicant],
    "kind": lambda p, q: np.array(KINDS)[np.array(p.applicants.kinds)][q.applicant],
    "holder": lambda p, q: named(p.applicants.names)[q.holder],
    "utility": lambda p, q: named(p.utilities.names)[q.utility],
    "bus": lambda p, q: np.array(p.case.buses)[q.bus],
    "project": lambda _, q: q.project_id,
    "choice": lambda _, q: q.choice,
    "mw": lambda _, q: q.mw + q.released_mw,
    "need_mw": lambda _, q: q.need_mw,
    "filed": lambda _, q: q.filed.astype(np.float64),
    "wanted": lambda _, q: q.wanted.astype(np.float64),
    "studied": lambda _, q: happened(q.studied),
    "signed": lambda _, q: happened(q.signed),
    "energised": lambda _, q: happened(q.energised),
    "left": lambda _, q: happened(q.left),
    "stage": lambda _, q: np.array(STAGES)[q.stage],
    "reason": lambda _, q: np.array(REASONS)[q.reason],
    "restudies": lambda _, q: q.restudies,
    "upgrade_cost_usd": lambda _, q: q.upgrade_usd,
    "deposit_usd": lambda _, q: q.deposit_paid_usd,
}
"""Each column of the log, from the prepared scenario and the requests of a run."""


class RequestLog(Mapping[str, Array]):
    """The columns of a run's log, requests in the order of filing, each made when it is first asked for."""

    def __init__(self, prepared: Prepared, state: State) -> None:
        """The log of a run's final state. Raises ValueError if the run kept none."""
        if not prepared.params.keep_log:
            raise ValueError('this run kept no request log; run it with record="requests"')
        self._prepared = prepared
        self._requests = state.requests[: state.counts[N_ROWS]]
        q = self._requests
        self._order = np.lexsort((q.choice, q.project_id, q.filed))
        self._made: dict[str, Array] = {}

    def __getitem__(self, name: str) -> Array:
        """One column. Raises KeyError if there is none of this name."""
        if name not in self._made:
            self._made[name] = COLUMNS[name](self._prepared, self._requests)[self._order]
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(COLUMNS)

    def __len__(self) -> int:
        return len(COLUMNS)
