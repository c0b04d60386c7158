"""Restudy gridlock: one withdrawal makes the utility study later requests again."""

from __future__ import annotations

from pathlib import Path

from gridsim.figures.charts import Chart
from gridsim.reproduce.parts import with_and_without

CONFIGS = Path(__file__).parents[1] / "configs"


def make(quick: bool) -> list[Chart]:
    """The charts."""
    return with_and_without(CONFIGS / "mechanisms/m03_restudy_gridlock.yaml", quick, ["queued_mw", "energised_mw"])
