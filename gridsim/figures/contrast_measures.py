"""What a contrast measures: numbers of a run, the small charts, and which of these a pair of worlds is worth."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridsim.engine.contrast import Worlds
from gridsim.engine.ensemble import Ensemble

Values = NDArray[np.float64]
LOW, HIGH = 0.05, 0.95
CLEAR_RUNS, CLEAR_SHARE = 0.9, 0.01
"""A difference is clear if it has one sign in so many of the runs, and is so large beside the mean without it."""
MOST, LEAST = 6, 0.5
"""Measures of the compute side that are drawn at most; those by less than half the spread of the runs apart are not."""
WANTED = "wanted over had"


class Measure(NamedTuple):
    """One number a run: what it is called, its unit and size, and how a series [seed, month] gives it."""

    name: str
    unit: str
    size: float
    column: str
    of: Callable[[Values], Values]

    def values(self, ensemble: Ensemble) -> Values:
        """The measure of every seed, in its unit; NaN where a run has none."""
        return self.of(ensemble.series[self.column]) / self.size


class Panel(NamedTuple):
    """One small chart: a series, its heading and unit, and the measure that a sentence about it uses."""

    column: str
    name: str
    unit: str
    verb: str
    measure: Measure
    family: str = ""


def over_months(reduce: Callable[[Values], np.float64]) -> Callable[[Values], Values]:
    """A number a seed from the months that are known; NaN where none is."""

    def of(series: Values) -> Values:
        known = [row[np.isfinite(row)] for row in series]
        return np.array([float(reduce(row)) if row.size else np.nan for row in known])

    return of


MEAN, PEAK, SUM = over_months(np.mean), over_months(np.max), over_months(np.sum)


QUEUE = Measure("queue at its peak", "GW", 1e3, "queued_mw", PEAK)
BACKLOG = Measure("study backlog, mean", "requests", 1, "study_backlog", MEAN)
WAIT = Measure("95th percentile of time to power, mean", "months", 1, "time_to_power_p95", MEAN)
PHANTOM = Measure("phantom ratio, mean", "MW per MW needed", 1, "power_phantom_ratio", MEAN)
PRICE = Measure("capacity price, mean", "US$/MW-day", 1, "capacity_price_usd_mw_day", MEAN)
UNSERVED = Measure("need without power, mean", "GW", 1e3, "unserved_need_mw", MEAN)
RENT = Measure("rent of a GPU, mean", "US$/h", 1, "price_usd_gpu_h", MEAN)
DARK = Measure("GPUs left dark, mean", "thousand GPUs", 1e3, "dark_gpu", MEAN)
IDLE = Measure("GPUs held idle, mean", "thousand GPUs", 1e3, "idle_held_gpu", MEAN)
UNPLUGGED = Measure("GPUs without power, mean", "thousand GPUs", 1e3, "unplugged_gpu", MEAN)
SHORT = Measure("GPUs wanted by the month and not to be had, mean", "thousand GPUs", 1e3, "short_gpu", MEAN)
STATED = Measure("stated scarcity of GPUs, mean", WANTED, 1, "stated_gpu_scarcity", MEAN)
HOURS = Measure("hours in which serving is short, mean", "hours a week", 1, "scarcity_hours", MEAN)
FREE = Measure("free users' demand turned away, mean", "%", 0.01, "throttled_share_free", MEAN)
PAID = Measure("paid users' demand turned away, mean", "%", 0.01, "throttled_share_paid", MEAN)
SERVING_USE = Measure("use of serving GPUs, mean", "%", 0.01, "serving_utilisation", MEAN)
SERVING = Measure("serving GPUs, mean", "thousand GPUs", 1e3, "serving_gpu", MEAN)
TOKENS = Measure("tokens asked for, mean", "billion tokens/s", 1e9, "tokens_asked", MEAN)
WASTE = Measure("tokens served without use, mean", "%", 0.01, "tokens_dark_share", MEAN)
ORPHANS = Measure("forgotten among running agents, mean", "%", 0.01, "orphan_share", MEAN)
RESEARCH = Measure("research's share of GPUs at work, mean", "%", 0.01, "research_share", MEAN)
SEEMS = Measure("quotas that seem used, mean", "%", 0.01, "reported_utilisation", MEAN)
USEFUL = Measure("quotas in useful use, mean", "%", 0.01, "useful_utilisation", MEAN)
POWER = (
    Panel("queued_mw", "Queued", "", "the queue peaks", QUEUE),
    Panel("study_backlog", "Study backlog", "requests", "the study backlog is", BACKLOG),
    Panel("time_to_power_p95", "Time to power, 95th percentile", "months", "the longest waits for power are", WAIT),
    Panel("power_phantom_ratio", "Phantom ratio", "MW requested per MW needed", "the phantom ratio is", PHANTOM),
    Panel("capacity_price_usd_mw_day", "Capacity price", "US$/MW-day", "the price of capacity is", PRICE),
    Panel("unserved_need_mw", "Need without power", "", "the need without power is", UNSERVED),
)
COMPUTE = (
    Panel("price_usd_gpu_h", "Rent of a GPU", "US$/h", "the rent of a GPU is", RENT),
    Panel("dark_gpu", "GPUs left dark", "", "the number of GPUs left dark is", DARK, "idle"),
    Panel("idle_held_gpu", "GPUs held idle", "", "the number of GPUs held idle is", IDLE, "idle"),
    Panel("unplugged_gpu", "GPUs without power", "", "the number of GPUs without power is", UNPLUGGED),
    Panel("short_gpu", "GPUs not to be had", "", "the number of GPUs not to be had is", SHORT),
    Panel("stated_gpu_scarcity", "Stated scarcity of GPUs", WANTED, "the stated scarcity of GPUs is", STATED),
    Panel("scarcity_hours", "Serving is short", "hours a week", "the hours in which serving is short are", HOURS),
    Panel(
        "throttled_share_free",
        "Free users' demand turned away",
        "%",
        "of free users' demand the share turned away is",
        FREE,
        "lost",
    ),
    Panel(
        "throttled_share_paid",
        "Paid users' demand turned away",
        "%",
        "of paid users' demand the share turned away is",
        PAID,
        "lost",
    ),
    Panel("serving_utilisation", "Use of serving GPUs", "%", "the use of serving GPUs is", SERVING_USE),
    Panel("serving_gpu", "Serving GPUs", "", "the number of serving GPUs is", SERVING, "served"),
    Panel("tokens_asked", "Tokens asked for", "", "the demand for tokens is", TOKENS, "served"),
    Panel("tokens_dark_share", "Tokens without use", "%", "the share of tokens without use is", WASTE),
    Panel("orphan_share", "Forgotten among running agents", "%", "the share of forgotten agents is", ORPHANS),
    Panel("research_share", "Research's share of GPUs", "%", "research's share of GPUs is", RESEARCH),
    Panel("useful_utilisation", "Quotas in useful use", "%", "the share of quotas in useful use is", USEFUL),
    Panel("reported_utilisation", "Quotas that seem used", "%", "the share of quotas that seems used is", SEEMS),
)
"""Measures of GPUs, serving and research; of one family, which would tell the same, at most one is drawn."""
MEASURES = (
    QUEUE,
    Measure("requests filed over the run", "GW", 1e3, "filed_mw", SUM),
    Measure("withdrawn or expired over the run", "GW", 1e3, "exited_mw", SUM),
    Measure("duplicates at their peak", "GW", 1e3, "duplicate_mw", PEAK),
    Measure("developers' requests at their peak", "GW", 1e3, "speculative_mw", PEAK),
    PHANTOM,
    BACKLOG,
    Measure("restudies over the run", "studies", 1, "restudies", SUM),
    WAIT,
    Measure("in service at the end", "GW", 1e3, "energised_mw", lambda series: series[:, -1]),
    UNSERVED,
    Measure("load in service that is not needed, mean", "%", 0.01, "power_dark_share", MEAN),
    Measure("capacity that no contract uses, mean", "GW", 1e3, "unused_mw", MEAN),
    PRICE,
    Measure("cost of asking over the run", "billion US$", 1e9, "cost_usd", SUM),
    *[panel.measure for panel in COMPUTE],
)


class Difference(NamedTuple):
    """A measure in both worlds, over the seeds in which both have it."""

    here: float
    there: float
    difference: float
    low: float
    high: float
    lower: int
    higher: int
    runs: int
    spread: float

    @property
    def strength(self) -> float:
        """How far the two means are apart, over the spread of the runs about them."""
        return abs(self.difference) / self.spread if self.spread > 0.0 else np.inf

    @property
    def agreeing(self) -> int:
        """Runs in which the difference has the sign of its mean."""
        return self.lower if self.difference < 0.0 else self.higher

    @property
    def is_clear(self) -> bool:
        """Whether nearly all runs agree on the sign, and the difference is worth a word."""
        return self.agreeing >= CLEAR_RUNS * self.runs > 0 and abs(self.difference) > CLEAR_SHARE * abs(self.there)


def difference(measure: Measure, both: Worlds) -> Difference:
    """Paired by seed: what the two worlds differ by is what the changes do, and no luck."""
    here, there = measure.values(both.here), measure.values(both.there)
    known = np.isfinite(here) & np.isfinite(there)
    here, there = here[known], there[known]
    if not here.size:
        return Difference(np.nan, np.nan, np.nan, np.nan, np.nan, 0, 0, 0, np.nan)
    apart = here - there
    low, high = (float(x) for x in np.quantile(apart, (LOW, HIGH)))
    lower, higher = int(np.sum(apart < 0)), int(np.sum(apart > 0))
    mean_here, mean_there, mean = (float(x.mean()) for x in (here, there, apart))
    spread = float(np.hypot(here.std(), there.std()))
    return Difference(mean_here, mean_there, mean, low, high, lower, higher, int(here.size), spread)


def compute_panels(both: Worlds) -> list[tuple[Panel, Difference]]:
    """Measures of the compute side that differ clearly, the largest difference over the spread of the runs first."""
    found = [(panel, difference(panel.measure, both)) for panel in COMPUTE]
    seen = (item for item in found if item[1].is_clear and item[1].strength >= LEAST)
    clear = sorted(seen, key=lambda item: -item[1].strength)
    out: list[tuple[Panel, Difference]] = []
    for panel, d in clear:
        if not any(tell_the_same(panel, other, both) for other, _ in out):
            out.append((panel, d))
    return out[:MOST]


def tell_the_same(one: Panel, other: Panel, both: Worlds) -> bool:
    """Whether two small charts are of one family, or show the same numbers."""
    if one.family and one.family == other.family:
        return True
    pairs = [(world.series[one.column], world.series[other.column]) for world in (both.here, both.there)]
    return all(np.array_equal(a, b, equal_nan=True) for a, b in pairs)


def power_panels(both: Worlds) -> tuple[Panel, ...]:
    """The six measures of power; none where every one is the same in every run and month."""
    pairs = ((both.here.series[panel.column], both.there.series[panel.column]) for panel in POWER)
    return () if all(np.array_equal(a, b, equal_nan=True) for a, b in pairs) else POWER


def shown(both: Worlds) -> list[Panel]:
    """The small charts of a pair of worlds: power, then the compute side; power alone where nothing differs."""
    compute = [panel for panel, _ in compute_panels(both)]
    return [*power_panels(both), *compute] or list(POWER)
