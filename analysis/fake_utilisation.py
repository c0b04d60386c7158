"""Fake utilisation: teams run useless jobs to keep their quota."""

from __future__ import annotations

import sys
from pathlib import Path

from gridsim.cli import script
from gridsim.figures.charts import Chart
from gridsim.reproduce.parts import with_and_without

CONFIGS = Path(__file__).parents[1] / "configs"


def make(quick: bool) -> list[Chart]:
    """The charts."""
    return with_and_without(CONFIGS / "mechanisms/m07_fake_utilisation.yaml", quick)


if __name__ == "__main__":
    sys.exit(script(__file__))
