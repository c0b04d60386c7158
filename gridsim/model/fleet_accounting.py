"""Accounting of the compute side: what every fleet can work with, every GPU counted, and the measures of three layers."""

from __future__ import annotations

from gridsim.model.compiling import process
from gridsim.model.compute_market import stock_of_clouds
from gridsim.model.measuring import ratio
from gridsim.model.service import WEEK
from gridsim.model.state import DEVELOPER, Params, State

FILL_MIN = 0.01
"""A scarcity beyond 1 / this is stated as no more."""


@process
def plug_in(state: State, params: Params) -> None:
    """GPUs that have power behind them at the end of the month."""
    for i in range(state.applicants.size):
        fleet = state.fleets[i]
        fleet.live_gpus = min(fleet.owned_gpus, state.applicants.held_mw[i] * params.gpus_per_mw) + fleet.extra_gpus


@process
def measure_compute(state: State, params: Params, t: int) -> None:
    """The measures of the compute layer, and the balance of GPUs."""
    s = state.series[t]
    stock = stock_of_clouds(state)
    live = owned = claims = idle = short = squares = contracts = 0.0
    for i in range(state.applicants.size):
        fleet = state.fleets[i]
        held = fleet.live_gpus + fleet.reserved_gpus + fleet.spot_gpus - fleet.lent_gpus
        live += fleet.live_gpus
        owned += fleet.owned_gpus + fleet.extra_gpus
        contracts += fleet.reserved_gpus
        claims += fleet.ordered_gpus + max(fleet.order_gpus, fleet.uncovered_gpus - fleet.spot_gpus)
        s.compute_held += held
        s.compute_need += fleet.need_gpus
        s.compute_useful += min(held, fleet.need_gpus)
        s.unplugged_gpu += fleet.owned_gpus + fleet.extra_gpus - fleet.live_gpus
        s.dark_gpu += fleet.surplus_gpus - fleet.offered_gpus
        idle += max(0.0, fleet.reserved_gpus - fleet.rent_gpus)
        short += fleet.uncovered_gpus - fleet.spot_gpus
        squares += held * held
    s.compute_claims = s.compute_held + claims
    s.compute_capacity = live + stock
    s.installed_gpu = live + stock
    s.reserved_gpu = contracts
    s.short_gpu = short
    lent = 0.0 if params.subletting == 0 else idle
    s.idle_held_gpu = s.dark_gpu + idle - min(lent, idle)
    s.foreclosed_gpu = min(s.idle_held_gpu, short)
    s.hhi_compute = ratio(squares, s.compute_held * s.compute_held)
    s.spot_fill = state.cloud.filled[0]
    gap = abs(owned + stock - state.cloud.delivered_gpus[0])
    s.imbalance_gpus = max(s.imbalance_gpus, gap / max(1.0, owned + stock))


@process
def measure_use(state: State, params: Params, t: int) -> None:
    """The measures of the layers quota and tokens: sums over fleets become shares, and work becomes tokens a second."""
    s = state.series[t]
    working = own = need = progress = orphans = local = top = stated = 0.0
    count = 0
    for i in range(state.applicants.size):
        if state.applicants.kind[i] == DEVELOPER:
            continue
        fleet = state.fleets[i]
        count += 1
        working += fleet.serving_gpus + fleet.launch_gpus + fleet.research_gpus
        own += fleet.research_gpus
        s.quota_capacity += fleet.research_gpus + fleet.borrowed_gpus
        need += fleet.need_gpus
        progress += fleet.progress
        orphans += fleet.orphans / (1.0 + fleet.orphans)
        local += fleet.local
        top += fleet.top_user
        bias = params.statement_bias * state.applicants.exposure[i] if params.narrative else 0.0
        stated += 1.0 / max(fleet.fill_belief, FILL_MIN) + bias
    s.research_share = ratio(own, working)
    s.reported_utilisation = ratio(s.reported_utilisation, s.quota_held)
    s.useful_utilisation = ratio(s.quota_useful, s.quota_held)
    s.research_progress, s.orphan_share = ratio(progress, count), ratio(orphans, count)
    s.local_share, s.stated_gpu_scarcity = ratio(local, count), ratio(stated, count)
    s.top_user_ratio = ratio(top, count) if params.leaderboards else 0.0
    s.scarcity_hours = ratio(s.scarcity_hours, need)
    s.throttled_share_free = ratio(s.throttled_share_free, params.free_share * s.tokens_asked)
    s.throttled_share_paid = ratio(s.throttled_share_paid, (1.0 - params.free_share) * s.tokens_asked)
    s.serving_utilisation = ratio(s.serving_utilisation, s.serving_gpu)
    s.imbalance_tokens = s.imbalance_tokens / max(1e-9, s.tokens_asked)
    weekly = params.tokens_per_second / params.mfu_benchmark / WEEK
    s.tokens_asked *= weekly
    s.tokens_served *= weekly
    s.tokens_blocked *= weekly
    s.tokens_claims *= params.tokens_per_second
    s.tokens_capacity *= params.tokens_per_second
    s.tokens_need *= params.tokens_per_second
    s.tokens_held *= params.tokens_per_second
    s.tokens_useful *= params.tokens_per_second


@process
def layer_ratios(state: State, t: int) -> None:
    """Apparent and real scarcity, phantom ratio and dark share of the layers compute, quota and tokens."""
    s = state.series[t]
    s.compute_apparent = ratio(s.compute_claims, s.compute_capacity)
    s.compute_real = ratio(s.compute_need, s.compute_capacity)
    s.compute_phantom_ratio = ratio(s.compute_claims, s.compute_need)
    s.compute_dark_share = ratio(s.compute_held - s.compute_useful, s.compute_held)
    s.quota_apparent = ratio(s.quota_claims, s.quota_capacity)
    s.quota_real = ratio(s.quota_need, s.quota_capacity)
    s.quota_phantom_ratio = ratio(s.quota_claims, s.quota_need)
    s.quota_dark_share = ratio(s.quota_held - s.quota_useful, s.quota_held)
    s.tokens_apparent = ratio(s.tokens_claims, s.tokens_capacity)
    s.tokens_real = ratio(s.tokens_need, s.tokens_capacity)
    s.tokens_phantom_ratio = ratio(s.tokens_claims, s.tokens_need)
    s.tokens_dark_share = ratio(s.tokens_held - s.tokens_useful, s.tokens_held)


@process
def account_fleets(state: State, params: Params, t: int) -> None:
    """Close month t of the compute side."""
    plug_in(state, params)
    measure_compute(state, params, t)
    measure_use(state, params, t)
    layer_ratios(state, t)
