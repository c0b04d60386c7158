"""Strategies: how a claimant chooses its signal from what it knows.

`heuristic` anchors and adjusts on the forecast (Sterman 1989) and files the profitable number of copies, tempered by fear;
`honest` asks once for what it will need; `best_reply` and `ewa` choose a multiple (`gridsim.model.choice`); `option_value`
enters while a queue position is worth more than it costs. The pure rules here know nothing of queues; `planning` gives them
their inputs and writes the decisions down.
"""

from __future__ import annotations

from gridsim.model.compiling import rule
from gridsim.model.settlement import discount


@rule
def chance_of_any(approval: float, copies: int) -> float:
    """Chance that at least one of k independent copies is approved: 1 - (1 - p)^k."""
    none = 1.0
    for _ in range(copies):
        none *= 1.0 - approval
    return 1.0 - none


@rule
def copies_cost(copies: int, any_approved: float, fee: float, deposit: float, refundable: float, kept: float) -> float:
    """Cost of filing k copies of one project, in the money of `fee` and `deposit`.

    k (f + d (1 - e^-rT)) + (1 - rho) d e^-rT (k - 1) (1 - (1 - p)^k): fees and carrying cost of all, and the forfeited
    deposits of the siblings once one is approved; `kept` is e^-rT. Simultaneous search as in Stigler 1961 and Chade & Smith
    2006; our derivation.
    """
    return copies * (fee + deposit * (1.0 - kept)) + (1.0 - refundable) * deposit * kept * (copies - 1) * any_approved


@rule
def best_copies(
    value: float,
    approval: float,
    fee: float,
    deposit: float,
    refundable: float,
    interest: float,
    years: float,
    liability: float,
    sites: int,
) -> int:
    """The whole number k <= sites that maximises V (1 - (1 - p)^k) - cost(k) - (k - 1) * liability; the least one of equals.

    `fee` is everything lost with each copy whatever happens, `liability` the expected cost of each copy beyond the first
    of signing more than is needed. 0 where even one copy does not pay.
    """
    best, best_net = 0, 0.0
    none, kept = 1.0, discount(interest, years)
    for k in range(1, sites + 1):
        none *= 1.0 - approval
        any_approved = 1.0 - none
        net = value * any_approved - copies_cost(k, any_approved, fee, deposit, refundable, kept)
        net -= (k - 1) * liability
        if net > best_net:
            best, best_net = k, net
    return best


@rule
def tempered_copies(best: int, fear: float) -> int:
    """Copies that an agent files: between one and the profitable number, by its fear; to the nearest whole number."""
    return 1 + int(fear * (max(best, 1) - 1) + 0.5)


@rule
def entry_return(
    approval: float,
    sale: float,
    resale: float,
    fee: float,
    deposit: float,
    refundable: float,
    interest: float,
    years: float,
) -> float:
    """Expected profit of a speculative position over its cost: (q C - c) / c with q = approval x sale.

    c = f + d (1 - e^-rT) + (1 - rho) d e^-rT (1 - q): a queue position as a call option, as in real options (Dixit &
    Pindyck 1994); our derivation. Free entry ends where q = c / C. A position that costs nothing returns at most 100.
    """
    q = approval * sale
    kept = discount(interest, years)
    cost = fee + deposit * (1.0 - kept) + (1.0 - refundable) * deposit * kept * (1.0 - q)
    profit = q * resale - cost
    return 100.0 if profit > 100.0 * cost else profit / max(cost, 1e-300)
