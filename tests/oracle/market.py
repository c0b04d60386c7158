"""The second half of a month a second time, on objects; at its end everything is counted afresh.

Slow, obvious Python, written from the rules and not from the kernels: no rows, no free lists, no running shortcuts.
Random numbers (`draws`), elementary functions and allocation rules are the model's own; the logic is not. What agents decide
and believe is handed in every month. Sums run in the order of the lists, with plain additions.
"""

from __future__ import annotations

from tests.oracle.agents import Request, added, percentile
from tests.oracle.construction import Construction
from tests.oracle.filing import Filing
from tests.oracle.gpu_measures import GpuMeasures
from tests.oracle.settlement import LAND


class Market(Filing, Construction, GpuMeasures):
    """A month, but for what agents decide and believe."""

    def settle(self, t: int) -> None:
        """The second half of month t."""
        self.deliver_chips(t)
        self.file(t)
        self.run_desks(t)
        self.build(t)
        self.take_back(t)
        self.expand(t)
        self.quoted_now = [self.quote(utility, t) for utility in self.utilities]
        self.learn()
        self.close(t)

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
        """Count everything afresh, pay for land, bill what is in service, clear the market for capacity, measure."""
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
            if a.fleet is not None:
                a.fleet.planned_mw = self.planned_mw(a, t)
        self.plug_in()
        self.pay_for_land(t)
        for request in self.service:
            holder = self.applicants[request.holder]
            drawn = request.mw * self.ramp(request, t) * holder.use
            self.ledger.billed(request, self.terms(request.utility, t), drawn, t)
        self.clear_capacity(t)
        due = t + rules.horizon
        waiting, signed = (added(r.mw for r in group if r.wanted <= due) for group in (self.queue, self.building))
        self.measures |= {
            "exited_mw": self.exited_mw,
            "restudies": self.restudies,
            "power_claims": waiting + signed,
            "duplicate_mw": added(r.mw for r in self.queue if r not in counted),
            "speculative_mw": speculative,
            "padding_mw": padding + added(r.mw - r.need_mw for r in self.building),
        }
        self.measure_stocks(t)
        self.measure_fleets()
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
        planned = [(u.initial_mw + u.due_mw[t + self.rules.horizon], u.nonfirm_service_mw - u.energised_mw) for u in us]
        capacity = added(mw for pair in planned for mw in pair)
        free = [u.installed_mw - u.energised_mw + u.nonfirm_service_mw for u in us]
        held, useful = added(a.held_mw for a in people), added(min(a.held_mw, a.need_mw) for a in people)
        waits = sorted(r.energised - r.filed for r in self.service if r.energised > t - 12)
        self.measures |= {
            "queued_mw": added(u.queued_mw for u in us),
            "queued_count": sum(u.queued_count for u in us),
            "study_backlog": sum(u.unstudied for u in us),
            "signed_mw": added(u.signed_mw for u in us),
            "energised_mw": added(a.initial_mw for a in people) + added(u.energised_mw for u in us),
            "unused_mw": added(free),
            "stranded_mw": added(min(mw, u.installed_mw - u.initial_mw) for mw, u in zip(free, us, strict=True)),
            "forecast_mw": added(u.forecast_mw for u in us),
            "power_capacity": capacity,
            "power_need": added(max(0.0, a.need_ahead_mw - a.energised_mw) for a in people),
            "power_held": held,
            "power_useful": useful,
            "unserved_need_mw": added(max(0.0, a.need_mw - a.held_mw / a.waste) for a in people),
            "reported_need_mw": added(a.reported_mw for a in people),
            "mfu": added(a.held_mw * a.mfu for a in people) / held if held > 0.0 else float("nan"),
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
        self.measures |= {"rent_usd": paid["rent"], "chips_usd": paid["chips"]}
        held = [added(r.deposit_usd + r.collateral_usd for r in group) for group in (self.queue, self.building)]
        self.measures["deposits_held_usd"] = added(held)
        paid.clear()
