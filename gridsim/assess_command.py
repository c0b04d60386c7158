"""The command that says what a real list of requests stands for."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gridsim import __version__, tables
from gridsim.batch_commands import as_bad_input
from gridsim.console import BadInput, emit, emit_json, emit_table, progress, say, writable_folder
from gridsim.options import AsJson

if TYPE_CHECKING:
    import pandas as pd

    from gridsim.assess.answer import Answer
    from gridsim.assess.queue import Queue
    from gridsim.config.scenario import Scenario

BASELINE = tables.SCENARIOS / "baseline.yaml"
WORLDS = tables.SCENARIOS / "sweeps" / "posterior.yaml"
NOTES_SHOWN = 8


def assess(
    queue: Annotated[
        Path, typer.Argument(metavar="QUEUE", help="List of requests, or totals by quarter: .csv or .parquet.")
    ],
    mapping: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="What the columns and stages are called; a ready one by default."),
    ] = None,
    tariff: Annotated[
        Path | None,
        typer.Option(
            metavar="SCENARIO", help="Scenario with the tariff that applicants face; the baseline by default."
        ),
    ] = None,
    worlds: Annotated[
        Path | None, typer.Option(metavar="SWEEP", help="Calibrated worlds; sweeps/posterior.yaml by default.")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option(metavar="DAY", help="Day of the list, 2024-12-31; its latest date by default.")
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Write page, tables and notes there.")] = None,
    as_json: AsJson = False,
) -> None:
    """Assess a list of requests, or totals by quarter: copies, what will sign, and what the data cannot tell."""
    from gridsim.assess.mapping import load_mapping
    from gridsim.assess.queue import Totals
    from gridsim.assess.read import read_any

    found = read_any(queue, load_mapping(mapping) if mapping is not None else None, as_of)
    market, cells = market_of(tariff, worlds)
    need_sklearn()
    command = command_of(queue, mapping, tariff, worlds, as_of)
    if isinstance(found, Totals):
        from gridsim.assess_totals import assess_totals

        return assess_totals(found, market, cells, out, command, as_json=as_json)
    from gridsim.assess.answer import assess as assessed
    from gridsim.assess.answer import worth
    from gridsim.assess.real import rows_of
    from gridsim.assess.shelf import lists_of

    rows = rows_of(found)
    folder = writable_folder(out) if out is not None else None
    with as_bad_input():
        with progress(f"lists of {len(cells)} worlds", len(cells)) as advance:
            lists = lists_of(market, cells, done=advance)
        answer = assessed(rows, lists)
    more = worth(rows, lists, answer)
    quoted = quotable(answer, found, queue, market)
    if folder is not None:
        write_files(answer, more, found, market, quoted, folder, command)
    if as_json:
        emit_json(data(answer, more, found, quoted))
    else:
        print_answer(answer, more, found, quoted)


def market_of(tariff: Path | None, worlds: Path | None) -> tuple[Scenario, list[dict[str, Any]]]:
    """The market to compare with, and its worlds. Raises `BadInput` if there are none."""
    from gridsim.config.reader import load
    from gridsim.config.sweep import load_sweep

    for path, option in ((tariff or BASELINE, "--tariff SCENARIO"), (worlds or WORLDS, "--worlds SWEEP")):
        if not path.is_file():
            raise BadInput(f"{path}: there is no such file here; name one: {option}")
    market = load(tariff or BASELINE)
    sweep = load_sweep(worlds or WORLDS, market)
    if not sweep.cells:
        raise BadInput(f"--worlds {worlds or WORLDS}: the sweep has no list; gridsim calibrate writes one")
    return market, sweep.cells


def need_sklearn() -> None:
    """Raise `BadInput` where scikit-learn is missing."""
    import importlib.util

    if importlib.util.find_spec("sklearn") is None:
        raise BadInput('assess needs an optional library: pip install "gridsim[assess]"')


def command_of(queue: Path, mapping: Path | None, tariff: Path | None, worlds: Path | None, as_of: str | None) -> str:
    """The command that gives the same numbers, without folders of this machine."""
    import shlex

    named = (("--mapping", mapping), ("--tariff", tariff), ("--worlds", worlds))
    options = [part for option, path in named if path is not None for part in (option, shown(path))]
    options += ["--as-of", as_of] if as_of is not None else []
    return shlex.join(["gridsim", "assess", shown(queue), *options]) + " --out DIR"


def shown(path: Path) -> str:
    """A path as a page may show it."""
    return path.name if path.is_absolute() else str(path)


def quotable(answer: Answer, found: Queue, path: Path, market: Scenario) -> str:
    """A paragraph that can be quoted: what was asked, what the answer is, and what made it."""
    from gridsim.figures.words import power

    rows = answer.table.set_index("quantity").to_dict("index")

    def ends(name: str) -> str:
        return f"{power(rows[name]['low_mw'])} to {power(rows[name]['high_mw'])}"

    told = "" if rows["duplicates"]["told"] else " These data cannot tell how many are copies."
    name = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    asked = f"{answer.requests:,} open requests for {power(answer.total_mw)} on {found.as_of:%Y-%m-%d}"
    made = f"gridsim {__version__}, market {market.digest()[:12]}, list {name}"
    return (
        f"Of {asked}, {ends('unique')} are different projects, {ends('signs')} have signed or will sign within five years, and "
        f"{ends('served_5')} will be in service by then (90 % intervals, given the model and its calibration).{told} {made}."
    )


def write_files(
    answer: Answer, more: pd.DataFrame, found: Queue, market: Scenario, quoted: str, folder: Path, command: str
) -> None:
    """Write the page, the posterior, the simulated lists that look alike, and the notes."""
    from gridsim.assess.notes import notes_table
    from gridsim.config.written import yaml_text
    from gridsim.engine.files import parquet_bytes, write_whole
    from gridsim.engine.measures import Measure
    from gridsim.figures import assessment
    from gridsim.figures.export import export_html
    from gridsim.model.jit_cache import source_digest

    charts = assessment.charts(answer.table, answer.cloud, answer.total_mw, answer.correlation)
    page = export_html(
        charts,
        title="What a list of requests stands for",
        headline=f"{charts[0].title}.",
        description=quoted,
        findings=findings(answer, more, found),
        scenario_text=yaml_text(market),
        provenance={"gridsim": __version__, "model": source_digest(), "scenario": market.digest()},
        command=command,
        kicker="gridsim assess · simulation",
    )
    write_whole(folder / "index.html", page.encode())
    about = {"gridsim": __version__, "scenario": market.digest()}
    shares = {
        name: Measure("share", "of the open MW") for name in ("low", "median", "high", "before_low", "before_high")
    }
    units = shares | {f"{name}_mw": Measure("MW", "") for name in ("low", "median", "high")}
    write_whole(folder / "posterior.parquet", parquet_bytes(answer.table, units, about))
    write_whole(folder / "alike.parquet", parquet_bytes(answer.cloud, {}, about))
    write_whole(folder / "posterior.csv", answer.table.to_csv(index=False, lineterminator="\n").encode())
    write_whole(folder / "notes.csv", notes_table(found.notes).to_csv(index=False, lineterminator="\n").encode())
    say(f"wrote {folder / 'index.html'}")


def findings(answer: Answer, more: pd.DataFrame, found: Queue) -> list[str]:
    """What else is to be known."""
    from gridsim.figures.words import power

    out = []
    if len(answer.odd):
        names = ", ".join(answer.odd["feature"])
        out.append(f"No simulated list looks like this one in {names}: the intervals cannot be trusted there.")
    if answer.haircut == answer.haircut:
        out.append(f"A planner's haircut, the list's own conversion times the open MW, gives {power(answer.haircut)}.")
    best = more[more["narrower"] > 0.02]
    if len(best):
        column, share = best.iloc[0]["column"], float(best.iloc[0]["narrower"])
        out.append(f"The column {column} would narrow the interval of copies most, by {share:.0%}.")
    if found.notes:
        out.append(
            f"{len(found.notes):,} cells or rows of the file were taken for something else or left out: see notes.csv."
        )
    return out


def data(answer: Answer, more: pd.DataFrame, found: Queue, quoted: str) -> dict[str, Any]:
    """An assessment as plain data."""
    return {
        "quote": quoted,
        "open_mw": answer.total_mw,
        "requests": answer.requests,
        "as_of": f"{found.as_of:%Y-%m-%d}",
        "scope": found.scope,
        "columns": sorted(found.given),
        "posterior": answer.table.to_dict("records"),
        "correlation": answer.correlation,
        "haircut_mw": answer.haircut,
        "odd": answer.odd.to_dict("records"),
        "columns_worth": more.to_dict("records"),
        "notes": [note._asdict() for note in found.notes],
    }


def print_answer(answer: Answer, more: pd.DataFrame, found: Queue, quoted: str) -> None:
    """Print the posterior, what else is to be known, and the first notes."""
    emit(quoted + "\n")
    number = tables.number
    rows = [
        [str(row["quantity"]), *(f"{row[end]:.0%}" for end in ("low", "median", "high"))]
        + [number(row[f"{end}_mw"]) for end in ("low", "median", "high")]
        + ["" if row["told"] else "these data cannot tell", str(row["meaning"])]
        for row in answer.table.to_dict("records")
    ]
    emit_table(
        ["quantity", "5 %", "median", "95 %", "MW 5 %", "median", "95 %", "", "of the open MW"], rows, numbers_from=1
    )
    for sentence in findings(answer, more, found):
        emit(f"\n{sentence}")
    if found.notes:
        emit("")
        shown_notes = [
            [str(note.row or ""), note.column, note.found, note.assumed] for note in found.notes[:NOTES_SHOWN]
        ]
        emit_table(["line", "column", "found", "taken as"], shown_notes, numbers_from=4)
