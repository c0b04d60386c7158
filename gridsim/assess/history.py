"""What changed since an earlier list of the same queue, in numbers that do not depend on its size.

A list with dates tells its past by itself; of one without, an earlier list tells what left, what signed and what is new.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from gridsim.assess.rows import ENERGISED, FILED, SIGNED, STUDIED, WITHDRAWN, Rows

LAGS = (3, 6, 12, 24)
"""Months between two lists of which simulated lists know the changes; others are taken for the nearest of these."""
LEAST, MOST = 2.0, 36.0
CHANGES = ("growth", "new", "gone", "moved", "signing", "signed_gone")


def names_since(lag: int) -> tuple[str, ...]:
    """Names of the changes over so many months."""
    return tuple(f"{change}_since_{lag}" for change in CHANGES)


def nearest(months: float) -> int:
    """The lag that stands for so many months. Raises ValueError below LEAST and above MOST."""
    if not LEAST <= months <= MOST:
        raise ValueError(
            f"the earlier list is {months:.1f} months older; {LEAST:.0f} to {MOST:.0f} months can be compared"
        )
    return min(LAGS, key=lambda lag: abs(np.log(months / lag)))


def changes(now: Rows, earlier: Mapping[float, Rows]) -> dict[str, float]:
    """What changed since each earlier list, by the months that it is older; of two with the same lag the nearer counts.

    Raises:
        ValueError: for a list that is too young or too old to be compared.
    """
    out: dict[str, float] = {}
    for months in sorted(earlier, key=lambda m: -abs(np.log(m / nearest(m)))):
        lag = nearest(months)
        out |= dict(zip(names_since(lag), since(now, earlier[months], lag / months), strict=True))
    return out


def since(now: Rows, then: Rows, scale: float) -> tuple[float, ...]:
    """The numbers of CHANGES between two lists; `scale` stretches them to another time at the same rate.

    Requests that were open and are no longer on the list have left.
    """
    was_open, mw = then.active, then.mw
    stage = stage_now(now, then)
    unsigned, signed = was_open & (then.stage < SIGNED), was_open & (then.stage == SIGNED)
    filed, gone = was_open & (then.stage == FILED), stage == WITHDRAWN
    before, after = float(mw[was_open].sum()), float(now.mw[now.active].sum())
    is_new = now.active & ~np.isin(now.key, then.key)

    def share(part: NDArray[np.bool_], whole: NDArray[np.bool_]) -> float:
        return stretched(float(mw[part & whole].sum()), float(mw[whole].sum()), scale)

    return (
        float(np.log(after / before)) * scale if before > 0.0 and after > 0.0 else np.nan,
        stretched(float(now.mw[is_new].sum()), after, scale),
        share(gone, was_open),
        share(np.isin(stage, (STUDIED, SIGNED, ENERGISED)), filed),
        share(np.isin(stage, (SIGNED, ENERGISED)), unsigned),
        share(gone, signed),
    )


def stage_now(now: Rows, then: Rows) -> NDArray[np.int64]:
    """Where the requests of an earlier list stand now; who is no longer listed has left."""
    order = np.argsort(now.key, kind="stable")
    keys = now.key[order]
    place = np.minimum(np.searchsorted(keys, then.key), max(len(keys) - 1, 0))
    if not len(keys):
        return np.full(len(then.key), WITHDRAWN)
    return np.where(keys[place] == then.key, now.stage[order][place], WITHDRAWN)


def stretched(part: float, whole: float, scale: float) -> float:
    """A share of what goes over some time as it would be over `scale` times as much, at the same rate; NaN of nothing."""
    return 1.0 - (1.0 - min(part / whole, 1.0)) ** scale if whole > 0.0 else np.nan
