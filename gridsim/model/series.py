"""What a run writes down month by month."""

from __future__ import annotations

from gridsim.model.group import F, Group


class Series(Group):
    """One value a month. See `gridsim.engine.measures` for meaning and unit of each."""

    filed_mw: F
    exited_mw: F
    queued_mw: F
    queued_count: F
    signed_mw: F
    energised_mw: F
    stranded_mw: F
    unused_mw: F
    duplicate_mw: F
    speculative_mw: F
    padding_mw: F
    study_backlog: F
    restudies: F
    time_to_power_p50: F
    time_to_power_p95: F
    power_claims: F
    power_capacity: F
    power_need: F
    power_held: F
    power_useful: F
    power_apparent: F
    power_real: F
    power_phantom_ratio: F
    power_dark_share: F
    unserved_need_mw: F
    reported_need_mw: F
    mfu: F
    tokens_per_query: F
    useful_token_ratio: F
    free_compute_share: F
    compute_claims: F
    compute_capacity: F
    compute_need: F
    compute_held: F
    compute_useful: F
    compute_apparent: F
    compute_real: F
    compute_phantom_ratio: F
    compute_dark_share: F
    quota_claims: F
    quota_capacity: F
    quota_need: F
    quota_held: F
    quota_useful: F
    quota_apparent: F
    quota_real: F
    quota_phantom_ratio: F
    quota_dark_share: F
    tokens_claims: F
    tokens_capacity: F
    tokens_need: F
    tokens_held: F
    tokens_useful: F
    tokens_apparent: F
    tokens_real: F
    tokens_phantom_ratio: F
    tokens_dark_share: F
    price_usd_gpu_h: F
    rent_usd: F
    chips_usd: F
    spot_fill: F
    installed_gpu: F
    unplugged_gpu: F
    reserved_gpu: F
    idle_held_gpu: F
    dark_gpu: F
    short_gpu: F
    foreclosed_gpu: F
    hhi_compute: F
    stated_gpu_scarcity: F
    research_share: F
    research_progress: F
    reported_utilisation: F
    useful_utilisation: F
    quota_unmet_gpu: F
    scarcity_hours: F
    throttled_share_free: F
    throttled_share_paid: F
    serving_gpu: F
    serving_utilisation: F
    tokens_asked: F
    tokens_served: F
    tokens_blocked: F
    orphan_share: F
    local_share: F
    top_user_ratio: F
    copies_mean: F
    approval_belief: F
    believed_wait: F
    stated_scarcity: F
    narrative_gap: F
    forecast_mw: F
    cost_usd: F
    fees_usd: F
    land_usd: F
    forfeited_usd: F
    minimum_take_usd: F
    exit_fees_usd: F
    upgrades_usd: F
    deposits_held_usd: F
    capacity_price_usd_mw_day: F
    capacity_price_phantom_usd_mw_day: F
    capacity_cost_usd: F
    capacity_cost_phantom_usd: F
    bill_impact_usd: F
    bill_residential: F
    bill_commercial: F
    bill_industrial: F
    peak_load_mw: F
    imbalance_mw: F
    imbalance_usd: F
    imbalance_gpus: F
    imbalance_tokens: F


class UtilityTraces(Group):
    """Values by month and utility."""

    price_usd_per_mw_day: F
    queued_mw: F
    signed_mw: F
    energised_mw: F
    installed_mw: F


class ApplicantTraces(Group):
    """Values by month and applicant; without rows unless the run records agents."""

    need_mw: F
    energised_mw: F
    held_mw: F
    signed_mw: F
    queued_mw: F
    gap_mw: F
    ask_mw: F
    copies: F
    approval_belief: F
    believed_wait: F
    scarcity: F
    statement: F
    gpus: F
    reserved_gpus: F
    idle_gpus: F
    unplugged_gpus: F
    research_gpus: F
    throttled_share: F
    cash_usd: F
