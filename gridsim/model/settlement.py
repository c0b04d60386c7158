"""Settlement: every payment of the model goes through `move`, from one account to another, so that money is conserved.

Accounts, in this order: applicants, utilities, utilities' escrow (deposits and collateral that they hold for others), and
one each of land owners, of all other customers, of the owners of capacity, of neoclouds and of the chip vendor. Terms are
those in force in the month of the event and the area of the request.
"""

from __future__ import annotations

from gridsim.model.compiling import rule, step
from gridsim.model.elementary import exp
from gridsim.model.state import ENERGISED, SIGNED, Ledger, Params, State, Terms

FEE, DEPOSIT, REFUND, FORFEIT, COLLATERAL, LAND, DEMAND_CHARGE, MINIMUM_TAKE, EXIT_FEE, UPGRADE, RESALE, CAPACITY = (
    range(12)
)
RENT, CHIPS, SUBLEASE = 12, 13, 14
FLOWS = 15
PURCHASE_MARGIN = 0.60
"""Least share of demand that an exit fee counts, as in the Ohio data-centre tariff, where the minimum take is lower."""


@step
def move(ledger: Ledger, payer: int, payee: int, usd: float, flow: int) -> None:
    """Pay `usd` from one account to another and book it under a kind of flow."""
    ledger.cash_usd[payer] -= usd
    ledger.cash_usd[payee] += usd
    ledger.flow_usd[flow] += usd


@step
def utility_account(state: State, utility: int) -> int:
    """Account of a utility's own money."""
    return state.applicants.size + utility


@step
def escrow_account(state: State, utility: int) -> int:
    """Account of the money that a utility holds for applicants."""
    return state.applicants.size + state.utilities.size + utility


@step
def land_account(state: State) -> int:
    """Account of all land owners."""
    return state.applicants.size + 2 * state.utilities.size


@step
def customers_account(state: State) -> int:
    """Account of all other customers."""
    return state.applicants.size + 2 * state.utilities.size + 1


@step
def owners_account(state: State) -> int:
    """Account of the owners of capacity."""
    return state.applicants.size + 2 * state.utilities.size + 2


@step
def clouds_account(state: State) -> int:
    """Account of all neoclouds."""
    return state.applicants.size + 2 * state.utilities.size + 3


@step
def vendor_account(state: State) -> int:
    """Account of the chip vendor."""
    return state.applicants.size + 2 * state.utilities.size + 4


@rule
def discount(interest_per_year: float, years: float) -> float:
    """Continuous discounting: e^(-r T)."""
    return exp(-interest_per_year * years)


@rule
def study_fee(terms: Terms, row: int, mw: float) -> float:
    """US$ due for the study of a request, never returned."""
    return terms.study_fee_usd[row] + terms.study_fee_usd_per_mw[row] * mw


@rule
def land_rate(params: Params, terms: Terms, row: int) -> float:
    """US$ per MW and year of holding a site: an option on the part not controlled, interest on the part bought.

    A bought site can be sold again, so that only the interest on its price is lost.
    """
    bought = terms.site_control[row]
    option = params.land_usd_per_mw_year
    return option * (1.0 - bought) + option * params.land_purchase_multiple * params.interest_per_year * bought


@rule
def exit_fee(terms: Terms, row: int, mw: float) -> float:
    """US$ due when a signed request leaves: years of the billed minimum, at least 60 % of contracted demand."""
    share = max(terms.minimum_take[row], PURCHASE_MARGIN)
    return terms.exit_fee_years[row] * 12.0 * share * terms.demand_charge_usd_per_mw_month[row] * mw


@rule
def unused_take(terms: Terms, row: int, params: Params) -> float:
    """US$ per MW that a signer owes if the load never comes: minimum take until the exit fee or the term frees it."""
    years = terms.contract_years[row]
    if terms.exit_fee_years[row] > 0.0:
        years = min(years, terms.exit_fee_years[row])
    if years <= 0.0:
        return 0.0
    annuity = years
    if params.interest_per_year > 0.0:
        annuity = (1.0 - discount(params.interest_per_year, years)) / params.interest_per_year
    return terms.minimum_take[row] * terms.demand_charge_usd_per_mw_month[row] * 12.0 * annuity


@step
def settle_filing(state: State, r: int, t: int) -> None:
    """Study fee and deposit of a request filed in month t."""
    request = state.requests[r]
    terms = state.terms
    u, a = request.utility, request.holder
    row = state.term_row[t, u]
    move(state.ledger, a, utility_account(state, u), study_fee(terms, row, request.mw), FEE)
    deposit = terms.deposit_usd_per_mw[row] * request.mw
    move(state.ledger, a, escrow_account(state, u), deposit, DEPOSIT)
    request.deposit_usd = deposit
    request.deposit_paid_usd = deposit


@step
def settle_deposit(state: State, r: int, usd: float) -> None:
    """A further deposit of the holder, on top of what it has paid."""
    request = state.requests[r]
    move(state.ledger, request.holder, escrow_account(state, request.utility), usd, DEPOSIT)
    request.deposit_usd += usd
    request.deposit_paid_usd += usd


@step
def settle_readiness(state: State, r: int, t: int) -> None:
    """The deposit due when the study is done: a share of the upgrade that it assigns; a restudy brings it up to date."""
    request = state.requests[r]
    row = state.term_row[t, request.utility]
    due = state.terms.readiness_share[row] * request.upgrade_usd - request.readiness_usd
    if due > 0.0:
        settle_deposit(state, r, due)
        request.readiness_usd += due


@step
def settle_confirmation(state: State, r: int, t: int) -> None:
    """The deposit of the terms now in force, less what has been paid."""
    request = state.requests[r]
    row = state.term_row[t, request.utility]
    due = state.terms.deposit_usd_per_mw[row] * request.mw - (request.deposit_paid_usd - request.readiness_usd)
    if due > 0.0:
        settle_deposit(state, r, due)


@step
def settle_signature(state: State, r: int, t: int) -> None:
    """Collateral due with the agreement, and the assigned upgrade; the filing deposit stays where it is."""
    request = state.requests[r]
    terms = state.terms
    u, a = request.utility, request.holder
    row = state.term_row[t, u]
    collateral = terms.collateral_usd_per_mw[row] * request.mw + terms.security_share[row] * request.upgrade_usd
    move(state.ledger, a, escrow_account(state, u), collateral, COLLATERAL)
    request.collateral_usd = collateral
    move(state.ledger, a, utility_account(state, u), request.upgrade_usd, UPGRADE)


@step
def settle_service(state: State, r: int) -> None:
    """At energisation the deposit and the collateral go back in full."""
    request = state.requests[r]
    u, a = request.utility, request.holder
    back = request.deposit_usd + request.collateral_usd
    move(state.ledger, escrow_account(state, u), a, back, REFUND)
    request.deposit_usd = 0.0
    request.collateral_usd = 0.0


@step
def settle_exit(state: State, r: int, t: int) -> None:
    """What leaving in month t costs: the share of the deposit not returned, all collateral, and the exit fee once signed.

    Assigned upgrades already paid are not returned. Reads the stage in which the request leaves.
    """
    request = state.requests[r]
    terms = state.terms
    u, a = request.utility, request.holder
    row = state.term_row[t, u]
    refund = request.deposit_usd * terms.deposit_refundable_share[row]
    lost = request.deposit_usd - refund + request.collateral_usd
    move(state.ledger, escrow_account(state, u), a, refund, REFUND)
    move(state.ledger, escrow_account(state, u), utility_account(state, u), lost, FORFEIT)
    if SIGNED <= request.stage < ENERGISED:
        move(state.ledger, a, utility_account(state, u), exit_fee(terms, row, request.mw), EXIT_FEE)
    request.deposit_usd = 0.0
    request.collateral_usd = 0.0


@step
def settle_land(state: State) -> None:
    """Every applicant's cost, added up over the month, of sites that are not yet in service."""
    for i in range(state.applicants.size):
        applicant = state.applicants[i]
        move(state.ledger, i, land_account(state), applicant.land_usd, LAND)


@step
def settle_bill(state: State, r: int, drawn_mw: float, t: int) -> None:
    """A month's bill of an energised request: the demand charge on what it draws, or on the minimum take if that is more."""
    request = state.requests[r]
    terms = state.terms
    u, a = request.utility, request.holder
    row = state.term_row[t, u]
    charge = terms.demand_charge_usd_per_mw_month[row]
    move(state.ledger, a, utility_account(state, u), charge * drawn_mw, DEMAND_CHARGE)
    if t - request.energised < 12.0 * terms.contract_years[row]:
        short_mw = max(0.0, terms.minimum_take[row] * request.mw - drawn_mw)
        move(state.ledger, a, utility_account(state, u), charge * short_mw, MINIMUM_TAKE)


@step
def settle_resale(state: State, r: int, buyer: int, usd: float) -> None:
    """A developer's position goes to a buyer: the price, and the deposit that the buyer makes good to the seller."""
    request = state.requests[r]
    move(state.ledger, buyer, request.holder, usd + request.deposit_usd, RESALE)
