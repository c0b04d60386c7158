"""Rows of requests and projects: where a new one goes, and how an old one comes back.

Rows are never renumbered. A freed row is the next to be used again, so that memory is bounded by what is alive; a run that
keeps its log never frees a request's row.
"""

from __future__ import annotations

from gridsim.model.compiling import step
from gridsim.model.state import (
    IN_STUDY,
    N_BUILDING,
    N_FREE,
    N_FREE_PROJECTS,
    N_PROJECT_IDS,
    N_PROJECT_ROWS,
    N_QUEUE,
    N_ROWS,
    NEVER,
    NOT_YET,
    State,
)


@step
def take_row(state: State) -> int:
    """A row for a new request: a freed one, else the next."""
    if state.counts[N_FREE] > 0:
        state.counts[N_FREE] -= 1
        return state.lists.free[state.counts[N_FREE]]
    state.counts[N_ROWS] += 1
    return state.counts[N_ROWS] - 1


@step
def take_project(state: State, mw: float) -> int:
    """A row for a new project of `mw`, cleared."""
    if state.counts[N_FREE_PROJECTS] > 0:
        state.counts[N_FREE_PROJECTS] -= 1
        p = state.lists.free_projects[state.counts[N_FREE_PROJECTS]]
        project = state.projects[p]
    else:
        p = state.counts[N_PROJECT_ROWS]
        project = state.projects[p]
        state.counts[N_PROJECT_ROWS] += 1
    project.mw = mw
    project.active = project.disclosed = 0
    project.alert = NOT_YET
    project.signed = NEVER
    project.signer = -1
    project.dropped = NEVER
    project.counted = NEVER
    state.counts[N_PROJECT_IDS] += 1
    return p


@step
def free_row(state: State, r: int) -> None:
    """Give the row of a request back."""
    state.lists.free[state.counts[N_FREE]] = r
    state.counts[N_FREE] += 1


@step
def leave_project(state: State, p: int) -> None:
    """One copy of project p fewer is alive before service; the last one frees the project's row."""
    project = state.projects[p]
    project.active -= 1
    if project.active == 0:
        state.lists.free_projects[state.counts[N_FREE_PROJECTS]] = p
        state.counts[N_FREE_PROJECTS] += 1


@step
def counted_mw(state: State, r: int) -> float:
    """MW of an unsigned request as studies and forecasts count it: none if not firm, its part of a disclosed project."""
    request = state.requests[r]
    if request.nonfirm == 1:
        return 0.0
    disclosed = state.projects.disclosed[request.project]
    return request.mw / disclosed if state.utilities.discloses[request.utility] and disclosed > 1 else request.mw


@step
def load_lines(state: State, b: int, mw: float) -> None:
    """Add to the flows of lines what load of `mw` more at bus b makes."""
    for line in range(state.lines.size):
        state.lines.committed_mw[line] += state.load_flow[b, line] * mw


@step
def copy_progress(state: State, j: int) -> None:
    """Write into place j of the queue what changes of a request while it is there."""
    queued = state.queue[j]
    request = state.requests[queued.request]
    queued.unstudied = 1 if request.stage <= IN_STUDY else 0
    queued.escrow_usd = request.deposit_usd + request.collateral_usd


@step
def join_queue(state: State, r: int, due: int) -> None:
    """Put an unsigned request at the end of the queue; it will be looked at in month `due` at the latest."""
    request = state.requests[r]
    queued = state.queue[state.counts[N_QUEUE]]
    queued.request, queued.due, queued.project, queued.area = r, due, request.project, request.utility
    queued.holder, queued.mw, queued.need_mw, queued.wanted = (
        request.holder,
        request.mw,
        request.need_mw,
        request.wanted,
    )
    copy_progress(state, state.counts[N_QUEUE])
    state.counts[N_QUEUE] += 1


@step
def join_building(state: State, r: int) -> None:
    """Put a signed request at the end of those under construction."""
    state.lists.building[state.counts[N_BUILDING]] = r
    state.counts[N_BUILDING] += 1
