from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

import gridsim
from gridsim.config.scenario import Scenario
from gridsim.engine.ensemble import ensemble
from gridsim.engine.result import Result
from gridsim.figures import facts, sentences, words
from tests.figures import runs


def flat(**power: Any) -> Result:
    """A run whose measures of the power layer are these, in every month."""
    result = runs.run("one utility, no developers")
    series = result.series.copy()
    for name, value in power.items():
        series[f"power_{name}"] = value
    result.__dict__["series"] = series
    return result


CASES = [
    ("real", dict(claims=900.0, need=500.0, capacity=400.0, dark_share=0.1)),
    ("idle", dict(claims=900.0, need=500.0, capacity=400.0, dark_share=0.2)),
    ("apparent", dict(claims=900.0, need=300.0, capacity=400.0, dark_share=0.5)),
    ("none", dict(claims=300.0, need=200.0, capacity=400.0, dark_share=0.0)),
    ("real", dict(claims=300.0, need=500.0, capacity=400.0, dark_share=np.nan)),
    ("real", dict(claims=300.0, need=500.0, capacity=-20.0, dark_share=0.0)),
    ("unknown", dict(claims=300.0, need=np.nan, capacity=400.0, dark_share=0.0)),
]


@pytest.mark.parametrize(("verdict", "power"), CASES)
def test_the_verdict_follows_the_definitions(verdict: str, power: dict[str, float]) -> None:
    result = flat(**power)
    assert set(facts.verdicts(result.series)) == {verdict}
    assert sentences.verdict(result) == verdict
    assert sentences.verdict_sentence(result)


def test_the_headline_has_the_numbers_of_the_result(result: Result) -> None:
    numbers, text = result.headline(), sentences.headline(result)
    assert words.power(float(numbers["requested_gw"]) * 1000) in text
    assert words.power(float(numbers["needed_gw"]) * 1000) in text
    year, month = str(numbers["peak_month"]).split("-")
    assert words.calendar(int(year) * 12 + int(month) - 1) in text


def test_real_scarcity_is_said_in_the_headline() -> None:
    result = flat(claims=900_000.0, need=500_000.0, capacity=400_000.0, dark_share=0.1)
    assert sentences.headline(result).startswith("Of 900 GW of power requested")
    assert "500 GW are needed" in sentences.headline(result)
    assert "the grid can deliver 400 GW" in sentences.headline(result)
    assert sentences.verdict_word(result) == "Scarcity is real"
    assert "True need is 1.2 times" in sentences.verdict_sentence(result)


def test_fewer_requests_than_need_are_not_called_phantom() -> None:
    result = flat(claims=300.0, need=500.0, capacity=900.0, dark_share=0.0)
    assert sentences.headline(result).startswith("Only 300 MW of power are requested")


def test_the_twin_is_compared_in_its_own_numbers(result: Result) -> None:
    found = " ".join(sentences.against_twin(result))
    assert result.twin is not None
    for run in (result, result.twin):
        assert words.power(float(run.series["unserved_need_mw"].mean())) in found
    assert words.power(float(result.twin.headline()["requested_gw"]) * 1000) in found


def test_the_compute_side_is_compared_where_the_twin_differs(result: Result) -> None:
    assert result.twin is not None
    here, there = (copy.copy(run) for run in (result, result.twin))
    here.twin = there
    level = {"price_usd_gpu_h": 2.0, "short_gpu": 1000.0, "useful_utilisation": 0.5}
    for run in (here, there):
        run.__dict__["series"] = run.series.assign(**level)
    assert list(sentences.compute_sentence(here, there)) == []
    here.__dict__["series"] = here.series.assign(price_usd_gpu_h=2.5, useful_utilisation=0.4)
    assert sentences.against_twin(here)[-1] == (
        "On average a GPU rents for $2.50 an hour (in the honest twin $2.00 an hour) and 40 % of research quotas do "
        "useful work (50 %)."
    )
    here.__dict__["series"] = here.series.assign(price_usd_gpu_h=2.0, short_gpu=2000.0, useful_utilisation=0.5)
    assert sentences.against_twin(here)[-1] == (
        "On average 2,000 GPUs wanted by the month are not to be had (in the honest twin 1,000 GPUs)."
    )


def test_an_honest_run_is_its_own_twin(scenario: Scenario) -> None:
    result = gridsim.simulate(scenario.twin(), seed=3, twin=True)
    assert sentences.against_twin(result) == ["No gaming is switched on: this run is its own honest twin."]


def test_without_a_twin_nothing_is_compared() -> None:
    assert sentences.against_twin(runs.run("one utility, no developers")) == []


@pytest.mark.parametrize(
    ("run", "twin", "text"),
    [
        (110, 100, "10 % more than"),
        (90, 100, "10 % less than"),
        (100, 100, "as much as"),
        (250, 100, "2.5 times as much as"),
        (50, 0, "more than"),
        (0, 0, "as much as"),
    ],
)
def test_differences_in_words(run: float, twin: float, text: str) -> None:
    assert sentences.beside(run, twin) == text


def test_the_spread_is_that_of_the_seeds_at_their_own_peaks(scenario: Scenario) -> None:
    many = ensemble(scenario, range(4))
    peaks = many.series["power_claims"].max(axis=1)
    text = sentences.spread(many)
    assert words.power(float(np.quantile(peaks, 0.05))) in text
    assert words.power(float(np.quantile(peaks, 0.95))) in text
