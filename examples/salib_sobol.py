"""Sobol' indices of the queue's peak with SALib: which of four assumed values explains how much of its spread?

    python examples/salib_sobol.py [--quick]

About 1,500 runs; `--quick` makes few and short ones, whose numbers mean nothing.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from SALib.analyze import sobol as analyse
from SALib.sample import sobol as sample

import gridsim

BASELINE = Path(__file__).parents[1] / "configs" / "baseline.yaml"
PROBLEM = {
    "num_vars": 4,
    "names": [
        "beliefs__narrative_weight",  # two underscores stand for a dot
        "beliefs__planning__padding",
        "actors__labs__overreaction",
        "demand__projects__quality_shape",
    ],
    "bounds": [[0.0, 0.7], [0.0, 0.5], [0.0, 2.0], [0.5, 2.0]],
}


def main(quick: bool) -> None:
    """Print the first-order and the total index of each value."""
    scenario = gridsim.load(BASELINE, {"horizon_months": 24 if quick else 120})
    seeds = range(1, 2 if quick else 5)
    points = sample.sample(PROBLEM, 4 if quick else 64, calc_second_order=False, seed=1)

    def peak_gw(point: np.ndarray) -> float:
        """The queue's peak, mean over the same seeds at every point."""
        values = dict(zip(PROBLEM["names"], point, strict=True))
        runs = [gridsim.run(scenario, seed=seed, measures=["queued_mw"], **values) for seed in seeds]
        return float(np.mean([run["queued_mw"].max() for run in runs])) / 1000

    with ThreadPoolExecutor() as pool:  # the compiled model holds no lock of Python's
        peaks = np.array(list(pool.map(peak_gw, points)))
    found = analyse.analyze(PROBLEM, peaks, calc_second_order=False, seed=1)
    print(f"peak of the queue in {len(points)} points: {peaks.min():.0f} to {peaks.max():.0f} GW")
    print(f"{'value':34}{'first order':>12}{'total':>8}")
    for name, first, total in zip(PROBLEM["names"], found["S1"], found["ST"], strict=True):
        print(f"{name.replace('__', '.'):34}{first:12.2f}{total:8.2f}")


if __name__ == "__main__":
    main("--quick" in sys.argv[1:])
