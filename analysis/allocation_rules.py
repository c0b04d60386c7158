"""Allocation rules: what windows that ration change, beside shares in proportion."""

from __future__ import annotations

import sys
from pathlib import Path

from gridsim.cli import script
from gridsim.figures.charts import Chart
from gridsim.reproduce.parts import with_and_without

CONFIGS = Path(__file__).parents[1] / "configs"


def make(quick: bool) -> list[Chart]:
    """The charts."""
    return with_and_without(CONFIGS / "policies/window_auction.yaml", quick, ["queued_mw"])


if __name__ == "__main__":
    sys.exit(script(__file__))
