"""The compiled month beside the plain one: every column that both know, bit for bit."""

from __future__ import annotations

import numpy as np

from gridsim.engine.columns import open_state
from gridsim.engine.prepare import prepare
from gridsim.engine.simulate import run_to_end, warm_up
from gridsim.model.month import decide_month
from gridsim.model.state import N_ROWS, NEVER, REASONS, STAGES, State
from tests.oracle.agents import Request, added
from tests.oracle.gpu_opening import Opening
from tests.oracle.twin import AMOUNTS, MONTHS, NUMBERS, Twin, building_rows, queue_rows, service_rows

NOT_COMPARED = {"copies_mean", "approval_belief", "believed_wait", "stated_scarcity", "narrative_gap"}  # handed in
NOT_COMPARED |= {"imbalance_mw", "imbalance_usd", "imbalance_gpus", "imbalance_tokens"}


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


def compare_opening(market: Twin, state: State) -> None:
    """Fleets, contracts, teams and neoclouds before month 0; contracts that end after the last month are known as a sum."""
    market.hear_need(state, 0)
    opening = Opening(market, state.neoclouds.key.tolist())
    for mine, read in zip(opening.fleets, market.fleets, strict=True):
        contracts, months = mine.contracts, state.contracts.gpus.shape[1]
        mine.contracts = [*(x for x in contracts if x.end < months and x.gpus > 0.0), read.contracts[-1]]
        assert mine == read
    assert opening.neoclouds == market.neoclouds
    np.testing.assert_equal(vars(opening.cloud), vars(market.cloud))


def compare_fleets(market: Twin, state: State, where: str) -> None:
    """Every column of fleets and teams, and what was lost; developers have nothing."""
    losses = [(a.mfu, a.waste) for a in market.applicants]
    assert losses == [(a.mfu, a.waste) for a in state.applicants], where
    columns, n = state.fleets.dtype.names, market.rules.teams
    for a in market.applicants:
        theirs, teams = state.fleets[a.number], state.teams[a.number * n : (a.number + 1) * n]
        if a.fleet is None:
            assert not any(theirs[name] for name in columns if name != "fill_belief"), (where, a.number)
            assert not any(teams[name].any() for name in teams.dtype.names), (where, a.number)
            continue
        found = {name: theirs[name].item() for name in columns}
        assert found == {name: getattr(a.fleet, name) for name in columns}, (where, a.number)
        for name in teams.dtype.names:
            assert teams[name].tolist() == [getattr(team, name) for team in a.fleet.teams], (where, a.number, name)


def compare_clouds(market: Twin, state: State, where: str) -> None:
    """Neoclouds, and the market for GPUs to rent."""
    assert {name: state.cloud[name][0].item() for name in state.cloud.dtype.names} == {
        name: getattr(market.cloud, name) for name in state.cloud.dtype.names
    }, where
    for mine, theirs in zip(market.neoclouds, state.neoclouds, strict=True):
        for name in ("owned_gpus", "ordered_gpus", "bought_gpus"):
            assert theirs[name] == getattr(mine, name), (where, name)


def compare_traces(market: Twin, state: State, t: int) -> None:
    """What is written down of every fleet."""
    traces = state.applicant_traces[t]
    for a in market.applicants:
        f = a.fleet
        found = [
            traces[name][a.number].item() for name in ("gpus", "reserved_gpus", "research_gpus", "throttled_share")
        ]
        assert found == ([f.gpus, f.reserved_gpus, f.research_gpus, f.throttled] if f else [0.0] * 4), (t, a.number)
        found = [traces[name][a.number].item() for name in ("idle_gpus", "unplugged_gpus", "cash_usd")]
        idle = f.surplus_gpus + f.idle_reserved_gpus - f.lent_gpus if f else 0.0
        unplugged = f.owned_gpus + f.extra_gpus - f.live_gpus if f else 0.0
        assert found == [idle, unplugged, market.ledger.cash["applicant", a.number]], (t, a.number)


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
    compare_fleets(market, state, where)
    compare_clouds(market, state, where)
    compare_traces(market, state, t)
    assert set(state.series.dtype.names) == set(market.measures) | NOT_COMPARED
    found = {name: state.series[name][t].item() for name in market.measures}
    np.testing.assert_equal(found, market.measures, where)


def run_both(scenario, keep_log: bool, copies: int | None = None) -> tuple[Twin, State]:
    """Run a scenario in both, comparing every month; `copies` overrules what agents decide, as a subclass may."""
    warm_up()
    prepared = prepare(scenario, keep_log=keep_log)
    state, params = open_state(prepared, scenario.seed, record_agents=True)
    market = Twin(state, params, prepared.case.flow_mw)
    compare_opening(market, state)
    for t in range(scenario.horizon_months):
        decide_month(state, params, t)
        market.hear_need(state, t)
        market.need_all(t)
        market.trade_gpus(t)
        market.use_fleets(t)
        compare_fleets(market, state, f"month {t}, first half")
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
