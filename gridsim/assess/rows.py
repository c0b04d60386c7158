"""A list of requests as arrays, every time counted from the day of the list: the same for real and for simulated ones."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
FILED, STUDIED, SIGNED, ENERGISED, WITHDRAWN = range(5)
"""Stages of a request, in the order of `gridsim.assess.queue.STAGES`."""
UNKNOWN = -1


class Rows(NamedTuple):
    """Requests of a list.

    Attributes:
        mw: size, MW.
        stage: on the day of the list.
        filed, signed, energised, left: months before that day; NaN where it has not happened, or is not known.
        wanted: months after that day; NaN where it is not known.
        applicant, location: numbers that stand for names; UNKNOWN where there is none.
        deposit: USD; NaN where it is not known.
        key: numbers that stand for requests, the same on every list of a queue.
        given: which columns the list has, by the names of `gridsim.assess.queue.COLUMNS`.
        one_utility: whether it is the list of one utility, not of a region.
    """

    mw: Floats
    stage: Ints
    filed: Floats
    signed: Floats
    energised: Floats
    left: Floats
    wanted: Floats
    applicant: Ints
    location: Ints
    deposit: Floats
    key: Ints
    given: frozenset[str]
    one_utility: bool

    @property
    def active(self) -> NDArray[np.bool_]:
        """Requests that are neither in service nor gone."""
        return self.stage < ENERGISED
