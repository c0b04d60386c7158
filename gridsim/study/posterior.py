"""What a calibration leaves open: parameters, pairs of them, facts that it was not fitted to, and an ensemble to go on with.

All numbers are of points with weights (`Calibration.cloud`); intervals are from the 5 % to the 95 % quantile.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridsim.config.scenario import Scenario
from gridsim.config.sweep import Sweep
from gridsim.config.variants import varied
from gridsim.config.walk import slot_at
from gridsim.engine.many import on_threads
from gridsim.engine.prepare import prepare
from gridsim.study.calibration import Calibration, seeds_of
from gridsim.study.compare import value_at
from gridsim.study.facts import FACTS, Fact, measured
from gridsim.study.goals import APPARENT, Goal
from gridsim.study.population import drawn_again, quantiles, scores

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
AT = np.array([0.05, 0.5, 0.95])
TOLD, HARDLY = 0.5, 0.1
"""Shares of a prior's variance that facts must take away to tell a parameter, and below which they say hardly anything."""
PREDICTED = (*FACTS, *APPARENT)


class Predicted(NamedTuple):
    """Facts under the posterior: `values` [member, run, value], the values in the order of `facts` and their targets."""

    facts: tuple[Fact, ...]
    values: Floats


def parameters(found: Calibration) -> pd.DataFrame:
    """What is known of each parameter, in the order of the prior.

    Columns: parameter; unit; default (what the scenario has); prior_low, prior_high, scale (of the range); low, median, high;
    told (the share of the prior's variance that is gone, in normal scores: 1 says that the facts fix the parameter, 0 that
    they say nothing of it; below 0 the posterior is wider than the prior's middle); verdict: told, partly or hardly; evidence
    (source of the default, from the schema).
    """
    import pandas as pd

    cloud, ranks = found.cloud, found.points.ranks[found.cloud.chosen]
    data = found.scenario.model_dump(by_alias=True)
    rows = []
    for i, (path, drawn) in enumerate(found.prior.ranges.items()):
        slot = slot_at(Scenario, tuple(path.split(".")))
        low, median, high = (drawn.at(float(rank)) for rank in quantiles(ranks[:, i], cloud.weights, AT))
        told = 1.0 - variance(scores(ranks[:, i]), cloud.weights)
        rows.append(
            {
                "parameter": path,
                "unit": slot.unit if slot else "",
                "default": value_at(data, path),
                "prior_low": drawn.at(0.0),
                "prior_high": drawn.at(1.0),
                "scale": drawn.scale,
                "low": low,
                "median": median,
                "high": high,
                "told": told,
                "verdict": "told" if told >= TOLD else "partly" if told >= HARDLY else "hardly",
                "evidence": slot.source if slot else "",
            }
        )
    return pd.DataFrame(rows)


def pairs(found: Calibration) -> pd.DataFrame:
    """Correlations of parameters in the posterior, the strongest first: one, other, correlation (of normal scores).

    In the prior all are independent, so that a correlation says that the facts know the two together better than each. One
    that chance alone gives is about 1 / sqrt(points of equal weight).
    """
    import pandas as pd

    names = list(found.prior.ranges)
    matrix = correlations(scores(found.points.ranks[found.cloud.chosen]), found.cloud.weights)
    rows = [
        {"one": names[i], "other": names[k], "correlation": float(matrix[i, k])}
        for i, k in itertools.combinations(range(len(names)), 2)
    ]
    table = pd.DataFrame(rows, columns=["one", "other", "correlation"])
    return table.sort_values("correlation", key=abs, ascending=False, kind="stable", ignore_index=True)


class Ridge(NamedTuple):
    """How well the shares of duplicates and of speculation in the pipeline are known, apart and together.

    Attributes:
        duplicates, speculation, both: low, median, high of each share, and of their sum.
        correlation: of the two in the posterior; towards -1 the facts know the sum and not the parts.
        narrower: standard deviation of the sum over that of two independent shares with the same spreads; below 1 is a ridge.
    """

    duplicates: Floats
    speculation: Floats
    both: Floats
    correlation: float
    narrower: float


def ridge(found: Calibration) -> Ridge:
    """Whether what is observed can tell duplicates from speculation."""
    weights = found.cloud.weights
    shares = np.stack([found.column(fact.id) for fact in APPARENT], axis=1)
    both = shares.sum(axis=1)
    apart = variance(shares[:, 0], weights) + variance(shares[:, 1], weights)
    return Ridge(
        quantiles(shares[:, 0], weights, AT),
        quantiles(shares[:, 1], weights, AT),
        quantiles(both, weights, AT),
        float(correlations(shares, weights)[0, 1]),
        float(np.sqrt(variance(both, weights) / apart)) if apart > 0.0 else 1.0,
    )


def shares(found: Calibration) -> pd.DataFrame:
    """Points of the posterior: duplicates and speculation, each as a share of the pipeline, and weight."""
    import pandas as pd

    return pd.DataFrame({fact.id: found.column(fact.id) for fact in APPARENT} | {"weight": found.cloud.weights})


def waves(found: Calibration) -> pd.DataFrame:
    """A row a wave: wave (from 1), points so far, tolerance, effective (points of equal weight that say as much)."""
    import pandas as pd

    points = np.cumsum(found.points.waves)
    return pd.DataFrame(
        {
            "wave": np.arange(1, len(points) + 1),
            "points": points,
            "tolerance": [cloud.tolerance for cloud in found.clouds],
            "effective": [cloud.effective for cloud in found.clouds],
        }
    )


def members(found: Calibration, count: int) -> list[dict[str, object]]:
    """Worlds of equal weight, drawn from the posterior: values by dotted path, to six digits; heavy points more than once."""
    again = drawn_again(found.cloud.weights, count, found.prior.seed)
    cells = found.values(found.points.ranks[found.cloud.chosen[again]])
    return [{path: shortened(value) for path, value in cell.items()} for cell in cells]


def shortened(value: object) -> object:
    """A number to six digits, which can be read and is as good."""
    return float(f"{value:.6g}") if isinstance(value, float) else value


def ensemble(found: Calibration, count: int) -> Sweep:
    """The posterior as a sweep: a list of worlds, for `gridsim batch --sweep` and `gridsim compare --worlds`."""
    met = "all are met" if found.cloud.tolerance <= 1.0 else f"not all are met: tolerance {found.cloud.tolerance:.2f}"
    return Sweep(
        title=f"{found.scenario.title}: worlds in which the facts are met"[:200],
        description=(
            f"{count} equally likely draws from the posterior of {len(found.prior.ranges)} parameters, given "
            f"{', '.join(dict.fromkeys(goal.fact for goal in found.goals))}; {met}; {len(found.points.ranks):,} points "
            f"simulated, {found.cloud.effective:.0f} of equal weight. Written by gridsim calibrate."
        ),
        cells=members(found, count),
    )


def predict(
    scenario: Scenario, worlds: Sequence[dict[str, object]], seeds: int, done: Callable[[], None] | None = None
) -> Predicted:
    """Run worlds with seeds that no calibration used, and measure every fact. `done` is called after each world."""

    def simulated(item: tuple[int, dict[str, object]]) -> list[Floats]:
        number, world = item
        prepared = prepare(varied(scenario, world), keep_log=True)
        own = seeds_of(scenario.seed, number, FRESH, seeds)
        return [np.concatenate(measured(prepared, seed, PREDICTED)) for seed in own]

    values = []
    for runs in on_threads(simulated, list(enumerate(worlds))):
        values.append(runs)
        if done is not None:
            done()
    return Predicted(PREDICTED, np.array(values))


FRESH = 2**31
"""Stands where a calibration has the number of a point, beyond any of them."""


def predictions(predicted: Predicted, goals: Sequence[Goal]) -> pd.DataFrame:
    """Facts under the posterior, a row a value.

    Columns: fact; value; name; fitted (whether it is among the goals, whose ranges then are the targets); target_low,
    target_high, observed (NaN where there is none); low, median, high of the expected value over worlds (means of a world's
    runs); run_low, run_high of single runs; inside: the share of worlds whose expected value lies in the range (NaN without
    one).
    """
    import pandas as pd

    rows, k = [], 0
    fitted = {(goal.fact, goal.name): goal for goal in goals}
    for fact in predicted.facts:
        for target in fact.targets:
            goal = fitted.get((fact.id, target.name))
            low_end, high_end = (target.low, target.high) if goal is None else (goal.low, goal.high)
            means = known(predicted.values[:, :, k].mean(axis=1))
            runs = known(predicted.values[:, :, k].ravel())
            inside = float(np.mean((means >= low_end) & (means <= high_end))) if len(means) else np.nan
            low, median, high = np.quantile(means, AT) if len(means) else np.full(3, np.nan)
            run_low, run_high = np.quantile(runs, AT[[0, 2]]) if len(runs) else np.full(2, np.nan)
            rows.append(
                {
                    "fact": fact.id,
                    "value": target.name,
                    "name": fact.name,
                    "fitted": goal is not None,
                    "target_low": low_end,
                    "target_high": high_end,
                    "observed": np.nan if target.centre is None else target.centre,
                    "low": low,
                    "median": median,
                    "high": high,
                    "run_low": run_low,
                    "run_high": run_high,
                    "inside": np.nan if np.isnan(low_end) else inside,
                }
            )
            k += 1
    return pd.DataFrame(rows)


def known(values: Floats) -> Floats:
    """The values that are numbers."""
    return np.asarray(values[np.isfinite(values)])


def variance(values: Floats, weights: Floats) -> float:
    """Variance of weighted values; weights add up to 1."""
    return float(weights @ (values - weights @ values) ** 2)


def correlations(values: Floats, weights: Floats) -> Floats:
    """Correlation matrix of weighted rows; 0 where a column does not vary."""
    apart = values - weights @ values
    covariance = (apart * weights[:, None]).T @ apart
    spread = np.sqrt(np.diag(covariance))
    spread = np.where(spread > 0.0, spread, np.inf)
    return np.asarray(covariance / np.outer(spread, spread))
