"""Service: what a fleet is used for, hour by hour. Users, launches and research share one pool.

Each month is a representative weekday and weekend day. Where the load of an hour exceeds what serving can take, a price or
quota multiplier deters some of it, and what is still too much is blocked, first for users who do not pay. What the pool gives
to users and to launches, research loses.
"""

from __future__ import annotations

from gridsim.model import draws
from gridsim.model.compiling import process, rule, step
from gridsim.model.fleets import HOURS
from gridsim.model.state import DEVELOPER, Params, State

DAYS = (5.0, 2.0)
"""Weekdays and weekend days of a week."""
WEEK = 168.0


@rule
def served_load(load: float, capacity: float, deterred_share: float) -> tuple[float, float]:
    """Load that is asked at the multiplier, and of which served, in an hour of a given load.

    The multiplier rises no further than needed: asked = max(K, D m^-e) with m at its highest; served = min(asked, K).
    """
    if load <= capacity:
        return load, load
    return max(capacity, load * (1.0 - deterred_share)), capacity


@rule
def split_pool(gpus: float, users: float, launch: float, research: float, floor: float, zero_sum: bool) -> float:
    """GPUs that serve users and launches; research has the others.

    In one pool users and launches take what they need, down to the floor of research; with budgets of their own all get the
    same share of what they need, and no more.
    """
    if zero_sum:
        return min(users + launch, gpus * (1.0 - floor))
    need = users + launch + research
    return (users + launch) * min(1.0, gpus / need) if need > 0.0 else 0.0


@step
def hit_by_launches(state: State, params: Params, i: int, t: int) -> None:
    """Launches come by chance, and their load decays; `shock` has a mean of 1, and is 1 where they never come."""
    fleet = state.fleets[i]
    if params.launch_hazard <= 0.0:
        return
    fleet.shock *= params.launch_decay
    if draws.uniform(params.seed, draws.LAUNCH, t, state.applicants.key[i]) < params.launch_hazard:
        fleet.shock += (1.0 - params.launch_decay) / params.launch_hazard


@step
def share_fleet(state: State, params: Params, i: int) -> float:
    """Split the pool of agent i; returns the GPUs that its users need."""
    fleet = state.fleets[i]
    lost = params.mfu_benchmark / state.applicants.mfu[i]
    users = fleet.need_gpus * params.serving_share * lost * fleet.serving_waste * fleet.users
    launch = fleet.need_gpus * params.launch_share * lost * fleet.shock
    research = fleet.need_gpus * params.research_share * lost * fleet.research_waste
    given = split_pool(fleet.gpus, users, launch, research, params.research_floor, params.zero_sum == 1)
    fleet.launch_gpus = given * launch / (users + launch) if launch > 0.0 else 0.0
    fleet.serving_gpus = max(0.0, given - fleet.launch_gpus)  # a share of all may come out larger than all, by rounding
    fleet.research_gpus = max(0.0, fleet.gpus - given)
    return users


@step
def serve_hours(state: State, params: Params, i: int, t: int, users: float) -> None:
    """Serve the users of agent i through the week, and add what happened to the series of the month."""
    fleet = state.fleets[i]
    s = state.series[t]
    mean = users * params.target_utilisation / params.peak
    capacity = fleet.serving_gpus * params.target_utilisation
    asked = served = deterred = blocked = short = idle = lost_free = lost_paid = 0.0
    hours = HOURS if mean * params.busiest_hour > capacity else 0
    if hours == 0:  # nobody is ever turned away: the week is its mean
        asked = served = mean * WEEK
        idle = (capacity - mean) * WEEK
    for h in range(hours):
        days = DAYS[0] if 2 * h < HOURS else DAYS[1]
        load = mean * state.load_hours[h]
        stays, gets = served_load(load, capacity, params.deterred_share)
        asked += days * load
        deterred += days * (load - stays)
        blocked += days * (stays - gets)
        served += days * gets
        short += days if load > capacity else 0.0
        idle += days * (capacity - gets)
        free = params.free_share * load
        lost_free += days * min(free, load - gets)
        lost_paid += days * max(0.0, load - gets - free)
    lost = asked - served
    fleet.throttled = lost / asked if asked > 0.0 else 0.0
    s.scarcity_hours += short * fleet.need_gpus
    s.throttled_share_free += lost_free * state.applicants.mfu[i]
    s.throttled_share_paid += lost_paid * state.applicants.mfu[i]
    s.tokens_asked += asked * state.applicants.mfu[i]
    s.tokens_blocked += blocked * state.applicants.mfu[i]
    s.tokens_served += served * state.applicants.mfu[i]
    s.serving_utilisation += served / WEEK
    s.serving_gpu += fleet.serving_gpus
    s.imbalance_tokens += abs(mean * WEEK - served - blocked - deterred) * state.applicants.mfu[i]
    serve_peak(state, params, i, t, mean, capacity)
    fleet.borrowed_gpus = idle / params.target_utilisation / WEEK if params.night_borrowing else 0.0
    fleet.users += params.return_rate * (1.0 - fleet.users) - params.churn * fleet.throttled * fleet.users


@step
def serve_peak(state: State, params: Params, i: int, t: int, mean: float, capacity: float) -> None:
    """The measures of the token layer, of the busiest hour of a weekday, in GPUs at work at the benchmark."""
    fleet = state.fleets[i]
    s = state.series[t]
    speed = state.applicants.mfu[i] / params.mfu_benchmark
    load = mean * params.busiest_hour
    stays, gets = served_load(load, capacity, params.deterred_share)
    useful = fleet.need_gpus * params.serving_share * params.target_utilisation / params.peak * params.busiest_hour
    useful *= fleet.in_cloud
    s.tokens_claims += (load + params.retries * (stays - gets)) * speed
    s.tokens_need += useful
    s.tokens_capacity += capacity * speed
    s.tokens_held += gets * speed
    s.tokens_useful += gets * speed * fleet.in_cloud / fleet.serving_waste


@process
def serve(state: State, params: Params, t: int) -> None:
    """Use every fleet in month t."""
    for i in range(state.applicants.size):
        if state.applicants.kind[i] == DEVELOPER:
            continue
        hit_by_launches(state, params, i, t)
        users = share_fleet(state, params, i)
        serve_hours(state, params, i, t, users)
