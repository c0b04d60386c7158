"""Exits: what happens when a request leaves, from whatever stage."""

from __future__ import annotations

from gridsim.model.compiling import step
from gridsim.model.rows import free_row, leave_project
from gridsim.model.settlement import settle_exit
from gridsim.model.state import IN_STUDY, PATIENCE, SIGNED, T_EXITED_NOW, Params, State


@step
def leave(state: State, params: Params, r: int, stage: int, reason: int, t: int) -> None:
    """Request r leaves: it settles, frees its study slot or its claim on capacity, and its row goes back unless logged.

    Giving up before there was a study result is a refusal, as far as its owner is concerned.
    """
    request = state.requests[r]
    u, p, a = request.utility, request.project, request.applicant
    owner = state.applicants[a]
    utility = state.utilities[u]
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
