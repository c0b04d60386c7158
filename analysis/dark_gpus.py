"""GPUs left dark: owners sit out low prices."""

from __future__ import annotations

from pathlib import Path

from gridsim.figures.charts import Chart
from gridsim.reproduce.parts import with_and_without

CONFIGS = Path(__file__).parents[1] / "configs"


def make(quick: bool) -> list[Chart]:
    """The charts."""
    return with_and_without(CONFIGS / "mechanisms/m05_dark_gpu_release.yaml", quick)
