"""Small games played with the allocation rules, contracts and decision rules of the model.

from gridsim.games import Contract, RationingGame, Search, served, settle

game = RationingGame("proportional", 3.0, served(10.0, needs=1.0), claimants=4, contract=Contract(deposit=0.5, refundable=0.0))
settle(game, [1.0] * 4, Search(high=60.0)).signals      # 11.25 each, for a need of 1
"""

from gridsim.games.capacity import Capacity, States, UniformCapacity
from gridsim.games.contract import Contract
from gridsim.games.game import Game, PrivateKinds, RationingGame, newsvendor, served, target
from gridsim.games.hierarchy import cognitive_hierarchy, level_signals, poisson
from gridsim.games.learners import BestReply, Ewa, Learner, RothErev, long_run_means
from gridsim.games.qre import indifferent_mix, logit, logit_equilibrium
from gridsim.games.replies import Search, best_replies, best_reply, gain_from_deviation, maximise, path, settle
from gridsim.games.rules import Rule
from gridsim.games.table import Table, tabulate

__all__ = [
    "BestReply",
    "Capacity",
    "Contract",
    "Ewa",
    "Game",
    "Learner",
    "PrivateKinds",
    "RationingGame",
    "RothErev",
    "Rule",
    "Search",
    "States",
    "Table",
    "UniformCapacity",
    "best_replies",
    "best_reply",
    "cognitive_hierarchy",
    "gain_from_deviation",
    "indifferent_mix",
    "level_signals",
    "logit",
    "logit_equilibrium",
    "long_run_means",
    "maximise",
    "newsvendor",
    "path",
    "poisson",
    "served",
    "settle",
    "tabulate",
    "target",
]
