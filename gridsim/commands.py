"""The commands of `gridsim`: they parse, call, print; nothing else.

The engine is imported inside the commands that run it, so that help and validation answer at once.
"""

from __future__ import annotations

import shlex
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from gridsim import __version__, batch_commands, tables
from gridsim.config.errors import ScenarioError
from gridsim.console import (
    BAD_INPUT,
    FAILED,
    BadInput,
    emit,
    emit_json,
    emit_table,
    examples,
    progress,
    say,
    say_problems,
    writable_file,
    writable_folder,
)

if TYPE_CHECKING:
    from gridsim.config.scenario import Scenario
    from gridsim.engine.contrast import Worlds
    from gridsim.engine.ensemble import Ensemble
    from gridsim.engine.result import Result
    from gridsim.theory.page import Outcome

Kind = Literal["scenarios", "sweeps", "strategies", "rules", "measures"]


app = typer.Typer(
    name="gridsim",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Data goes to stdout, messages to stderr. Exit codes: 0 done, 1 failed, 2 bad input, 3 some runs of a "
    "batch failed, 130 interrupted.\n\n"
    + examples("list scenarios", "run configs/baseline.yaml --twin", "run configs/georgia.yaml --out out/georgia"),
)


def print_version(wanted: bool) -> None:
    """Print name and version and end, if wanted."""
    if wanted:
        emit(f"gridsim {__version__}")
        raise typer.Exit


def checked_seed(seed: int | None) -> int | None:
    """Let a seed pass that a scenario could hold."""
    if seed is not None and not 0 <= seed < 2**63:
        raise typer.BadParameter(f"{seed} is not a whole number from 0 to 2^63 - 1")
    return seed


@app.callback()
def gridsim(
    version: Annotated[
        bool,
        typer.Option(
            "--version", metavar="", help="Print the version and exit.", callback=print_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Which share of the queue for power is apparent, which mechanism causes it, which rule removes it."""


@app.command(
    epilog=examples(
        "run configs/baseline.yaml --seed 7 --twin",
        "run configs/baseline.yaml --set mechanisms.m02_duplicates=false --json",
        "run configs/baseline.yaml --out out/baseline --record agents",
    )
)
def run(
    scenario: Annotated[Path, typer.Argument(metavar="SCENARIO", help="Scenario file, .yaml or .yml.")],
    seed: Annotated[
        int | None,
        typer.Option(
            callback=checked_seed, metavar="N", help="Fixes every random draw, instead of the scenario's seed."
        ),
    ] = None,
    twin: Annotated[
        bool,
        typer.Option("--twin", metavar="", help="Run the honest twin too: same draws, all gaming off; shown beside."),
    ] = False,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="A.B=V", help="Put value V at path A.B of the scenario. May be repeated."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Write tables (Parquet), manifest.json and report.html into DIR. Implies --twin."
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", metavar="", help="Print every summary number as JSON instead of a table.")
    ] = False,
    record: Annotated[
        Literal["requests", "agents"],
        typer.Option(help="Tables kept for --out: the log of requests, or also every agent in every month."),
    ] = "agents",
) -> None:
    """Run a scenario once and print its summary."""
    from gridsim.config.reader import load, parse_overrides

    loaded = load(scenario, parse_overrides(set_ or []))
    folder = writable_folder(out) if out is not None else None

    from gridsim.engine.simulate import simulate

    result = simulate(loaded, seed, twin=twin or folder is not None, record=record)
    if folder is not None:
        write_files(result, folder, same_again(scenario, result.seed, set_ or []))
    if as_json:
        emit_json(tables.summary_data(result))
    else:
        print_summary(result)


def same_again(scenario: Path, seed: int, settings: list[str]) -> str:
    """The `run` that gives the same numbers."""
    return command_line("run", scenario, ["--seed", str(seed)], settings) + " --out DIR"


def command_line(command: str, scenario: Path, options: list[str], settings: list[str]) -> str:
    """A command on a scenario with options and overrides; without folders of this machine."""
    name = str(scenario.name if scenario.is_absolute() else scenario)
    return shlex.join(["gridsim", command, name, *options, *(word for text in settings for word in ("--set", text))])


def write_files(result: Result, folder: Path, command: str) -> None:
    """Write tables, manifest and report, and say where they are."""
    from gridsim.figures.report import write_report

    fan, both = observed_fan(result.scenario), contrast_worlds(result.scenario)
    paths = result.to_parquet(folder)
    paths.append(write_report(result, folder / "report.html", fan, worlds=both, command=command))
    for path in paths:
        say(f"wrote {path}")


def observed_fan(scenario: Scenario) -> Ensemble | None:
    """The runs to draw an observed series against, where the scenario has one."""
    if scenario.observed is None:
        return None
    from gridsim.engine.ensemble import ensemble

    seeds = range(1, scenario.observed.seeds + 1)
    with progress(f"{len(seeds)} seeds", len(seeds)) as advance:
        return ensemble(scenario, seeds, done=advance)


def contrast_worlds(scenario: Scenario) -> Worlds | None:
    """The runs with and without what a contrast changes, where the scenario has one."""
    if scenario.contrast is None:
        return None
    from gridsim.engine.contrast import worlds

    runs = 2 * scenario.contrast.seeds
    with progress(f"{scenario.contrast.seeds} seeds of both worlds", runs) as advance:
        return worlds(scenario, done=advance)


def print_summary(result: Result) -> None:
    """Print title, headline sentence and the table of key measures."""
    from gridsim.figures.sentences import headline

    emit(f"{result.scenario.title} (seed {result.seed}, {result.scenario.horizon_months} months)")
    emit(headline(result) + "\n")
    heads, rows = tables.summary_rows(result)
    emit_table(heads, rows, numbers_from=2)


app.command(
    epilog=examples(
        "batch configs/baseline.yaml --seeds 1000 --out out/baseline-1000",
        "batch configs/baseline.yaml --sweep configs/sweeps/deposits.yaml --twin --out out/deposits",
        "batch configs/baseline.yaml --seeds 100000 --out out/large --engine dask --dry-run",
    )
)(batch_commands.batch)
app.command(epilog=examples("status out/deposits", "status out/deposits --json"))(batch_commands.status)
app.command(
    epilog=examples(
        "query out/deposits 'select cell, avg(\"power_phantom_ratio.peak\") from runs group by cell order by cell'",
        "query out/deposits 'select month, quantile_cont(queued_mw, 0.9) as high from months group by month'",
    )
)(batch_commands.query)


@app.command(
    epilog=examples(
        "facts",
        "facts configs/georgia.yaml --seeds 20 --json",
        "facts --set mechanisms.m02_duplicates=false --out out/facts.md",
    )
)
def facts(
    scenario: Annotated[
        Path | None, typer.Argument(metavar="SCENARIO", help="Scenario file; configs/baseline.yaml by default.")
    ] = None,
    seeds: Annotated[int, typer.Option(metavar="N", min=1, max=10_000, help="Runs, of seeds 1 to N.")] = 50,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="A.B=V", help="Put value V at path A.B of the scenario. May be repeated."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE.md", help="Write a page of Markdown, with sources and gaps, too.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", metavar="", help="Print JSON instead of a table.")] = False,
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


@app.command(
    epilog=examples(
        "attribute configs/everything.yaml --seeds 10",
        "attribute configs/baseline.yaml --measure queued_mw.peak --switch m01_speculation --switch m02_duplicates",
    )
)
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
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="A.B=V", help="Put value V at path A.B of the scenario. May be repeated."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", metavar="", help="Print JSON instead of a table.")] = False,
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


@app.command(
    epilog=examples("reproduce theory", "reproduce theory --case A3 --case D5", "reproduce theory --out docs/theory.md")
)
def reproduce(
    what: Annotated[Literal["theory"], typer.Argument(metavar="NAME", help="theory: results of the literature.")],
    case: Annotated[list[str] | None, typer.Option(metavar="ID", help="Only this case. May be repeated.")] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE.md", help="Write a page of Markdown, with sources, and a picture beside it."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", metavar="", help="Print JSON instead of a table.")] = False,
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


@app.command(
    epilog=examples(
        "validate configs/*.yaml", "validate configs/baseline.yaml --sweep configs/sweeps/deposits_and_duplicates.yaml"
    )
)
def validate(
    scenarios: Annotated[list[Path], typer.Argument(metavar="SCENARIO...", help="Scenario files, .yaml or .yml.")],
    sweep: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Check that this sweep fits each of them, too.")
    ] = None,
) -> None:
    """Check scenarios without running them; every problem with its line and column."""
    from gridsim.config.reader import load

    bad = 0
    for path in scenarios:
        try:
            loaded = load(path)
            if loaded.grid.network.case != "areas":  # a case may be a file
                from gridsim.engine.buses import grid_case

                grid_case(loaded, loaded.actors.utilities.roster("utility"))
            varied = "" if sweep is None else f"; {batch_commands.checked_sweep(sweep, loaded)}"
        except ScenarioError as error:
            say_problems(error)
            bad += 1
        else:
            emit(f"{path}: ok{varied}")
    if bad:
        raise typer.Exit(BAD_INPUT)


@app.command(
    epilog=examples(
        "schema > gridsim.schema.json", "schema --sweep > gridsim.sweep.schema.json", "schema --defaults > mine.yaml"
    )
)
def schema(
    defaults: Annotated[
        bool,
        typer.Option(
            "--defaults", metavar="", help="Print a scenario of every parameter at its default, with comments, instead."
        ),
    ] = False,
    sweep: Annotated[
        bool, typer.Option("--sweep", metavar="", help="Print the JSON schema of sweep files instead.")
    ] = False,
) -> None:
    """Print the JSON schema of scenario files, for editors."""
    from gridsim.config.export import defaults_yaml, json_schema_text, sweep_schema_text

    if defaults and sweep:
        raise BadInput("--defaults and --sweep: a sweep has no defaults; choose one")
    emit(defaults_yaml() if defaults else sweep_schema_text() if sweep else json_schema_text())


@app.command("list", epilog=examples("list scenarios", "list measures --json"))
def list_(
    kind: Annotated[
        Kind | None,
        typer.Argument(metavar="KIND", help="scenarios, sweeps, strategies, rules or measures; everything by default."),
    ] = None,
    folder: Annotated[
        Path | None, typer.Argument(metavar="FOLDER", help="Where to look for files; configs by default.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", metavar="", help="Print JSON instead of a table.")] = False,
) -> None:
    """List scenarios and sweeps with their titles, strategies, allocation rules or measures."""
    if folder is not None and kind not in tables.IN_FOLDERS:
        raise BadInput(f"{folder}: only scenarios and sweeps lie in a folder; write: gridsim list scenarios {folder}")
    place = folder or tables.SCENARIOS
    if kind in tables.IN_FOLDERS and not place.is_dir():
        raise BadInput(f"{place}: there is no such folder; name one: gridsim list {kind} FOLDER")
    catalogues = {name: partial(make, place) for name, make in tables.IN_FOLDERS.items()} | tables.CATALOGUES
    found = {name: make() for name, make in catalogues.items() if kind in (None, name)}
    if as_json:
        emit_json(found if kind is None else found[kind])
        return
    for name, items in found.items():
        if kind is None:
            emit(f"{name}:")
        if items:
            print_items(items)
        else:
            say(f"no {name} in {place}")
        if kind is None:
            emit("")


def print_items(items: list[tables.Item]) -> None:
    """Print the entries of a list; what is wrong with a bad scenario stands in its title's place."""
    heads = [head for head in items[0] if head != "problem"]
    rows = [[item[head] or f"bad: {item['problem']}" for head in heads] for item in items]
    emit_table(heads, rows)
