"""Construction: agreements become sites, utilities build, and load ramps.

Capacity that arrives this month goes into service first; then every signed request whose site is ready takes capacity, in
the order of filing and without overtaking: in an area where one ready request finds none, the later ones wait as well.
Once a planning cycle every utility orders what its own forecast asks for, within what it can build.
"""

from __future__ import annotations

from numba import njit

from gridsim.model import draws
from gridsim.model.demand import months_to_event
from gridsim.model.elementary import exp
from gridsim.model.rows import leave_project
from gridsim.model.settlement import settle_service
from gridsim.model.state import (
    CONSTRUCTION,
    COUNT_DERATED,
    COUNT_FULL,
    ENERGISED,
    N_PENDING,
    N_SERVICE,
    Additions,
    Params,
    Requests,
    State,
    Utilities,
)


@njit(cache=True, forceinline=True)
def late_mw(utilities: Utilities, u: int) -> float:
    """Additions that should have arrived and have not."""
    return max(0.0, utilities.ordered_mw[u] - (utilities.installed_mw[u] - utilities.initial_mw[u]))


@njit(cache=True)
def earliest_month(state: State, u: int, mw: float, horizon: int, t: int) -> tuple[int, float]:
    """First month from t to t + horizon in which planned capacity covers the base case and `mw` more, and the MW short.

    t is the first month whose additions have not been put into service. Base case: energised and signed MW of the area and those of earlier active requests, all at full size. The MW short
    is 0 if there is such a month; else the month is t + horizon and what is short of `mw` then is returned, at most `mw`.
    """
    utilities, planned_mw = state.utilities, state.additions.planned_mw
    taken = utilities.energised_mw[u] + utilities.signed_mw[u] + utilities.base_case_mw[u]
    free = utilities.installed_mw[u] + late_mw(utilities, u) - taken
    for m in range(t, t + horizon + 1):
        if m < planned_mw.shape[1]:
            free += planned_mw[u, m]
        if free >= mw:
            return m, 0.0
    return t + horizon, min(mw, mw - free)


@njit(cache=True)
def delayed(params: Params, purpose_month: int, months: int, key) -> int:
    """Months that an order of `months` really takes: times e^(sigma |z|), never early."""
    z = draws.normal(params.seed, draws.EXPANSION, purpose_month, key)
    return int(months * exp(params.delay_sigma * abs(z)) + 0.5)


@njit(cache=True)
def order(additions: Additions, u: int, mw: float, planned: int, true: int) -> None:
    """Book an addition by its planned and by its true month; beyond the last month of the table it does not matter."""
    if planned < additions.planned_mw.shape[1]:
        additions.planned_mw[u, planned] += mw
    if true < additions.arriving_mw.shape[1]:
        additions.arriving_mw[u, true] += mw


@njit(cache=True)
def order_upgrade(state: State, params: Params, r: int, t: int) -> None:
    """Order the upgrade that a signed request needs, for its month of delivery."""
    requests = state.requests
    if requests.upgrade_mw[r] > 0.0:
        months = max(1, requests.deliver[r] - t)
        true = t + delayed(params, 0, months, requests.key[r])
        order(state.additions, requests.utility[r], requests.upgrade_mw[r], t + months, true)


@njit(cache=True)
def build_dates(requests: Requests, params: Params, r: int, t: int) -> None:
    """Draw when a site signed in month t is ready, and when its project would be given up.

    Ready: uniform whole months, plus a lognormal slip of the stated mean. Given up: a constant hazard, twice the mean one
    for a project of no quality and none for a perfect one.
    """
    key = requests.key[r]
    span = params.construction_months_max - params.construction_months_min + 1
    build = params.construction_months_min + int(draws.uniform(params.seed, draws.CONSTRUCTION, 0, key) * span)
    z = draws.normal(params.seed, draws.CONSTRUCTION, 1, key)
    slip = params.slip_mean_months * exp(params.slip_sigma * z - 0.5 * params.slip_sigma * params.slip_sigma)
    requests.ready[r] = t + build + int(slip + 0.5)
    hazard = params.cancel_hazard_per_year * 2.0 * (1.0 - requests.quality[r])
    requests.cancel_month[r] = t + 1 + months_to_event(hazard, draws.uniform(params.seed, draws.CANCEL, 0, key))


@njit(cache=True)
def energise(state: State, t: int) -> None:
    """Put ready sites into service where the area's installed capacity allows it, oldest request first."""
    lists, requests, utilities = state.lists, state.requests, state.utilities
    kept = 0
    for j in range(state.counts[N_PENDING]):
        r = lists.pending[j]
        u = requests.utility[r]
        ready = requests.stage[r] == CONSTRUCTION and t >= requests.ready[r] and utilities.blocked[u] != t
        if ready and utilities.installed_mw[u] - utilities.energised_mw[u] >= requests.mw[r]:
            settle_service(state, r)
            requests.stage[r], requests.energised[r] = ENERGISED, t
            utilities.energised_mw[u] += requests.mw[r]
            utilities.signed_mw[u] -= requests.mw[r]
            leave_project(state, requests.project[r])
            lists.service[state.counts[N_SERVICE]] = r
            state.counts[N_SERVICE] += 1
            continue
        if ready:
            utilities.blocked[u] = t
        lists.pending[kept] = r
        kept += 1
    state.counts[N_PENDING] = kept


@njit(cache=True, forceinline=True)
def forecast_load(utilities: Utilities, params: Params, u: int) -> float:
    """MW of large load that a utility expects: in service, signed, and queued as its counting rule has it."""
    counted = 0.0
    if utilities.counting[u] == COUNT_FULL:
        counted = utilities.queued_mw[u]
    elif utilities.counting[u] == COUNT_DERATED:
        counted = params.derate * utilities.queued_mw[u]
    return utilities.energised_mw[u] + utilities.signed_mw[u] + counted


@njit(cache=True)
def plan_expansion(state: State, params: Params, t: int) -> None:
    """Every utility updates its forecast; in a month of the planning cycle it orders what the forecast lacks."""
    utilities, additions = state.utilities, state.additions
    for u in range(utilities.size):
        utilities.forecast_mw[u] = forecast_load(utilities, params, u)
        if t % params.cycle_months != 0:
            continue
        coming = late_mw(utilities, u)
        for m in range(t + 1, additions.planned_mw.shape[1]):
            coming += additions.planned_mw[u, m]
        lacking = utilities.forecast_mw[u] * (1.0 + params.reserve_margin) - utilities.installed_mw[u] - coming
        mw = min(max(0.0, lacking), utilities.build_limit_mw_per_year[u] * params.cycle_months / 12.0)
        if mw > 0.0:
            true = t + delayed(params, t, params.lead_months, utilities.key[u])
            order(additions, u, mw, t + params.lead_months, true)


@njit(cache=True)
def construct(state: State, params: Params, t: int) -> None:
    """One month of building: arrivals, energisations, new orders."""
    utilities = state.utilities
    for u in range(utilities.size):
        utilities.installed_mw[u] += state.additions.arriving_mw[u, t]
        utilities.ordered_mw[u] += state.additions.planned_mw[u, t]
    energise(state, t)
    plan_expansion(state, params, t)
