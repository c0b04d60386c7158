"""Studies a second time, one by one: each afresh from the list of earlier active requests, with or without who left."""

from __future__ import annotations

from typing import NamedTuple

from gridsim.model import draws
from gridsim.model.elementary import exp, log
from tests.oracle.agents import Request, Utility, added
from tests.oracle.settlement import Tariff
from tests.oracle.world import World

ROUNDING_MW = 1e-6
RESTUDIES_IN_WINDOWS = 2


class Finding(NamedTuple):
    """What a study finds: the month of firm capacity, and the MW that the area and lines lack."""

    deliver: int
    short_mw: float
    line_mw: float


class Studies(World):
    """What the grid can give, and what it would cost."""

    def free_mw(self, utility: Utility, ahead_mw: float, t: int) -> list[float]:
        """What planned capacity leaves by every month from t to t + H.

        Whoever is in service or has signed comes first, unless it may be curtailed; so does what is ahead.
        """
        taken = utility.energised_mw + utility.signed_mw - utility.nonfirm_signed_mw + ahead_mw
        return [utility.initial_mw + due - taken for due in utility.due_mw[t : t + self.rules.horizon + 1]]

    def months_with_room(self, utility: Utility, ahead_mw: float, mw: float, t: int) -> list[int]:
        """Months from t to t + H by which planned capacity has room for so many MW; there always is for none."""
        free = self.free_mw(utility, ahead_mw, t)
        return [t + n for n, free_mw in enumerate(free) if free_mw >= mw or mw <= 0.0]

    def study(self, request: Request, t: int, with_who_left: bool) -> Finding:
        """What a study finds today, in a world with or without those who left since last month's pass."""
        utility, weight = self.utilities[request.utility], self.terms(request.utility, t).base_case_weight
        ahead_mw = weight * added(r.counted_mw for r in self.queue if r.utility == utility.number)
        if with_who_left:
            ahead_mw += self.departed_mw(utility)
        mw = request.mw - request.own_mw
        months = self.months_with_room(utility, ahead_mw, mw, t)
        line_mw = self.lines.shortage(request.bus, mw, weight, with_who_left)
        if months:
            return Finding(months[0], 0.0, line_mw)
        short_mw = mw - self.free_mw(utility, ahead_mw, t)[-1]
        return Finding(t + self.rules.horizon, min(mw, short_mw), line_mw)

    def departed_mw(self, utility: Utility) -> float:
        """MW of an area that studies counted until they left."""
        return added(d.mw for d in self.departures if d.utility == utility.number)

    def start_study(self, request: Request, utility: Utility, t: int) -> None:
        """There is a slot."""
        rules = self.rules
        months = request.whole(draws.STUDY, request.restudies, rules.study_months_min, rules.study_months_max)
        self.take_up(request, utility, t + months)

    def take_up(self, request: Request, utility: Utility, end: int) -> None:
        """The desk works on it."""
        request.stage, request.study_end = "in study", end
        utility.desk.append(request)

    def report(self, request: Request, utility: Utility, t: int) -> None:
        """The result of a study."""
        rules, tariff = self.rules, self.terms(request.utility, t)
        utility.desk.remove(request)
        request.stage, request.studied = "studied", t
        request.own_mw = tariff.own_generation_share * request.mw
        found = Finding(request.deliver, request.upgrade_mw, request.line_mw)  # as the joint study has it
        if not tariff.collects:
            found = self.study(request, t, with_who_left=False)
        if found != (t, 0.0, 0.0) and self.connects_nonfirm(request, utility, tariff):
            found = Finding(t, 0.0, 0.0)
        if found.short_mw > 0.0 or found.line_mw > 0.0:
            months = request.whole(draws.UPGRADE, 1, rules.upgrade_months_min, rules.upgrade_months_max, second=True)
            found = found._replace(deliver=t + months)
        request.deliver, request.upgrade_mw, request.line_mw = found
        request.upgrade_usd = self.cost(request)
        months = request.whole(draws.STUDY, 0, rules.agreement_months_min, rules.agreement_months_max, second=True)
        request.offered = t + months
        request.decide_by = request.offered + int(tariff.sign_within_months)
        build = 0.5 * (rules.construction_months_min + rules.construction_months_max) + rules.slip_mean_months
        owner = self.applicants[request.applicant]
        if max(request.deliver, request.offered + int(build)) - request.filed <= rules.horizon:
            owner.approved += 1
        else:
            owner.refused += 1

    def cost(self, request: Request) -> float:
        """US$ of upgrades and of own generation: so much a MW, dearer where the area is short, and lines at that price."""
        rules = self.rules
        z = self.draw("normal", draws.UPGRADE, 0, request.key)
        usd_per_mw = rules.upgrade_median_usd_per_mw * exp(rules.upgrade_sigma * z)
        dear = rules.scarce_cost_factor
        mw = request.mw * (dear if request.upgrade_mw > 0.0 else 1.0) + dear * request.line_mw
        return usd_per_mw * mw + rules.own_generation_usd_per_mw * request.own_mw

    def connects_nonfirm(self, request: Request, utility: Utility, tariff: Tariff) -> bool:
        """Whether the request may connect before there is firm capacity: up to a share of the peak of other load."""
        hours = tariff.nonfirm_hours_share
        if not request.nonfirm and hours > 0.0:
            share = 0.10 * exp(0.365 * log(hours / 0.0025))
            if request.mw <= share * utility.other_load_mw - utility.nonfirm_mw:
                request.nonfirm = 1
                utility.nonfirm_mw += request.mw
        return bool(request.nonfirm)

    def must_be_restudied(self, request: Request, utility: Utility, t: int) -> bool:
        """Whether who left changes what a study of it finds: of one by one, those before it who left since last month's pass."""
        if request.nonfirm:
            return False
        if self.terms(request.utility, t).collects:
            return self.gains(request, utility)
        if not self.departures:
            return False
        old, new = (self.study(request, t, with_who_left=there) for there in (True, False))
        moved = max(abs(old.short_mw - new.short_mw), abs(old.line_mw - new.line_mw))
        return old.deliver != new.deliver or moved > ROUNDING_MW

    def gains(self, request: Request, utility: Utility) -> bool:
        """Whether it lacks what has been freed, at the decision point of a window; after two restudies a result stands.

        Earlier restudies count as well, of the time in which the area studied one by one.
        """
        if request.restudies >= RESTUDIES_IN_WINDOWS:
            return False
        area = request.upgrade_mw > ROUNDING_MW and self.freed_mw[utility.number] > ROUNDING_MW
        return area or (request.line_mw > ROUNDING_MW and self.freed_line_mw[utility.number] > ROUNDING_MW)

    def reach_decision_points(self, t: int) -> None:
        """When a window closes: what has been given back since the last one did is free for who lacks it."""
        closing = [u.number for u in self.utilities if self.terms(u.number, t).closes(t)]
        self.freed_mw, self.freed_line_mw = [0.0] * len(self.utilities), [0.0] * len(self.utilities)
        for u in closing:
            self.freed_mw[u] = added(self.given_back_mw[u])
            self.freed_line_mw[u] = added(self.given_back_line_mw[u])
            self.given_back_mw[u].clear()
            self.given_back_line_mw[u].clear()

    def send_back(self, request: Request, utility: Utility, t: int) -> None:
        """It waits for a slot again, at its old place; in an area with windows it is studied again at once."""
        request.stage = "filed"
        request.restudies += 1
        self.restudies += 1
        if self.terms(request.utility, t).collects:
            self.take_up(request, utility, t + self.rules.window_study_months)

    def check_lines(self) -> None:
        """Flows added up afresh: of the queue as the pass has met it, of who left, and of who has signed."""
        firm = [r for r in (*self.building, *self.service) if not r.nonfirm]
        self.lines.check(
            [(r.bus, r.counted_mw) for r in self.queue],
            [(d.bus, d.bus_mw) for d in self.departures if d.had_signed],
            [(d.bus, d.bus_mw) for d in self.departures if not d.had_signed],
            [(r.bus, r.mw - r.own_mw) for r in firm],
        )
