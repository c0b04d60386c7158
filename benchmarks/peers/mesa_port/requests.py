"""Projects, and the requests in which they are filed. One object each; who acts on them are the agents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .applicants import Applicant
    from .utility import Utility

FILED, IN_STUDY, STUDIED, SIGNED, ENERGISED, GONE = (
    "filed",
    "in study",
    "studied",
    "signed",
    "energised",
    "gone",
)
NOT_YET = 10**6


@dataclass(slots=True, eq=False)
class Project:
    """One need for a site, filed in one or more areas."""

    mw: float
    over: int = NOT_YET
    """Month from which its unsigned copies leave: one has signed, or it is not needed any more."""
    signer: Request | None = None
    counted: int = -2
    """Month in which it was last counted."""


@dataclass(slots=True, eq=False)
class Request:
    """One copy of a project in one area. Months are None while they have not happened."""

    project: Project
    applicant: Applicant
    holder: Applicant
    utility: Utility
    key: np.uint64
    mw: float
    need_mw: float
    quality: float
    filed: int
    wanted: int
    patience_end: int
    stage: str = FILED
    restudies: int = 0
    study_end: int | None = None
    offered: int | None = None
    decide_by: int | None = None
    signed: int | None = None
    deliver: int | None = None
    ready: int | None = None
    energised: int | None = None
    cancel_month: int | None = None
    upgrade_mw: float = 0.0
    upgrade_usd: float = 0.0
    deposit_usd: float = 0.0
    collateral_usd: float = 0.0

    @property
    def unstudied(self) -> bool:
        """Whether it waits for a study, or is in one."""
        return self.stage in (FILED, IN_STUDY)
