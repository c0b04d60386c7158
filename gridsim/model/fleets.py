"""The columns of the compute side: fleets of GPUs, what they are rented and used for, and the teams that share them.

GPUs are H100 equivalents. Need counts GPUs at benchmark efficiency; what is reported contains what is lost.
"""

from __future__ import annotations

from typing import NamedTuple

from gridsim.model.group import F, Group, I, K

HOURS = 48
"""Hours of a representative weekday, then of a weekend day."""


class FleetParams(Group):
    """Numbers of the compute side that a run does not change; see the scenario schema for each."""

    hoarding: int
    dark: int
    unplugged: int
    fake_use: int
    zero_sum: int
    orphaned: int
    leaderboards: int
    denial: int
    subletting: int
    night_borrowing: int
    lending: int
    gpus_per_mw: float
    serving_share: float
    launch_share: float
    research_share: float
    free_share: float
    peak: float  # need kept for the busiest hour over the mean
    busiest_hour: float  # load of the busiest hour over the mean
    target_utilisation: float
    tokens_per_second: float
    deterred_share: float  # demand that the highest multiplier deters
    retries: float
    churn: float
    return_rate: float
    launch_hazard: float  # a month
    launch_decay: float
    research_floor: float
    progress_exponent: float
    teams: int
    team_sigma: float
    team_busy: float
    on_share: float
    off_level: float
    burst_memory: float  # correlation of a team's state over a month
    quota_rule: int
    threshold: float
    gaming_share: float
    ask_hoarding: float
    use_memory: float
    pays_to_pad: int
    reserve_asked: float  # share of its reserve that a team asks for at the internal price
    trust: float
    employee_share: float
    burn: float  # tokens burned over useful ones of employees
    employees: int
    burn_sigma: float
    agent_share: float
    orphans_kept: float  # share of forgotten agents that still run a month later
    orphans_made: float  # forgotten agents left of a month, for each at work
    idle_draw: float
    local_usd: float
    gpus_per_agent: float
    local_horizon: float
    local_rate: float
    rent_lab: float  # GPUs that a lab rents, over those of its own
    rent_hyperscaler: float
    cloud_slack: float
    burstiness: float
    spill: float
    rent_usd_per_hour: float  # at month 0
    rent_floor: float
    rent_speed: float
    rent_elasticity: float
    spot_premium: float
    shortage_cost: float
    term_months: int
    cloud_rule: int
    inflation_max: float
    reserve_max: float
    initial_fill: float
    denial_share: float
    release_usd: float
    generation_months: int
    generation_offset: int
    dark_gpus: float
    chips_per_month: float
    chips_growth: float
    chips_growth_months: int
    chip_usd: float
    chip_rule: int
    order_ahead: int
    order_memory: float


class Fleets(Group):
    """Fleets, one row per applicant; nothing but zeros for developers."""

    planned_mw: F  # MW due under the ramp some months ahead, as planned
    owned_gpus: F  # bought, with or without power
    extra_gpus: F  # of its own, with power of their own
    live_gpus: F  # of its own, with power
    ordered_gpus: F  # not delivered
    bought_gpus: F  # record of deliveries a month
    reserved_gpus: F  # rented under contract
    rent_usd_per_hour: F  # for all of those
    order_gpus: F  # contracts asked for and not got
    mean_rent_gpus: F  # need to rent, as the agent works: mean, and in the month
    rent_gpus: F
    uncovered_gpus: F  # of which beyond its contracts
    spot_gpus: F  # of which rented by the month
    surplus_gpus: F  # live, and beyond all need
    offered_gpus: F  # of which on the market
    lent_gpus: F  # rented out to others this month
    fill_belief: F  # believed chance to get a GPU by the month
    gpus: F  # what it can work with
    need_gpus: F  # true need in the month
    serving_gpus: F
    launch_gpus: F
    research_gpus: F
    borrowed_gpus: F  # serving GPUs on which research works while they idle
    shock: F  # load of launches, over its mean
    users: F  # share of users who have not left for being throttled
    serving_waste: F  # load over useful load, agents on hardware of their users' included in the latter
    in_cloud: F  # share of useful load that is not on hardware of users'
    research_waste: F  # reported over true need of research
    throttled: F  # share of the week's load not served
    orphans: F  # forgotten agents for each at work
    local: F  # share of agents on their users' hardware
    top_user: F  # tokens burned by the first of a leaderboard over the mean
    progress: F
    first_research: F  # useful research compute at the start


class Neoclouds(Group):
    """Neoclouds."""

    key: K
    owned_gpus: F
    ordered_gpus: F
    bought_gpus: F


class Teams(Group):
    """Teams, those of one applicant together."""

    weight: F  # share of its lab's research
    gamer: I
    at_peak: I
    ask_gpus: F
    counted_gpus: F  # what that counts for, where a quota was not used
    quota_gpus: F
    record: F  # of reported use
    unmet: F  # share of the last need not met


class Contracts(NamedTuple):
    """Contracts to rent by the month in which they end, [applicant, month]."""

    gpus: F
    usd_per_hour: F


class Market(NamedTuple):
    """Scratch of a market: who asks for what, who gets what, and what some rules rank by."""

    signals: F
    granted: F
    record: F
    keys: F
    rows: I


class Cloud(Group):
    """The market for GPUs to rent; one row."""

    usd_per_hour: F
    demand: F  # what is wanted at this price over what is wanted at the first one
    filled: F  # share of what was wanted by the month that was to be had
    free_gpus: F  # of neoclouds, rented by nobody
    delivered_gpus: F  # by the vendor since the start, and what there was
