"""Runs that have little or nothing to show, by name."""

from __future__ import annotations

import gridsim
from gridsim.config.reader import load_text
from gridsim.engine.result import Result

NOBODY = "actors: {labs: {count: 1}, hyperscalers: {count: 0}, developers: {count: 0}, utilities: {count: 1}}\n"
STILL = "demand: {initial_need_gw: 0.05, growth_gw: 0, noise: 0}\n"
SMALL = """
actors: {labs: {count: 2}, hyperscalers: {count: 1}, developers: {count: 0}, utilities: {count: 1}}
demand: {initial_need_gw: 0.5, growth_gw: 2, midpoint_month: 12}
"""
TEXTS = {
    "one month, no request": f"title: t\nhorizon_months: 1\n{NOBODY}{STILL}",
    "one month with requests": "title: t\nhorizon_months: 1\ngrid: {pipeline: {filed_mw: 900, signed_mw: 300}}\n"
    + SMALL,
    "no request in ten years": f"title: t\n{NOBODY}{STILL}",
    "one utility, no developers": f"title: t\nhorizon_months: 30\n{SMALL}",
    "no capacity at all": "title: t\nhorizon_months: 20\n"
    "grid: {headroom_gw: 0, expansion: {committed_gw_per_year: 0, build_limit_gw_per_year: 0}}\n" + SMALL,
    "long run": f"title: t\nhorizon_months: 300\n{SMALL}",
    "no neoclouds": "title: t\nhorizon_months: 20\n" + SMALL.replace("actors: {", "actors: {neoclouds: {count: 0}, "),
    "no users": "title: t\nhorizon_months: 20\ncompute: {serving_share: 0}\n" + SMALL,
    "no research": "title: t\nhorizon_months: 20\ncompute: {serving_share: 1, service: {launch_share: 0}}\n" + SMALL,
    "hardly any need": f"title: t\nhorizon_months: 20\n{NOBODY}demand: {{initial_need_gw: 0.001, growth_gw: 0}}\n",
    "observed without a fan": "title: t\nhorizon_months: 12\n"
    "observed: {area: utility-01, source: s, months: [2023-12], total_mw: [100]}\n" + SMALL,
}


def run(name: str, *, twin: bool = False, record: str | None = "requests") -> Result:
    """One of those runs."""
    return gridsim.simulate(load_text(TEXTS[name]), twin=twin, record=record)


def without(columns: tuple[str, ...], name: str = "one utility, no developers") -> Result:
    """A run in which the columns that begin so are not known."""
    result = run(name)
    unknown = [column for column in result.series.columns if column.startswith(columns)]
    result.__dict__["series"] = result.series.assign(**dict.fromkeys(unknown, float("nan")))
    return result


def without_numbers(name: str = "one utility, no developers") -> Result:
    """A run whose ratios are all unknown."""
    result = run(name)
    series = result.series.copy()
    series[["power_apparent", "power_real", "power_phantom_ratio", "power_dark_share"]] = float("nan")
    result.__dict__["series"] = series
    return result
