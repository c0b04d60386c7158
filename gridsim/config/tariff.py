"""Rules of connection: tariffs of utilities, and the regulator's policy over them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from gridsim.config.fields import Block, Month, Name, param

TERMS = (
    "study_fee_usd",
    "study_fee_usd_per_mw",
    "deposit_usd_per_mw",
    "deposit_refundable_share",
    "collateral_usd_per_mw",
    "demand_charge_usd_per_mw_month",
    "minimum_take",
    "contract_years",
    "exit_fee_years",
    "sign_within_months",
    "site_control",
)


class Tariff(Block):
    """The terms in force from a month on; a later entry for the same area replaces an earlier one."""

    from_month: Month = Field("1900-01", alias="from", description="first month in force")
    areas: Literal["all"] | list[Name] = Field("all", description="utilities that it applies to")
    study_fee_usd: float = param(50000, "USD", 0, 1e8, "fee per request, never returned", "tariffs: 10,000 to 100,000")
    study_fee_usd_per_mw: float = param(0, "USD/MW", 0, 1e6, "fee per MW requested, never returned", "assumed")
    deposit_usd_per_mw: float = param(
        0, "USD/MW", 0, 1e7, "deposit due at filing", "Texas SB6: 50,000 to 100,000 (security)"
    )
    deposit_refundable_share: float = param(1.0, "share", 0, 1, "share returned to one who withdraws", "tariffs")
    collateral_usd_per_mw: float = param(
        0, "USD/MW", 0, 1e7, "security due at the agreement, returned at energisation, forfeited by leaving", "tariffs"
    )
    demand_charge_usd_per_mw_month: float = param(
        12000, "USD/MW/month", 0, 1e6, "charge on the billed demand of energised load", "assumed: 12 USD/kW-month"
    )
    minimum_take: float = param(
        0, "share", 0, 1, "share of contracted MW billed whether used or not", "GS-5, AEP Ohio: 0.85"
    )
    contract_years: float = param(
        12, "years", 0, 50, "how long the minimum take binds", "minimum-take tariffs: 12 to 14"
    )
    exit_fee_years: float = param(
        0,
        "years",
        0,
        50,
        "years of minimum take (at least 60 % of demand) due when a signed project leaves",
        "minimum-take tariffs: 3",
    )
    sign_within_months: int = param(
        4, "months", 1, 120, "time to sign once the agreement is drawn up, else expired", "assumed"
    )
    site_control: float = param(
        0, "share", 0, 1, "share of the land that must be bought, not optioned, at filing", "FERC Order 2023: 0.9"
    )


class Policy(Block):
    """The regulator's rules: each term given replaces that of every tariff in the areas named, from its month on."""

    from_month: Month = Field("1900-01", alias="from", description="first month in force")
    areas: Literal["all"] | list[Name] = Field("all", description="utilities that it applies to")
    study_fee_usd: float | None = param(None, "USD", 0, 1e8, "see tariffs", "as in tariffs")
    study_fee_usd_per_mw: float | None = param(None, "USD/MW", 0, 1e6, "see tariffs", "as in tariffs")
    deposit_usd_per_mw: float | None = param(None, "USD/MW", 0, 1e7, "see tariffs", "as in tariffs")
    deposit_refundable_share: float | None = param(None, "share", 0, 1, "see tariffs", "as in tariffs")
    collateral_usd_per_mw: float | None = param(None, "USD/MW", 0, 1e7, "see tariffs", "as in tariffs")
    demand_charge_usd_per_mw_month: float | None = param(None, "USD/MW/month", 0, 1e6, "see tariffs", "as in tariffs")
    minimum_take: float | None = param(None, "share", 0, 1, "see tariffs", "as in tariffs")
    contract_years: float | None = param(None, "years", 0, 50, "see tariffs", "as in tariffs")
    exit_fee_years: float | None = param(None, "years", 0, 50, "see tariffs", "as in tariffs")
    sign_within_months: int | None = param(None, "months", 1, 120, "see tariffs", "as in tariffs")
    site_control: float | None = param(None, "share", 0, 1, "see tariffs", "as in tariffs")
