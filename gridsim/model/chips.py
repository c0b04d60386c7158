"""Chips: the vendor shares what it can deliver, and a GPU works only with power behind it.

Owners order for the power that they have, or ahead of planned power (M6); GPUs that come before it wait unplugged. Neoclouds
order while renting pays; their sites have power of their own.
"""

from __future__ import annotations

from gridsim.model.compiling import process, rule, step
from gridsim.model.compute_market import stock_of_clouds
from gridsim.model.elementary import exp, log
from gridsim.model.rationing import share
from gridsim.model.settlement import CHIPS, clouds_account, move, vendor_account
from gridsim.model.state import DEVELOPER, Params, State

EXPANSION = 1.0 / 6.0
"""Share of the GPUs that it lacks that a neocloud orders a month."""


@rule
def deliveries(first: float, growth: float, months: int, t: int) -> float:
    """GPUs that the vendor can deliver in month t: first (1 + g)^min(t, months)."""
    return first * exp(min(t, months) * log(1.0 + growth))


@step
def order_chips(state: State, params: Params, i: int, t: int) -> float:
    """GPUs that agent i orders: for the power that it has or has planned, and no more than it needs with its margin."""
    fleet, applicant = state.fleets[i], state.applicants[i]
    if applicant.kind == DEVELOPER:
        return 0.0
    mw = fleet.planned_mw if params.unplugged else applicant.held_mw
    needed = state.need_mw[i, t] * applicant.waste * (1.0 + applicant.margin)
    return max(0.0, min(mw, needed) * params.gpus_per_mw - fleet.owned_gpus)


@process
def deliver_chips(state: State, params: Params, t: int) -> None:
    """One month of the vendor: orders, deliveries, payments."""
    market, n, clouds = state.market, state.applicants.size, state.neoclouds.size
    for i in range(n):
        market.signals[i], market.record[i] = order_chips(state, params, i, t), state.fleets.bought_gpus[i]
    asked = 0.0
    for i in range(n):
        asked += state.fleets.reserved_gpus[i] + max(state.fleets.order_gpus[i], state.fleets.uncovered_gpus[i])
    stock = stock_of_clouds(state)
    pays = state.cloud.usd_per_hour[0] > params.rent_floor
    growth = EXPANSION * max(0.0, params.cloud_slack * asked - stock) if pays else 0.0
    for j in range(clouds):
        part = state.neoclouds.owned_gpus[j] / stock if stock > 0.0 else 1.0 / clouds
        market.signals[n + j], market.record[n + j] = growth * part, state.neoclouds.bought_gpus[j]
    can = deliveries(params.chips_per_month, params.chips_growth, params.chips_growth_months, t)
    share(market, params.chip_rule, n + clouds, can)
    seller = vendor_account(state)
    for i in range(n):
        fleet = state.fleets[i]
        got = market.granted[i]
        fleet.ordered_gpus = market.signals[i] - got
        fleet.owned_gpus += got
        fleet.bought_gpus += params.order_memory * (got - fleet.bought_gpus)
        state.cloud.delivered_gpus[0] += got
        move(state.ledger, i, seller, got * params.chip_usd, CHIPS)
    for j in range(clouds):
        neocloud = state.neoclouds[j]
        got = market.granted[n + j]
        neocloud.ordered_gpus = market.signals[n + j] - got
        neocloud.owned_gpus += got
        neocloud.bought_gpus += params.order_memory * (got - neocloud.bought_gpus)
        state.cloud.delivered_gpus[0] += got
        move(state.ledger, clouds_account(state), seller, got * params.chip_usd, CHIPS)
