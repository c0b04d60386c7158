"""The stylised facts of queues for power: what was observed, where it is written, how the model measures it.

A fact has one or more values, each with its target. A target is a range, or a point that counts as met within a factor:
1.25, and 1.5 for the upgrade costs, whose means hang on a few requests (their sigma of log is about 1.3). The mean over seeds
is held against the target, and the 5th to 95th percentile shows how far chance moves a single run. A value without a range
is context: shown, not judged. The calibrated facts are those marked `demanded`.

Evidence: "seen" was read in the named publication, "computed" was computed from its data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridsim.config.scenario import Scenario
from gridsim.engine.many import on_threads
from gridsim.engine.prepare import Prepared, prepare
from gridsim.engine.seeds import checked_seeds
from gridsim.engine.simulate import run_prepared, warm_up
from gridsim.study import measures_of_facts as of
from gridsim.study.statistics import mean, quantile

Floats = NDArray[np.float64]
Verdict = Literal["in", "out", "context", "unknown"]

POINT_FACTOR = 1.25
COST_FACTOR = 1.5
STEADY = "months 12 to 60 of the boom"
FASTEST = "fastest 12 months of the boom"
WHOLE = "the whole run"

GAPS: dict[str, str] = {
    "F14": "The ramp of three years in a boom: most MW in service are young and still ramping. A shorter ramp closes this gap "
    "and opens that of F16, whose loads draw a third of their contract five years after signing.",
    "F15": "Measured against the date asked for at filing, of which an applicant in a boom knows that it cannot be met. Against "
    "the date of the agreement a site slips by the 220 days that construction.slip_mean_months sets; waiting for capacity comes "
    "on top.",
    "F16": "Sites that are served at all are served within about four years of signing, then ramp in three: too little at year "
    "three, too much at year five. A ramp of five years with construction of 18 to 30 months gives 0.079, 0.40 and 0.84, and "
    "takes F14 down to 0.23.",
    "F22": "The baseline studies one by one, without windows. With windows of half a year (policy.window_months=6) the share is "
    "0.28, to which the share of deadline filers is calibrated.",
}
"""Why a fact is out of range in the baseline, by its id; shown on the page beside the verdict."""


class Target(NamedTuple):
    """A value of a fact: its name (empty if there is only one), the range to lie in, and the observed centre, if any.

    Without a range the value is context.
    """

    name: str = ""
    low: float = np.nan
    high: float = np.nan
    centre: float | None = None

    @property
    def is_judged(self) -> bool:
        """Whether there is a range to lie in."""
        return not np.isnan(self.low)


class Fact(NamedTuple):
    """A stylised fact. `measure` gives one number per target, NaN where a run has none."""

    id: str
    name: str
    observable: str
    window: str
    targets: tuple[Target, ...]
    source: str
    evidence: str
    demanded: bool
    measure: Callable[[of.Run], of.Values]


class Outcome(NamedTuple):
    """A fact as a scenario has it: `values` [seed, target]."""

    fact: Fact
    values: Floats

    def mean(self, k: int) -> float:
        """Mean of target k over the seeds that have a number, NaN if none has."""
        return mean(self.values[:, k])

    def interval(self, k: int) -> tuple[float, float]:
        """5th and 95th percentile of target k over those seeds."""
        return quantile(self.values[:, k], 0.05), quantile(self.values[:, k], 0.95)

    @property
    def verdict(self) -> Verdict:
        """Whether the means over seeds of all judged values lie in their ranges."""
        return judged(self.fact, [self.mean(k) for k in range(len(self.fact.targets))])


def judged(fact: Fact, values: Sequence[float]) -> Verdict:
    """Whether every judged value lies in its range: "in" or "out"; "unknown" if one is NaN, "context" if none is judged."""
    pairs = [(target, value) for target, value in zip(fact.targets, values, strict=True) if target.is_judged]
    if not pairs:
        return "context"
    if any(np.isnan(value) for _, value in pairs):
        return "unknown"
    return "in" if all(target.low <= value <= target.high for target, value in pairs) else "out"


def near(centre: float, name: str = "", factor: float = POINT_FACTOR) -> Target:
    """A point target: met within a factor."""
    return Target(name, centre / factor, centre * factor, centre)


def context(name: str = "", centre: float | None = None) -> Target:
    """A value that is shown and not judged, beside the observed one if there is one."""
    return Target(name, centre=centre)


FACTS: tuple[Fact, ...] = (
    Fact(
        "F1",
        "request inflation",
        "MW requested / MW truly needed within five years",
        STEADY,
        (Target("", 5, 10),),
        "expert statements; ERCOT 2026 queue over plausible growth",
        "seen, medium confidence",
        False,
        of.inflation,
    ),
    Fact(
        "F2",
        "queue over peak load",
        "MW requested and not in service / peak load of the system, other load included",
        STEADY,
        (Target("", 2, 8, 5),),
        "ERCOT 5.1, Oncor 6.5, PPL 7.7, AEP 5.1, Great Britain 2.8",
        "seen, high confidence",
        False,
        of.queue_over_peak,
    ),
    Fact(
        "F3",
        "doubling time in the boom",
        "months for queued MW to double, the shortest",
        FASTEST,
        (Target("", 4, 13),),
        "Great Britain 4.4, ERCOT 6.4, Oncor 7.2, Georgia Power 13",
        "computed, high confidence",
        True,
        of.doubling_months,
    ),
    Fact(
        "F4",
        "flat flow",
        "growth of MW in service / growth of queued MW",
        FASTEST,
        (Target("", 0.0, 0.1),),
        "ERCOT 2025",
        "seen, high confidence",
        False,
        of.flow,
    ),
    Fact(
        "F5",
        "contract share",
        "MW under agreement / all MW requested and not in service",
        STEADY,
        (Target("", 0.08, 0.15),),
        "Georgia Power, quarterly pipeline",
        "computed, high confidence",
        True,
        of.contract_share,
    ),
    Fact(
        "F6",
        "conversion of resolved MW",
        "MW signed / (MW signed + MW that left unsigned)",
        STEADY,
        (Target("", 0.10, 0.27, 0.15),),
        "Georgia Power; PSEG's own expectation 0.1 to 0.2",
        "computed, high confidence",
        True,
        of.conversion,
    ),
    Fact(
        "F7",
        "annual attrition",
        "1 - product over four quarters of (1 - exits / opening stock)",
        STEADY,
        (Target("", 0.32, 0.41),),
        "Georgia Power",
        "computed, high confidence",
        True,
        of.attrition,
    ),
    Fact(
        "F8",
        "bursty exits",
        "coefficient of variation of quarterly exit MW of a utility, the median utility",
        STEADY,
        (Target("utility", 0.8, 1.3), context("system")),
        "Georgia Power 0.97, PJM 1.17",
        "computed, high confidence",
        True,
        of.burstiness,
    ),
    Fact(
        "F9",
        "late withdrawal",
        "chance that a signed agreement is given up before service (cumulative incidence)",
        "agreements signed in the run, to its end",
        (Target("count", 0.15, 0.19, 0.19), Target("MW", 0.15, 0.19, 0.155)),
        "PJM, after the agreement is posted",
        "computed, high confidence",
        True,
        of.late_withdrawal,
    ),
    Fact(
        "F10",
        "withdrawal timing",
        "months from filing to exit: median, standard deviation of the log",
        "requests filed in the run that left by its end",
        (near(12.5, "median"), near(1.4, "sigma of log")),
        "LBNL project data, n = 8361",
        "computed, high confidence",
        True,
        of.withdrawal_timing,
    ),
    Fact(
        "F11",
        "generator completion",
        "share of requests in service within 120 months (cumulative incidence); the target is about generators",
        "requests filed in the run",
        (context("MW", 0.145), context("count", 0.225)),
        "LBNL Queued Up 2025: 0.13 to 0.16 of MW, 0.19 to 0.26 by count",
        "seen, high confidence",
        False,
        of.completion,
    ),
    Fact(
        "F12",
        "completion delay",
        "months from filing to service, by cohort of service; the target is about generators",
        WHOLE,
        (context("median", 41.3), context("sigma of log", 0.67), context("first half"), context("second half")),
        "LBNL project data: 16 (2005), 33 (2010), 36 (2015), 39 (2020), 56 (2023); lognormal with mu 3.72, sigma 0.67",
        "computed, high confidence",
        False,
        of.completion_delay,
    ),
    Fact(
        "F13",
        "upgrade cost ordering",
        "USD/kW of network upgrades by fate at the end; order: the least of withdrawn / active and active / complete",
        "requests with an assigned cost",
        (
            *(near(c, f"mean {f}", COST_FACTOR) for f, c in (("withdrawn", 599), ("active", 240), ("complete", 84))),
            *(context(f"median {f}", c) for f, c in (("withdrawn", 156), ("active", 85), ("complete", 30))),
            *(Target(f"order of {what}", 1.0, np.inf) for what in ("means", "medians")),
        ),
        "LBNL PJM interconnection cost study 2023",
        "seen, high confidence",
        True,
        of.upgrade_costs,
    ),
    Fact(
        "F14",
        "realised share",
        "MW drawn / MW contracted of loads in service and due",
        STEADY,
        (Target("", 0.498, 0.554),),
        "ERCOT, April 2025: data centres 0.498, by officer letter 0.554",
        "seen, high confidence",
        False,
        of.realised_share,
    ),
    Fact(
        "F15",
        "slip",
        "mean days from the date asked for to service",
        "requests filed in the run, in service by its end",
        (near(220),),
        "ERCOT",
        "seen, high confidence",
        False,
        of.slip,
    ),
    Fact(
        "F16",
        "ramp",
        "share of contracted MW due some years after signature",
        "agreements signed in the run and seen for so long",
        (near(0.10, "3 years"), near(0.33, "5 years"), near(0.75, "9 years")),
        "Exelon; Dominion (2 to 5 years to full load once the service agreement is signed)",
        "seen, medium confidence",
        False,
        of.ramp,
    ),
    Fact(
        "F22",
        "deadline rush",
        "share of a half-year's requests filed in its last month; studies are serial and have no deadlines: 1/6 expected",
        "whole calendar half-years of the run",
        (context("", 0.28),),
        "PJM 2014-21",
        "computed, high confidence",
        False,
        of.deadline_rush,
    ),
    Fact(
        "F24",
        "forecast inflation by counting rule",
        "large load that utilities forecast / load in service and true need within five years",
        "the boom",
        (Target("", 1.2, 2.3, 1.4),),
        "EPRI survey; Grid Strategies 2025; London Economics 2025",
        "seen, medium confidence",
        False,
        of.forecast_inflation,
    ),
)


def measured(prepared: Prepared, seed: int, facts: Sequence[Fact]) -> list[of.Values]:
    """The values of facts in one run of a scenario that was prepared with a log."""
    run = of.columns_of(run_prepared(prepared, seed))
    return [fact.measure(run) for fact in facts]


def outcomes(
    scenario: Scenario, seeds: Iterable[int], *, facts: Sequence[Fact] = FACTS, done: Callable[[], None] | None = None
) -> list[Outcome]:
    """Run a scenario once per seed, on all cores, and measure every fact; seeds keep their order. `done` is called after each.

    Raises ValueError if there is no seed or one out of range, `ConservationError` if the model loses count.
    """
    wanted = checked_seeds(seeds)
    warm_up()
    prepared = prepare(scenario, keep_log=True)
    values = [np.full((len(wanted), len(fact.targets)), np.nan) for fact in facts]
    for i, found in enumerate(on_threads(lambda seed: measured(prepared, seed, facts), wanted)):
        for table, row in zip(values, found, strict=True):
            table[i] = row
        if done is not None:
            done()
    return [Outcome(fact, table) for fact, table in zip(facts, values, strict=True)]
