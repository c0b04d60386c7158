"""The end of a month: stocks are counted afresh, land and load are billed, capacity is priced, measures are taken."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .choices import added
from .consumers import Consumer
from .requests import Request

if TYPE_CHECKING:
    from .market import PowerMarket

DAYS_A_MONTH = 365.0 / 12.0
HOME_MWH_PER_MONTH = 0.86
STOCKS = ("queued_mw", "queued_count", "signed_mw", "energised_mw", "stranded_mw", "unused_mw", "forecast_mw")
KINDS_OF_QUEUED = ("duplicate_mw", "speculative_mw", "padding_mw", "study_backlog", "restudies")
MEASURES = ("claims", "capacity", "need", "held", "useful", "apparent", "real", "phantom_ratio", "dark_share")
WAITS = ("time_to_power_p50", "time_to_power_p95")
BELIEFS = ("copies_mean", "approval_belief", "believed_wait", "stated_scarcity", "narrative_gap")
FLOWS = {
    "fees_usd": "fee",
    "land_usd": "land",
    "forfeited_usd": "forfeit",
    "minimum_take_usd": "minimum take",
    "exit_fees_usd": "exit fee",
    "upgrades_usd": "upgrade",
}
PRICES = ("capacity_price_usd_mw_day", "capacity_price_phantom_usd_mw_day", "capacity_cost_usd")
PRICES += ("capacity_cost_phantom_usd", "bill_impact_usd", "bill_residential", "bill_commercial", "bill_industrial")
SERIES = (
    "filed_mw",
    "exited_mw",
    *STOCKS,
    *KINDS_OF_QUEUED,
    *(f"power_{name}" for name in MEASURES),
    "unserved_need_mw",
    *WAITS,
    *BELIEFS,
    "cost_usd",
    *FLOWS,
    "deposits_held_usd",
    *PRICES,
    "peak_load_mw",
)
"""What the market measures every month, by gridsim's names; each is an attribute of the market."""


def ratio(above: float, below: float) -> float:
    """NaN where there is nothing to divide by."""
    return above / below if below > 0.0 else math.nan


def ramp_share(months_in_service: int, ramp_months: int) -> float:
    """Share of contracted MW that is due in the n-th month of service."""
    return 1.0 if months_in_service >= ramp_months else months_in_service / ramp_months


def account(market: PowerMarket, t: int) -> None:
    """Close month t."""
    market.agents.do("start_count")
    claims, escrow = count_queue(market, t)
    signed_claims, signed_escrow = count_building(market, t)
    count_service(market, t)
    settle_land(market)
    bill_service(market, t)
    clear_capacity(market, t)
    measure_power(market, claims + signed_claims, t)
    measure_stocks(market)
    measure_waits(market.service, market, t)
    measure_beliefs(market)
    measure_money(market, escrow + signed_escrow)


def count_queue(market: PowerMarket, t: int) -> tuple[float, float]:
    """Count unsigned requests: MW claimed by t + H, US$ in escrow. Of each project the oldest copy counts once."""
    claims = duplicate = speculative = padding = escrow = 0.0
    due, land = t + market.rules.horizon, market.land_usd_per_mw
    for request in market.queue:
        holder, utility, project, mw = request.holder, request.utility, request.project, request.mw
        if request.wanted <= due:
            claims += mw
        holder.land_usd += land * mw
        escrow += request.deposit_usd + request.collateral_usd
        holder.queued_mw += mw
        utility.queued_mw += mw
        utility.queued_count += 1
        if request.unstudied:
            utility.unstudied += 1
        if project.counted == t or project.signer is not None:
            duplicate += mw
            continue
        project.counted = t
        holder.projects_mw += mw
        if holder.speculates:
            speculative += mw
            holder.open_positions += 1
        else:
            padding += mw - request.need_mw
    market.duplicate_mw, market.speculative_mw, market.padding_mw = duplicate, speculative, padding
    return claims, escrow


def count_building(market: PowerMarket, t: int) -> tuple[float, float]:
    """Count signed requests before service: MW claimed by t + H, US$ in escrow."""
    claims = padding = escrow = 0.0
    due, land = t + market.rules.horizon, market.land_usd_per_mw
    for request in market.building:
        holder, mw = request.holder, request.mw
        if request.wanted <= due:
            claims += mw
        holder.land_usd += land * mw
        escrow += request.deposit_usd + request.collateral_usd
        holder.signed_mw += mw
        request.utility.signed_mw += mw
        padding += mw - request.need_mw
    market.padding_mw += padding
    return claims, escrow


def count_service(market: PowerMarket, t: int) -> None:
    """Count requests in service: contracted MW, and what is due under the ramp."""
    ramp = market.rules.ramp_months
    for request in market.service:
        holder, mw = request.holder, request.mw
        request.utility.energised_mw += mw
        holder.energised_mw += mw
        holder.held_mw += mw * ramp_share(t - request.energised + 1, ramp)


def settle_land(market: PowerMarket) -> None:
    """Every applicant pays for the sites that it keeps, and that are not yet in service."""
    for applicant in market.applicants:
        applicant.cash_usd -= applicant.land_usd
        market.land_owners_usd += applicant.land_usd
        market.paid["land"] += applicant.land_usd


def bill_service(market: PowerMarket, t: int) -> None:
    """The demand charge on what is drawn, and while the contract runs on what is missing to the minimum take."""
    ramp, terms = market.rules.ramp_months, market.settings.terms
    charge, least, bound = terms.demand_charge_usd_per_mw_month, terms.minimum_take, 12.0 * terms.contract_years
    use = {a: min(1.0, a.need_mw[t] / a.held_mw) if a.held_mw > 0.0 else 0.0 for a in market.consumers}
    for request in market.service:
        holder, utility, age = request.holder, request.utility, t - request.energised
        drawn_mw = request.mw * ramp_share(age + 1, ramp) * use[holder]
        market.pay(holder, utility, charge * drawn_mw, "demand charge")
        short_mw = least * request.mw - drawn_mw
        if age < bound and short_mw > 0.0:
            market.pay(holder, utility, charge * short_mw, "minimum take")


def clear_capacity(market: PowerMarket, t: int) -> None:
    """Every area's capacity clears at a price; all other customers pay for their part of it."""
    rules, areas = market.rules, market.areas
    forecast = added(u.forecast_mw for u in areas)
    due = t + rules.horizon
    true = added(a.energised_mw - a.initial_mw + max(0.0, a.need_mw[due] - a.energised_mw) for a in market.consumers)
    real_share = min(1.0, true / forecast) if forecast > 0.0 else 1.0
    price_sum = phantom_sum = cost = phantom_cost = load = 0.0
    margin = 1.0 + rules.reserve_margin
    for utility in areas:
        price, phantom = utility.clear_capacity(real_share, t)
        other = utility.other_load_mw
        load += other
        price_sum += other * price
        phantom_sum += other * phantom
        cost += other * margin * price * DAYS_A_MONTH
        phantom_cost += other * margin * phantom * DAYS_A_MONTH
    market.customers_usd -= cost
    market.owners_usd += cost
    price, phantom = (price_sum / load, phantom_sum / load) if load > 0.0 else (0.0, 0.0)
    market.capacity_price_usd_mw_day, market.capacity_price_phantom_usd_mw_day = price, phantom
    market.capacity_cost_usd, market.capacity_cost_phantom_usd = cost, phantom_cost
    per_mwh = price * margin / 24.0
    market.bill_impact_usd = phantom * margin / 24.0 / rules.load_factor_residential * HOME_MWH_PER_MONTH
    market.bill_residential = per_mwh / rules.load_factor_residential
    market.bill_commercial = per_mwh / rules.load_factor_commercial
    market.bill_industrial = per_mwh / rules.load_factor_industrial
    for applicant in market.applicants:
        load += applicant.held_mw
    market.peak_load_mw = load


def planned_capacity(market: PowerMarket, t: int) -> float:
    """MW that the grid can give to new large load by t + H."""
    total = 0.0
    for utility in market.areas:
        total += utility.planned_capacity(t)
        total -= utility.energised_mw
    return total


def need_by_horizon(consumers: list[Consumer], due: int) -> float:
    """MW truly needed by a month and not in service."""
    return added(max(0.0, a.need_mw[due] - a.energised_mw) for a in consumers)


def measure_power(market: PowerMarket, claims: float, t: int) -> None:
    """Claims, capacity, need, held, useful and their ratios."""
    consumers = market.consumers
    held = added(a.held_mw for a in consumers)
    useful = added(min(a.held_mw, a.need_mw[t]) for a in consumers)
    market.unserved_need_mw = added(max(0.0, a.need_mw[t] - a.held_mw) for a in consumers)
    capacity, need = planned_capacity(market, t), need_by_horizon(consumers, t + market.rules.horizon)
    market.power_claims, market.power_capacity, market.power_need = claims, capacity, need
    market.power_held, market.power_useful = held, useful
    market.power_apparent, market.power_real = ratio(claims, capacity), ratio(need, capacity)
    market.power_phantom_ratio, market.power_dark_share = ratio(claims, need), ratio(held - useful, held)
    market.power_apparent_by_month.append(market.power_apparent)


def measure_stocks(market: PowerMarket) -> None:
    """Stocks of the queue and of the grid."""
    areas = market.areas
    free = [u.installed_mw - u.energised_mw for u in areas]
    market.queued_mw, market.signed_mw = added(u.queued_mw for u in areas), added(u.signed_mw for u in areas)
    in_service = added(u.energised_mw for u in areas)
    market.energised_mw = added(a.initial_mw for a in market.consumers) + in_service
    market.unused_mw = added(free)
    market.stranded_mw = added(min(mw, u.installed_mw - u.initial_mw) for mw, u in zip(free, areas, strict=True))
    market.forecast_mw = added(u.forecast_mw for u in areas)
    market.queued_count = sum(u.queued_count for u in areas)
    market.study_backlog = sum(u.unstudied for u in areas)


def measure_waits(service: list[Request], market: PowerMarket, t: int) -> None:
    """Median and 95th percentile of months from filing to service, of the last twelve months."""
    waits = []
    for request in reversed(service):  # the latest first
        if request.energised <= t - 12:
            break
        waits.append(request.energised - request.filed)
    waits.sort()
    market.time_to_power_p50, market.time_to_power_p95 = percentile(waits, 0.50), percentile(waits, 0.95)


def percentile(ordered: list[int], share: float) -> float:
    """Linear between neighbours; NaN of none."""
    if not ordered:
        return math.nan
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def measure_beliefs(market: PowerMarket) -> None:
    """Mean beliefs and statements."""
    needing = market.consumers
    n = len(needing)
    market.copies_mean = ratio(added(a.copies for a in needing), n)
    market.approval_belief = ratio(added(a.approval_belief for a in needing), n)
    market.believed_wait = ratio(added(a.believed_wait for a in needing), n)
    market.stated_scarcity = ratio(added(a.statement for a in market.applicants), len(market.applicants))
    market.narrative_gap = market.stated_scarcity - market.power_real
    market.real_scarcity = market.power_real


def measure_money(market: PowerMarket, held: float) -> None:
    """What was paid this month, and what utilities hold."""
    paid = market.paid
    for name, kind in FLOWS.items():
        setattr(market, name, paid[kind])
    market.cost_usd = added(paid[kind] for kind in FLOWS.values())
    market.deposits_held_usd = held
    paid.clear()
