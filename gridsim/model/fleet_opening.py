"""Opening of the compute side: at the start every fleet has what it needs, contracts and teams are in place."""

from __future__ import annotations

from gridsim.model import draws
from gridsim.model.compiling import process, step
from gridsim.model.compute_market import reserve
from gridsim.model.elementary import exp, log, normal_quantile
from gridsim.model.quota import draw_teams
from gridsim.model.state import DEVELOPER, HYPERSCALER, LAB, Params, State

RECORD = 0.02
"""Deliveries a month before the start, over what is owned."""
NEOCLOUD_SIGMA = 0.5
"""Sigma of the lognormal size of neoclouds."""


@step
def open_fleet(state: State, params: Params, i: int) -> float:
    """What a lab or hyperscaler owns, needs and has under contract at the start; returns its mean need to rent."""
    fleet, applicant = state.fleets[i], state.applicants[i]
    own = applicant.initial_mw * params.gpus_per_mw
    rent = own * (params.rent_lab if applicant.kind == LAB else params.rent_hyperscaler)
    fleet.owned_gpus = fleet.live_gpus = own
    fleet.bought_gpus = RECORD * own
    fleet.mean_rent_gpus = rent
    fleet.need_gpus = (own + rent) / applicant.waste
    fleet.users = fleet.shock = 1.0
    fleet.fill_belief = params.initial_fill
    fleet.first_research = fleet.need_gpus * params.research_share * params.team_busy
    draw_teams(state, params, i)
    first = exp(log(draws.uniform(params.seed, draws.TOP_USER, 0, applicant.key)) / params.employees)
    z = normal_quantile(min(first, 1.0 - 1e-15))  # the highest of so many
    fleet.top_user = exp(params.burn_sigma * z - 0.5 * params.burn_sigma * params.burn_sigma)
    return rent


@step
def open_contracts(state: State, params: Params, i: int, share: float) -> None:
    """Contracts of the past, whose ends are spread evenly over a term."""
    fleet = state.fleets[i]
    fleet.reserved_gpus = fleet.mean_rent_gpus * share
    fleet.rent_usd_per_hour = fleet.reserved_gpus * params.rent_usd_per_hour
    for month in range(min(params.term_months, state.contracts.gpus.shape[1])):
        state.contracts.gpus[i, month] = fleet.reserved_gpus / params.term_months
        state.contracts.usd_per_hour[i, month] = fleet.rent_usd_per_hour / params.term_months


@process
def open_fleets(state: State, params: Params) -> None:
    """Fleets, contracts, neoclouds and teams before month 0."""
    first, rented, owned = -1, 0.0, 0.0
    for i in range(state.applicants.size):
        kind = state.applicants.kind[i]
        if kind == DEVELOPER:
            continue
        rented += open_fleet(state, params, i)
        owned += state.fleets.owned_gpus[i]
        if kind == HYPERSCALER and first < 0:
            first = i
    if first >= 0:
        state.fleets.extra_gpus[first] = params.dark_gpus
        state.fleets.live_gpus[first] += params.dark_gpus
        owned += params.dark_gpus
    stock = params.cloud_slack * rented if state.neoclouds.size > 0 else 0.0
    whole = 0.0
    for j in range(state.neoclouds.size):
        neocloud = state.neoclouds[j]
        neocloud.owned_gpus = exp(NEOCLOUD_SIGMA * draws.normal(params.seed, draws.NEOCLOUD, 0, neocloud.key))
        whole += neocloud.owned_gpus
    for j in range(state.neoclouds.size):
        neocloud = state.neoclouds[j]
        neocloud.owned_gpus *= stock / whole
        neocloud.bought_gpus = RECORD * neocloud.owned_gpus
    worth = 1.0 + params.spot_premium
    share = reserve(params.burstiness, worth, 1.0) if stock > 0.0 else 0.0
    share = min(share, params.cloud_slack)
    for i in range(state.applicants.size):
        if state.applicants.kind[i] != DEVELOPER:
            open_contracts(state, params, i, share)
    cloud = state.cloud[0]
    cloud.usd_per_hour = params.rent_usd_per_hour
    cloud.filled = cloud.demand = 1.0
    cloud.delivered_gpus = owned + stock
