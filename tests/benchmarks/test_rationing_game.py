"""The rationing game is one game, whoever plays it; the gate of the benchmark sees when it is not. Nothing is timed here."""

from __future__ import annotations

import sys

import numba
import numpy as np
import pytest

from benchmarks.rationing_game import __main__ as benchmark
from benchmarks.rationing_game import equivalence, peers, report
from benchmarks.rationing_game.game import COLUMNS, GAME, PERIODS, Peer, keyed_luck
from benchmarks.rationing_game.timing import Timed
from gridsim.model import draws

HERE = ("gridsim", "C", "C, fused", "C, arranged", "NumPy", "Mesa")
"""What the packages of the tests, and a C compiler where there is one, suffice for."""
SIZES, SEEDS = (1, 2, 60), (0, 2**40 + 7)
SEED_OF_A_LARGE_LAB = 2**40 + 7
"""Alone with a capacity of 0.9 it needs more than that, and its belief falls to the floor."""


@pytest.fixture(scope="module")
def found() -> list[Peer]:
    return peers.find([place for place in peers.PLACES if place[0] in HERE]).peers


def altered(peer: Peer, column: str, by: float) -> Peer:
    """An implementation that logs one number wrong."""

    def log(model):
        wrong = peer.log(model).copy()
        wrong[PERIODS // 2, COLUMNS.index(column)] *= 1.0 + by
        return wrong

    return peer._replace(log=log)


def test_all_implementations_log_the_same_on_the_same_draws(found):
    assert {"gridsim", "NumPy", "Mesa"} <= {peer.name for peer in found}
    assert equivalence.faults(found, SIZES, SEEDS) == []


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="too many agents for uncompiled kernels")
def test_frameworks_draw_from_the_same_distributions_by_themselves(found):
    assert equivalence.faults_of_own_draws(found) == []


@pytest.mark.parametrize("column", COLUMNS)
def test_the_gate_sees_a_difference_above_its_tolerance_in_every_column(found, column):
    for number, peer in enumerate(found[1:], start=1):
        pair = [found[0], altered(peer, column, 1e-11)]
        (fault,) = equivalence.faults(pair, [7], [3])
        assert fault.startswith(f"{found[number].name}, 7 agents, seed 3: {column} in row 60 is ")


def test_the_gate_wants_every_bit_of_those_that_promise_them(found):
    for peer in found[1:]:
        faults = equivalence.faults([found[0], altered(peer, "orders", 1e-15)], [7], [3])
        assert bool(faults) == peer.same_bits


def test_the_gate_sees_numbers_that_are_none_and_rows_that_are_missing(found):
    peer = found[-1]
    assert equivalence.faults([found[0], altered(peer, "demand", np.nan)], [2], [0])
    assert equivalence.faults([found[0], peer._replace(log=lambda model: peer.log(model)[1:])], [2], [0])


def test_another_game_does_not_pass(found, monkeypatch):
    from benchmarks.rationing_game import numpy_peer

    numpy = next(peer for peer in found if peer.name == "NumPy")
    for parameter, value in GAME._asdict().items():
        monkeypatch.setattr(numpy_peer, "GAME", GAME._replace(**{parameter: value * (1.0 + 1e-9)}))
        assert equivalence.faults([found[0], numpy], [1], [SEED_OF_A_LARGE_LAB]), parameter


def test_a_failed_gate_ends_the_benchmark_before_anything_is_timed(found, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["rationing_game"])
    monkeypatch.setattr(benchmark, "find", lambda: peers.Found([found[0], altered(found[0], "orders", 1e-9)], {}))
    monkeypatch.setattr(equivalence, "SIZES", (2,))
    for timed in ("measure", "seconds_to_start"):
        monkeypatch.setattr(benchmark, timed, lambda *_: pytest.fail("timed"))
    assert benchmark.main() == 1
    assert "not the same game" in capsys.readouterr().err


def test_luck_is_what_the_declaration_says():
    luck = keyed_luck(3, 11)
    assert luck.base[2] == 0.5 + draws.uniform(11, draws.SIZE, 0, 2)
    assert luck.noise[5, 1] == draws.normal(11, draws.NEED_NOISE, 5, 1)
    assert (draws.NEED_NOISE, draws.SIZE) == (1, 7)  # written out in the declaration and in game.c


def test_a_missing_compiler_and_a_missing_package_are_said(monkeypatch):
    monkeypatch.setenv("CC", "no-such-compiler")
    monkeypatch.delitem(sys.modules, "benchmarks.rationing_game.c_peer", raising=False)
    monkeypatch.setitem(sys.modules, "mesa", None)
    monkeypatch.delitem(sys.modules, "benchmarks.rationing_game.mesa_peer", raising=False)
    places = [place for place in peers.PLACES if place[0] in ("C", "Mesa")]
    assert peers.find(places) == ([], {"C": "no C compiler", "Mesa": "mesa is not installed"})


def test_ratios_compare_least_times_at_the_same_number_of_agents():
    timed = [Timed("gridsim", 10, 3, 2.0, 3.0, 0.0), Timed("C", 10, 3, 1.0, 9.0, 0.0), Timed("C", 20, 3, 5.0, 5.0, 0.0)]
    assert report.ratio(timed, "C", 10) == 0.5
    assert report.ratio(timed, "C", 20) is None
    assert report.verdicts(timed) == ["target MISSED: at most 1.15 times the time of C; with 10 agents 2.00 times"]
    assert "| C | 10 | 0.0012 | 0.000133 |" in report.table(
        timed, {"gridsim": 1.0, "C": 1.0}, {"AgentPy": "not installed"}
    )
