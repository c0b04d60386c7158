"""Planning: each lab and hyperscaler forecasts its need at its believed time to power, and decides what to ask for.

Order: every applicant looks at its own columns as the last month left them, never at what others decide this month. Labs
and hyperscalers update level and trend, compare the forecast with what is in service, signed and queued, and ask for the
gap over an adjustment time; developers ask while a position pays. The decision is two columns, `ask_mw` and `copies`; the
power queue turns them into requests. A surplus (a negative gap) makes the queue drop projects that are no longer needed.
"""

from __future__ import annotations

from gridsim.model import draws
from gridsim.model.choice import (
    CHOICES,
    DELTA,
    LEVELS,
    MULTIPLIERS,
    PHI,
    PRECISION,
    best_choice,
    first_choice,
    level_of,
    logit_choice,
    more_experience,
    payoff,
    reinforce,
)
from gridsim.model.compiling import process, rule, step
from gridsim.model.efficiency import reported_need
from gridsim.model.elementary import exp, log
from gridsim.model.outside import ask_user
from gridsim.model.settlement import discount, exit_fee, land_rate, study_fee, unused_take
from gridsim.model.state import (
    BEST_REPLY,
    DEVELOPER,
    EWA,
    HEURISTIC,
    HONEST,
    OPTION_VALUE,
    OUTSIDE,
    T_FAULTS,
    Applicants,
    Params,
    State,
)
from gridsim.model.strategies import best_copies, chance_of_any, entry_return, tempered_copies


@rule
def damped_trend(trend: float, damping: float, months: float) -> float:
    """Growth that a damped trend foretells: b (d + d^2 + ... + d^n) = b d (1 - d^n) / (1 - d) (Gardner & McKenzie 1985)."""
    n = float(int(months + 0.5))
    if damping >= 1.0:
        return trend * n
    return trend * damping * (1.0 - exp(n * log(damping))) / (1.0 - damping)


@process
def filing_terms(state: State, params: Params, t: int) -> tuple[float, float, float, float, float, float]:
    """What a typical request costs that is filed in month t, mean over utilities.

    (Fee of a request of mean size in US$, land in US$ per MW and year, deposit in US$/MW, refundable share, exit fee in
    US$/MW, unused minimum take in US$/MW.) What is due at filing follows the terms in force; what is due or returned later,
    those that are announced for then.
    """
    terms = state.terms
    n = state.term_row.shape[1]
    fee = land = deposit = refund = leave = take = 0.0
    for u in range(n):
        row, later = state.term_row[t, u], state.ahead_row[t, u]
        fee += study_fee(terms, row, params.size_mean_mw)
        land += land_rate(params, terms, row)
        deposit += terms.deposit_usd_per_mw[row]
        refund += terms.deposit_refundable_share[later]
        leave += exit_fee(terms, later, 1.0)
        take += unused_take(terms, later, params)
    return fee / n, land / n, deposit / n, refund / n, leave / n, take / n


@process
def dearer_soon(state: State, params: Params, t: int) -> bool:
    """Whether filing is announced to become dearer: fee, land of a year, and deposit at its cost of capital."""
    terms = state.terms
    now = later = 0.0
    for u in range(state.term_row.shape[1]):
        for when in range(2):
            row = state.ahead_row[t, u] if when else state.term_row[t, u]
            kept = terms.deposit_refundable_share[row] * (1.0 - params.interest_per_year)
            cost = study_fee(terms, row, params.size_mean_mw) / params.size_mean_mw + land_rate(params, terms, row)
            cost += (1.0 - kept) * terms.deposit_usd_per_mw[row]
            if when:
                later += cost
            else:
                now += cost
    return later > now


@step
def update_forecast(applicants: Applicants, params: Params, i: int, need_mw: float) -> None:
    """Holt's level and trend of the agent's need (MW, MW a month)."""
    applicant = applicants[i]
    before = applicant.level_mw
    guess = before + params.trend_damping * applicant.trend_mw
    level = guess + params.level_gain * (need_mw - guess)
    trend = params.trend_damping * applicant.trend_mw
    applicant.level_mw = level
    applicant.trend_mw = trend + params.trend_gain * (level - before - trend)


@step
def padding_share(applicants: Applicants, params: Params, i: int, liability_usd_per_mw: float) -> float:
    """Size added to a request: pad x (scarcity - 1), less where an unneeded MW is dear, none without speculation."""
    applicant = applicants[i]
    if not params.speculation or applicant.strategy != HEURISTIC:
        return 0.0
    pad = min(params.padding * max(0.0, applicant.scarcity - 1.0), params.padding_max)
    if params.value_usd_per_mw > 0.0:
        pad *= max(0.0, 1.0 - liability_usd_per_mw / params.value_usd_per_mw)
    return pad


@step
def request_costs(
    params: Params, filing: tuple[float, float, float, float, float, float], study_months: float
) -> tuple[float, float]:
    """What a MW asked for costs, and what a MW too many costs, over the value of a MW on time."""
    fee, land, deposit, refund, leave, _ = filing
    years = max(study_months, 1.0) / 12.0
    lost = deposit * (1.0 - refund * discount(params.interest_per_year, years))
    asked = fee / params.size_mean_mw + land * years
    return asked / params.value_usd_per_mw, (lost + leave) / params.value_usd_per_mw


@process
def choose_copies(
    applicants: Applicants, params: Params, i: int, filing: tuple[float, float, float, float, float, float]
) -> int:
    """Areas in which a project of agent i is filed: at least one, for need outweighs any fee; more while they pay."""
    applicant = applicants[i]
    if not params.duplicates or applicant.strategy == HONEST:
        return 1
    fee, land, deposit, refund, leave, _ = filing
    years = max(applicant.believed_study, 1.0) / 12.0
    mw, p = params.size_mean_mw, applicant.approval_belief
    best = best_copies(
        params.value_usd_per_mw * mw,
        p,
        fee + land * years * mw,
        deposit * mw,
        refund,
        params.interest_per_year,
        years,
        p / (12.0 * years) * leave * mw,
        params.sites_max,
    )  # the liability: the chance that a second copy signs in the month of the first
    return tempered_copies(best, applicant.fear) if applicant.strategy == HEURISTIC else max(best, 1)


@step
def choose_multiplier(
    state: State, params: Params, i: int, filing: tuple[float, float, float, float, float, float], t: int
) -> None:
    """Multiple of its gap that agent i asks for: the best reply to what it believes, or what it has learned.

    The chance that a MW asked for is met is taken to be 1 / perceived scarcity. Costs are those of a request over its value.
    """
    applicant = state.applicants[i]
    if not params.speculation or params.value_usd_per_mw <= 0.0:
        applicant.multiplier = 1.0
        return
    fill = min(1.0, 1.0 / max(applicant.scarcity, 1.0))
    cost, excess = request_costs(params, filing, applicant.believed_study)
    if applicant.strategy == BEST_REPLY:
        applicant.choice = best_choice(fill, cost, excess)
    elif applicant.choice < 0:
        level = level_of(draws.uniform(params.seed, draws.TRAIT_LEVEL, 0, applicant.key), LEVELS)
        applicant.choice = first_choice(level, fill, cost, excess)
        for k in range(CHOICES):
            believed = (
                fill / max(MULTIPLIERS[first_choice(max(level - 1, 0), fill, cost, excess)], 1.0) if level else 1.0
            )
            state.attractions[i, k] = payoff(MULTIPLIERS[k], believed, cost, excess)
        applicant.experience = 1.0
    else:
        luck = draws.uniform(params.seed, draws.CHOICE, t, applicant.key)
        applicant.choice = logit_choice(state.attractions[i], PRECISION, luck)
    applicant.multiplier = MULTIPLIERS[applicant.choice]


@step
def learn_choice(state: State, params: Params, i: int, filing: tuple[float, float, float, float, float, float]) -> None:
    """Attractions of agent i, from what every multiplier earned or would have earned at the share approved around it."""
    applicant = state.applicants[i]
    if applicant.choice < 0 or not params.speculation:
        return
    cost, excess = request_costs(params, filing, applicant.believed_study)
    fill = applicant.approval_seen
    for k in range(CHOICES):
        worth = payoff(MULTIPLIERS[k], fill, cost, excess)
        attraction = state.attractions[i, k]
        chosen = k == applicant.choice
        state.attractions[i, k] = reinforce(attraction, applicant.experience, worth, chosen, DELTA, PHI, 0.0)
    applicant.experience = more_experience(applicant.experience, PHI, 0.0)


@step
def ask_outside(state: State, params: Params, i: int, copies: int, t: int) -> tuple[float, int]:
    """Multiplier and copies by a strategy from outside; an answer that is none counts as a fault, and as honesty."""
    applicant = state.applicants[i]
    multiplier, wished = ask_user(
        applicant.address,
        applicant.gap_mw,
        applicant.scarcity,
        applicant.believed_wait,
        applicant.approval_belief,
        float(copies),
        applicant.fear,
        draws.uniform(params.seed, draws.CHOICE, t, applicant.key),
    )
    if not (0.0 <= multiplier <= MULTIPLIERS[CHOICES - 1] and 1.0 <= wished <= 1e6):
        state.tally[T_FAULTS] += 1.0
        return 1.0, 1
    most = params.sites_max if params.duplicates else 1
    return multiplier if params.speculation else 1.0, min(most, int(wished + 0.5))


@process
def choose(
    state: State, params: Params, i: int, filing: tuple[float, float, float, float, float, float], rush: bool, t: int
) -> None:
    """Decision of an agent that is neither honest nor follows the heuristic: a multiple of its plain gap, and copies."""
    applicant = state.applicants[i]
    if applicant.strategy == OUTSIDE:
        applicant.multiplier, applicant.copies = ask_outside(state, params, i, applicant.copies, t)
    else:
        if applicant.strategy == EWA:
            learn_choice(state, params, i, filing)
        choose_multiplier(state, params, i, filing, t)
    months = 1.0 if rush else params.adjustment_months
    applicant.ask_mw = applicant.multiplier * max(0.0, applicant.gap_mw) / months


@process
def plan_need(
    applicants: Applicants,
    params: Params,
    i: int,
    need_mw: float,
    filing: tuple[float, float, float, float, float, float],
    rush: bool,
) -> None:
    """Gap and decision of a lab or hyperscaler.

    gap = forecast (1 + margin) (1 + h max(0, wait / reference - 1)) - energised - signed - w (1 - (1 - p)^k) queued,
    each queued project counted once; h = 0 and full credit without speculation. The gap is asked for over the adjustment
    time, or at once where filing is announced to become dearer (`rush`).
    Asking is cheap, signing is not: the agent signs for no more than its plain forecast lacks (`room_mw`).
    """
    applicant = applicants[i]
    update_forecast(applicants, params, i, need_mw)
    copies = choose_copies(applicants, params, i, filing)
    wait = min(applicant.believed_wait, params.wait_max_months)
    ahead = wait + 0.5 * params.ramp_months  # a request filed now is half ramped then
    forecast = applicant.level_mw + damped_trend(applicant.trend_mw, params.trend_damping, ahead)
    needed = max(0.0, forecast) * (1.0 + applicant.margin)
    wanted, credit = needed, 1.0
    if params.speculation and applicant.strategy == HEURISTIC:
        wanted *= 1.0 + applicant.overreaction * max(0.0, wait / params.reference_wait_months - 1.0)
        credit = applicant.supply_line_weight * chance_of_any(applicant.approval_belief, copies)
    covered = applicant.energised_mw + applicant.signed_mw + credit * applicant.projects_mw
    applicant.gap_mw = wanted - covered
    applicant.room_mw = needed - applicant.energised_mw - applicant.signed_mw
    applicant.ask_mw = max(0.0, wanted - covered) / (1.0 if rush else params.adjustment_months)
    applicant.copies = copies


@process
def plan_entry(
    applicants: Applicants, params: Params, i: int, filing: tuple[float, float, float, float, float, float]
) -> None:
    """MW of new positions that a developer asks for: entry rate x expected return on cost, within its means."""
    applicant = applicants[i]
    applicant.gap_mw = applicant.room_mw = 0.0
    applicant.ask_mw = 0.0
    applicant.copies = 1
    if not params.speculation or applicant.strategy != OPTION_VALUE:
        return
    if applicant.open_positions >= params.positions_max:
        return
    fee, land, deposit, refund, _, _ = filing
    years = max(applicant.believed_study, 1.0) / 12.0
    worth = params.resale_share * params.value_usd_per_mw * max(0.0, 1.0 - 1.0 / max(applicant.scarcity, 1.0))
    gain = entry_return(
        applicant.approval_belief,
        applicant.sale_belief,
        worth,
        fee / params.size_mean_mw + land * years,
        deposit,
        refund,
        params.interest_per_year,
        years,
    )
    filings = min(params.entry_rate * max(0.0, gain), float(params.filings_max))
    applicant.ask_mw = filings * params.size_mean_mw


@process
def plan(state: State, params: Params, t: int) -> None:
    """Write the decisions of month t for every applicant."""
    applicants = state.applicants
    filing = filing_terms(state, params, t)
    rush = dearer_soon(state, params, t)
    for i in range(applicants.size):
        applicant = state.applicants[i]
        if applicant.kind == DEVELOPER:
            plan_entry(applicants, params, i, filing)
        else:
            plan_need(applicants, params, i, reported_need(state, i, t), filing, rush)
            if applicant.strategy >= BEST_REPLY:
                choose(state, params, i, filing, rush, t)
