"""Labs and hyperscalers: they need power, and ask for what their forecast lacks."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from gridsim.model import draws

from .applicants import Applicant
from .choices import best_copies, chance_of_any, damped_trend
from .luck import exp, normal, normal_quantile, uniform, uniforms
from .requests import Request
from .terms import CostOfFiling

if TYPE_CHECKING:
    from .market import PowerMarket


class Consumer(Applicant):
    """A lab or hyperscaler: it needs power."""

    def __init__(self, model: PowerMarket, name: str, profile: Any) -> None:
        super().__init__(model, name, profile)
        seed = model.rules.seed
        self.size = exp(profile.size_sigma * normal(seed, draws.SIZE, 0, self.key))
        self.margin = profile.margin
        self.fear = self.draw_trait(draws.TRAIT_FEAR, profile.fear)
        self.supply_line_weight = self.draw_trait(draws.TRAIT_SUPPLY_LINE, profile.supply_line_weight)
        reacts = uniform(seed, draws.TRAIT_OVERREACT, 0, self.key) < profile.overreacting_share
        self.overreaction = profile.overreaction if reacts else 0.0
        self.level_mw = self.trend_mw = 0.0

    def draw_need(self, growth_mw: list[float]) -> None:
        """Need of every month: its share of a growth path, with persistent noise and rare setbacks."""
        rules = self.model.rules
        sigma, rho = rules.growth_noise, rules.noise_persistence
        step, setback = math.sqrt(1.0 - rho * rho), 1.0 - exp(-rules.setback_hazard / 12.0)
        start = need = self.initial_mw = rules.initial_need_mw * self.need_share
        noise = normal(rules.seed, draws.NEED_NOISE, -1, self.key)
        for t, growth in enumerate(growth_mw):
            self.need_mw.append(need)
            shock, mishap = uniforms(rules.seed, draws.NEED_NOISE, t, self.key)
            noise = rho * noise + step * normal_quantile(shock)
            need += self.growth_share * growth * exp(sigma * noise - 0.5 * sigma * sigma)
            if mishap < setback:
                need -= rules.setback_loss * (need - start)

    def first_beliefs(self, scarcity: float, truth: float, study_wait: float) -> None:
        """What it believes at month 0; its forecast starts at its need."""
        super().first_beliefs(scarcity, truth, study_wait)
        self.level_mw = self.need_mw[0]
        self.trend_mw = self.need_mw[1] - self.need_mw[0]

    def plan(self, t: int) -> None:
        """Forecast, compare with what is in service, signed and queued, and ask for the gap over an adjustment time."""
        rules = self.model.rules
        self.update_forecast(self.need_mw[t])
        self.copies = self.choose_copies(self.model.filing_costs)
        wait = min(self.believed_wait, rules.wait_max_months)
        ahead = wait + 0.5 * rules.ramp_months
        forecast = self.level_mw + damped_trend(self.trend_mw, rules.trend_damping, ahead)
        needed = max(0.0, forecast) * (1.0 + self.margin)
        wanted, credit = needed, 1.0
        if rules.speculation:
            wanted *= 1.0 + self.overreaction * max(0.0, wait / rules.reference_wait_months - 1.0)
            credit = self.supply_line_weight * chance_of_any(self.approval_belief, self.copies)
        covered = self.energised_mw + self.signed_mw + credit * self.projects_mw
        self.gap_mw = wanted - covered
        self.room_mw = needed - self.energised_mw - self.signed_mw
        self.ask_mw = max(0.0, self.gap_mw) / rules.adjustment_months

    def update_forecast(self, need_mw: float) -> None:
        """Level and damped trend (Holt)."""
        rules, before = self.model.rules, self.level_mw
        trend = rules.trend_damping * self.trend_mw
        guess = before + trend
        self.level_mw = guess + rules.level_gain * (need_mw - guess)
        self.trend_mw = trend + rules.trend_gain * (self.level_mw - before - trend)

    def choose_copies(self, costs: CostOfFiling) -> int:
        """Areas in which a project is filed: between one and the profitable number, by fear."""
        rules = self.model.rules
        if not rules.duplicates:
            return 1
        best = best_copies(rules, costs, self.approval_belief, max(self.believed_study, 1.0) / 12.0)
        return 1 + int(self.fear * (max(best, 1) - 1) + 0.5)

    def padding(self, liability_usd_per_mw: float) -> float:
        """Share added to a request for perceived scarcity, less where an unneeded MW is dear."""
        rules = self.model.rules
        if not rules.speculation:
            return 0.0
        pad = min(rules.padding * max(0.0, self.scarcity - 1.0), rules.padding_max)
        if rules.value_usd_per_mw > 0.0:
            pad *= max(0.0, 1.0 - liability_usd_per_mw / rules.value_usd_per_mw)
        return pad

    def accept(self, request: Request, t: int) -> bool:
        """Sign if the need has grown to at least half of the request; else wait, and at last let the offer expire."""
        if self.verdict(request):
            return self.model.leave(request)
        if self.room_mw >= 0.5 * request.mw:
            self.sign(request, t)
            return False
        return True if t < request.decide_by else self.model.leave(request)


class Lab(Consumer):
    """An AI lab."""

    kind = "lab"


class Hyperscaler(Consumer):
    """A hyperscaler."""

    kind = "hyperscaler"
