"""Exits: what happens when a request leaves, from whatever stage."""

from __future__ import annotations

from numba import njit

from gridsim.model.rows import free_row, leave_project
from gridsim.model.settlement import settle_exit
from gridsim.model.state import IN_STUDY, PATIENCE, SIGNED, T_EXITED_NOW, Params, State


@njit(cache=True, forceinline=True)
def leave(state: State, params: Params, r: int, stage: int, reason: int, t: int) -> None:
    """Request r leaves: it settles, frees its study slot or its claim on capacity, and its row goes back unless logged.

    Giving up before there was a study result is a refusal, as far as its owner is concerned.
    """
    requests, utilities = state.requests, state.utilities
    u, p, a = requests.utility[r], requests.project[r], requests.applicant[r]
    settle_exit(state, r, t)
    if requests.stage[r] == IN_STUDY:
        utilities.studying[u] -= 1
    if requests.stage[r] >= SIGNED:
        utilities.signed_mw[u] -= requests.mw[r]
    if requests.stage[r] <= IN_STUDY and reason == PATIENCE:
        state.applicants.refused_now[a] += 1.0
    requests.stage[r], requests.reason[r], requests.left[r] = stage, reason, t
    state.tally[T_EXITED_NOW] += requests.mw[r]
    leave_project(state, p)
    if not params.keep_log:
        free_row(state, r)
