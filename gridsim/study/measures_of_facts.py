"""How each stylised fact is measured on one run: pure functions of its tables, with the choices that they imply.

A request counts from the month in which it was filed, signed, put into service or withdrawn; windows are those of
`gridsim.study.windows`. The opening pipeline is part of every stock and flow. Of durations it is left out (but for F12 and
F13), since what happened to it before month 0 is drawn and not simulated. A measure is NaN where the run has nothing to
measure, or its tables lack a column that the measure needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from gridsim.config.fields import month_number
from gridsim.config.scenario import Scenario
from gridsim.study.statistics import LEFT, OPEN, SERVED, cumulative_incidence, deviation, mean, median, ratio
from gridsim.study.windows import QUARTER, YEAR, boom, fastest_year, length, steady

if TYPE_CHECKING:
    from gridsim.engine.result import Result

Floats = NDArray[np.float64]
Values = tuple[float, ...]
DAYS_PER_MONTH = 365.25 / 12.0
HALF_YEAR = 6
COMPLETION_MONTHS = 120


class Table(Protocol):
    """Columns by name: a pandas table, or plain arrays."""

    def __getitem__(self, name: str, /) -> Any: ...
    def __contains__(self, name: object, /) -> bool: ...


class Run(Protocol):
    """What a measure needs of a run; `gridsim.engine.result.Result` has it, and `Columns`."""

    @property
    def scenario(self) -> Scenario:
        """What was run."""

    @property
    def series(self) -> Table:
        """One row a month."""

    @property
    def requests(self) -> Table:
        """One row a request."""


class Columns(NamedTuple):
    """A run as plain arrays; tables of thousands of runs would take longer than the runs."""

    scenario: Scenario
    series: Mapping[str, Floats]
    requests: Mapping[str, NDArray[Any]]


def columns_of(result: Result) -> Columns:
    """The tables of a run, which must have kept its log, as plain arrays."""
    return Columns(result.scenario, result.monthly, result.log)


def months_of(run: Run) -> int:
    """How many months a run has."""
    return int(monthly(run, "queued_mw").size)


def monthly(run: Run, name: str) -> Floats:
    """A column of the series."""
    return np.asarray(run.series[name], np.float64)


def log(run: Run, *names: str) -> tuple[Floats, ...]:
    """Columns of the request log."""
    return tuple(np.asarray(run.requests[name], np.float64) for name in names)


def within(months: Floats, window: slice) -> NDArray[np.bool_]:
    """Which months lie in a window; NaN, what has not happened, does not."""
    inside: NDArray[np.bool_] = (months >= window.start) & (months < window.stop)
    return inside


def inflation(run: Run) -> Values:
    """F1: claims / need, the mean of the steady boom. Need is what is truly needed by t + H beyond what is in service."""
    return (mean(monthly(run, "power_phantom_ratio")[steady(monthly(run, "queued_mw"))]),)


def queue_over_peak(run: Run) -> Values:
    """F2: every request not in service / peak load of the system, other load included; the mean of the steady boom.

    The sources give one late month of a boom each, for single systems; here it is one system of all areas.
    """
    if "peak_load_mw" not in run.series:
        return (np.nan,)
    queued = monthly(run, "queued_mw")
    return (mean(((queued + monthly(run, "signed_mw")) / monthly(run, "peak_load_mw"))[steady(queued)]),)


def doubling_months(run: Run) -> Values:
    """F3: months for the queue to double at the pace of its fastest 12 months inside the boom, 12 ln 2 / ln growth.

    The shortest, since the sources are the fastest spells of queues that made the news.
    """
    growth, _ = fastest_year(monthly(run, "queued_mw"))
    return (12.0 * np.log(2.0) / np.log(growth) if growth > 1.0 else np.nan,)


def flow(run: Run) -> Values:
    """F4: growth of MW in service / growth of queued MW, over the same fastest 12 months."""
    queued, energised = monthly(run, "queued_mw"), monthly(run, "energised_mw")
    _, t = fastest_year(queued)
    return (np.nan,) if t < 0 else (ratio(energised[t + YEAR] - energised[t], queued[t + YEAR] - queued[t]),)


def contract_share(run: Run) -> Values:
    """F5: signed / (signed + queued) MW, the mean of the steady boom: agreements not yet in service among all requests."""
    queued, signed = monthly(run, "queued_mw"), monthly(run, "signed_mw")
    window = steady(queued)
    return (mean(signed[window] / np.maximum(queued + signed, 1e-9)[window]),)


def conversion(run: Run) -> Values:
    """F6: MW signed / (MW signed + MW that left unsigned), flows of the steady boom.

    What is still open is on neither side, as in the quarterly filings that the target comes from. It is not the share of a
    cohort that signs in the end: in a growing queue the end that comes sooner counts for more.
    """
    window = steady(monthly(run, "queued_mw"))
    mw, signed, left = log(run, "mw", "signed", "left")
    contracted = mw[within(signed, window)].sum()
    exited = mw[within(left, window) & np.isnan(signed)].sum()
    return (ratio(contracted, contracted + exited),)


def attrition(run: Run) -> Values:
    """F7: 1 - product over four quarters of (1 - exits / opening stock), the mean of the whole years of the steady boom.

    The stock is every request not in service, queued or signed: that is the pipeline that Georgia Power reports, and so
    exits are those from either stage. Going into service is no exit.
    """
    queued = monthly(run, "queued_mw")
    window = steady(queued)
    years = length(window) // YEAR
    if years == 0:
        return (np.nan,)
    first = window.start + QUARTER * np.arange(4 * years)
    exits = monthly(run, "exited_mw")[window.start : window.start + YEAR * years].reshape(-1, QUARTER).sum(axis=1)
    stock = (queued + monthly(run, "signed_mw"))[first - 1]
    stays = np.maximum(0.0, 1.0 - exits / np.maximum(stock, 1e-9))  # a quarter can lose more than it began with
    return (mean(1.0 - stays.reshape(years, 4).prod(axis=1)),)


def burstiness(run: Run) -> Values:
    """F8: standard deviation / mean of the quarterly exits of one utility in the steady boom, the median over utilities.

    The sources are single utilities; exits of many add up to a smoother sum, given as the second value.
    """
    window = steady(monthly(run, "queued_mw"))
    quarters = length(window) // QUARTER
    if quarters < 2:
        return np.nan, np.nan
    mw, left = log(run, "mw", "left")
    gone = within(left, slice(window.start, window.start + QUARTER * quarters))
    quarter = ((left[gone] - window.start) // QUARTER).astype(np.int64)
    utilities, area = np.unique(np.asarray(run.requests["utility"], dtype=str)[gone], return_inverse=True)
    exits = np.zeros((utilities.size, quarters))
    np.add.at(exits, (area, quarter), mw[gone])
    spread = np.array([ratio(deviation(one), float(one.mean())) for one in exits], np.float64)
    total = exits.sum(axis=0)
    return median(spread), ratio(deviation(total), float(total.mean()))


def ended(start: Floats, energised: Floats, left: Floats, last: int) -> tuple[Floats, NDArray[np.int64]]:
    """Months from `start` to service, exit or the last month of the run, and which of these it was."""
    end = np.select([~np.isnan(energised), ~np.isnan(left)], [SERVED, LEFT], OPEN)
    stop = np.select([end == SERVED, end == LEFT], [energised, left], float(last))
    return stop - start, end


def late_withdrawal(run: Run) -> Values:
    """F9: chance that a signed agreement is given up before service, by count and by MW.

    Agreements of the run, whenever signed. Many are still under construction at the horizon: to count these as kept would
    understate the chance, and to leave them out overstate it, since one leaves sooner than one is built. The cumulative
    incidence with service as the competing end takes each for as long as it was seen, up to the longest of these.
    """
    mw, signed, energised, left = log(run, "mw", "signed", "energised", "left")
    own = signed >= 0.0
    waited, end = ended(signed[own], energised[own], left[own], months_of(run) - 1)
    return cumulative_incidence(waited, end, LEFT), cumulative_incidence(waited, end, LEFT, mw[own])


def withdrawal_timing(run: Run) -> Values:
    """F10: median months from filing to exit, and standard deviation of the log of months + 1/2.

    Of all requests filed in the run that left before its end, from whatever stage; those that have not left yet are no part
    of the source's sample either. Half a month is added because an exit in the month of filing came after some days.
    """
    filed, left = log(run, "filed", "left")
    months = (left - filed)[(filed >= 0.0) & ~np.isnan(left)]
    return median(months), deviation(np.log(months + 0.5))


def completion(run: Run) -> Values:
    """F11: share of requests in service within 120 months (or the horizon), by MW and by count: a cumulative incidence.

    The target is about generators, which file once and own a site; a queue of loads with copies has no reason to meet it.
    """
    mw, filed, energised, left = log(run, "mw", "filed", "energised", "left")
    own = filed >= 0.0
    waited, end = ended(filed[own], energised[own], left[own], months_of(run) - 1)
    by_mw, by_count = (cumulative_incidence(waited, end, SERVED, w, COMPLETION_MONTHS) for w in (mw[own], None))
    return by_mw, by_count


def completion_delay(run: Run) -> Values:
    """F12: months from filing to service: median and sigma of log of all, median of each half of the run.

    Cohorts by month of service, as in the source. The opening pipeline is in them with its drawn dates of filing: without
    it the first half would hold only what was built fast.
    """
    filed, energised = log(run, "filed", "energised")
    months = (energised - filed)[~np.isnan(energised)]
    is_early = energised[~np.isnan(energised)] < months_of(run) / 2
    return median(months), deviation(np.log(months + 0.5)), median(months[is_early]), median(months[~is_early])


def upgrade_costs(run: Run) -> Values:
    """F13: $/kW of network upgrades of requests that were assigned a cost, by what became of them at the horizon.

    Withdrawn: left after the study, signed or not. Active: neither left nor in service. Complete: in service. Values: means
    of these three, medians of these three, and the lesser of withdrawn / active and active / complete, of the means and of
    the medians: above 1 the order is the observed one. A dear upgrade makes a request leave, so that cost sorts by fate.
    """
    cost, mw, energised, left = log(run, "upgrade_cost_usd", "mw", "energised", "left")
    has_cost = cost > 0.0
    usd_per_kw = np.where(has_cost, cost, 0.0) / mw / 1000.0
    is_out, is_in = ~np.isnan(left), ~np.isnan(energised)
    fates = [usd_per_kw[has_cost & fate] for fate in (is_out, ~is_out & ~is_in, is_in)]
    means, medians = [mean(of) for of in fates], [median(of) for of in fates]
    orders = [float(np.minimum(ratio(w, a), ratio(a, c))) for w, a, c in (means, medians)]
    return *means, *medians, *orders


def ramped(months: Floats, energised: Floats, ramp_months: int) -> Floats:
    """Share of contracted MW due [month, request]: nothing before service, linear from its first month, then full."""
    share: Floats = np.clip((months[:, None] - energised + 1.0) / ramp_months, 0.0, 1.0)
    return share


def realised_share(run: Run) -> Values:
    """F14: drawn / contracted MW of loads that are in service and past the date they asked for; the mean of the steady boom.

    The load at the start is no request and is left out: it is what `power_held` exceeds the ramped requests by. MW held and
    not needed (held less useful) fall on requests, each with the same share, since the load at the start was needed before.
    """
    if "wanted" not in run.requests:
        return (np.nan,)
    mw, wanted, energised = log(run, "mw", "wanted", "energised")
    served = ~np.isnan(energised)
    mw, wanted, energised = mw[served], wanted[served], energised[served]
    window = steady(monthly(run, "queued_mw"))
    months = np.arange(window.start, window.stop, dtype=np.float64)
    share = ramped(months, energised, int(run.scenario.grid.construction.ramp_months))
    held = share @ mw
    idle = (monthly(run, "power_held") - monthly(run, "power_useful"))[window]
    used = np.clip(1.0 - idle / np.maximum(held, 1e-9), 0.0, 1.0)
    due = (months[:, None] >= energised) & (months[:, None] >= wanted)
    contracted = due @ mw
    is_some = contracted > 0.0
    return (mean(((share * due) @ mw * used)[is_some] / contracted[is_some]),)


def slip(run: Run) -> Values:
    """F15: mean days from the date asked for at filing to service, of requests filed in the run and in service by its end.

    Early service counts as negative. What is late and not in service yet is not seen, so that the true mean is higher.
    """
    if "wanted" not in run.requests:
        return (np.nan,)
    filed, wanted, energised = log(run, "filed", "wanted", "energised")
    return (DAYS_PER_MONTH * mean((energised - wanted)[(filed >= 0.0) & ~np.isnan(energised)]),)


def ramp(run: Run) -> Values:
    """F16: share of contracted MW due 3, 5 and 9 years after signature, of the agreements seen for so long.

    Nothing before service, then the linear ramp; nothing either once given up, as the MW were contracted. Whether the holder
    has use for what is due is left to F14.
    """
    mw, signed, energised = log(run, "mw", "signed", "energised")
    months = int(run.scenario.grid.construction.ramp_months)
    shares = []
    for years in (3, 5, 9):
        then = signed + YEAR * years
        seen = (signed >= 0.0) & (then <= months_of(run) - 1)
        due = np.nan_to_num(np.clip((then - energised + 1.0) / months, 0.0, 1.0))
        shares.append(ratio(float((mw * due)[seen].sum()), float(mw[seen].sum())))
    return tuple(shares)


def deadline_rush(run: Run) -> Values:
    """F22: share of the requests of a half-year that are filed in its last month, June or December.

    Studies are serial, so that there are no windows and no deadlines: calendar half-years stand in for them, whole ones
    only, and 1/6 is expected, a little more while filings grow.
    """
    (filed,) = log(run, "filed")
    start = month_number(run.scenario.start_month)
    first = -(-start // HALF_YEAR) * HALF_YEAR
    stop = (start + months_of(run)) // HALF_YEAR * HALF_YEAR
    month = filed + start
    entries = month[(filed >= 0.0) & (month >= first) & (month < stop)]
    return (ratio(float(np.sum(entries % HALF_YEAR == HALF_YEAR - 1)), entries.size),)


def forecast_inflation(run: Run) -> Values:
    """F24: large load that utilities forecast / load in service and need by t + H, the mean of the boom.

    True need stands for the view of the market: a forecaster who knew which requests are real would give it.
    """
    start, peak = boom(monthly(run, "queued_mw"))
    view = monthly(run, "energised_mw") + monthly(run, "power_need")
    return (mean((monthly(run, "forecast_mw") / np.maximum(view, 1e-9))[start : peak + 1]),)


def duplicate_share(run: Run) -> Values:
    """MW of copies beyond the first of each project / all MW requested and not in service, over the steady boom."""
    return (share_of_pipeline(run, "duplicate_mw"),)


def speculative_share(run: Run) -> Values:
    """MW that developers hold / all MW requested and not in service, over the steady boom."""
    return (share_of_pipeline(run, "speculative_mw"),)


def share_of_pipeline(run: Run, name: str) -> float:
    """Sum of a column over the steady boom / that of all MW requested and not in service."""
    queued = monthly(run, "queued_mw")
    window = steady(queued)
    return ratio(float(monthly(run, name)[window].sum()), float((queued + monthly(run, "signed_mw"))[window].sum()))
