"""The waterfall: from MW asked for to useful work, what is left after each stage."""

from __future__ import annotations

from typing import NamedTuple

from gridsim.config.compute import Compute, Waterfall
from gridsim.config.scenario import Scenario
from gridsim.engine.compute_settings import week_peak
from gridsim.engine.result import Result

SECONDS_PER_DAY = 86400.0


class Stage(NamedTuple):
    """What is left, and what the stage is."""

    name: str
    mw: float
    meaning: str


def gpus(mw: float, waterfall: Waterfall) -> float:
    """GPUs (H100 equivalents) that a facility of `mw` can feed."""
    return 1000.0 * mw / waterfall.facility_kw_per_gpu


def mw_of_queries(queries_per_day: float, tokens: float, compute: Compute) -> float:
    """Mean MW that a day's queries of so many computed tokens take, on GPUs that are busy at benchmark efficiency."""
    busy = queries_per_day * tokens / SECONDS_PER_DAY / compute.tokens_per_second
    return busy * compute.waterfall.facility_kw_per_gpu / 1000.0


def mw_provisioned(mean_mw: float, scenario: Scenario) -> float:
    """MW kept for a mean load: its busiest hour of the week, at the target utilisation of serving GPUs."""
    return mean_mw * week_peak(scenario) / scenario.compute.service.target_utilisation


def stages(result: Result, month: int) -> list[Stage]:
    """The stages at the end of a month, in MW: each is what is left of the one above.

    The last ones count MW that would do the same work at the benchmark: lost arithmetic and needless tokens are taken off.
    """
    now, compute = result.series.iloc[month], result.scenario.compute
    w = compute.waterfall
    contracted = float(now["signed_mw"] + now["energised_mw"])
    out = [
        Stage("asked for", float(now["queued_mw"]) + contracted, "requests, every copy, and load in service"),
        Stage("contracted", contracted, "agreements signed, and load in service"),
        Stage("in service", float(now["energised_mw"]), "contracted load in service"),
        Stage("due under the ramp", float(now["power_held"]), "what the load in service may draw by now"),
    ]
    for name, share, meaning in (
        ("plugged in and healthy", w.plugged_share * w.healthy_share, "GPUs that have power and work"),
        ("given to somebody", w.allocated_share, "GPUs allocated to a team or a service"),
        ("busy", w.busy_share, "GPUs at work"),
        (
            "at the benchmark's arithmetic",
            float(now["mfu"]) / compute.mfu.benchmark,
            "GPUs that would do the same at it",
        ),
        (
            "useful",
            useful_share(compute, float(now["useful_token_ratio"])),
            "without tokens that a cheaper query saves",
        ),
    ):
        out.append(Stage(name, out[-1].mw * share, meaning))
    return out


def useful_share(compute: Compute, useful_token_ratio: float) -> float:
    """Share of work that is useful: all of research, and the useful tokens of serving."""
    return 1.0 - compute.serving_share + compute.serving_share * useful_token_ratio


def useful_tokens_per_day(result: Result, month: int) -> float:
    """Useful tokens that the compute which serves users works out in a day."""
    compute = result.scenario.compute
    at_benchmark = gpus(stages(result, month)[-2].mw, compute.waterfall)
    useful = compute.serving_share * float(result.series["useful_token_ratio"].iloc[month])
    return at_benchmark * useful * compute.tokens_per_second * SECONDS_PER_DAY
