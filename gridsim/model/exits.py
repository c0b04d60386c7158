"""Exits: what happens when a request leaves, from whatever stage."""

from __future__ import annotations

from gridsim.model.compiling import step
from gridsim.model.rows import counted_mw, free_row, leave_project, load_lines
from gridsim.model.settlement import settle_exit
from gridsim.model.state import (
    IN_STUDY,
    PATIENCE,
    SIGNED,
    STUDIED,
    T_DEPARTED,
    T_EXITED_NOW,
    Params,
    State,
)


@step
def free_lines(state: State, mw: float) -> None:
    """Note room on lines that somebody leaves: it may concern every area, each at its own next decision point."""
    if state.lines.size > 0:
        for u in range(state.utilities.size):
            state.utilities.freeing_line_mw[u] += mw


@step
def depart(state: State, r: int, t: int) -> None:
    """Take request r out of what studies count, and note that later ones have relied on it."""
    request = state.requests[r]
    u, mw = request.utility, request.mw
    utility = state.utilities[u]
    if request.nonfirm == 1:
        utility.nonfirm_mw -= mw
        if request.stage >= SIGNED:
            utility.nonfirm_signed_mw -= mw
        return
    if request.stage == STUDIED:
        utility.freeing_mw += mw - request.own_mw - request.upgrade_mw
        free_lines(state, request.line_mw)
    if request.stage >= SIGNED:
        utility.freeing_mw += mw - request.own_mw
        free_lines(state, mw - request.own_mw)
        utility.departed_mw += mw
        state.buses.departed_mw[request.bus] += mw - request.own_mw
        load_lines(state, request.bus, request.own_mw - mw)
    else:
        dropped_mw = counted_mw(state, r)
        utility.departed_mw += dropped_mw * state.terms.base_case_weight[state.term_row[t, u]]
        state.buses.dropped_mw[request.bus] += dropped_mw
    state.tally[T_DEPARTED] += mw


@step
def leave(state: State, params: Params, r: int, stage: int, reason: int, t: int) -> None:
    """Request r leaves: it settles, frees its study slot or its claim on capacity, and its row goes back unless logged.

    Giving up before there was a study result is a refusal, as far as its owner is concerned.
    """
    request = state.requests[r]
    u, p, a = request.utility, request.project, request.applicant
    owner = state.applicants[a]
    utility = state.utilities[u]
    depart(state, r, t)
    settle_exit(state, r, t)
    if request.stage == IN_STUDY:
        utility.studying -= 1
    if request.stage <= IN_STUDY:
        utility.unstudied -= 1
    if request.stage >= SIGNED:
        utility.signed_mw -= request.mw
    if request.stage <= IN_STUDY and reason == PATIENCE:
        owner.refused_now += 1.0
    request.stage, request.reason, request.left = stage, reason, t
    state.tally[T_EXITED_NOW] += request.mw
    leave_project(state, p)
    if not params.keep_log:
        free_row(state, r)
