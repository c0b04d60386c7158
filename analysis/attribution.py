"""Attribution: which mechanism causes how much of the requests for power, in factors."""

from __future__ import annotations

import sys
from pathlib import Path

from gridsim.cli import script
from gridsim.config.reader import load
from gridsim.figures import attribution_page
from gridsim.figures.charts import Chart
from gridsim.study import attribution

CONFIGS = Path(__file__).parents[1] / "configs"


def make(quick: bool) -> list[Chart]:
    """Every subset of the gaming and waste that is on; quickly, of the three of the baseline."""
    scenario = load(CONFIGS / ("baseline.yaml" if quick else "everything.yaml"))
    names = attribution.chosen(scenario, None)
    design = attribution.designed(names, by_layer=not quick)
    seeds = range(1, 9 if quick else 21)
    return attribution_page.charts(attribution.study(scenario, seeds, "power_claims.peak", names, design, "log"))


if __name__ == "__main__":
    sys.exit(script(__file__))
