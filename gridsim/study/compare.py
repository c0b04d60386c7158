"""Policies side by side: the same worlds under each, paired differences, a Pareto front, and how sure each rank is."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridsim.config.scenario import Scenario
from gridsim.config.sweep import Sweep, check_sweep
from gridsim.config.variants import varied
from gridsim.engine.criteria import CRITERIA, checked, measure_of, taken
from gridsim.engine.many import run_many
from gridsim.engine.prepare import prepare
from gridsim.engine.seeds import checked_seeds
from gridsim.study import ranking
from gridsim.study.designs import Cell, cells

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Rows = Iterator[dict[str, Any]]
SHARED = ("start_month", "horizon_months")


class Comparison(NamedTuple):
    """What a comparison found; smaller is better in every criterion.

    Attributes:
        names: of the policies, the reference first.
        criteria: as column and kind.
        worlds: in which every criterion is known of every policy; all numbers are of these.
        left_out: worlds in which one is not.
        differences: policy, criterion, unit, mean, difference (to the reference), low, high (90 %), better (share of worlds in
            which the policy is below the reference), worlds_needed (to tell it from the reference).
        ranks: criterion, policy, rank (1 is best), probability.
        front: policy, on_front (by means, no other is as good in all criteria and better in one), share (of resamples in which
            that holds).
        pairs: criterion, policy, other, difference (policy less other), worlds_needed.
        outcomes: policy, point, seed, and each criterion: every run.
    """

    names: tuple[str, ...]
    criteria: tuple[str, ...]
    worlds: int
    left_out: int
    differences: pd.DataFrame
    ranks: pd.DataFrame
    front: pd.DataFrame
    pairs: pd.DataFrame
    outcomes: pd.DataFrame


def compare(
    scenarios: Sequence[Scenario],
    seeds: Iterable[int] = range(1, 21),
    worlds: Sweep | None = None,
    criteria: Sequence[str] = CRITERIA,
    *,
    names: Sequence[str] | None = None,
    done: Callable[[], None] | None = None,
) -> Comparison:
    """Compare policies in the same worlds.

    Every scenario is run with every seed, and, with worlds, at each of their points: the uncertain parameters take the same
    values in all scenarios. Intervals are 90 % bootstrap intervals over points and seeds.

    Args:
        scenarios: the reference first; all with the same start and horizon.
        seeds: of the runs, the same for all scenarios and points.
        worlds: a sweep whose list (the ensemble of a calibration, say) or sample gives the points; its grid is left.
        criteria: columns (`engine.criteria.COLUMNS`), and last, peak or mean of each (NaN months apart); smaller is better.
        names: of the scenarios; by default their titles. One that comes again gets a number.
        done: called after each scenario at each point.

    Raises:
        ValueError: fewer than two scenarios or worlds, other starts or horizons, an unknown criterion, worlds of what the
            scenarios differ in, or no world in which everything is known.
        ScenarioError: values of the worlds that do not fit a scenario.
    """
    wanted, chosen = checked_seeds(seeds), checked(criteria)
    called = distinct(names or [scenario.title for scenario in scenarios])
    check_scenarios(scenarios, called)
    points = checked_points(scenarios, called, worlds)
    if len(set(wanted)) != len(wanted):
        raise ValueError("seeds: one is given twice")
    if len(wanted) * len(points) < 2:
        raise ValueError("a comparison needs at least two worlds: more seeds, or a sweep of worlds")
    outcomes = np.empty((len(scenarios), len(chosen), len(points), len(wanted)))
    for i, scenario in enumerate(scenarios):
        for j, point in enumerate(points):
            runs = run_many(prepare(varied(scenario, point) if point else scenario), wanted)
            outcomes[i, :, j] = np.array([[taken(run, criterion) for criterion in chosen] for run in runs]).T
            if done is not None:
                done()
    return compared(called, chosen, wanted, outcomes)


def distinct(names: Sequence[str]) -> tuple[str, ...]:
    """The names, those that come again with a number behind."""
    out: list[str] = []
    for name in names:
        free = (name if n == 1 else f"{name} ({n})" for n in range(1, len(names) + 2))
        out.append(next(one for one in free if one not in out))
    return tuple(out)


def check_scenarios(scenarios: Sequence[Scenario], names: Sequence[str]) -> None:
    """Raise ValueError for a single scenario, or one whose months are not those of the reference."""
    if len(scenarios) < 2:
        raise ValueError("name a reference and at least one other scenario: there is nothing to compare")
    for field in SHARED:
        here = getattr(scenarios[0], field)
        for scenario, name in zip(scenarios, names, strict=True):
            if getattr(scenario, field) != here:
                there = getattr(scenario, field)
                raise ValueError(f"{name}: {field} is {there}, that of the reference {names[0]} is {here}")


def checked_points(scenarios: Sequence[Scenario], names: Sequence[str], worlds: Sweep | None) -> list[Cell]:
    """The points of worlds, one empty point without. Raises as `compare` does, for worlds that do not fit."""
    if worlds is None:
        return [{}]
    data = [scenario.model_dump(by_alias=True) for scenario in scenarios]
    points = cells(worlds.model_copy(update={"grid": {}}))
    for path in dict.fromkeys(path for point in points for path in point):
        for name, other in zip(names, data, strict=True):
            if value_at(other, path) != value_at(data[0], path):
                raise ValueError(
                    f"the worlds vary {path}, in which {name} differs from {names[0]}: they would undo that"
                )
    for scenario in scenarios:
        check_sweep(worlds, scenario)
    return points


def value_at(data: object, path: str) -> object:
    """The value at a dotted path of a scenario's data; None where there is nothing."""
    for part in path.split("."):
        if isinstance(data, dict):
            data = data.get(part)
        elif isinstance(data, list) and part.isdecimal() and int(part) < len(data):
            data = data[int(part)]
        else:
            return None
    return data


def compared(names: Sequence[str], criteria: Sequence[str], seeds: Sequence[int], outcomes: Floats) -> Comparison:
    """What outcomes [policy, criterion, point, seed] say, smaller being better; the first policy is the reference.

    Raises:
        ValueError: when fewer than two worlds are known in full.
    """
    import pandas as pd

    kept = ranking.complete(outcomes)
    if kept.sum() < 2:
        lacking = [
            one for one, known in zip(criteria, np.isfinite(outcomes).all(axis=(0, 2, 3)), strict=True) if not known
        ]
        raise ValueError(
            f"fewer than two worlds in which all is known of every policy: {', '.join(lacking)} is missing"
        )
    again = ranking.resampled(outcomes)
    worlds = outcomes[:, :, kept]
    return Comparison(
        tuple(names),
        tuple(criteria),
        int(kept.sum()),
        int((~kept).sum()),
        pd.DataFrame(difference_rows(names, criteria, worlds, again)),
        pd.DataFrame(rank_rows(names, criteria, again)),
        front_table(names, worlds, again),
        pd.DataFrame(pair_rows(names, criteria, worlds)),
        outcome_table(names, criteria, seeds, outcomes),
    )


def difference_rows(names: Sequence[str], criteria: Sequence[str], worlds: Floats, again: Floats) -> Rows:
    """Every policy in every criterion, and how far it is from the reference; worlds are the last axis."""
    apart = worlds - worlds[0]
    low, high = ranking.interval(again - again[:, :1])
    for i, name in enumerate(names):
        for j, criterion in enumerate(criteria):
            yield {
                "policy": name,
                "criterion": criterion,
                "unit": measure_of(criterion).unit,
                "mean": float(worlds[i, j].mean()),
                "difference": float(apart[i, j].mean()),
                "low": float(low[i, j]),
                "high": float(high[i, j]),
                "better": float((apart[i, j] < 0.0).mean()),
                "worlds_needed": ranking.worlds_needed(apart[i, j]),
            }


def rank_rows(names: Sequence[str], criteria: Sequence[str], again: Floats) -> Rows:
    """The chance of each rank, by criterion and policy."""
    for j, criterion in enumerate(criteria):
        chances = ranking.rank_probabilities(again[:, :, j])
        for name, row in zip(names, chances.tolist(), strict=True):
            for rank, chance in enumerate(row, start=1):
                yield {"criterion": criterion, "policy": name, "rank": rank, "probability": chance}


def front_table(names: Sequence[str], worlds: Floats, again: Floats) -> pd.DataFrame:
    """Which policies are on the front by their means, and in which share of the resamples."""
    import pandas as pd

    share = ranking.on_front(again).mean(axis=0)
    return pd.DataFrame({"policy": names, "on_front": ranking.on_front(worlds.mean(axis=2)), "share": share})


def pair_rows(names: Sequence[str], criteria: Sequence[str], worlds: Floats) -> Rows:
    """Every pair of policies in every criterion: how far apart, and how many worlds show it."""
    for j, criterion in enumerate(criteria):
        for i, k in itertools.combinations(range(len(names)), 2):
            apart = worlds[i, j] - worlds[k, j]
            yield {
                "criterion": criterion,
                "policy": names[i],
                "other": names[k],
                "difference": float(apart.mean()),
                "worlds_needed": ranking.worlds_needed(apart),
            }


def outcome_table(
    names: Sequence[str], criteria: Sequence[str], seeds: Sequence[int], outcomes: Floats
) -> pd.DataFrame:
    """Every run: its policy, point (from 0), seed, and criteria."""
    import pandas as pd

    policies, _, points, runs = outcomes.shape
    table = pd.DataFrame(
        {
            "policy": np.repeat(np.array(names, dtype=object), points * runs),
            "point": np.tile(np.repeat(np.arange(points), runs), policies),
            "seed": np.tile(np.asarray(seeds, dtype=np.int64), policies * points),
        }
    )
    return table.assign(**{criterion: outcomes[:, j].ravel() for j, criterion in enumerate(criteria)})
