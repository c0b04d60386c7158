"""The price of filing: which deposit, lost by whoever leaves, shortens the queue, and which only costs."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from gridsim.cli import script
from gridsim.config.reader import load
from gridsim.figures.batch import Response
from gridsim.figures.charts import Chart
from gridsim.reproduce.parts import seeds
from gridsim.study.batch import run_batch
from gridsim.study.overview import Overview

CONFIGS = Path(__file__).parents[1] / "configs"
DEPOSIT = "policy.deposit_usd_per_mw"
LEVELS = [0, 10_000, 25_000, 50_000, 100_000, 200_000]
MEASURES = ("power_claims.peak", "unserved_need_mw.mean")


def make(quick: bool) -> list[Chart]:
    """Requests at their peak, and need without power, against the deposit."""
    scenario = load(CONFIGS / "baseline.yaml", {"policy.from": "2025-01", "policy.deposit_refundable_share": 0})
    measures = [name.partition(".")[0] for name in MEASURES]
    with tempfile.TemporaryDirectory() as folder:
        runs = range(1, seeds(quick) + 1)
        store = Overview(
            run_batch(scenario, runs, folder, sweep={"grid": {DEPOSIT: LEVELS}}, measures=measures, series=[])
        )
        drawn = [(name, Response(name, store.scalar(name, by=DEPOSIT), DEPOSIT)) for name in MEASURES]
    return [
        Chart(name.partition(".")[0].replace("_", "-"), name, r.title(), r.caption(), r.alt(), r.figure(), r.table())
        for name, r in drawn
    ]


if __name__ == "__main__":
    sys.exit(script(__file__))
