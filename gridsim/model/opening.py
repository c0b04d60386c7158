"""Opening: the world before month 0. The pipeline that already exists, and what everybody believes at the start.

Each area's filed, studied and signed MW are met exactly, by projects of drawn size held by drawn applicants. Some filed
requests may be developers', and some may have a sibling in the area with the most left to place.
"""

from __future__ import annotations

from gridsim.model import draws
from gridsim.model.accounting import clear_stocks, count_building, count_queue, need_by_horizon, planned_capacity
from gridsim.model.compiling import entry, process, rule
from gridsim.model.construction import build_dates, earliest_month
from gridsim.model.demand import fill_need
from gridsim.model.efficiency import measure_efficiency, reported_need
from gridsim.model.filing import be_patient, project_quality, project_size, write_request
from gridsim.model.fleet_opening import open_fleets
from gridsim.model.group import F
from gridsim.model.measuring import ratio
from gridsim.model.perception import capped, mean_of_row, quote_waits
from gridsim.model.rows import join_building, join_queue, load_lines, take_project
from gridsim.model.settlement import settle_filing
from gridsim.model.sorting import Ranking, put_in_order
from gridsim.model.state import (
    DEVELOPER,
    FILED,
    IN_STUDY,
    N_FRESH,
    N_ROWS,
    SIGNED,
    STUDIED,
    T_FILED,
    T_OPENING_APPARENT,
    T_OPENING_REAL,
    Applicants,
    Params,
    State,
)
from gridsim.model.study import upgrade_cost
from gridsim.model.traits import FILED_MW, SIGNED_MW, Distributions, draw_applicants, draw_utilities

INITIAL_SALE = 0.5
"""A developer's first belief that an approved position sells."""


@process
def draw_holder(applicants: Applicants, shares: F, speculative: bool, u: float) -> int:
    """Index of an applicant drawn among developers, each as likely, or among the others by weight; -1 if there is none."""
    total = 0.0
    for i in range(applicants.size):
        applicant = applicants[i]
        if (applicant.kind == DEVELOPER) == speculative:
            total += 1.0 if speculative else shares[i, 1]
    mark, last = u * total, -1
    for i in range(applicants.size):
        applicant = applicants[i]
        weight = 1.0 if speculative else shares[i, 1]
        if (applicant.kind == DEVELOPER) == speculative and weight > 0.0:
            mark -= weight
            last = i
            if mark < 0.0:
                return i
    return last


@rule
def most_left(pipeline_mw: F, column: int, other_than: int) -> int:
    """The area with the most MW of a stage still to place, except one; the first of equals."""
    best = -1
    for u in range(pipeline_mw.shape[0]):
        better = best < 0 or pipeline_mw[u, column] > pipeline_mw[best, column]
        if u != other_than and better:
            best = u
    return best


@process
def place(
    state: State,
    params: Params,
    pipeline_mw: F,
    u: int,
    column: int,
    key: int,
    i: int,
    project: int,
    copy: int,
    mw: float,
) -> None:
    """One request of the opening pipeline, filed in a drawn month of the past; it waits in `fresh` for its place."""
    lists = state.lists
    months = (12, 18, 24)[column]
    first = (12, 24, 36)[column]
    site = draws.word(params.seed, draws.SITE_TASTE, 0, key)
    past, order = draws.uniforms(params.seed, draws.PIPELINE, 2, key)
    filed = -first + int(past * months)
    r = write_request(state, params, key, i, u, project, copy, mw, mw, project_quality(params, key), site, filed)
    request = state.requests[r]
    request.wanted = filed + int(params.reference_wait_months + 0.5)
    be_patient(state, params, r, draws.word(params.seed, draws.PATIENCE, -1, 0), 0)  # it starts anew at month 0
    request.stage = (FILED, STUDIED, SIGNED)[column]
    pipeline_mw[u, column] -= mw
    state.tally[T_FILED] += mw
    n = state.counts[N_FRESH]
    lists.fresh[n], lists.order[n] = r, filed + order
    state.counts[N_FRESH] = n + 1


@process
def place_column(state: State, params: Params, pipeline_mw: F, shares: F, column: int) -> bool:
    """Place one stage of every area's pipeline; False if the request columns are full."""
    serial = 0
    while True:
        u = most_left(pipeline_mw, column, -1)
        utility = state.utilities[u]
        left = pipeline_mw[u, column]
        if left <= 1e-9:
            return True
        if state.counts[N_ROWS] + 2 > state.requests.mw.size:
            return False
        key = draws.subkey(utility.key, 3 * serial + column)
        serial += 1
        size = project_size(params, key)
        mw = left if left < 1.5 * size else size
        kind, who = draws.uniforms(params.seed, draws.PIPELINE, 0, key)
        speculative = column < 2 and kind < params.pipeline_speculative_share
        holder = draw_holder(state.applicants, shares, speculative, who)
        if holder < 0:
            speculative, holder = False, draw_holder(state.applicants, shares, False, who)
        project = take_project(state, mw)
        place(state, params, pipeline_mw, u, column, key, holder, project, 0, mw)
        other = most_left(pipeline_mw, column, u)
        copied = draws.uniform(params.seed, draws.PIPELINE, 1, key) < params.pipeline_copied_share
        if column == 0 and copied and not speculative and other >= 0 and pipeline_mw[other, column] >= mw:
            place(state, params, pipeline_mw, other, column, draws.pair_key(key, 1), holder, project, 1, mw)


@process
def enter(state: State, params: Params, r: int) -> None:
    """What a request of the opening pipeline brings along from its stage: deposit, study result, dates."""
    request = state.requests[r]
    q = state.requests
    u, key = request.utility, request.key
    utility = state.utilities[u]
    settle_filing(state, r, 0)
    v, w = draws.uniforms(params.seed, draws.PIPELINE, 3, key)
    if request.stage == FILED and utility.studying < utility.slots:
        request.stage = IN_STUDY
        request.study_end = int(v * params.study_months_max)
        utility.studying += 1
    elif request.stage == STUDIED:
        deliver, short_mw = earliest_month(state, u, utility.counted_mw, request.mw, params.horizon, 0)
        request.studied = min(-1, max(request.filed + params.study_months_min, -1 - int(v * 6)))
        request.deliver, request.upgrade_mw = deliver, short_mw
        request.upgrade_usd = upgrade_cost(params, key, request.mw, short_mw, 0.0)
        request.offered = int(v * params.agreement_months_max)
        request.decide_by = request.offered + int(w * state.terms.sign_within_months[state.term_row[0, u]])
    elif request.stage == SIGNED:
        signed = min(-1, max(request.filed + params.study_months_min, -1 - int(v * 12)))
        request.studied, request.signed = signed, signed
        build_dates(q, params, r, signed)
        request.ready = max(request.ready, 1 + int(w * 12))
        request.deliver = request.ready
        request.cancel_month -= signed
        state.projects.signed[request.project], state.projects.signer[request.project] = signed, r
        utility.signed_mw += request.mw
        load_lines(state, request.bus, request.mw)
    if IN_STUDY <= request.stage <= STUDIED:
        utility.counted_mw += request.mw  # the base case of later studies; counted afresh when all are in
    if request.stage == SIGNED:
        join_building(state, r)
    else:
        join_queue(state, r, 0)


@process
def first_beliefs(state: State, params: Params) -> None:
    """What everybody believes at month 0."""
    a = state.applicants
    apparent, real = capped(state.tally[T_OPENING_APPARENT]), capped(state.tally[T_OPENING_REAL])
    study_wait = mean_of_row(state.quotes.study_wait, 0)
    for i in range(a.size):
        applicant = state.applicants[i]
        applicant.believed_wait = min(params.reference_wait_months, params.wait_max_months)
        applicant.believed_study = study_wait
        applicant.approval_belief = applicant.approval_seen = params.initial_approval
        applicant.sale_belief = INITIAL_SALE
        applicant.scarcity, applicant.statement = apparent, real
        applicant.level_mw = reported_need(state, i, 0)
        applicant.trend_mw = reported_need(state, i, 1) - applicant.level_mw


@entry
def open_run(state: State, params: Params, drawn_from: Distributions, shares: F, endowments: F) -> bool:
    """Draw agents and build the world before month 0 on cleared columns; False if the request columns are too short for it.

    `shares` [applicant, 2] and `endowments` [utility, 7] are written here (see `gridsim.model.traits`).
    """
    lists = state.lists
    draw_applicants(state, params, drawn_from, shares)
    measure_efficiency(state, params, 0)
    fill_need(state, params, drawn_from.growth_path_mw, shares)
    open_fleets(state, params)
    draw_utilities(state, params, drawn_from, endowments)
    pipeline_mw = endowments[:, FILED_MW : SIGNED_MW + 1]
    for column in range(3):
        if not place_column(state, params, pipeline_mw, shares, column):
            return False
    put_in_order(Ranking(lists.order, lists.fresh), 0, state.counts[N_FRESH])
    for j in range(state.counts[N_FRESH]):
        enter(state, params, lists.fresh[j])
    clear_stocks(state, params, 0)
    claims, _, _, _, _ = count_queue(state, params, -1)
    signed_claims, _, _ = count_building(state, params, -1)
    capacity = planned_capacity(state, params.horizon, -1)
    state.tally[T_OPENING_APPARENT] = ratio(claims + signed_claims, capacity)
    state.tally[T_OPENING_REAL] = ratio(need_by_horizon(state, params, 0), capacity)
    for u in range(state.utilities.size):
        state.utilities.counted_mw[u] = state.utilities.queued_mw[u]
    quote_waits(state, params, -1)
    first_beliefs(state, params)
    for kind in range(state.ledger.flow_usd.size):
        state.ledger.flow_usd[kind] = 0.0  # paid before month 0
    return True
