"""Money a second time: slow, obvious Python on a dict of accounts. The compiled payments must equal it bit for bit.

An account is ("applicant", i), ("utility", u), ("escrow", u), LAND, ("customers", 0), ("owners", 0), ("neoclouds", 0) or
("vendor", 0). Only `exp` is shared with the model.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from gridsim.engine.terms import RULE_OF
from gridsim.model.elementary import exp

LAND = ("land", 0)
Account = tuple[str, int]


@dataclass(frozen=True)
class Tariff:
    """Terms of connection in force in one area and month."""

    study_fee_usd: float
    study_fee_usd_per_mw: float
    deposit_usd_per_mw: float
    deposit_refundable_share: float
    readiness_share: float
    security_share: float
    collateral_usd_per_mw: float
    demand_charge_usd_per_mw_month: float
    minimum_take: float
    contract_years: float
    exit_fee_years: float
    sign_within_months: float
    confirm_within_months: float
    site_control: float
    duplicate_disclosure: float
    base_case_weight: float
    nonfirm_hours_share: float
    own_generation_share: float
    use_or_lose_share: float
    window_months: float
    allocation: float

    @property
    def collects(self) -> bool:
        """Whether requests are studied in windows."""
        return self.window_months > 0.0

    @property
    def allocation_rule(self) -> str:
        """How those of one window share."""
        return {number: name for name, number in RULE_OF.items()}[int(self.allocation)]

    def closes(self, t: int) -> bool:
        """Whether a window closes with month t; the first opens with month 0."""
        return self.collects and self.months_to_close(t) == 0

    def months_to_close(self, t: int) -> int:
        """Months from month t to the one with which its window closes."""
        window = int(self.window_months)
        return window - 1 - t % window

    def study_fee(self, mw: float) -> float:
        """Paid once, with the filing."""
        return self.study_fee_usd + self.study_fee_usd_per_mw * mw

    def exit_fee(self, mw: float) -> float:
        """Owed by a signed project that leaves: years of the billed minimum, no less than 60 % of demand."""
        share = self.minimum_take if self.minimum_take > 0.6 else 0.6
        return self.exit_fee_years * 12.0 * share * self.demand_charge_usd_per_mw_month * mw

    def unused_take(self, interest: float) -> float:
        """Present value per MW of the minimum that a signer without a load pays until it is free of it."""
        years = self.contract_years
        if 0.0 < self.exit_fee_years < years:
            years = self.exit_fee_years
        annuity = years if interest == 0.0 else (1.0 - exp(-interest * years)) / interest
        return self.minimum_take * self.demand_charge_usd_per_mw_month * 12.0 * annuity if years > 0.0 else 0.0

    def land_per_month(self, option: float, purchase_multiple: float, interest: float) -> float:
        """Holding one MW of land for a month: an option on one part, interest on the price of the other."""
        optioned = option * (1.0 - self.site_control)
        bought = option * purchase_multiple * interest * self.site_control
        return (optioned + bought) / 12.0


@dataclass
class Ledger:
    """Cash by account, and what was paid this month by kind."""

    cash: defaultdict[Account, float] = field(default_factory=lambda: defaultdict(float))
    paid: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))

    def pay(self, payer: Account, payee: Account, usd: float, kind: str) -> None:
        """One payment."""
        self.cash[payer] -= usd
        self.cash[payee] += usd
        self.paid[kind] += usd

    def filed(self, request, tariff: Tariff) -> None:
        """The fee is the utility's; the deposit is only in its keeping."""
        holder, u = ("applicant", request.holder), request.utility
        self.pay(holder, ("utility", u), tariff.study_fee(request.mw), "fee")
        self.deposited(request, tariff.deposit_usd_per_mw * request.mw)

    def deposited(self, request, usd: float) -> None:
        """Put into the utility's keeping."""
        self.pay(("applicant", request.holder), ("escrow", request.utility), usd, "deposit")
        request.deposit_usd += usd
        request.deposit_paid_usd += usd

    def studied(self, request, tariff: Tariff) -> None:
        """A share of the upgrade is due as a deposit; after a restudy, what it is more than before."""
        missing = tariff.readiness_share * request.upgrade_usd - request.readiness_usd
        if missing > 0.0:
            self.deposited(request, missing)
            request.readiness_usd += missing

    def confirmed(self, request, tariff: Tariff) -> None:
        """The deposit for filing is made up to what the terms now ask for."""
        paid = request.deposit_paid_usd - request.readiness_usd
        missing = tariff.deposit_usd_per_mw * request.mw - paid
        if missing > 0.0:
            self.deposited(request, missing)

    def sold(self, request, buyer: int, price: float) -> None:
        """The buyer pays the price, and makes the deposit good to the seller."""
        self.pay(("applicant", buyer), ("applicant", request.holder), price + request.deposit_usd, "resale")

    def signed(self, request, tariff: Tariff) -> None:
        """Collateral goes into escrow, the upgrade is paid for; the deposit stays where it is."""
        holder, u = ("applicant", request.holder), request.utility
        security = tariff.security_share * request.upgrade_usd
        request.collateral_usd = tariff.collateral_usd_per_mw * request.mw + security
        self.pay(holder, ("escrow", u), request.collateral_usd, "collateral")
        self.pay(holder, ("utility", u), request.upgrade_usd, "upgrade")

    def energised(self, request) -> None:
        """Everything in escrow goes back."""
        back = request.deposit_usd + request.collateral_usd
        self.pay(("escrow", request.utility), ("applicant", request.holder), back, "refund")
        request.deposit_usd = request.collateral_usd = 0.0

    def left(self, request, tariff: Tariff, was_signed: bool) -> None:
        """Part of the deposit goes back; the rest and all collateral are lost; a signed project owes the exit fee."""
        holder, u = ("applicant", request.holder), request.utility
        back = request.deposit_usd * tariff.deposit_refundable_share
        self.pay(("escrow", u), holder, back, "refund")
        self.pay(("escrow", u), ("utility", u), request.deposit_usd - back + request.collateral_usd, "forfeit")
        if was_signed:
            self.pay(holder, ("utility", u), tariff.exit_fee(request.mw), "exit fee")
        request.deposit_usd = request.collateral_usd = 0.0

    def billed(self, request, tariff: Tariff, drawn_mw: float, t: int) -> None:
        """The demand charge on what is drawn; while the contract runs also on what is missing to the minimum take."""
        holder, u = ("applicant", request.holder), request.utility
        charge = tariff.demand_charge_usd_per_mw_month
        self.pay(holder, ("utility", u), charge * drawn_mw, "demand charge")
        missing = tariff.minimum_take * request.mw - drawn_mw
        if t - request.energised < 12.0 * tariff.contract_years and missing > 0.0:
            self.pay(holder, ("utility", u), charge * missing, "minimum take")
