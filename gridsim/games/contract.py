"""Contracts: what a request costs beside the capacity that it brings.

Two kinds of cost are kept apart, because they differ in welfare and not in incentive: a transfer (fees, carried and
forfeited deposits, the price) is somebody's income; what is burned (useless jobs, tokens, waiting) is lost to all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gridsim.model.group import F
from gridsim.model.settlement import discount


@dataclass(frozen=True)
class Contract:
    """Terms of a request, in money for each unit of signal or of capacity.

    All zero, it is the classical game: capacity is free, and so is asking for it.
    """

    fee: float = 0.0
    """For each unit asked, never returned."""
    deposit: float = 0.0
    """For each unit asked."""
    refundable: float = 1.0
    """Share of the deposit of a withdrawn unit that comes back."""
    withdrawn: float = 1.0
    """Chance that a unit asked is withdrawn."""
    interest: float = 0.0
    """A year, continuous."""
    years: float = 0.0
    """For which a deposit is held."""
    price: float = 0.0
    """For each unit used."""
    minimum_take: float = 0.0
    """Share of what is given that is paid for, used or not (take or pay)."""
    burn: float = 0.0
    """Useless use for each unit asked: a cost that nobody receives."""

    def __post_init__(self) -> None:
        for name in ("fee", "deposit", "interest", "years", "price", "burn"):
            if not (np.isfinite(getattr(self, name)) and getattr(self, name) >= 0.0):
                raise ValueError(f"{name} is {getattr(self, name)}; it must be a finite number >= 0")
        for name in ("refundable", "withdrawn", "minimum_take"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be a share, from 0 to 1")

    @property
    def unit_cost(self) -> float:
        """Expected cost of asking for one unit more: f + d (1 - e^-rT) + e^-rT (1 - rho) d P(withdrawn), and the burn.

        Of order 1 / c is what a shortage then inflates requests by; it is 0 for a deposit that bears no interest and
        comes back in full, whatever its size.
        """
        kept = discount(self.interest, self.years)
        held = self.deposit * (1.0 - kept)
        forfeited = kept * (1.0 - self.refundable) * self.deposit * self.withdrawn
        return float(self.fee + held + forfeited + self.burn)

    def burned(self, signal: F) -> F:
        """What is lost to all with each signal."""
        return self.burn * signal

    def transfers(self, signal: F, granted: F, needs: F) -> F:
        """What each claimant pays to others; the mean over needs that are equally likely.

        Use is the lesser of what is given and what is needed: p max(use, m a) with take or pay.
        """
        paid = (self.unit_cost - self.burn) * signal
        if self.price > 0.0:
            use = np.minimum(granted[..., None], needs)
            paid = paid + self.price * np.maximum(use, self.minimum_take * granted[..., None]).mean(axis=-1)
        return paid

    def cost(self, signal: F, granted: F, needs: F) -> F:
        """All that a request costs whoever files it."""
        return self.transfers(signal, granted, needs) + self.burned(signal)
