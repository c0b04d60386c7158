"""Georgia: the pipeline of large loads as observed, and as simulated."""

from __future__ import annotations

import sys
from pathlib import Path

from gridsim.cli import script
from gridsim.config.reader import load
from gridsim.engine.ensemble import ensemble
from gridsim.engine.simulate import simulate
from gridsim.figures import fan
from gridsim.figures.charts import Chart

CONFIGS = Path(__file__).parents[1] / "configs"


def make(quick: bool) -> list[Chart]:
    """The fan of many seeds over the observed quarters."""
    scenario = load(CONFIGS / "georgia.yaml")
    many = ensemble(scenario, range(1, 11 if quick else 201))
    args = (simulate(scenario, scenario.seed, twin=True), many)
    texts = fan.title(*args), fan.caption(*args), fan.alt(*args)
    return [Chart("georgia", "Observed and simulated", *texts, fan.figure(*args), fan.table(*args))]


if __name__ == "__main__":
    sys.exit(script(__file__))
