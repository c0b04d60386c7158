"""The price of apparent scarcity: a capacity price per area, and what it costs customers.

Every month each area's capacity clears for delivery a lead time ahead: forecast load with the reserve margin against what
will be there by then, on a supply curve of constant elasticity, capped. The forecast counts the queue as the utility does, so
that load that never comes is paid for by everybody. Beside it stands the price had the utility known the true need.
"""

from __future__ import annotations

from gridsim.model.compiling import process, rule
from gridsim.model.elementary import exp, log
from gridsim.model.settlement import CAPACITY, customers_account, move, owners_account
from gridsim.model.state import Params, State

DAYS = 365.0 / 12.0
HOME_MWH_PER_MONTH = 0.86
"""What a home in the US uses (EIA: 10,300 kWh a year)."""


@rule
def capacity_price(params: Params, load_mw: float, supply_mw: float) -> float:
    """US$ per MW and day at which capacity clears: c (L (1 + r) / S)^e, at most the cap.

    c is the cost of new entry, which the price equals where supply just meets load and reserve margin (as administrative
    demand curves of capacity markets are anchored); e the inverse elasticity of supply.
    """
    if load_mw <= 0.0:
        return 0.0
    if supply_mw <= 0.0:
        return params.price_cap * params.entry_usd_per_mw_day
    tightness = load_mw * (1.0 + params.reserve_margin) / supply_mw
    return params.entry_usd_per_mw_day * min(params.price_cap, exp(params.price_steepness * log(tightness)))


@process
def true_load_mw(state: State, params: Params, t: int) -> float:
    """MW of large load that will really be there by t + H: contracted in service now, and the need beyond it."""
    total = 0.0
    for i in range(state.applicants.size):
        contracted = state.applicants.energised_mw[i] - state.applicants.initial_mw[i]
        total += contracted + max(0.0, state.need_mw[i, t + params.horizon] - state.applicants.energised_mw[i])
    return total


@process
def clear_capacity(state: State, params: Params, t: int) -> None:
    """Clear every area's capacity in month t; other customers pay the owners of capacity."""
    forecast_mw = 0.0
    for u in range(state.utilities.size):
        forecast_mw += state.utilities.forecast_mw[u]
    foreseen = true_load_mw(state, params, t) / forecast_mw if forecast_mw > 0.0 else 1.0
    due = min(t + params.lead_months, state.additions.due_mw.shape[1] - 1)
    price_sum = phantom_sum = cost = phantom_cost = load_sum = 0.0
    for u in range(state.utilities.size):
        utility = state.utilities[u]
        other = utility.other_load_mw
        supply = other * (1.0 + params.reserve_margin) + utility.initial_mw + state.additions.due_mw[u, due]
        price = capacity_price(params, other + utility.forecast_mw, supply)
        real = capacity_price(params, other + min(1.0, foreseen) * utility.forecast_mw, supply)
        utility.price_usd_per_mw_day = price
        load_sum += other
        price_sum += other * price
        phantom_sum += other * (price - real)
        cost += other * (1.0 + params.reserve_margin) * price * DAYS
        phantom_cost += other * (1.0 + params.reserve_margin) * (price - real) * DAYS
    move(state.ledger, customers_account(state), owners_account(state), cost, CAPACITY)
    s = state.series
    s.capacity_price_usd_mw_day[t] = price_sum / load_sum if load_sum > 0.0 else 0.0
    s.capacity_price_phantom_usd_mw_day[t] = phantom_sum / load_sum if load_sum > 0.0 else 0.0
    s.capacity_cost_usd[t], s.capacity_cost_phantom_usd[t] = cost, phantom_cost
    per_mwh = s.capacity_price_usd_mw_day[t] * (1.0 + params.reserve_margin) / 24.0
    phantom_per_mwh = s.capacity_price_phantom_usd_mw_day[t] * (1.0 + params.reserve_margin) / 24.0
    s.bill_impact_usd[t] = phantom_per_mwh / params.load_factor_residential * HOME_MWH_PER_MONTH
    s.bill_residential[t] = per_mwh / params.load_factor_residential
    s.bill_commercial[t] = per_mwh / params.load_factor_commercial
    s.bill_industrial[t] = per_mwh / params.load_factor_industrial
    s.peak_load_mw[t] = load_sum
    for i in range(state.applicants.size):
        s.peak_load_mw[t] += state.applicants.held_mw[i]
