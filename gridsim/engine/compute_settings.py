"""The numbers of the compute side: from the scenario's blocks to what the kernels read."""

from __future__ import annotations

import numpy as np

from gridsim.config.scenario import Scenario
from gridsim.config.service import Profile
from gridsim.engine.settings import tokens_of
from gridsim.engine.terms import RULE_OF
from gridsim.model.fleets import FleetParams
from gridsim.model.group import F
from gridsim.model.quota import padding_pays_below

DAYS_PER_MONTH = 365.25 / 12.0


def free_share(scenario: Scenario) -> float:
    """Share of serving compute that users take who do not pay; 0 where they are not served (M15)."""
    return scenario.compute.users.free_compute_share if scenario.mechanisms.m15_free_users else 0.0


def serving_kept(scenario: Scenario) -> float:
    """What is left of the stated need of serving: without users who do not pay (M15 off), and without peaks (M10 off)."""
    mechanisms = scenario.mechanisms
    users = 1.0 if mechanisms.m15_free_users else 1.0 - scenario.compute.users.free_compute_share
    return users if mechanisms.m10_peak_throttling else users / week_peak(scenario)


def chip_efficiency(scenario: Scenario) -> float:
    """What a chip does over the benchmark's: less only where good ones cannot be had (M9)."""
    return scenario.compute.service.chip_efficiency if scenario.mechanisms.m09_inference_bottleneck else 1.0


def need_scale(scenario: Scenario) -> float:
    """True need over what the scenario states: less where less is served, more on chips that do less (M9)."""
    scale = 1.0 - scenario.compute.serving_share * (1.0 - serving_kept(scenario))
    return scale / chip_efficiency(scenario)


def day_hours(profile: Profile) -> F:
    """Load of 24 hours of a weekday and of a weekend day over the mean of the week."""
    hours = np.array(profile.hours, np.float64)
    hours = hours / np.mean(hours) if hours.any() else np.ones(24)
    weekday = 7.0 / (5.0 + 2.0 * profile.weekend)
    return np.concatenate([weekday * hours, weekday * profile.weekend * hours])


def code_share(scenario: Scenario) -> float:
    """Share of the tokens of all queries that complete code."""
    q = scenario.compute.queries
    kinds = (q.chat, q.code, q.reasoning, q.retrieval, q.long_context)
    tokens = [kind.weight * tokens_of(kind, q.cache_hit) for kind in kinds]
    return tokens[1] / sum(tokens)


def load_hours(scenario: Scenario) -> F:
    """Load by hour over its mean, of a weekday and of a weekend day; level where there are no peaks (M10 off)."""
    if not scenario.mechanisms.m10_peak_throttling:
        return np.ones(48)
    service, code = scenario.compute.service, code_share(scenario)
    return (1.0 - code) * day_hours(service.chat) + code * day_hours(service.code)


def week_peak(scenario: Scenario) -> float:
    """Load of the busiest hour of the busiest day over the mean of the week: what a fleet is kept for."""
    service, code = scenario.compute.service, code_share(scenario)
    hours = (1.0 - code) * day_hours(service.chat) + code * day_hours(service.code)
    return float(np.max(hours)) * ((1.0 - code) * service.chat.busiest_day + code * service.code.busiest_day)


def rent_ratios(scenario: Scenario) -> tuple[float, float]:
    """GPUs that labs and hyperscalers rent, over those of their own; a kind that is not there rents nothing."""
    actors, cloud = scenario.actors, scenario.compute.cloud
    if not actors.neoclouds.roster("neocloud"):
        return 0.0, 0.0
    labs = actors.labs.initial_need_share if actors.labs.roster("lab") else 0.0
    hyperscalers = actors.hyperscalers.initial_need_share if actors.hyperscalers.roster("hyperscaler") else 0.0
    if labs == 0.0 or hyperscalers == 0.0:
        return cloud.rented_share, cloud.rented_share
    whole = cloud.rented_share * (labs + hyperscalers)
    return (1.0 - cloud.hyperscaler_share) * whole / labs, cloud.hyperscaler_share * whole / hyperscalers


def orphan_flows(scenario: Scenario) -> tuple[float, float]:
    """Share of forgotten agents that still run a month later, and how many a month leaves for each agent at work."""
    agents = scenario.compute.agents
    stopped = 1.0 - (1.0 - agents.stop_per_day) * (1.0 - agents.auto_stop_per_day)
    kept = float((1.0 - stopped) ** DAYS_PER_MONTH)
    return kept, agents.forget_share / agents.task_days * (1.0 - kept) / stopped


def padding_pays(scenario: Scenario) -> bool:
    """Whether a useless job costs a team less than the quota that it keeps is worth; it keeps none where goodput counts."""
    quota = scenario.compute.quota
    if quota.goodput:
        return False
    threshold = padding_pays_below(quota.on_share, quota.value, float(quota.teams), quota.memory, quota.patience)
    return quota.padding_cost + quota.internal_price < threshold


def switches(scenario: Scenario) -> dict[str, float]:
    """Mechanisms and levers that are on or off."""
    m, cloud = scenario.mechanisms, scenario.compute.cloud
    service, quota = scenario.compute.service, scenario.compute.quota
    return dict(
        hoarding=m.m04_defensive_hoarding,
        dark=m.m05_dark_gpu_release,
        unplugged=m.m06_unplugged_gpus,
        fake_use=m.m07_fake_utilisation,
        zero_sum=m.m08_zero_sum_pool,
        orphaned=m.m12_orphaned_agents,
        leaderboards=m.m11_token_leaderboard,
        denial=cloud.denial,
        subletting=cloud.subletting,
        night_borrowing=service.night_borrowing,
        lending=quota.lending,
    )


def service_params(scenario: Scenario) -> dict[str, float]:
    """What a fleet is used for."""
    m, c, service = scenario.mechanisms, scenario.compute, scenario.compute.service
    kept = serving_kept(scenario)
    whole = 1.0 - c.serving_share * (1.0 - kept)
    serving = c.serving_share * kept / whole if whole > 0.0 else 0.0
    launch = service.launch_share * (1.0 - c.serving_share) / whole if whole > 0.0 else 0.0
    return dict(
        gpus_per_mw=1000.0 / c.waterfall.facility_kw_per_gpu,
        serving_share=serving,
        launch_share=launch,
        research_share=max(0.0, 1.0 - serving - launch),
        free_share=free_share(scenario),
        peak=week_peak(scenario) if m.m10_peak_throttling else 1.0,
        busiest_hour=float(np.max(load_hours(scenario))),
        target_utilisation=service.target_utilisation,
        tokens_per_second=c.tokens_per_second * chip_efficiency(scenario),
        deterred_share=1.0 - service.multiplier_max**-service.elasticity,
        retries=service.retries,
        churn=service.churn,
        return_rate=service.return_rate,
        launch_hazard=service.launches_per_year / 12.0,
        launch_decay=service.launch_decay,
        research_floor=0.0 if m.m09_inference_bottleneck else service.research_floor,
        progress_exponent=service.progress_exponent,
    )


def quota_params(scenario: Scenario) -> dict[str, float]:
    """How teams share what research has."""
    m, quota = scenario.mechanisms, scenario.compute.quota
    burst_rate = 1.0 / quota.burst_days + quota.on_share / (1.0 - quota.on_share + 1e-12) / quota.burst_days
    return dict(
        teams=quota.teams,
        team_sigma=quota.size_sigma,
        team_busy=quota.busy_share,
        on_share=quota.on_share,
        off_level=quota.off_level,
        burst_memory=float(np.exp(-DAYS_PER_MONTH * burst_rate)),
        quota_rule=RULE_OF[quota.rule],
        threshold=quota.threshold,
        gaming_share=quota.gaming_share,
        ask_hoarding=quota.hoarding if m.m07_fake_utilisation else 0.0,
        use_memory=quota.memory,
        pays_to_pad=padding_pays(scenario),
        reserve_asked=(1.0 + quota.internal_price) ** quota.price_elasticity,
        trust=quota.trust,
    )


def waste_params(scenario: Scenario) -> dict[str, float]:
    """Tokens that employees burn, and agents that nobody stops."""
    board, agents = scenario.compute.leaderboard, scenario.compute.agents
    orphans_kept, orphans_made = orphan_flows(scenario)
    return dict(
        employee_share=board.employee_share,
        burn=board.fake_share / (1.0 - board.fake_share) * board.prize / (1.0 + board.charge),
        employees=board.employees,
        burn_sigma=board.spread,
        agent_share=agents.share,
        orphans_kept=orphans_kept,
        orphans_made=orphans_made,
        idle_draw=agents.idle_draw,
        local_usd=agents.local_price_usd,
        gpus_per_agent=agents.gpus_per_agent,
        local_horizon=agents.local_horizon_months,
        local_rate=agents.local_rate,
    )


def cloud_params(scenario: Scenario) -> dict[str, float]:
    """GPUs to rent."""
    cloud = scenario.compute.cloud
    rent_lab, rent_hyperscaler = rent_ratios(scenario)
    return dict(
        rent_lab=rent_lab,
        rent_hyperscaler=rent_hyperscaler,
        cloud_slack=cloud.slack,
        burstiness=cloud.burstiness,
        spill=cloud.spill if rent_lab > 0.0 or rent_hyperscaler > 0.0 else 0.0,
        rent_usd_per_hour=cloud.price_usd_per_hour,
        rent_floor=cloud.floor_usd_per_hour,
        rent_speed=cloud.price_speed,
        rent_elasticity=cloud.elasticity,
        spot_premium=cloud.spot_premium,
        shortage_cost=cloud.shortage_cost,
        term_months=cloud.term_months,
        cloud_rule=RULE_OF[cloud.rule],
        inflation_max=cloud.inflation_max,
        reserve_max=cloud.reserve_max,
        initial_fill=cloud.initial_fill,
        denial_share=cloud.denial_share,
        release_usd=cloud.release_usd_per_hour,
        generation_months=cloud.generation_months,
        generation_offset=cloud.generation_offset,
        dark_gpus=cloud.dark_gpus,
    )


def chip_params(scenario: Scenario) -> dict[str, float]:
    """GPUs to buy."""
    chips = scenario.compute.chips
    return dict(
        chips_per_month=chips.gpus_per_month,
        chips_growth=chips.growth_per_month,
        chips_growth_months=chips.growth_months,
        chip_usd=chips.price_usd,
        chip_rule=RULE_OF[chips.rule],
        order_ahead=chips.order_ahead_months,
        order_memory=chips.memory,
    )


def fleet_params(scenario: Scenario) -> dict[str, float]:
    """Every field of `FleetParams`."""
    parts = (switches, service_params, quota_params, waste_params, cloud_params, chip_params)
    values = {name: value for part in parts for name, value in part(scenario).items()}
    missing = set(FleetParams.__annotations__) ^ set(values)
    assert not missing, missing
    return values
