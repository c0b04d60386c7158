from __future__ import annotations

import numpy as np
import pytest

import gridsim
from gridsim.config.scenario import Scenario
from gridsim.engine.ensemble import Ensemble, ensemble
from gridsim.engine.result import Result
from gridsim.figures import fan


@pytest.fixture(scope="module")
def many(scenario: Scenario) -> Ensemble:
    return ensemble(scenario, range(1, 7))


def test_an_ensemble_holds_what_each_seed_gives_alone(many: Ensemble, scenario: Scenario, result: Result) -> None:
    alone = gridsim.simulate(scenario, seed=3)
    row = many.seeds.index(3)
    np.testing.assert_array_equal(many.series["queued_mw"][row], alone.series["queued_mw"])
    for utility in many.utilities:
        own = alone.areas[alone.areas["utility"] == utility]
        np.testing.assert_array_equal(many.area("queued_mw", utility)[row], own["queued_mw"])
    assert many.utilities == ("North", "South", "East", "P&G")
    assert many.areas["signed_mw"].sum(axis=2) == pytest.approx(many.series["signed_mw"])


def test_every_finished_run_is_announced(scenario: Scenario) -> None:
    calls: list[int] = []
    ensemble(scenario, [5, 6], done=lambda: calls.append(1))
    assert len(calls) == 2


@pytest.mark.parametrize("seeds", [[], [-1], [2**63]])
def test_seeds_out_of_range_are_refused(scenario: Scenario, seeds: list[int]) -> None:
    with pytest.raises(ValueError, match="seeds"):
        ensemble(scenario, seeds)


def test_an_unknown_utility_is_refused(many: Ensemble) -> None:
    with pytest.raises(KeyError):
        many.area("queued_mw", "West")


def test_the_fan_holds_the_quantiles_of_the_runs_and_the_observed_points(many: Ensemble, result: Result) -> None:
    figure = fan.figure(result, many)
    pipeline = many.area("queued_mw", "P&G") + many.area("signed_mw", "P&G")
    median = next(trace for trace in figure.data if trace.name == "median of the runs")
    assert median.y * 1000 == pytest.approx(np.median(pipeline, axis=0)) or median.y == pytest.approx(
        np.median(pipeline, axis=0)
    )
    observed = [trace for trace in figure.data if trace.name == "observed"]
    assert len(observed) == 2  # the pipeline, and what is signed of it
    assert list(observed[0].x) == ["2023-09-01", "2024-03-01", "2024-06-01", "2025-12-01"]
    scale = 500 / observed[0].y[1]
    assert scale in (1, 1000)
    assert observed[1].y * scale == pytest.approx([100, 150, 200, 500])


def test_the_table_puts_observed_and_simulated_of_the_same_month_side_by_side(many: Ensemble, result: Result) -> None:
    table = fan.table(result, many)
    pipeline = many.area("queued_mw", "P&G") + many.area("signed_mw", "P&G")
    assert np.isnan(table["pipeline: 50 % of runs below, MW"].iloc[0])  # before the first month
    for row, month in ((1, 2), (2, 5), (3, 23)):
        assert table["pipeline: 50 % of runs below, MW"].iloc[row] == pytest.approx(np.median(pipeline[:, month]))
        assert table["pipeline: 95 % of runs below, MW"].iloc[row] == pytest.approx(
            np.quantile(pipeline[:, month], 0.95)
        )
    low, high = np.quantile(pipeline, 0.05, axis=0), np.quantile(pipeline, 0.95, axis=0)
    hits = sum(low[t] <= mw <= high[t] for t, mw in ((2, 500), (5, 600), (23, 2500)))
    assert fan.covered(result, many) == (hits, 3)
    assert f"{hits} of 3 observed months" in fan.title(result, many)


def test_without_an_ensemble_the_run_itself_stands_beside_the_observed(result: Result) -> None:
    figure, table = fan.figure(result), fan.table(result)
    assert {trace.name for trace in figure.data} == {"simulated, this run", "observed"}
    own = result.areas[result.areas["utility"] == "P&G"]
    simulated = (own["queued_mw"] + own["signed_mw"]).to_numpy()
    assert table["pipeline: this run, MW"].iloc[1] == pytest.approx(simulated[2])
