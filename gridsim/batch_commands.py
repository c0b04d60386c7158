"""The commands on batches: run one, see where it stands, ask it questions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from gridsim.config.errors import ScenarioError
from gridsim.console import SOME_FAILED, BadInput, emit, emit_json, emit_table, moving, say
from gridsim.options import AsJson, ScenarioFile, Settings

if TYPE_CHECKING:
    from gridsim.config.scenario import Scenario
    from gridsim.study.batch import Progress
    from gridsim.study.plan import Plan
    from gridsim.study.results import Batch

FAILURES_SHOWN = 5
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a batch.")]


@contextmanager
def as_bad_input() -> Iterator[None]:
    """What is wrong with arguments or a store is the user's to mend; a scenario says more, and says it itself."""
    try:
        yield
    except ScenarioError:
        raise
    except ValueError as error:
        raise BadInput(str(error)) from None


def parsed_seeds(text: str) -> range:
    """Seeds 1 to N from `N`, A to B from `A-B`."""
    match = re.fullmatch(r"([0-9]{1,18})(?:-([0-9]{1,18}))?", text.strip())
    if match:
        first, last = (1, int(match[1])) if match[2] is None else (int(match[1]), int(match[2]))
        if first <= last:
            return range(first, last + 1)
    raise BadInput(f"--seeds {text}: write a count, 200, or a first and a last seed, 201-400")


def parsed_shard(text: str) -> tuple[int, int]:
    """A share of a batch from `i/n`."""
    match = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", text.strip())
    if not match or not 1 <= int(match[1]) <= int(match[2]):
        raise BadInput(f"--shard {text}: write i/n, with i from 1 to n: 3/16 is the third of sixteen shares")
    return int(match[1]), int(match[2])


def parsed_names(text: str | None) -> list[str] | None:
    """Names between commas; none for `none`, everything for `all`."""
    from gridsim.engine.measures import SERIES

    if text is None:
        return None
    words = [word.strip() for word in text.split(",") if word.strip()]
    return {"all": list(SERIES), "none": []}.get(words[0] if len(words) == 1 else "", words)


def batch(
    scenario: ScenarioFile,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder of the results; a batch begun there goes on.")],
    seeds: Annotated[
        str, typer.Option(metavar="N|A-B", help="Seeds 1 to N, or A to B, the same in every cell.")
    ] = "200",
    sweep: Annotated[Path | None, typer.Option(metavar="FILE", help="What to vary: a sweep file, .yaml.")] = None,
    set_: Settings = None,
    twin: Annotated[bool, typer.Option("--twin", metavar="", help="Run every run's honest twin too.")] = False,
    measures: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES", help="Measures whose last, peak and mean to keep: a,b,c or none; all by default."
        ),
    ] = None,
    series: Annotated[
        str | None,
        typer.Option(metavar="NAMES", help="Measures to keep month by month: a,b,c, all or none; ten by default."),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(metavar="N", min=1, max=4096, help="Threads or processes; all cores by default.")
    ] = None,
    engine: Annotated[
        Literal["local", "dask"], typer.Option(help="Threads of this process, or a Dask cluster of processes.")
    ] = "local",
    scheduler: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Join the Dask scheduler there: tcp://host:8786.")
    ] = None,
    shard: Annotated[
        str, typer.Option(metavar="I/N", help="Run the I-th of N shares, as one job of an array.")
    ] = "1/1",
    chunk: Annotated[
        int | None, typer.Option(metavar="RUNS", min=1, help="Runs a task; by default what takes 1.5 s.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", metavar="", help="Print runs, time and disk that it would take; run no more.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Run a scenario with many seeds, for every cell of a sweep; what is done is never done again."""
    from gridsim.config.reader import load, parse_overrides

    span, share = parsed_seeds(seeds), parsed_shard(shard)
    loaded = load(scenario, parse_overrides(set_ or []))

    from gridsim.study.batch import run_plan, sweep_of
    from gridsim.study.plan import make_plan

    with as_bad_input():
        plan = make_plan(
            loaded,
            span,
            sweep=sweep_of(sweep, loaded),
            twin=twin,
            measures=parsed_names(measures),
            series=parsed_names(series),
        )
        if dry_run:
            print_estimate(plan, workers, as_json)
            return
        with moving(f"{len(plan):,} runs") as move:
            found = run_plan(
                plan,
                out,
                workers=workers,
                engine=engine,
                scheduler=scheduler,
                shard=share,
                chunk=chunk,
                progress=shown(move),
            )
    failures = found.failures
    say_failures(failures, out / "failures")
    print_status(found, as_json)
    if failures:
        raise typer.Exit(SOME_FAILED)


def say_failures(failures: list[dict[str, Any]], folder: Path) -> None:
    """Name the first runs that failed, and the folder of the records of all."""
    for failed in failures[:FAILURES_SHOWN]:
        say(f"run {failed['run']} (cell {failed['cell']}, seed {failed['seed']}) failed: {failed['reason']}")
    if len(failures) > FAILURES_SHOWN:
        say(f"and {len(failures) - FAILURES_SHOWN} more; see {folder}")


def shown(move: Callable[[int, int, str], None]) -> Callable[[Progress], None]:
    """Show progress as a bar with rate and failures."""

    def show(at: Progress) -> None:
        failed = f", {at.failed:,} failed" if at.failed else ""
        move(at.done + at.failed, at.total, f"{at.rate:,.0f} runs/s{failed}")

    return show


def print_estimate(plan: Plan, workers: int | None, as_json: bool) -> None:
    """Print what a plan would take."""
    from gridsim.study.estimate import estimate

    found = estimate(plan, workers)
    if as_json:
        emit_json(found)
        return
    emit(f"{found['runs']:,} runs: {found['cells']:,} cells, {found['seeds']:,} seeds" + (", twins" * plan.twin))
    emit(f"about {duration(float(found['seconds']))} with {found['workers']} workers ({found['run_ms']:.1f} ms a run)")
    emit(f"about {size(float(found['bytes']))} on disk")


def duration(seconds: float) -> str:
    """Seconds in words."""
    for unit, name in ((86400.0, "days"), (3600.0, "hours"), (60.0, "minutes")):
        if seconds >= 2.0 * unit:
            return f"{seconds / unit:.1f} {name}"
    return f"{seconds:.0f} seconds"


def size(count: float) -> str:
    """Bytes in words."""
    for unit, name in ((1e9, "GB"), (1e6, "MB")):
        if count >= unit:
            return f"{count / unit:.1f} {name}"
    return f"{count / 1e3:.0f} kB"


def checked_sweep(path: Path, scenario: Scenario) -> str:
    """How many cells a sweep of a scenario has, in words. Raises `ScenarioError` if it does not fit."""
    from gridsim.config.sweep import load_sweep
    from gridsim.study.designs import cells

    with as_bad_input():
        return f"{len(cells(load_sweep(path, scenario))):,} cells of {path}"


def status(folder: Folder, as_json: AsJson = False) -> None:
    """Say where a batch stands: runs done, failed and missing, damaged parts, disk."""
    from gridsim.study.results import Batch

    with as_bad_input():
        print_status(Batch(folder), as_json)


def print_status(batch: Batch, as_json: bool) -> None:
    """Print where a batch stands, and whether a crate in its folder still tells of the files that are there."""
    from gridsim.study import crate

    found = batch.status() | {"crate": crate.state(batch)}
    if as_json:
        emit_json(found)
        return
    parts = [f"{found[name]:,} {name}" for name in ("done", "failed", "missing") if found[name] or name == "done"]
    emit(f"{found['folder']}: {found['runs']:,} runs, {', '.join(parts)}; {size(found['bytes'])}")
    for path in found["damaged_parts"]:
        emit(f"damaged: {path}; the next batch runs it again")
    if found["crate"] == "outdated":
        emit(f"outdated: {crate.CRATE}; write it again with gridsim crate")


def query(
    folder: Folder,
    sql: Annotated[str, typer.Argument(metavar="SQL", help="A query over the tables runs, months and cells.")],
    as_json: AsJson = False,
) -> None:
    """Ask the results of a batch a question in SQL (DuckDB); names with a dot stand in double quotes."""
    from gridsim import tables
    from gridsim.study.results import Batch

    with as_bad_input():
        found = Batch(folder).query(sql)
    records = found.to_dict("records")
    if as_json:
        emit_json([{str(name): plain(value) for name, value in row.items()} for row in records])
        return
    texts = [[text_of(value, tables.number) for value in row.values()] for row in records]
    emit_table([str(name) for name in found.columns], texts)


def plain(value: Any) -> Any:
    """A value as JSON knows it: NumPy's numbers and arrays as Python's, dates as text."""
    value = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value if isinstance(value, bool | int | float | str | None) else str(value)


def text_of(value: Any, number: Callable[[float], str]) -> str:
    """A value for people."""
    value = plain(value)
    if isinstance(value, list):
        return ", ".join(text_of(item, number) for item in value)
    return number(value) if isinstance(value, float) else "" if value is None else str(value)
