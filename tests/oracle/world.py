"""What every process of the plain market works on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from types import SimpleNamespace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gridsim.model import draws
from tests.oracle.agents import Applicant, Request, Utility
from tests.oracle.lines import Lines
from tests.oracle.settlement import Ledger, Tariff

if TYPE_CHECKING:
    from tests.oracle.windows import JointStudy


class Departure(NamedTuple):
    """What studies counted of a request that has left: MW of the area, and at the bus."""

    utility: int
    mw: float
    bus: int
    bus_mw: float
    had_signed: bool


class World(ABC):
    """Applicants, utilities, requests by where they stand, and money."""

    def __init__(
        self, rules: SimpleNamespace, applicants: list[Applicant], utilities: list[Utility], lines: Lines
    ) -> None:
        self.rules = rules
        self.applicants = applicants
        self.utilities = utilities
        self.lines = lines
        self.ledger = Ledger()
        self.queue: list[Request] = []  # during the month's pass: those that it has met and kept
        self.building: list[Request] = []
        self.service: list[Request] = []
        self.past: list[Request] = []  # who left, in the order of leaving
        self.departures: list[Departure] = []  # since the end of last month's pass
        self.given_back_mw: list[list[float]] = [[] for _ in utilities]  # since the area's last decision point
        self.given_back_line_mw: list[list[float]] = [[] for _ in utilities]  # likewise, wherever it was
        self.copies_disclosed: Counter[int] = Counter()  # by project
        self.joint_studies: list[JointStudy] = []
        self.projects_made = 0
        self.restudies = 0
        self.quoted_wait: list[list[float]] = []  # [month + 1][utility], handed in
        self.measures: dict[str, float] = {}
        Request.seed = rules.seed

    @abstractmethod
    def terms(self, utility: int, t: int) -> Tariff:
        """The tariff in force; the test says which."""

    @abstractmethod
    def terms_expected(self, utility: int, t: int) -> Tariff:
        """The tariff expected for when what is filed now is signed; the test says which."""

    @abstractmethod
    def must_confirm(self, utility: int, t: int) -> bool:
        """Whether new terms ask for a confirmation this month; the test says so."""

    def draw(self, what: str, purpose: int, month: int, key: int) -> float:
        """A keyed random number."""
        return getattr(draws, what)(self.rules.seed, purpose, month, np.uint64(key))

    def leave(self, request: Request, stage: str, reason: str, t: int) -> bool:
        """A request leaves for good."""
        utility = self.utilities[request.utility]
        self.depart(request, t)
        self.ledger.left(request, self.terms(request.utility, t), request.has_signed)
        if request.stage == "in study":
            utility.desk.remove(request)
        if request.has_signed:
            utility.signed_mw -= request.mw
        if reason == "patience" and request.stage in ("filed", "in study"):
            self.applicants[request.applicant].refused += 1
        request.stage, request.reason, request.left = stage, reason, t
        self.exited_mw += request.mw
        self.past.append(request)
        return False

    def depart(self, request: Request, t: int) -> None:
        """Studies count it no more; those of later requests have counted it."""
        utility, tariff = self.utilities[request.utility], self.terms(request.utility, t)
        if request.nonfirm:
            utility.nonfirm_mw -= request.mw
            utility.nonfirm_signed_mw -= request.mw if request.has_signed else 0.0
            return
        net_mw = request.mw - request.own_mw
        if request.has_signed:
            self.lines.load(request.bus, -net_mw)
            departure = Departure(request.utility, request.mw, request.bus, net_mw, True)
            self.lines.left_at[request.bus] += net_mw
        else:
            counted_mw = self.counted(request, tariff)  # on lines, weighed by the terms of the area of who is studied
            departure = Departure(request.utility, counted_mw * tariff.base_case_weight, request.bus, counted_mw, False)
            self.lines.dropped_at[request.bus] += counted_mw
        self.departures.append(departure)
        self.give_back(request, net_mw)

    def give_back(self, request: Request, net_mw: float) -> None:
        """What it had been granted is free: by its study, or, once it has signed, with the upgrade that it ordered."""
        if request.has_signed:
            area_mw, line_mw = net_mw, net_mw
        elif request.stage == "studied":
            area_mw, line_mw = net_mw - request.upgrade_mw, request.line_mw
        else:
            return
        self.given_back_mw[request.utility].append(area_mw)
        for u in range(len(self.utilities)):  # room on lines concerns everybody
            self.given_back_line_mw[u].append(line_mw)

    def counted(self, request: Request, tariff: Tariff) -> float:
        """MW of a queued request that studies and forecasts count: firm, and of copies disclosed as such its part of one."""
        copies = self.copies_disclosed[request.project.number]
        if request.nonfirm:
            return 0.0
        return request.mw / copies if tariff.duplicate_disclosure and copies > 1 else request.mw
