"""What is really needed, what a project is worth, and what agents believe."""

from __future__ import annotations

import math

from pydantic import Field, model_validator

from gridsim.config.fields import Block, block, param


class Setback(Block):
    """A lasting loss of growth: a funding round that fails, a product that does not sell."""

    hazard_per_year: float = param(0.05, "1/year", 0, 5, "chance a year and agent", "assumed")
    loss: float = param(0.3, "share", 0, 1, "share of the growth since the start that is lost", "assumed")


class Projects(Block):
    """The unit in which power is asked for, and its economics."""

    size_median_mw: float = param(
        300, "MW", 1, 10000, "median size of a project", "buildings 30 to 90, campuses 300 to 3000 MW"
    )
    size_sigma: float = param(0.6, "1", 0, 3, "sigma of the lognormal size", "assumed")
    size_max_mw: float = param(3000, "MW", 1, 100000, "largest project", "campuses 300 to 3000 MW")
    value_usd_per_mw: float = param(
        3.1e6,
        "USD/MW",
        0,
        1e9,
        "V: value of a MW on time, net of the next best site or date; calibrated",
        "calibrated; on-time power is worth 10 to 12 MUSD/MW-year gross",
    )
    quality_shape: float = param(
        1.0,
        "1",
        0.05,
        10,
        "a of the density a theta^(a-1) of a project's quality theta, which scales its value",
        "assumed",
    )
    capex_usd_per_kw: float = param(29000, "USD/kW", 0, 1e6, "facility with its equipment", "announced campuses 2025")
    land_option_share_per_year: float = param(
        0.001, "1/year", 0, 0.1, "cost of an option on land, as a share of the project's capex", "prior 0.001 to 0.005"
    )
    land_purchase_multiple: float = param(
        30.0, "1", 1, 1000, "price of buying the land over a year of optioning it", "assumed"
    )
    interest_per_year: float = param(0.08, "1/year", 0, 1, "cost of capital of applicants", "assumed")
    sites_max: int = param(10, "requests", 1, 50, "most areas in which one project is filed", "assumed")
    patience_hazard_per_year: float = param(
        0.25,
        "1/year",
        0,
        10,
        "scale of the chance that a waiting request is given up for reasons of its own, a year (Weibull)",
        "calibrated to Georgia Power's attrition (0.32 to 0.41 a year) and LBNL's months to withdrawal (median 12.5)",
    )
    silent_share: float = param(
        0.55,
        "share",
        0,
        1,
        "share of those given up that stay in the queue until the utility reviews it",
        "calibrated to the bursts of exits at Georgia Power and PJM (coefficient of variation 0.8 to 1.3)",
    )
    patience_shape: float = param(
        0.36,
        "1",
        0.3,
        3,
        "Weibull shape of that time; below 1 most give up early",
        "calibrated to LBNL's months to withdrawal (sigma of log 1.4, front-loaded)",
    )


class Demand(Block):
    """True need: exogenous, a logistic path shared by all agents, with each agent's own noise and setbacks."""

    initial_need_gw: float = param(
        25.0, "GW", 0.001, 10000, "need at the start, all of it served", "LBNL 2024: 176 TWh in 2023"
    )
    growth_gw: float = param(
        65.0, "GW", 0, 10000, "growth of need over `growth_months`", "Grid Strategies 2025, market view 2025-30"
    )
    growth_months: int = param(72, "months", 1, 600, "months over which `growth_gw` is added", "Grid Strategies 2025")
    midpoint_month: float = param(100, "months", -600, 1200, "month of fastest growth", "assumed")
    takeoff_months: float = param(70, "months", 1, 600, "time scale of the logistic path", "assumed")
    noise: float = param(0.25, "1", 0, 2, "sigma of the persistent noise on an agent's growth", "assumed")
    noise_persistence: float = param(0.95, "1", 0, 0.999, "monthly autocorrelation of that noise", "assumed")
    setback: Setback = block(Setback, "lasting losses of growth")
    projects: Projects = block(Projects, "what is asked for, and its economics")

    @model_validator(mode="after")
    def _growth_falls_within_its_months(self) -> Demand:
        width = 2.0 * self.takeoff_months  # of the path, which tanh takes from -1 to 1
        first, last = (math.tanh((month - self.midpoint_month) / width) for month in (0, self.growth_months))
        if self.growth_gw > 0 and last - first < 2e-6:
            raise ValueError(
                "less than a millionth of the growth path falls within growth_months: "
                "move midpoint_month or raise takeoff_months"
            )
        return self


class Planning(Block):
    """How an agent turns its forecast into requests."""

    level_gain: float = param(0.5, "1/month", 0.001, 1, "smoothing of the level", "Holt")
    trend_gain: float = param(0.15, "1/month", 0.001, 1, "smoothing of the trend", "Holt")
    trend_damping: float = param(
        0.995, "1/month", 0.5, 1, "damping of the extrapolated trend", "Gardner & McKenzie 1985"
    )
    adjustment_months: float = param(
        4, "months", 1, 120, "time over which a gap is filed", "assumed; Sterman 1989: 4 periods"
    )
    deadline_filers: float = param(
        0.25,
        "share",
        0,
        1,
        "share of applicants that file in the last month of a window only",
        "calibrated to PJM 2014-21: 28 % of a half-year window's entries in its last month",
    )
    release_months: float = param(
        12,
        "months",
        1,
        120,
        "time over which a surplus of queued projects is given up",
        "assumed: a queued request costs little",
    )
    projects_max_per_month: int = param(4, "projects", 1, 20, "most projects an agent prepares in a month", "assumed")
    wait_sensitivity: float = param(
        0.05, "1/month", 0, 5, "loss of an area's appeal per month of quoted wait (logit scale)", "assumed"
    )
    padding: float = param(0.1, "1", 0, 2, "size added per unit of perceived scarcity above 1", "assumed: 0 to 0.5")
    padding_max: float = param(1.0, "share", 0, 10, "most padding", "assumed")


class Network(Block):
    """Who hears whom: a directed small world."""

    neighbours: int = param(4, "agents", 0, 100, "agents that each one hears", "assumed")
    rewiring: float = param(0.2, "share", 0, 1, "chance that a tie goes to a stranger", "Watts & Strogatz 1998")


class Beliefs(Block):
    """What agents see and how fast they learn."""

    gain: float = param(0.18, "1/month", 0, 1, "adaptation of beliefs", "Sterman 1989: 0.36 a decision, here a quarter")
    weight_own: float = param(
        0.4, "share", 0, 1, "weight of own and neighbours' approvals against the published queue", "assumed"
    )
    publication_lag_months: int = param(3, "months", 0, 60, "age of published queues and waits", "quarterly filings")
    noise: float = param(0.1, "1", 0, 2, "sigma of the noise in what an agent sees", "assumed")
    initial_approval: float = param(
        0.5, "probability", 0.01, 1, "believed chance that one request is approved in time", "assumed"
    )
    reference_wait_months: float = param(
        42, "months", 1, 600, "wait regarded as normal, and the first belief", "grid wait, US average 48"
    )
    wait_max_months: float = param(84, "months", 1, 600, "longest horizon an agent plans for", "assumed")
    narrative_weight: float = param(0.3, "share", 0, 1, "mu: weight of statements heard", "assumed: 0 to 0.7")
    statement_bias: float = param(
        0.5, "1", 0, 20, "b: scarcity added to a statement by a fully exposed speaker", "assumed: 0 to 2"
    )
    network: Network = block(Network, "who hears whom")
    planning: Planning = Field(default_factory=Planning, description="how forecasts become requests")
