"""Sensitivity: which assumed values the length of the queue depends on, luck of seeds apart."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from gridsim.cli import script
from gridsim.config.reader import load
from gridsim.config.sweep import read_sweep
from gridsim.figures import sensitivity as figures
from gridsim.figures.charts import Chart
from gridsim.study.batch import run_batch
from gridsim.study.variance import sensitivity

CONFIGS = Path(__file__).parents[1] / "configs"
MEASURE = "queued_mw.peak"


def make(quick: bool) -> list[Chart]:
    """A screening by Morris's method; quickly, with three trajectories of two seeds."""
    sweep = read_sweep(CONFIGS / "sweeps" / "assumptions_morris.yaml").model_dump(exclude_unset=True)
    if quick:
        sweep["sample"]["points"] = 3
    runs = range(1, 3 if quick else 6)
    with tempfile.TemporaryDirectory() as folder:
        batch = run_batch(load(CONFIGS / "baseline.yaml"), runs, folder, sweep=sweep, measures=["queued_mw"], series=[])
        return [figures.chart(sensitivity(batch, MEASURE), MEASURE)]


if __name__ == "__main__":
    sys.exit(script(__file__))
