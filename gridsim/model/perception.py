"""Perception: what agents see of the month, and what they come to believe.

Utilities quote waits. With a lag and with noise every agent sees the published queue over capacity and the mean quoted wait;
it learns at once what became of its own and its neighbours' requests, and hears statements over the influence network. All
beliefs adapt by the same gain. Then everybody speaks: the real scarcity, plus a bias that grows with the speaker's exposure.
"""

from __future__ import annotations

from gridsim.model import draws
from gridsim.model.compiling import process, rule, step
from gridsim.model.construction import earliest_month, mean_build_months
from gridsim.model.elementary import exp, normal_quantile
from gridsim.model.group import F
from gridsim.model.state import T_OPENING_APPARENT, T_OPENING_REAL, Params, State
from gridsim.model.study import months_to_close

SCARCITY_MAX = 100.0
"""What an agent takes a scarcity without limit for."""
APPROVAL_MIN = 0.01


@process
def quote_waits(state: State, params: Params, t: int) -> None:
    """Write the months to an agreement and to power that each utility would quote to a median project after month t.

    To an agreement: requests waiting for a slot over studies a month, one study (or the rest of the window and its study),
    the agreement, one month to sign. To power: the longer of
    that plus construction and slip, and the first month with capacity; without capacity in sight, an upgrade.
    """
    utilities = state.utilities
    study = 0.5 * (params.study_months_min + params.study_months_max)
    draw_up = 1.0 + 0.5 * (params.agreement_months_min + params.agreement_months_max)
    build = mean_build_months(params)
    upgrade = 0.5 * (params.upgrade_months_min + params.upgrade_months_max)
    for u in range(utilities.size):
        utility = state.utilities[u]
        waiting = max(0.0, float(utility.unstudied - utility.slots))
        agreement = waiting * study / utility.slots + study + draw_up
        window = int(state.terms.window_months[state.term_row[max(0, t), u]])
        if window > 0:  # to its end, and its study
            agreement = float(months_to_close(window, t + 1) + params.window_study_months) + draw_up
        month, short_mw = earliest_month(state, u, utility.counted_mw, params.size_median_mw, params.horizon, t + 1)
        capacity = agreement + upgrade if short_mw > 0.0 else float(month - t)
        state.quotes.study_wait[t + 1, u] = agreement
        state.quotes.wait[t + 1, u] = max(agreement + build, capacity)


@rule
def capped(scarcity: float) -> float:
    """Scarcity as people can hold it: no NaN (nothing to divide by), nothing beyond the cap."""
    return scarcity if scarcity < SCARCITY_MAX else SCARCITY_MAX


@process
def published_scarcity(state: State, params: Params, t: int) -> float:
    """Claims over capacity as last published before month t ended."""
    month = t - 1 - params.publication_lag
    if month < 0:
        return capped(state.tally[T_OPENING_APPARENT])
    return capped(state.series.power_apparent[month])


@process
def real_scarcity(state: State, t: int) -> float:
    """Need over capacity at the end of month t - 1, which an unbiased speaker would state."""
    return capped(state.tally[T_OPENING_REAL] if t == 0 else state.series.power_real[t - 1])


@rule
def mean_of_row(values: F, row: int) -> float:
    """Mean of one row of a table."""
    total = 0.0
    for u in range(values.shape[1]):
        total += values[row, u]
    return total / values.shape[1]


@step
def heard(state: State, i: int, silence: float) -> float:
    """Mean statement of those whom agent i hears; `silence` if it hears nobody."""
    network = state.network
    first, last = network.first[i], network.first[i + 1]
    if first == last:
        return silence
    total = 0.0
    for j in range(first, last):
        total += state.applicants.statement[network.heard[j]]
    return total / (last - first)


@step
def learn_approval(state: State, params: Params, i: int) -> None:
    """Chance that one request is approved in time: own and neighbours' record, and capacity over the published queue.

    p <- p + g (w seen + (1 - w) min(1, 1 / scarcity) - p); `seen` itself adapts when there is something to see.
    """
    applicant = state.applicants[i]
    applicants, network = state.applicants, state.network
    approved, refused = applicant.approved_now, applicant.refused_now
    for j in range(network.first[i], network.first[i + 1]):
        approved += applicants.approved_now[network.heard[j]]
        refused += applicants.refused_now[network.heard[j]]
    gain = params.belief_gain
    if approved + refused > 0.0:
        applicant.approval_seen += gain * (approved / (approved + refused) - applicant.approval_seen)
    public = min(1.0, 1.0 / max(applicant.scarcity, 1.0))
    target = params.weight_own * applicant.approval_seen + (1.0 - params.weight_own) * public
    belief = applicant.approval_belief + gain * (target - applicant.approval_belief)
    applicant.approval_belief = max(APPROVAL_MIN, belief)


@step
def learn(state: State, params: Params, i: int, seen: float, wait: float, study_wait: float, luck: int) -> None:
    """Update all beliefs of agent i from what was published, what it heard and what happened to it.

    `luck` is a word for the whole month.
    """
    applicant = state.applicants[i]
    gain = params.belief_gain
    noise = exp(params.sight_noise * normal_quantile(draws.pair_uniform(luck, applicant.key)))
    mu = params.narrative_weight
    told = (1.0 - mu) * seen * noise + mu * heard(state, i, seen)
    applicant.scarcity += gain * (told - applicant.scarcity)
    wait = min(wait * noise, params.wait_max_months)
    applicant.believed_wait += gain * (wait - applicant.believed_wait)
    applicant.believed_study += gain * (study_wait * noise - applicant.believed_study)
    learn_approval(state, params, i)


@process
def perceive(state: State, params: Params, t: int) -> None:
    """One month of seeing, learning and speaking."""
    applicants = state.applicants
    quote_waits(state, params, t)
    seen = published_scarcity(state, params, t)
    row = max(0, t - params.publication_lag)
    wait, study_wait = mean_of_row(state.quotes.wait, row), mean_of_row(state.quotes.study_wait, row)
    luck = draws.word(params.seed, draws.SIGHT, t, 0)
    for i in range(applicants.size):
        learn(state, params, i, seen, wait, study_wait, luck)
    truth = real_scarcity(state, t)
    bias = params.statement_bias if params.narrative else 0.0
    for i in range(applicants.size):
        applicant = state.applicants[i]
        applicant.statement = truth + bias * applicant.exposure
        applicant.approved_now = 0.0
        applicant.refused_now = 0.0
