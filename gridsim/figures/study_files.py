"""The charts of a study as files: a page that stands alone, and of each chart its data and its figure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gridsim import __version__
from gridsim.config.scenario import Scenario
from gridsim.config.written import yaml_text
from gridsim.engine.files import write_whole
from gridsim.figures.charts import Chart
from gridsim.figures.export import export_html
from gridsim.model.jit_cache import source_digest


def write(folder: Path, charts: Sequence[Chart], scenario: Scenario, seeds: str, command: str) -> list[Path]:
    """Write index.html, and of each chart that there is NAME.csv and NAME.json (a Plotly figure); returns their paths.

    The same arguments give the same bytes.

    Args:
        folder: where to; it must be there.
        charts: in their order; what the first one finds stands above all.
        scenario: that is studied.
        seeds: which seeds were run, in words.
        command: what gives the same numbers from a shell.
    """
    page = export_html(
        charts,
        title=scenario.title,
        description=scenario.description,
        headline=f"{charts[0].title or charts[0].missing.removesuffix('.')}.",
        scenario_text=yaml_text(scenario),
        provenance={
            "gridsim": __version__,
            "model": source_digest(),
            "scenario": scenario.digest(),
            "seeds": seeds,
        },
        command=command,
        kicker="gridsim study · simulation",
    )
    texts = {"index.html": page}
    for chart in charts:
        if chart.figure is not None and chart.table is not None:
            texts[f"{chart.name}.csv"] = chart.table.to_csv(index=False, lineterminator="\n")
            texts[f"{chart.name}.json"] = str(chart.figure.to_json())
    return [write_whole(folder / name, text.encode()) for name, text in texts.items()]
