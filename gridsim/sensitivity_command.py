"""The command that says on which uncertain parameters a measure depends."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridsim import tables
from gridsim.batch_commands import Folder, as_bad_input
from gridsim.console import emit, emit_json, emit_table, say, writable_folder
from gridsim.options import AsJson

if TYPE_CHECKING:
    import pandas as pd

    from gridsim.study.results import Batch


def sensitivity(
    folder: Folder,
    measure: Annotated[
        str, typer.Option(metavar="COLUMN.KIND", help="A column of the series, and last, peak or mean.")
    ] = "power_phantom_ratio.peak",
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Write a page, sensitivity.csv and sensitivity.json (the chart, for Plotly) there."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Rank the parameters of a Morris or Saltelli sweep by how much a measure depends on them, luck of seeds apart."""
    from gridsim.study.results import Batch
    from gridsim.study.variance import sensitivity as found_in

    with as_bad_input():
        batch = Batch(folder)
        found = found_in(batch, measure)
    if out is not None:
        write_sensitivity(found, batch, measure, writable_folder(out))
    if as_json:
        emit_json(found.to_dict("records"))
        return
    from gridsim.figures.sensitivity import noise_sentence

    emit(f"{measure} (seeds {int(found['seeds'].iloc[0])}, cells {batch.manifest['cells']:,})")
    columns = [str(name) for name in found if name not in ("parameter", "source", "assumed", "noise_share", "seeds")]
    rows = [
        [
            str(rank),
            row["parameter"],
            "assumed" if row["assumed"] else "sourced" if row["source"] else "",
            *(tables.number(row[c]) for c in columns),
        ]
        for rank, row in enumerate(found.to_dict("records"), 1)
    ]
    emit_table(["rank", "parameter", "evidence", *columns], rows, numbers_from=3)
    emit(noise_sentence(found))


def write_sensitivity(found: pd.DataFrame, batch: Batch, measure: str, folder: Path) -> None:
    """Write a table of sensitivity, its chart as data, and a page that needs nothing else."""
    import json

    from gridsim.engine.files import write_whole
    from gridsim.figures import sensitivity as figures
    from gridsim.figures.export import export_html

    chart, manifest = figures.chart(found, measure), batch.manifest
    assert chart.figure is not None
    page = export_html(
        [chart],
        title=f"Sensitivity of {measure}",
        headline=f"{chart.title}.",
        findings=[figures.noise_sentence(found)],
        scenario_text=json.dumps(manifest["scenario"], indent=1, ensure_ascii=False),
        provenance={key: manifest[key] for key in ("gridsim", "model", "content", "cells_digest", "cells", "runs")},
        command=shlex.join(["gridsim", "sensitivity", batch.folder.name, "--measure", measure]),
        kicker="gridsim sensitivity · simulation",
    )
    table, figure = found.to_csv(index=False), chart.figure.to_json()
    files = {"sensitivity.csv": table, "sensitivity.json": figure, "index.html": page}
    for name, text in files.items():
        say(f"wrote {write_whole(folder / name, text.encode())}")
