"""Construction: agreements become sites, utilities build, and load ramps.

Capacity that arrives this month goes into service first. Signed projects may still be given up; a ready site takes
capacity, in the order of signature and without overtaking. Once a planning cycle every utility orders what its own forecast
asks for, within what it can build.
"""

from __future__ import annotations

from gridsim.model import draws
from gridsim.model.compiling import process, rule, step
from gridsim.model.demand import months_to_event
from gridsim.model.efficiency import reported_need
from gridsim.model.elementary import exp
from gridsim.model.exits import leave
from gridsim.model.rows import leave_project, load_lines
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


@process
def earliest_month(state: State, u: int, ahead_mw: float, mw: float, horizon: int, t: int) -> tuple[int, float]:
    """First month from t to t + horizon by which planned capacity covers the base case and `mw` more, and the MW short.

    Base case: firm energised and signed MW of the area and the `ahead_mw` of earlier active requests, all at full size. The MW
    short is 0 if there is such a month; else the month is t + horizon and what is short of `mw` then is returned, at most `mw`.
    """
    utility = state.utilities[u]
    due_mw = state.additions.due_mw
    taken = utility.energised_mw + utility.signed_mw - utility.nonfirm_signed_mw + ahead_mw
    if mw <= 0.0:
        return t, 0.0
    last = t + horizon
    free = utility.initial_mw + due_mw[u, last] - taken
    if free < mw:
        return last, min(mw, mw - free)
    first = t  # what is due never falls: bisect
    while first < last:
        middle = (first + last) // 2
        if utility.initial_mw + due_mw[u, middle] - taken >= mw:
            last = middle
        else:
            first = middle + 1
    return first, 0.0


@rule
def delayed(params: Params, purpose_month: int, months: int, key: int) -> int:
    """Months that an order of `months` really takes: times e^(sigma |z|), never early."""
    z = draws.normal(params.seed, draws.EXPANSION, purpose_month, key)
    return int(months * exp(params.delay_sigma * abs(z)) + 0.5)


@step
def order(additions: Additions, u: int, mw: float, planned: int, true: int) -> None:
    """Book an addition by its planned and by its true month; beyond the last month of the table it does not matter."""
    for m in range(planned, additions.due_mw.shape[1]):
        additions.due_mw[u, m] += mw
    if true < additions.arriving_mw.shape[1]:
        additions.arriving_mw[u, true] += mw


@step
def order_upgrade(state: State, params: Params, r: int, t: int) -> None:
    """Order what a signed request needs and brings: capacity of the area, of lines, its own generation.

    Its site is not ready before its lines are.
    """
    request = state.requests[r]
    months = max(1, request.deliver - t)
    true = t + delayed(params, 0, months, request.key)
    if request.upgrade_mw > 0.0:
        order(state.additions, request.utility, request.upgrade_mw, t + months, true)
    if request.line_mw > 0.0:
        request.ready = max(request.ready, true)
    if request.own_mw > 0.0:
        own = t + delayed(params, 0, params.lead_months, request.key)
        order(state.additions, request.utility, request.own_mw, t + params.lead_months, own)


@rule
def mean_build_months(params: Params) -> float:
    """Mean months from agreement to service, slip included."""
    return 0.5 * (params.construction_months_min + params.construction_months_max) + params.slip_mean_months


@step
def build_dates(requests: Requests, params: Params, r: int, t: int) -> None:
    """Draw when a site signed in month t is ready, and when its project would be given up.

    Ready: uniform whole months, plus a lognormal slip of the stated mean. Given up: a constant hazard, twice the mean one
    for a project of no quality and none for a perfect one.
    """
    request = requests[r]
    key = request.key
    span = params.construction_months_max - params.construction_months_min + 1
    build = params.construction_months_min + int(draws.uniform(params.seed, draws.CONSTRUCTION, 0, key) * span)
    z = draws.normal(params.seed, draws.CONSTRUCTION, 1, key)
    slip = params.slip_mean_months * exp(params.slip_sigma * z - 0.5 * params.slip_sigma * params.slip_sigma)
    request.ready = t + build + int(slip + 0.5)
    hazard = params.cancel_hazard_per_year * 2.0 * (1.0 - request.quality)
    request.cancel_month = t + 1 + months_to_event(hazard, 1.0, draws.uniform(params.seed, draws.CANCEL, 0, key))


@step
def start_service(state: State, r: int, t: int) -> None:
    """Request r goes into service: its deposit and collateral come back, its project is done."""
    request = state.requests[r]
    u = request.utility
    utility = state.utilities[u]
    settle_service(state, r)
    request.stage, request.energised = ENERGISED, t
    utility.energised_mw += request.mw
    utility.signed_mw -= request.mw
    if request.nonfirm == 1:
        utility.nonfirm_service_mw += request.mw
    leave_project(state, request.project)
    state.lists.service[state.counts[N_SERVICE]] = r
    state.counts[N_SERVICE] += 1


@process
def build(state: State, params: Params, t: int) -> None:
    """One month of every signed request, in the order of signature.

    A second copy that signed in the same month as the first is given up, and so is a project whose month has come. A ready
    site goes into service where installed capacity allows it; where one finds none, later ones of the area wait as well.
    """
    lists, projects = state.lists, state.projects
    exited = state.tally[T_EXITED_NOW]
    kept = 0
    for j in range(state.counts[N_BUILDING]):
        r = lists.building[j]
        request = state.requests[r]
        if request.signed < t and projects.signer[request.project] != r:
            leave(state, params, r, WITHDRAWN, SIBLING, t)
            continue
        if t >= request.cancel_month:
            leave(state, params, r, WITHDRAWN, CANCELLED, t)
            continue
        if request.signed < t:
            request.stage = CONSTRUCTION
        u = request.utility
        utility = state.utilities[u]
        if t >= request.ready and (utility.blocked != t or request.nonfirm == 1):
            firm_mw = utility.energised_mw - utility.nonfirm_service_mw
            if request.nonfirm == 1 or utility.installed_mw - firm_mw >= request.mw:
                start_service(state, r, t)
                continue
            utility.blocked = t
        lists.building[kept] = r
        kept += 1
    state.counts[N_BUILDING] = kept
    state.tally[T_EXITED] += state.tally[T_EXITED_NOW] - exited


@process
def take_back(state: State, params: Params, t: int) -> None:
    """Use it or lose it: once a year, contracted MW past the ramp that fall short of the use asked for are cut to it.

    A holder uses the same share of all its sites; what is taken back has left the market.
    """
    for j in range(state.counts[N_SERVICE]):
        r = state.lists.service[j]
        request = state.requests[r]
        u, age = request.utility, t - request.energised
        least = state.terms.use_or_lose_share[state.term_row[t, u]]
        if least <= 0.0 or age < params.ramp_months or age % 12 != 0:
            continue
        holder = state.applicants[request.holder]
        used = min(1.0, reported_need(state, request.holder, t) / holder.held_mw) if holder.held_mw > 0.0 else 0.0
        if used < least:
            cut_mw = request.mw * (1.0 - used)
            request.mw -= cut_mw
            request.released_mw += cut_mw
            state.utilities.energised_mw[u] -= cut_mw
            if request.nonfirm == 1:
                state.utilities.nonfirm_service_mw[u] -= cut_mw
                state.utilities.nonfirm_signed_mw[u] -= cut_mw
                state.utilities.nonfirm_mw[u] -= cut_mw
            else:
                load_lines(state, request.bus, -cut_mw)
            state.tally[T_EXITED_NOW] += cut_mw
            state.tally[T_EXITED] += cut_mw


@step
def forecast_load(utilities: Utilities, params: Params, u: int) -> float:
    """MW of large load that a utility expects: in service, signed, and queued as its counting rule has it."""
    utility = utilities[u]
    counted = 0.0
    if utility.counting == COUNT_FULL:
        counted = utility.counted_mw
    elif utility.counting == COUNT_DERATED:
        counted = params.derate * utility.counted_mw
    return utility.energised_mw + utility.signed_mw + counted


@process
def plan_expansion(state: State, params: Params, t: int) -> None:
    """Every utility updates its forecast; in a month of the planning cycle it orders what the forecast lacks."""
    utilities, additions = state.utilities, state.additions
    for u in range(utilities.size):
        utility = state.utilities[u]
        utility.forecast_mw = forecast_load(utilities, params, u)
        if t % params.cycle_months != 0:
            continue
        coming = utility.initial_mw + additions.due_mw[u, additions.due_mw.shape[1] - 1]
        lacking = utility.forecast_mw * (1.0 + params.reserve_margin) - coming
        mw = min(max(0.0, lacking), utility.build_limit_mw_per_year * params.cycle_months / 12.0)
        if mw > 0.0:
            true = t + delayed(params, t, params.lead_months, utility.key)
            order(additions, u, mw, t + params.lead_months, true)


@process
def construct(state: State, params: Params, t: int) -> None:
    """One month of building: arrivals, energisations, new orders."""
    utilities = state.utilities
    for u in range(utilities.size):
        utility = state.utilities[u]
        utility.installed_mw += state.additions.arriving_mw[u, t]
    build(state, params, t)
    take_back(state, params, t)
    plan_expansion(state, params, t)
