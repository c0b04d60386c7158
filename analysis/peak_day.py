"""A peak day: what users ask for by the hour, against what serving can compute."""

from __future__ import annotations

import sys
from pathlib import Path

from gridsim.cli import script
from gridsim.config.reader import load
from gridsim.figures.charts import Chart
from gridsim.reproduce.parts import of_one_run, with_and_without

CONFIGS = Path(__file__).parents[1] / "configs"


def make(quick: bool) -> list[Chart]:
    """A week of one run, and the world without hours under many seeds."""
    path = CONFIGS / "mechanisms" / "m10_peak_throttling.yaml"
    return [*of_one_run(load(path), "week"), *with_and_without(path, quick)]


if __name__ == "__main__":
    sys.exit(script(__file__))
