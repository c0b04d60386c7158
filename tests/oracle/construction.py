"""Construction a second time: what arrives, goes into service, is taken back and is ordered; the capacity price."""

from __future__ import annotations

from gridsim.model.elementary import exp, log
from tests.oracle.agents import Request, Utility, added
from tests.oracle.queue import Queue

DAYS_A_MONTH = 365.0 / 12.0


class Construction(Queue):
    """One month of building, and of the market for capacity."""

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
                firm_mw = utility.energised_mw - utility.nonfirm_service_mw
                fits = request.mw <= utility.installed_mw - firm_mw and request.utility not in closed
                if t >= request.ready and (fits or request.nonfirm):
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
        utility.nonfirm_service_mw += request.mw if request.nonfirm else 0.0
        self.service.append(request)

    def take_back(self, t: int) -> None:
        """Once a year a site past its ramp, used less than the terms ask for, is cut to what is used of it.

        The use is that of what its holder had in service at the end of last month.
        """
        for request in self.service:
            months = t - request.energised
            least = self.terms(request.utility, t).use_or_lose_share
            used = self.applicants[request.holder].use
            if months < self.rules.ramp_months or months % 12 or used >= least:
                continue
            utility, cut_mw = self.utilities[request.utility], request.mw * (1.0 - used)
            request.mw -= cut_mw
            request.released_mw += cut_mw
            utility.energised_mw -= cut_mw
            self.exited_mw += cut_mw
            if request.nonfirm:
                utility.nonfirm_service_mw -= cut_mw
                utility.nonfirm_signed_mw -= cut_mw
                utility.nonfirm_mw -= cut_mw
            else:
                self.lines.load(request.bus, -cut_mw)

    def expand(self, t: int) -> None:
        """Forecasts of load; in a month of the planning cycle what they lack is ordered, within what can be built."""
        rules = self.rules
        for utility in self.utilities:
            share = {"full": 1.0, "derated": rules.derate, "none": 0.0}[utility.counting]
            counted_mw = added(r.counted_mw for r in self.queue if r.utility == utility.number)
            utility.forecast_mw = utility.energised_mw + utility.signed_mw + share * counted_mw
            if t % rules.cycle_months:
                continue
            coming = utility.initial_mw + utility.due_mw[-1]
            lacking = utility.forecast_mw * (1.0 + rules.reserve_margin) - coming
            mw = min(lacking, utility.build_limit_mw_per_year * rules.cycle_months / 12.0)
            if mw > 0.0:
                self.order(utility, mw, t, rules.lead_months, t, utility.key)

    def clear_capacity(self, t: int) -> None:
        """Every area's capacity clears for a lead time ahead; all other customers pay for their part of it.

        Contracted and held MW of applicants are those of the month's own count.
        """
        rules, areas, people = self.rules, self.utilities, self.applicants
        margin, total = 1.0 + rules.reserve_margin, added(u.other_load_mw for u in areas)
        expected = added(u.forecast_mw for u in areas)
        true = added(a.energised_mw - a.initial_mw + max(0.0, a.need_ahead_mw - a.energised_mw) for a in people)
        share = min(1.0, true / expected) if expected > 0.0 else 1.0
        phantom = []
        for utility in areas:
            supply = utility.other_load_mw * margin + utility.initial_mw
            supply += utility.due_mw[min(t + rules.lead_months, len(utility.due_mw) - 1)]
            price = self.price(utility.other_load_mw + utility.forecast_mw, supply)
            utility.price_usd_per_mw_day = price
            phantom.append(price - self.price(utility.other_load_mw + share * utility.forecast_mw, supply))
        bought = [(u.other_load_mw, u.price_usd_per_mw_day, p) for u, p in zip(areas, phantom, strict=True)]
        cost = added(mw * margin * price * DAYS_A_MONTH for mw, price, _ in bought)
        self.ledger.pay(("customers", 0), ("owners", 0), cost, "capacity")
        mean = added(mw * price for mw, price, _ in bought) / total if total > 0.0 else 0.0
        self.measures |= {
            "capacity_price_usd_mw_day": mean,
            "capacity_price_phantom_usd_mw_day": added(mw * p for mw, _, p in bought) / total if total > 0.0 else 0.0,
            "capacity_cost_usd": cost,
            "capacity_cost_phantom_usd": added(mw * margin * p * DAYS_A_MONTH for mw, _, p in bought),
            "peak_load_mw": added([*(u.other_load_mw for u in areas), *(a.held_mw for a in people)]),
        }
        impact = self.measures["capacity_price_phantom_usd_mw_day"] * margin / 24.0 / rules.load_factor_residential
        self.measures["bill_impact_usd"] = impact * 0.86  # MWh of a home in a month
        for who in ("residential", "commercial", "industrial"):
            self.measures[f"bill_{who}"] = mean * margin / 24.0 / getattr(rules, f"load_factor_{who}")

    def price(self, load_mw: float, supply_mw: float) -> float:
        """US$ per MW and day: the cost of entry where supply just meets load and reserve, steeply more or less, capped."""
        rules = self.rules
        if load_mw <= 0.0:
            return 0.0
        times = rules.price_cap
        if supply_mw > 0.0:
            tightness = load_mw * (1.0 + rules.reserve_margin) / supply_mw
            times = min(times, exp(rules.price_steepness * log(tightness)))
        return rules.entry_usd_per_mw_day * times

    def quote(self, utility: Utility, t: int) -> tuple[float, float]:
        """Months to an agreement and to power, as told to whoever files a median project after month t.

        The result is known after the wait for a slot and a study, or at the end of the window and of its study.
        """
        rules = self.rules
        queue = [r for r in self.queue if r.utility == utility.number]
        waiting = sum(r.stage in ("filed", "in study") for r in queue)
        study = 0.5 * (rules.study_months_min + rules.study_months_max)
        desk = max(0.0, float(waiting - utility.slots)) * study / utility.slots
        tariff, known = self.terms(utility.number, t), desk + study
        if tariff.collects:
            known = float(tariff.months_to_close(t + 1) + rules.window_study_months)
        signed = known + (1.0 + 0.5 * (rules.agreement_months_min + rules.agreement_months_max))
        site = 0.5 * (rules.construction_months_min + rules.construction_months_max) + rules.slip_mean_months
        ahead_mw = added(r.counted_mw for r in queue)
        fits = self.months_with_room(utility, ahead_mw, rules.size_median_mw, t + 1)
        upgrade = signed + 0.5 * (rules.upgrade_months_min + rules.upgrade_months_max)
        return signed, max(signed + site, float(fits[0] - t) if fits else upgrade)
