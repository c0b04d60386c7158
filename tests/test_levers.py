"""Restudies, windows and every lever of a tariff, as a user meets them: signs over seeds, and what each must leave behind."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import gridsim
from gridsim.engine.prepare import prepare
from gridsim.engine.simulate import run_prepared, warm_up
from gridsim.model.state import N_ROWS, N_SERVICE

BASELINE = Path(__file__).parent.parent / "configs" / "baseline.yaml"
SEEDS = range(1, 9)


def runs(**overrides):
    """One record array of monthly measures per seed; keys are paths with __ for the dots."""
    warm_up()
    changes = {path.replace("__", "."): value for path, value in overrides.items()}
    prepared = prepare(gridsim.load(BASELINE, changes))
    return [run_prepared(prepared, seed)._state.series for seed in SEEDS]


def mean(found, column):
    """Mean over runs and months."""
    return np.mean([np.nanmean(run[column]) for run in found])


def one(seed=1, **overrides):
    """A run with its log."""
    return gridsim.simulate(gridsim.load(BASELINE, {k.replace("__", "."): v for k, v in overrides.items()}), seed)


@pytest.fixture(scope="module")
def base():
    return runs()


# Restudies


def test_duplicates_raise_backlog_restudies_and_waits_with_need_unchanged(base):
    single = runs(mechanisms__m02_duplicates=False)
    for a, b in zip(base, single, strict=True):
        assert a.power_need[0] == b.power_need[0]
    assert mean(base, "study_backlog") > 1.2 * mean(single, "study_backlog")
    assert mean(base, "restudies") > mean(single, "restudies")
    p95 = [np.mean([run.time_to_power_p95[-1] for run in found]) for found in (base, single)]
    assert p95[0] > p95[1] + 3


def test_restudies_lengthen_the_backlog_and_come_in_right_skewed_cascades(base):
    assert mean(base, "study_backlog") > 1.1 * mean(runs(mechanisms__m03_restudies=False), "study_backlog")
    sizes = np.concatenate([run.restudies[run.restudies > 0] for run in base])
    deviation = sizes - sizes.mean()
    assert (deviation**3).mean() / (deviation**2).mean() ** 1.5 > 0.5
    assert sizes.mean() > np.median(sizes)
    assert sizes.max() >= 4 * np.median(sizes)


def test_without_withdrawals_nothing_is_studied_again():
    """Nobody has a reason to leave: one copy each, no speculation, no lapse, no setback, no cost, all the time to sign."""
    still = one(
        mechanisms__m01_speculation=False,
        mechanisms__m02_duplicates=False,
        demand__projects__patience_hazard_per_year=0.0,
        demand__setback__hazard_per_year=0.0,
        demand__noise=0.0,
        grid__study__upgrade_median_usd_per_kw=0.0,
        grid__construction__cancel_hazard_per_year=0.0,
        grid__pipeline__filed_mw=0.0,
        grid__pipeline__studied_mw=0.0,
        policy__sign_within_months=120,
        horizon_months=84,
    )
    assert still.requests.left.isna().all()
    assert still.requests.studied.notna().sum() > 50
    assert still.series.restudies.sum() == 0
    assert (still.requests.restudies == 0).all()


def test_restudies_follow_exits_only(base):
    for run in base:
        left = run.exited_mw > 0
        before = np.concatenate([[False], left[:-1]])
        assert not np.any((run.restudies > 0) & ~left & ~before)


def test_the_log_counts_the_restudies_of_the_series():
    run = one()
    assert run.requests.restudies.sum() == run.series.restudies.sum() > 100


# Signs


def test_a_higher_cost_of_filing_never_raises_copies(base):
    copies = [mean(base, "copies_mean")]
    copies += [mean(runs(policy__study_fee_usd_per_mw=fee), "copies_mean") for fee in (2e4, 1e5, 1e6)]
    assert copies == sorted(copies, reverse=True)
    assert copies[-1] == 1.0


def test_more_staff_never_raises_the_backlog():
    backlog = [
        mean(runs(actors__utilities__studies_in_parallel=slots), "study_backlog") for slots in (2, 4, 6, 8, 12, 40)
    ]
    assert backlog == sorted(backlog, reverse=True)


def test_more_headroom_never_raises_real_scarcity():
    real = [mean(runs(grid__headroom_gw=gw), "power_real") for gw in (10.0, 25.0, 45.0, 90.0, 200.0)]
    assert real == sorted(real, reverse=True)


def test_a_refundable_deposit_without_interest_changes_nothing_at_all():
    free = runs(demand__projects__interest_per_year=0.0)
    paid = runs(
        demand__projects__interest_per_year=0.0,
        policy__deposit_usd_per_mw=500_000.0,
        policy__deposit_refundable_share=1.0,
    )
    for a, b in zip(free, paid, strict=True):
        for column in ("queued_mw", "signed_mw", "copies_mean", "power_claims", "restudies"):
            np.testing.assert_array_equal(a[column], b[column], column)


def test_readiness_tests_hardly_shrink_the_queue_where_land_is_cheap(base):
    def shrinks(before, land):
        strict = runs(policy__site_control=0.9, demand__projects__land_option_share_per_year=land)
        return 1 - np.mean([r.queued_mw.max() for r in strict]) / np.mean([r.queued_mw.max() for r in before])

    dear, cheap = 0.001, 0.00002
    assert shrinks(base, dear) > 0.2
    assert shrinks(runs(demand__projects__land_option_share_per_year=cheap), cheap) < 0.1


# Levers


def test_disclosed_copies_are_counted_as_one_by_utilities():
    counting = {"actors__utilities__counting_rules": {"full": 1.0, "derated": 0.0, "none": 0.0}}
    open_, hidden = one(policy__duplicate_disclosure=True, **counting), one(**counting)

    def counted(run):  # what a utility that counts in full adds to load in service and signed
        s = run.series
        return (s.forecast_mw - (s.energised_mw - s.energised_mw[0]) - s.signed_mw)[60:].mean() / s.queued_mw[
            60:
        ].mean()

    assert counted(hidden) == pytest.approx(1.0, abs=0.05)
    assert counted(open_) < 0.75


def test_a_weighted_base_case_finds_room_for_more(base):
    light = one(policy__base_case_weight=0.2).requests
    full = one().requests
    cost = [np.nanmedian(q.upgrade_cost_usd[q.studied.notna()] / q.mw[q.studied.notna()]) for q in (light, full)]
    assert cost[0] < cost[1]  # no scarce-capacity factor where there is room


def test_non_firm_load_connects_before_there_is_firm_capacity():
    run = one(policy__nonfirm_hours_share=0.005, grid__headroom_gw=5.0)
    q, state = run._state.requests, run._state
    served = state.lists.service[: state.counts[N_SERVICE]]
    nonfirm = q.nonfirm[served] == 1
    assert nonfirm.sum() > 3
    u = state.utilities
    assert np.all(u.installed_mw - (u.energised_mw - u.nonfirm_service_mw) >= -1e-6)
    for k in range(u.size):
        assert u.nonfirm_service_mw[k] == pytest.approx(q.mw[served][nonfirm & (q.utility[served] == k)].sum())
    strict = one(grid__headroom_gw=5.0)
    assert run.series.energised_mw.iloc[-1] > strict.series.energised_mw.iloc[-1]


def test_own_generation_adds_capacity_at_the_applicant_s_cost():
    run, without = one(policy__own_generation_share=0.5), one()
    assert run.series.upgrades_usd.sum() / run.requests.mw[run.requests.signed.notna()].sum() > (
        without.series.upgrades_usd.sum() / without.requests.mw[without.requests.signed.notna()].sum()
    )
    q = run._state.requests[: run._state.counts[N_ROWS]]
    studied = q.studied > 0
    np.testing.assert_allclose(q.own_mw[studied], 0.5 * q.mw[studied])


def test_unused_contracts_are_taken_back():
    empty = {"demand__growth_gw": 5.0, "demand__setback": {"hazard_per_year": 1.0, "loss": 1.0}}
    keep, lose = one(**empty), one(policy__use_or_lose_share=0.8, **empty)
    taken = lose._state.requests.released_mw[: lose._state.counts[N_ROWS]]
    assert (taken > 0).any()
    assert keep.series.power_dark_share.iloc[-1] > lose.series.power_dark_share.iloc[-1]
    assert lose.series.imbalance_mw.max() < 1e-9


def test_new_terms_that_must_be_confirmed_clear_the_queue_in_one_month():
    terms = {
        "policy__from": "2028-01",
        "policy__deposit_usd_per_mw": 100_000.0,
        "policy__deposit_refundable_share": 0.3,
    }
    with_, without = one(policy__confirm_within_months=2, **terms), one(**terms)
    month = 48 + 2
    np.testing.assert_array_equal(with_.series.exited_mw[:month], without.series.exited_mw[:month])
    assert with_.series.exited_mw[month] > 3 * without.series.exited_mw[month]
    gone = with_.requests.query("left == @month and reason == 'money due'")
    assert len(gone) > 20
    assert (gone.kind != "developer").any()


def test_an_announced_fee_brings_filings_forward():
    terms = {"policy__from": "2028-01", "policy__study_fee_usd_per_mw": 50_000.0}
    before = slice(36, 48)
    known = runs(policy__announced="2027-01", **terms)
    unknown = runs(**terms)
    assert mean([r[before] for r in known], "filed_mw") > 1.05 * mean([r[before] for r in unknown], "filed_mw")
    for a, b in zip(known, unknown, strict=True):
        np.testing.assert_array_equal(a.filed_mw[:36], b.filed_mw[:36])


@pytest.mark.parametrize("rule", ["proportional", "uniform", "first_come", "auction"])
def test_a_window_is_studied_together(rule):
    q = one(policy__window_months=6, policy__allocation=rule).requests
    once = q[(q.filed >= 0) & q.studied.notna() & (q.restudies == 0)]
    assert len(once) > 100
    closes = (once.filed // 6) * 6 + 5
    assert ((once.studied - closes - 5) % 6 == 0).all()
    assert (once.studied >= closes + 5).all()


def test_deadline_filers_make_the_rush_of_half_year_windows():
    """PJM 2014 to 2021: 28 % of a half-year window's entries are filed in its last month."""
    shares = []
    for seed in SEEDS:
        filed = one(seed, policy__window_months=6).requests.filed
        shares.append((filed[filed >= 0] % 6 == 5).mean())
    assert 0.22 < np.mean(shares) < 0.34


# Price


def test_the_capacity_price_rises_with_load_that_never_comes(base):
    honest = runs(mechanisms__m01_speculation=False, mechanisms__m02_duplicates=False)
    late = slice(36, None)
    assert mean([r[late] for r in base], "capacity_price_phantom_usd_mw_day") > 10.0
    assert mean([r[late] for r in honest], "capacity_price_phantom_usd_mw_day") < mean(
        [r[late] for r in base], "capacity_price_phantom_usd_mw_day"
    )
    for run in base:
        assert np.all(run.capacity_price_phantom_usd_mw_day <= run.capacity_price_usd_mw_day)
        assert np.all((run.capacity_price_usd_mw_day >= 0) & (run.capacity_price_usd_mw_day <= 1.5 * 250))
        np.testing.assert_allclose(run.bill_impact_usd, run.capacity_price_phantom_usd_mw_day * 1.15 / 24 / 0.40 * 0.86)
        np.testing.assert_allclose(run.bill_residential, run.capacity_price_usd_mw_day * 1.15 / 24 / 0.40)


def test_utilities_that_do_not_count_the_queue_have_no_phantom_in_their_price():
    none = {"full": 0.0, "derated": 0.0, "none": 1.0}
    found = runs(actors__utilities__counting_rules=none, mechanisms__m01_speculation=False)
    assert mean(found, "capacity_price_phantom_usd_mw_day") < 5.0
