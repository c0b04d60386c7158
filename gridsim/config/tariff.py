"""Rules of connection: tariffs of utilities, and the regulator's policy over them. Every lever of the model is a term here."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any, Literal, Optional

from pydantic import Field, create_model

from gridsim.config.fields import Block, Month, Name, param


class Terms(Block):
    """What a request owes and what it is entitled to, from filing to the end of its contract."""

    study_fee_usd: float = param(50000, "USD", 0, 1e8, "fee per request, never returned", "tariffs: 10,000 to 100,000")
    study_fee_usd_per_mw: float = param(0, "USD/MW", 0, 1e6, "fee per MW requested, never returned", "assumed")
    deposit_usd_per_mw: float = param(
        0, "USD/MW", 0, 1e7, "deposit due at filing", "Texas SB6: 50,000 to 100,000 (security)"
    )
    deposit_refundable_share: float = param(1.0, "share", 0, 1, "share returned to one who withdraws", "tariffs")
    readiness_share: float = param(
        0,
        "share",
        0,
        1,
        "share of the assigned upgrade due as a further deposit when the study is done",
        "FERC Order 2023: 0.05 after the cluster study, 0.10 after the facilities study",
    )
    security_share: float = param(
        0, "share", 0, 1, "share of the assigned upgrade due as security at the agreement", "FERC Order 2023: 0.20"
    )
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
    confirm_within_months: int = param(
        0,
        "months",
        0,
        120,
        "when these terms enter into force, requests already queued must be confirmed under them within so many months, "
        "or leave; 0: they need not",
        "minimum-take tariffs: 45 days",
    )
    site_control: float = param(
        0, "share", 0, 1, "share of the land that must be bought, not optioned, at filing", "FERC Order 2023: 0.9"
    )
    duplicate_disclosure: bool = Field(
        False,
        description="applicants must disclose their requests in the other areas with this rule; utilities then count the "
        "copies of a project together as one",
    )
    base_case_weight: float = param(
        1.0,
        "share",
        0,
        1,
        "weight of earlier unsigned requests in the base case of a study; below 1 they count by probability",
        "practice: 1",
    )
    nonfirm_hours_share: float = param(
        0,
        "share",
        0,
        0.05,
        "share of hours in which a load may be curtailed that connects before there is firm capacity; 0: no such offer",
        "Duke University 2025: 0.0025 to 0.01",
    )
    own_generation_share: float = param(
        0, "share", 0, 1, "share of its MW for which a load must bring generation of its own", "assumed"
    )
    use_or_lose_share: float = param(
        0,
        "share",
        0,
        1,
        "contracted MW of load past its ramp that fall short of this use are taken back to what is used; 0: never",
        "assumed",
    )
    window_months: int = param(
        0,
        "months",
        0,
        60,
        "requests are collected in windows of so many months and studied together; 0: one by one, first come first served",
        "PJM: 6; FERC Order 2023: 12",
    )
    allocation: Literal["proportional", "uniform", "first_come", "auction"] = Field(
        "proportional", description="rule by which the requests of one window share the capacity that there is"
    )


TERMS = tuple(Terms.model_fields)


class Tariff(Terms):
    """The terms in force from a month on; a later entry for the same area replaces an earlier one."""

    from_month: Month = Field("1900-01", alias="from", description="first month in force")
    announced: Month | None = Field(
        None, description="month from which everybody knows of it; the first in force if left out"
    )
    areas: Literal["all"] | list[Name] = Field("all", description="utilities that it applies to")


def _overlay() -> dict[str, Any]:
    """Every term again, none of them given."""
    fields: dict[str, Any] = {}
    for name, field in Terms.model_fields.items():
        again = deepcopy(field)
        again.default = None
        fields[name] = (Optional[field.annotation], again)  # noqa: UP045 - a value, not an annotation
    return fields


class PolicyDates(Block):
    """The regulator's rules: each term given replaces that of every tariff in the areas named, from its month on."""

    from_month: Month = Field("1900-01", alias="from", description="first month in force")
    announced: Month | None = Field(
        None, description="month from which everybody knows of it; the first in force if left out"
    )
    areas: Literal["all"] | list[Name] = Field("all", description="utilities that it applies to")


if TYPE_CHECKING:
    Policy = PolicyDates
else:
    Policy = create_model("Policy", __base__=PolicyDates, __doc__=PolicyDates.__doc__, **_overlay())
