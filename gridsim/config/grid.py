"""The grid: areas with headroom, the study desk, construction and the utility's expansion."""

from __future__ import annotations

from pydantic import Field, model_validator

from gridsim.config.fields import Block, Name, block, param


class Pipeline(Block):
    """Requests that exist before the first month, by stage."""

    filed_mw: float = param(0, "MW", 0, 1e6, "filed, waiting for a study or in one", "utility filings")
    studied_mw: float = param(0, "MW", 0, 1e6, "studied, agreement not signed", "utility filings")
    signed_mw: float = param(0, "MW", 0, 1e6, "agreement signed, not energised", "utility filings")


class Area(Block):
    """One utility's area, where it differs from the average area."""

    headroom_mw: float | None = param(None, "MW", 0, 1e6, "uncommitted capacity at the start", "utility filings")
    pipeline: Pipeline | None = Field(None, description="requests that exist before the first month")
    attraction: float = param(
        1.0, "weight", 0.01, 100, "how much likelier than average applicants are to choose this area", "assumed"
    )
    studies_in_parallel: int | None = param(None, "studies", 1, 10000, "staff of this area's study desk", "assumed")
    additions_gw_per_year: float | None = param(
        None, "GW/year", 0, 1000, "capacity that this area had already committed to build", "utility filings"
    )
    build_limit_gw_per_year: float | None = param(
        None, "GW/year", 0, 1000, "most this area can build a year", "assumed"
    )


class Network(Block):
    """The lines between the buses at which requests sit."""

    case: str = Field(
        "areas",
        min_length=1,
        max_length=200,
        description='"areas": one bus per area and no lines; "rts24", "case39": the cases of that name that come with '
        "PYPOWER; else a MATPOWER file (.m) beside the scenario",
    )
    scale: float = param(1.0, "1", 1e-3, 1e4, "factor on load, generation and ratings of the case", "assumed")
    security_margin: float = param(1.0, "share", 0.1, 1, "share of a line's rating that a study may use", "practice")
    n_minus_1: bool = Field(False, description="limits also hold after the loss of any one line")
    cutoff: float = param(
        0.05,
        "1",
        0,
        1,
        "least distribution factor with which a request concerns a line at all",
        "practice: 3 to 5 % in interconnection studies",
    )


class Study(Block):
    """The study desk of a utility: its staff, its times, its costs. Serial or in windows: see the tariffs."""

    months_min: int = param(3, "months", 1, 60, "shortest load study", "utility tariffs: 3 to 6 months")
    months_max: int = param(6, "months", 1, 60, "longest load study", "utility tariffs: 3 to 6 months")
    agreement_months_min: int = param(2, "months", 0, 60, "shortest time from study to agreement", "assumed")
    agreement_months_max: int = param(
        10,
        "months",
        0,
        60,
        "longest time from study to agreement",
        "Georgia Power: about 4 GW stay between study and contract while 0.1 to 1 GW a month are signed",
    )
    window_study_months: int = param(
        5, "months", 1, 60, "time to study, and to restudy, the requests of one window", "FERC Order 2023: 150 days"
    )
    review_months: int = param(
        12,
        "months",
        1,
        60,
        "utilities clear their queue of requests that nobody pursues any more once in so many months",
        "assumed: a yearly review, in a month of each utility's own",
    )
    own_generation_usd_per_kw: float = param(
        1500, "USD/kW", 0, 20000, "cost of generation that a load must bring", "assumed"
    )
    upgrade_median_usd_per_kw: float = param(
        28,
        "USD/kW",
        0,
        10000,
        "median network upgrade cost assigned by a study",
        "calibrated to the costs of withdrawn, active and complete requests in LBNL's PJM study of 2023",
    )
    upgrade_sigma: float = param(
        2.0,
        "1",
        0,
        4,
        "sigma of the lognormal upgrade cost",
        "calibrated to the costs of withdrawn, active and complete requests in LBNL's PJM study of 2023",
    )
    scarce_cost_factor: float = param(
        3.0, "1", 1, 50, "upgrade cost multiple when the area's planned capacity does not cover the request", "assumed"
    )
    upgrade_months_min: int = param(
        36, "months", 1, 240, "shortest upgrade", "transformers 30 to 36, lines 60 to 120 months"
    )
    upgrade_months_max: int = param(
        72, "months", 1, 240, "longest upgrade", "transformers 30 to 36, lines 60 to 120 months"
    )

    @model_validator(mode="after")
    def _ordered(self) -> Study:
        if self.months_min > self.months_max:
            raise ValueError("months_min must not exceed months_max")
        if self.agreement_months_min > self.agreement_months_max:
            raise ValueError("agreement_months_min must not exceed agreement_months_max")
        if self.upgrade_months_min > self.upgrade_months_max:
            raise ValueError("upgrade_months_min must not exceed upgrade_months_max")
        return self


class Construction(Block):
    """From a signed agreement to load."""

    months_min: int = param(
        24, "months", 1, 240, "shortest time from agreement to service", "substation 24 to 36 months"
    )
    months_max: int = param(
        36, "months", 1, 240, "longest time from agreement to service", "substation 24 to 36 months"
    )
    slip_mean_months: float = param(7.2, "months", 0, 120, "mean delay against the stated date", "ERCOT: 220 days")
    slip_sigma: float = param(1.0, "1", 0, 3, "sigma of the lognormal delay", "assumed")
    ramp_months: int = param(
        36, "months", 1, 240, "from energisation to full load, linear", "Exelon; Dominion: 2 to 5 years"
    )
    cancel_hazard_per_year: float = param(
        0.058,
        "1/year",
        0,
        5,
        "chance a year that a signed project is given up",
        "calibrated to PJM's withdrawals after the agreement (0.15 to 0.19); prior 0.07 to 0.09",
    )

    @model_validator(mode="after")
    def _ordered(self) -> Construction:
        if self.months_min > self.months_max:
            raise ValueError("months_min must not exceed months_max")
        return self


class Expansion(Block):
    """What a utility builds, from its own forecast of load."""

    committed_gw_per_year: float = param(
        8.0,
        "GW/year",
        0,
        1000,
        "already committed additions of all areas, until the first planned ones can arrive",
        "assumed",
    )
    lead_months: int = param(48, "months", 1, 240, "from decision to service", "gas turbine plant 42 to 60 months")
    delay_sigma: float = param(0.25, "1", 0, 2, "sigma of the lognormal delay factor of the lead time", "assumed")
    cycle_months: int = param(12, "months", 1, 120, "months between two resource plans", "integrated resource plans")
    reserve_margin: float = param(
        0.15, "share", 0, 1, "capacity planned over forecast load growth", "resource adequacy practice"
    )
    build_limit_gw_per_year: float = param(16.0, "GW/year", 0, 1000, "most that all areas can build a year", "assumed")


class Price(Block):
    """The capacity price of an area, and the customers who pay it."""

    entry_usd_per_mw_day: float = param(
        250.0, "USD/MW-day", 0, 10000, "cost of new entry: the price where supply just meets load and margin", "assumed"
    )
    steepness: float = param(6.0, "1", 0, 50, "per cent of price per per cent of load over supply", "assumed")
    cap: float = param(1.5, "1", 1, 20, "highest price, in costs of new entry", "assumed")
    load_factor_residential: float = param(0.40, "share", 0.05, 1, "mean over peak load of homes", "assumed")
    load_factor_commercial: float = param(0.55, "share", 0.05, 1, "mean over peak load of commerce", "assumed")
    load_factor_industrial: float = param(0.75, "share", 0.05, 1, "mean over peak load of industry", "assumed")


class Grid(Block):
    """Areas and what happens in them."""

    headroom_gw: float = param(
        45.0,
        "GW",
        0,
        10000,
        "uncommitted capacity of all areas at the start, split over the areas",
        "Duke University 2025: 76 GW with 0.25 % curtailment, taken in part",
    )
    pipeline: Pipeline = block(
        Pipeline, "requests of all areas that exist before the first month, split over the areas"
    )
    pipeline_speculative_share: float = param(
        0.0, "share", 0, 1, "share of the filed and studied pipeline that developers hold", "prior 0.3 to 0.7"
    )
    pipeline_copied_share: float = param(
        0.0, "share", 0, 1, "share of the filed pipeline that has a sibling in another area", "assumed"
    )
    other_load_gw: float = param(
        120.0,
        "GW",
        0,
        10000,
        "peak of all other load of all areas, split over the areas like headroom",
        "assumed: queues of 2 to 8 times the peak (ERCOT 5.1, Oncor 6.5, PPL 7.7)",
    )
    planning_horizon_months: int = param(
        60, "months", 1, 240, "H: claims, need and capacity count up to t + H", "design"
    )
    areas: dict[Name, Area] = Field({}, description="areas that differ from the average, by utility name")
    network: Network = block(Network, "buses and lines")
    study: Study = block(Study, "the study desk")
    construction: Construction = block(Construction, "from agreement to load")
    expansion: Expansion = block(Expansion, "what utilities build")
    price: Price = block(Price, "the price of capacity")
