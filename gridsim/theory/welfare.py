"""Group F, welfare: what the share rule costs, and whether what claimants pay is lost. F3 is the commons of their layers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gridsim.games.contract import Contract
from gridsim.games.game import RationingGame
from gridsim.games.replies import Search, maximise, settle
from gridsim.model.group import F
from gridsim.theory.registry import Row, case


def linear_users(slopes: Sequence[float], kinds: Sequence[int], contract: Contract) -> RationingGame:
    """Users of each kind value every unit alike; one unit is shared by what they bid."""

    def value(kind: int, signal: F, own: F, others: F) -> F:
        return slopes[kind] * own

    return RationingGame("kelly", 1.0, value, kinds, contract)


def efficiency(game: RationingGame, start: Sequence[float], pace: float | Sequence[float]) -> float:
    """Welfare in equilibrium over the most that there could be, where the user of the highest slope has everything."""
    settled = settle(game, start, Search(2.0), pace=pace, tolerance=1e-7)
    if not settled.at_rest:
        return np.nan
    best = max(float(game.value(kind, np.ones(1), np.ones(1), np.zeros(1))[0]) for kind in game.kinds)
    return game.welfare(settled.signals) / best


def worst_slope(users: int, slope: float) -> float:
    """Efficiency where one user values a unit at 1 and all the others at `slope` each."""
    game = linear_users((1.0, slope), [0] + [1] * (users - 1), Contract(fee=1.0))
    share = 0.4 / (users - 1)  # near the worst equilibrium, where the one gets about half
    pace = [0.7] + [2.0 / users] * (users - 1)
    return efficiency(game, [0.25] + [0.25 * share / 0.4] * (users - 1), pace)


@case(
    "F1",
    "Sharing by bids loses at most a quarter",
    "Johari & Tsitsiklis 2004, Mathematics of Operations Research 29(3):407-435; Kelly 1997, European Transactions on "
    "Telecommunications 8:33-37",
    "published formula",
)
def price_of_anarchy() -> list[Row]:
    """Bids are paid. The worst slope of the many small users is searched for; the loss grows towards 1/4 with their number."""
    rows = []
    for users, worst in ((2, 0.8284271247), (3, 0.7979589711), (10, 0.7629936491), (100, 0.7512547111)):

        def loss(slopes: F, users: int = users) -> F:
            return np.array([-worst_slope(users, slope) for slope in slopes.tolist()])

        found = -maximise(loss, Search(0.6, low=0.35, lattice=0.01))[1]
        rows.append(Row(f"efficiency, {users} users, worst slope", found, worst, 2e-4))
    rng = np.random.default_rng(1)
    drawn = []
    for _ in range(10):
        slopes = rng.uniform(0.1, 1.0, 4)
        drawn.append(efficiency(linear_users(slopes.tolist(), range(4), Contract(fee=1.0)), [0.1] * 4, 0.4))
    low = min(drawn)
    return [*rows, Row("how far below 3/4, ten random games", max(0.0, 0.75 - low), 0.0, 1e-6)]


@case(
    "F2",
    "The same signals paid or burned",
    "derived; from Johari & Tsitsiklis 2004, Mathematics of Operations Research 29(3):407-435, and Tullock 1980",
    "derived",
)
def paid_or_burned() -> list[Row]:
    """N equal users send the same signals; paid, nothing is lost, burned, all but 1 / N."""
    rows = []
    for users, kept in ((2, 0.5), (4, 0.25), (10, 0.1)):
        start, pace = [0.1] * users, 2.0 / users
        paid, burned = (
            efficiency(linear_users((1.0,), [0] * users, contract), start, pace)
            for contract in (Contract(fee=1.0), Contract(burn=1.0))
        )
        rows += [
            Row(f"efficiency, {users} users, paid", paid, 1.0, 1e-6),
            Row(f"efficiency, {users} users, burned", burned, kept, 1e-6),
            Row(f"share of the rent dissipated, {users} users", 1.0 - burned / paid, 1.0 - kept, 1e-6),
        ]
    return rows
