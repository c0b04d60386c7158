"""From megawatts to useful work: the published conversions, and what waste does to the queue."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

import gridsim
from gridsim.config.compute import Compute, Queries, Users
from gridsim.engine.settings import query_path, tokens_of
from gridsim.engine.waterfall import gpus, mw_of_queries, stages, useful_tokens_per_day
from gridsim.model.efficiency import load_over_useful, local_moves, reachable_mfu, reported_over_true

BASELINE = Path(__file__).parent.parent / "configs" / "baseline.yaml"
MECHANISMS = BASELINE.parent / "mechanisms"
SEEDS = range(1, 7)


def run(seed: int = 1, scenario: Path = BASELINE, **changes) -> gridsim.Result:
    overrides = {path.replace("__", "."): value for path, value in changes.items()}
    return gridsim.simulate(gridsim.load(scenario, overrides), seed, record=None)


def test_300_mw_feed_220_000_gpus():
    """Colossus: 300 MW, 220,000 GPUs, 1.364 kW each."""
    assert gpus(300.0, Compute().waterfall) == pytest.approx(220_000, rel=1e-3)


def test_a_thousand_million_chats_a_day_take_4_mw():
    """719 computed tokens a chat (1,155 read, 56 % of them cached, 211 written) at 2,767 tokens a second and GPU."""
    chat = tokens_of(Queries().chat, Queries().cache_hit)
    assert chat == pytest.approx(719, abs=0.5)
    assert mw_of_queries(1e9, chat, Compute()) == pytest.approx(4.1, abs=0.05)


def test_less_arithmetic_takes_more_power_for_the_same_work():
    assert reported_over_true(0.11, 0.40, 0.4, 1.0, 0.6, 1.0) == pytest.approx(0.40 / 0.11)
    assert reported_over_true(0.40, 0.40, 0.4, 1.0, 0.6, 1.0) == 1.0
    assert reported_over_true(0.40, 0.40, 0.4, 2.0, 0.6, 1.0) == pytest.approx(1.4)
    assert reported_over_true(0.40, 0.40, 0.4, 2.0, 0.6, 1.5) == pytest.approx(1.7)


def test_load_contains_what_is_burned_and_forgotten_and_not_what_runs_at_home():
    assert load_over_useful(1.0, 0.15, 0.0, 0.2, 0.0, 0.0, 0.3) == 1.0
    assert load_over_useful(2.0, 0.15, 0.0, 0.2, 0.0, 0.0, 0.3) == 2.0
    assert load_over_useful(1.0, 0.15, 1.0 / 3.0, 0.2, 0.0, 0.0, 0.3) == pytest.approx(1.05)
    assert load_over_useful(1.0, 0.15, 0.0, 0.2, 0.0, 2.0, 0.3) == pytest.approx(1.12)
    assert load_over_useful(1.0, 0.15, 0.0, 0.2, 1.0, 2.0, 0.3) == pytest.approx(0.8)


def test_agents_move_home_where_hardware_pays_back_before_the_horizon():
    assert local_moves(4000.0, 4000.0 / 12.0, 24.0, 0.01) == pytest.approx(0.005)
    assert local_moves(4000.0, 4000.0 / 24.0, 24.0, 0.01) == 0.0
    assert local_moves(4000.0, 0.0, 24.0, 0.01) == 0.0


def test_what_can_be_learned_falls_by_a_fixed_step_with_every_doubling_of_a_job():
    assert reachable_mfu(0.43, 0.02, 8192.0) == pytest.approx(0.43)
    assert reachable_mfu(0.43, 0.02, 4096.0) == pytest.approx(0.43)
    assert reachable_mfu(0.43, 0.02, 16384.0) == pytest.approx(0.41)
    assert reachable_mfu(0.43, 0.02, 8 * 8192.0) == pytest.approx(0.37)
    assert reachable_mfu(0.43, 0.10, 1e9) == 0.01


def test_at_an_mfu_of_11_percent_reported_need_is_that_of_the_benchmark_times_40_over_11():
    low = {"mechanisms__m13_low_mfu": True, "compute__mfu__initial": 0.11, "compute__mfu__spread": 0.0}
    poor, good = run(**low, compute__mfu__learning_per_month=0.0).series, run().series
    assert poor.mfu.to_numpy() == pytest.approx(0.11)
    assert poor.reported_need_mw.to_numpy() == pytest.approx(good.reported_need_mw.to_numpy() * 0.40 / 0.11)
    assert poor.unserved_need_mw[0] == pytest.approx(good.unserved_need_mw[0], abs=1e-6)  # the same output at the start
    assert poor.energised_mw[0] == pytest.approx(good.energised_mw[0] * 0.40 / 0.11, rel=0.02)


def test_retrieval_saves_most_of_the_tokens_of_a_long_context():
    queries = Queries()
    saved = 1.0 - tokens_of(queries.retrieval, queries.cache_hit) / tokens_of(queries.long_context, queries.cache_hit)
    assert 0.60 <= saved <= 0.83


def test_reasoning_and_long_contexts_nearly_double_the_tokens_of_a_query_and_add_none_that_is_useful():
    avoidable = Queries(adopted_at_start=0.0, adoption_months=24, avoidable_share=1.0)
    path = query_path(avoidable, 48)
    assert path.useful_tokens == pytest.approx(path.useful_tokens[0])
    assert path.computed_tokens[0] == pytest.approx(path.useful_tokens[0])
    assert 1.5 < path.computed_tokens[-1] / path.useful_tokens[-1] < 2.2
    assert (np.diff(path.computed_tokens) >= 0.0).all()
    assert path.computed_tokens[24:] == pytest.approx(path.computed_tokens[-1])


@pytest.mark.parametrize("name", ["m13_low_mfu", "m14_tokens_per_query"])
def test_turning_waste_off_lowers_what_is_filed_and_leaves_need_alone(name):
    path = MECHANISMS / f"{name}.yaml"
    more = []
    for seed in SEEDS:
        on, off = run(seed, path).series, run(seed, path, **{f"mechanisms__{name}": False}).series
        more.append(on.filed_mw.sum() / off.filed_mw.sum())
        assert (on.reported_need_mw > off.reported_need_mw).all()
        assert (off.reported_need_mw == run(seed).series.reported_need_mw).all()
    assert min(more) > 1.0
    assert np.mean(more) > 1.07


def test_free_users_take_two_thirds_of_the_compute_that_serves():
    """5.6 % of users pay, ask 21 times a day instead of 7, and a query of theirs costs three times as much."""
    assert Compute().users.free_compute_share == pytest.approx(0.65, abs=0.005)
    assert Users(paid_share=1.0).free_compute_share == Users(free_queries_per_day=0.0).free_compute_share == 0.0
    assert Users(paid_cost_ratio=6.0).free_compute_share < 0.5
    assert run().series.free_compute_share.to_numpy() == pytest.approx(0.652, abs=0.001)


def test_without_free_users_need_is_less_by_their_part_of_serving_and_less_is_filed():
    for seed in SEEDS:
        all_users, paying = run(seed).series, run(seed, mechanisms__m15_free_users=False).series
        share = 1.0 - 0.4 * Compute().users.free_compute_share
        assert paying.reported_need_mw.to_numpy() == pytest.approx(share * all_users.reported_need_mw.to_numpy())
        assert (paying.free_compute_share == 0.0).all()
        assert paying.filed_mw.sum() < all_users.filed_mw.sum()


def test_numbers_of_waste_mean_nothing_while_its_switches_are_off():
    changes = {"compute__mfu__initial": 0.1, "compute__queries__avoidable_share": 1.0}
    changes |= {"compute__leaderboard__fake_share": 0.5, "compute__agents__forget_share": 1.0}
    changes |= {
        "compute__quota__gaming_share": 1.0,
        "compute__cloud__initial_fill": 0.1,
        "compute__cloud__reserve_max": 9.0,
    }
    ours, theirs = run(**changes).series, run().series
    columns = [c for c in ours if c not in ("tokens_per_query", "stated_gpu_scarcity")]
    assert ours[columns].equals(theirs[columns])


def test_the_honest_twin_wastes_as_much():
    scenario = gridsim.load(MECHANISMS / "m13_low_mfu.yaml")
    assert scenario.twin().mechanisms.m13_low_mfu
    result = gridsim.simulate(scenario, 1, twin=True, record=None)
    assert result.series.mfu[0] == result.twin.series.mfu[0] < 0.35


def test_every_stage_of_the_waterfall_is_what_its_share_leaves_of_the_one_above():
    result = run(scenario=MECHANISMS / "m14_tokens_per_query.yaml", mechanisms__m13_low_mfu=True)
    now, w = result.series.iloc[60], result.scenario.compute.waterfall
    left = [stage.mw for stage in stages(result, 60)]
    contracted = now.signed_mw + now.energised_mw
    assert left[:4] == pytest.approx([now.queued_mw + contracted, contracted, now.energised_mw, now.power_held])
    useful = 1.0 - 0.4 + 0.4 * now.useful_token_ratio
    shares = [w.plugged_share * w.healthy_share, w.allocated_share, w.busy_share, now.mfu / 0.40, useful]
    assert np.divide(left[4:], left[3:-1]) == pytest.approx(shares)
    assert all(above > below for above, below in itertools.pairwise(left))
    serving = gpus(left[-2], w) * 0.4 * now.useful_token_ratio
    assert useful_tokens_per_day(result, 60) == pytest.approx(serving * 2767 * 86400)
