"""The compiled second half of the month against its plain twin (`tests.oracle.market`), bit for bit, month by month.

Both start from the same opening state. Every month the compiled model decides; its decisions and beliefs are handed to
the twin; then both settle the month, and everything that they know of requests, money, areas and lists must be equal.
"""

from __future__ import annotations

import functools
from types import SimpleNamespace

import numpy as np
import pytest

from gridsim.engine.columns import open_state
from gridsim.engine.prepare import KINDS, prepare
from gridsim.engine.simulate import run_to_end, warm_up
from gridsim.engine.terms import RULE_OF
from gridsim.model.month import decide_month
from gridsim.model.state import (
    COUNT_DERATED,
    COUNT_FULL,
    COUNT_NONE,
    HEURISTIC,
    N_BUILDING,
    N_PROJECT_IDS,
    N_QUEUE,
    N_ROWS,
    N_SERVICE,
    NEVER,
    REASONS,
    STAGES,
    Params,
    State,
)
from tests.oracle.agents import Applicant, Project, Request, Utility, added
from tests.oracle.lines import Lines
from tests.oracle.market import Market
from tests.oracle.scenarios import CONFIRM, ENTRY, SCENARIOS, small
from tests.oracle.settlement import Tariff

COUNTING = {COUNT_FULL: "full", COUNT_DERATED: "derated", COUNT_NONE: "none"}
AMOUNTS = (
    "mw", "need_mw", "quality", "upgrade_usd", "upgrade_mw", "line_mw", "own_mw", "released_mw",
    "deposit_usd", "deposit_paid_usd", "readiness_usd", "collateral_usd",
)  # fmt: skip
MONTHS = (
    "study_end", "studied", "offered", "decide_by", "signed", "deliver", "ready", "energised", "left", "cancel_month"
)  # fmt: skip
NUMBERS = ("key", "applicant", "holder", "utility", "bus", "choice", "filed", "wanted", "patience_end")
NUMBERS += ("nonfirm", "restudies")


class Twin(Market):
    """The plain market with the scenario's tariffs, opened from the columns of a run before month 0."""

    def __init__(self, state: State, params: Params, case_mw) -> None:
        applicants = [
            Applicant(
                number=i,
                key=int(a.key),
                kind=KINDS[a.kind],
                pads=bool(params.speculation) and a.strategy == HEURISTIC,
                files_at_deadlines=bool(a.deadline_filer),
                initial_mw=float(a.initial_mw),
                energised_mw=float(a.energised_mw),
                held_mw=float(a.held_mw),
                sale_belief=float(a.sale_belief),
                approval_seen=float(a.approval_seen),
                hears=state.network.heard[state.network.first[i] : state.network.first[i + 1]].tolist(),
            )
            for i, a in enumerate(state.applicants)
        ]
        utilities = [
            Utility(
                number=u,
                key=int(x.key),
                counting=COUNTING[x.counting],
                slots=int(x.slots),
                attraction=float(x.attraction),
                build_limit_mw_per_year=float(x.build_limit_mw_per_year),
                initial_mw=float(x.initial_mw),
                installed_mw=float(x.installed_mw),
                other_load_mw=float(x.other_load_mw),
                review_offset=int(x.review_offset),
                buses=[(b, float(state.buses.reach[b])) for b in range(x.first_bus, x.last_bus)],
                due_mw=state.additions.due_mw[u].tolist(),
                signed_mw=float(x.signed_mw),
                queued_mw=float(x.queued_mw),
            )
            for u, x in enumerate(state.utilities)
        ]
        rules = SimpleNamespace(**{k: params[k].item() for k in params.dtype.names})
        limit, committed = state.lines.limit_mw.copy(), state.lines.committed_mw.copy()
        lines = Lines(state.load_flow.copy(), limit, case_mw.copy(), committed, rules.cutoff)
        super().__init__(rules, applicants, utilities, lines)
        self.tariffs = [Tariff(**{k: float(row[k]) for k in state.terms.dtype.names}) for row in state.terms]
        self.term_row, self.expected_row = state.term_row.tolist(), state.ahead_row.tolist()
        self.confirm = state.confirm.tolist()
        self.read_additions(state)
        self.read_requests(state)
        self.read_money(state)

    def terms(self, utility: int, t: int) -> Tariff:
        return self.tariffs[self.term_row[t][utility]]

    def terms_expected(self, utility: int, t: int) -> Tariff:
        return self.tariffs[self.expected_row[t][utility]]

    def must_confirm(self, utility: int, t: int) -> bool:
        return bool(self.confirm[t][utility])

    def read_additions(self, state: State) -> None:
        for u in self.utilities:
            row = state.additions.arriving_mw[u.number]
            u.arriving_mw.update({int(m): float(row[m]) for m in np.flatnonzero(row)})

    def read_requests(self, state: State) -> None:
        projects: dict[int, Project] = {}
        self.projects_made = int(state.counts[N_PROJECT_IDS])
        for rows, mine in ((queue_rows(state), self.queue), (building_rows(state), self.building)):
            for r in rows:
                row = state.requests[r]
                common = state.projects[row.project]
                project = projects.setdefault(int(row.project), Project(int(row.project_id), float(common.mw)))
                months = {name: None if row[name] == NEVER else int(row[name]) for name in MONTHS}
                numbers = {name: int(row[name]) for name in NUMBERS}
                amounts = {name: float(row[name]) for name in AMOUNTS}
                request = Request(project=project, stage=STAGES[row.stage], **months, **numbers, **amounts)
                if common.signer == r:
                    project.signed, project.signer = int(common.signed), request
                if request.stage == "in study":
                    self.utilities[request.utility].desk.append(request)
                mine.append(request)

    def read_money(self, state: State) -> None:
        assert not state.ledger.flow_usd.any(), "the opening pipeline paid before month 0"
        for account_name, usd in zip(self.accounts(), state.ledger.cash_usd.tolist(), strict=True):
            self.ledger.cash[account_name] = usd

    def accounts(self) -> list[tuple[str, int]]:
        """In the order of the compiled ledger."""
        n, areas = len(self.applicants), len(self.utilities)
        names = [("applicant", i) for i in range(n)] + [("utility", u) for u in range(areas)]
        return [*names, *(("escrow", u) for u in range(areas)), ("land", 0), ("customers", 0), ("owners", 0)]

    def hear_decisions(self, state: State, t: int) -> None:
        """What agents decided and believe, and what utilities last quoted."""
        for mine, theirs in zip(self.applicants, state.applicants, strict=True):
            for name in ("ask_mw", "gap_mw", "room_mw", "scarcity", "believed_wait"):
                setattr(mine, name, float(theirs[name]))
            mine.copies = int(theirs.copies)
            mine.need_mw = float(state.need_mw[mine.number, t])
            mine.need_ahead_mw = float(state.need_mw[mine.number, t + self.rules.horizon])
        self.quoted_wait = state.quotes.wait[: t + 1].tolist()
        self.work(t, float(state.queries.computed_tokens[t]), float(state.queries.useful_tokens[t]))
        losses = [(a.mfu, a.waste) for a in self.applicants]
        assert losses == [(a.mfu, a.waste) for a in state.applicants]


def queue_rows(state: State) -> list[int]:
    return state.queue.request[: state.counts[N_QUEUE]].tolist()


def building_rows(state: State) -> list[int]:
    return state.lists.building[: state.counts[N_BUILDING]].tolist()


def service_rows(state: State) -> list[int]:
    return state.lists.service[: state.counts[N_SERVICE]].tolist()


def facts(request: Request) -> dict[str, object]:
    """All columns of a request."""
    months = {name: NEVER if getattr(request, name) is None else getattr(request, name) for name in MONTHS}
    same = {name: getattr(request, name) for name in (*NUMBERS, *AMOUNTS)}
    kind = {"stage": STAGES.index(request.stage), "reason": REASONS.index(request.reason)}
    return {**months, **same, **kind, "project_id": request.project.number}


def compare_requests(mine: list[Request], state: State, rows: list[int], where: str) -> None:
    """The same requests in the same order, every column equal but for the number of the project's row."""
    keys = [int(key) for key in state.requests.key[rows]]
    assert [r.key for r in mine] == keys, f"{where}: not the same requests in the same order"
    names = state.requests.dtype.names
    assert not mine or facts(mine[0]).keys() == set(names) - {"project"}
    for request, values in zip(mine, state.requests[np.array(rows, np.int64)].tolist(), strict=True):
        found = dict(zip(names, values, strict=True))
        del found["project"]
        assert found == facts(request), f"{where}, {len(mine)} requests"


def compare_month(market: Twin, state: State, t: int) -> None:
    """Everything that both know at the end of month t."""
    where = f"month {t}"
    compare_requests(market.queue, state, queue_rows(state), f"{where}, queue")
    compare_requests(market.building, state, building_rows(state), f"{where}, building")
    compare_requests(market.service, state, service_rows(state), f"{where}, service")
    cash = dict(zip(market.accounts(), state.ledger.cash_usd.tolist(), strict=True))
    assert cash == {name: market.ledger.cash[name] for name in cash}, where
    for u in market.utilities:
        theirs = state.utilities[u.number]
        names = ("installed_mw", "forecast_mw", "energised_mw", "signed_mw", "queued_mw", "queued_count")
        names += ("nonfirm_mw", "nonfirm_signed_mw", "nonfirm_service_mw", "price_usd_per_mw_day")
        assert {n: theirs[n].item() for n in names} == {n: getattr(u, n) for n in names}, (where, u.number)
        assert (theirs.unstudied, theirs.studying) == (u.unstudied, len(u.desk)), (where, u.number)
        quoted = state.quotes.study_wait[t + 1, u.number], state.quotes.wait[t + 1, u.number]
        assert quoted == market.quoted_now[u.number], (where, u.number)
        due, arriving = state.additions.due_mw[u.number].tolist(), state.additions.arriving_mw[u.number].tolist()
        assert due == u.due_mw, (where, u.number)
        assert arriving == [u.arriving_mw.get(m, 0.0) for m in range(len(arriving))], (where, u.number)
    for a in market.applicants:
        theirs = state.applicants[a.number]
        names = ("energised_mw", "held_mw", "signed_mw", "queued_mw", "projects_mw", "open_positions", "room_mw")
        names += ("preparing_mw", "releasing_mw", "projects_filed", "sale_belief", "approval_seen")
        assert {n: theirs[n].item() for n in names} == {n: getattr(a, n) for n in names}, (where, a.number)
        assert theirs.next_mw == (a.next_mw or 0.0)
    assert state.utilities.counted_mw.tolist() == [
        added(r.counted_mw for r in market.queue if r.utility == u.number) for u in market.utilities
    ], where
    assert state.lines.limit_mw.tolist() == market.lines.limit_mw.tolist(), where
    assert state.lines.committed_mw.tolist() == market.lines.committed_mw.tolist(), where
    found = {name: state.series[name][t].item() for name in market.measures}
    np.testing.assert_equal(found, market.measures, where)


def run_both(scenario, keep_log: bool, copies: int | None = None) -> tuple[Twin, State]:
    """Run a scenario in both, comparing every month; `copies` overrules what agents decide, as a subclass may."""
    warm_up()
    prepared = prepare(scenario, keep_log=keep_log)
    state, params = open_state(prepared, scenario.seed)
    market = Twin(state, params, prepared.case.flow_mw)
    for t in range(scenario.horizon_months):
        decide_month(state, params, t)
        if copies is not None:
            state.applicants.copies[:] = copies
        market.hear_decisions(state, t)
        state = run_to_end(state, params, t, t + 1, decided=True)
        market.settle(t)
        compare_month(market, state, t)
    return market, state


def compare_past(market: Twin, state: State) -> None:
    """Requests that left, which only a run with a log remembers."""
    row_of = {key: row for row, key in enumerate(state.requests.key[: state.counts[N_ROWS]].tolist())}
    compare_requests(market.past, state, [row_of[r.key] for r in market.past], "left")


@functools.cache
def compared(name: str) -> tuple[Twin, State]:
    """A scenario of the list, run and compared to the end."""
    market, state = run_both(SCENARIOS[name](), keep_log=True)
    compare_past(market, state)
    return market, state


def all_requests(name: str) -> list[Request]:
    """Every request of a compared run, whatever became of it."""
    market, _ = compared(name)
    return [*market.past, *market.queue, *market.building, *market.service]


@pytest.mark.parametrize("name", SCENARIOS)
def test_compiled_months_equal_the_plain_twin_bit_for_bit(name):
    compared(name)


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


@pytest.mark.parametrize("rule", RULE_OF)
def test_windows_share_what_does_not_suffice_in_the_compared_runs(rule):
    """By every rule, among several requests, some capacity that is less than asked for; and lines overloaded together."""
    studies = [s for name in SCENARIOS if name.startswith("windows") for s in compared(name)[0].joint_studies]
    assert any(s.rule == rule and len(s.members) > 1 and 0.0 < s.free_mw < s.asked_mw for s in studies)
    assert any(len(s.members) > 1 and s.line_mw > 0.0 for s in studies)


def test_restudies_occur_in_both_regimes_in_the_compared_runs():
    for name in ("small", "lines", "windows", "windows, lines"):
        _, state = compared(name)
        assert state.series.restudies[ENTRY + 1 :].any(), name
