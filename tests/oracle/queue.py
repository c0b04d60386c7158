"""The power queue a second time: filing, exits, studies, restudies, sales and signatures, in the order of filing."""

from __future__ import annotations

from collections import Counter

from gridsim.model import draws
from gridsim.model.elementary import exp
from tests.oracle.agents import Applicant, Request, Utility, nearest, whole_months_until
from tests.oracle.settlement import Tariff
from tests.oracle.windows import Windows


class Queue(Windows):
    """One month of every unsigned request."""

    def run_desks(self, t: int) -> None:
        """Every unsigned request in the order of filing."""
        self.exited_mw, self.restudies = 0.0, 0
        self.lines.start_pass()
        disclosed = (r.project.number for r in self.queue if self.terms(r.utility, t).duplicate_disclosure)
        self.copies_disclosed = Counter(disclosed)
        self.drop_what_is_not_needed(t)
        self.reach_decision_points(t)
        self.study_windows(t)
        before, self.queue = self.queue, []
        for request in before:
            if self.process(request, t):
                # Requests that this month's pass has met and kept: the base case of later ones.
                request.counted_mw = self.counted(request, self.terms(request.utility, t))
                self.queue.append(request)
                self.lines.ahead_at[request.bus] += request.counted_mw
        self.check_lines()
        self.departures.clear()
        self.lines.end_pass()

    def drop_what_is_not_needed(self, t: int) -> None:
        """A surplus is given up over the release time: whole unsigned projects, youngest request first."""
        for applicant in self.applicants:
            if applicant.gap_mw >= 0.0:
                applicant.releasing_mw = 0.0
                continue
            applicant.releasing_mw += -applicant.gap_mw / self.rules.release_months
            for request in reversed(self.queue):
                project = request.project
                if request.holder != applicant.number or project.signed is not None or project.given_up:
                    continue
                if project.mw <= applicant.releasing_mw:
                    project.given_up = True
                    applicant.releasing_mw -= project.mw

    def process(self, request: Request, t: int) -> bool:
        """One month of an unsigned request; whether it is still in the queue afterwards."""
        project, utility, tariff = request.project, self.utilities[request.utility], self.terms(request.utility, t)
        if project.leaves(t):
            return self.leave(request, "withdrawn", "need gone" if project.signed is None else "sibling signed", t)
        if t >= request.patience_end:
            return self.leave(request, "withdrawn", "patience", t)
        if self.must_confirm(utility.number, t):
            if not self.confirms(request):
                return self.leave(request, "withdrawn", "money due", t)
            self.ledger.confirmed(request, tariff)
        if request.stage == "filed":
            if tariff.closes(t):
                self.take_up(request, utility, t + self.rules.window_study_months)
            elif not tariff.collects and len(utility.desk) < utility.slots:
                self.start_study(request, utility, t)
        elif request.stage == "in study" and t >= request.study_end:
            self.report(request, utility, t)
            reason = self.reason_not_to_go_on(request, tariff)
            if reason:
                return self.leave(request, "withdrawn", reason, t)
            self.ledger.studied(request, tariff)
        elif request.stage == "studied":
            if self.rules.restudies and self.must_be_restudied(request, utility, t):
                self.send_back(request, utility, t)
            elif t >= request.offered:
                return self.decide(request, t)
        return True

    def reason_not_to_sign(self, request: Request, tariff: Tariff) -> str:
        """Whether the project is worth less than its upgrades, or than the money still to pay beside them."""
        rules = self.rules
        worth = request.quality * rules.value_usd_per_mw - request.upgrade_usd / request.mw
        if worth < 0.0:
            return "cost"
        years = rules.construction_months_max / 12.0
        security = tariff.collateral_usd_per_mw + tariff.security_share * request.upgrade_usd / request.mw
        carrying = security * (1.0 - exp(-rules.interest_per_year * years))
        for_nothing = (1.0 - request.quality) * tariff.unused_take(rules.interest_per_year)
        return "money due" if worth < carrying + for_nothing else ""

    def reason_not_to_go_on(self, request: Request, tariff: Tariff) -> str:
        """When a study is done only its cost matters, but where a further deposit is due, that and all that follows do."""
        reason, rules, share = self.reason_not_to_sign(request, tariff), self.rules, tariff.readiness_share
        if reason == "cost" or share <= 0.0:
            return reason if reason == "cost" else ""
        upgrade = request.upgrade_usd / request.mw
        later = exp(-rules.interest_per_year * (rules.construction_months_max / 12.0))
        lost = (1.0 - request.quality) * (1.0 - tariff.deposit_refundable_share) * later
        worth = request.quality * rules.value_usd_per_mw - upgrade
        return "money due" if reason or worth < share * upgrade * (1.0 - later + lost) else ""

    def decide(self, request: Request, t: int) -> bool:
        """What the holder of a studied request does: wait, sell, sign or leave. Whether it is still in the queue."""
        reason = self.reason_not_to_sign(request, self.terms(request.utility, t))
        if reason:
            return self.leave(request, "withdrawn", reason, t)
        if self.applicants[request.holder].kind == "developer":
            self.offer(request, t)
        holder = self.applicants[request.holder]
        if holder.kind == "developer" or holder.room_mw < 0.5 * request.mw:
            if t < request.decide_by:
                return True
            return self.leave(request, "expired", "money due" if holder.kind == "developer" else "need gone", t)
        self.sign(request, holder, t)
        return False

    def offer(self, request: Request, t: int) -> None:
        """A developer looks for a buyer: who has the largest need not signed for, half of the position at least."""
        seller = self.applicants[request.holder]
        willing = [a for a in self.applicants if a.kind != "developer" and a.room_mw >= 0.5 * request.mw]
        if willing:
            room = max(a.room_mw for a in willing)
            buyer = [a for a in willing if a.room_mw == room][-1]
            premium = max(0.0, 1.0 - 1.0 / max(seller.scarcity, 1.0))
            price = self.rules.resale_share * self.rules.value_usd_per_mw * premium * request.mw
            self.ledger.sold(request, buyer.number, price)
            request.holder = buyer.number
            seller.sale_belief += self.rules.belief_gain * (1.0 - seller.sale_belief)
        elif t >= request.decide_by:
            seller.sale_belief += self.rules.belief_gain * (0.0 - seller.sale_belief)

    def sign(self, request: Request, holder: Applicant, t: int) -> None:
        """The agreement: money, capacity, the orders of upgrades, and the dates of the site."""
        rules, utility = self.rules, self.utilities[request.utility]
        self.ledger.signed(request, self.terms(request.utility, t))
        holder.room_mw -= request.mw
        utility.signed_mw += request.mw
        utility.nonfirm_signed_mw += request.mw if request.nonfirm else 0.0
        request.stage, request.signed = "agreement signed", t
        if request.project.signed is None:
            request.project.signed, request.project.signer = t, request
        site = request.whole(draws.CONSTRUCTION, 0, rules.construction_months_min, rules.construction_months_max)
        z = self.draw("normal", draws.CONSTRUCTION, 1, request.key)
        slip = rules.slip_mean_months * exp(rules.slip_sigma * z - 0.5 * rules.slip_sigma * rules.slip_sigma)
        request.ready = t + site + nearest(slip)
        self.order_what_it_needs(request, utility, t)
        hazard = rules.cancel_hazard_per_year * 2.0 * (1.0 - request.quality)
        request.cancel_month = t + 1 + whole_months_until(hazard, self.draw("uniform", draws.CANCEL, 0, request.key))
        self.building.append(request)

    def order_what_it_needs(self, request: Request, utility: Utility, t: int) -> None:
        """Capacity of the area, of lines, and the generation that it brings. Its site waits for its lines."""
        months, mw = max(1, request.deliver - t), request.mw - request.own_mw
        if request.upgrade_mw > 0.0:
            self.order(utility, request.upgrade_mw, t, months, 0, request.key)
        if request.own_mw > 0.0:
            self.order(utility, request.own_mw, t, self.rules.lead_months, 0, request.key)
        if request.line_mw > 0.0:
            request.ready = max(request.ready, self.arrival(t, months, 0, request.key))
            self.lines.reinforce(request.bus, mw, self.terms(request.utility, t).base_case_weight)
        if not request.nonfirm:
            self.lines.load(request.bus, mw)

    def order(self, utility: Utility, mw: float, t: int, months: int, purpose_month: int, key: int) -> None:
        """Capacity is planned for a month, and arrives then or later."""
        utility.order(mw, t + months, self.arrival(t, months, purpose_month, key))

    def arrival(self, t: int, months: int, purpose_month: int, key: int) -> int:
        """The month in which what is ordered for so many months ahead really arrives."""
        z = self.draw("normal", draws.EXPANSION, purpose_month, key)
        return t + nearest(months * exp(self.rules.delay_sigma * abs(z)))
