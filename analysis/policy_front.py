"""The policy front: which rules take away phantom requests, and what each costs those who need power."""

from __future__ import annotations

import sys
from pathlib import Path

from gridsim.cli import script
from gridsim.config.reader import load
from gridsim.figures import comparison
from gridsim.figures.charts import Chart
from gridsim.study.compare import compare

CONFIGS = Path(__file__).parents[1] / "configs"
POLICIES = ("deposit", "minimum_take", "collateral", "cluster", "confirm", "disclosure", "readiness", "order_2023")


def make(quick: bool) -> list[Chart]:
    """Eight rules against the baseline in the same worlds."""
    names = ("baseline", *POLICIES)
    paths = [CONFIGS / "baseline.yaml", *(CONFIGS / "policies" / f"{name}.yaml" for name in POLICIES)]
    found = compare([load(path) for path in paths], range(1, 6 if quick else 51), names=names)
    return comparison.charts(found.differences, found.ranks)


if __name__ == "__main__":
    sys.exit(script(__file__))
