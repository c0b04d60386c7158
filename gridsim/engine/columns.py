"""The columns of a run: allocated, drawn for a seed, opened; and made longer when the queue outgrows them."""

from __future__ import annotations

from typing import Any

import numpy as np

from gridsim.engine.prepare import Prepared
from gridsim.model.choice import CHOICES
from gridsim.model.fleets import Cloud, Contracts, Fleets, Market, Teams
from gridsim.model.group import cleared, unwritten
from gridsim.model.opening import open_run
from gridsim.model.series import ApplicantTraces, Series, UtilityTraces
from gridsim.model.settlement import FLOWS
from gridsim.model.state import (
    COUNTS,
    TALLIES,
    Additions,
    Ledger,
    Lists,
    Params,
    Projects,
    Queue,
    Quotes,
    Requests,
    State,
)

FIRST_ROWS = 4096
PLAN_MONTHS = 241
"""Months past t + H that a table of additions reaches: the longest lead time."""


def allocate_columns(prepared: Prepared, rows: int, record_agents: bool) -> State:
    """Cleared columns, and room for `rows` requests, of which every row is written whole before it is read."""
    a, u = len(prepared.applicants.names), len(prepared.utilities.names)
    months, horizon = prepared.months, prepared.params.horizon
    table = (u, months + horizon + PLAN_MONTHS)
    return State(
        applicants=prepared.start.applicants.copy(),
        utilities=prepared.start.utilities.copy(),
        requests=unwritten(Requests, rows),
        projects=unwritten(Projects, rows),
        queue=unwritten(Queue, rows),
        lists=empty_lists(rows),
        counts=np.zeros(COUNTS, np.int64),
        buses=prepared.start.buses.copy(),
        lines=prepared.start.lines.copy(),
        load_flow=prepared.case.ptdf,
        terms=prepared.tables.records,
        term_row=prepared.tables.in_force,
        ahead_row=prepared.tables.expected,
        confirm=prepared.tables.confirm,
        need_mw=np.zeros((a, months + horizon + 1)),
        queries=prepared.queries,
        attractions=np.zeros((a, CHOICES)),
        fleets=cleared(Fleets, a),
        teams=cleared(Teams, a * prepared.params.teams),
        neoclouds=prepared.start.neoclouds.copy(),
        cloud=cleared(Cloud, 1),
        contracts=Contracts(np.zeros((a, months)), np.zeros((a, months))),
        market=scratch(max(a + prepared.start.neoclouds.size, prepared.params.teams)),
        load_hours=prepared.load_hours,
        network=prepared.network,
        additions=Additions(np.zeros(table), np.zeros(table)),
        quotes=Quotes(np.zeros((months + 1, u)), np.zeros((months + 1, u))),
        ledger=Ledger(cash_usd=np.zeros(a + 2 * u + 5), flow_usd=np.zeros(FLOWS)),
        tally=np.zeros(TALLIES),
        series=cleared(Series, months),
        utility_traces=cleared(UtilityTraces, (months, u)),
        applicant_traces=cleared(ApplicantTraces, (months if record_agents else 0, a)),
    )


def scratch(rows: int) -> Market:
    """Scratch of a market with so many claimants."""
    signals, granted, record, keys = (np.zeros(rows) for _ in range(4))
    return Market(signals, granted, record, keys, np.zeros(rows, np.int64))


def empty_lists(rows: int) -> Lists:
    """Lists with room for `rows` requests."""
    columns: dict[str, Any] = {name: np.empty(rows, np.int64) for name in Lists._fields}
    for name in ("order", "asked", "granted", "turns", "bids"):
        columns[name] = np.empty(rows)
    return Lists(**columns)


def open_state(prepared: Prepared, seed: int, *, record_agents: bool = False) -> tuple[State, Params]:
    """The columns of a run with this seed, as they stand before month 0."""
    rows = FIRST_ROWS
    while True:
        state = allocate_columns(prepared, rows, record_agents)
        params = opened(state, prepared, seed)
        if params is not None:
            return state, params
        rows *= 2


def opened(state: State, prepared: Prepared, seed: int) -> Params | None:
    """Open cleared columns for a seed, and give the parameters of the run; None where there are too few rows."""
    params = prepared.params.copy()
    params.seed = seed
    shares, endowments = np.empty((state.applicants.size, 2)), np.empty((state.utilities.size, 7))
    return params if open_run(state, params, prepared.drawn_from, shares, endowments) else None


def grow(state: State) -> State:
    """The same state with twice the room for requests; nothing is renumbered."""

    def longer(column: Any) -> Any:
        return np.concatenate([column, np.empty_like(column)]).view(type(column))

    return state._replace(
        requests=longer(state.requests),
        projects=longer(state.projects),
        queue=longer(state.queue),
        lists=Lists(*map(longer, state.lists)),
    )
