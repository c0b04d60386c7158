"""Terms of connection: what a request owes, by the one tariff that is in force."""

from __future__ import annotations

from types import SimpleNamespace
from typing import NamedTuple

from .luck import exp

PURCHASE_MARGIN = 0.60
"""Least share of demand that an exit fee counts."""


class Terms(NamedTuple):
    """The terms that the port knows, by gridsim's names for them."""

    study_fee_usd: float
    study_fee_usd_per_mw: float
    deposit_usd_per_mw: float
    deposit_refundable_share: float
    collateral_usd_per_mw: float
    demand_charge_usd_per_mw_month: float
    minimum_take: float
    contract_years: float
    exit_fee_years: float
    sign_within_months: float
    site_control: float

    def study_fee(self, mw: float) -> float:
        """US$ due at filing, never returned."""
        return self.study_fee_usd + self.study_fee_usd_per_mw * mw

    def exit_fee(self, mw: float) -> float:
        """US$ due when a signed request leaves."""
        share = max(self.minimum_take, PURCHASE_MARGIN)
        return self.exit_fee_years * 12.0 * share * self.demand_charge_usd_per_mw_month * mw

    def land_rate(self, rules: SimpleNamespace) -> float:
        """US$ per MW and year of holding a site: an option, or the interest on what is bought."""
        option, bought = rules.land_usd_per_mw_year, self.site_control
        return option * (1.0 - bought) + option * rules.land_purchase_multiple * rules.interest_per_year * bought

    def unused_take(self, interest_per_year: float) -> float:
        """US$ per MW that a signer owes if the load never comes."""
        years = self.contract_years
        if self.exit_fee_years > 0.0:
            years = min(years, self.exit_fee_years)
        if years <= 0.0:
            return 0.0
        annuity = years
        if interest_per_year > 0.0:
            annuity = (1.0 - exp(-interest_per_year * years)) / interest_per_year
        return self.minimum_take * self.demand_charge_usd_per_mw_month * 12.0 * annuity


class CostOfFiling(NamedTuple):
    """What a typical request costs, as a mean over utilities: US$, US$ per MW (and year), a share."""

    fee: float
    land: float
    deposit: float
    refund: float
    leave: float
    take: float


def cost_of_filing(offers: list[Terms], rules: SimpleNamespace) -> CostOfFiling:
    """The mean over the terms that utilities offer."""
    fee = land = deposit = refund = leave = take = 0.0
    for terms in offers:
        fee += terms.study_fee(rules.size_mean_mw)
        land += terms.land_rate(rules)
        deposit += terms.deposit_usd_per_mw
        refund += terms.deposit_refundable_share
        leave += terms.exit_fee(1.0)
        take += terms.unused_take(rules.interest_per_year)
    n = len(offers)
    return CostOfFiling(fee / n, land / n, deposit / n, refund / n, leave / n, take / n)
