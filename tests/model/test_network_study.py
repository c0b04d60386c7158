"""The network study against a DC power flow that is solved afresh (`tests.oracle.power_flow`), on RTS-24.

Random queues go through the kernels of the study on the columns of a real scenario: requests are studied in the order of
filing, some sign, some leave, and who relied on them is studied again. After every step the same question is put to the
power flow, with every load that there is. `test_network_run` does so in whole runs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import pytest

from gridsim.config.reader import load_text
from gridsim.engine.columns import open_state
from gridsim.engine.prepare import Prepared, prepare
from gridsim.engine.simulate import warm_up
from gridsim.model import exits, study, windows
from gridsim.model.state import FILED, IN_STUDY, N_QUEUE, NOT_YET, SIGNED, STUDIED
from tests.model.test_rules import from_python
from tests.oracle.power_flow import PowerFlow, Study

assess, line_shortage, relied = from_python(study.assess), from_python(study.line_shortage), from_python(study.relied)
reinforce, fold, clear_pass = from_python(study.reinforce), from_python(study.fold), from_python(study.clear_pass)
forget_departed, depart = from_python(study.forget_departed), from_python(exits.depart)
study_windows, share_lines = from_python(windows.study_windows), from_python(windows.share_lines)

QUEUES = 200
MONTHS = 5
CLOSE_MW = 1e-6
SAME_MW = 1e-9
GRID = """
title: A queue on a network
horizon_months: 24
actors: {labs: {count: 1}, hyperscalers: {count: 0}, developers: {count: 0}, utilities: {count: 4}}
demand: {initial_need_gw: 1, growth_gw: 1}
grid: {planning_horizon_months: 12, network: {case: rts24}}
"""
TERMS: dict[str, list[dict[str, Any]]] = {
    "weighted": [{"base_case_weight": 0.5}],
    "bringing": [{"own_generation_share": 0.3}],
    "windows": [{"window_months": 6}],
    "unequal": [{}, {"areas": ["utility-01", "utility-02"], "base_case_weight": 0.4}],
}


@pytest.fixture(scope="module", autouse=True)
def _compiled():
    warm_up()


@cache
def on_grid(terms: str, **overrides: Any) -> Prepared:
    chosen = {name.replace("__", "."): value for name, value in overrides.items()}
    return prepare(load_text(GRID, overrides=chosen | ({"tariffs": TERMS[terms]} if terms else {})))


@cache
def power_flow(
    case: str, prepared_buses: tuple[str, ...], lines: tuple[str, ...], scale: float, margin: float
) -> PowerFlow:
    return PowerFlow(case, list(prepared_buses), list(lines), scale, margin)


def solved(prepared: Prepared) -> PowerFlow:
    network = prepared.scenario.grid.network
    names = tuple(prepared.case.buses), tuple(prepared.case.lines)
    return power_flow(network.case, *names, network.scale, network.security_margin)


@dataclass
class Found:
    """What the kernels found, beside what the power flow says."""

    studies: list[tuple[float, float]] = field(default_factory=list)
    areas: list[tuple[tuple[int, float], tuple[int, float]]] = field(default_factory=list)
    limits: list[tuple[np.ndarray, np.ndarray]] = field(default_factory=list)
    flows: list[tuple[np.ndarray, np.ndarray]] = field(default_factory=list)
    kept: list[tuple[float, float]] = field(default_factory=list)  # studies as if those who left were still there
    again: list[tuple[bool, float]] = field(default_factory=list)  # reported, by how much the result changes
    shares: list[tuple[np.ndarray, np.ndarray]] = field(default_factory=list)


@dataclass
class Asked:
    """A request, as the power flow sees it."""

    row: int
    bus: int
    area: int
    mw: float
    own_mw: float = 0.0
    studied: bool = False
    line_mw: float = 0.0

    @property
    def net_mw(self) -> float:
        return self.mw - self.own_mw


class RandomQueue:
    """One random queue, month by month: the kernels on the columns, and lists of who is where for the power flow."""

    def __init__(self, prepared: Prepared, seed: int, found: Found):
        self.random = np.random.default_rng(seed)
        self.state, self.params = open_state(prepared, seed)
        self.grid, self.found = solved(prepared), found
        self.params.cutoff = self.random.choice([0.0, 0.03, 0.05, 0.2])
        self.state.requests.view(np.int64)[:] = 0
        self.area = prepared.case.area
        self.weight = self.state.terms.base_case_weight[self.state.term_row[0]]
        self.own_share = self.state.terms.own_generation_share[self.state.term_row[0]]
        self.limits = self.grid.limits()
        self.queue: list[Asked] = []
        self.signed: list[Asked] = []
        self.gone: list[tuple[int, int, float, float, bool]] = []  # bus, area, mw, net mw, whether it had signed
        self.filed = 0
        self.set_capacity()

    def set_capacity(self) -> None:
        """Areas some of which have room for everything, others for little, later."""
        state, random = self.state, self.random
        state.utilities.initial_mw = random.choice([100.0, 800.0, 1e5], state.utilities.size)
        steps = random.choice([0.0, 0.0, 150.0], state.additions.due_mw.shape)
        state.additions.due_mw[:] = np.cumsum(steps, axis=1)

    def file(self) -> None:
        """Up to five requests, a few far too large for any line."""
        for _ in range(self.random.integers(1, 6)):
            bus = int(self.random.integers(self.area.size))
            mw = float(self.random.lognormal(4.0, 0.8) * self.random.choice([1, 1, 1, 10]))
            r, self.filed = self.filed, self.filed + 1
            request = self.state.requests[r]
            request.bus, request.utility, request.mw, request.stage = bus, self.area[bus], mw, FILED
            self.queue.append(Asked(r, bus, int(self.area[bus]), mw))

    def loads(self, ahead: list[Asked], weight: float, gone: bool) -> np.ndarray:
        """MW at every bus: signed, earlier active, and those that have just left if they are to be there."""
        load = np.zeros(self.area.size)
        for asked in self.signed:
            load[asked.bus] += asked.net_mw
        for asked in ahead:
            load[asked.bus] += weight * asked.mw
        for bus, _, mw, net_mw, had_signed in self.gone if gone else ():
            load[bus] += net_mw if had_signed else weight * mw
        return load

    def by_power_flow(self, asked: Asked, ahead: list[Asked], t: int, gone: bool = False) -> tuple[int, float, float]:
        """What a study finds: first month with capacity in the area, MW short there, MW short on lines."""
        weight = self.weight[asked.area]
        taken = sum(s.mw for s in self.signed if s.area == asked.area)
        taken += weight * sum(a.mw for a in ahead if a.area == asked.area)
        for _, area, mw, _, had_signed in self.gone if gone else ():
            if area == asked.area:
                taken += mw if had_signed else weight * mw
        horizon, utility = self.params.horizon, self.state.utilities[asked.area]
        free = [
            utility.initial_mw + self.state.additions.due_mw[asked.area, m] - taken for m in range(t, t + horizon + 1)
        ]
        fits = [t + n for n, mw in enumerate(free) if mw >= asked.net_mw]
        short_mw = 0.0 if fits else min(asked.net_mw, asked.net_mw - free[-1])
        return fits[0] if fits else t + horizon, short_mw, self.on_lines(asked, ahead, weight, gone).short_mw

    def on_lines(self, asked: Asked, ahead: list[Asked], weight: float, gone: bool) -> Study:
        before = self.loads(ahead, weight, gone)
        return Study(self.grid, self.limits, self.params.cutoff, before, asked.bus, asked.net_mw)

    def study(self, asked: Asked, ahead: list[Asked], t: int) -> None:
        state, request = self.state, self.state.requests[asked.row]
        asked.own_mw = request.own_mw = self.own_share[asked.area] * asked.mw
        deliver, short_mw, line_mw = assess(state, self.params, asked.row, t, 0.0)
        fold(state)
        again = line_shortage(state, self.params, asked.bus, asked.net_mw, self.weight[asked.area], 0.0)
        assert again == line_mw
        request.stage, request.line_mw, request.upgrade_mw = STUDIED, line_mw, short_mw
        first, lacking, short = self.by_power_flow(asked, ahead, t)
        asked.studied, asked.line_mw = True, short
        self.found.studies.append((line_mw, short))
        self.found.areas.append(((deliver, short_mw), (first, lacking)))

    def is_relied_on(self, asked: Asked, ahead: list[Asked], t: int) -> bool:
        reported = relied(self.state, self.params, asked.row, t)
        with_them, without = (self.by_power_flow(asked, ahead, t, gone) for gone in (True, False))
        self.found.kept.append((assess(self.state, self.params, asked.row, t, 1.0)[2], with_them[2]))
        change = max(abs(a - b) for a, b in zip(with_them, without, strict=True))
        self.found.again.append((reported, change))
        return change > SAME_MW

    def sign(self, asked: Asked, ahead: list[Asked], t: int) -> None:
        state = self.state
        reinforce(state, self.params, asked.row, t)
        if state.requests.line_mw[asked.row] > 0.0:
            result = self.on_lines(asked, ahead, self.weight[asked.area], gone=False)
            self.limits = self.limits + result.over
        state.requests.stage[asked.row] = SIGNED
        state.utilities.signed_mw[asked.area] += asked.mw
        self.signed.append(asked)
        self.found.limits.append((state.lines.limit_mw.copy(), self.limits))
        self.limits = state.lines.limit_mw.copy()  # one that is wrong is found once, and not at every later study

    def leave(self, asked: Asked, t: int, had_signed: bool) -> None:
        depart(self.state, asked.row, t)
        if had_signed:
            self.signed.remove(asked)
            self.state.utilities.signed_mw[asked.area] -= asked.mw
        self.gone.append((asked.bus, asked.area, asked.mw, asked.net_mw, had_signed))

    def month(self, t: int) -> None:
        """One pass over the queue, oldest first, and what signed requests do after it."""
        self.file()
        state, ahead = self.state, []
        clear_pass(state, t)
        state.utilities.counted_mw = 0.0
        for asked in self.queue:
            mark = self.random.random()
            if mark < 0.15:
                self.leave(asked, t, had_signed=False)
                continue
            if not asked.studied:
                self.study(asked, ahead, t)
            elif self.is_relied_on(asked, ahead, t):
                asked.studied = False
            elif mark < 0.55:
                self.sign(asked, ahead, t)
                continue
            state.utilities.counted_mw[asked.area] += asked.mw
            state.buses.ahead_mw[asked.bus] += asked.mw
            ahead.append(asked)
        forget_departed(state)
        self.queue, self.gone = ahead, []
        for asked in [s for s in self.signed if self.random.random() < 0.12]:
            self.leave(asked, t, had_signed=True)
        self.found.flows.append((state.lines.committed_mw.copy(), self.grid.flows(self.loads([], 1.0, gone=False))))

    def window(self) -> None:
        """A joint study of new requests on top of all that is queued."""
        state, ahead, own = self.state, list(self.queue), []
        self.file()
        clear_pass(state, 0)
        for asked in ahead:
            state.buses.ahead_mw[asked.bus] += self.weight[asked.area] * asked.mw
        fold(state)
        for k, asked in enumerate(fresh := self.queue[len(ahead) :]):
            state.lists.fresh[k], state.lists.asked[k] = asked.row, asked.mw
            alone = np.zeros(self.area.size)
            alone[asked.bus] = 1.0
            own.append(self.grid.flows(alone) - self.grid.flows(0.0 * alone))
        share_lines(state, self.params, len(fresh))
        before_mw = self.loads([], 1.0, gone=False)
        for asked in ahead:
            before_mw[asked.bus] += self.weight[asked.area] * asked.mw
        before, expected = self.grid.flows(before_mw), np.zeros(len(fresh))
        for line in range(before.size):
            concerned = [k for k in range(len(fresh)) if abs(own[k][line]) >= self.params.cutoff]
            after_mw = before_mw.copy()
            for k in concerned:
                after_mw[fresh[k].bus] += fresh[k].mw
            after = self.grid.flows(after_mw)[line]
            over = abs(after) - max(self.limits[line], abs(before[line]))
            pushes = {k: max(0.0, np.sign(after) * own[k][line] * fresh[k].mw) for k in concerned}
            for k in concerned if over > SAME_MW else ():
                expected[k] += over * pushes[k] / sum(pushes.values())
        self.found.shares.append((state.requests.line_mw[[asked.row for asked in fresh]], expected))


@cache
def random_queues(number: int, terms: str = "", **overrides: Any) -> Found:
    found = Found()
    prepared = on_grid(terms, **overrides)
    for seed in range(number):
        queue = RandomQueue(prepared, seed, found)
        for t in range(MONTHS):
            queue.month(t)
        queue.window()
    return found


def worst(pairs: list[tuple[Any, Any]]) -> float:
    return max(float(np.max(np.abs(np.asarray(a) - np.asarray(b)))) for a, b in pairs)


def test_a_study_finds_on_the_lines_what_a_power_flow_finds():
    found = random_queues(QUEUES)
    assert len(found.studies) > 10 * QUEUES
    assert 0.2 < np.mean([short > 0.0 for _, short in found.studies]) < 0.8
    assert worst(found.studies) < CLOSE_MW


def test_a_study_finds_in_the_area_the_first_month_that_leaves_enough():
    found = random_queues(QUEUES)
    assert any(lacking > 0.0 for _, (_, lacking) in found.areas)
    assert [month for (month, _), _ in found.areas] == [month for _, (month, _) in found.areas]
    assert worst([(lacking, by_hand) for (_, lacking), (_, by_hand) in found.areas]) < CLOSE_MW


def test_a_signature_reinforces_the_lines_that_it_overloads_and_no_other():
    found = random_queues(QUEUES)
    assert len(found.limits) > 3 * QUEUES
    assert worst(found.limits) < CLOSE_MW


def test_signed_requests_and_no_others_load_the_lines():
    assert worst(random_queues(QUEUES).flows) < CLOSE_MW


def test_a_study_as_if_those_who_left_were_still_there():
    found = random_queues(QUEUES)
    assert len(found.kept) > 10 * QUEUES
    assert worst(found.kept) < CLOSE_MW


def test_whose_result_a_withdrawal_changes_is_told():
    """Nobody is missed."""
    changed = [reported for reported, change in random_queues(QUEUES).again if change > SAME_MW]
    assert len(changed) > QUEUES
    assert all(changed)


def test_whose_result_a_withdrawal_leaves_is_left_in_peace():
    assert not any(reported for reported, change in random_queues(QUEUES).again if change <= SAME_MW)


def test_a_window_shares_the_overload_of_a_line_by_what_each_adds_to_it():
    found = random_queues(QUEUES)
    assert sum((expected > 0.0).any() for _, expected in found.shares) > QUEUES / 2
    assert worst(found.shares) < CLOSE_MW


def test_limits_after_an_outage_are_those_of_power_flows_without_the_line():
    found = random_queues(4, grid__network__n_minus_1=True)
    assert max(worst(found.studies), worst(found.limits), worst(found.flows), worst(found.shares)) < CLOSE_MW


def test_a_larger_case_with_a_margin():
    found = random_queues(20, grid__network__scale=2.5, grid__network__security_margin=0.8)
    assert max(worst(found.studies), worst(found.limits), worst(found.flows), worst(found.shares)) < CLOSE_MW


@pytest.mark.parametrize("terms", ["weighted", "bringing", "unequal"])
def test_studies_under_other_terms(terms):
    found = random_queues(40, terms)
    assert worst(found.studies) < CLOSE_MW
    assert worst(found.flows) < CLOSE_MW


def test_a_signature_reinforces_by_the_base_case_of_its_study():
    assert worst(random_queues(40, "weighted").limits) < CLOSE_MW


def test_a_signed_request_that_leaves_is_missed_net_of_its_own_generation():
    assert worst(random_queues(40, "bringing").kept) < CLOSE_MW


def test_one_who_left_another_area_weighs_as_long_as_it_was_there():
    assert worst(random_queues(40, "unequal").kept) < CLOSE_MW


def joint_study(*buses: int) -> tuple[float, float]:
    """MW short on lines that windows of one month find for 180 MW at each bus, and that a power flow finds for all."""
    prepared = on_grid("windows")
    state, params = open_state(prepared, 1)
    state.requests.view(np.int64)[:] = 0
    state.utilities.initial_mw = 1e6
    load = np.zeros(state.buses.size)
    for r, bus in enumerate(buses):
        request = state.requests[r]
        request.bus, request.utility, request.mw = bus, prepared.case.area[bus], 180.0
        request.stage, request.patience_end, request.project = IN_STUDY, NOT_YET, r
        state.projects.alert[r] = NOT_YET
        state.queue.request[r], state.queue.area[r] = r, request.utility
        load[bus] = 180.0
    state.counts[N_QUEUE] = len(buses)
    clear_pass(state, 0)
    study_windows(state, params, 0)
    grid = solved(prepared)
    over = np.abs(grid.flows(load)) - np.maximum(grid.limits(), np.abs(grid.flows(0.0 * load)))
    return float(state.requests.line_mw[: len(buses)].sum()), float(over[over > SAME_MW].sum())


@pytest.mark.parametrize("area", range(4))
def test_a_window_alone_pays_for_the_overload_that_it_makes(area):
    buses = np.flatnonzero(on_grid("windows").case.area == area).tolist()
    found, solved_mw = joint_study(buses[0], buses[-1])
    assert found == pytest.approx(solved_mw, rel=0.1)  # but for lines below the cut-off


def test_windows_that_end_together_pay_for_the_overload_that_they_make_together():
    area = on_grid("windows").case.area
    found, solved_mw = joint_study(int(np.flatnonzero(area == 0)[0]), int(np.flatnonzero(area == 1)[0]))
    assert solved_mw > 50.0
    assert found == pytest.approx(solved_mw, rel=0.1)
