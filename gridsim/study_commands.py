"""The commands that hold the model against something: facts, mechanisms, assumptions, theory."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from gridsim import tables
from gridsim.batch_commands import Folder, as_bad_input
from gridsim.console import (
    FAILED,
    BadInput,
    command_line,
    emit,
    emit_json,
    emit_table,
    progress,
    say,
    writable_file,
    writable_folder,
)
from gridsim.options import AsJson, Settings

if TYPE_CHECKING:
    import pandas as pd

    from gridsim.study.results import Batch
    from gridsim.theory.page import Outcome


def facts(
    scenario: Annotated[
        Path | None, typer.Argument(metavar="SCENARIO", help="Scenario file; configs/baseline.yaml by default.")
    ] = None,
    seeds: Annotated[int, typer.Option(metavar="N", min=1, max=10_000, help="Runs, of seeds 1 to N.")] = 50,
    set_: Settings = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE.md", help="Write a page of Markdown, with sources and gaps, too.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Hold a scenario against the stylised facts of real queues: targets, means over seeds, verdicts."""
    from gridsim.config.reader import load, parse_overrides

    path = scenario or tables.SCENARIOS / "baseline.yaml"
    if scenario is None and not path.is_file():
        raise BadInput(f"{path}: there is no such file here; name a scenario: gridsim facts SCENARIO")
    loaded = load(path, parse_overrides(set_ or []))
    if out is not None:
        writable_file(out)

    from gridsim.study import facts_page
    from gridsim.study.facts import outcomes

    with progress(f"{seeds} seeds", seeds) as advance:
        found = outcomes(loaded, range(1, seeds + 1), done=advance)
    if out is not None:
        command = command_line("facts", path, ["--seeds", str(seeds)], set_ or [])
        out.write_text(facts_page.page(found, loaded, command), encoding="utf-8")
        say(f"wrote {out}")
    if as_json:
        emit_json(facts_page.data(found, loaded))
        return
    emit(f"{loaded.title} (seeds 1 to {seeds}, {loaded.horizon_months} months)")
    emit(facts_page.summary(found))
    emit_table(facts_page.HEADS, facts_page.rows(found), numbers_from=facts_page.NUMBERS_FROM)


def attribute(
    scenario: Annotated[Path, typer.Argument(metavar="SCENARIO", help="Scenario file, the world with everything on.")],
    seeds: Annotated[
        int, typer.Option(metavar="N", min=1, max=10_000, help="Runs of each subset, of seeds 1 to N.")
    ] = 20,
    measure: Annotated[
        str, typer.Option(metavar="COLUMN.KIND", help="A column of the series, and last, peak or mean.")
    ] = "power_phantom_ratio.peak",
    switch: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A mechanism. May be repeated; by default all gaming and waste that is on."),
    ] = None,
    log: Annotated[
        bool, typer.Option("--log", metavar="", help="Attribute the logarithm, for effects that multiply.")
    ] = False,
    set_: Settings = None,
    as_json: AsJson = False,
) -> None:
    """Attribute a measure to mechanisms: Shapley shares over all on/off subsets, the same seeds in all."""
    from gridsim.config.reader import load, parse_overrides
    from gridsim.study import attribution

    loaded = load(scenario, parse_overrides(set_ or []))
    try:
        names = attribution.chosen(loaded, switch)
        attribution.parsed(measure)
    except ValueError as error:
        raise BadInput(str(error)) from None
    with progress(f"{2 ** len(names)} subsets of {len(names)} switches", 2 ** len(names)) as advance:
        scale: Literal["log", "level"] = "log" if log else "level"
        found = attribution.attribute(loaded, range(1, seeds + 1), measure, names, scale=scale, done=advance)
    if as_json:
        emit_json(found.to_dict("records"))
        return
    emit(f"{loaded.title}: {'logarithm of ' if log else ''}{measure} (seeds 1 to {seeds})")
    heads = ["switch", "value", "low", "high", "alone", "last"]
    emit_table(heads, [[str(row[1]), *map(tables.number, row[2:])] for row in found.itertuples()], numbers_from=1)


def sensitivity(
    folder: Folder,
    measure: Annotated[
        str, typer.Option(metavar="COLUMN.KIND", help="A column of the series, and last, peak or mean.")
    ] = "power_phantom_ratio.peak",
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Write sensitivity.csv, .json (the chart, for Plotly) and .html there too."
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

    from plotly.offline import get_plotlyjs

    from gridsim.engine.files import write_whole
    from gridsim.figures import sensitivity as figures
    from gridsim.figures.charts import Chart
    from gridsim.figures.export import export_html

    texts = figures.title(found, measure), figures.caption(found, measure), figures.alt(found, measure)
    drawn, manifest = figures.figure(found, measure), batch.manifest
    chart = Chart("sensitivity", "Sensitivity", *texts, drawn, figures.table(found, measure))
    page = export_html(
        [chart],
        title=f"Sensitivity of {measure}",
        headline=f"{texts[0]}.",
        findings=[figures.noise_sentence(found)],
        scenario_text=json.dumps(manifest["scenario"], indent=1, ensure_ascii=False),
        provenance={key: manifest[key] for key in ("gridsim", "model", "content", "cells_digest", "cells", "runs")},
        plotly_js=get_plotlyjs(),
        command=shlex.join(["gridsim", "sensitivity", batch.folder.name, "--measure", measure]),
        kicker="gridsim sensitivity · simulation",
    )
    for name, text in (("csv", found.to_csv(index=False)), ("json", drawn.to_json()), ("html", page)):
        write_whole(folder / f"sensitivity.{name}", text.encode())
    say(f"wrote sensitivity.csv, .json and .html in {folder}")


def reproduce(
    what: Annotated[Literal["theory"], typer.Argument(metavar="NAME", help="theory: results of the literature.")],
    case: Annotated[list[str] | None, typer.Option(metavar="ID", help="Only this case. May be repeated.")] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE.md", help="Write a page of Markdown, with sources, and a picture beside it."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run what is published, and print what the package gives beside what is expected; exit 1 if a number is off."""
    from gridsim.config.explain import did_you_mean
    from gridsim.theory import cases, page

    known = cases()
    for name in case or []:
        if name not in known:
            raise BadInput(
                f"--case {name}: there is no such case; allowed are {', '.join(known)}{did_you_mean(name, list(known))}"
            )
    if out is not None:
        writable_file(out)
    chosen = [known[name] for name in known if not case or name in case]
    with progress(f"{len(chosen)} cases", len(chosen)) as advance:
        found = page.outcomes(chosen, done=advance)
    if out is not None:
        words = [word for name in case or [] for word in ("--case", name)]
        write_theory(found, out, shlex.join(["gridsim", "reproduce", what, *words]))
    if as_json:
        emit_json(page.data(found))
    else:
        emit_table(page.HEADS, page.rows(found), numbers_from=2)
        emit(page.summary(found))
    if not all(one.holds for one in found):
        raise typer.Exit(FAILED)


def write_theory(found: list[Outcome], out: Path, command: str) -> None:
    """Write the page of theory, a picture of all cases beside it, and one of each in a folder."""
    from gridsim.theory import figure, page

    picture, folder = out.with_suffix(".svg"), writable_folder(out.with_suffix(""))
    picture.write_text(figure.figure(found), encoding="utf-8")
    for one in found:
        (folder / f"{one.case.id}.svg").write_text(figure.case_figure(one), encoding="utf-8")
    out.write_text(page.page(found, command, picture.name), encoding="utf-8")
    say(f"wrote {out}, {picture} and {len(found)} pictures in {folder}")
