"""The compiled month but for plans against its plain twin (`tests.oracle.market`), bit for bit, month by month.

Both start from the same opening state. Every month both use their fleets, and all that they know of those must be equal. The
compiled model decides; its decisions and beliefs are handed to the twin; then both settle the month, and everything that
they know of requests, GPUs, money, areas and lists must be equal.
"""

from __future__ import annotations

import functools
from typing import get_args

import numpy as np
import pytest

from gridsim.config.tariff import Tariff
from gridsim.model.state import REASONS, STAGES, State
from tests.oracle.agents import Request
from tests.oracle.comparing import compare_past, run_both
from tests.oracle.gpu_scenarios import GPU_SCENARIOS, SWITCHES
from tests.oracle.scenarios import CONFIRM, ENTRY, SCENARIOS, small
from tests.oracle.twin import Twin


@functools.cache
def compared(name: str) -> tuple[Twin, State]:
    """A scenario of the list, run and compared to the end."""
    market, state = run_both((SCENARIOS | GPU_SCENARIOS)[name](), keep_log=True)
    compare_past(market, state)
    return market, state


def all_requests(name: str) -> list[Request]:
    """Every request of a compared run, whatever became of it."""
    market, _ = compared(name)
    return [*market.past, *market.queue, *market.building, *market.service]


@pytest.mark.parametrize("name", SCENARIOS | GPU_SCENARIOS)
def test_compiled_months_equal_the_plain_twin_bit_for_bit(name):
    compared(name)


@pytest.mark.parametrize("mechanism", SWITCHES)
def test_every_mechanism_of_the_compute_side_is_on_and_off_in_the_compared_runs(mechanism):
    assert {getattr(make().mechanisms, mechanism) for make in GPU_SCENARIOS.values()} == {True, False}


def gpu_events(name: str) -> dict[str, bool]:
    """What happened in a compared run, of all that can happen to a fleet."""
    market, state = compared(name)
    s, rules = state.series, market.rules
    deterred = s.tokens_asked - s.tokens_served - s.tokens_blocked
    released = (s.dark_gpu[:-1] > 0.0) & (s.dark_gpu[1:] == 0.0)
    dear = s.price_usd_gpu_h[1:] >= rules.release_usd
    generation = np.isin(np.arange(1, s.size), np.arange(rules.generation_offset, s.size, rules.generation_months))
    return {
        "by the month not for all": (s.spot_fill < 1.0).any() and (s.spot_fill == 1.0).any(),
        "contracts end and are signed": (np.diff(s.reserved_gpu) > 0.0).any() and (np.diff(s.reserved_gpu) < 0.0).any(),
        "contracts ordered in vain": any(f.order_gpus > 0.0 for f in market.fleets),
        "idle while others lack": (s.foreclosed_gpu > 0.0).any() and (s.foreclosed_gpu < s.short_gpu).any(),
        "dark until a generation": (released & generation & ~dear).any(),
        "dark until dear": (released & dear & ~generation).any(),
        "lent": any(f.lent_gpus > 0.0 for f in market.fleets),
        "sublet": bool(rules.subletting) and any(f.lent_gpus > f.offered_gpus for f in market.fleets),
        "price at its floor": (s.price_usd_gpu_h == rules.rent_floor).any(),
        "price deters": market.cloud.demand < 1.0,
        "chips scarce": any(f.ordered_gpus > 0.0 for f in market.fleets),
        "chips for neoclouds scarce": any(n.ordered_gpus > 0.0 for n in market.neoclouds),
        "unplugged": (s.unplugged_gpu > 0.0).any() and (s.unplugged_gpu == 0.0).any(),
        "blocked": (s.tokens_blocked > 0.0).any(),
        "deterred": (deterred > 1e-9 * s.tokens_asked).any(),
        "paid users throttled": (s.throttled_share_paid > 0.0).any() and (s.throttled_share_free > 0.0).any(),
        "users left": any(f.users < 1.0 for f in market.fleets),
        "floor of research": any(
            f.research_gpus == f.gpus - f.gpus * (1.0 - rules.research_floor) > 0.0 for f in market.fleets
        ),
        "useless jobs": (s.reported_utilisation > s.useful_utilisation).any(),
        "asked for thrice the need": (s.quota_claims > 3.0 * s.quota_need).any(),
        "quota cut": any(team.counted_gpus < team.ask_gpus for f in market.fleets for team in f.teams),
        "quota truly short": s.quota_real.mean() > 1.0,
        "forgotten agents": (s.orphan_share > 0.0).any(),
        "agents at home": (s.local_share > 0.0).any(),
        "tokens burned": (s.top_user_ratio > 1.0).any(),
    }


def test_all_that_can_happen_to_a_fleet_happens_in_the_compared_runs_and_does_not():
    """Otherwise the comparison would prove little."""
    happened = [gpu_events(name) for name in GPU_SCENARIOS]
    assert [what for what in happened[0] if not any(run[what] for run in happened)] == []
    assert [what for what in happened[0] if all(run[what] for run in happened)] == []


@pytest.mark.parametrize(
    "name", ["burst", "scarce and strict", "lines, all levers", "windows, lines", "windows, lines, cancelled"]
)
def test_rows_that_are_used_again_change_nothing(name):
    run_both(SCENARIOS[name](), keep_log=False)


@pytest.mark.parametrize("copies", [1, 3, 50])
def test_decisions_from_outside_are_carried_out_alike(copies):
    """Everybody files as many copies as told, developers too; never more than there are areas, or than are allowed."""
    scenario = small({"actors.utilities.count": 6, "demand.projects.sites_max": 4, "horizon_months": 24})
    market, _ = run_both(scenario, keep_log=True, copies=copies)
    filed = [r for r in (*market.past, *market.queue, *market.building, *market.service) if r.filed >= 0]
    assert max(r.choice for r in filed) == min(copies, 4) - 1


def test_the_scenarios_reach_every_stage_and_every_reason_to_leave():
    """Otherwise the comparison would prove little."""
    everybody = [r for name in ("burst", "scarce and strict", "strict tariff", "unwanted") for r in all_requests(name)]
    seen = {(r.stage, r.reason) for r in everybody}
    assert {stage for stage, _ in seen} == set(STAGES)
    assert {reason for _, reason in seen} == set(REASONS)
    assert {("expired", "money due"), ("expired", "need gone"), ("withdrawn", "money due")} <= seen
    assert any(r.holder != r.applicant for r in everybody)
    assert any(r.upgrade_mw > 0.0 and r.signed is not None for r in everybody)
    assert any(r.reason == "sibling signed" and r.signed is not None for r in everybody)


def happened(requests: list[Request]) -> dict[str, bool]:
    """What restudies, lines and levers can do to a request, and whether it was done to any."""
    upgraded = [r for r in requests if r.line_mw > 0.0]
    nonfirm = [r for r in requests if r.nonfirm]
    return {
        "restudied, again and again, and in service at last": any(r.restudies and r.energised for r in requests)
        and any(r.restudies > 1 for r in requests),
        "lines paid for, and both signed and not": {r.signed is None for r in upgraded} == {True, False},
        "lines in service": any(r.energised is not None for r in upgraded),
        "connected without firm capacity": any(r.energised is not None for r in nonfirm),
        "left without firm capacity, signed or not": {r.signed is None for r in nonfirm if r.left} == {True, False},
        "taken back, firm or not": {r.nonfirm for r in requests if r.released_mw > 0.0} == {0, 1},
        "own generation signed for": any(r.own_mw > 0.0 and r.signed is not None for r in requests),
        "readiness lost": any(r.readiness_usd > 0.0 and r.left for r in requests),
    }


@pytest.mark.parametrize("name", ["lines, all levers", "windows, lines, all levers"])
def test_restudies_lines_and_levers_have_their_effects_in_the_compared_runs(name):
    assert [what for what, seen in happened(all_requests(name)).items() if not seen] == []


def test_some_confirm_under_new_terms_and_some_leave_in_the_compared_runs():
    """Confirmed: a deposit has been made up that nobody owed at filing. Left: in that month, not yet studied, over money."""
    before = [r for r in all_requests("confirmed") if r.filed < ENTRY]
    due = CONFIRM["deposit_usd_per_mw"]
    assert any(r.deposit_paid_usd - r.readiness_usd == pytest.approx(due * r.mw) for r in before)
    month = ENTRY + CONFIRM["confirm_within_months"]
    assert any(r.left == month and r.reason == "money due" and r.studied is None for r in before)


def test_copies_are_counted_together_and_earlier_requests_by_part_in_the_compared_runs():
    market, _ = compared("copies count as one")
    assert any(r.counted_mw < r.mw for r in market.queue)


@pytest.mark.parametrize("rule", get_args(Tariff.model_fields["allocation"].annotation))
def test_windows_share_what_does_not_suffice_in_the_compared_runs(rule):
    """By every rule, among several requests, some capacity that is less than asked for; and lines overloaded together."""
    studies = [s for name in SCENARIOS if name.startswith("windows") for s in compared(name)[0].joint_studies]
    assert any(s.rule == rule and len(s.members) > 1 and 0.0 < s.free_mw < s.asked_mw for s in studies)
    assert any(len(s.members) > 1 and s.line_mw > 0.0 for s in studies)


def test_restudies_occur_in_both_regimes_in_the_compared_runs():
    for name in ("small", "lines", "windows", "windows, lines"):
        _, state = compared(name)
        assert state.series.restudies[ENTRY + 1 :].any(), name
