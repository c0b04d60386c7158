"""GPUs over time, a week of serving, and research: the result's own numbers, and a word where there are none."""

from __future__ import annotations

import copy
import re

import numpy as np
import pytest

import gridsim
from gridsim.config.scenario import Scenario
from gridsim.engine.compute_settings import load_hours
from gridsim.engine.result import Result
from gridsim.figures import facts, gpus, research, week, words
from tests.figures import runs


@pytest.fixture(scope="module")
def gaming(scenario: Scenario) -> Result:
    """The small market with hoarding, dark GPUs, useless jobs and tokens burned, and its honest twin."""
    on = dict.fromkeys(
        ("m04_defensive_hoarding", "m05_dark_gpu_release", "m07_fake_utilisation", "m11_token_leaderboard"), True
    )
    mechanisms = scenario.mechanisms.model_copy(update=on)
    return gridsim.simulate(scenario.model_copy(update={"mechanisms": mechanisms}), seed=3, twin=True)


def changed(result: Result, **columns: object) -> Result:
    """The same run with other series."""
    out = copy.copy(result)
    out.__dict__["series"] = result.series.assign(**columns)
    return out


def test_the_parts_of_the_stack_add_up_to_all_gpus_delivered(result: Result, gaming: Result) -> None:
    for run in (result, gaming):
        whole = run.series["installed_gpu"] + run.series["unplugged_gpu"]
        assert gpus.parts(run).sum(axis=1).to_numpy() == pytest.approx(whole.to_numpy())
        assert gpus.parts(run).to_numpy().min() > -1e-6


def test_the_stack_of_gpus_is_its_table(gaming: Result) -> None:
    figure, table = gpus.figure(gaming), gpus.table(gaming)
    unit = words.gpu_unit(float(gaming.series["compute_need"].max()))
    assert figure.layout.yaxis.title.text == unit.name
    names = [name for name, _ in gpus.PARTS]
    drawn = {trace.name: trace for trace in figure.data}
    assert {"held and needed", "at work beyond need", "needed", "rent of a GPU"} <= set(drawn)
    for name, trace in drawn.items():
        if name in (*names, "needed"):
            assert np.array(trace.y) * unit.size == pytest.approx(table[f"{name}, thousand GPUs"].to_numpy() * 1e3)
            assert (trace.stackgroup is not None) == (name in names)
    np.testing.assert_array_equal(drawn["rent of a GPU"].y, gaming.series["price_usd_gpu_h"])
    assert gaming.twin is not None
    np.testing.assert_array_equal(
        table["honest twin: rent, US$ an hour"], gaming.twin.series["price_usd_gpu_h"].to_numpy()
    )


def test_the_twin_s_rent_is_drawn_where_it_differs(gaming: Result) -> None:
    twin = gaming.twin
    assert twin is not None
    near, far = copy.copy(gaming), copy.copy(gaming)
    near.twin = changed(twin, price_usd_gpu_h=gaming.series["price_usd_gpu_h"] * 1.01)
    far.twin = changed(twin, price_usd_gpu_h=gaming.series["price_usd_gpu_h"] * 1.05)
    assert "rent of a GPU, twin" not in [trace.name for trace in gpus.figure(near).data]
    line = next(trace for trace in gpus.figure(far).data if trace.name == "rent of a GPU, twin")
    assert line.line.dash == "dash"


def test_the_title_of_the_gpus_has_the_numbers_of_the_month(gaming: Result) -> None:
    now = gaming.series.iloc[facts.peak(gaming)]
    title = gpus.title(gaming)
    assert facts.month_name(gaming, facts.peak(gaming)) in title
    assert f"{words.gpus(now['compute_need'])} are needed" in title
    assert f"{words.count(now['installed_gpu'])} have power" in title
    waiting = changed(gaming, unplugged_gpu=0.5 * gaming.series["installed_gpu"])
    assert f"{words.count(0.5 * now['installed_gpu'])} wait for power" in gpus.title(waiting)


def test_without_neoclouds_there_is_no_rent() -> None:
    result = runs.run("no neoclouds", twin=True)
    assert not any("rent of" in trace.name for trace in gpus.figure(result).data)
    assert not any(name.startswith("rent") for name in gpus.table(result))
    assert "they have no price" in gpus.caption(result)
    assert "Rent" not in gpus.alt(result)


def test_the_week_is_the_scenario_s_profile_scaled_with_what_is_asked(result: Result) -> None:
    now, found = result.series.iloc[facts.peak(result)], week.week(result)
    hours = load_hours(result.scenario)
    assert np.concatenate([found.weekday, found.weekend]) == pytest.approx(hours * now["tokens_asked"])
    assert (5 * found.weekday.sum() + 2 * found.weekend.sum()) / 168 == pytest.approx(now["tokens_asked"])
    table = week.table(result)
    drawn = {trace.name: trace for trace in week.figure(result).data}
    size = {"million": 1e6, "billion": 1e9}[week.figure(result).layout.yaxis.title.text.split()[0]]
    for name, column in (
        ("asked for, weekday", "asked for on a weekday, million tokens/s"),
        ("asked for, weekend day", "asked for on a weekend day"),
        ("capacity", "capacity"),
    ):
        assert np.array(drawn[name].y[:24]) * size == pytest.approx(table[column].to_numpy() * 1e6)
    assert table["capacity"].iloc[0] * 1e6 == pytest.approx(now["tokens_capacity"])


def test_of_burned_tokens_the_week_shows_what_is_useful(gaming: Result, result: Result) -> None:
    useful = "of which useful, weekday"
    assert useful not in [trace.name for trace in week.figure(result).data]
    drawn = {trace.name: trace for trace in week.figure(gaming).data}
    now = gaming.series.iloc[facts.peak(gaming)]
    share = now["tokens_useful"] / now["tokens_held"]
    assert np.array(drawn[useful].y) == pytest.approx(share * np.array(drawn["asked for, weekday"].y))


def test_the_title_of_the_week_has_the_numbers_of_the_month(result: Result) -> None:
    now = result.series.iloc[facts.peak(result)]
    idle = words.percent(1.0 - now["tokens_served"] / now["tokens_capacity"])
    never = changed(result, scarcity_hours=0.0)
    assert week.title(never).startswith("Serving is never short in ")
    assert idle in week.title(never)
    some = changed(result, scarcity_hours=3.42, tokens_capacity=1e15)
    assert week.title(some).startswith("Some fleets are short, 3.4 hours a week on average, though all together never")
    short = changed(
        result, scarcity_hours=33.4, throttled_share_free=0.13, throttled_share_paid=0.02,
        tokens_capacity=result.series["tokens_asked"],
    )  # fmt: skip
    assert (
        "Serving is short in 33 hours a week, 13 % of what free users ask and 2 % of what paid users ask"
        in week.title(short)
    )
    shaded = next(trace for trace in week.figure(short).data if trace.name == "beyond capacity")
    assert shaded.fill == "tonexty"
    assert words.percent(now["serving_utilisation"]) in week.caption(result)


def test_lines_of_research_are_the_series_and_the_table(gaming: Result) -> None:
    assert gaming.twin is not None
    drawn = {trace.name: trace for trace in research.figure(gaming).data}
    for name, column, size in (
        ("research has", "research_share", 0.01),
        ("seems used", "reported_utilisation", 0.01),
        ("does useful work", "useful_utilisation", 0.01),
        ("asked for, over need", "quota_phantom_ratio", 1.0),
    ):
        assert np.array(drawn[name].y) * size == pytest.approx(gaming.series[column].to_numpy())
    twin = drawn["does useful work, twin"]
    assert np.array(twin.y) * 0.01 == pytest.approx(gaming.twin.series["useful_utilisation"].to_numpy())
    assert twin.line.dash == "dash"
    assert "seems used, twin" not in drawn
    table = research.table(gaming)
    assert [name.split(", of ")[0] for name in table.columns[1:]] == list(drawn)
    for trace, column in zip(drawn.values(), table.columns[1:], strict=True):
        np.testing.assert_array_equal(trace.y, table[column])


def test_the_title_of_research_has_the_numbers_of_the_month(result: Result, gaming: Result) -> None:
    for run in (result, gaming):
        now = run.series.iloc[facts.peak(run)]
        title = research.title(run)
        assert f"research has {words.percent(now['research_share'])} of the GPUs at work" in title
        assert f"ask for {words.times(now['quota_phantom_ratio'])} what they need" in title
        assert f"{words.percent(now['useful_utilisation'])}" in title
    assert re.search(r"[0-9]+ % of quotas seem used, [0-9]+ % do useful work", research.title(gaming))
    assert "seem" not in research.title(result)
    assert "M7 is off" in research.caption(result)
    assert "50 % of teams run useless jobs" in research.caption(gaming)


MISSING = [
    (gpus, "one month, no request", "a single month"),
    (research, "one month, no request", "a single month"),
    (week, "no users", "No users are served in "),
    (research, "no research", "No research team needs GPUs"),
]


@pytest.mark.parametrize(("maker", "name", "text"), MISSING)
def test_what_cannot_be_drawn_is_said(maker: object, name: str, text: str) -> None:
    assert text in maker.missing(runs.run(name))  # type: ignore[attr-defined]


def test_series_that_are_not_known_are_said_to_be() -> None:
    assert gpus.missing(runs.without(("installed_gpu", "unplugged_gpu", "compute_need"))).startswith("Nobody has")
    assert "is not known" in week.missing(runs.without(("tokens_",)))
    assert research.missing(runs.without(("quota_", "research_share"))).startswith("No research team")


@pytest.mark.parametrize("name", ["no neoclouds", "hardly any need", "no capacity at all", "long run"])
def test_odd_runs_are_drawn(name: str) -> None:
    result = runs.run(name, twin=True)
    for maker in (gpus, week, research):
        assert not maker.missing(result)
        text = " ".join((maker.title(result), maker.caption(result), maker.alt(result)))
        assert not re.search(r"\bnan\b|unknown", text)
        assert maker.figure(result).to_json() == maker.figure(result).to_json()
        assert len(maker.table(result)) >= 20
