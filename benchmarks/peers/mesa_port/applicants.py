"""What all applicants do: file projects, pay, sign and learn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import mesa
import numpy as np

from gridsim.model import draws

from .luck import (
    exp,
    log,
    months_to_event,
    name_key,
    normal,
    normal_quantile,
    pair_key,
    pair_uniform,
    subkey,
    uniform,
    whole,
    word,
)
from .requests import SIGNED, Project, Request

if TYPE_CHECKING:
    from .market import PowerMarket
    from .utility import Utility

SIZE_MIN_MW = 5.0
APPROVAL_MIN = 0.01


class Applicant(mesa.Agent):
    """Whoever files requests. A subclass says what it asks for, and what it does with an agreement."""

    kind = ""
    speculates = False

    def __init__(self, model: PowerMarket, name: str, profile: Any) -> None:
        super().__init__(model)
        self.name, self.profile = name, profile
        self.key = name_key(f"{self.kind}/{name}")
        self.exposure = self.draw_trait(draws.TRAIT_EXPOSURE, profile.exposure)
        self.size = 1.0
        self.need_share = self.growth_share = 0.0
        self.need_mw: list[float] = []  # by month
        self.hears: list[Applicant] = []
        self.believed_wait = self.believed_study = self.scarcity = self.statement = 0.0
        self.approval_belief = self.approval_seen = 0.0
        self.approved_now = self.refused_now = 0
        self.initial_mw = self.energised_mw = self.held_mw = self.signed_mw = self.queued_mw = self.projects_mw = 0.0
        self.open_positions = 0
        self.gap_mw = self.room_mw = self.ask_mw = 0.0
        self.copies = 1
        self.preparing_mw = self.releasing_mw = 0.0
        self.next_key: np.uint64 | None = None
        self.next_mw = 0.0
        self.projects_filed = 0
        self.land_usd = self.cash_usd = 0.0

    def draw_trait(self, purpose: int, trait: Any) -> float:
        """Uniform on mean +/- spread, cut to [0, 1]."""
        luck = uniform(self.model.rules.seed, purpose, 0, self.key)
        return min(1.0, max(0.0, trait.mean + trait.spread * (2.0 * luck - 1.0)))

    def first_beliefs(self, scarcity: float, truth: float, study_wait: float) -> None:
        """What it believes at month 0."""
        rules = self.model.rules
        self.believed_wait = min(rules.reference_wait_months, rules.wait_max_months)
        self.believed_study = study_wait
        self.approval_belief = self.approval_seen = rules.initial_approval
        self.scarcity, self.statement = scarcity, truth

    # Deciding

    def plan(self, t: int) -> None:
        """Decide how many MW to ask for, and in how many areas."""
        raise NotImplementedError

    def accept(self, request: Request, t: int) -> bool:
        """Act on a studied request whose agreement is drawn up; whether it is still in the queue."""
        raise NotImplementedError

    def verdict(self, request: Request) -> str:
        """Why it would not sign a studied request: it is not worth its cost, or not the money due; empty if it would."""
        rules, terms, quality = self.model.rules, request.utility.terms, request.quality
        worth = quality * rules.value_usd_per_mw - request.upgrade_usd / request.mw
        if worth < 0.0:
            return "cost"
        years = rules.construction_months_max / 12.0
        carry = terms.collateral_usd_per_mw * (1.0 - exp(-rules.interest_per_year * years))
        for_nothing = (1.0 - quality) * terms.unused_take(rules.interest_per_year)
        return "money due" if worth < carry + for_nothing else ""

    # Filing

    def file(self, liability_usd_per_mw: float, patience: np.uint64, t: int) -> list[Request]:
        """The requests of the whole projects that are ready; what is asked for beyond them stays in preparation."""
        rules, filed = self.model.rules, []
        if self.ask_mw <= 0.0:
            self.preparing_mw = 0.0
            return []
        most = rules.filings_max if self.speculates else rules.projects_max
        padding = 1.0 + self.padding(liability_usd_per_mw)
        self.preparing_mw += self.ask_mw
        for _ in range(most):
            if self.next_key is None:
                self.next_key = subkey(self.key, self.projects_filed)
                self.next_mw = self.project_size(self.next_key)
            if self.preparing_mw < self.next_mw:
                return filed
            self.preparing_mw -= self.next_mw
            self.projects_filed += 1
            filed += self.file_project(self.next_key, self.next_mw, padding, patience, t)
            self.next_key = None
        self.preparing_mw = min(self.preparing_mw, rules.size_max_mw)
        return filed

    def padding(self, liability_usd_per_mw: float) -> float:
        """Share added to a request for perceived scarcity, less where an unneeded MW is dear."""
        return 0.0

    def project_size(self, key: np.uint64) -> float:
        """MW of a project: lognormal, cut at the largest size and at the smallest."""
        rules = self.model.rules
        z = normal(rules.seed, draws.PROJECT_SIZE, 0, key)
        return max(SIZE_MIN_MW, min(rules.size_max_mw, rules.size_median_mw * exp(rules.size_sigma * z)))

    def project_quality(self, key: np.uint64) -> float:
        """Chance that a project goes through."""
        rules = self.model.rules
        return exp(log(uniform(rules.seed, draws.PROJECT_QUALITY, 0, key)) / rules.quality_shape)

    def file_project(
        self, key: np.uint64, need_mw: float, padding: float, patience: np.uint64, t: int
    ) -> list[Request]:
        """One project in the areas that it likes best: a logit choice without replacement."""
        rules, mw = self.model.rules, need_mw * padding
        taste = np.uint64(word(rules.seed, draws.SITE_TASTE, 0, key))
        liked = sorted(self.model.areas, key=lambda u: -log(pair_uniform(taste, u.key)) * u.distaste)
        project, quality = Project(mw), self.project_quality(key)
        wanted = t + int(min(self.believed_wait, rules.reference_wait_months) + 0.5)
        filed = []
        for n, utility in enumerate(liked[: min(self.copies, rules.sites_max)]):
            copy = pair_key(key, n)
            end = self.patience_end(utility, copy, patience, t)
            filed.append(Request(project, self, self, utility, copy, mw, need_mw, quality, t, wanted, end))
        return filed

    def patience_end(self, utility: Utility, key: np.uint64, patience: np.uint64, t: int) -> int:
        """The month in which interest is lost; of who tells nobody, the first review of the area's queue after it."""
        rules = self.model.rules
        luck = pair_uniform(patience, key)
        end = t + 1 + months_to_event(rules.patience_hazard_per_year, luck, rules.patience_shape)
        if pair_uniform(patience, ~key) < rules.silent_share:
            late = (end + utility.review_offset) % rules.review_months
            end += rules.review_months - late if late > 0 else 0
        return end

    # Paying

    def pay_for_filing(self, request: Request) -> None:
        """Study fee and deposit."""
        utility, terms = request.utility, request.utility.terms
        self.model.pay(self, utility, terms.study_fee(request.mw), "fee")
        request.deposit_usd = terms.deposit_usd_per_mw * request.mw
        self.model.pay_into_escrow(self, utility, request.deposit_usd)

    def sign(self, request: Request, t: int) -> None:
        """Sign: pay, and schedule construction; the utility commits capacity and orders the upgrade."""
        utility, project = request.utility, request.project
        request.collateral_usd = utility.terms.collateral_usd_per_mw * request.mw
        self.model.pay_into_escrow(self, utility, request.collateral_usd)
        self.model.pay(self, utility, request.upgrade_usd, "upgrade")
        self.room_mw -= request.mw
        utility.signed_mw += request.mw
        request.stage, request.signed = SIGNED, t
        if project.signer is None:
            project.signer, project.over = request, min(project.over, t + 1)
        self.schedule(request, t)
        utility.order_upgrade(request, t)
        self.model.building.append(request)

    def schedule(self, request: Request, t: int) -> None:
        """Draw when a site signed in month t is ready, and when its project would be given up."""
        rules = self.model.rules
        months = uniform(rules.seed, draws.CONSTRUCTION, 0, request.key)
        z = normal(rules.seed, draws.CONSTRUCTION, 1, request.key)
        slip = rules.slip_mean_months * exp(rules.slip_sigma * z - 0.5 * rules.slip_sigma * rules.slip_sigma)
        build = whole(rules.construction_months_min, rules.construction_months_max, months)
        request.ready = t + build + int(slip + 0.5)
        hazard = rules.cancel_hazard_per_year * 2.0 * (1.0 - request.quality)
        luck = uniform(rules.seed, draws.CANCEL, 0, request.key)
        request.cancel_month = t + 1 + months_to_event(hazard, luck)

    # Learning

    def hear_result(self, in_time: bool) -> None:
        """What became of a request of its own."""
        self.approved_now += in_time
        self.refused_now += not in_time

    def learn(self, seen: float, wait: float, study_wait: float, luck: np.uint64) -> None:
        """Adapt all beliefs to what was published, what it heard, and what became of its and its neighbours' requests."""
        rules, gain = self.model.rules, self.model.rules.belief_gain
        noise = exp(rules.sight_noise * normal_quantile(pair_uniform(luck, self.key)))
        heard = seen
        if self.hears:
            heard = 0.0
            for other in self.hears:
                heard += other.statement
            heard /= len(self.hears)
        told = (1.0 - rules.narrative_weight) * seen * noise + rules.narrative_weight * heard
        self.scarcity += gain * (told - self.scarcity)
        self.believed_wait += gain * (min(wait * noise, rules.wait_max_months) - self.believed_wait)
        self.believed_study += gain * (study_wait * noise - self.believed_study)
        approved = self.approved_now + sum(other.approved_now for other in self.hears)
        refused = self.refused_now + sum(other.refused_now for other in self.hears)
        if approved + refused:
            self.approval_seen += gain * (approved / (approved + refused) - self.approval_seen)
        public = min(1.0, 1.0 / max(self.scarcity, 1.0))
        target = rules.weight_own * self.approval_seen + (1.0 - rules.weight_own) * public
        self.approval_belief = max(APPROVAL_MIN, self.approval_belief + gain * (target - self.approval_belief))

    def speak(self, truth: float, bias: float) -> None:
        """Say how scarce power is: as it is, and more so the more it is exposed."""
        self.statement = truth + bias * self.exposure
        self.approved_now = self.refused_now = 0

    def start_count(self) -> None:
        """Stocks are counted afresh."""
        self.energised_mw = self.held_mw = self.initial_mw
        self.signed_mw = self.queued_mw = self.projects_mw = self.land_usd = 0.0
        self.open_positions = 0
