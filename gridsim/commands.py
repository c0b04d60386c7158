"""The commands of `gridsim`: they parse, call, print; nothing else.

The engine is imported inside the commands that run it, so that help and validation answer at once.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from gridsim import (
    __version__,
    assess_command,
    attribute_command,
    batch_commands,
    calibrate_command,
    compare_command,
    crate_command,
    explore_command,
    reproduce_command,
    sensitivity_command,
    study_commands,
    tables,
)
from gridsim.config.errors import ScenarioError
from gridsim.console import (
    BAD_INPUT,
    BadInput,
    command_line,
    emit,
    emit_json,
    emit_table,
    examples,
    progress,
    say,
    say_problems,
    writable_folder,
)
from gridsim.options import AsJson, ScenarioFile, Settings

if TYPE_CHECKING:
    from gridsim.config.scenario import Scenario
    from gridsim.engine.contrast import Worlds
    from gridsim.engine.ensemble import Ensemble
    from gridsim.engine.result import Result

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
    scenario: ScenarioFile,
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
    set_: Settings = None,
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
        "batch configs/baseline.yaml --sweep configs/sweeps/deposits_and_duplicates.yaml --twin --out out/deposits",
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
app.command(
    epilog=examples(
        "crate out/deposits --license CC-BY-4.0",
        "crate out/deposits --license CC0-1.0 --author 'Josiah Carberry <0000-0002-1825-0097>' --name 'Deposits'",
    )
)(crate_command.crate)


app.command(
    epilog=examples("explore", "explore configs/georgia.yaml", "explore out/deposits --port 8060 --no-browser")
)(explore_command.explore)
app.command(
    epilog=examples(
        "facts",
        "facts configs/georgia.yaml --seeds 20 --json",
        "facts --set mechanisms.m02_duplicates=false --out out/facts.md",
        "facts --theory --out docs/validation.md",
    )
)(study_commands.facts)
app.command(
    epilog=examples(
        "attribute configs/everything.yaml --seeds 10",
        "attribute configs/baseline.yaml --measure queued_mw.peak --switch m01_speculation --switch m02_duplicates",
        "attribute configs/everything.yaml --by-layer --log --out out/causes",
    )
)(attribute_command.attribute)
app.command(
    epilog=examples(
        "calibrate configs/baseline.yaml --out out/calibration",
        "calibrate configs/georgia.yaml --prior my_prior.yaml --fact F5 --fact F7 --out out/georgia",
    )
)(calibrate_command.calibrate)
app.command(
    epilog=examples(
        "assess examples/queue.csv",
        "assess my_queue.csv --mapping my_mapping.yaml --as-of 2024-12-31 --out out/assessment",
        "assess my_queue.csv --tariff my_tariff.yaml",
    )
)(assess_command.assess)
app.command(
    epilog=examples(
        "compare configs/baseline.yaml configs/policies/deposit.yaml configs/policies/cluster.yaml --out out/compare",
        "compare configs/baseline.yaml configs/policies/*.yaml --criterion queued_mw.peak --criterion unserved_need_mw.mean",
        "compare configs/baseline.yaml configs/policies/deposit.yaml --worlds configs/sweeps/assumptions_sobol.yaml --seeds 5",
    )
)(compare_command.compare)
app.command(
    epilog=examples(
        "sensitivity out/morris",
        "sensitivity out/morris --measure queued_mw.peak --out out/sensitivity",
    )
)(sensitivity_command.sensitivity)
app.command(
    epilog=examples(
        "reproduce --quick",
        "reproduce attribution georgia --out out/paper",
        "reproduce theory --case A3 --case D5",
        "reproduce theory --out docs/theory.md",
    )
)(reproduce_command.reproduce)


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
        "schema > gridsim.schema.json",
        "schema --sweep > gridsim.sweep.schema.json",
        "schema --mapping > gridsim.mapping.schema.json",
        "schema --defaults > mine.yaml",
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
    mapping: Annotated[
        bool,
        typer.Option("--mapping", metavar="", help="Print the JSON schema of mappings for gridsim assess instead."),
    ] = False,
) -> None:
    """Print the JSON schema of scenario files, for editors."""
    from gridsim.config.export import defaults_yaml, json_schema_text, sweep_schema_text

    writers = {
        "--defaults": (defaults, defaults_yaml),
        "--sweep": (sweep, sweep_schema_text),
        "--mapping": (mapping, assess_command.mapping_schema_text),
    }
    asked = [option for option, (is_asked, _) in writers.items() if is_asked]
    if len(asked) > 1:
        raise BadInput(f"{' and '.join(asked)}: these are different files; choose one")
    emit(writers[asked[0]][1]() if asked else json_schema_text())


@app.command("list", epilog=examples("list scenarios", "list measures --json"))
def list_(
    kind: Annotated[
        Kind | None,
        typer.Argument(metavar="KIND", help="scenarios, sweeps, strategies, rules or measures; everything by default."),
    ] = None,
    folder: Annotated[
        Path | None, typer.Argument(metavar="FOLDER", help="Where to look for files; configs by default.")
    ] = None,
    as_json: AsJson = False,
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
