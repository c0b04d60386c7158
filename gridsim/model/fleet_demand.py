"""Demand for GPUs: true need in MW becomes GPUs to own and GPUs to rent."""

from __future__ import annotations

from gridsim.model import draws
from gridsim.model.compiling import process, step
from gridsim.model.elementary import log
from gridsim.model.state import DEVELOPER, LAB, Params, State


@step
def need_gpus_of(state: State, params: Params, i: int, t: int) -> None:
    """What agent i needs in GPUs this month, and of that to rent; and what it could rent out.

    To rent: a share of its own need, part of which comes in bursts, and some of what it lacks of its own; less what it has of
    its own beyond its need. A price above the first one makes it rent less.
    """
    fleet, applicant = state.fleets[i], state.applicants[i]
    ratio = params.rent_lab if applicant.kind == LAB else params.rent_hyperscaler
    own = state.need_mw[i, t] * params.gpus_per_mw
    luck = -log(draws.uniform(params.seed, draws.RENT, t, applicant.key))
    burst = 1.0 - params.burstiness + params.burstiness * luck
    fleet.need_gpus = own * (1.0 + ratio * burst)
    lacking = own * applicant.waste - fleet.live_gpus
    spilled = params.spill * max(0.0, lacking) * state.cloud.demand[0]
    spare = max(0.0, -lacking)
    rent = own * applicant.waste * ratio * state.cloud.demand[0]
    fleet.mean_rent_gpus = max(0.0, rent - spare) + spilled
    fleet.rent_gpus = max(0.0, rent * burst - spare) + spilled
    fleet.surplus_gpus = max(0.0, spare - rent * burst)


@process
def demand_gpus(state: State, params: Params, t: int) -> None:
    """Write what all need in month t."""
    for i in range(state.applicants.size):
        if state.applicants.kind[i] != DEVELOPER:
            need_gpus_of(state, params, i, t)
