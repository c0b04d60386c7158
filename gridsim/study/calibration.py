"""Calibration: the values of uncertain parameters under which a scenario shows what was observed of real queues.

A prior says between which values each parameter lies. Waves of points are simulated, each point with seeds of its own, and
the mean of each fact over these is held against its range; what remains are points with weights, a sample of the posterior
under the prior that all facts are met (`gridsim.study.population` says how). Every block of points is a file as soon as it
is done, and what has been simulated is not simulated again.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridsim.config.errors import ScenarioError
from gridsim.config.scenario import Scenario
from gridsim.config.sweep import Sample, Sweep, check_sweep
from gridsim.config.variants import varied
from gridsim.engine.many import on_threads
from gridsim.engine.prepare import prepare
from gridsim.engine.simulate import warm_up
from gridsim.study import designs
from gridsim.study.facts import Fact, measured
from gridsim.study.goals import APPARENT, Goal, distances, fact_of
from gridsim.study.point_store import PointStore
from gridsim.study.population import Cloud, Points, Proposal, cloud_of

Floats = NDArray[np.float64]
DESIGNS = ("latin_hypercube", "sobol")
BLOCK = 32
"""Points that are stored together."""


class Calibration(NamedTuple):
    """What a calibration found.

    Attributes:
        scenario: that was calibrated.
        prior: ranges of the parameters; `points` is the number of a wave.
        goals: what was to be met.
        facts: what was measured, `goals.APPARENT` last.
        seeds: runs of a point.
        points: every point simulated, in ranks of the prior, and its distance: the largest over the goals.
        outcomes: [point, value], the means over seeds of every value of every fact, in their order.
        clouds: the closest points after each wave; the last one is the posterior.
    """

    scenario: Scenario
    prior: Sample
    goals: tuple[Goal, ...]
    facts: tuple[Fact, ...]
    seeds: int
    points: Points
    outcomes: Floats
    clouds: list[Cloud]

    @property
    def cloud(self) -> Cloud:
        """The posterior: points that are left, with their weights."""
        return self.clouds[-1]

    @property
    def labels(self) -> list[str]:
        """Names of the columns of `outcomes`."""
        return [f"{fact.id} {target.name}".strip() for fact in self.facts for target in fact.targets]

    def column(self, label: str) -> Floats:
        """A column of `outcomes` at the points of the posterior."""
        return np.asarray(self.outcomes[self.cloud.chosen, self.labels.index(label)])

    def values(self, ranks: Floats) -> list[designs.Cell]:
        """Values of the parameters, from their ranks [point, parameter]."""
        return [designs.cell_at(self.prior, row) for row in ranks]


def calibrate(
    scenario: Scenario,
    prior: Sample,
    goals: Sequence[Goal],
    *,
    seeds: int = 5,
    waves: int = 20,
    wanted: int = 200,
    store: PointStore | None = None,
    done: Callable[[int], None] | None = None,
) -> Calibration:
    """Calibrate a scenario.

    Args:
        scenario: what the prior varies.
        prior: ranges of the parameters, equally likely over each range as it is scaled; its design, a Latin hypercube or a
            Sobol' sequence, gives the first wave, its points are those of every wave, its seed fixes all that is drawn.
        goals: ranges of values of facts; a point meets them if its means over seeds lie in all of them.
        seeds: runs of each point, of seeds of its own.
        waves: at most so many.
        wanted: stop when all goals are met by points that say as much as so many of equal weight.
        store: where points are kept; without one they are lost with the process.
        done: called after each point with the number of points so far.

    Raises:
        ValueError: another design, no goal, or too few points that have all outcomes.
        ScenarioError: values of the prior that do not fit the scenario.
    """
    check_prior(scenario, prior)
    if not goals:
        raise ValueError("a calibration needs something to meet: name a fact")
    facts = measured_facts(goals)
    places = [[f"{fact.id} {t.name}".strip() for fact in facts for t in fact.targets].index(g.label) for g in goals]
    warm_up()
    points = Points(np.empty((0, len(prior.ranges))), np.empty(0), ())
    outcomes = np.empty((0, sum(len(fact.targets) for fact in facts)))
    simulate = functools.partial(simulated, scenario, prior, facts, seeds)
    clouds: list[Cloud] = []
    proposals: list[Proposal] = []
    while not clouds or not (len(clouds) == waves or enough(clouds[-1], wanted)):
        wave = len(clouds)
        if clouds:
            proposals.append(Proposal(points, clouds[-1]))
        rng = np.random.default_rng([prior.seed, wave])
        ranks = proposals[-1].draw(prior.points, rng) if clouds else designs.ranks(prior)
        found = wave_of(ranks, wave, simulate, store, done)
        outcomes = np.concatenate([outcomes, found])
        far = distances(goals, found[:, places]).max(axis=1)
        points = Points(
            np.concatenate([points.ranks, ranks]), np.concatenate([points.distances, far]), (*points.waves, len(ranks))
        )
        clouds.append(cloud_of(points, proposals))
    return Calibration(scenario, prior, tuple(goals), facts, seeds, points, outcomes, clouds)


def measured_facts(goals: Sequence[Goal]) -> tuple[Fact, ...]:
    """The facts of the goals, and what nobody can observe."""
    return (*dict.fromkeys(fact_of(goal.fact) for goal in goals), *APPARENT)


def check_prior(scenario: Scenario, prior: Sample) -> None:
    """Raise ValueError for a design whose points are no draws from the ranges, `ScenarioError` for values that do not fit."""
    if prior.design not in DESIGNS:
        raise ValueError(f"the prior's sample must be of design {' or '.join(DESIGNS)}, found {prior.design}")
    check_sweep(Sweep(sample=prior), scenario)


def enough(cloud: Cloud, wanted: int) -> bool:
    """Whether all goals are met by enough points."""
    return cloud.tolerance <= 1.0 and cloud.effective >= wanted


def wave_of(
    ranks: Floats,
    wave: int,
    simulate: Callable[[tuple[int, int, Floats]], Floats],
    store: PointStore | None,
    done: Callable[[int], None] | None,
) -> Floats:
    """The outcomes of a wave, block by block: from the store, or simulated and stored."""
    blocks = []
    for first in range(0, len(ranks), BLOCK):
        some = ranks[first : first + BLOCK]
        found = store.read(wave, first, some) if store is not None else None
        if found is None:
            rows = []
            for row in on_threads(simulate, [(wave, first + i, rank) for i, rank in enumerate(some)]):
                rows.append(row)
                if done is not None:
                    done(wave * len(ranks) + first + len(rows))
            found = np.array(rows)
            if store is not None:
                store.write(wave, first, some, found)
        elif done is not None:
            done(wave * len(ranks) + first + len(some))
        blocks.append(found)
    return np.concatenate(blocks)


def simulated(
    scenario: Scenario, prior: Sample, facts: Sequence[Fact], seeds: int, point: tuple[int, int, Floats]
) -> Floats:
    """Means over seeds of all values of the facts at a point; NaN where a run has no number, or the values make no scenario."""
    wave, number, rank = point
    try:
        prepared = prepare(varied(scenario, designs.cell_at(prior, rank)), keep_log=True)
    except ScenarioError:  # each value is allowed, but not all of them together: the prior does not hold such a point
        return np.full(sum(len(fact.targets) for fact in facts), np.nan)
    own = seeds_of(prior.seed, wave, number, seeds)
    runs = [np.concatenate(measured(prepared, seed, facts)) for seed in own]
    return np.asarray(np.mean(runs, axis=0))


def seeds_of(seed: int, wave: int, number: int, count: int) -> list[int]:
    """The seeds of a point's runs: its own, so that luck is drawn anew at every point and cannot be fitted to."""
    drawn = np.random.SeedSequence([seed, wave, number]).generate_state(count, np.uint64)
    return [int(state >> np.uint64(1)) for state in drawn]
