"""How the time of a run grows: `python benchmarks/scaling.py [--rounds N] [--out FILE]`.

The baseline with more agents (the same need and study desks, shared by more), with more of everything (a market k times as
large), over more months, and with more seeds in one call. All in one process on one core; rounds go through all points in turn
and the least time of each counts. The slope is that of log time over log size: 1 is in proportion.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

HOME = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(HOME))  # when it is run by its path

import numpy as np  # noqa: E402

import gridsim  # noqa: E402
from benchmarks.network_scaling import market  # noqa: E402
from gridsim.engine.prepare import prepare  # noqa: E402
from gridsim.engine.runner import Runner  # noqa: E402
from gridsim.engine.simulate import run_prepared, warm_up  # noqa: E402
from gridsim.model.state import N_ROWS  # noqa: E402

BASELINE = HOME / "configs" / "baseline.yaml"
TIMES = (0.5, 1, 2, 4, 8)
MONTHS = (15, 30, 60, 120, 240, 480)
SEEDS = (1, 10, 100, 400)
ROUND_SECONDS = 0.15


class Point(NamedTuple):
    """One thing to measure: which series, how large, and the scenario; with how many seeds."""

    series: str
    size: float
    runner: Runner
    seeds: int = 1


def with_agents(times: float) -> dict[str, Any]:
    """Overrides that give the baseline so many times as many labs, hyperscalers and developers, of the same total need."""
    actors = gridsim.load(BASELINE).actors
    names = ("labs", "hyperscalers", "developers")
    return {f"actors.{name}.count": max(1, round(times * getattr(actors, name).count)) for name in names}


def points() -> list[Point]:
    """Everything to measure."""

    def runner(**overrides: Any) -> Runner:
        return Runner(prepare(gridsim.load(BASELINE, overrides)))

    found = []
    for times in TIMES:
        many = runner(**with_agents(times))
        found.append(Point("agents", len(many.prepared.applicants.names), many))
    for times in TIMES:
        large = market(times) | {"grid.network.case": "areas", "grid.network.scale": 1.0}
        logged = prepare(gridsim.load(BASELINE, large), keep_log=True)
        requests = int(run_prepared(logged, 1)._state.counts[N_ROWS])
        found.append(Point("requests", requests, runner(**large)))
    found += [Point("months", months, runner(horizon_months=months)) for months in MONTHS]
    return found + [Point("seeds", seeds, runner(), seeds) for seeds in SEEDS]


def measure(found: list[Point], rounds: int) -> list[float]:
    """Least milliseconds of each point."""
    least = [math.inf] * len(found)
    for _ in range(rounds):
        for n, at in enumerate(found):
            spent = 0.0
            while spent < ROUND_SECONDS:
                begin = time.perf_counter()
                list(at.runner.run(range(1, at.seeds + 1)))
                took = time.perf_counter() - begin
                least[n], spent = min(least[n], 1000.0 * took), spent + took
    return least


def summary(found: list[Point], least: list[float]) -> dict[str, Any]:
    """By series: sizes, milliseconds, and the slope."""
    out: dict[str, Any] = {}
    for series in dict.fromkeys(point.series for point in found):
        pairs = [(at.size, ms) for at, ms in zip(found, least, strict=True) if at.series == series]
        x, y = np.log(np.array(pairs)).T
        out[series] = {"points": pairs, "slope": float(np.polyfit(x, y, 1)[0])}
    return out


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description="how the time of a run grows")
    parser.add_argument("--rounds", type=int, default=10, help="times that every point is measured")
    parser.add_argument("--out", type=Path, help="a file for the numbers, as JSON")
    asked = parser.parse_args()
    warm_up()
    all_points = points()
    found = summary(all_points, measure(all_points, asked.rounds))
    for series, values in found.items():
        print(f"time ~ {series} ^ {values['slope']:.2f}: ", end="")
        print(", ".join(f"{size:,.0f} {ms:,.2f} ms" for size, ms in values["points"]))
    if asked.out:
        asked.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
