"""Efficiency: what the same useful work takes, in MW, beyond what it would take at the benchmark.

True need counts useful work at benchmark efficiency. What a lab or hyperscaler measures, and reports, contains what it loses:
arithmetic that its busy GPUs do not achieve (M13), and tokens that a cheaper kind of query would have saved (M14). It
forecasts, files and draws power for that.
"""

from __future__ import annotations

from gridsim.model import draws
from gridsim.model.compiling import process, rule
from gridsim.model.elementary import log
from gridsim.model.state import DEVELOPER, Params, State

MFU_MIN = 0.01
"""No fleet that anybody keeps does worse."""
SMALL_JOB = 8192.0
"""GPUs of a job up to which nothing is lost to its size (Llama 3: 0.43 on 8,192 GPUs)."""
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
def reported_over_true(mfu: float, benchmark: float, serving_share: float, tokens_ratio: float) -> float:
    """MW for the same useful work over MW at the benchmark: benchmark / MFU x (1 + s (computed / useful tokens - 1)).

    s is the share of compute that serves users; research takes no query.
    """
    return benchmark / mfu * (1.0 + serving_share * (tokens_ratio - 1.0))


@process
def measure_efficiency(state: State, params: Params, t: int) -> None:
    """Write MFU of month t, and what every lab and hyperscaler reports over what it truly needs; month 0 comes twice."""
    queries = state.queries[t]
    for i in range(state.applicants.size):
        applicant = state.applicants[i]
        if applicant.kind == DEVELOPER:
            applicant.waste = 1.0
            continue
        if not params.low_mfu:
            applicant.mfu = params.mfu_benchmark
        elif t > 0:
            gpus = params.job_gpus_per_mw * applicant.held_mw
            reachable = reachable_mfu(params.mfu_small_job, params.mfu_loss_per_doubling, gpus)
            applicant.mfu = learned_mfu(applicant.mfu, reachable, params.mfu_learning)
        else:
            luck = 2.0 * draws.uniform(params.seed, draws.TRAIT_MFU, 0, applicant.key) - 1.0
            applicant.mfu = max(MFU_MIN, params.mfu_initial + params.mfu_spread * luck)
        ratio = queries.computed_tokens / queries.useful_tokens if params.dear_queries else 1.0
        applicant.waste = reported_over_true(applicant.mfu, params.mfu_benchmark, params.serving_share, ratio)


@process
def reported_need(state: State, i: int, t: int) -> float:
    """MW that agent i needs in month t as it works: its true need, with what it loses."""
    return state.need_mw[i, t] * state.applicants.waste[i]
