"""GPUs to rent and GPUs to buy a second time: contracts as objects, the market by the month, prices, and the chip vendor."""

from __future__ import annotations

import math

from gridsim.model.elementary import exp, log
from tests.oracle.agents import Applicant, Request, added
from tests.oracle.efficiency import HOURS_A_MONTH
from tests.oracle.fleets import Contract, Fleet, Fleets

CLOUDS, VENDOR = ("neoclouds", 0), ("vendor", 0)


class GpuMarket(Fleets):
    """Before requests for power are filed."""

    def trade_gpus(self, t: int) -> None:
        """Contracts end and are signed; then GPUs by the month; rents are paid; the price of next month."""
        for fleet in self.fleets:
            self.end_contracts(fleet, t)
        resold = added(fleet.idle_reserved_gpus for fleet in self.fleets) if self.rules.subletting else 0.0
        before = added(fleet.reserved_gpus for fleet in self.fleets)
        stock = added(neocloud.owned_gpus for neocloud in self.neoclouds)
        self.offer_spare(t)
        offered = added(fleet.offered_gpus for fleet in self.fleets)
        free = max(0.0, stock - before)
        wanted = self.sign_contracts(free, t)
        signed = -added([before, *(-fleet.reserved_gpus for fleet in self.fleets)])
        self.rent_by_the_month(max(0.0, free - signed), offered)
        self.pay_rents()
        self.put_to_work()
        self.cloud.traded_at_usd = self.cloud.usd_per_hour
        self.move_price(wanted, free + offered + resold, stock + offered)

    def end_contracts(self, fleet: Fleet, t: int) -> None:
        """Those that end are struck off.

        What is reserved is kept as a running figure, as contracts added up afresh would differ in the last bits.
        """
        over = [contract for contract in fleet.contracts if contract.end == t]
        fleet.contracts = [contract for contract in fleet.contracts if contract.end != t]
        for contract in over:
            fleet.reserved_gpus = max(0.0, fleet.reserved_gpus - contract.gpus)
            fleet.rent_usd_per_hour = max(0.0, fleet.rent_usd_per_hour - contract.usd_per_hour)

    def offer_spare(self, t: int) -> None:
        """Spare GPUs are for rent; owners who leave them dark put more of them out only with a generation or a high price."""
        rules = self.rules
        months = t - rules.generation_offset
        generation = months >= 0 and months % rules.generation_months == 0
        for fleet in self.fleets:
            if rules.dark and not generation and self.cloud.usd_per_hour < rules.release_usd:
                fleet.offered_gpus = min(fleet.surplus_gpus, fleet.offered_gpus)
            else:
                fleet.offered_gpus = fleet.surplus_gpus

    def sign_contracts(self, free: float, t: int) -> float:
        """Everybody orders what is missing, or more; returns GPUs wanted in any way."""
        rules, usd, fleets = self.rules, self.cloud.usd_per_hour, self.fleets
        orders, asked = [], []
        for a in self.applicants:
            if a.fleet is None:
                continue
            order = max(0.0, self.contracts_wanted(a, a.fleet) - a.fleet.reserved_gpus) if self.neoclouds else 0.0
            orders.append(order)
            asked.append(order * self.inflation(a.fleet))
        missing = [f.rent_gpus - f.reserved_gpus for f in fleets]
        wanted = added(max(ask, need) for ask, need in zip(asked, missing, strict=True))
        granted = self.share(rules.cloud_rule, asked, free, [f.reserved_gpus for f in fleets])
        for fleet, order, ask, got in zip(fleets, orders, asked, granted, strict=True):
            signed = min(got, order)  # nobody takes more than wanted, whatever was asked
            contract = Contract(signed, signed * usd, t + rules.term_months)
            fleet.contracts.append(contract)
            fleet.reserved_gpus += contract.gpus
            fleet.rent_usd_per_hour += contract.usd_per_hour
            fleet.order_gpus = ask - signed
        return wanted

    def inflation(self, fleet: Fleet) -> float:
        """Who hoards asks for so many times as much as it takes to get all, as far as believed."""
        if not self.rules.hoarding:
            return 1.0
        return min(self.rules.inflation_max, 1.0 / max(fleet.fill_belief, 1e-9))

    def contracts_wanted(self, a: Applicant, fleet: Fleet) -> float:
        """The newsvendor's stock, of a need part of which is exponential.

        A GPU more costs 1 and is not needed with chance p; else it saves what one would pay by the month, or what lacking
        one costs. A hyperscaler that denies gains from one that idles, in the eyes of a rival that lacks it. The stock is
        that at which p (cost of one that idles) = (1 - p) (gain of one that works): chance of need = cost / worth.
        """
        rules = self.rules
        fill = fleet.fill_belief if rules.hoarding else 1.0
        worth, cost = fill * (1.0 + rules.spot_premium) + (1.0 - fill) * rules.shortage_cost, 1.0
        if rules.denial and rules.hoarding and a.kind == "hyperscaler":
            denied = rules.denial_share * (1.0 - fill) * rules.shortage_cost
            worth, cost = worth - denied, max(0.0, 1.0 - denied)
        if cost == 0.0:
            times = rules.reserve_max
        elif worth <= cost:
            times = 0.0
        else:
            level, swing = 1.0 - rules.burstiness, rules.burstiness
            times = min(max(level + swing * log(worth / cost), 0.0), rules.reserve_max)
        return fleet.mean_rent_gpus * times

    def rent_by_the_month(self, free: float, offered: float) -> None:
        """Everybody who needs more than reserved gets the same share of it; all who supply lend the same share."""
        rules = self.rules
        spare = [fleet.idle_reserved_gpus if rules.subletting else 0.0 for fleet in self.fleets]
        for fleet in self.fleets:
            fleet.uncovered_gpus = max(0.0, fleet.rent_gpus - fleet.reserved_gpus)
        wanted = added(fleet.uncovered_gpus for fleet in self.fleets)
        pool = free + offered + added(spare)
        fill = 1.0 if wanted == 0.0 else min(1.0, pool / wanted)
        taken = 0.0 if pool == 0.0 else fill * wanted / pool
        for fleet, idle in zip(self.fleets, spare, strict=True):
            fleet.spot_gpus = fleet.uncovered_gpus * fill
            fleet.lent_gpus = taken * (fleet.offered_gpus + idle)
            if wanted > 0.0:  # else nobody has tried
                fleet.fill_belief += rules.belief_gain * (fill - fleet.fill_belief)
        self.cloud.filled, self.cloud.free_gpus = fill, free - taken * free

    def pay_rents(self) -> None:
        """Every contract, and at a premium what is rented by the month, to neoclouds; they pay on what was lent."""
        usd = self.cloud.usd_per_hour * (1.0 + self.rules.spot_premium)
        for a in self.applicants:
            if a.fleet is None:
                continue
            hourly = a.fleet.rent_usd_per_hour + usd * a.fleet.spot_gpus
            self.ledger.pay(("applicant", a.number), CLOUDS, hourly * HOURS_A_MONTH, "rent")
            self.ledger.pay(CLOUDS, ("applicant", a.number), usd * a.fleet.lent_gpus * HOURS_A_MONTH, "sublease")

    def move_price(self, wanted: float, free: float, stock: float) -> None:
        """Up where more is wanted than free, down where less is; a price above the first one deters."""
        rules, cloud = self.rules, self.cloud
        if stock > 0.0:
            excess = max(-1.0, min((wanted - free) / stock, 1.0))
            cloud.usd_per_hour = max(cloud.usd_per_hour * exp(rules.rent_speed * excess), rules.rent_floor)
        over_first = cloud.usd_per_hour / rules.rent_usd_per_hour
        cloud.demand = 1.0 if over_first <= 1.0 else exp(rules.rent_elasticity * log(over_first))

    # Chips

    def deliver_chips(self, t: int) -> None:
        """The vendor shares what it can deliver that month; everybody pays for what came."""
        rules, fleets = self.rules, self.fleets
        orders = [self.chips_ordered(a, a.fleet) for a in self.applicants if a.fleet is not None]
        orders += self.neocloud_orders()
        buyers = [*fleets, *self.neoclouds]
        accounts = [("applicant", a.number) for a in self.applicants if a.fleet is not None]
        accounts += [CLOUDS] * len(self.neoclouds)
        months = min(t, rules.chips_growth_months)
        most = rules.chips_per_month * exp(months * log(1.0 + rules.chips_growth))
        granted = self.share(rules.chip_rule, orders, most, [buyer.bought_gpus for buyer in buyers])
        for buyer, account, order, got in zip(buyers, accounts, orders, granted, strict=True):
            buyer.ordered_gpus = order - got
            buyer.owned_gpus += got
            buyer.bought_gpus += rules.order_memory * (got - buyer.bought_gpus)
            self.cloud.delivered_gpus += got
            self.ledger.pay(account, VENDOR, got * rules.chip_usd, "chips")

    def chips_ordered(self, a: Applicant, fleet: Fleet) -> float:
        """What is missing to the power that there is or that is planned, as far as it is needed."""
        rules = self.rules
        power_mw = fleet.planned_mw if rules.unplugged else a.held_mw
        needed_mw = a.reported_mw * (1.0 + a.margin)
        return max(0.0, min(needed_mw, power_mw) * rules.gpus_per_mw - fleet.owned_gpus)

    def neocloud_orders(self) -> list[float]:
        """A sixth of what they lack to serve all with some slack, as long as rents pay; by the size of each."""
        rules, clouds = self.rules, self.neoclouds
        stock = added(neocloud.owned_gpus for neocloud in clouds)
        asked = added(f.reserved_gpus + max(f.order_gpus, f.uncovered_gpus) for f in self.fleets)
        lacking = max(0.0, rules.cloud_slack * asked - stock)
        if self.cloud.usd_per_hour <= rules.rent_floor:
            lacking = 0.0
        shares = [neocloud.owned_gpus / stock if stock > 0.0 else 1.0 / len(clouds) for neocloud in clouds]
        return [1.0 / 6.0 * lacking * share for share in shares]

    def planned_mw(self, a: Applicant, t: int) -> float:
        """MW due some months after month t, were everything signed to be built as planned."""
        rules, due = self.rules, t + self.rules.order_ahead
        signed = [(r, self.planned_month(r)) for r in self.building if r.holder == a.number]
        sites = [(r.mw, month) for r, month in signed if month <= due]
        sites += [(r.mw, r.energised) for r in self.service if r.holder == a.number]
        return added([a.initial_mw, *(mw * min(1.0, (due - month + 1) / rules.ramp_months) for mw, month in sites)])

    def planned_month(self, request: Request) -> int:
        """The first month in service, if capacity and site come as planned."""
        site = request.signed + self.rules.construction_months_min
        return site if request.deliver is None else max(site, request.deliver)

    def put_to_work(self) -> None:
        """What fleets work with: what is live and needed, and what is rented and needed."""
        for fleet in self.fleets:
            fleet.gpus = (
                fleet.live_gpus - fleet.surplus_gpus + min(fleet.rent_gpus, fleet.reserved_gpus) + fleet.spot_gpus
            )
            running = added(contract.gpus for contract in fleet.contracts)
            assert math.isclose(running, fleet.reserved_gpus, rel_tol=1e-9, abs_tol=1e-6), "contracts lost"

    def plug_in(self) -> None:
        """GPUs of one's own that have power at the end of the month."""
        for a in self.applicants:
            if a.fleet is not None:
                powered = a.held_mw * self.rules.gpus_per_mw
                a.fleet.live_gpus = min(a.fleet.owned_gpus, powered) + a.fleet.extra_gpus
