"""What the power market must show: the signatures of the baseline and its neighbours, as means over seeds.

The targets are stylised facts of large-load queues: doubling of the queue in 4 to 13 months (ERCOT 6.4, Oncor 7.2, Georgia
Power 13, Great Britain 4.4), energised MW growing by less than a tenth of requested MW (ERCOT 2025), five to ten times as
much requested as needed (expert statements; ERCOT 2026). Observed Georgia: Georgia Public Service Commission filings.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import gridsim
from gridsim.config.fields import month_number
from gridsim.engine.columns import open_state
from gridsim.engine.prepare import prepare
from gridsim.engine.simulate import run_prepared, run_to_end, warm_up
from gridsim.model.strategies import best_copies

CONFIGS = Path(__file__).parent.parent / "configs"
SEEDS = range(1, 21)


def series(scenario, seeds=SEEDS):
    """One record array of monthly measures per seed."""
    warm_up()
    prepared = prepare(scenario)
    return [run_prepared(prepared, seed)._state.series for seed in seeds]


def mean(runs, column):
    """Mean over runs of one column, month by month, of the runs in which it exists."""
    return np.nanmean([run[column] for run in runs], axis=0)


def fastest_year(queued):
    """(months to double at the fastest pace over 12 months of the boom, first month of those 12).

    The boom: from the first month in which the queue reaches a tenth of its peak, to the peak.
    """
    peak = int(queued.argmax())
    start = int(np.argmax(queued >= queued.max() / 10))
    pace = [
        (12 * np.log(2) / np.log(queued[t + 12] / queued[t]), t)
        for t in range(start, peak - 11)
        if queued[t + 12] > queued[t]
    ]
    return min(pace)


@pytest.fixture(scope="module")
def scenario():
    return gridsim.load(CONFIGS / "baseline.yaml")


@pytest.fixture(scope="module")
def gaming(scenario):
    return series(scenario)


@pytest.fixture(scope="module")
def honest(scenario):
    return series(scenario.twin())


def test_the_queue_doubles_in_4_to_13_months_of_the_boom(gaming):
    assert 4 <= np.mean([fastest_year(run.queued_mw)[0] for run in gaming]) <= 13
    assert 4 <= fastest_year(mean(gaming, "queued_mw"))[0] <= 13


def test_energised_mw_grow_by_less_than_a_tenth_of_the_queue_meanwhile(gaming):
    shares = []
    for run in gaming:
        _, t = fastest_year(run.queued_mw)
        shares.append((run.energised_mw[t + 12] - run.energised_mw[t]) / (run.queued_mw[t + 12] - run.queued_mw[t]))
    assert np.mean(shares) < 0.1


def test_at_its_peak_4_to_12_times_as_much_is_claimed_as_needed(gaming):
    assert 4 <= np.mean([np.nanmax(run.power_phantom_ratio) for run in gaming]) <= 12


def test_the_honest_twin_claims_about_what_it_needs(honest):
    medians = [np.nanmedian(run.power_phantom_ratio) for run in honest]
    assert 0.8 <= np.mean(medians) <= 1.3


def test_scarcity_is_apparent_and_not_real(gaming):
    late = slice(36, None)
    assert np.all(mean(gaming, "power_apparent")[late] > 1)
    assert np.all(mean(gaming, "power_real")[late] < 1)


def test_later_entrants_wait_longer_than_in_the_twin_although_deliverable_mw_stay_unused(scenario, gaming):
    waits = {True: [], False: []}
    for seed in SEEDS:
        result = gridsim.simulate(scenario, seed, twin=True)
        for gamed, run in ((True, result), (False, result.twin)):
            q = run.requests
            later = q[(q.kind != "developer") & q.filed.between(24, 42)]  # early enough to be served within the run
            projects = later.groupby("project").agg(filed=("filed", "min"), energised=("energised", "min"))
            waits[gamed].append((projects.energised - projects.filed).median())
    assert np.mean(waits[True]) > np.mean(waits[False]) + 3
    assert np.all(mean(gaming, "unused_mw")[24:72] > 5000)


def test_cheap_filing_halving_headroom_raises_copies_and_dear_filing_does_not(scenario):
    def copies(policy, factor):
        overrides = {
            "grid.headroom_gw": 45 * factor,
            "grid.expansion.committed_gw_per_year": 8 * factor,
            "grid.expansion.build_limit_gw_per_year": 16 * factor,
            "mechanisms.m01_speculation": False,
            **policy,
        }
        runs = series(gridsim.load(CONFIGS / "baseline.yaml", overrides=overrides), range(1, 9))
        return mean(runs, "copies_mean")[:60].mean()

    assert copies({}, 0.5) > 1.05 * copies({}, 1.0)
    value = scenario.demand.projects.value_usd_per_mw
    dear = {"policy.study_fee_usd_per_mw": 0.28 * value}  # above V / 4, the most that a second copy can ever be worth
    assert copies(dear, 0.5) <= copies(dear, 1.0)


def test_scarcity_raises_copies_only_while_lambda_v_over_c_exceeds_e():
    def copies(approval, cost):
        return best_copies(1.0, approval, cost, 0.0, 1.0, 0.0, 1.0, 0.0, 50)

    assert copies(0.9, 0.01) < copies(0.5, 0.01) < copies(0.2, 0.01)  # cheap: -ln(1 - p) / c is far above e
    assert copies(0.5, 0.15) > copies(0.17, 0.15) > copies(0.14, 0.15)  # dear: below e, scarcity deters


def test_a_fully_refundable_deposit_changes_almost_nothing(gaming):
    def claims(refundable):
        overrides = {"policy.from": "2024-01", "policy.deposit_refundable_share": refundable}
        runs = series(gridsim.load(CONFIGS / "policies/deposit.yaml", overrides=overrides))
        return np.mean([run.power_claims.max() for run in runs])

    before = np.mean([run.power_claims.max() for run in gaming])
    assert abs(claims(1.0) / before - 1) < 0.08
    assert claims(0.0) < claims(1.0)


def test_real_scarcity_can_be_told_from_the_apparent_one():
    runs = series(gridsim.load(CONFIGS / "real_scarcity.yaml"))
    assert np.all(mean(runs, "power_real") > 1)
    assert 0.8 <= np.median(mean(runs, "power_phantom_ratio")) <= 1.3
    assert np.mean([run.power_dark_share.max() for run in runs]) < 0.2


def test_georgia_the_median_run_is_within_a_factor_of_1_5_of_every_observed_quarter():
    scenario = gridsim.load(CONFIGS / "georgia.yaml")
    warm_up()
    prepared = prepare(scenario)
    column = prepared.utilities.names.index(scenario.observed.area)
    runs = [
        run_prepared(prepared, seed)._state.utility_traces[:, column] for seed in range(1, scenario.observed.seeds + 1)
    ]
    pipeline = np.median([run.queued_mw + run.signed_mw for run in runs], axis=0)
    start = month_number(scenario.start_month)
    compared = 0
    for month, observed in zip(scenario.observed.months, scenario.observed.total_mw, strict=True):
        t = month_number(month) - start
        if t >= 0:
            assert 1 / 1.5 <= pipeline[t] / observed <= 1.5, month
            compared += 1
    assert compared == 9


def test_georgia_starts_from_the_observed_pipeline():
    scenario = gridsim.load(CONFIGS / "georgia.yaml")
    area = scenario.grid.areas["Georgia Power"].pipeline
    assert (area.filed_mw, area.studied_mw, area.signed_mw) == (13393, 3353, 2834)
    opening = gridsim.simulate(scenario, 1).requests.query("utility == 'Georgia Power' and filed < 0")
    assert opening.mw.sum() == pytest.approx(19580)


def test_seeds_1_to_200_finish_and_conserve(scenario):
    runs = series(scenario, range(1, 201))  # run_prepared raises if a MW or a dollar is lost
    assert len(runs) == 200
    assert max(run.imbalance_mw.max() for run in runs) <= 1e-9
    assert max(run.imbalance_usd.max() for run in runs) <= 1e-9


SCENARIOS = sorted(path for path in CONFIGS.glob("**/*.yaml") if path.parent.name != "sweeps")


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_every_scenario_loads_runs_and_has_the_editor_hint(path):
    scenario = gridsim.load(path)
    assert scenario.description
    assert path.read_text(encoding="utf-8").startswith("# yaml-language-server: $schema=")
    assert gridsim.simulate(scenario).series.power_claims.max() > 0


def test_requests_follow_statements_while_everything_else_that_can_be_seen_is_the_same(scenario):
    """From one state, with nothing published or filed that differs, loud statements alone make everybody file more."""
    prepared = prepare(scenario)
    more = []
    for seed in range(1, 9):
        filed = {}
        for stated in (1.0, 4.0):
            state, params = open_state(prepared, seed)
            state = run_to_end(state, params, 0, 12)
            state.applicants.statement[:] = stated
            filed[stated] = run_to_end(state, params, 12, 18).series.filed_mw[12:18]
        assert filed[1.0][0] == filed[4.0][0]  # what is heard at the end of a month tells in the next
        more.append(filed[4.0].sum() / filed[1.0].sum())
    assert np.mean(more) > 1.05


def test_statements_run_ahead_of_real_scarcity_and_filings_with_them():
    path = CONFIGS / "mechanisms" / "m16_scarcity_narrative.yaml"
    loud = series(gridsim.load(path), range(1, 9))
    true = series(gridsim.load(path, overrides={"mechanisms.m16_scarcity_narrative": False}), range(1, 9))
    assert mean(loud, "narrative_gap").mean() > 0.2
    assert mean(true, "narrative_gap")[6:] == pytest.approx(0.0, abs=0.1)
    assert all(a.filed_mw[:24].sum() > b.filed_mw[:24].sum() for a, b in zip(loud, true, strict=True))
