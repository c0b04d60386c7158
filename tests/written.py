"""What two equal runs have in common, bit for bit: their state without rows that hold nothing."""

from __future__ import annotations

from gridsim.model.state import (
    N_BUILDING,
    N_FREE,
    N_FREE_PROJECTS,
    N_PROJECT_ROWS,
    N_QUEUE,
    N_ROWS,
    N_SERVICE,
    State,
)

SCRATCH = ("fresh", "order", "ranks", "asked", "granted", "turns", "bids")
LENGTHS = {"building": N_BUILDING, "service": N_SERVICE, "free": N_FREE, "free_projects": N_FREE_PROJECTS}


def written(state: State) -> State:
    """The state with its request columns and lists cut to what has been written; scratch lists are empty."""
    n = state.counts
    lists = {}
    for name, column in state.lists._asdict().items():
        length = 0 if name in SCRATCH else n[LENGTHS[name]]
        lists[name] = column[:length]
    return state._replace(
        queue=state.queue[: n[N_QUEUE]],
        requests=state.requests[: n[N_ROWS]],
        projects=state.projects[: n[N_PROJECT_ROWS]],
        lists=state.lists._replace(**lists),
    )
