"""The market for connections as a Mesa model, a month a step: `PowerMarket(read_settings(scenario), seed).run_model()`.

What somebody who knows Mesa would write for the power layer of gridsim: an agent class for labs, hyperscalers, developers and
utilities, an object for every request, the rules as methods, a DataCollector for the monthly series. Nothing in it is slow
on purpose: every request is looked at once in a pass, what can be kept as a running figure is, and random numbers and
elementary functions are gridsim's compiled ones. Nothing is turned into arrays either.

It covers `configs/baseline.yaml`; what it leaves out is in `settings`. Other things that gridsim does in the same time are left
out as well: the compute layers, which do not bear on power there, the traces of areas, and the checks that MW and money are
conserved. Written to what Mesa 3.3 and 3.5 have in common.
"""

from __future__ import annotations

from collections import defaultdict
from types import SimpleNamespace
from typing import Any

import mesa
from mesa import DataCollector

from gridsim.model import draws

from .accounting import SERIES, account
from .applicants import Applicant
from .choices import capped
from .consumers import Consumer, Hyperscaler, Lab
from .developers import Developer
from .luck import month_word, pair_uniform
from .opening import open_market
from .requests import ENERGISED, FILED, GONE, IN_STUDY, NOT_YET, SIGNED, Request
from .settings import Settings
from .terms import cost_of_filing
from .utility import Utility


class PowerMarket(mesa.Model):
    """Applicants file for power with utilities, which study, build and connect."""

    def __init__(self, settings: Settings, seed: int) -> None:
        super().__init__(rng=seed)
        self.settings = settings
        self.rules = rules = SimpleNamespace(**vars(settings.rules) | {"seed": seed})
        self.month = 0
        self.queue: list[Request] = []  # unsigned, in the order of filing
        self.building: list[Request] = []  # signed, in the order of signature
        self.service: list[Request] = []
        self.paid: defaultdict[str, float] = defaultdict(float)  # of the month, by kind
        self.land_owners_usd = self.customers_usd = self.owners_usd = 0.0
        self.filed_mw = self.exited_mw = 0.0
        self.restudies = 0
        self.power_apparent_by_month: list[float] = []
        self.opening_apparent = self.real_scarcity = 0.0
        build = 0.5 * (rules.construction_months_min + rules.construction_months_max)
        self.mean_build_months = build + rules.slip_mean_months
        self.make_agents()
        self.filing_costs = cost_of_filing([u.terms for u in self.areas], rules)
        self.land_usd_per_mw = self.settings.terms.land_rate(rules) / 12.0
        open_market(self)
        self.datacollector = DataCollector(model_reporters={name: name for name in SERIES})

    def make_agents(self) -> None:
        """All agents, in the order in which gridsim takes them."""
        actors = self.settings.scenario.actors
        kinds: dict[str, tuple[type[Applicant], Any]] = {
            "lab": (Lab, actors.labs),
            "hyperscaler": (Hyperscaler, actors.hyperscalers),
            "developer": (Developer, actors.developers),
        }
        self.applicants: list[Applicant] = []
        for kind, name in self.settings.applicants:
            agent, profile = kinds[kind]
            self.applicants.append(agent(self, name, profile))
        self.consumers = [a for a in self.applicants if isinstance(a, Consumer)]
        for applicant, heard in zip(self.applicants, self.settings.hears, strict=True):
            applicant.hears = [self.applicants[j] for j in heard]
        self.areas: list[Utility] = []
        for name, row in zip(self.settings.utilities, self.settings.endowments, strict=True):
            self.areas.append(Utility(self, name, row[6], row[7]))
        self.people = self.agents.select(agent_type=Applicant)
        self.utilities = self.agents.select(agent_type=Utility)

    def step(self) -> None:
        """One month. Does nothing when the run has ended."""
        t = self.month
        if not self.running:
            return
        self.people.do("plan", t)
        self.file(t)
        self.work_queue(t)
        self.build(t)
        self.utilities.do("expand", t)
        self.perceive(t)
        account(self, t)
        self.datacollector.collect(self)
        self.month += 1
        self.running = self.month < self.settings.scenario.horizon_months

    def file(self, t: int) -> None:
        """Decisions become requests, which pay and join the queue in a drawn order."""
        seed, n = self.rules.seed, len(self.areas)
        self.utilities.do("weigh", t)
        liability = 0.0
        for utility in self.areas:
            liability += utility.terms.unused_take(self.rules.interest_per_year) / n
        patience, luck = month_word(seed, draws.PATIENCE, t), month_word(seed, draws.FILING_ORDER, t)
        fresh = [request for a in self.applicants for request in a.file(liability, patience, t)]
        fresh.sort(key=lambda request: pair_uniform(luck, request.key))
        self.filed_mw = 0.0
        for request in fresh:
            request.applicant.pay_for_filing(request)
            request.utility.unstudied += 1
            self.filed_mw += request.mw
        self.queue += fresh

    def work_queue(self, t: int) -> None:
        """One month of every unsigned request, in the order of filing."""
        self.exited_mw, self.restudies = 0.0, 0
        for utility in self.areas:
            utility.ahead_mw = 0.0
        self.release_surplus(t)
        waiting, self.queue = self.queue, []
        for request in waiting:
            if self.advance(request, t):
                request.utility.ahead_mw += request.mw
                self.queue.append(request)
        for utility in self.areas:
            utility.departed_mw = 0.0

    def release_surplus(self, t: int) -> None:
        """Holders with a surplus give it up over the release time: whole unsigned projects, youngest first."""
        anybody = False
        for applicant in self.consumers:
            if applicant.gap_mw < 0.0:
                applicant.releasing_mw += -applicant.gap_mw / self.rules.release_months
                anybody = True
            else:
                applicant.releasing_mw = 0.0
        if not anybody:
            return
        for request in reversed(self.queue):
            holder, project = request.holder, request.project
            if project.mw <= holder.releasing_mw and project.over == NOT_YET:
                project.over = t
                holder.releasing_mw -= project.mw

    def advance(self, request: Request, t: int) -> bool:
        """One month of an unsigned request; whether it is still in the queue."""
        if t >= request.project.over:
            return self.leave(request)
        if t >= request.patience_end:
            if request.unstudied:
                request.applicant.hear_result(False)
            return self.leave(request)
        utility = request.utility
        if request.stage == FILED:
            if utility.studying < utility.slots:
                utility.start_study(request, t)
        elif request.stage == IN_STUDY:
            if t >= request.study_end:
                utility.report(request, t)
                if request.holder.verdict(request) == "cost":
                    return self.leave(request)
        elif self.rules.restudies and utility.must_restudy(request, t):
            utility.send_back(request)
        elif t >= request.offered:
            return request.holder.accept(request, t)
        return True

    def leave(self, request: Request) -> bool:
        """A request leaves for good: later ones have relied on it, and it settles. Always False: it is in the queue no more."""
        holder, utility, terms, mw = request.holder, request.utility, request.utility.terms, request.mw
        utility.departed_mw += mw
        refund = request.deposit_usd * terms.deposit_refundable_share
        lost = request.deposit_usd - refund + request.collateral_usd
        self.pay_from_escrow(utility, holder, refund, "refund")
        self.pay_from_escrow(utility, utility, lost, "forfeit")
        if request.stage == IN_STUDY:
            utility.studying -= 1
        if request.unstudied:
            utility.unstudied -= 1
        elif request.stage == SIGNED:
            utility.signed_mw -= mw
            self.pay(holder, utility, terms.exit_fee(mw), "exit fee")
        request.stage = GONE
        self.exited_mw += mw
        return False

    def build(self, t: int) -> None:
        """Capacity arrives; every signed site that is ready takes some, in the order of signature, without overtaking."""
        self.utilities.do("receive", t)
        signed, self.building = self.building, []
        for request in signed:
            utility = request.utility
            second = request.signed < t and request.project.signer is not request
            if second or t >= request.cancel_month:
                self.leave(request)
                continue
            if t >= request.ready and utility.blocked != t:
                if utility.installed_mw - utility.energised_mw >= request.mw:
                    self.energise(request, t)
                    continue
                utility.blocked = t
            self.building.append(request)

    def energise(self, request: Request, t: int) -> None:
        """A site goes into service; what was deposited for it comes back."""
        utility = request.utility
        self.pay_from_escrow(utility, request.holder, request.deposit_usd + request.collateral_usd, "refund")
        request.deposit_usd = request.collateral_usd = 0.0
        request.stage, request.energised = ENERGISED, t
        utility.energised_mw += request.mw
        utility.signed_mw -= request.mw
        self.service.append(request)

    def perceive(self, t: int) -> None:
        """Waits are quoted, everybody learns from what was published and heard, then everybody speaks."""
        rules, lag = self.rules, self.rules.publication_lag
        self.utilities.do("quote", t)
        seen = capped(self.opening_apparent if t <= lag else self.power_apparent_by_month[t - 1 - lag])
        row, n = max(0, t - lag), len(self.areas)
        wait = study_wait = 0.0
        for utility in self.areas:
            wait += utility.quoted_wait[row]
            study_wait += utility.quoted_study[row]
        luck = month_word(rules.seed, draws.SIGHT, t)
        self.people.do("learn", seen, wait / n, study_wait / n, luck)
        bias = rules.statement_bias if rules.narrative else 0.0
        self.people.do("speak", capped(self.real_scarcity), bias)

    # Money: every payment, booked by kind

    def pay(self, payer: Any, payee: Any, usd: float, kind: str) -> None:
        """From one agent to another."""
        payer.cash_usd -= usd
        payee.cash_usd += usd
        self.paid[kind] += usd

    def pay_into_escrow(self, payer: Applicant, utility: Utility, usd: float) -> None:
        """Into a utility's keeping."""
        payer.cash_usd -= usd
        utility.escrow_usd += usd

    def pay_from_escrow(self, utility: Utility, payee: Any, usd: float, kind: str) -> None:
        """Out of a utility's keeping, back or to itself."""
        utility.escrow_usd -= usd
        payee.cash_usd += usd
        self.paid[kind] += usd
