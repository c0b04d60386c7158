"""Accounting: recount every MW and every dollar, then take the measures of the month.

Nothing here is kept in step from month to month: stocks are counted afresh from the requests, in the order of filing, and
checked against the running totals of flows. A difference above 1e-9 of the total fails the run.
"""

from __future__ import annotations

import numpy as np

from gridsim.model.compiling import process, rule
from gridsim.model.efficiency import reported_need
from gridsim.model.fleet_accounting import account_fleets
from gridsim.model.measuring import percentile, ratio
from gridsim.model.price import clear_capacity
from gridsim.model.settlement import (
    CHIPS,
    EXIT_FEE,
    FEE,
    FORFEIT,
    LAND,
    MINIMUM_TAKE,
    RENT,
    UPGRADE,
    escrow_account,
    land_rate,
    settle_bill,
    settle_land,
)
from gridsim.model.state import (
    DEVELOPER,
    N_BUILDING,
    N_QUEUE,
    N_SERVICE,
    T_EXITED,
    T_EXITED_NOW,
    T_FILED,
    T_FILED_NOW,
    T_RESTUDIES,
    T_TURNOVER,
    Params,
    State,
)

WINDOW = 12
"""Months of energisations over which the time to power is measured."""


@rule
def ramp_share(months_in_service: int, ramp_months: int) -> float:
    """Share of contracted MW that is due in the n-th month of service (the first is 1): linear, then full."""
    return 1.0 if months_in_service >= ramp_months else months_in_service / ramp_months


@process
def clear_stocks(state: State, params: Params, t: int) -> None:
    """Start the recount of month t: initial load is in service and fully ramped."""
    a, u = state.applicants, state.utilities
    for i in range(a.size):
        applicant = state.applicants[i]
        applicant.energised_mw = applicant.held_mw = applicant.initial_mw
        state.fleets.planned_mw[i] = applicant.initial_mw
        applicant.signed_mw = applicant.queued_mw = applicant.projects_mw = 0.0
        applicant.land_usd = 0.0
        applicant.open_positions = 0
        applicant.smallest_mw = np.inf
    for k in range(u.size):
        utility = state.utilities[k]
        utility.energised_mw = utility.signed_mw = utility.queued_mw = 0.0
        utility.queued_count = utility.unstudied = 0
        utility.land_usd_per_mw = land_rate(params, state.terms, state.term_row[t, k]) / 12.0


@process
def count_queue(state: State, params: Params, t: int) -> tuple[float, float, float, float, float]:
    """Recount unsigned requests; (claims, duplicate, speculative, padding MW, US$ in escrow) among them.

    Claims are those wanted by t + H. Of each project one copy counts once, a signed one or else the oldest still alive,
    and the others are duplicates; speculative is what developers hold; padding is what other projects add to their need.
    """
    claims = duplicate = speculative = padding = escrow = 0.0
    for j in range(state.counts[N_QUEUE]):
        queued = state.queue[j]
        applicant = state.applicants[queued.holder]
        project = state.projects[queued.project]
        utility = state.utilities[queued.area]
        mw = queued.mw
        if queued.wanted <= t + params.horizon:
            claims += mw
        applicant.land_usd += utility.land_usd_per_mw * mw
        escrow += queued.escrow_usd
        applicant.queued_mw += mw
        utility.queued_mw += mw
        utility.queued_count += 1
        utility.unstudied += queued.unstudied
        if project.counted == t or project.signer >= 0:
            duplicate += mw
            continue
        project.counted = t
        applicant.projects_mw += mw
        applicant.smallest_mw = min(applicant.smallest_mw, mw)
        if applicant.kind == DEVELOPER:
            speculative += mw
            applicant.open_positions += 1
        else:
            padding += mw - queued.need_mw
    return claims, duplicate, speculative, padding, escrow


@process
def count_building(state: State, params: Params, t: int) -> tuple[float, float, float]:
    """Recount signed requests before service; (claims, padding MW, US$ in escrow) among them."""
    claims = padding = escrow = 0.0
    for j in range(state.counts[N_BUILDING]):
        r = state.lists.building[j]
        request = state.requests[r]
        i, area, mw = request.holder, request.utility, request.mw
        applicant = state.applicants[i]
        utility = state.utilities[area]
        if request.wanted <= t + params.horizon:
            claims += mw
        applicant.land_usd += utility.land_usd_per_mw * mw
        escrow += request.deposit_usd + request.collateral_usd
        applicant.signed_mw += mw
        utility.signed_mw += mw
        months = t + params.order_ahead - max(request.signed + params.construction_months_min, request.deliver) + 1
        if months > 0:  # in service by then, had it been built as planned
            state.fleets.planned_mw[i] += mw * ramp_share(months, params.ramp_months)
        padding += mw - request.need_mw
    return claims, padding, escrow


@process
def count_service(state: State, params: Params, t: int) -> None:
    """Recount requests in service: contracted MW by area and holder, and what is due under the ramp."""
    a, u = state.applicants, state.utilities
    for j in range(state.counts[N_SERVICE]):
        r = state.lists.service[j]
        request = state.requests[r]
        mw = request.mw
        u.energised_mw[request.utility] += mw
        a.energised_mw[request.holder] += mw
        months = t - request.energised + 1
        a.held_mw[request.holder] += mw * ramp_share(months, params.ramp_months)
        state.fleets.planned_mw[request.holder] += mw * ramp_share(months + params.order_ahead, params.ramp_months)


@process
def bill_service(state: State, params: Params, t: int) -> None:
    """Bill every request in service: a holder draws the same share of what is due from all of its sites."""
    for j in range(state.counts[N_SERVICE]):
        r = state.lists.service[j]
        request = state.requests[r]
        i = request.holder
        applicant = state.applicants[i]
        share = min(1.0, reported_need(state, i, t) / applicant.held_mw) if applicant.held_mw > 0.0 else 0.0
        settle_bill(state, r, request.mw * ramp_share(t - request.energised + 1, params.ramp_months) * share, t)


@process
def planned_capacity(state: State, horizon: int, t: int) -> float:
    """MW that the grid can give to new large load by t + H: capacity not in use at the end of month t, and additions due.

    Additions never come early, so that first capacity plus what is due by then holds late ones too.
    """
    total = 0.0
    for area in range(state.utilities.size):
        utility = state.utilities[area]
        total += utility.initial_mw + state.additions.due_mw[area, t + horizon]
        total -= utility.energised_mw - utility.nonfirm_service_mw
    return total


@process
def need_by_horizon(state: State, params: Params, t: int) -> float:
    """MW truly needed by t + H and not in service: sum of max(0, N*(t + H) - energised)."""
    total = 0.0
    for i in range(state.applicants.size):
        applicant = state.applicants[i]
        total += max(0.0, state.need_mw[i, t + params.horizon] - applicant.energised_mw)
    return total


@process
def measure_waits(state: State, t: int) -> None:
    """Median and 95th percentile of months from filing to service, of what was energised in the last twelve months."""
    q, lists = state.requests, state.lists
    n = 0
    j = state.counts[N_SERVICE] - 1
    while j >= 0 and q.energised[lists.service[j]] > t - WINDOW:
        months = float(q.energised[lists.service[j]] - q.filed[lists.service[j]])
        k = n
        while k > 0 and lists.order[k - 1] > months:
            lists.order[k] = lists.order[k - 1]
            k -= 1
        lists.order[k] = months
        n += 1
        j -= 1
    state.series.time_to_power_p50[t] = percentile(lists.order, n, 0.50)
    state.series.time_to_power_p95[t] = percentile(lists.order, n, 0.95)


@process
def measure_power(state: State, params: Params, claims: float, t: int) -> None:
    """The measures of the power layer: claims, capacity, need, held, useful and their ratios."""
    a, s = state.applicants, state.series
    held = useful = unserved = reported = working = 0.0
    for i in range(a.size):
        applicant = state.applicants[i]
        held += applicant.held_mw
        useful += min(applicant.held_mw, state.need_mw[i, t])
        unserved += max(0.0, state.need_mw[i, t] - applicant.held_mw / applicant.waste)
        reported += reported_need(state, i, t)
        working += applicant.held_mw * applicant.mfu
    capacity, need = planned_capacity(state, params.horizon, t), need_by_horizon(state, params, t)
    s.power_claims[t], s.power_capacity[t], s.power_need[t] = claims, capacity, need
    s.power_held[t], s.power_useful[t], s.unserved_need_mw[t] = held, useful, unserved
    s.power_apparent[t], s.power_real[t] = ratio(claims, capacity), ratio(need, capacity)
    s.power_phantom_ratio[t] = ratio(claims, need)
    s.power_dark_share[t] = ratio(held - useful, held)
    s.reported_need_mw[t], s.mfu[t] = reported, ratio(working, held)
    computed, useful_tokens = state.queries.computed_tokens[t], state.queries.useful_tokens[t]
    s.tokens_per_query[t] = computed if params.dear_queries else useful_tokens
    s.useful_token_ratio[t] = useful_tokens / s.tokens_per_query[t]
    s.free_compute_share[t] = params.free_share


@process
def measure_stocks(state: State, t: int) -> None:
    """Stocks and flows of the queue and of the grid."""
    a, u, s = state.applicants, state.utilities, state.series
    queued = signed = energised = unused = stranded = forecast = 0.0
    count = unstudied = 0
    for area in range(u.size):
        utility = state.utilities[area]
        queued += utility.queued_mw
        signed += utility.signed_mw
        energised += utility.energised_mw
        free = utility.installed_mw - utility.energised_mw + utility.nonfirm_service_mw
        unused += free
        stranded += min(free, utility.installed_mw - utility.initial_mw)
        forecast += utility.forecast_mw
        count += utility.queued_count
        unstudied += utility.unstudied
    initial = 0.0
    for i in range(a.size):
        applicant = state.applicants[i]
        initial += applicant.initial_mw
    s.queued_mw[t], s.signed_mw[t], s.energised_mw[t] = queued, signed, initial + energised
    s.restudies[t] = state.tally[T_RESTUDIES]
    s.filed_mw[t], s.exited_mw[t] = state.tally[T_FILED_NOW], state.tally[T_EXITED_NOW]
    s.queued_count[t], s.study_backlog[t] = float(count), float(unstudied)
    s.unused_mw[t], s.stranded_mw[t], s.forecast_mw[t] = unused, stranded, forecast
    filed = state.tally[T_FILED]
    gap = filed - state.tally[T_EXITED] - queued - signed - energised
    s.imbalance_mw[t] = abs(gap) / max(1.0, filed)


@process
def measure_beliefs(state: State, t: int) -> None:
    """Mean beliefs and statements; the narrative gap is stated less real scarcity."""
    a, s = state.applicants, state.series
    approval = wait = stated = copies = 0.0
    needing = 0
    for i in range(a.size):
        applicant = state.applicants[i]
        stated += applicant.statement
        if applicant.kind != DEVELOPER:
            needing += 1
            approval += applicant.approval_belief
            wait += applicant.believed_wait
            copies += applicant.copies
    s.approval_belief[t], s.believed_wait[t] = ratio(approval, needing), ratio(wait, needing)
    s.copies_mean[t], s.stated_scarcity[t] = ratio(copies, needing), ratio(stated, a.size)
    s.narrative_gap[t] = s.stated_scarcity[t] - s.power_real[t]


@process
def measure_money(state: State, held: float, t: int) -> None:
    """Flows of the month, and the two balances: all cash sums to zero, escrow equals what requests have paid in.

    `held` is the deposits and collateral (US$) counted on requests before service. The error of
    either balance is relative to all the money that has changed hands so far.
    """
    ledger, s, n = state.ledger, state.series, state.utilities.size
    flow = ledger.flow_usd
    s.fees_usd[t], s.land_usd[t], s.forfeited_usd[t] = flow[FEE], flow[LAND], flow[FORFEIT]
    s.minimum_take_usd[t], s.exit_fees_usd[t], s.upgrades_usd[t] = flow[MINIMUM_TAKE], flow[EXIT_FEE], flow[UPGRADE]
    s.cost_usd[t] = flow[FEE] + flow[LAND] + flow[FORFEIT] + flow[MINIMUM_TAKE] + flow[EXIT_FEE] + flow[UPGRADE]
    s.rent_usd[t], s.chips_usd[t] = flow[RENT], flow[CHIPS]
    for kind in range(flow.size):
        state.tally[T_TURNOVER] += flow[kind]
        flow[kind] = 0.0
    total = escrow = 0.0
    for account in range(ledger.cash_usd.size):
        total += ledger.cash_usd[account]
    for area in range(n):
        escrow += ledger.cash_usd[escrow_account(state, area)]
    s.deposits_held_usd[t] = held
    s.imbalance_usd[t] = max(abs(total), abs(escrow - held)) / max(1.0, state.tally[T_TURNOVER])


@process
def trace(state: State, t: int) -> None:
    """Write the month of every utility, and of every applicant if the run records agents."""
    a, u, area = state.applicants, state.utilities, state.utility_traces
    for k in range(u.size):
        utility = state.utilities[k]
        area.queued_mw[t, k], area.signed_mw[t, k] = utility.queued_mw, utility.signed_mw
        area.energised_mw[t, k], area.installed_mw[t, k] = utility.energised_mw, utility.installed_mw
        area.price_usd_per_mw_day[t, k] = utility.price_usd_per_mw_day
    agent = state.applicant_traces
    if agent.shape[0] == 0:
        return
    for i in range(a.size):
        applicant = state.applicants[i]
        agent.need_mw[t, i], agent.energised_mw[t, i] = state.need_mw[i, t], applicant.energised_mw
        agent.held_mw[t, i], agent.signed_mw[t, i] = applicant.held_mw, applicant.signed_mw
        agent.queued_mw[t, i], agent.gap_mw[t, i] = applicant.queued_mw, applicant.gap_mw
        agent.ask_mw[t, i], agent.copies[t, i] = applicant.ask_mw, applicant.copies
        agent.approval_belief[t, i], agent.believed_wait[t, i] = applicant.approval_belief, applicant.believed_wait
        agent.scarcity[t, i], agent.statement[t, i] = applicant.scarcity, applicant.statement
        fleet = state.fleets[i]
        agent.gpus[t, i], agent.reserved_gpus[t, i] = fleet.gpus, fleet.reserved_gpus
        idle = fleet.surplus_gpus + max(0.0, fleet.reserved_gpus - fleet.rent_gpus) - fleet.lent_gpus
        agent.idle_gpus[t, i], agent.throttled_share[t, i] = idle, fleet.throttled
        agent.unplugged_gpus[t, i] = fleet.owned_gpus + fleet.extra_gpus - fleet.live_gpus
        agent.research_gpus[t, i] = fleet.research_gpus
        agent.cash_usd[t, i] = state.ledger.cash_usd[i]


@process
def account(state: State, params: Params, t: int) -> None:
    """Close month t: recount, bill, measure, check."""
    clear_stocks(state, params, t)
    claims, duplicate, speculative, padding, escrow = count_queue(state, params, t)
    signed_claims, signed_padding, signed_escrow = count_building(state, params, t)
    count_service(state, params, t)
    settle_land(state)
    bill_service(state, params, t)
    clear_capacity(state, params, t)
    s = state.series
    s.duplicate_mw[t], s.speculative_mw[t], s.padding_mw[t] = duplicate, speculative, padding + signed_padding
    measure_power(state, params, claims + signed_claims, t)
    measure_stocks(state, t)
    measure_waits(state, t)
    account_fleets(state, params, t)
    measure_beliefs(state, t)
    measure_money(state, escrow + signed_escrow, t)
    trace(state, t)
