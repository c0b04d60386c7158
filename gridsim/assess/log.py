"""The log of a simulated market, from which lists are taken, and the truth about each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gridsim.assess.queue import COLUMNS
from gridsim.assess.rows import ENERGISED, FILED, SIGNED, STUDIED, WITHDRAWN, Rows

if TYPE_CHECKING:
    from gridsim.engine.result import Result

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
AFTER = 60
YEARS = (1, 2, 3, 4, 5)
TRUTHS = ("duplicates", "speculation", "signs", *(f"served_{year}" for year in YEARS))
"""Shares of the MW that are open on the day of the list: copies of a project that is asked for at a better place too; what
developers hold, copies apart; what has signed or will sign within five years; what will be in service within so many."""


class Log:
    """The log of a run; one of every utility of the scenario is a place, by its number in the order of names."""

    def __init__(self, result: Result) -> None:
        """Read the columns once."""
        log = result.log
        self.mw = np.asarray(log["mw"], float)
        self.filed, self.studied, self.signed, self.energised, self.left, self.wanted = (
            np.asarray(log[name], float) for name in ("filed", "studied", "signed", "energised", "left", "wanted")
        )
        self.deposit = np.asarray(log["deposit_usd"], float)
        self.project, self.choice = np.asarray(log["project"]), np.asarray(log["choice"])
        names = sorted(result.scenario.actors.utilities.roster("utility"))
        self.places = len(names)
        self.place = np.searchsorted(names, log["utility"])
        self.applicant = np.unique(log["applicant"], return_inverse=True)[1]
        self.is_speculative = np.asarray(log["kind"]) == "developer"

    def rows(self, month: int, place: int | None) -> tuple[Rows, Ints]:
        """The list at the end of a month, of one place or of all, and which requests of the log are on it."""
        on_list = self.filed <= month
        if place is not None:
            on_list &= self.place == place
        at = np.flatnonzero(on_list)

        def before(months: Floats) -> Floats:
            """Months since something happened, NaN if it has not yet."""
            return np.where(months[at] <= month, month - months[at], np.nan)

        stage = np.full(at.size, FILED)
        for value, when in (
            (STUDIED, self.studied),
            (SIGNED, self.signed),
            (ENERGISED, self.energised),
            (WITHDRAWN, self.left),
        ):
            stage[when[at] <= month] = value
        rows = Rows(
            mw=self.mw[at],
            stage=stage.astype(np.int64),
            filed=before(self.filed),
            signed=before(self.signed),
            energised=before(self.energised),
            left=before(self.left),
            wanted=self.wanted[at] - month,
            applicant=self.applicant[at].astype(np.int64),
            location=self.place[at].astype(np.int64),
            deposit=self.deposit[at],
            key=at.astype(np.int64),
            given=frozenset(COLUMNS),
            one_utility=place is not None,
        )
        return rows, at

    def fates(self, at: Ints, month: int) -> Mask:
        """Which of TRUTHS hold of each request of a list at the end of a month: [truth, request]."""
        open_now = self.is_open(month)
        best = np.full(int(self.project.max()) + 1, np.iinfo(np.int64).max)
        np.minimum.at(best, self.project[open_now], self.choice[open_now])
        is_copy = self.choice[at] > best[self.project[at]]
        signs = self.signed[at] <= month + AFTER
        served = [self.energised[at] <= month + 12 * year for year in YEARS]
        return np.array([is_copy, self.is_speculative[at] & ~is_copy, signs, *served])

    def is_open(self, month: int) -> Mask:
        """Requests that are filed and have not left, in service or not."""
        return (self.filed <= month) & ~(self.left <= month)


def shares(fates: Mask, mw: Floats, among: Mask) -> Floats:
    """Shares of the MW among some requests of which each truth holds; NaN where these have no MW."""
    total = float(mw[among].sum())
    # einsum, not @: a BLAS adds in an order that depends on the processor, and the last digits with it.
    return np.einsum("tr,r->t", fates[:, among], mw[among]) / total if total > 0.0 else np.full(len(fates), np.nan)
