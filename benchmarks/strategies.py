"""What a user's strategy costs: `python benchmarks/strategies.py [SCENARIO]`.

Runs the scenario with built-in strategies and with the same ones written by a user, in one process on one core, in turns.
Ratios within one run of this script can be compared between machines; seconds cannot.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import gridsim
from gridsim.engine.prepare import prepare
from gridsim.engine.simulate import run_prepared, warm_up

ROUNDS = 60


@gridsim.strategy("plain")
def plain(gap_mw, scarcity, wait, approval, copies, fear, luck):
    """The gap, in as many areas as fear allows."""
    return 1.0, 1.0 + int(fear * (copies - 1.0) + 0.5)


def main() -> None:
    """Measure and print."""
    path = sys.argv[1] if len(sys.argv) > 1 else str(Path(__file__).parent.parent / "configs" / "baseline.yaml")
    warm_up()
    names = ("heuristic", "honest", "best_reply", "ewa", "plain")
    prepared = {
        name: prepare(gridsim.load(path, {"strategies.labs": name, "strategies.hyperscalers": name})) for name in names
    }
    least = dict.fromkeys(names, float("inf"))
    for _ in range(ROUNDS):
        for name in names:
            begin = time.perf_counter()
            run_prepared(prepared[name], 1)
            least[name] = min(least[name], time.perf_counter() - begin)
    for name in names:
        kind = "a user's" if name == "plain" else "built in"
        print(
            f"{name:12s} {kind:9s} {1000.0 * least[name]:7.2f} ms, {least[name] / least['heuristic']:.2f} of heuristic"
        )


if __name__ == "__main__":
    main()
