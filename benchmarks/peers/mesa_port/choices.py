"""What a decision is worth: rules of numbers, with the equations of the model description."""

from __future__ import annotations

from collections.abc import Iterable
from types import SimpleNamespace

from .luck import exp, log
from .terms import CostOfFiling

SCARCITY_MAX = 100.0


def capped(scarcity: float) -> float:
    """Scarcity as people can hold it: no NaN, nothing beyond the cap."""
    return scarcity if scarcity < SCARCITY_MAX else SCARCITY_MAX


def added(values: Iterable[float]) -> float:
    """Plain sum in order (the built-in one compensates)."""
    total = 0.0
    for value in values:
        total += value
    return total


def damped_trend(trend: float, damping: float, months: float) -> float:
    """Growth that a damped trend foretells: b (d + d^2 + ... + d^n)."""
    n = float(int(months + 0.5))
    if damping >= 1.0:
        return trend * n
    return trend * damping * (1.0 - exp(n * log(damping))) / (1.0 - damping)


def chance_of_any(approval: float, copies: int) -> float:
    """Chance that at least one of k independent copies is approved: 1 - (1 - p)^k."""
    none = 1.0
    for _ in range(copies):
        none *= 1.0 - approval
    return 1.0 - none


def best_copies(rules: SimpleNamespace, costs: CostOfFiling, approval: float, years: float) -> int:
    """The whole number k that maximises V (1 - (1 - p)^k) - cost(k) - (k - 1) liability; 0 where nothing pays."""
    mw, kept = rules.size_mean_mw, exp(-rules.interest_per_year * years)
    value, deposit = rules.value_usd_per_mw * mw, costs.deposit * mw
    each = costs.fee + costs.land * years * mw + deposit * (1.0 - kept)
    forfeited = (1.0 - costs.refund) * deposit * kept
    liability = approval / (12.0 * years) * costs.leave * mw
    best, best_net, none = 0, 0.0, 1.0
    for k in range(1, rules.sites_max + 1):
        none *= 1.0 - approval
        any_approved = 1.0 - none
        net = value * any_approved - (k * each + forfeited * (k - 1) * any_approved) - (k - 1) * liability
        if net > best_net:
            best, best_net = k, net
    return best


def entry_return(rules: SimpleNamespace, costs: CostOfFiling, success: float, worth: float, years: float) -> float:
    """Expected profit of a speculative position over its cost: (q C - c) / c, q the chance of success."""
    kept = exp(-rules.interest_per_year * years)
    fee = costs.fee / rules.size_mean_mw + costs.land * years
    cost = fee + costs.deposit * (1.0 - kept) + (1.0 - costs.refund) * costs.deposit * kept * (1.0 - success)
    profit = success * worth - cost
    return 100.0 if profit > 100.0 * cost else profit / max(cost, 1e-300)
