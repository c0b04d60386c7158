"""Allocation rules: what windows that ration change, beside shares in proportion."""

from __future__ import annotations

from pathlib import Path

from gridsim.figures.charts import Chart
from gridsim.reproduce.parts import with_and_without

CONFIGS = Path(__file__).parents[1] / "configs"


def make(quick: bool) -> list[Chart]:
    """The charts."""
    return with_and_without(CONFIGS / "policies/window_auction.yaml", quick, ["queued_mw"])
