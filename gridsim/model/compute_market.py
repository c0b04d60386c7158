"""Compute market: GPUs of neoclouds, and those that owners do not need, rented under contract and by the month.

Agents reserve for a term and pay whether they use it or not; what they need beyond that they try to rent by the month. A
reservation is insurance: the less one believes to get by the month, the more one reserves (M4), and the less there is to get.
"""

from __future__ import annotations

import numpy as np

from gridsim.model.compiling import process, rule, step
from gridsim.model.efficiency import HOURS_PER_MONTH
from gridsim.model.elementary import exp, log
from gridsim.model.rationing import share
from gridsim.model.settlement import RENT, SUBLEASE, clouds_account, move
from gridsim.model.state import DEVELOPER, HYPERSCALER, Params, State


@rule
def reserve(burstiness: float, worth: float, cost: float) -> float:
    """Contracts that cost least, over the mean need: the need falls short of them with chance 1 - cost / worth.

    Need is (1 - b) + b x exponential, so that the quantile is (1 - b) + b ln(worth / cost): the newsvendor (Arrow, Harris &
    Marschak 1951). `worth` is what a GPU lacking costs: phi s + (1 - phi) v, with price s by the month, believed chance phi
    to get one, and cost v of going without.
    """
    if worth <= cost:
        return 0.0
    return 1.0 - burstiness + burstiness * log(worth / cost) if cost > 0.0 else np.inf


@rule
def next_price(usd: float, speed: float, orders: float, free: float, stock: float, floor: float) -> float:
    """US$ per hour a month later: p exp(lambda clip((orders - free) / stock, -1, 1)), not below the floor."""
    if stock <= 0.0:
        return usd
    return max(floor, usd * exp(speed * min(1.0, max(-1.0, (orders - free) / stock))))


@process
def stock_of_clouds(state: State) -> float:
    """GPUs of all neoclouds."""
    total = 0.0
    for j in range(state.neoclouds.size):
        total += state.neoclouds.owned_gpus[j]
    return total


@step
def end_contracts(state: State, i: int, t: int) -> None:
    """Contracts of agent i that end in month t."""
    fleet = state.fleets[i]
    fleet.reserved_gpus = max(0.0, fleet.reserved_gpus - state.contracts.gpus[i, t])
    fleet.rent_usd_per_hour = max(0.0, fleet.rent_usd_per_hour - state.contracts.usd_per_hour[i, t])


@step
def wanted_contracts(state: State, params: Params, i: int) -> float:
    """GPUs that agent i wants under contract."""
    fleet = state.fleets[i]
    fill = fleet.fill_belief if params.hoarding else 1.0
    worth = fill * (1.0 + params.spot_premium) + (1.0 - fill) * params.shortage_cost
    gain = 0.0  # from an idle GPU that a rival lacks
    if params.denial and params.hoarding and state.applicants.kind[i] == HYPERSCALER:
        gain = params.denial_share * (1.0 - fill) * params.shortage_cost
    times = params.reserve_max  # where even a GPU that always idles pays
    if gain < 1.0:
        times = min(params.reserve_max, max(0.0, reserve(params.burstiness, worth - gain, 1.0 - gain)))
    return fleet.mean_rent_gpus * times


@process
def offer(state: State, params: Params, t: int) -> float:
    """Owners offer what they do not need: at once, or, where they leave it dark, at a new generation or a high price."""
    since = t - params.generation_offset
    released = since >= 0 and since % params.generation_months == 0
    released = released or state.cloud.usd_per_hour[0] >= params.release_usd
    total = 0.0
    for i in range(state.applicants.size):
        fleet = state.fleets[i]
        if not params.dark or released:
            fleet.offered_gpus = fleet.surplus_gpus
        else:
            fleet.offered_gpus = min(fleet.offered_gpus, fleet.surplus_gpus)
        total += fleet.offered_gpus
    return total


@process
def sign_contracts(state: State, params: Params, free: float, t: int) -> float:
    """New contracts, shared by the rule where there is too little; returns the GPUs wanted, in a contract or by the month."""
    market, n = state.market, state.applicants.size
    wanted = 0.0
    for i in range(n):
        fleet = state.fleets[i]
        market.signals[i], market.record[i] = 0.0, fleet.reserved_gpus
        fleet.order_gpus = 0.0
        if state.applicants.kind[i] != DEVELOPER and state.neoclouds.size > 0:
            fleet.order_gpus = max(0.0, wanted_contracts(state, params, i) - fleet.reserved_gpus)
            inflated = min(params.inflation_max, 1.0 / max(fleet.fill_belief, 1e-9)) if params.hoarding else 1.0
            market.signals[i] = fleet.order_gpus * inflated
        wanted += max(market.signals[i], fleet.rent_gpus - fleet.reserved_gpus)
    share(market, params.cloud_rule, n, free)
    usd, ends = state.cloud.usd_per_hour[0], t + params.term_months
    for i in range(n):
        fleet = state.fleets[i]
        signed = min(market.granted[i], fleet.order_gpus)
        fleet.order_gpus = market.signals[i] - signed
        fleet.reserved_gpus += signed
        fleet.rent_usd_per_hour += signed * usd
        if ends < state.contracts.gpus.shape[1]:
            state.contracts.gpus[i, ends] += signed
            state.contracts.usd_per_hour[i, ends] += signed * usd
    return wanted


@process
def rent_by_the_month(state: State, params: Params, free: float, offered: float) -> None:
    """Share neoclouds' free GPUs, and what owners offer, among those who need more than they have reserved."""
    wanted = idle = 0.0
    for i in range(state.applicants.size):
        fleet = state.fleets[i]
        fleet.uncovered_gpus = max(0.0, fleet.rent_gpus - fleet.reserved_gpus)
        wanted += fleet.uncovered_gpus
        if params.subletting:
            idle += max(0.0, fleet.reserved_gpus - fleet.rent_gpus)
    pool = free + offered + idle
    fill = min(1.0, pool / wanted) if wanted > 0.0 else 1.0
    gain = params.belief_gain if wanted > 0.0 else 0.0  # who tries nothing learns nothing
    taken = fill * wanted / pool if pool > 0.0 else 0.0
    for i in range(state.applicants.size):
        fleet = state.fleets[i]
        fleet.spot_gpus = fill * fleet.uncovered_gpus
        spare = max(0.0, fleet.reserved_gpus - fleet.rent_gpus) if params.subletting else 0.0
        fleet.lent_gpus = taken * (fleet.offered_gpus + spare)
        if state.applicants.kind[i] != DEVELOPER:
            fleet.fill_belief += gain * (fill - fleet.fill_belief)
    state.cloud.free_gpus[0] = free - taken * free
    state.cloud.filled[0] = fill


@process
def pay_rent(state: State, params: Params) -> None:
    """Contracts are paid whether used or not, GPUs by the month at a premium; who has lent some gets what they bring."""
    usd = state.cloud.usd_per_hour[0] * (1.0 + params.spot_premium)
    clouds = clouds_account(state)
    for i in range(state.applicants.size):
        fleet = state.fleets[i]
        hourly = fleet.rent_usd_per_hour + usd * fleet.spot_gpus
        move(state.ledger, i, clouds, hourly * HOURS_PER_MONTH, RENT)
        move(state.ledger, clouds, i, usd * fleet.lent_gpus * HOURS_PER_MONTH, SUBLEASE)


@process
def put_to_work(state: State, stock: float, t: int) -> None:
    """What every fleet works with: what it needs of its own and of what it rents; the rest idles or is lent. Every GPU counts."""
    somewhere = state.cloud.free_gpus[0]
    there = stock
    for i in range(state.applicants.size):
        fleet = state.fleets[i]
        fleet.gpus = fleet.live_gpus - fleet.surplus_gpus + min(fleet.reserved_gpus, fleet.rent_gpus) + fleet.spot_gpus
        idle = fleet.surplus_gpus + max(0.0, fleet.reserved_gpus - fleet.rent_gpus)
        somewhere += fleet.gpus + idle - fleet.lent_gpus
        there += fleet.live_gpus
    state.series.imbalance_gpus[t] = abs(somewhere - there) / max(1.0, there)


@process
def trade_gpus(state: State, params: Params, t: int) -> None:
    """One month of the market for GPUs to rent."""
    reserved = idle = 0.0  # before new contracts
    for i in range(state.applicants.size):
        end_contracts(state, i, t)
        reserved += state.fleets.reserved_gpus[i]
        if params.subletting:
            idle += max(0.0, state.fleets.reserved_gpus[i] - state.fleets.rent_gpus[i])
    stock = stock_of_clouds(state)
    offered = offer(state, params, t)
    free = max(0.0, stock - reserved)
    wanted = sign_contracts(state, params, free, t)
    for i in range(state.applicants.size):
        reserved -= state.fleets.reserved_gpus[i]  # what has been signed, negative
    rent_by_the_month(state, params, max(0.0, free + reserved), offered)
    pay_rent(state, params)
    put_to_work(state, stock, t)
    cloud = state.cloud[0]
    state.series.price_usd_gpu_h[t] = cloud.usd_per_hour
    cloud.usd_per_hour = next_price(
        cloud.usd_per_hour, params.rent_speed, wanted, free + offered + idle, stock + offered, params.rent_floor
    )
    ratio = cloud.usd_per_hour / params.rent_usd_per_hour
    cloud.demand = exp(params.rent_elasticity * log(max(1.0, ratio)))
