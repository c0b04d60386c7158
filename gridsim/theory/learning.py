"""Group L, learners: where claimants end who play a game of groups A and E again and again, and with noise."""

from __future__ import annotations

import numpy as np

from gridsim.games.capacity import States
from gridsim.games.contract import Contract
from gridsim.games.game import RationingGame, newsvendor, served, target
from gridsim.games.learners import BestReply, Ewa, RothErev, long_run_means
from gridsim.games.qre import logit_equilibrium
from gridsim.games.table import Table, tabulate
from gridsim.theory.registry import Row, case

SOURCE = (
    "derived; experience-weighted attraction: Camerer & Ho 1999, Econometrica 67:827-874; Roth & Erev 1995, Games and "
    "Economic Behavior 8:164-212; logit equilibrium: McKelvey & Palfrey 1995, Games and Economic Behavior 10:6-38"
)
ROUNDS, SEEDS = 6000, range(24)
PRECISIONS = (5.0, 20.0, 50.0, 200.0)


def of_means(deviation: float) -> float:
    """Three standard errors of the difference of two means over as many seeds as are played here."""
    return 3.0 * deviation * float(np.sqrt(2.0 / len(SEEDS)))


def learners(
    table: Table,
    nash: float,
    equilibria: tuple[float, float, float, float],
    fictitious: float,
    attraction: tuple[float, float],
    reinforcement: tuple[float, float],
) -> list[Row]:
    """Logit equilibria at each precision, and the mean over seeds of the mean signal late in the play of each learner.

    Of the last two, which lock in, the mean and the standard deviation over seeds are known.
    """
    scaled = table.scaled()
    logits = [float(scaled.signals @ logit_equilibrium(scaled, precision)) for precision in PRECISIONS]
    rows = [
        Row(f"logit equilibrium, precision {precision:g}", got, expected, 1e-8, True)
        for precision, got, expected in zip(PRECISIONS, logits, equilibria, strict=True)
    ]
    weighted = long_run_means(Ewa(delta=1.0, phi=1.0, experience=1.0), scaled, ROUNDS, SEEDS, last=0.5).mean()
    drawn = long_run_means(Ewa(), scaled, ROUNDS, SEEDS, last=0.5).mean()
    earned = long_run_means(RothErev(), scaled, ROUNDS, SEEDS, last=0.5).mean()
    replied = long_run_means(BestReply(), scaled, ROUNDS, SEEDS)
    return [
        *rows,
        Row("weighted fictitious play beside the logit equilibrium", weighted, logits[2], 0.01, True),
        Row("weighted fictitious play", weighted, fictitious, 0.01, True),
        Row("experience-weighted attraction", drawn, attraction[0], of_means(attraction[1])),
        Row("reinforcement", earned, reinforcement[0], of_means(reinforcement[1])),
        Row("best replies, the lowest of all seeds", float(np.min(replied)), nash, 1e-9),
        Row("best replies, the highest of all seeds", float(np.max(replied)), nash, 1e-9),
    ]


def share_contest() -> Table:
    """E1: four need 1 each, worth 10, and share 3 whatever they ask in all, at 0.5 a unit asked; requests 0 to 45."""
    game = RationingGame("kelly", 3.0, served(10.0, 1.0), 4, Contract(deposit=0.5, refundable=0.0))
    return tabulate(game, np.linspace(0.0, 45.0, 61))


def scarce_or_ample() -> Table:
    """A2 with a perceived chance of shortage of 0.8: requests 0 to 6."""
    game = RationingGame("proportional", States([4.0, 1e9], [0.8, 0.2]), newsvendor(4.0, 1.0), 10)
    return tabulate(game, np.linspace(0.0, 6.0, 51))


def capped_shortage() -> Table:
    """A3 with requests from 1 to 10: four want 1 each of 3; lacking a unit costs four times as much as holding one."""
    game = RationingGame("proportional", 3.0, target(1.0, shortage=4.0, holding=1.0), 4)
    return tabulate(game, np.linspace(1.0, 10.0, 37))


@case("L1", "Learners in the share contest", SOURCE, "derived")
def on_the_contest() -> list[Row]:
    """Noise raises requests where it is strong and lowers them where it is moderate."""
    logits = (14.40783075, 10.10927762, 10.41337028, 11.16446839)
    return learners(share_contest(), 11.25, logits, 10.41292708, (8.9921875, 2.416071676), (10.027625, 1.743164848))


@case("L2", "Learners before a capacity that may be short", SOURCE, "derived")
def on_perceived_shortage() -> list[Row]:
    """All but best reply end a little above the equilibrium."""
    logits = (3.075215785, 3.06333486, 2.960132286, 2.895980375)
    return learners(scarce_or_ample(), 2.88, logits, 2.960764, (2.961, 0.3493243167), (2.992871, 0.3446476203))


@case(
    "L3",
    "Learners in a certain shortage stay below the cap that is the equilibrium",
    f"{SOURCE}; experiments: Chen, Su & Zhao 2012, Management Science 58(10):1952-1962",
    "derived",
)
def on_the_capped_shortage() -> list[Row]:
    """Best replies run to the cap; whoever errs can err only downwards there."""
    logits = (7.936277881, 9.392629378, 9.798858558, 9.988674905)
    known = (9.201019097, 0.5246325205), (9.207289931, 0.2385067492)
    return learners(capped_shortage(), 10.0, logits, 9.798458333, *known)
