"""Who and what the plain market knows: applicants, utilities, projects and requests as objects, and plain arithmetic."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from gridsim.model import draws
from gridsim.model.elementary import exp, log

if TYPE_CHECKING:
    from tests.oracle.fleets import Fleet


@dataclass
class Applicant:
    """A lab, hyperscaler or developer."""

    number: int
    key: int
    kind: str
    pads: bool
    files_at_deadlines: bool
    initial_mw: float
    margin: float = 0.0
    exposure: float = 0.0
    fleet: Fleet | None = None  # a developer has none
    preparing_mw: float = 0.0
    releasing_mw: float = 0.0
    projects_filed: int = 0
    next_mw: float | None = None
    sale_belief: float = 0.0
    approval_seen: float = 0.0
    hears: list[int] = field(default_factory=list)
    approved: int = 0
    refused: int = 0
    # Handed in every month.
    ask_mw: float = 0.0
    copies: int = 0
    gap_mw: float = 0.0
    room_mw: float = 0.0
    scarcity: float = 0.0
    believed_wait: float = 0.0
    need_mw: float = 0.0
    need_ahead_mw: float = 0.0
    # Worked out every month.
    mfu: float = 0.0
    waste: float = 1.0
    # Counted at the end of every month.
    energised_mw: float = 0.0
    held_mw: float = 0.0
    signed_mw: float = 0.0
    queued_mw: float = 0.0
    projects_mw: float = 0.0
    open_positions: int = 0

    @property
    def use(self) -> float:
        """Share of what is due to it that it uses, the same at all its sites."""
        return min(1.0, self.reported_mw / self.held_mw) if self.held_mw > 0.0 else 0.0

    @property
    def reported_mw(self) -> float:
        """What it needs as it works."""
        return self.need_mw * self.waste


@dataclass
class Utility:
    """A utility and its area."""

    number: int
    key: int
    counting: str
    slots: int
    attraction: float
    build_limit_mw_per_year: float
    initial_mw: float
    installed_mw: float
    other_load_mw: float
    review_offset: int
    buses: list[tuple[int, float]]  # and the share of the area's requests at each or an earlier one
    forecast_mw: float = 0.0
    energised_mw: float = 0.0
    signed_mw: float = 0.0
    queued_mw: float = 0.0
    nonfirm_mw: float = 0.0
    nonfirm_signed_mw: float = 0.0
    nonfirm_service_mw: float = 0.0
    price_usd_per_mw_day: float = 0.0
    queued_count: int = 0
    unstudied: int = 0
    desk: list[Request] = field(default_factory=list)
    due_mw: list[float] = field(default_factory=list)  # all additions planned to be in service by the end of a month
    arriving_mw: defaultdict[int, float] = field(default_factory=lambda: defaultdict(float))

    def order(self, mw: float, planned: int, true: int) -> None:
        """An addition is planned for a month, and arrives in another."""
        for month in range(planned, len(self.due_mw)):
            self.due_mw[month] += mw
        self.arriving_mw[true] += mw


@dataclass
class Project:
    """One need, filed in one or more areas."""

    number: int
    mw: float
    signed: int | None = None
    signer: Request | None = None
    given_up: bool = False

    def leaves(self, t: int) -> bool:
        """Whether its unsigned copies leave in month t: one has signed before, or the project is given up."""
        return self.given_up or (self.signed is not None and self.signed < t)


@dataclass(eq=False)
class Request:
    """One copy of a project in one area."""

    key: int
    project: Project
    applicant: int
    holder: int
    utility: int
    bus: int
    choice: int
    mw: float
    need_mw: float
    quality: float
    filed: int
    wanted: int
    patience_end: int
    stage: str = "filed"
    reason: str = ""
    study_end: int | None = None
    studied: int | None = None
    offered: int | None = None
    decide_by: int | None = None
    signed: int | None = None
    deliver: int | None = None
    ready: int | None = None
    energised: int | None = None
    left: int | None = None
    cancel_month: int | None = None
    restudies: int = 0
    nonfirm: int = 0
    upgrade_usd: float = 0.0
    upgrade_mw: float = 0.0
    line_mw: float = 0.0
    own_mw: float = 0.0
    released_mw: float = 0.0
    deposit_usd: float = 0.0
    deposit_paid_usd: float = 0.0
    readiness_usd: float = 0.0
    collateral_usd: float = 0.0
    counted_mw: float = 0.0  # while it is queued: what studies of later ones and forecasts count of it

    @property
    def has_signed(self) -> bool:
        """Whether its agreement stands, before service."""
        return self.stage in ("agreement signed", "under construction")

    def whole(self, purpose: int, month: int, low: int, high: int, second: bool = False) -> int:
        """A whole number between two, each as likely."""
        numbers = draws.uniforms(self.seed, purpose, month, np.uint64(self.key))
        return low + int(numbers[second] * (high - low + 1))

    seed = 0  # of the run; set on the class by the market


def whole_months_until(hazard_per_year: float, u: float, shape: float = 1.0) -> int:
    """A Weibull time, in whole months; practically never after a million. With a shape of 1 the hazard is constant."""
    if hazard_per_year <= 0.0:
        return 1_000_000
    years = -log(u) if shape == 1.0 else exp(log(-log(u)) / shape)
    return min(1_000_000, int(years * 12.0 / hazard_per_year))


def nearest(x: float) -> int:
    """The nearest whole number of a positive number."""
    return int(x + 0.5)


def added(values) -> float:
    """Plain sum in order (the built-in one compensates)."""
    total = 0.0
    for value in values:
        total += value
    return total


def percentile(ordered: list[int], share: float) -> float:
    """Linear between neighbours; NaN of nothing."""
    if not ordered:
        return float("nan")
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])
