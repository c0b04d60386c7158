"""The power queue a second time: filing, studies, exits, signing, construction, expansion and the recount, on objects.

Slow, obvious Python, written from the rules and not from the kernels: no rows, no free lists, no running shortcuts.
Random numbers (`draws`) and elementary functions are the model's own; the logic is not. What agents decide and believe
is handed in every month. Sums run in the order of the lists, with plain additions.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np

from gridsim.model import draws
from gridsim.model.elementary import exp, log
from tests.oracle.settlement import LAND, Ledger, Tariff

SMALLEST_MW = 5.0


@dataclass
class Applicant:
    """A lab, hyperscaler or developer."""

    number: int
    key: int
    kind: str
    pads: bool
    initial_mw: float
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
    # Counted at the end of every month.
    energised_mw: float = 0.0
    held_mw: float = 0.0
    signed_mw: float = 0.0
    queued_mw: float = 0.0
    projects_mw: float = 0.0
    open_positions: int = 0


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
    forecast_mw: float = 0.0
    energised_mw: float = 0.0
    signed_mw: float = 0.0
    queued_mw: float = 0.0
    queued_count: int = 0
    unstudied: int = 0
    desk: list[Request] = field(default_factory=list)
    additions: list[tuple[int, float]] = field(default_factory=list)  # (month due, MW), in the order of ordering
    committed_mw: list[float] = field(default_factory=list)  # due by each month before anything was ordered
    arriving_mw: defaultdict[int, float] = field(default_factory=lambda: defaultdict(float))

    def due_mw(self, month: int) -> float:
        """All additions planned to be in service by the end of a month."""
        return added([self.committed_mw[month], *(mw for due, mw in self.additions if due <= month)])


@dataclass
class Project:
    """One need, filed in one or more areas."""

    number: int
    mw: float
    signed: int | None = None
    signer: Request | None = None
    given_up: bool = False


@dataclass(eq=False)
class Request:
    """One copy of a project in one area."""

    key: int
    project: Project
    applicant: int
    holder: int
    utility: int
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
    upgrade_usd: float = 0.0
    upgrade_mw: float = 0.0
    deposit_usd: float = 0.0
    deposit_paid_usd: float = 0.0
    collateral_usd: float = 0.0

    def whole(self, purpose: int, low: int, high: int) -> int:
        """A whole number between two, each as likely."""
        return low + int(draws.uniform(self.seed, purpose, 0, np.uint64(self.key)) * (high - low + 1))

    seed = 0  # of the run; set on the class by the market


def whole_months_until(hazard_per_year: float, u: float) -> int:
    """An event with a constant hazard: exponential waiting time, in whole months; practically never after a million."""
    if hazard_per_year <= 0.0:
        return 1_000_000
    return min(1_000_000, int(-log(u) * 12.0 / hazard_per_year))


def nearest(x: float) -> int:
    """The nearest whole number of a positive number."""
    return int(x + 0.5)


def added(values) -> float:
    """Plain sum in order (the built-in one compensates)."""
    total = 0.0
    for value in values:
        total += value
    return total


class Market:
    """Everything after the decisions of a month."""

    def __init__(self, rules: SimpleNamespace, applicants: list[Applicant], utilities: list[Utility]) -> None:
        self.rules = rules
        self.applicants = applicants
        self.utilities = utilities
        self.ledger = Ledger()
        self.queue: list[Request] = []
        self.building: list[Request] = []
        self.service: list[Request] = []
        self.past: list[Request] = []  # who left, in the order of leaving
        self.projects_made = 0
        self.quoted_wait: list[list[float]] = []  # [month + 1][utility], handed in
        self.measures: dict[str, float] = {}
        Request.seed = rules.seed

    def terms(self, utility: int, t: int) -> Tariff:
        """The tariff in force; the test says which."""
        raise NotImplementedError

    def draw(self, what: str, purpose: int, month: int, key: int) -> float:
        """A keyed random number."""
        return getattr(draws, what)(self.rules.seed, purpose, month, np.uint64(key))

    def settle(self, t: int) -> None:
        """The second half of month t."""
        self.exited_mw = 0.0
        self.file(t)
        self.drop_what_is_not_needed(t)
        self.run_desks(t)
        self.build(t)
        self.expand(t)
        self.quoted_now = [self.quote(utility, t) for utility in self.utilities]
        self.learn()
        self.close(t)

    # Filing

    def file(self, t: int) -> None:
        """Projects that are ready are filed; the month's requests join the queue in a drawn order."""
        rules, n = self.rules, len(self.utilities)
        quoted = self.quoted_wait[max(0, t - rules.publication_lag)]
        appeal = [
            max(1e-300, utility.attraction * exp(-rules.wait_sensitivity * min(wait, rules.wait_max_months)))
            for utility, wait in zip(self.utilities, quoted, strict=True)
        ]
        liability = added(self.terms(u, t).unused_take(rules.interest_per_year) / n for u in range(n))
        new = [r for applicant in self.applicants for r in self.prepare(applicant, appeal, liability, t)]
        luck = self.draw("word", draws.FILING_ORDER, t, 0)
        new.sort(key=lambda r: draws.pair_uniform(np.uint64(luck), np.uint64(r.key)))
        for request in new:
            self.ledger.filed(request, self.terms(request.utility, t))
            self.queue.append(request)
        self.measures = {"filed_mw": added(request.mw for request in new)}

    def prepare(self, applicant: Applicant, appeal: list[float], liability: float, t: int):
        """The requests of the projects that one applicant has ready this month."""
        rules = self.rules
        if applicant.ask_mw <= 0.0:
            applicant.preparing_mw = 0.0
            return
        applicant.preparing_mw += applicant.ask_mw
        most = rules.filings_max if applicant.kind == "developer" else rules.projects_max
        filed = 0
        while filed < most:
            key = draws.subkey(np.uint64(applicant.key), applicant.projects_filed)
            if applicant.next_mw is None:
                z = self.draw("normal", draws.PROJECT_SIZE, 0, key)
                mw = rules.size_median_mw * exp(rules.size_sigma * z)
                applicant.next_mw = max(SMALLEST_MW, min(rules.size_max_mw, mw))
            if applicant.preparing_mw < applicant.next_mw:
                break
            applicant.preparing_mw -= applicant.next_mw
            yield from self.new_requests(applicant, key, applicant.next_mw, appeal, liability, t)
            applicant.next_mw = None
            applicant.projects_filed += 1
            filed += 1
        if filed == most:
            applicant.preparing_mw = min(applicant.preparing_mw, rules.size_max_mw)

    def new_requests(self, applicant: Applicant, key: int, need_mw: float, appeal, liability: float, t: int):
        """One request per copy of a project, in the areas it likes best."""
        rules = self.rules
        mw = need_mw * (1.0 + self.padding(applicant, liability))
        taste = draws.word(rules.seed, draws.SITE_TASTE, 0, np.uint64(key))
        dislike = [
            -log(draws.pair_uniform(np.uint64(taste), np.uint64(utility.key))) * (1.0 / appeal[utility.number])
            for utility in self.utilities
        ]
        best_first = sorted(range(len(dislike)), key=lambda u: dislike[u])
        project = Project(self.projects_made, mw)
        self.projects_made += 1
        for choice, u in enumerate(best_first[: min(applicant.copies, rules.sites_max)]):
            copy_key = draws.pair_key(np.uint64(key), choice)
            luck = np.uint64(self.draw("word", draws.PATIENCE, t, 0))
            patience = draws.pair_uniform(luck, np.uint64(copy_key))
            yield Request(
                key=copy_key,
                project=project,
                applicant=applicant.number,
                holder=applicant.number,
                utility=u,
                choice=choice,
                mw=mw,
                need_mw=need_mw,
                quality=exp(log(self.draw("uniform", draws.PROJECT_QUALITY, 0, key)) / rules.quality_shape),
                filed=t,
                wanted=t + nearest(min(applicant.believed_wait, rules.reference_wait_months)),
                patience_end=t + 1 + whole_months_until(rules.patience_hazard_per_year, patience),
            )

    def padding(self, applicant: Applicant, liability: float) -> float:
        """Size added for perceived scarcity, less where an unneeded MW is dear."""
        if not applicant.pads:
            return 0.0
        pad = min(self.rules.padding * max(0.0, applicant.scarcity - 1.0), self.rules.padding_max)
        value = self.rules.value_usd_per_mw
        return pad * max(0.0, 1.0 - liability / value) if value > 0.0 else pad

    # The queue

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

    def run_desks(self, t: int) -> None:
        """Every unsigned request in the order of filing."""
        before, self.queue = self.queue, []
        for request in before:
            if self.process(request, t):
                self.queue.append(request)  # earlier requests of this month's pass: the base case of later ones

    def process(self, request: Request, t: int) -> bool:
        """One month of an unsigned request; whether it is still in the queue afterwards."""
        project, utility = request.project, self.utilities[request.utility]
        if project.signed is not None and project.signed < t:
            return self.leave(request, "withdrawn", "sibling signed", t)
        if project.given_up:
            return self.leave(request, "withdrawn", "need gone", t)
        if t >= request.patience_end:
            return self.leave(request, "withdrawn", "patience", t)
        if request.stage == "filed" and len(utility.desk) < utility.slots:
            request.stage = "in study"
            rules = self.rules
            request.study_end = t + request.whole(draws.STUDY, rules.study_months_min, rules.study_months_max)
            utility.desk.append(request)
        elif request.stage == "in study" and t >= request.study_end:
            self.report(request, utility, t)
        elif request.stage == "studied" and t >= request.offered:
            return self.decide(request, t)
        return True

    def leave(self, request: Request, stage: str, reason: str, t: int) -> bool:
        """A request leaves for good."""
        utility = self.utilities[request.utility]
        was_signed = request.stage in ("agreement signed", "under construction")
        self.ledger.left(request, self.terms(request.utility, t), was_signed)
        if request.stage == "in study":
            utility.desk.remove(request)
        if was_signed:
            utility.signed_mw -= request.mw
        if reason == "patience" and request.stage in ("filed", "in study"):
            self.applicants[request.applicant].refused += 1
        request.stage, request.reason, request.left = stage, reason, t
        self.exited_mw += request.mw
        self.past.append(request)
        return False

    def free_by_month(self, utility: Utility, t: int):
        """(month, MW not promised to earlier requests by then) from t, whose additions have not arrived, to t + H."""
        ahead = added(r.mw for r in self.queue if r.utility == utility.number)
        promised = utility.energised_mw + utility.signed_mw + ahead
        for month in range(t, t + self.rules.horizon + 1):
            yield month, utility.initial_mw + utility.due_mw(month) - promised

    def report(self, request: Request, utility: Utility, t: int) -> None:
        """The result of a study."""
        rules = self.rules
        utility.desk.remove(request)
        request.stage, request.studied = "studied", t
        _, v = self.draw("uniforms", draws.STUDY, 0, request.key)
        span = rules.agreement_months_max - rules.agreement_months_min + 1
        request.offered = t + rules.agreement_months_min + int(v * span)
        request.decide_by = request.offered + int(self.terms(request.utility, t).sign_within_months)
        z = self.draw("normal", draws.UPGRADE, 0, request.key)
        usd_per_mw = rules.upgrade_median_usd_per_mw * exp(rules.upgrade_sigma * z)
        free = list(self.free_by_month(utility, t))
        fits = [month for month, mw in free if mw >= request.mw]
        if fits:
            request.deliver = fits[0]
            request.upgrade_usd = usd_per_mw * request.mw
        else:
            _, v = self.draw("uniforms", draws.UPGRADE, 1, request.key)
            span = rules.upgrade_months_max - rules.upgrade_months_min + 1
            request.deliver = t + rules.upgrade_months_min + int(v * span)
            request.upgrade_mw = min(request.mw, request.mw - free[-1][1])
            request.upgrade_usd = usd_per_mw * request.mw * rules.scarce_cost_factor
        build = 0.5 * (rules.construction_months_min + rules.construction_months_max) + rules.slip_mean_months
        months = max(request.deliver, request.offered + int(build)) - request.filed
        owner = self.applicants[request.applicant]
        if months <= rules.horizon:
            owner.approved += 1
        else:
            owner.refused += 1

    def decide(self, request: Request, t: int) -> bool:
        """What the holder of a studied request does: wait, sell, sign or leave. Whether it is still in the queue."""
        tariff, rules = self.terms(request.utility, t), self.rules
        worth = request.quality * rules.value_usd_per_mw - request.upgrade_usd / request.mw
        if worth < 0.0:
            return self.leave(request, "withdrawn", "cost", t)
        years = rules.construction_months_max / 12.0
        carrying = tariff.collateral_usd_per_mw * (1.0 - exp(-rules.interest_per_year * years))
        for_nothing = (1.0 - request.quality) * tariff.unused_take(rules.interest_per_year)
        if worth < carrying + for_nothing:
            return self.leave(request, "withdrawn", "money due", t)
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
        """The agreement: money, capacity, the order of the upgrade, and the dates of the site."""
        rules, utility = self.rules, self.utilities[request.utility]
        self.ledger.signed(request, self.terms(request.utility, t))
        holder.room_mw -= request.mw
        utility.signed_mw += request.mw
        request.stage, request.signed = "agreement signed", t
        if request.project.signed is None:
            request.project.signed, request.project.signer = t, request
        if request.upgrade_mw > 0.0:
            months = max(1, request.deliver - t)
            self.order(utility, request.upgrade_mw, t, months, 0, request.key)
        site = request.whole(draws.CONSTRUCTION, rules.construction_months_min, rules.construction_months_max)
        z = self.draw("normal", draws.CONSTRUCTION, 1, request.key)
        slip = rules.slip_mean_months * exp(rules.slip_sigma * z - 0.5 * rules.slip_sigma * rules.slip_sigma)
        request.ready = t + site + nearest(slip)
        hazard = rules.cancel_hazard_per_year * 2.0 * (1.0 - request.quality)
        request.cancel_month = t + 1 + whole_months_until(hazard, self.draw("uniform", draws.CANCEL, 0, request.key))
        self.building.append(request)

    def order(self, utility: Utility, mw: float, t: int, months: int, purpose_month: int, key: int) -> None:
        """Capacity is planned for a month, and arrives then or later."""
        z = self.draw("normal", draws.EXPANSION, purpose_month, key)
        utility.additions.append((t + months, mw))
        utility.arriving_mw[t + nearest(months * exp(self.rules.delay_sigma * abs(z)))] += mw

    # Construction

    def build(self, t: int) -> None:
        """Capacity arrives; then every signed request in the order of signature, without overtaking in an area."""
        for utility in self.utilities:
            utility.installed_mw += utility.arriving_mw[t]
        before, self.building = self.building, []
        closed = set()
        for request in before:
            utility = self.utilities[request.utility]
            if request.signed < t and request.project.signer is not request:
                self.leave(request, "withdrawn", "sibling signed", t)
            elif t >= request.cancel_month:
                self.leave(request, "withdrawn", "cancelled", t)
            else:
                if request.signed < t:
                    request.stage = "under construction"
                fits = request.mw <= utility.installed_mw - utility.energised_mw
                if t >= request.ready and fits and request.utility not in closed:
                    self.energise(request, utility, t)
                    continue
                if t >= request.ready:
                    closed.add(request.utility)
                self.building.append(request)

    def energise(self, request: Request, utility: Utility, t: int) -> None:
        """A site goes into service."""
        self.ledger.energised(request)
        request.stage, request.energised = "energised", t
        utility.energised_mw += request.mw
        utility.signed_mw -= request.mw
        self.service.append(request)

    def expand(self, t: int) -> None:
        """Forecasts of load; in a month of the planning cycle what they lack is ordered, within what can be built."""
        rules = self.rules
        for utility in self.utilities:
            counted = {"full": 1.0, "derated": rules.derate, "none": 0.0}[utility.counting]
            queued_mw = added(r.mw for r in self.queue if r.utility == utility.number)
            utility.forecast_mw = utility.energised_mw + utility.signed_mw + counted * queued_mw
            if t % rules.cycle_months:
                continue
            coming = utility.initial_mw + utility.due_mw(len(utility.committed_mw) - 1)
            lacking = utility.forecast_mw * (1.0 + rules.reserve_margin) - coming
            mw = min(lacking, utility.build_limit_mw_per_year * rules.cycle_months / 12.0)
            if mw > 0.0:
                self.order(utility, mw, t, rules.lead_months, t, utility.key)

    def quote(self, utility: Utility, t: int) -> tuple[float, float]:
        """Months to an agreement and to power, as told to whoever files a median project after month t."""
        rules = self.rules
        waiting = sum(r.utility == utility.number and r.stage in ("filed", "in study") for r in self.queue)
        study = 0.5 * (rules.study_months_min + rules.study_months_max)
        desk = max(0.0, float(waiting - utility.slots)) * study / utility.slots
        signed = desk + study + (1.0 + 0.5 * (rules.agreement_months_min + rules.agreement_months_max))
        site = 0.5 * (rules.construction_months_min + rules.construction_months_max) + rules.slip_mean_months
        fits = [month for month, mw in self.free_by_month(utility, t + 1) if mw >= rules.size_median_mw]
        upgrade = signed + 0.5 * (rules.upgrade_months_min + rules.upgrade_months_max)
        return signed, max(signed + site, float(fits[0] - t) if fits else upgrade)

    def learn(self) -> None:
        """What became of one's own and of one's neighbours' requests this month: the share approved in time."""
        seen = {}
        for a in self.applicants:
            circle = [a, *(self.applicants[j] for j in a.hears)]
            approved, refused = sum(x.approved for x in circle), sum(x.refused for x in circle)
            if approved + refused:
                seen[a.number] = approved / (approved + refused)
        for a in self.applicants:
            if a.number in seen:
                a.approval_seen += self.rules.belief_gain * (seen[a.number] - a.approval_seen)
            a.approved = a.refused = 0

    # The end of the month

    def close(self, t: int) -> None:
        """Count everything afresh, pay for land, bill what is in service, measure."""
        rules = self.rules
        for utility in self.utilities:
            queue = [r for r in self.queue if r.utility == utility.number]
            utility.queued_mw = added(r.mw for r in queue)
            utility.queued_count = len(queue)
            utility.unstudied = sum(r.stage in ("filed", "in study") for r in queue)
            utility.signed_mw = added(r.mw for r in self.building if r.utility == utility.number)
            utility.energised_mw = added(r.mw for r in self.service if r.utility == utility.number)
        speculative, padding, counted = self.count_projects()
        for a in self.applicants:
            own = [r for r in self.service if r.holder == a.number]
            a.queued_mw = added(r.mw for r in self.queue if r.holder == a.number)
            a.signed_mw = added(r.mw for r in self.building if r.holder == a.number)
            a.energised_mw = added([a.initial_mw, *(r.mw for r in own)])
            a.held_mw = added([a.initial_mw, *(r.mw * self.ramp(r, t) for r in own)])
            first = [r for r in counted if r.holder == a.number]
            a.projects_mw = added(r.mw for r in first)
            a.open_positions = len(first) if a.kind == "developer" else 0
        self.pay_for_land(t)
        for request in self.service:
            holder = self.applicants[request.holder]
            used = min(1.0, holder.need_mw / holder.held_mw) if holder.held_mw > 0.0 else 0.0
            drawn = request.mw * self.ramp(request, t) * used
            self.ledger.billed(request, self.terms(request.utility, t), drawn, t)
        due = t + rules.horizon
        waiting, signed = (added(r.mw for r in group if r.wanted <= due) for group in (self.queue, self.building))
        self.measures |= {
            "exited_mw": self.exited_mw,
            "power_claims": waiting + signed,
            "duplicate_mw": added(r.mw for r in self.queue if r not in counted),
            "speculative_mw": speculative,
            "padding_mw": padding + added(r.mw - r.need_mw for r in self.building),
        }
        self.measure_stocks(t)
        self.measure_money()

    def ramp(self, request: Request, t: int) -> float:
        """Share of a request's MW that is due in month t."""
        return min(1.0, (t - request.energised + 1) / self.rules.ramp_months)

    def count_projects(self):
        """Speculative and padding MW in the queue, and the oldest copy of every project of which none has signed."""
        counted: dict[int, Request] = {}
        for request in self.queue:
            if request.project.signed is None:
                counted.setdefault(request.project.number, request)
        oldest = list(counted.values())
        kind = {a.number: a.kind for a in self.applicants}
        speculative = added(r.mw for r in oldest if kind[r.holder] == "developer")
        padding = added(r.mw - r.need_mw for r in oldest if kind[r.holder] != "developer")
        return speculative, padding, dict.fromkeys(oldest)

    def pay_for_land(self, t: int) -> None:
        """Every holder pays for the sites that it keeps in the queue and under construction."""
        rules = self.rules
        option, multiple = rules.land_usd_per_mw_year, rules.land_purchase_multiple
        tariffs = [self.terms(u, t) for u in range(len(self.utilities))]
        rent = [tariff.land_per_month(option, multiple, rules.interest_per_year) for tariff in tariffs]
        for a in self.applicants:
            sites = [r for r in (*self.queue, *self.building) if r.holder == a.number]
            self.ledger.pay(("applicant", a.number), LAND, added(rent[r.utility] * r.mw for r in sites), "land")

    def measure_stocks(self, t: int) -> None:
        """Stocks, and the measures of the power layer."""
        us, people = self.utilities, self.applicants
        capacity = added(u.initial_mw + u.due_mw(t + self.rules.horizon) - u.energised_mw for u in us)
        held, useful = added(a.held_mw for a in people), added(min(a.held_mw, a.need_mw) for a in people)
        waits = sorted(r.energised - r.filed for r in self.service if r.energised > t - 12)
        self.measures |= {
            "queued_mw": added(u.queued_mw for u in us),
            "queued_count": sum(u.queued_count for u in us),
            "study_backlog": sum(u.unstudied for u in us),
            "signed_mw": added(u.signed_mw for u in us),
            "energised_mw": added(a.initial_mw for a in people) + added(u.energised_mw for u in us),
            "unused_mw": added(u.installed_mw - u.energised_mw for u in us),
            "stranded_mw": added(min(u.installed_mw - u.energised_mw, u.installed_mw - u.initial_mw) for u in us),
            "forecast_mw": added(u.forecast_mw for u in us),
            "power_capacity": capacity,
            "power_need": added(max(0.0, a.need_ahead_mw - a.energised_mw) for a in people),
            "power_held": held,
            "power_useful": useful,
            "unserved_need_mw": added(max(0.0, a.need_mw - a.held_mw) for a in people),
            "time_to_power_p50": percentile(waits, 0.50),
            "time_to_power_p95": percentile(waits, 0.95),
        }
        claims, need = self.measures["power_claims"], self.measures["power_need"]
        over = {"apparent": (claims, capacity), "real": (need, capacity), "phantom_ratio": (claims, need)}
        over["dark_share"] = (held - useful, held)
        for name, (above, below) in over.items():
            self.measures[f"power_{name}"] = above / below if below > 0.0 else float("nan")

    def measure_money(self) -> None:
        """What was paid this month, and what utilities hold."""
        paid = self.ledger.paid
        names = {
            "fees_usd": "fee", "land_usd": "land", "forfeited_usd": "forfeit",
            "minimum_take_usd": "minimum take", "exit_fees_usd": "exit fee", "upgrades_usd": "upgrade",
        }  # fmt: skip
        self.measures |= {name: paid[kind] for name, kind in names.items()}
        self.measures["cost_usd"] = added(paid[kind] for kind in names.values())
        held = [added(r.deposit_usd + r.collateral_usd for r in group) for group in (self.queue, self.building)]
        self.measures["deposits_held_usd"] = added(held)
        paid.clear()


def percentile(ordered: list[int], share: float) -> float:
    """Linear between neighbours; NaN of nothing."""
    if not ordered:
        return float("nan")
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])
