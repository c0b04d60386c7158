"""Commons: use of what nobody pays for."""

from __future__ import annotations

from gridsim.games.commons import PIGOU, pool, price_of_anarchy
from gridsim.theory.registry import Row, case


@case(
    "F3",
    "A common pool with N users, and Pigou's roads",
    "Cournot 1838 and Hardin 1968, Science 162:1243-1248; Roughgarden & Tardos 2002, Journal of the ACM 49(2):236-259",
    "published formula",
)
def commons() -> list[Row]:
    """Best replies in turn against the best use; drivers who change over one by one against the least mean delay."""
    table = ((2, 0.8888888889, 1.333333333), (5, 0.5555555556, 1.666666667), (20, 0.1814058957, 1.904761905))
    rows = []
    for users, efficiency, overuse in table:
        use = pool(1.0, users)
        rows.append(Row(f"yield over the best, {users} users", use.efficiency, efficiency, 1e-6))
        rows.append(Row(f"use over the best, {users} users", use.overuse, overuse, 1e-6))
    return [*rows, Row("delay over the least, Pigou's roads", price_of_anarchy(PIGOU), 1.333333333, 1e-6)]
