"""The compute side: published conversions, theory, and the signature of every mechanism with it on against off."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import gridsim
from gridsim.config.contrast import contrasted
from gridsim.config.scenario import STRUCTURAL, Mechanisms, Scenario
from gridsim.engine.compute_settings import code_share, fleet_params, load_hours, week_peak
from gridsim.engine.settings import tokens_of
from gridsim.engine.waterfall import gpus, mw_of_queries, mw_provisioned
from gridsim.model.service import split_pool

CONFIGS = Path(__file__).parent.parent / "configs"
SEEDS = range(1, 7)
CODE_ONLY = {f"compute.queries.{kind}.weight": 1e-6 for kind in ("chat", "reasoning", "retrieval", "long_context")}
CHAT_ONLY = {f"compute.queries.{kind}.weight": 1e-6 for kind in ("code", "reasoning", "retrieval", "long_context")}


def scenario(name: str = "baseline", **changes) -> Scenario:
    return gridsim.load(CONFIGS / f"{name}.yaml", {path.replace("__", "."): value for path, value in changes.items()})


def series(world: Scenario, seed: int = 1) -> pd.DataFrame:
    return gridsim.simulate(world, seed, record=None).series


@functools.cache
def worlds(name: str) -> tuple[list[pd.DataFrame], list[pd.DataFrame]]:
    """A mechanism's scenario with the mechanism and without, under the same seeds."""
    on = scenario(f"mechanisms/{name}")
    return [series(on, seed) for seed in SEEDS], [series(contrasted(on), seed) for seed in SEEDS]


def means(runs: list[pd.DataFrame], column: str) -> np.ndarray:
    return np.array([run[column].mean() for run in runs])


# Conversions


def test_a_thousand_million_chats_a_day_are_provisioned_with_10_mw():
    """4.1 MW on average, times 1.66 for the peak of the week, over 70 % target utilisation: 9.7 MW."""
    world = scenario(**{path.replace(".", "__"): v for path, v in CHAT_ONLY.items()})
    queries = world.compute.queries
    mean_mw = mw_of_queries(1e9, tokens_of(queries.chat, queries.cache_hit), world.compute)
    assert week_peak(world) == pytest.approx(1.66, abs=0.005)
    assert mw_provisioned(mean_mw, world) == pytest.approx(9.7, abs=0.1)


def test_completing_code_peaks_at_three_times_its_mean():
    world = scenario(**{path.replace(".", "__"): v for path, v in CODE_ONLY.items()})
    assert code_share(world) == pytest.approx(1.0, abs=1e-4)
    assert week_peak(world) == pytest.approx(2.99, abs=0.01)


def test_hours_are_loads_over_the_mean_of_the_week():
    hours = load_hours(scenario())
    assert (5.0 * hours[:24].sum() + 2.0 * hours[24:].sum()) / 168.0 == pytest.approx(1.0)
    assert (load_hours(scenario(mechanisms__m10_peak_throttling=False)) == 1.0).all()


# M4


def crowd(**changes) -> Scenario:
    """Case D5: many labs, exponential need, capacity 1.5 times the mean, prices 1 (contract), 1.5 (month) and 10 (lacking)."""
    settings = {
        "actors.labs.count": 500, "actors.labs.size_sigma": 0.0, "actors.hyperscalers.count": 0,
        "actors.developers.count": 0, "actors.neoclouds.count": 1, "horizon_months": 60, "demand.growth_gw": 0.0,
        "demand.noise": 0.0, "demand.setback.hazard_per_year": 0.0, "beliefs.gain": 0.3,
        "compute.cloud.rented_share": 1.0, "compute.cloud.slack": 1.5, "compute.cloud.burstiness": 1.0,
        "compute.cloud.spill": 0.0, "compute.cloud.price_speed": 0.0, "compute.cloud.term_months": 1,
        "compute.cloud.inflation_max": 1.0, "compute.cloud.reserve_max": 100.0, "compute.chips.gpus_per_month": 0.0,
        "compute.quota.teams": 1, "mechanisms.m04_defensive_hoarding": True,
    }  # fmt: skip
    return gridsim.load(CONFIGS / "baseline.yaml", settings | changes)


def settled(world: Scenario) -> tuple[float, float, float, float]:
    """Reserved and lacking over the mean need, idle share of capacity, and chance to get a GPU by the month."""
    result = gridsim.simulate(world, 1, record=None)
    last = result.series.iloc[-24:].mean()
    mean = result._state.neoclouds.owned_gpus.sum() / 1.5
    return last.reserved_gpu / mean, last.short_gpu / mean, last.idle_held_gpu / (1.5 * mean), last.spot_fill


def test_fear_of_shortage_makes_it_on_the_same_fundamentals():
    """Reserve 1.5, 22.3 % of need unmet, 51.8 % of capacity used, though there is 1.5 times the mean need."""
    reserved, lacking, idle, fill = settled(crowd(**{"compute.cloud.initial_fill": 0.05}))
    assert reserved == pytest.approx(1.5, rel=1e-6)
    assert lacking == pytest.approx(0.2231, abs=0.015)
    assert 1.0 - idle == pytest.approx(0.5179, abs=0.015)
    assert fill < 1e-6


def test_trust_in_supply_keeps_it_plentiful():
    """Reserve ln(s / r) = 0.405, nothing unmet."""
    reserved, lacking, _, fill = settled(crowd(**{"compute.cloud.initial_fill": 0.95}))
    assert reserved == pytest.approx(np.log(1.5), rel=1e-6)
    assert (lacking, fill) == (0.0, 1.0)


def test_the_two_outcomes_are_parted_by_the_first_belief_near_three_quarters():
    """0.747 in the limit of many labs."""
    ends = [settled(crowd(**{"compute.cloud.initial_fill": fill}))[3] for fill in (0.70, 0.79)]
    assert ends[0] < 0.01 < 0.99 < ends[1]


def test_subletting_ends_hoarding_from_any_belief():
    for fill in (0.0, 0.05, 0.7):
        changes = {"compute.cloud.initial_fill": fill, "compute.cloud.subletting": True}
        reserved, lacking, idle, _ = settled(crowd(**changes))
        assert (lacking, idle) == (0.0, 0.0)
        assert reserved == pytest.approx(np.log(1.5), rel=1e-3)


def test_only_capacity_beyond_every_reserve_ends_hoarding_without_it():
    """ln(v / r) = 2.303: at 2.2 times the need it stays, at 2.4 it goes."""
    hoarded = settled(crowd(**{"compute.cloud.initial_fill": 0.0, "compute.cloud.slack": 2.2}))[3]
    ample = settled(crowd(**{"compute.cloud.initial_fill": 0.0, "compute.cloud.slack": 2.4, "horizon_months": 120}))[3]
    assert hoarded < 0.01 < 0.99 < ample


def test_hoarders_idle_while_rivals_lack_and_all_pay_more():
    on, off = worlds("m04_defensive_hoarding")
    assert (means(on, "price_usd_gpu_h") > 1.2 * means(off, "price_usd_gpu_h")).all()
    assert means(on, "foreclosed_gpu").mean() > 4.0 * means(off, "foreclosed_gpu").mean()
    assert (means(on, "idle_held_gpu") > 2.0 * means(off, "idle_held_gpu")).all()
    assert (means(on, "compute_need") == means(off, "compute_need")).all()
    assert np.mean([run.research_progress.iloc[-1] for run in on]) < np.mean(
        [run.research_progress.iloc[-1] for run in off]
    )


def test_subletting_takes_the_wedge_out_of_the_price():
    on, off = worlds("m04_defensive_hoarding")
    sublet = [series(scenario("mechanisms/m04_defensive_hoarding", compute__cloud__subletting=True), s) for s in SEEDS]
    wedge = means(on, "price_usd_gpu_h").mean() - means(off, "price_usd_gpu_h").mean()
    assert means(sublet, "price_usd_gpu_h").mean() - means(off, "price_usd_gpu_h").mean() < 0.5 * wedge
    assert (means(sublet, "foreclosed_gpu") == 0.0).all()


def test_denial_is_a_motive_of_its_own():
    hoards = scenario("mechanisms/m04_defensive_hoarding")
    denies = scenario("mechanisms/m04_defensive_hoarding", compute__cloud__denial=True)
    insured, denied = ([series(world, s) for s in SEEDS] for world in (hoards, denies))
    assert means(denied, "reserved_gpu").mean() > means(insured, "reserved_gpu").mean()
    alone = scenario(compute__cloud__denial=True)
    assert series(alone).equals(series(scenario()))  # nothing without M4


# M5 and M6


def test_a_release_of_220_000_gpus_ends_throttling_within_a_month():
    on, off = worlds("m05_dark_gpu_release")
    for run in on:
        assert run.dark_gpu[23] == pytest.approx(220_000.0)
        assert (run.dark_gpu[24], run.short_gpu[24]) == (0.0, 0.0)
        assert run.short_gpu[23] > 0.9 * 200_000
        assert (run.throttled_share_free[:24] > 0.03).all()
        assert (run.throttled_share_free[24:] == 0.0).all()
        assert (run.price_usd_gpu_h.diff()[1:25] > 0.0).all()
        assert (run.price_usd_gpu_h.diff()[25:] < 0.0).all()
    for run in off:
        assert (run.short_gpu == 0.0).all()


def test_after_a_release_stated_scarcity_outlives_the_real_one():
    for run in worlds("m05_dark_gpu_release")[0]:
        calm = run.stated_gpu_scarcity.iloc[-1]
        assert run.short_gpu[24] == 0.0
        assert run.stated_gpu_scarcity[24] > 3.0 * calm
        assert run.stated_gpu_scarcity[28] > 1.2 * calm
        assert (run.stated_gpu_scarcity.diff()[25:] < 0.0).all()


def test_gpus_ordered_for_planned_power_wait_where_it_is_late():
    on, off = worlds("m06_unplugged_gpus")
    for late, waits in zip(on, off, strict=True):
        assert (waits.unplugged_gpu == 0.0).all()
        assert late.unplugged_gpu[60] > 1e6
        assert late.unplugged_gpu[60] > late.unplugged_gpu[24] > late.unplugged_gpu[12]
        assert (late.signed_mw[12:] > 10_000.0).all()
        assert late.signed_mw.equals(waits.signed_mw)  # a fact of chips, not of power


# M7


def gaming(threshold: float, **levers) -> list[pd.DataFrame]:
    changes = {"compute__quota__threshold": threshold} | levers
    return [series(scenario("mechanisms/m07_fake_utilisation", **changes), seed) for seed in SEEDS]


def test_a_higher_threshold_raises_reported_use_and_no_useful_use():
    """From 0.58 to 0.79 as 40 % becomes 70 %, with useful use at about 0.38 in both."""
    low, high = gaming(0.4), gaming(0.7)
    assert means(low, "reported_utilisation").mean() == pytest.approx(0.58, abs=0.03)
    assert means(high, "reported_utilisation").mean() == pytest.approx(0.79, abs=0.03)
    assert means(low, "useful_utilisation").mean() == pytest.approx(0.38, abs=0.03)
    assert means(high, "useful_utilisation").mean() == pytest.approx(means(low, "useful_utilisation").mean(), abs=0.01)


def test_lending_meets_nearly_all_need_of_teams():
    """All but what the teams of a lab need together beyond what it has."""
    plain, lent = gaming(0.4), gaming(0.4, compute__quota__lending=True)
    assert means(lent, "quota_unmet_gpu").mean() < 0.05 * means(plain, "quota_unmet_gpu").mean()
    assert (means(lent, "useful_utilisation") > means(plain, "useful_utilisation")).all()


def test_an_internal_price_cuts_asks_and_ends_useless_jobs():
    plain, priced = gaming(0.4), gaming(0.4, compute__quota__internal_price=1.0)
    assert means(priced, "quota_claims").mean() < 0.8 * means(plain, "quota_claims").mean()
    assert (means(priced, "reported_utilisation") == means(priced, "useful_utilisation")).all()


def test_counting_goodput_ends_useless_jobs():
    counted = gaming(0.4, compute__quota__goodput=True)
    assert (means(counted, "reported_utilisation") == means(counted, "useful_utilisation")).all()


# M8 to M10


def test_in_one_pool_users_take_from_research():
    on, off = worlds("m08_zero_sum_pool")
    assert (means(on, "research_share") < means(off, "research_share") - 0.05).all()
    assert (means(on, "throttled_share_free") < means(off, "throttled_share_free")).all()
    for pooled, apart in zip(on, off, strict=True):
        assert pooled.research_progress.iloc[-1] < apart.research_progress.iloc[-1]
        assert pooled.research_share.min() >= 0.15 - 1e-9  # the floor


def test_a_launch_takes_from_research():
    world = scenario(
        "mechanisms/m08_zero_sum_pool", demand__growth_gw=0.0, actors__labs__count=1, actors__hyperscalers__count=0
    )
    for seed in SEEDS:
        result = gridsim.simulate(world, seed, record=None)
        share = result.series.research_share.to_numpy()
        calm = np.quantile(share, 0.9)
        assert share.min() < 0.85 * calm


def test_on_scarce_chips_research_falls_below_15_percent_and_scarcity_is_real():
    """140e12 tokens a day on 1.1e6 H100e that do 0.65 of the work: research below 15 %."""
    for seed in SEEDS:
        run = series(scenario("mechanisms/m09_inference_bottleneck"), seed)
        t = int((run.tokens_asked - 140e12 / 86400.0).abs().idxmin())
        assert run.tokens_asked[t] == pytest.approx(140e12 / 86400.0, rel=0.1)
        assert run.compute_held[t] == pytest.approx(1.1e6, rel=0.01)
        assert run.research_share[t] < 0.15
        assert run.compute_real[t] > 1.0
        assert run.compute_dark_share[t] < 0.2
    for run in worlds("m09_inference_bottleneck")[1]:
        assert run.research_share.min() >= 0.15 - 1e-9


def test_the_same_tokens_would_leave_research_more_on_chips_of_the_benchmark():
    world = scenario("mechanisms/m09_inference_bottleneck")
    busy = 140e12 / 86400.0 / world.compute.tokens_per_second
    users = busy * week_peak(world) / world.compute.service.target_utilisation
    shares = [1.0 - split_pool(1.1e6, users / chips, 0.0, 1e6, 0.0, True) / 1.1e6 for chips in (0.65, 1.0)]
    assert shares[0] < 0.15 < 0.2 < shares[1]


def test_completing_code_is_short_a_few_hours_a_day_and_idle_over_the_week():
    on, _ = worlds("m10_peak_throttling")
    hours = np.array([run.scarcity_hours.mean() for run in on]) / 7.0
    assert ((hours > 0.5) & (hours < 8.0)).all()
    assert max(run.scarcity_hours.max() for run in on) / 7.0 < 8.0
    assert (np.array([run.serving_utilisation.max() for run in on]) < 0.5).all()
    assert (means(on, "throttled_share_free") > means(on, "throttled_share_paid")).all()


def test_a_peak_must_be_powered():
    peaks, level = scenario(), scenario(mechanisms__m10_peak_throttling=False)
    share = 1.0 - 0.4 * (1.0 - 1.0 / week_peak(peaks))
    here, there = series(peaks).reported_need_mw, series(level).reported_need_mw
    assert there.to_numpy() == pytest.approx(share * here.to_numpy())


# M11 and M12


def test_leaderboards_burn_tokens_and_nothing_useful_comes_of_it():
    on, off = worlds("m11_token_leaderboard")
    assert means(on, "tokens_asked") / means(off, "tokens_asked") == pytest.approx(1.05, abs=0.01)
    assert (means(on, "tokens_need") == means(off, "tokens_need")).all()
    assert means(on, "tokens_useful") == pytest.approx(means(off, "tokens_useful"), rel=0.005)
    assert 200.0 < means(on, "top_user_ratio").mean() < 800.0
    free = scenario("mechanisms/m11_token_leaderboard", compute__leaderboard__charge=9.0)
    assert series(free).tokens_asked.sum() < on[0].tokens_asked.sum()


def test_stopping_forgotten_agents_leaves_few_of_them():
    on, off = worlds("m12_orphaned_agents")
    stopped = [
        series(scenario("mechanisms/m12_orphaned_agents", compute__agents__auto_stop_per_day=0.9), s) for s in SEEDS
    ]
    assert means(on, "orphan_share").mean() == pytest.approx(2.0 / 3.0, abs=0.02)  # 0.1 / 0.05 for each at work
    assert means(stopped, "orphan_share").mean() < 0.11
    assert (means(stopped, "serving_gpu") < means(on, "serving_gpu")).all()
    assert (means(on, "tokens_need") == means(off, "tokens_need")).all()


def test_local_hardware_cuts_gpus_faster_than_useful_tokens():
    cheap = {"compute__agents__local_rate": 0.05, "compute__agents__local_price_usd": 1000.0}
    for seed in SEEDS:
        cloud = series(scenario("mechanisms/m12_orphaned_agents", compute__agents__local_rate=0.0), seed).iloc[-1]
        local = series(scenario("mechanisms/m12_orphaned_agents", **cheap), seed).iloc[-1]
        assert local.local_share > 0.5 > cloud.local_share == 0.0
        assert local.serving_gpu / cloud.serving_gpu < local.tokens_useful / cloud.tokens_useful < 1.0


# The loop, the switches, the balance


@pytest.mark.parametrize("name", ["m11_token_leaderboard", "m12_orphaned_agents"])
def test_turning_waste_off_lowers_reported_need_and_what_is_filed(name):
    on, off = worlds(name)
    assert all((a.reported_need_mw[2:] > b.reported_need_mw[2:]).all() for a, b in zip(on, off, strict=True))
    assert np.mean([a.filed_mw.sum() / b.filed_mw.sum() for a, b in zip(on, off, strict=True)]) > 1.01


def test_every_switch_can_be_turned_in_a_world_of_everything_and_turns_something():
    world = scenario("everything")
    everything = series(world)
    for name in Mechanisms.model_fields:
        other = series(scenario("everything", **{f"mechanisms__{name}": not getattr(world.mechanisms, name)}))
        assert not other.equals(everything), name


def test_the_honest_twin_of_everything_has_all_gaming_off_and_all_waste_on():
    twin = scenario("everything").twin().mechanisms.model_dump()
    assert {name for name, on in twin.items() if on} == set(STRUCTURAL) - {"m09_inference_bottleneck"}
    result = gridsim.simulate(scenario("everything"), 1, twin=True, record=None)
    assert result.twin.series.equals(series(scenario("everything").twin()))


def test_gpus_tokens_and_money_are_conserved_in_a_world_of_everything():
    for seed in range(1, 21):
        run = series(scenario("everything"), seed)
        assert run[["imbalance_gpus", "imbalance_tokens", "imbalance_usd", "imbalance_mw"]].to_numpy().max() < 1e-9


def test_a_gpu_feeds_on_the_power_of_colossus():
    assert fleet_params(scenario())["gpus_per_mw"] * 300.0 == pytest.approx(gpus(300.0, scenario().compute.waterfall))
    assert fleet_params(scenario())["gpus_per_mw"] * 300.0 == pytest.approx(220_000, rel=1e-3)
