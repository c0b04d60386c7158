"""What can be seen of a list of requests, in numbers that do not depend on its size: the questions a simulation answers alike.

A number is NaN where the list lacks the columns for it, or the requests. What depends on the size of a market is left out:
a simulated market has the size that its scenario gives it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from gridsim.assess.rows import ENERGISED, FILED, SIGNED, STUDIED, UNKNOWN, WITHDRAWN, Rows

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
YEAR = 12.0
SAME_MONTHS = 6.0
"""Requests of the same size are taken for the same project if they were filed within so many months of each other."""


def ratio(part: float, whole: float) -> float:
    """A share; NaN of nothing."""
    return part / whole if whole > 0.0 else np.nan


def middle(values: Floats) -> float:
    """Median of the numbers among values; NaN of none."""
    known = values[np.isfinite(values)]
    return float(np.median(known)) if known.size else np.nan


def stages(rows: Rows) -> dict[str, float]:
    """Where the MW that are asked for stand."""
    active, mw = rows.active, rows.mw
    total = float(mw[active].sum())
    shares = {
        f"{name}_share": ratio(float(mw[rows.stage == stage].sum()), total)
        for name, stage in (("filed", FILED), ("studied", STUDIED), ("signed", SIGNED))
    }
    sizes = mw[active]
    top = np.sort(sizes)[-max(1, round(0.1 * sizes.size)) :] if sizes.size else sizes
    return shares | {
        "served_over_active": ratio(float(mw[rows.stage == ENERGISED].sum()), total),
        "size_spread": float(np.log(sizes).std()) if sizes.size > 1 else np.nan,
        "top_tenth_share": ratio(float(top.sum()), total),
    }


def ages(rows: Rows) -> dict[str, float]:
    """How old the requests are that are still open, and how fast filings grow."""
    active, mw = rows.active & np.isfinite(rows.filed), rows.mw
    total = float(mw[active].sum())

    def filed_within(least: float, most: float, of: Mask) -> float:
        return float(mw[of & (rows.filed >= least) & (rows.filed < most)].sum())

    known = np.isfinite(rows.filed)
    out = {f"filed_within_{m}": ratio(filed_within(0, m, active), total) for m in (3, 6, 12, 24, 36)}
    last, before = filed_within(0, YEAR, known), filed_within(YEAR, 2 * YEAR, known)
    out["filings_growth"] = float(np.log(last / before)) if last > 0.0 and before > 0.0 else np.nan
    for name, stage in (("filed", FILED), ("studied", STUDIED), ("signed", SIGNED)):
        out[f"age_{name}"] = middle(rows.filed[rows.stage == stage])
    return out


def ends(rows: Rows) -> dict[str, float]:
    """What became of those that are no longer open: the haircut of a planner is among them."""
    gone, mw = rows.stage == WITHDRAWN, rows.mw
    served, signed = rows.stage == ENERGISED, np.isin(rows.stage, (SIGNED, ENERGISED))
    if not gone.any():
        return dict.fromkeys(
            ("gone_share", "gone_count_share", "conversion", "served_share_of_ended", "signed_then_gone"), np.nan
        )
    was_signed = signed | (gone & np.isfinite(rows.signed))
    return {
        "gone_share": ratio(float(mw[gone].sum()), float(mw.sum())),
        "gone_count_share": float(gone.mean()),
        "conversion": conversion(rows),
        "served_share_of_ended": ratio(float(mw[served].sum()), float(mw[served | gone].sum())),
        "signed_then_gone": ratio(float(mw[gone & was_signed].sum()), float(mw[was_signed].sum())),
    }


def conversion(rows: Rows) -> float:
    """MW that signed / (MW that signed + MW that left unsigned): what a planner cuts a queue by."""
    gone = rows.stage == WITHDRAWN
    signed = np.isin(rows.stage, (SIGNED, ENERGISED)) | (gone & np.isfinite(rows.signed))
    return ratio(float(rows.mw[signed].sum()), float(rows.mw[signed | gone].sum()))


def exits(rows: Rows) -> dict[str, float]:
    """When requests left."""
    known, mw = np.isfinite(rows.left), rows.mw
    total = float(mw[rows.active].sum())
    out = {f"exits_within_{m}": ratio(float(mw[known & (rows.left < m)].sum()), total) for m in (3, 12, 24)}
    months = (rows.filed - rows.left)[known]
    months = months[np.isfinite(months)]
    out["months_to_exit"] = middle(months)
    out["exits_in_half_a_year"] = float((months < 6).mean()) if months.size else np.nan
    out["exits_spread"] = float(np.log(np.maximum(months, 0) + 0.5).std()) if months.size > 1 else np.nan
    return out


def signatures(rows: Rows) -> dict[str, float]:
    """When agreements were signed."""
    known, mw = np.isfinite(rows.signed), rows.mw
    total = float(mw[rows.active].sum())
    out = {f"signed_within_{m}": ratio(float(mw[known & (rows.signed < m)].sum()), total) for m in (12, 24)}
    return out | {"months_to_sign": middle((rows.filed - rows.signed)[known])}


def services(rows: Rows) -> dict[str, float]:
    """When requests came into service."""
    known, mw = np.isfinite(rows.energised), rows.mw
    total = float(mw[rows.active].sum())
    out = {f"served_within_{m}": ratio(float(mw[known & (rows.energised < m)].sum()), total) for m in (12, 24)}
    return out | {"months_to_service": middle((rows.filed - rows.energised)[known])}


def wishes(rows: Rows) -> dict[str, float]:
    """The dates that are asked for."""
    active = rows.active & np.isfinite(rows.wanted)
    total = float(rows.mw[active].sum())
    overdue = active & (rows.wanted < 0)
    return {"overdue_share": ratio(float(rows.mw[overdue].sum()), total), "months_ahead": middle(rows.wanted[active])}


def applicants(rows: Rows) -> dict[str, float]:
    """Who asks: how concentrated, and how often the same applicant asks for the same MW again."""
    active = rows.active & (rows.applicant != UNKNOWN)
    if not active.any():
        return dict.fromkeys(("applicant_hhi", "requests_per_applicant", "again_share"), np.nan)
    who, mw = rows.applicant[active], rows.mw[active]
    by_applicant = np.bincount(np.unique(who, return_inverse=True)[1], weights=mw)
    again = repeated(who, mw, rows.filed[active]) != UNKNOWN
    return {
        "applicant_hhi": float(((by_applicant / mw.sum()) ** 2).sum()),
        "requests_per_applicant": who.size / by_applicant.size,
        "again_share": ratio(float(mw[again].sum()), float(mw.sum())),
    }


def repeated(who: NDArray[np.int64], mw: Floats, filed: Floats) -> NDArray[np.int64]:
    """For each request the one before it of the same applicant and about the same size, filed within half a year; -1 for none."""
    size = np.round(np.log(mw) / 0.02)
    order = np.lexsort((filed, size, who))[::-1]  # the oldest of a kind last in time before today, first here
    first, second = order[:-1], order[1:]
    near = ~(np.abs(filed[first] - filed[second]) > SAME_MONTHS)
    same = (who[first] == who[second]) & (size[first] == size[second]) & near
    out = np.full(mw.size, UNKNOWN)
    out[second[same]] = first[same]
    return out


def places(rows: Rows) -> dict[str, float]:
    """Where MW are asked for."""
    active = rows.active & (rows.location != UNKNOWN)
    if not active.any():
        return {"location_hhi": np.nan}
    by_place = np.bincount(np.unique(rows.location[active], return_inverse=True)[1], weights=rows.mw[active])
    return {"location_hhi": float(((by_place / by_place.sum()) ** 2).sum())}


def deposits(rows: Rows) -> dict[str, float]:
    """What was paid."""
    active = rows.active & np.isfinite(rows.deposit)
    paid = rows.deposit[active] / rows.mw[active]
    total = float(rows.mw[active].sum())
    return {"paid_share": ratio(float(rows.mw[active & (rows.deposit > 0)].sum()), total), "usd_per_mw": middle(paid)}


GROUPS: tuple[tuple[frozenset[str], Callable[[Rows], dict[str, float]]], ...] = (
    (frozenset(), stages),
    (frozenset({"filed"}), ages),
    (frozenset(), ends),
    (frozenset({"filed", "left"}), exits),
    (frozenset({"filed", "signed"}), signatures),
    (frozenset({"filed", "energised"}), services),
    (frozenset({"wanted"}), wishes),
    (frozenset({"applicant"}), applicants),
    (frozenset({"location"}), places),
    (frozenset({"deposit_usd"}), deposits),
)
"""Columns that a list must have for some numbers, and what gives these."""


def features(rows: Rows) -> dict[str, float]:
    """Every number that the columns of a list allow, by name."""
    out = {"one_utility": float(rows.one_utility)}
    for needed, group in GROUPS:
        if needed <= rows.given:
            out |= group(rows)
    return out


@functools.cache
def names_in(group: Callable[[Rows], dict[str, float]]) -> tuple[str, ...]:
    """Names of the numbers that a group gives."""
    one, none = np.ones(2), np.full(2, np.nan)
    stage, code = np.array([FILED, WITHDRAWN]), np.zeros(2, np.int64)
    return tuple(group(Rows(one, stage, one, none, none, none, none, code, code, one, code, frozenset(), True)))
