"""Apparent and real scarcity, layer by layer: power, GPUs, quota, tokens."""

from __future__ import annotations

import sys
from pathlib import Path

from gridsim.cli import script
from gridsim.config.reader import load
from gridsim.figures.charts import Chart
from gridsim.reproduce.parts import of_one_run

CONFIGS = Path(__file__).parents[1] / "configs"


def make(quick: bool) -> list[Chart]:
    """The four layers and the two kinds of scarcity in one run; a quick one is the same."""
    return of_one_run(load(CONFIGS / "everything.yaml"), "layers", "scarcity", "funnel")


if __name__ == "__main__":
    sys.exit(script(__file__))
