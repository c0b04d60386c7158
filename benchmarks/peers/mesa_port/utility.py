"""Utilities: they study requests, quote waits, order capacity by their own forecast, and clear a price for it."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

import mesa

from gridsim.model import draws

from .luck import exp, log, name_key, normal, uniform, uniforms, whole
from .requests import FILED, IN_STUDY, STUDIED, Request

if TYPE_CHECKING:
    from .market import PowerMarket

SAME_MW = 1e-6
"""Results of a study that differ by less are the same."""


class Utility(mesa.Agent):
    """A utility and its area."""

    def __init__(self, model: PowerMarket, name: str, attraction: float, slots: float) -> None:
        super().__init__(model)
        rules = model.rules
        self.name, self.attraction, self.slots = name, attraction, int(slots)
        self.key = name_key(f"utility/{name}")
        self.terms = model.settings.terms
        self.size = exp(model.settings.scenario.actors.utilities.size_sigma * self.draw_normal(draws.AREA_SIZE))
        self.counting_share = self.draw_counting()
        self.review_offset = int(uniform(rules.seed, draws.REVIEW, 0, self.key) * rules.review_months)
        self.installed_mw = self.initial_mw = self.other_load_mw = self.build_limit_mw_per_year = 0.0
        self.due_mw: list[float] = []  # additions in service by the end of each month, as planned
        self.arriving_mw: list[float] = []  # in each month, in truth
        self.energised_mw = self.signed_mw = self.queued_mw = 0.0
        self.queued_count = self.unstudied = self.studying = 0
        self.ahead_mw = 0.0  # queued MW that the month's pass has met so far
        self.departed_mw = 0.0  # what has left, and stood before the requests that the pass has yet to meet
        self.forecast_mw = 0.0
        self.blocked: int | None = None  # month in which a ready site found no capacity
        self.quoted_study: list[float] = []  # months to an agreement, by month + 1
        self.quoted_wait: list[float] = []  # and to power
        self.distaste = 0.0
        self.cash_usd = self.escrow_usd = 0.0

    def draw_normal(self, purpose: int) -> float:
        """A standard normal number."""
        return normal(self.model.rules.seed, purpose, 0, self.key)

    def draw_counting(self) -> float:
        """The share of queued MW that its forecast counts: all, a part, or none."""
        rules = self.model.settings.scenario.actors.utilities.counting_rules
        mark = uniform(self.model.rules.seed, draws.COUNTING, 0, self.key) * (rules.full + rules.derated + rules.none)
        if mark < rules.full:
            return 1.0
        return self.model.rules.derate if mark < rules.full + rules.derated else 0.0

    def endow(self, headroom: float, committed: float, largest: float, other_load: float) -> None:
        """Capacity and committed additions; MW, or MW a year."""
        self.installed_mw = self.initial_mw = headroom
        self.build_limit_mw_per_year, self.other_load_mw = largest, other_load
        months, due = self.model.settings.table_months, 0.0
        self.arriving_mw = [committed / 12.0 if t < self.model.rules.lead_months else 0.0 for t in range(months)]
        for arriving in self.arriving_mw:
            due += arriving
            self.due_mw.append(due)

    # Studies

    def earliest_month(self, ahead_mw: float, mw: float, t: int) -> tuple[int, float]:
        """The first month until t + H in which planned capacity covers what is ahead and `mw` more, and the MW short."""
        initial, last = self.initial_mw, t + self.model.rules.horizon
        taken = self.energised_mw + self.signed_mw + ahead_mw
        free = initial + self.due_mw[last] - taken
        if free < mw:
            return last, min(mw, mw - free)
        return bisect_left(self.due_mw, True, t, last, key=lambda due: initial + due - taken >= mw), 0.0

    def start_study(self, request: Request, t: int) -> None:
        """The request takes a slot."""
        rules = self.model.rules
        luck = uniform(rules.seed, draws.STUDY, request.restudies, request.key)
        request.stage = IN_STUDY
        request.study_end = t + whole(rules.study_months_min, rules.study_months_max, luck)
        self.studying += 1

    def report(self, request: Request, t: int) -> None:
        """The result of a study: month of delivery, upgrade, and how long the offer stands."""
        rules = self.model.rules
        self.studying -= 1
        self.unstudied -= 1
        deliver, short_mw = self.earliest_month(self.ahead_mw, request.mw, t)
        if short_mw > 0.0:
            _, luck = uniforms(rules.seed, draws.UPGRADE, 1, request.key)
            deliver = t + whole(rules.upgrade_months_min, rules.upgrade_months_max, luck)
        _, luck = uniforms(rules.seed, draws.STUDY, 0, request.key)
        request.stage, request.deliver, request.upgrade_mw = STUDIED, deliver, short_mw
        request.upgrade_usd = self.upgrade_cost(request)
        request.offered = t + whole(rules.agreement_months_min, rules.agreement_months_max, luck)
        request.decide_by = request.offered + int(self.terms.sign_within_months)
        service = max(deliver, request.offered + int(self.model.mean_build_months))
        request.applicant.hear_result(service - request.filed <= rules.horizon)

    def upgrade_cost(self, request: Request) -> float:
        """US$, lognormal per MW, dearer where capacity falls short."""
        rules = self.model.rules
        z = normal(rules.seed, draws.UPGRADE, 0, request.key)
        per_mw = rules.upgrade_median_usd_per_mw * exp(rules.upgrade_sigma * z)
        return per_mw * (request.mw * (rules.scarce_cost_factor if request.upgrade_mw > 0.0 else 1.0))

    def must_restudy(self, request: Request, t: int) -> bool:
        """Whether the result of a study changes with what has left before the request."""
        if self.departed_mw == 0.0:
            return False
        before, short_before = self.earliest_month(self.ahead_mw + self.departed_mw, request.mw, t)
        after, short_after = self.earliest_month(self.ahead_mw, request.mw, t)
        return before != after or abs(short_before - short_after) > SAME_MW

    def send_back(self, request: Request) -> None:
        """The request waits for a slot again, at its old place."""
        request.stage = FILED
        request.restudies += 1
        self.unstudied += 1
        self.model.restudies += 1

    # Capacity

    def order(self, mw: float, planned: int, true: int) -> None:
        """An addition is planned for a month, and arrives in another."""
        for month in range(planned, len(self.due_mw)):
            self.due_mw[month] += mw
        if true < len(self.arriving_mw):
            self.arriving_mw[true] += mw

    def delayed(self, months: int, purpose_month: int, key: int) -> int:
        """Months that an order really takes: never early."""
        rules = self.model.rules
        z = normal(rules.seed, draws.EXPANSION, purpose_month, key)
        return int(months * exp(rules.delay_sigma * abs(z)) + 0.5)

    def order_upgrade(self, request: Request, t: int) -> None:
        """Order the capacity that a signed request was found to lack."""
        if request.upgrade_mw > 0.0:
            months = max(1, request.deliver - t)
            self.order(request.upgrade_mw, t + months, t + self.delayed(months, 0, request.key))

    def receive(self, t: int) -> None:
        """What arrives this month goes into service."""
        self.installed_mw += self.arriving_mw[t]

    def expand(self, t: int) -> None:
        """Forecast load; once a planning cycle, order what the forecast lacks, within what can be built."""
        rules = self.model.rules
        self.forecast_mw = self.energised_mw + self.signed_mw + self.counting_share * self.ahead_mw
        if t % rules.cycle_months:
            return
        lacking = self.forecast_mw * (1.0 + rules.reserve_margin) - (self.initial_mw + self.due_mw[-1])
        mw = min(max(0.0, lacking), self.build_limit_mw_per_year * rules.cycle_months / 12.0)
        if mw > 0.0:
            self.order(mw, t + rules.lead_months, t + self.delayed(rules.lead_months, t, self.key))

    def planned_capacity(self, t: int) -> float:
        """MW at the end of month t + H."""
        return self.initial_mw + self.due_mw[t + self.model.rules.horizon]

    def price(self, load_mw: float, supply_mw: float) -> float:
        """US$ per MW and day: the cost of entry where supply just meets load and reserve, steeply more or less, capped."""
        rules = self.model.rules
        if load_mw <= 0.0:
            return 0.0
        if supply_mw <= 0.0:
            return rules.price_cap * rules.entry_usd_per_mw_day
        tightness = load_mw * (1.0 + rules.reserve_margin) / supply_mw
        return rules.entry_usd_per_mw_day * min(rules.price_cap, exp(rules.price_steepness * log(tightness)))

    def clear_capacity(self, real_share: float, t: int) -> tuple[float, float]:
        """Its price for a lead time ahead, and what of it is owed to load that is never built."""
        rules, other = self.model.rules, self.other_load_mw
        due = self.due_mw[min(t + rules.lead_months, len(self.due_mw) - 1)]
        supply = other * (1.0 + rules.reserve_margin) + self.initial_mw + due
        price = self.price(other + self.forecast_mw, supply)
        return price, price - self.price(other + real_share * self.forecast_mw, supply)

    # What it tells

    def quote(self, t: int) -> None:
        """Months to an agreement and to power for whoever files a median project after month t."""
        rules, model = self.model.rules, self.model
        study = 0.5 * (rules.study_months_min + rules.study_months_max)
        draw_up = 1.0 + 0.5 * (rules.agreement_months_min + rules.agreement_months_max)
        waiting = max(0.0, float(self.unstudied - self.slots))
        agreement = waiting * study / self.slots + study + draw_up
        month, short_mw = self.earliest_month(self.ahead_mw, rules.size_median_mw, t + 1)
        capacity = float(month - t)
        if short_mw > 0.0:
            capacity = agreement + 0.5 * (rules.upgrade_months_min + rules.upgrade_months_max)
        self.quoted_study.append(agreement)
        self.quoted_wait.append(max(agreement + model.mean_build_months, capacity))

    def weigh(self, t: int) -> None:
        """How little applicants like the area: quoted waits as last published repel, attraction attracts."""
        rules = self.model.rules
        wait = min(self.quoted_wait[max(0, t - rules.publication_lag)], rules.wait_max_months)
        self.distaste = 1.0 / max(1e-300, self.attraction * exp(-rules.wait_sensitivity * wait))

    def start_count(self) -> None:
        """Stocks are counted afresh."""
        self.energised_mw = self.signed_mw = self.queued_mw = 0.0
        self.queued_count = self.unstudied = 0
