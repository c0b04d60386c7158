"""Capacity as claimants believe it: what there may be to give, and how likely it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from gridsim.model.group import F


class Capacity(Protocol):
    """A distribution of capacity, given by amounts and their chances."""

    def at(self, totals: F) -> tuple[F, F]:
        """Chances and amounts, a row for each state, a column for each total of signals."""


class States:
    """A few amounts, each with its chance: `States(3.0)` is certain, `States([4.0, 1e9], [0.8, 0.2])` is scarce or ample."""

    def __init__(self, amounts: float | Sequence[float], chances: Sequence[float] = (1.0,)) -> None:
        self.amounts = np.atleast_1d(np.asarray(amounts, dtype=np.float64))
        self.chances = np.asarray(chances, dtype=np.float64)
        if self.amounts.shape != self.chances.shape:
            raise ValueError(f"{self.amounts.size} amounts need as many chances, not {self.chances.size}")
        if (self.chances < 0.0).any() or abs(self.chances.sum() - 1.0) > 1e-9:
            raise ValueError("chances must be shares that sum to 1")

    def at(self, totals: F) -> tuple[F, F]:
        """The same for every total."""
        shape = (self.amounts.size, totals.size)
        return np.broadcast_to(self.chances[:, None], shape), np.broadcast_to(self.amounts[:, None], shape)


class UniformCapacity:
    """Any amount from 0 to `high`, equally likely.

    Allocations have a kink where capacity just covers all signals. The nodes (Gauss-Legendre) are laid on either side of it, so
    that the mean of a payoff is smooth in the signals, and exact where it is a polynomial.
    """

    def __init__(self, high: float, nodes: int = 12) -> None:
        self.high = high
        points, weights = np.polynomial.legendre.leggauss(nodes)
        self._points, self._weights = 0.5 * (points + 1.0), 0.5 * weights

    def at(self, totals: F) -> tuple[F, F]:
        """Nodes below the total and above it, with the chance that each stands for."""
        kink = np.minimum(totals, self.high)
        below, above = np.outer(self._points, kink), kink + np.outer(self._points, self.high - kink)
        chances = np.outer(self._weights, kink), np.outer(self._weights, self.high - kink)
        return np.vstack(chances) / self.high, np.vstack([below, above])
