"""Quota: the teams of a lab share what research has, under "use it or lose it".

A team is at its peak for a while, then needs little. It asks for its peak. The lab shares research by a rule, sees how much
of each quota is used, and cuts a quota that is not. Gamers run useless jobs so that theirs is not cut (M7), where that
pays: what a job costs them is less than what the lost quota would have been worth.
"""

from __future__ import annotations

from gridsim.model import draws
from gridsim.model.compiling import process, rule, step
from gridsim.model.elementary import exp, log, normal_quantile
from gridsim.model.rationing import share
from gridsim.model.state import DEVELOPER, Params, State

SAFETY = 0.05
"""By how much gamers stay above the threshold."""


@rule
def padding_pays_below(constrained: float, value: float, teams: float, memory: float, patience: float) -> float:
    """Cost of a useless GPU-hour below which running it pays: c* = p v G / (1 + (1 - p) G), G = l (1 - 1/N) d / (1 - d).

    p is the chance to lack quota next month, l the weight of a month in the record, d the weight of the next month. A unit not
    used lowers the quota for good where everybody else runs full. Our derivation, in the setting of Cachon & Lariviere 1999.
    """
    gain = memory * (1.0 - 1.0 / teams) * patience / (1.0 - patience)
    return constrained * value * gain / (1.0 + (1.0 - constrained) * gain)


@rule
def reported_use(useful: float, quota: float, threshold: float, pads: bool) -> float:
    """GPUs that a team seems to use: useful use and, with useless jobs, at least a little more than the threshold."""
    return max(useful, min(1.0, threshold + SAFETY) * quota) if pads else useful


@rule
def kept_ask(ask: float, reported: float, quota: float, threshold: float) -> float:
    """What a team's ask counts for: all of it, or what its use justifies where it stayed below the threshold."""
    if threshold <= 0.0 or quota <= 0.0 or reported >= threshold * quota:
        return ask
    return min(ask, reported / threshold)


@step
def share_quota(state: State, params: Params, first: int, gpus: float) -> None:
    """Write the quotas of one lab's teams."""
    n = params.teams
    market = state.market
    for k in range(n):
        market.signals[k], market.record[k] = state.teams.counted_gpus[first + k], state.teams.record[first + k]
    share(market, params.quota_rule, n, gpus)
    for k in range(n):
        state.teams.quota_gpus[first + k] = market.granted[k]


@step
def mean_need(state: State, params: Params, i: int) -> float:
    """GPUs that the teams of agent i need together on average, as they work."""
    useful = state.fleets.need_gpus[i] * params.research_share
    return useful * params.mfu_benchmark / state.applicants.mfu[i] * params.team_busy


@step
def sum_of_peaks(params: Params, mean: float) -> float:
    """GPUs that teams would need with all at their peak, who need `mean` on average."""
    return mean / (params.on_share + (1.0 - params.on_share) * params.off_level)


@step
def still_at_peak(params: Params, at_peak: int, luck: float) -> int:
    """State of a team a month later: a chain in continuous time, seen once a month."""
    memory = params.burst_memory
    chance = params.on_share * (1.0 - memory) + (memory if at_peak else 0.0)
    return 1 if luck < chance else 0


@step
def progress(state: State, params: Params, i: int, useful_gpus: float) -> None:
    """Research of agent i moves on: cap' = cap + (useful research compute over that of the start)^eta."""
    fleet = state.fleets[i]
    useful = useful_gpus * state.applicants.mfu[i] / params.mfu_benchmark
    if useful > 0.0 and fleet.first_research > 0.0:
        fleet.progress += exp(params.progress_exponent * log(useful / fleet.first_research))


@process
def work_teams(state: State, params: Params, i: int, t: int) -> None:
    """One month of the teams of agent i: needs, use, reports, what they ask for next, and what comes of it."""
    n = params.teams
    first = i * n
    fleet = state.fleets[i]
    s = state.series[t]
    luck = draws.word(params.seed, draws.TEAM_BURST, t, state.applicants.key[i])
    whole = sum_of_peaks(params, mean_need(state, params, i))
    share_quota(state, params, first, fleet.research_gpus + fleet.borrowed_gpus)
    used = reported = idle = lacking = 0.0
    for k in range(n):
        team = state.teams[first + k]
        team.at_peak = still_at_peak(params, team.at_peak, draws.pair_uniform(luck, k + 1))
        peak = whole * team.weight
        need = peak if team.at_peak == 1 else peak * params.off_level
        quota = team.quota_gpus
        useful = min(need, quota)
        pads = params.fake_use == 1 and team.gamer == 1 and params.pays_to_pad == 1
        seen = reported_use(useful, quota, params.threshold, pads)
        used += useful
        reported += seen
        idle += quota - useful
        lacking += need - useful
        s.quota_claims += team.ask_gpus
        s.quota_need += need
        s.quota_held += quota
        team.unmet = (need - useful) / need if need > 0.0 else 0.0
        wanted = peak * (1.0 + params.ask_hoarding * team.unmet)
        team.ask_gpus = need + max(0.0, wanted - need) * params.reserve_asked
        team.counted_gpus = kept_ask(team.ask_gpus, seen, quota, params.threshold)
        team.record += params.use_memory * (seen - team.record)
    lent = min(idle, lacking) if params.lending else 0.0
    s.quota_useful += used + lent
    s.quota_unmet_gpu += lacking - lent
    s.reported_utilisation += max(reported, used + lent)  # useless jobs give way
    fleet.research_waste = 1.0
    if params.fake_use and used > 0.0:
        fleet.research_waste += params.trust * min(1.0, (reported - used) / used)
    progress(state, params, i, used + lent)


@process
def use_quotas(state: State, params: Params, t: int) -> None:
    """Teams of every lab and hyperscaler work in month t."""
    for i in range(state.applicants.size):
        if state.applicants.kind[i] != DEVELOPER:
            work_teams(state, params, i, t)


@process
def draw_teams(state: State, params: Params, i: int) -> None:
    """Sizes and dispositions of the teams of agent i, who ask for their peaks."""
    n = params.teams
    first = i * n
    key = state.applicants.key[i]
    whole = 0.0
    for k in range(n):
        team = state.teams[first + k]
        size, game = draws.uniforms(params.seed, draws.TEAM_TRAIT, k, key)
        team.weight = exp(params.team_sigma * normal_quantile(size))
        team.gamer = 1 if game < params.gaming_share else 0
        state_now = draws.uniform(params.seed, draws.TEAM_BURST, -1 - k, key)
        team.at_peak = 1 if state_now < params.on_share else 0
        whole += team.weight
    mean = mean_need(state, params, i)
    peaks = sum_of_peaks(params, mean)
    for k in range(n):
        team = state.teams[first + k]
        team.weight /= whole
        team.ask_gpus = team.counted_gpus = team.weight * peaks
        team.record = team.weight * mean
