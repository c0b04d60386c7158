"""The world before month 0: who needs and has what, the pipeline that already exists, and what everybody believes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from gridsim.model import draws

from .accounting import count_building, count_queue, need_by_horizon, planned_capacity, ratio
from .applicants import Applicant
from .choices import added, capped
from .developers import Developer
from .luck import month_word, pair_key, subkey, uniform, uniforms
from .requests import FILED, IN_STUDY, SIGNED, STUDIED, Project, Request
from .utility import Utility

if TYPE_CHECKING:
    from .market import PowerMarket

STAGES = (FILED, STUDIED, SIGNED)
OLDEST, SPAN = (12, 24, 36), (12, 18, 24)
"""Months before month 0 in which the oldest request of a stage was filed, and in how many months all of them were."""


def open_market(market: PowerMarket) -> None:
    """Everything before month 0."""
    share_need(market)
    pipeline_mw = endow(market)
    placed: list[tuple[float, Request]] = []
    for column in range(3):
        place_column(market, pipeline_mw, column, placed)
    placed.sort(key=lambda at: at[0])
    for _, request in placed:
        enter(market, request)
    market.agents.do("start_count")
    claims = count_queue(market, -1)[0] + count_building(market, -1)[0]
    capacity = planned_capacity(market, -1)
    real = ratio(need_by_horizon(market.consumers, market.rules.horizon), capacity)
    market.opening_apparent, market.real_scarcity = ratio(claims, capacity), real
    for utility in market.areas:
        utility.ahead_mw = utility.queued_mw
        utility.quote(-1)
    first_beliefs(market)
    market.paid.clear()  # paid before month 0


def share_need(market: PowerMarket) -> None:
    """Split the initial need and its growth over the agents of a kind by their sizes, and draw everybody's need."""
    shares = {"need_share": "initial_need_share", "growth_share": "growth_share"}
    for name, of_kind in shares.items():
        for kind in ("lab", "hyperscaler"):
            group = [a for a in market.consumers if a.kind == kind]
            sizes = added(a.size for a in group)
            for a in group:
                setattr(a, name, getattr(a.profile, of_kind) * (a.size / sizes))
        total = added(getattr(a, name) for a in market.consumers)
        scale = 1.0 / total if total > 0.0 else 0.0
        for a in market.consumers:
            setattr(a, name, getattr(a, name) * scale)
    for consumer in market.consumers:
        consumer.draw_need(market.settings.growth_mw)


def endow(market: PowerMarket) -> list[list[float]]:
    """Give every utility its own, or its share by size of what all have; returns MW of the pipeline by area and stage."""
    settings, areas = market.settings, market.areas
    table: list[list[float]] = [[] for _ in areas]
    for column, total in enumerate(settings.endowment_of_all):
        own = [row[column] if column < 6 else math.nan for row in settings.endowments]
        whole = added(u.size for u, mw in zip(areas, own, strict=True) if math.isnan(mw))
        scale = total / whole if whole > 0.0 else 0.0
        for row, utility, mw in zip(table, areas, own, strict=True):
            row.append(utility.size * scale if math.isnan(mw) else mw)
    for utility, row in zip(areas, table, strict=True):
        utility.endow(row[0], row[4], row[5], row[6])
    return [row[1:4] for row in table]


def most_left(pipeline_mw: list[list[float]], column: int, other_than: int = -1) -> int:
    """The area with the most MW of a stage still to place, except one; -1 if there is none."""
    areas = [u for u in range(len(pipeline_mw)) if u != other_than]
    return max(areas, key=lambda u: pipeline_mw[u][column], default=-1)


def draw_holder(market: PowerMarket, speculative: bool, luck: float) -> Applicant | None:
    """A developer, each as likely, or a lab or hyperscaler by its share of growth."""
    group = [a for a in market.applicants if isinstance(a, Developer) == speculative]
    weights = [1.0 if speculative else a.growth_share for a in group]
    mark, last = luck * added(weights), None
    for applicant, weight in zip(group, weights, strict=True):
        if weight > 0.0:
            mark -= weight
            last = applicant
            if mark < 0.0:
                break
    return last


def place_column(market: PowerMarket, pipeline_mw: list[list[float]], column: int, placed: list[Any]) -> None:
    """Place the MW of one stage in all areas, as projects of drawn size and holder; a share has a sibling elsewhere."""
    rules, serial = market.rules, 0
    while True:
        u = most_left(pipeline_mw, column)
        left = pipeline_mw[u][column]
        if left <= 1e-9:
            return
        utility = market.areas[u]
        key = subkey(utility.key, 3 * serial + column)
        serial += 1
        size = market.applicants[0].project_size(key)
        mw = left if left < 1.5 * size else size
        kind, who = uniforms(rules.seed, draws.PIPELINE, 0, key)
        speculative = column < 2 and kind < rules.pipeline_speculative_share
        holder = draw_holder(market, speculative, who)
        if holder is None:
            speculative, holder = False, draw_holder(market, False, who)
        project = Project(mw)
        placed.append(place(market, utility, column, key, holder, project))
        pipeline_mw[u][column] -= mw
        other = most_left(pipeline_mw, column, u)
        copied = uniform(rules.seed, draws.PIPELINE, 1, key) < rules.pipeline_copied_share
        if column == 0 and copied and not speculative and other >= 0 and pipeline_mw[other][column] >= mw:
            placed.append(place(market, market.areas[other], column, pair_key(key, 1), holder, project))
            pipeline_mw[other][column] -= mw


def place(
    market: PowerMarket, utility: Utility, column: int, key: np.uint64, holder: Any, project: Project
) -> tuple[float, Request]:
    """One request, filed in a drawn month of the past; and its place in the order of filing."""
    rules, mw = market.rules, project.mw
    past, order = uniforms(rules.seed, draws.PIPELINE, 2, key)
    filed = -OLDEST[column] + int(past * SPAN[column])
    wanted = filed + int(rules.reference_wait_months + 0.5)
    end = holder.patience_end(utility, key, month_word(rules.seed, draws.PATIENCE, -1), 0)
    quality = holder.project_quality(key)
    request = Request(project, holder, holder, utility, key, mw, mw, quality, filed, wanted, end, STAGES[column])
    return filed + order, request


def enter(market: PowerMarket, request: Request) -> None:
    """What a request brings along from its stage: deposit, study result, dates."""
    rules, utility = market.rules, request.utility
    request.holder.pay_for_filing(request)
    v, w = uniforms(rules.seed, draws.PIPELINE, 3, request.key)
    if request.stage == SIGNED:
        signed = min(-1, max(request.filed + rules.study_months_min, -1 - int(v * 12)))
        request.signed = signed
        request.holder.schedule(request, signed)
        request.ready = max(request.ready, 1 + int(w * 12))
        request.deliver = request.ready
        request.cancel_month -= signed
        request.project.signer, request.project.over = request, signed + 1
        utility.signed_mw += request.mw
        market.building.append(request)
        return
    if request.stage == FILED and utility.studying < utility.slots:
        request.stage, request.study_end = IN_STUDY, int(v * rules.study_months_max)
        utility.studying += 1
    elif request.stage == STUDIED:
        request.deliver, request.upgrade_mw = utility.earliest_month(utility.ahead_mw, request.mw, 0)
        request.upgrade_usd = utility.upgrade_cost(request)
        request.offered = int(v * rules.agreement_months_max)
        request.decide_by = request.offered + int(w * utility.terms.sign_within_months)
    if request.stage != FILED:
        utility.ahead_mw += request.mw
    market.queue.append(request)


def first_beliefs(market: PowerMarket) -> None:
    """What everybody believes at month 0."""
    study_wait = added(u.quoted_study[0] for u in market.areas) / len(market.areas)
    apparent, real = capped(market.opening_apparent), capped(market.real_scarcity)
    for applicant in market.applicants:
        applicant.first_beliefs(apparent, real, study_wait)
