"""The command that says what a real list of requests stands for."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gridsim import tables
from gridsim.batch_commands import as_bad_input
from gridsim.console import BadInput, emit, emit_json, emit_table, progress, say, writable_folder
from gridsim.options import AsJson

if TYPE_CHECKING:
    import pandas as pd

    from gridsim.assess.answer import Answer
    from gridsim.assess.mapping import AnyMapping
    from gridsim.assess.queue import Queue
    from gridsim.config.scenario import Scenario

BASELINE = tables.SCENARIOS / "baseline.yaml"
WORLDS = tables.SCENARIOS / "sweeps" / "posterior.yaml"
POLICIES = tables.SCENARIOS / "policies"
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
            metavar="FILE",
            help="Tariff that applicants face: policy and tariffs alone, or a scenario; the baseline's by default.",
        ),
    ] = None,
    worlds: Annotated[
        Path | None, typer.Option(metavar="SWEEP", help="Calibrated worlds; sweeps/posterior.yaml by default.")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option(metavar="DAY", help="Day of the list, 2024-12-31; its latest date by default.")
    ] = None,
    earlier: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE[@DAY]", help="An earlier list of the same queue, written alike. May be repeated."),
    ] = None,
    rule: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="SCENARIO", help="A rule to try on the list. May be repeated; those of policies/ by default."
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Write page, tables and notes there.")] = None,
    as_json: AsJson = False,
) -> None:
    """Assess a list of requests, or totals by quarter: copies, what will sign, and what the data cannot tell."""
    from gridsim.assess.mapping import load_mapping
    from gridsim.assess.queue import Totals
    from gridsim.assess.read import read_any
    from gridsim.assess.report import command_of

    need_libraries()
    written = load_mapping(mapping) if mapping is not None else None
    found = read_any(queue, written, as_of)
    market, cells = market_of(tariff, worlds)
    command = command_of(
        queue, {"mapping": mapping, "tariff": tariff, "worlds": worlds}, as_of, earlier or [], rule or []
    )
    if isinstance(found, Totals):
        if earlier or rule:
            raise BadInput(f"{queue}: --earlier and --rule are for lists; totals by quarter hold their past themselves")
        from gridsim.assess_totals import assess_totals

        return assess_totals(found, market, cells, out, command, as_json=as_json)
    from gridsim.assess.answer import assess as assessed
    from gridsim.assess.answer import worth
    from gridsim.assess.real import by_age, rows_of
    from gridsim.assess.report import data, files_of, quotable
    from gridsim.assess.shelf import lists_of, under_rules
    from gridsim.config.reader import load

    rows = rows_of(found)
    before = [read_earlier(text, written) for text in earlier or []]
    found = found._replace(notes=(*found.notes, *(note for one in before for note in one.notes)))
    rules = rules_for(market) if rule is None else [load(path) for path in rule]
    folder = writable_folder(out) if out is not None else None
    with as_bad_input():
        then = by_age(found, before)
        with progress(f"lists of {len(cells)} worlds", len(cells)) as advance:
            lists = lists_of(market, cells, done=advance)
        with progress(f"the same under {len(rules)} rules", len(rules)) as advance:
            under = under_rules(market, rules, cells, done=advance)
        answer = assessed(rows, lists, earlier=then, under=under)
        more = worth(rows, lists, answer, then)
    quoted = quotable(answer, found, hashlib.sha256(queue.read_bytes()).hexdigest(), market)
    if folder is not None:
        write_files(files_of(answer, more, found, market, quoted, command), folder)
    if as_json:
        emit_json(data(answer, more, found, quoted))
    else:
        print_answer(answer, more, found, quoted)


def mapping_schema_text() -> str:
    """The JSON schema of a mapping file."""
    from gridsim.assess import mapping_schema

    return mapping_schema.mapping_schema_text()


def market_of(tariff: Path | None, worlds: Path | None) -> tuple[Scenario, list[dict[str, Any]]]:
    """The market to compare with, and its worlds. Raises `BadInput` if there are none."""
    from gridsim.config.reader import load, load_tariff
    from gridsim.config.sweep import load_sweep

    for path, option in ((tariff or BASELINE, "--tariff FILE"), (worlds or WORLDS, "--worlds SWEEP")):
        if not path.is_file():
            raise BadInput(f"{path}: there is no such file here; name one: {option}")
    market = load(BASELINE) if tariff is None else load_tariff(tariff, BASELINE)
    sweep = load_sweep(worlds or WORLDS, market)
    if not sweep.cells:
        raise BadInput(f"--worlds {worlds or WORLDS}: the sweep has no list; gridsim calibrate writes one")
    return market, sweep.cells


def rules_for(market: Scenario) -> list[Scenario]:
    """The shipped rules that can be compared with a market; those that cannot are told."""
    from gridsim.assess.levers import why_not
    from gridsim.config.reader import load

    found = [load(path) for path in tables.files(POLICIES)]
    for rule in found:
        if why := why_not(rule, market):
            say(f"left out: {why}")
    return [rule for rule in found if not why_not(rule, market)]


def need_libraries() -> None:
    """Raise `BadInput` where the libraries of the extra are missing."""
    import importlib.util

    if any(importlib.util.find_spec(name) is None for name in ("cleanco", "rapidfuzz", "sklearn")):
        raise BadInput('assess needs optional libraries: pip install "gridsim[assess]"')


def read_earlier(text: str, mapping: AnyMapping | None) -> Queue:
    """An earlier list, `FILE` or `FILE@2024-12-31`, its notes under its name. Raises `ScenarioError` as a list does."""
    from gridsim.assess.mapping import Mapping
    from gridsim.assess.read import read_queue

    path, at, day = text.rpartition("@")
    has_day = bool(at) and not Path(text).exists()
    file = Path(path if has_day else text)
    queue = read_queue(file, mapping if isinstance(mapping, Mapping) else None, day if has_day else None)
    return queue._replace(notes=tuple(n._replace(column=f"{file.name} {n.column}".strip()) for n in queue.notes))


def write_files(files: dict[str, bytes], folder: Path) -> None:
    """Write the files of an assessment."""
    from gridsim.engine.files import write_whole

    for name, content in files.items():
        write_whole(folder / name, content)
    say(f"wrote {folder / 'report.html'}")


def print_answer(answer: Answer, more: pd.DataFrame, found: Queue, quoted: str) -> None:
    """Print the posterior, what else is to be known, and the first notes."""
    from gridsim.assess.report import (
        NOTES_HEADS,
        POSTERIOR_HEADS,
        RULES_HEADS,
        findings,
        notes_rows,
        posterior_rows,
        rules_rows,
    )

    emit(quoted + "\n")
    emit_table(list(POSTERIOR_HEADS), posterior_rows(answer), numbers_from=1)
    if len(answer.levers):
        emit("")
        emit_table(list(RULES_HEADS), rules_rows(answer), numbers_from=1)
    for sentence in findings(answer, more, found):
        emit(f"\n{sentence}")
    if found.notes:
        emit("")
        emit_table(list(NOTES_HEADS), notes_rows(found.notes[:NOTES_SHOWN]), numbers_from=4)
