"""Construction: agreements become sites, utilities build, and load ramps.

Capacity that arrives this month goes into service first. Signed projects may still be given up; a ready site takes
capacity, in the order of signature and without overtaking. Once a planning cycle every utility orders what its own forecast
asks for, within what it can build.
"""

from __future__ import annotations

from numba import njit

from gridsim.model import draws
from gridsim.model.demand import months_to_event
from gridsim.model.elementary import exp
from gridsim.model.exits import leave
from gridsim.model.rows import leave_project
from gridsim.model.settlement import settle_service
from gridsim.model.state import (
    CANCELLED,
    CONSTRUCTION,
    COUNT_DERATED,
    COUNT_FULL,
    ENERGISED,
    N_BUILDING,
    N_SERVICE,
    SIBLING,
    T_EXITED,
    T_EXITED_NOW,
    WITHDRAWN,
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


@njit(cache=True, forceinline=True)
def delayed(params: Params, purpose_month: int, months: int, key) -> int:
    """Months that an order of `months` really takes: times e^(sigma |z|), never early."""
    z = draws.normal(params.seed, draws.EXPANSION, purpose_month, key)
    return int(months * exp(params.delay_sigma * abs(z)) + 0.5)


@njit(cache=True, forceinline=True)
def order(additions: Additions, u: int, mw: float, planned: int, true: int) -> None:
    """Book an addition by its planned and by its true month; beyond the last month of the table it does not matter."""
    if planned < additions.planned_mw.shape[1]:
        additions.planned_mw[u, planned] += mw
    if true < additions.arriving_mw.shape[1]:
        additions.arriving_mw[u, true] += mw


@njit(cache=True, forceinline=True)
def order_upgrade(state: State, params: Params, r: int, t: int) -> None:
    """Order the upgrade that a signed request needs, for its month of delivery."""
    requests = state.requests
    if requests.upgrade_mw[r] > 0.0:
        months = max(1, requests.deliver[r] - t)
        true = t + delayed(params, 0, months, requests.key[r])
        order(state.additions, requests.utility[r], requests.upgrade_mw[r], t + months, true)


@njit(cache=True, forceinline=True)
def mean_build_months(params: Params) -> float:
    """Mean months from agreement to service, slip included."""
    return 0.5 * (params.construction_months_min + params.construction_months_max) + params.slip_mean_months


@njit(cache=True, forceinline=True)
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


@njit(cache=True, forceinline=True)
def start_service(state: State, r: int, t: int) -> None:
    """Request r goes into service: its deposit and collateral come back, its project is done."""
    requests, utilities = state.requests, state.utilities
    u = requests.utility[r]
    settle_service(state, r)
    requests.stage[r], requests.energised[r] = ENERGISED, t
    utilities.energised_mw[u] += requests.mw[r]
    utilities.signed_mw[u] -= requests.mw[r]
    leave_project(state, requests.project[r])
    state.lists.service[state.counts[N_SERVICE]] = r
    state.counts[N_SERVICE] += 1


@njit(cache=True)
def build(state: State, params: Params, t: int) -> None:
    """One month of every signed request, in the order of signature.

    A second copy that signed in the same month as the first is given up, and so is a project whose month has come. A ready
    site goes into service where installed capacity allows it; where one finds none, later ones of the area wait as well.
    """
    lists, requests, projects, utilities = state.lists, state.requests, state.projects, state.utilities
    exited = state.tally[T_EXITED_NOW]
    kept = 0
    for j in range(state.counts[N_BUILDING]):
        r = lists.building[j]
        if requests.signed[r] < t and projects.signer[requests.project[r]] != r:
            leave(state, params, r, WITHDRAWN, SIBLING, t)
            continue
        if t >= requests.cancel_month[r]:
            leave(state, params, r, WITHDRAWN, CANCELLED, t)
            continue
        if requests.signed[r] < t:
            requests.stage[r] = CONSTRUCTION
        u = requests.utility[r]
        if t >= requests.ready[r] and utilities.blocked[u] != t:
            if utilities.installed_mw[u] - utilities.energised_mw[u] >= requests.mw[r]:
                start_service(state, r, t)
                continue
            utilities.blocked[u] = t
        lists.building[kept] = r
        kept += 1
    state.counts[N_BUILDING] = kept
    state.tally[T_EXITED] += state.tally[T_EXITED_NOW] - exited


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
    build(state, params, t)
    plan_expansion(state, params, t)
