"""The columns of a run: allocated, drawn for a seed, opened; and made longer when the queue outgrows them."""

from __future__ import annotations

from typing import Any

import numpy as np

from gridsim.engine.grid_case import GridCase
from gridsim.engine.prepare import Prepared
from gridsim.model.demand import fill_need
from gridsim.model.opening import open_run
from gridsim.model.settlement import FLOWS
from gridsim.model.state import (
    COUNTS,
    NEVER,
    TALLIES,
    Additions,
    Applicants,
    ApplicantTraces,
    Buses,
    Ledger,
    Lines,
    Lists,
    Params,
    Projects,
    Quotes,
    Requests,
    Series,
    State,
    Utilities,
    UtilityTraces,
    cleared,
    unwritten,
)
from gridsim.model.traits import draw_applicants, draw_utilities

FIRST_ROWS = 4096
PLAN_MONTHS = 241
"""Months past t + H that a table of additions reaches: the longest lead time."""


def allocate_columns(prepared: Prepared, rows: int, record_agents: bool) -> State:
    """Cleared columns, and room for `rows` requests, of which every row is written whole before it is read."""
    a, u = len(prepared.applicants.names), len(prepared.utilities.names)
    months, horizon = prepared.months, prepared.params.horizon
    applicants, utilities = cleared(Applicants, a), cleared(Utilities, u)
    applicants.key, applicants.kind = prepared.applicant_keys, prepared.applicants.kinds
    utilities.key, utilities.blocked = prepared.utility_keys, NEVER
    utilities.first_bus, utilities.last_bus = bus_ranges(prepared.case, u)
    table = (u, months + horizon + PLAN_MONTHS)
    return State(
        applicants=applicants,
        utilities=utilities,
        requests=unwritten(Requests, rows),
        projects=unwritten(Projects, rows),
        lists=empty_lists(rows),
        counts=np.zeros(COUNTS, np.int64),
        buses=bus_columns(prepared.case),
        lines=line_columns(prepared.case),
        load_flow=prepared.case.ptdf,
        terms=prepared.tables.records,
        term_row=prepared.tables.in_force,
        ahead_row=prepared.tables.expected,
        confirm=prepared.tables.confirm,
        need_mw=np.zeros((a, months + horizon + 1)),
        network=prepared.network,
        additions=Additions(np.zeros(table), np.zeros(table)),
        quotes=Quotes(np.zeros((months + 1, u)), np.zeros((months + 1, u))),
        ledger=Ledger(cash_usd=np.zeros(a + 2 * u + 3), flow_usd=np.zeros(FLOWS)),
        tally=np.zeros(TALLIES),
        series=cleared(Series, months),
        utility_traces=cleared(UtilityTraces, (months, u)),
        applicant_traces=cleared(ApplicantTraces, (months if record_agents else 0, a)),
    )


def bus_ranges(case: GridCase, utilities: int) -> tuple[Any, Any]:
    """First bus of every area, and the one after its last; a case's buses come area by area."""
    areas = np.arange(utilities)
    return np.searchsorted(case.area, areas, "left"), np.searchsorted(case.area, areas, "right")


def bus_columns(case: GridCase) -> Buses:
    """Buses, with the share of their area's requests up to each."""
    buses: Buses = cleared(Buses, len(case.buses))
    for u in np.unique(case.area):
        own = case.area == u
        buses.reach[own] = np.cumsum(case.load_share[own])
    return buses


def line_columns(case: GridCase) -> Lines:
    """Lines with the flows of the case's own load."""
    lines: Lines = cleared(Lines, len(case.lines))
    lines.limit_mw, lines.committed_mw = case.limit_mw, case.flow_mw
    return lines


def empty_lists(rows: int) -> Lists:
    """Lists with room for `rows` requests."""
    columns: dict[str, Any] = {name: np.empty(rows, np.int64) for name in Lists._fields}
    for name in ("order", "queue_mw", "asked", "granted", "turns", "bids"):
        columns[name] = np.empty(rows)
    return Lists(**columns)


def open_state(prepared: Prepared, seed: int, *, record_agents: bool = False) -> tuple[State, Params]:
    """The columns of a run with this seed, as they stand before month 0."""
    params = prepared.params.copy()
    params.seed = seed
    rows = FIRST_ROWS
    while True:
        state = allocate_columns(prepared, rows, record_agents)
        initial, growth = draw_applicants(state.applicants, params, prepared.applicant_settings, prepared.strategies)
        fill_need(state, params, prepared.growth_path_mw, initial, growth)
        pipeline_mw = draw_utilities(state.utilities, state.additions, params, *prepared.area_settings)
        if open_run(state, params, pipeline_mw, growth):
            return state, params
        rows *= 2


def grow(state: State) -> State:
    """The same state with twice the room for requests; nothing is renumbered."""

    def longer(column: Any) -> Any:
        return np.concatenate([column, np.empty_like(column)]).view(type(column))

    return state._replace(
        requests=longer(state.requests), projects=longer(state.projects), lists=Lists(*map(longer, state.lists))
    )
