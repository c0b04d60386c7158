"""What scripts of a paper share: both worlds of a scenario's contrast, and charts of one run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gridsim.config.reader import load
from gridsim.config.scenario import Scenario
from gridsim.engine.contrast import worlds
from gridsim.engine.simulate import simulate
from gridsim.figures import spread
from gridsim.figures.charts import MAKERS, Chart, chart, contrast_chart

SEEDS, QUICK_SEEDS = 100, 8


def seeds(quick: bool) -> int:
    """Seeds of a full or of a quick figure."""
    return QUICK_SEEDS if quick else SEEDS


def with_and_without(path: Path, quick: bool, columns: Sequence[str] = ()) -> list[Chart]:
    """Both worlds of a scenario's contrast under the same seeds: the chart of a report, and fans of some measures."""
    scenario = load(path, {"contrast.seeds": seeds(quick)})
    both = worlds(scenario)
    out = [contrast_chart(both)]
    for panel in (spread.BY_COLUMN[column] for column in columns):
        texts = spread.title(both, panel), spread.caption(both, panel), spread.alt(both, panel)
        name = panel.column.replace("_", "-")
        out.append(Chart(name, panel.name, *texts, spread.figure(both, panel), spread.table(both, panel)))
    return out


def of_one_run(scenario: Scenario, *names: str) -> list[Chart]:
    """Charts of a report, of the run of the scenario's own seed with its honest twin."""
    result = simulate(scenario, scenario.seed, twin=True)
    makers = {name: (heading, maker) for name, heading, maker in MAKERS}
    return [chart(name, *makers[name], result) for name in names]
