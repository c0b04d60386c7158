"""What must hold in every valid scenario, however odd: laws of the model, and changes that must change nothing.

`simulate` itself recounts every MW and dollar of every month and raises if one is missing.
"""

from __future__ import annotations

from unittest import mock

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import gridsim
from gridsim.config.actors import Actors
from gridsim.config.reader import load_text
from gridsim.config.scenario import Scenario
from gridsim.engine import columns
from gridsim.engine.columns import grow, open_state
from gridsim.engine.files import digest
from gridsim.engine.measures import SERIES
from gridsim.engine.prepare import prepare
from gridsim.engine.result import Result
from gridsim.engine.simulate import run_to_end
from gridsim.model.month import run_months
from gridsim.model.state import NEVER, STAGES, Lists
from tests.model.random_scenarios import scenarios

DAYS_OF_REST = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
seeds = st.one_of(st.sampled_from([0, 1, 2**63 - 1]), st.integers(0, 2**63 - 1))


def laws(examples: int) -> settings:
    """Settings of a property test."""
    return settings(deadline=None, max_examples=examples, suppress_health_check=DAYS_OF_REST)


def same(a: Result, b: Result) -> None:
    """The two runs agree on every monthly number, bit for bit."""
    for name in SERIES:
        np.testing.assert_array_equal(a._state.series[name], b._state.series[name], name)
    assert a._state.series.tobytes() == b._state.series.tobytes()
    assert a._state.utility_traces.tobytes() == b._state.utility_traces.tobytes()


ODD = {
    "waits without hope": {"beliefs.planning.wait_sensitivity": 5.0, "beliefs.wait_max_months": 600.0},
    "the longest studies": {"grid.study.months_min": 60, "grid.study.months_max": 60},
    "no growth on no path": {"demand.growth_gw": 0.0, "demand.midpoint_month": -600.0, "demand.takeoff_months": 1.0},
    "large deposits that all come back": {
        "demand.growth_gw": 0.0, "grid.pipeline.filed_mw": 9000, "demand.projects.patience_hazard_per_year": 10.0,
        "demand.projects.land_option_share_per_year": 0.0,
        "tariffs": [{"study_fee_usd": 0, "deposit_usd_per_mw": 1e7, "demand_charge_usd_per_mw_month": 0}],
    },
    "launches and no users": {
        "compute.serving_share": 0.0, "actors.labs.count": 1, "actors.hyperscalers.count": 0, "actors.developers.count": 0,
        "actors.utilities.count": 1, "mechanisms.m01_speculation": False, "mechanisms.m02_duplicates": False,
        "mechanisms.m09_inference_bottleneck": True, "mechanisms.m10_peak_throttling": False,
    },
    "one of each": {
        "actors.labs.count": 1, "actors.hyperscalers.count": 0, "actors.developers.count": 0,
        "actors.utilities.count": 1, "horizon_months": 1,
    },
}  # fmt: skip


def odd(name: str) -> Scenario:
    """A scenario that once went wrong."""
    pipeline = {"filed_mw": 2000, "studied_mw": 1000, "signed_mw": 1000}
    return load_text("title: odd", overrides={"horizon_months": 36, "grid.pipeline": pipeline} | ODD[name])


@laws(80)
@given(scenarios(), seeds)
@example(odd("waits without hope"), 1)
@example(odd("the longest studies"), 1)
@example(odd("no growth on no path"), 1)
@example(odd("large deposits that all come back"), 0)
@example(odd("launches and no users"), 0)
@example(odd("one of each"), 2**63 - 1)
def test_any_valid_scenario_runs_and_keeps_the_laws(scenario, seed):
    result = gridsim.simulate(scenario, seed, record="agents")
    check_series(result)
    check_areas(result)
    check_requests(result)
    check_agents(result)
    assert result.summary().keys() > {f"{name}.last" for name in SERIES}
    assert "error" not in repr(result.manifest).lower()


def check_series(result: Result) -> None:
    """Signs, sums, and numbers that are unknown only where the divisor is 0 or nothing has happened."""
    s = result.series
    assert list(s.columns) == list(SERIES)
    assert not np.isinf(s.to_numpy()).any()
    divisor = {
        "power_apparent": s.power_capacity, "power_real": s.power_capacity, "power_phantom_ratio": s.power_need,
        "power_dark_share": s.power_held, "narrative_gap": s.power_capacity,
        "hhi_compute": s.compute_held, "serving_utilisation": s.serving_gpu, "scarcity_hours": s.compute_need,
        "reported_utilisation": s.quota_held, "useful_utilisation": s.quota_held,
        "throttled_share_free": s.tokens_asked * s.free_compute_share,
        "throttled_share_paid": s.tokens_asked * (1.0 - s.free_compute_share),
    }  # fmt: skip
    for layer in ("compute", "quota", "tokens"):
        divisor |= {f"{layer}_{name}": s[f"{layer}_capacity"] for name in ("apparent", "real")}
        divisor |= {f"{layer}_phantom_ratio": s[f"{layer}_need"], f"{layer}_dark_share": s[f"{layer}_held"]}
    energised = result.requests.energised
    recent = [bool(((energised <= t) & (energised > t - 12)).any()) for t in s.index]
    for name in SERIES:
        if name in divisor:
            assert (s[name].isna() == ~(divisor[name] > 0.0)).all(), name
        elif name.startswith("time_to_power"):
            assert (s[name].notna() == recent).all(), name
        else:
            assert s[name].notna().all(), name
    for name in set(SERIES) - {"narrative_gap", "stated_scarcity"}:
        assert not (s[name] < -1e-6 * max(1.0, s[name].abs().max())).any(), name
    assert (s.time_to_power_p50.dropna() <= s.time_to_power_p95.dropna()).all()
    for name in ("power_useful", "power_held"):
        assert (s[name] <= s.energised_mw * (1.0 + 1e-12)).all()
    assert ((s.power_useful <= s.power_held) & (s.study_backlog <= s.queued_count)).all()
    assert (s.stranded_mw <= s.unused_mw + 1e-6).all()
    assert (s.power_claims <= (s.queued_mw + s.signed_mw) * (1.0 + 1e-9) + 1e-6).all()
    assert (s.duplicate_mw + s.speculative_mw <= s.queued_mw * (1.0 + 1e-9) + 1e-6).all()
    check_layers(s)
    assert s.approval_belief.between(0.0, 1.0 + 1e-12).all()
    parts = ["fees_usd", "land_usd", "forfeited_usd", "minimum_take_usd", "exit_fees_usd", "upgrades_usd"]
    np.testing.assert_allclose(s.cost_usd, s[parts].sum(axis=1), rtol=1e-9, atol=1e-6)


def check_layers(s) -> None:
    """Nobody works on more than there is, and nothing useful is more than what is held or needed."""
    most = 1.0 + 1e-9
    for layer in ("compute", "quota", "tokens"):
        useful, held, need = (s[f"{layer}_{name}"] for name in ("useful", "held", "need"))
        assert (useful <= np.minimum(held * most, need * most) + 1e-3).all(), layer
        assert (held <= s[f"{layer}_capacity"] * most + 1e-3).all(), layer
    assert (s.tokens_served + s.tokens_blocked <= s.tokens_asked * most + 1e-3).all()
    assert (s.dark_gpu <= s.idle_held_gpu * most + 1e-3).all()
    assert (s.foreclosed_gpu <= s.idle_held_gpu * most + 1e-3).all()
    assert s.research_share.dropna().between(0.0, most).all()
    for name in ("spot_fill", "orphan_share", "local_share"):
        assert s[name].between(0.0, most).all(), name
    for name in ("throttled_share_free", "throttled_share_paid", "serving_utilisation"):
        assert s[name].dropna().between(0.0, most).all(), name


def check_areas(result: Result) -> None:
    """Nowhere is more firm load in service than capacity installed; areas add up to the system."""
    areas, s = result.areas, result.series
    if not (result._state.terms.nonfirm_hours_share > 0.0).any():
        assert (areas.energised_mw <= areas.installed_mw * (1.0 + 1e-12)).all()
    u = result._state.utilities
    assert (u.energised_mw - u.nonfirm_service_mw <= u.installed_mw * (1.0 + 1e-9) + 1e-6).all()
    assert (areas[["queued_mw", "signed_mw", "energised_mw", "installed_mw"]] >= 0.0).all(axis=None)
    total = areas.groupby("month")[["queued_mw", "signed_mw"]].sum()
    np.testing.assert_allclose(total, s[["queued_mw", "signed_mw"]], rtol=1e-9, atol=1e-6)
    for _, area in areas.groupby("utility"):
        assert (area.installed_mw.diff().dropna() >= 0.0).all()


def check_requests(result: Result) -> None:
    """Dates in their order and in the past; stage, reason and dates tell one story."""
    q, scenario = result.requests, result.scenario
    dates = q[["filed", "studied", "signed", "energised"]].to_numpy()
    last = scenario.horizon_months - 1
    assert (dates[~np.isnan(dates)] <= last).all()
    for i in range(3):
        known = ~np.isnan(dates[:, i + 1])
        assert not np.isnan(dates[known, i]).any()  # nothing is skipped
        assert (dates[known, i] <= dates[known, i + 1]).all()
    gone = q.stage.isin(["withdrawn", "expired"])
    assert (q.left.notna() == gone).all()
    assert ((q.reason != "") == gone).all()
    assert (q.left[gone] >= q.filed[gone]).all()
    assert (q.left[gone] <= last).all()
    reached = {
        "filed": (0, 0, 0), "in study": (0, 0, 0), "studied": (1, 0, 0), "agreement signed": (1, 1, 0),
        "under construction": (1, 1, 0), "energised": (1, 1, 1),
    }  # fmt: skip
    for stage, flags in reached.items():
        rows = q[q.stage == stage]
        for name, flag in zip(("studied", "signed", "energised"), flags, strict=True):
            expected = rows.restudies > 0 if name == "studied" and not flag else bool(flag)  # studied before
            assert (rows[name].notna() == expected).all(), (stage, name)
    assert q.energised[gone].isna().all()
    assert set(q.stage) <= set(STAGES)
    check_log(result)
    check_reasons(q, last)
    check_sizes(q, scenario)


def check_log(result: Result) -> None:
    """The log has every request of the monthly series: those filed, those that left, and what there is at the end."""
    q, s = result.requests, result.series
    for date, name in (("filed", "filed_mw"), ("left", "exited_mw")):
        by_month = q.groupby(date).mw.sum().reindex(s.index, fill_value=0.0)
        np.testing.assert_allclose(by_month, s[name], rtol=1e-9, atol=1e-6, err_msg=name)
    at_the_end = {"queued_mw": STAGES[:3], "signed_mw": STAGES[3:5]}
    for name, stages in at_the_end.items():
        assert q.mw[q.stage.isin(stages)].sum() == pytest.approx(s[name].iloc[-1], rel=1e-9, abs=1e-6), name
    in_service = result.areas.energised_mw[result.areas.month == s.index[-1]].sum()
    assert q.mw[q.stage == "energised"].sum() == pytest.approx(in_service, rel=1e-9, abs=1e-6)


def check_reasons(q: pd.DataFrame, last: int) -> None:
    """A reason to leave fits the stage that was reached; no copy outlives the signature of another by two months."""
    because = {name: q[q.reason == name] for name in set(q.reason)}
    empty = q.iloc[:0]
    assert because.get("cancelled", empty).signed.notna().all()
    assert because.get("cost", empty).studied.notna().all()
    assert because.get("patience", empty).signed.isna().all()
    assert because.get("money due", empty).signed.isna().all()
    assert (q.reason[q.stage == "expired"].isin(["money due", "need gone"])).all()
    sibling = because.get("sibling signed", empty)
    first = q[q.signed.notna()].groupby("project").signed.min()
    assert (sibling.project.map(first) < sibling.left).all()
    until = q.project.map(first) + 1
    lives_on = (until <= last) & (q.left.isna() | (q.left > until))
    assert (q[lives_on].groupby("project").size() <= 1).all()


def check_sizes(q: pd.DataFrame, scenario: Scenario) -> None:
    """Projects are filed in different areas, at one size; only labs and hyperscalers pad."""
    assert (q.mw > 0.0).all()
    assert (q.need_mw <= q.mw).all()
    assert (q.mw == q.need_mw)[q.kind == "developer"].all()
    if not scenario.mechanisms.m01_speculation:
        assert (q.mw == q.need_mw).all()
        assert not ((q.kind == "developer") & (q.filed >= 0)).any()
    by_project = q.groupby("project")
    assert (by_project.utility.nunique() == by_project.size()).all()
    assert (by_project[["mw", "applicant", "filed"]].nunique().iloc[:, :2] == 1).all(axis=None)
    most = min(scenario.demand.projects.sites_max, len(scenario.actors.utilities.roster("utility")))
    if not scenario.mechanisms.m02_duplicates:
        most = 1
    assert (by_project.size()[by_project.filed.min() >= 0] <= most).all()
    sold = q[q.holder != q.applicant]
    assert (sold.kind == "developer").all()
    assert sold.studied.notna().all()


def check_agents(result: Result) -> None:
    """Agents' columns add up to the system's; beliefs stay within their limits."""
    a, s, scenario = result.agents, result.series, result.scenario
    people = a[a.kind != "utility"]
    total = people.groupby("month")[["energised_mw", "held_mw", "signed_mw", "queued_mw"]].sum()
    system = s[["energised_mw", "power_held", "signed_mw", "queued_mw"]].to_numpy()
    np.testing.assert_allclose(total.to_numpy(), system, rtol=1e-9, atol=1e-6)
    known = people.drop(columns=["installed_mw", "price_usd_per_mw_day"])
    assert known.notna().all(axis=None)
    assert people.approval_belief.between(0.01, 1.0 + 1e-12).all()
    assert (people.believed_wait <= max(scenario.beliefs.wait_max_months, 0.0) * (1.0 + 1e-12)).all()
    assert (people.ask_mw >= 0.0).all()
    assert (people.copies >= 1).all()
    assert (people.need_mw[people.kind == "developer"] == 0.0).all()
    truth = s.power_real.clip(upper=100.0).fillna(100.0).shift()  # what is known of the month before
    said = people[people.month > 0].groupby("month").statement
    bias = scenario.beliefs.statement_bias if scenario.mechanisms.m16_scarcity_narrative else 0.0
    assert (said.min() >= truth[1:]).all()
    assert (said.max() <= (truth[1:] + bias) * (1.0 + 1e-12)).all()


@laws(40)
@given(scenarios(), seeds)
def test_with_all_gaming_off_a_run_is_its_own_twin(scenario, seed):
    both = gridsim.simulate(scenario, seed, twin=True)
    off = gridsim.simulate(scenario.twin(), seed, twin=True)
    assert off.manifest["result_digest"] == off.manifest["twin_digest"] == both.manifest["twin_digest"]
    same(off, both.twin)


HONEST = {"labs": "honest", "hyperscalers": "honest", "developers": "none"}


@laws(40)
@given(scenarios(), seeds)
def test_honest_strategies_equal_the_switches(scenario, seed):
    """But for gaming that is no request strategy."""
    base = scenario.model_dump(by_alias=True)
    quiet = {**scenario.twin().mechanisms.model_dump(), "m01_speculation": True, "m02_duplicates": True}
    honest = Scenario.model_validate(base | {"strategies": HONEST, "mechanisms": quiet})
    a, b = gridsim.simulate(honest, seed), gridsim.simulate(scenario.twin(), seed)
    assert a.manifest["result_digest"] == b.manifest["result_digest"]


STEMS = {kind: kind.removesuffix("s") if kind != "utilities" else "utility" for kind in Actors.model_fields}


@laws(30)
@given(scenarios(), seeds, st.randoms(use_true_random=False))
def test_reordering_agents_permutes_results_and_changes_none(scenario, seed, random):
    base = scenario.model_dump(by_alias=True)
    for kind, group in base["actors"].items():
        group["names"] = [f"{STEMS[kind]}-{i + 1:02d}" for i in range(group["count"])]
    plain = Scenario.model_validate(base)
    for group in base["actors"].values():
        random.shuffle(group["names"])
    shuffled = Scenario.model_validate(base)
    a, b = (gridsim.simulate(x, seed, record="agents") for x in (plain, shuffled))
    assert a.manifest["result_digest"] == b.manifest["result_digest"]
    same(a, b)
    pd.testing.assert_frame_equal(a.requests, b.requests)
    for left, right, by in ((a.agents, b.agents, "agent"), (a.areas, b.areas, "utility")):
        order = ["month", "kind", by] if "kind" in left else ["month", by]
        one, other = (x.sort_values(order, ignore_index=True) for x in (left, right))
        pd.testing.assert_frame_equal(one, other, check_exact=True)
    listed = [name for kind, group in base["actors"].items() if kind != "neoclouds" for name in group["names"]]
    assert b.agents.agent.iloc[: len(listed)].tolist() == listed


@laws(40)
@given(scenarios(), seeds)
def test_what_is_recorded_changes_no_number(scenario, seed):
    """Without the log rows are used again, which no number may show."""
    bare, log, agents = (gridsim.simulate(scenario, seed, record=r) for r in (None, "requests", "agents"))
    same(bare, log)
    same(bare, agents)
    assert log.manifest["result_digest"] == agents.manifest["result_digest"]


@laws(25)
@given(scenarios(), seeds, st.sampled_from([1, 3, 50]), st.booleans())
def test_columns_that_must_grow_change_no_number(scenario, seed, rows, log):
    record = "requests" if log else None
    roomy = gridsim.simulate(scenario, seed, record=record)
    with mock.patch.object(columns, "FIRST_ROWS", rows):
        tight = gridsim.simulate(scenario, seed, record=record)
    assert tight._state.requests.size <= roomy._state.requests.size or roomy._state.requests.size > 4096
    assert tight._state.requests.size % rows == 0  # never so for 3 or 50 of columns that began with 4,096
    same(roomy, tight)
    assert roomy.manifest["result_digest"] == tight.manifest["result_digest"]


@laws(25)
@given(scenarios(), seeds, st.integers(0, 255), st.booleans())
def test_memory_that_was_never_written_changes_no_number(scenario, seed, byte, log):
    """Rows of requests are not cleared: whatever the memory held must not show."""

    def soil(make):
        def made(*arguments):
            group = make(*arguments)
            for column in group if isinstance(group, Lists) else [group]:
                column.view(np.ndarray).view(np.uint8)[:] = byte
            return group

        return mock.patch.object(columns, make.__name__, made)

    record = "requests" if log else None
    clean = gridsim.simulate(scenario, seed, record=record)
    with soil(columns.unwritten), soil(columns.empty_lists):
        soiled = gridsim.simulate(scenario, seed, record=record)
    same(clean, soiled)
    assert clean.manifest["result_digest"] == soiled.manifest["result_digest"]


@laws(25)
@given(scenarios(), seeds)
def test_a_run_month_by_month_is_the_same_run(scenario, seed):
    prepared = prepare(scenario, keep_log=True)
    whole, params = open_state(prepared, seed)
    whole = run_to_end(whole, params)
    steps, params = open_state(prepared, seed)
    for t in range(scenario.horizon_months):
        while run_months(steps, params, t, t + 1, False) == t:
            steps = grow(steps)
    assert digest(whole) == digest(steps)


@laws(25)
@given(scenarios(), seeds)
def test_a_seed_fixes_a_run(scenario, seed):
    first, again, own = (
        gridsim.simulate(scenario, seed), gridsim.simulate(scenario, seed),
        gridsim.simulate(scenario.model_copy(update={"seed": seed})),
    )  # fmt: skip
    assert first.manifest["result_digest"] == again.manifest["result_digest"] == own.manifest["result_digest"]
    assert not np.shares_memory(first._state.series, again._state.series)


def test_different_seeds_give_different_runs():
    scenario = odd("one of each")
    seeds = (0, 1, 2, 2**32, 2**62, 2**63 - 2, 2**63 - 1)
    assert len({gridsim.simulate(scenario, seed).manifest["result_digest"] for seed in seeds}) == len(seeds)


@pytest.mark.parametrize("seed", [-1, 2**63, 1.5, True, "1"])
def test_a_seed_out_of_range_is_refused(seed):
    with pytest.raises(ValueError, match="seed: found"):
        gridsim.simulate(odd("one of each"), seed)


def test_more_capacity_never_raises_real_scarcity():
    """The need is the same; only what can be given grows."""
    real = []
    for headroom in (1.0, 5.0, 20.0, 80.0):
        overrides = {"grid.headroom_gw": headroom, "horizon_months": 24}
        real.append(gridsim.simulate(load_text("title: t", overrides=overrides)).series.power_real.to_numpy())
    assert (np.diff(np.array(real), axis=0) < 0.0).all()


def test_what_has_not_happened_has_no_month():
    """The sentinel of the columns never reaches a table."""
    tables = gridsim.simulate(odd("the longest studies")).requests.select_dtypes("number")
    assert not (tables == NEVER).any(axis=None)
