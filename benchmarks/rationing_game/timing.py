"""How fast the implementations are: all in one process on one core, in turns."""

from __future__ import annotations

import gc
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from benchmarks.rationing_game.game import PERIODS, Peer

SECONDS_PER_TURN = 0.05
"""A peer plays in its turn until this much is spent, once at least."""
SLOW_SECONDS, SLOW_ROUNDS = 1.0, 6
"""Who takes longer than this for one play sits out after that many rounds."""
START = """
import sys, time
from benchmarks.rationing_game import game, peers
begin = time.perf_counter()
(peer,) = peers.find([place for place in peers.PLACES if place[0] == sys.argv[1]]).peers
peer.play(peer.build(2, 0, None))
print(time.perf_counter() - begin)
"""


class Timed(NamedTuple):
    """What one implementation took for one number of agents."""

    name: str
    n: int
    plays: int
    least_seconds: float
    median_seconds: float
    least_build_seconds: float

    @property
    def nanoseconds(self) -> float:
        """Least time of an agent-step."""
        return 1e9 * self.least_seconds / (self.n * PERIODS)

    @property
    def steps_per_second(self) -> float:
        """Agent-steps per second, at the least time."""
        return self.n * PERIODS / self.least_seconds

    @property
    def median_steps_per_second(self) -> float:
        """Agent-steps per second, at the median time."""
        return self.n * PERIODS / self.median_seconds


class Times:
    """Seconds of the plays and builds of one implementation."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.plays: list[float] = []
        self.builds: list[float] = []

    def turn(self, n: int, clock: Callable[[], float] = time.perf_counter) -> None:
        """Build and play anew until the turn is over."""
        gc.collect()
        end = clock() + SECONDS_PER_TURN
        while True:
            begin = clock()
            model = self.peer.build(n, len(self.plays), None)
            built = clock()
            self.peer.play(model)
            done = clock()
            self.builds.append(built - begin)
            self.plays.append(done - built)
            if done > end:
                return


def measure(peers: Sequence[Peer], n: int, rounds: int) -> list[Timed]:
    """Time all implementations in turns, so that what else the machine does falls on all alike."""
    all_times = [Times(peer) for peer in peers]
    for number in range(rounds):
        for times in all_times:
            if number < SLOW_ROUNDS or min(times.plays) < SLOW_SECONDS:
                times.turn(n)
    return [
        Timed(t.peer.name, n, len(t.plays), min(t.plays), statistics.median(t.plays), min(t.builds)) for t in all_times
    ]


def seconds_to_start(name: str) -> float:
    """Seconds to import an implementation, compile it and play 2 agents, in a process of its own with an empty cache."""
    with tempfile.TemporaryDirectory() as cache:
        environment = os.environ | {"GRIDSIM_CACHE": cache}
        command = [sys.executable, "-c", START, name]
        done = subprocess.run(command, check=True, env=environment, capture_output=True, text=True)
    return float(done.stdout)
