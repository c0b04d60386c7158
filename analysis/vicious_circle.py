"""The vicious circle: speculation makes queues longer, and longer queues call for more speculation."""

from __future__ import annotations

from pathlib import Path

from gridsim.figures.charts import Chart
from gridsim.reproduce.parts import with_and_without

CONFIGS = Path(__file__).parents[1] / "configs"


def make(quick: bool) -> list[Chart]:
    """The charts."""
    return with_and_without(CONFIGS / "mechanisms/m01_speculation.yaml", quick, ["queued_mw", "power_phantom_ratio"])
