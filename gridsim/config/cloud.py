"""GPUs to rent and GPUs to buy."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from gridsim.config.fields import Block, param

Sharing = Literal["proportional", "linear", "uniform", "turn_and_earn"]


class Cloud(Block):
    """The market in which neoclouds rent out GPUs: contracts for a term, and what is left by the month."""

    rented_share: float = param(
        0.15, "share", 0, 10, "GPUs that are rented, over those of one's own, where both are to be had", "assumed"
    )
    hyperscaler_share: float = param(
        0.71, "share", 0, 1, "share of what is rented that hyperscalers rent", "published: customers of one neocloud"
    )
    slack: float = param(1.2, "1", 0.1, 100, "GPUs of neoclouds at month 0, over the mean need to rent", "assumed")
    burstiness: float = param(
        0.3,
        "share",
        0,
        1,
        "share of the need to rent that is drawn afresh each month (exponential)",
        "assumed; 1 in D5-like tests",
    )
    spill: float = param(0.25, "share", 0, 1, "share of what is lacking of one's own that one tries to rent", "assumed")
    price_usd_per_hour: float = param(
        2.35, "USD/GPU-h", 0.01, 1000, "price of a contract at month 0", "H100 price index, March 2026; 1.7 to 12"
    )
    floor_usd_per_hour: float = param(
        1.65, "USD/GPU-h", 0.01, 1000, "price at which a neocloud breaks even", "published; 1.5 to 1.9"
    )
    price_speed: float = param(
        0.08, "1/month", 0, 1, "lambda: most by which the price moves a month", "published price path; 0.05 to 0.15"
    )
    elasticity: float = param(
        -0.7,
        "1",
        -5,
        0,
        "GPUs wanted to rent: (price / price at month 0)^this, where it is higher",
        "assumed; -1.5 to 0",
    )
    spot_premium: float = param(0.5, "1", 0, 20, "price by the month over the contract price, less 1", "assumed")
    shortage_cost: float = param(
        10.0, "1", 1, 1000, "what a GPU lacking costs its user, over the contract price", "assumed"
    )
    term_months: int = param(36, "months", 1, 120, "length of a contract", "published terms; 6 to 60")
    rule: Sharing = Field(
        "proportional", description="how contracts are shared among those who ask for more than there is"
    )
    inflation_max: float = param(
        3.0, "1", 1, 100, "M4: most by which an order is inflated: 1 / believed fill", "assumed"
    )
    reserve_max: float = param(
        3.0, "1", 0, 100, "M4: most that anybody reserves, over the mean need to rent", "assumed"
    )
    initial_fill: float = param(
        0.8, "probability", 0, 1, "believed chance, at month 0, to get a GPU by the month", "assumed"
    )
    subletting: bool = Field(
        False, description="lever: what is reserved and idle is rented out by the month (use or resell)"
    )
    denial: bool = Field(False, description="hyperscalers count a rival's loss as their gain, beside insurance (M4)")
    denial_share: float = param(
        0.1, "share", 0, 1, "psi: share of a rival's loss that a hyperscaler gains", "assumed; 0 to 0.5"
    )
    release_usd_per_hour: float = param(
        6.0,
        "USD/GPU-h",
        0,
        1000,
        "M5: price from which owners rent out what they leave dark",
        "assumed; rents of 5.27 and 11.46 were paid",
    )
    generation_months: int = param(
        24, "months", 1, 600, "M5: months between generations of chips, when dark GPUs are released", "assumed"
    )
    generation_offset: int = param(12, "months", 0, 600, "M5: month of the first such release", "assumed")
    dark_gpus: float = param(
        0.0,
        "GPU",
        0,
        1e9,
        "GPUs with power of their own that the first hyperscaler has beyond its need",
        "scenario; 220,000 were released at once in 2026",
    )


class Chips(Block):
    """The chip vendor."""

    gpus_per_month: float = param(300_000, "GPU/month", 0, 1e9, "deliveries at month 0, H100 equivalents", "assumed")
    growth_per_month: float = param(0.02, "1/month", -0.2, 0.5, "growth of deliveries", "assumed; 0 to 0.05")
    growth_months: int = param(60, "months", 0, 600, "months of growth; deliveries are level after them", "assumed")
    price_usd: float = param(30_000, "USD/GPU", 0, 1e7, "price of a GPU", "list prices of 25,000 to 40,000")
    rule: Sharing = Field("turn_and_earn", description="how the vendor shares deliveries among those who order more")
    order_ahead_months: int = param(
        6, "months", 0, 60, "M6: months ahead of planned power for which GPUs are ordered", "assumed"
    )
    memory: float = param(0.1, "1/month", 0.001, 1, "weight of the last month in the record of purchases", "assumed")
