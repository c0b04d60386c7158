"""The columns: everything that a run knows, one column per attribute, grouped by agent kind.

A group is a NumPy record array: `requests.mw` is a column, `requests.mw[r]` a cell. (As some 200 separate arrays the same
kernels took minutes to compile.) A column is never rebound, only written in place. Rows of applicants and utilities are
fixed for a run, in the order of their names; rows of requests and projects come from a free list (or are append-only, when
the run keeps its log) and are never renumbered, so that `Queue` and `Lists` alone say what is alive and in which order it
was filed.
"""

from __future__ import annotations

from typing import NamedTuple

from gridsim.model.by_reference import passed_by_reference
from gridsim.model.fleets import Cloud, Contracts, FleetParams, Fleets, Market, Neoclouds, Teams
from gridsim.model.group import F, Group, I, K
from gridsim.model.series import ApplicantTraces, Series, UtilityTraces

LAB, HYPERSCALER, DEVELOPER = 0, 1, 2
HEURISTIC, HONEST, OPTION_VALUE, NO_ENTRY, BEST_REPLY, EWA, OUTSIDE = 0, 1, 2, 3, 4, 5, 6
FILED, IN_STUDY, STUDIED, SIGNED, CONSTRUCTION, ENERGISED, WITHDRAWN, EXPIRED = 0, 1, 2, 3, 4, 5, 6, 7
STAGES = ("filed", "in study", "studied", "agreement signed", "under construction", "energised", "withdrawn", "expired")
NO_REASON, SIBLING, NEED_GONE, COST, MONEY_DUE, PATIENCE, CANCELLED = 0, 1, 2, 3, 4, 5, 6
REASONS = ("", "sibling signed", "need gone", "cost", "money due", "patience", "cancelled")
COUNT_FULL, COUNT_DERATED, COUNT_NONE = 0, 1, 2
NEVER = -(10**6)
"""Month of what has not happened."""
NOT_YET = 10**6
"""Month of what will not happen within any run."""


class Params(FleetParams):
    """Every number that a run does not change. Months, MW, US$ (2025), shares; see the scenario schema for each."""

    seed: int  # any 64 bits
    speculation: int
    duplicates: int
    narrative: int
    restudies: int
    low_mfu: int
    dear_queries: int
    keep_log: int
    horizon: int
    initial_need_mw: float
    growth_noise: float
    noise_persistence: float
    setback_hazard: float
    setback_loss: float
    size_median_mw: float
    size_mean_mw: float
    size_sigma: float
    size_max_mw: float
    value_usd_per_mw: float
    quality_shape: float
    land_usd_per_mw_year: float
    land_purchase_multiple: float
    interest_per_year: float
    sites_max: int
    patience_hazard_per_year: float
    patience_shape: float
    wait_sensitivity: float
    mfu_benchmark: float
    mfu_initial: float
    mfu_spread: float
    mfu_small_job: float
    mfu_loss_per_doubling: float
    mfu_learning: float
    job_gpus_per_mw: float
    level_gain: float
    trend_gain: float
    trend_damping: float
    adjustment_months: float
    deadline_filers: float
    release_months: float
    projects_max: int
    padding: float
    padding_max: float
    entry_rate: float
    filings_max: int
    positions_max: int
    resale_share: float
    initial_approval: float
    belief_gain: float
    weight_own: float
    publication_lag: int
    sight_noise: float
    reference_wait_months: float
    wait_max_months: float
    narrative_weight: float
    statement_bias: float
    study_months_min: int
    study_months_max: int
    window_study_months: int
    review_months: int
    silent_share: float
    cutoff: float
    own_generation_usd_per_mw: float
    agreement_months_min: int
    agreement_months_max: int
    upgrade_median_usd_per_mw: float
    upgrade_sigma: float
    scarce_cost_factor: float
    upgrade_months_min: int
    upgrade_months_max: int
    construction_months_min: int
    construction_months_max: int
    slip_mean_months: float
    slip_sigma: float
    ramp_months: int
    cancel_hazard_per_year: float
    lead_months: int
    delay_sigma: float
    cycle_months: int
    reserve_margin: float
    derate: float
    entry_usd_per_mw_day: float
    price_steepness: float
    price_cap: float
    load_factor_residential: float
    load_factor_commercial: float
    load_factor_industrial: float
    pipeline_speculative_share: float
    pipeline_copied_share: float


class Applicants(Group):
    """Labs, hyperscalers and developers, one row each."""

    key: K  # stable key of the agent's name
    kind: I  # LAB, HYPERSCALER, DEVELOPER
    strategy: I
    address: I  # of a strategy from outside, where that is its strategy
    multiplier: F  # asked over needed, of who chooses it
    choice: I  # its index on the grid
    experience: F  # of who learns it
    fear: F  # traits, 0 to 1
    supply_line_weight: F
    overreaction: F
    margin: F
    deadline_filer: I  # files in the last month of a window only
    exposure: F
    mfu: F  # model FLOP utilisation while busy
    waste: F  # need as the agent works over need at benchmark efficiency
    initial_mw: F  # load at month 0, served before the run
    level_mw: F  # forecast of need: level, and trend a month
    trend_mw: F
    believed_wait: F  # months from filing to power
    believed_study: F  # months from filing to agreement
    approval_belief: F  # chance that one request is approved in time
    approval_seen: F  # share approved in time among own and neighbours' requests
    sale_belief: F  # developers: chance that an approved position sells
    scarcity: F  # perceived claims / capacity
    statement: F  # what the agent says of it
    energised_mw: F  # contracted MW in service, the initial load included
    held_mw: F  # MW due under the ramp
    signed_mw: F
    queued_mw: F  # every copy
    projects_mw: F  # unsigned projects, each once, as filed
    gap_mw: F  # wanted less covered; negative is a surplus
    room_mw: F  # forecast need less energised and signed: what it would really sign for
    ask_mw: F  # decision of the month: MW of new projects
    copies: I  # decision of the month: areas in which each is filed
    preparing_mw: F  # asked, not yet a whole project
    releasing_mw: F  # surplus, not yet a whole project
    smallest_mw: F  # scratch: smallest of its unsigned projects
    projects_filed: I  # serial number of the next project
    next_key: K  # that project's key and size; size 0 until drawn
    next_mw: F
    open_positions: I
    land_usd: F  # scratch: of the month
    approved_now: F  # events of the month
    refused_now: F


class Utilities(Group):
    """Utilities, one area each."""

    key: K
    counting: I
    slots: I  # studies that staff can hold at once
    attraction: F
    build_limit_mw_per_year: F
    installed_mw: F  # capacity for large load in service
    initial_mw: F  # of which at month 0
    energised_mw: F  # contracted MW of requests in service
    signed_mw: F  # signed and not energised
    queued_mw: F
    queued_count: I
    unstudied: I  # filed or in study
    counted_mw: (
        F  # queued MW as studies and forecasts count (firm, disclosed copies as one); in a pass, those met so far
    )
    departed_mw: F  # of that, what has left and stood before the requests that the pass has yet to meet
    freed_mw: F  # windows, at a decision point: capacity granted to requests that left since the last one
    freeing_mw: F  # and so far since
    freed_line_mw: F  # likewise what they lacked on lines, or loaded them with by contract, in whatever area
    freeing_line_mw: F
    nonfirm_mw: F  # MW with a non-firm connection: studied, signed or in service
    nonfirm_signed_mw: F  # of which signed, in service or not
    nonfirm_service_mw: F  # of which in service
    other_load_mw: F  # peak of all other load of the area
    price_usd_per_mw_day: F  # capacity
    review_offset: I  # months by which its reviews of the queue are shifted
    discloses: I  # scratch: of the month, whether copies are disclosed
    collects: I  # scratch: whether requests are collected in windows
    closing: I  # scratch: whether one closes
    confirming: I  # scratch: whether queued requests must be confirmed
    open_desk: I  # scratch: whether the area looks at every request
    first_bus: I  # buses of the area: first_bus .. last_bus - 1
    last_bus: I
    studying: I  # slots in use
    forecast_mw: F  # the utility's own forecast of large load
    distaste: F  # scratch: of the month, to every applicant
    score: F  # scratch: how little one project's owner likes each area, or at least how little
    scored: I  # scratch: whether that is exact
    land_usd_per_mw: F  # scratch: a month's cost of land
    blocked: I  # scratch: month in which a ready request found no capacity


class Requests(Group):
    """Requests, one row each; months are NEVER while they have not happened. What every month reads comes first."""

    need_mw: F  # without padding
    wanted: I
    stage: I
    deposit_usd: F  # held by the utility now
    collateral_usd: F
    mw: F
    holder: I  # who holds it now
    utility: I
    bus: I
    project: I  # row of the project
    choice: I  # 0 for the area liked best, 1 for the next, ...
    key: K
    applicant: I  # who filed
    project_id: I
    reason: I
    quality: F
    filed: I
    study_end: I
    studied: I
    offered: I  # month from which the agreement can be signed
    decide_by: I
    signed: I
    deliver: I  # month for which capacity is planned
    ready: I  # month in which the site can take power
    energised: I
    left: I
    patience_end: I
    cancel_month: I
    upgrade_usd: F
    upgrade_mw: F  # capacity of the area to be added for it
    line_mw: F  # capacity of lines to be added for it, summed over lines
    own_mw: F  # generation that it brings
    nonfirm: I  # connected before there is firm capacity
    released_mw: F  # contracted MW taken back for want of use
    restudies: I
    deposit_paid_usd: F
    readiness_usd: F  # of which after the study


class Projects(Group):
    """What the copies of one need share."""

    mw: F
    active: I  # copies alive before service
    disclosed: I  # of which in areas with disclosure of duplicates
    alert: I  # month from which its copies must look: one has signed, or the project is given up
    signed: I  # month in which the first copy signed
    signer: I  # row of that copy
    dropped: I  # month in which its holder gave it up
    counted: I  # scratch: month of the last count


class Terms(Group):
    """Distinct sets of connection terms; `State.term_row[month, utility]` says which is in force."""

    study_fee_usd: F
    study_fee_usd_per_mw: F
    deposit_usd_per_mw: F
    deposit_refundable_share: F
    readiness_share: F
    security_share: F
    collateral_usd_per_mw: F
    demand_charge_usd_per_mw_month: F
    minimum_take: F
    contract_years: F
    exit_fee_years: F
    sign_within_months: F
    confirm_within_months: F
    site_control: F
    duplicate_disclosure: F
    base_case_weight: F
    nonfirm_hours_share: F
    own_generation_share: F
    use_or_lose_share: F
    window_months: F
    allocation: F  # number of the rule, see gridsim.model.rationing


class Buses(Group):
    """Where requests sit, area by area."""

    reach: F  # share of the area's requests at this bus or an earlier one of the area
    ahead_mw: F  # scratch: MW of earlier active requests not yet in the lines' flows
    departed_mw: F  # scratch: likewise, of signed ones that left
    dropped_mw: F  # scratch: and of unsigned ones, before any weight


class Lines(Group):
    """Lines whose rating a study respects."""

    limit_mw: F
    committed_mw: F  # flow of the case's own load, and of signed and energised requests
    ahead_mw: F  # scratch: flow of the earlier active requests of the month's pass
    departed_mw: F  # scratch: flow of signed ones that left
    dropped_mw: F  # scratch: and of unsigned ones, before any weight


class Ledger(NamedTuple):
    """Money. Accounts: applicants, utilities, utilities' escrow, land owners; they always sum to zero."""

    cash_usd: F
    flow_usd: F  # of the month, by kind: FEE ... RESALE


class Queue(Group):
    """Unsigned requests in the order of filing, with copies of what every month reads of one.

    Requests lie scattered, and most months concern few of them: what decides that, and what is counted of all, is here in one
    piece. `Requests` has the last word: a copy is written anew whenever the request has been looked at.
    """

    request: I
    due: I  # month in which it must be looked at
    project: I
    area: I
    holder: I  # changes only by a sale, with which it leaves the queue
    mw: F
    need_mw: F
    wanted: I
    unstudied: I  # 1 if filed or in study
    escrow_usd: F  # deposit and collateral


class Lists(NamedTuple):
    """Which other rows are alive, and which are free.

    `building` holds signed requests in the order of signature, `service` energised ones in the order of energisation.
    """

    asked: F  # scratch, with the next three: the requests of a window
    granted: F
    turns: F
    bids: F
    building: I
    service: I
    free: I
    free_projects: I
    fresh: I  # scratch: rows filed this month
    order: F  # scratch: what they are ordered by
    ranks: I  # scratch: rows in order of it


N_QUEUE, N_BUILDING, N_SERVICE, N_FREE, N_ROWS, N_FREE_PROJECTS, N_PROJECT_ROWS, N_PROJECT_IDS, N_FRESH = range(9)
COUNTS = 9


T_FILED, T_EXITED, T_FILED_NOW, T_EXITED_NOW, T_OPENING_APPARENT, T_OPENING_REAL, T_LARGEST_ROOM, T_TURNOVER = range(8)
T_RESTUDIES, T_DEPARTED, T_FAULTS = 8, 9, 10
TALLIES = 11


class Queries(Group):
    """What a query takes on average, month by month."""

    computed_tokens: F
    useful_tokens: F  # had the cheapest kind of query that gives the same answer been asked


class Network(NamedTuple):
    """Who hears whom: agent i hears heard[first[i] : first[i + 1]]."""

    first: I
    heard: I


class Additions(NamedTuple):
    """MW of additions, [utility, month]: due by the end of the month, in all, as planned; and arriving in it, in truth."""

    due_mw: F
    arriving_mw: F


class Quotes(NamedTuple):
    """Months quoted to an applicant, [month + 1, utility]; row 0 is before the run."""

    study_wait: F
    wait: F


@passed_by_reference
class State(NamedTuple):
    """All columns of a run."""

    applicants: Applicants
    utilities: Utilities
    requests: Requests
    projects: Projects
    queue: Queue
    lists: Lists
    counts: I  # lengths of the lists and serial numbers, by the constants N_*
    buses: Buses
    lines: Lines
    load_flow: F  # [bus, line]: MW on a line per MW of load added at a bus
    terms: Terms
    term_row: I  # [month, utility]
    ahead_row: I  # [month, utility]: the terms expected for when a request filed now is signed, as announced by then
    confirm: I  # [month, utility]: 1 where queued requests must be confirmed under terms that entered into force
    need_mw: F  # [applicant, month 0 .. T + H]
    queries: Queries  # [month]
    attractions: F  # [applicant, choice]: of every multiplier, of who learns
    fleets: Fleets
    teams: Teams
    neoclouds: Neoclouds
    cloud: Cloud
    contracts: Contracts
    market: Market
    load_hours: F  # load by hour over its mean, of a weekday, then of a weekend day
    network: Network
    additions: Additions
    quotes: Quotes
    ledger: Ledger
    tally: F  # running totals that accounting checks against a recount, by the constants T_*
    series: Series
    utility_traces: UtilityTraces
    applicant_traces: ApplicantTraces
