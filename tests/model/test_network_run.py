"""Whole runs on RTS-24, month by month, against a DC power flow that is solved afresh (`tests.oracle.power_flow`).

At every month's end the lines carry all that is signed; in a run that only lines limit, every study of every month is made
again by the power flow, in the order of the queue, and so is the question whom a withdrawal concerns.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from gridsim.config.reader import load_text
from gridsim.engine.columns import open_state
from gridsim.engine.prepare import Prepared, prepare
from gridsim.engine.simulate import check_conservation, run_to_end, warm_up
from gridsim.model.month import decide_month
from gridsim.model.state import N_BUILDING, N_QUEUE, N_ROWS, N_SERVICE, STUDIED
from tests.model.test_network_study import CLOSE_MW, SAME_MW, solved, worst
from tests.oracle.power_flow import Study


@pytest.fixture(scope="module", autouse=True)
def _compiled():
    warm_up()


RUN = """
title: A small market on a network
horizon_months: 72
actors:
  labs: {count: 4}
  hyperscalers: {count: 2}
  developers: {count: 2}
  utilities: {count: 4, studies_in_parallel: 8}
demand:
  initial_need_gw: 2
  growth_gw: 12
  growth_months: 60
  midpoint_month: 40
  takeoff_months: 20
  projects: {size_median_mw: 120, size_max_mw: 900, quality_shape: 3}
grid:
  headroom_gw: 900
  pipeline: {filed_mw: 1500, studied_mw: 800, signed_mw: 900}
  planning_horizon_months: 36
  network: {case: rts24, scale: 6}
  study:
    {months_min: 1, months_max: 3, agreement_months_min: 0, agreement_months_max: 4, upgrade_months_min: 6,
     upgrade_months_max: 24}
  construction: {months_min: 2, months_max: 14, slip_mean_months: 3, ramp_months: 12, cancel_hazard_per_year: 0.3}
"""
LEVERS = {
    "grid.headroom_gw": 4,
    "demand.setback": {"hazard_per_year": 0.5, "loss": 0.8},
    "tariffs": [
        {"use_or_lose_share": 0.9},
        {"areas": ["utility-04"], "own_generation_share": 0.4, "use_or_lose_share": 0.9},
        {"areas": ["utility-01", "utility-02"], "nonfirm_hours_share": 0.05, "use_or_lose_share": 0.9},
        {"areas": ["utility-03"], "from": "2026-01", "own_generation_share": 0.2, "window_months": 6},
    ],
}


class Followed:
    """A run, month by month, and what the power flow says of it."""

    def __init__(self, prepared: Prepared, seed: int):
        self.state, self.params = open_state(prepared, seed)
        self.grid, self.months = solved(prepared), prepared.months
        self.flows: list[tuple[np.ndarray, np.ndarray]] = []
        self.limits: list[tuple[np.ndarray, np.ndarray]] = []
        self.studies: list[tuple[float, float]] = []
        self.again: list[tuple[bool, float]] = []

    def loads(self) -> np.ndarray:
        """Firm MW of signed and energised requests at every bus, net of own generation."""
        state = self.state
        load = np.zeros(state.buses.size)
        for alive, n in ((state.lists.building, N_BUILDING), (state.lists.service, N_SERVICE)):
            for request in state.requests[alive[: state.counts[n]]]:
                load[request.bus] += 0.0 if request.nonfirm else request.mw - request.own_mw
        return load

    def month(self, t: int) -> None:
        decide_month(self.state, self.params, t)
        self.state = run_to_end(self.state, self.params, t, t + 1, decided=True)
        self.flows.append((self.state.lines.committed_mw.copy(), self.grid.flows(self.loads())))

    def month_again(self, t: int, cancelled: np.ndarray) -> np.ndarray:
        """The same, and every study of the month again; MW that left by bus in the half of the month after the queue."""
        state = self.state
        order = state.queue.request[: state.counts[N_QUEUE]].copy()
        signed_before = state.lists.building[: state.counts[N_BUILDING]].copy()
        was = state.requests.copy()
        load, limits, gone = self.loads(), state.lines.limit_mw.copy(), cancelled.copy()
        ahead = np.zeros(load.size)
        self.month(t)
        for r in order.tolist():
            old, now = was[r], self.state.requests[r]
            if now.left == t:
                gone[now.bus] += now.mw
                continue
            result = None
            if old.stage == STUDIED:
                result = Study(self.grid, limits, self.params.cutoff, load + ahead, now.bus, now.mw)
                kept = Study(self.grid, limits, self.params.cutoff, load + ahead + gone, now.bus, now.mw)
                self.again.append((now.restudies > old.restudies, abs(kept.short_mw - result.short_mw)))
            elif now.studied == t:
                result = Study(self.grid, limits, self.params.cutoff, load + ahead, now.bus, now.mw)
                self.studies.append((now.line_mw, result.short_mw))
            if now.signed != t:
                ahead[now.bus] += now.mw
                continue
            if now.line_mw > 0.0:
                limits = limits + result.over
            load[now.bus] += now.mw
        self.limits.append((self.state.lines.limit_mw.copy(), limits))
        left = np.zeros(load.size)
        for request in self.state.requests[signed_before]:
            left[request.bus] += request.mw if request.left == t else 0.0
        return left


@cache
def followed(seed: int) -> Followed:
    """A run in which areas have room for all, so that lines alone limit."""
    run = Followed(prepare(load_text(RUN), keep_log=True), seed)
    cancelled = np.zeros(run.state.buses.size)
    for t in range(run.months):
        cancelled = run.month_again(t, cancelled)
    check_conservation(run.state)
    return run


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("overrides", [{}, LEVERS], ids=["plain", "levers"])
def test_at_every_month_s_end_lines_carry_all_that_is_signed(overrides, seed):
    run = Followed(prepare(load_text(RUN, overrides=overrides), keep_log=True), seed)
    for t in range(run.months):
        run.month(t)
    check_conservation(run.state)
    requests = run.state.requests[: run.state.counts[N_ROWS]]
    assert ((requests.left >= 0) & (requests.signed >= 0)).any()
    assert run.state.counts[N_SERVICE] > 10
    if overrides:
        assert (requests.own_mw * (requests.signed >= 0) > 0.0).any()
        assert ((requests.nonfirm == 1) & (requests.energised >= 0)).any()
        assert (requests.released_mw > 0.0).any()
    assert worst(run.flows) < CLOSE_MW


@pytest.mark.parametrize("seed", [1, 2])
def test_every_study_of_a_run_finds_what_a_power_flow_finds(seed):
    run = followed(seed)
    assert len(run.studies) > 100
    assert sum(short > 0.0 for _, short in run.studies) > 20
    assert worst(run.studies) < CLOSE_MW
    assert worst(run.limits) < CLOSE_MW
    assert worst(run.flows) < CLOSE_MW


@pytest.mark.parametrize("seed", [1, 2])
def test_a_run_studies_again_all_whose_result_a_withdrawal_changes(seed):
    changed = [again for again, change in followed(seed).again if change > SAME_MW]
    assert len(changed) > 20
    assert all(changed)
