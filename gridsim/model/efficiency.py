"""Efficiency: what the same useful work takes, in MW, beyond what it would take at the benchmark.

True need counts useful work at benchmark efficiency. What a lab or hyperscaler measures, and reports, contains what it loses:
arithmetic that its busy GPUs do not achieve (M13), tokens that a cheaper kind of query would have saved (M14), that employees
burn (M11) or that forgotten agents hold (M12), and useless jobs that it takes for work (M7). It forecasts, files and draws
power for that.
"""

from __future__ import annotations

from gridsim.model import draws
from gridsim.model.compiling import process, rule, step
from gridsim.model.elementary import log
from gridsim.model.state import DEVELOPER, Params, State

MFU_MIN = 0.01
"""No fleet that anybody keeps does worse."""
SMALL_JOB = 8192.0
"""GPUs of a job up to which nothing is lost to its size (Llama 3: 0.43 on 8,192 GPUs)."""
HOURS_PER_MONTH = 730.0
LN2 = 0.6931471805599453


@rule
def computed_tokens(tokens_in: float, tokens_out: float, cache_hit: float) -> float:
    """Tokens that a query makes a GPU compute: in (1 - cache hit) + out."""
    return tokens_in * (1.0 - cache_hit) + tokens_out


@rule
def reachable_mfu(small_job: float, loss_per_doubling: float, gpus: float) -> float:
    """MFU that can be learned for a job on so many GPUs: M0 - k log2(N / 8192), no more than M0."""
    doublings = max(0.0, log(max(gpus, 1.0) / SMALL_JOB) / LN2)
    return max(MFU_MIN, small_job - loss_per_doubling * doublings)


@rule
def learned_mfu(mfu: float, reachable: float, learning: float) -> float:
    """MFU a month later: a share of the gap to what can be reached is closed."""
    return mfu + learning * (reachable - mfu)


@rule
def reported_over_true(
    mfu: float,
    benchmark: float,
    serving_share: float,
    serving_waste: float,
    research_share: float,
    research_waste: float,
) -> float:
    """MW for the same useful work over MW at the benchmark: benchmark / MFU x (1 + s (w_s - 1) + r (w_r - 1)).

    s and r are the shares of compute that serves users and that research has, w_s and w_r what either takes over what it
    would at no waste.
    """
    share = 1.0 + serving_share * (serving_waste - 1.0) + research_share * (research_waste - 1.0)
    return benchmark / mfu * share


@rule
def load_over_useful(
    tokens_ratio: float, employees: float, burn: float, agents: float, local: float, orphans: float, idle_draw: float
) -> float:
    """Load of those who are served over their useful load: dear queries x (1 + e b + a ((1 - l) (1 + o d) - 1)).

    e and a are the shares of serving that employees and agents use; b tokens burned over useful ones; l the share of agents
    on hardware of their users'; o forgotten agents for each at work, and d what one of them holds over what one at work does.
    """
    return tokens_ratio * (1.0 + employees * burn + agents * ((1.0 - local) * (1.0 + orphans * idle_draw) - 1.0))


@rule
def local_moves(price_usd: float, rent_usd_per_month: float, horizon_months: float, rate: float) -> float:
    """Share of cloud agents that move to hardware of their users' a month: rate x max(0, 1 - payback / horizon)."""
    if rent_usd_per_month * horizon_months <= price_usd:
        return 0.0
    return rate * (1.0 - price_usd / rent_usd_per_month / horizon_months)


@step
def leave_agents_running(state: State, params: Params, i: int) -> None:
    """A month of agents: some are forgotten and some of those stopped, O' = O (1 - kill) + forget x starts; some move home."""
    fleet = state.fleets[i]
    fleet.orphans = fleet.orphans * params.orphans_kept + params.orphans_made
    rent = state.cloud.usd_per_hour[0] * HOURS_PER_MONTH * params.gpus_per_agent
    moves = local_moves(params.local_usd, rent, params.local_horizon, params.local_rate)
    fleet.local += moves * (1.0 - fleet.local)


@process
def measure_efficiency(state: State, params: Params, t: int) -> None:
    """Write MFU of month t, and what every lab and hyperscaler reports over what it truly needs; month 0 comes twice."""
    queries = state.queries[t]
    for i in range(state.applicants.size):
        applicant = state.applicants[i]
        if applicant.kind == DEVELOPER:
            applicant.waste = 1.0
            continue
        fleet = state.fleets[i]
        if t == 0:
            fleet.research_waste = 1.0
        if not params.low_mfu:
            applicant.mfu = params.mfu_benchmark
        elif t > 0:
            gpus = params.job_gpus_per_mw * applicant.held_mw
            reachable = reachable_mfu(params.mfu_small_job, params.mfu_loss_per_doubling, gpus)
            applicant.mfu = learned_mfu(applicant.mfu, reachable, params.mfu_learning)
        else:
            luck = 2.0 * draws.uniform(params.seed, draws.TRAIT_MFU, 0, applicant.key) - 1.0
            applicant.mfu = max(MFU_MIN, params.mfu_initial + params.mfu_spread * luck)
        if params.orphaned and t > 0:
            leave_agents_running(state, params, i)
        ratio = queries.computed_tokens / queries.useful_tokens if params.dear_queries else 1.0
        fleet.in_cloud = 1.0 - params.agent_share * fleet.local
        burn = params.burn if params.leaderboards else 0.0
        fleet.serving_waste = load_over_useful(
            ratio, params.employee_share, burn, params.agent_share, fleet.local, fleet.orphans, params.idle_draw
        )
        applicant.waste = reported_over_true(
            applicant.mfu,
            params.mfu_benchmark,
            params.serving_share,
            fleet.serving_waste,
            params.research_share,
            fleet.research_waste,
        )


@process
def reported_need(state: State, i: int, t: int) -> float:
    """MW that agent i needs in month t as it works: its true need, with what it loses."""
    return state.need_mw[i, t] * state.applicants.waste[i]
