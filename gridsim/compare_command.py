"""The command that compares policies."""

from __future__ import annotations

import itertools
import math
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gridsim import __version__, tables
from gridsim.batch_commands import as_bad_input
from gridsim.console import BadInput, emit, emit_json, emit_table, progress, say, writable_folder
from gridsim.options import AsJson, Settings

if TYPE_CHECKING:
    from gridsim.config.scenario import Scenario
    from gridsim.config.sweep import Sweep
    from gridsim.figures.charts import Chart
    from gridsim.study.compare import Comparison

TABLES = {"differences": "comparison.csv", "ranks": "ranks.csv", "front": "front.csv", "pairs": "pairs.csv"}


def compare(
    scenarios: Annotated[
        list[Path], typer.Argument(metavar="REFERENCE POLICY...", help="Scenario files, the reference first.")
    ],
    seeds: Annotated[
        int, typer.Option(metavar="N", min=1, max=10_000, help="Runs of each policy, of seeds 1 to N.")
    ] = 20,
    worlds: Annotated[
        Path | None,
        typer.Option(
            metavar="SWEEP", help="Compare in each world of this sweep's list or sample, such as a calibrated ensemble."
        ),
    ] = None,
    criterion: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN.KIND", help="What to judge by, less is better. May be repeated; five by default."),
    ] = None,
    set_: Settings = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write a page, tables, every run and both charts into DIR.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compare policies in the same worlds: paired differences, the chance of each rank, the Pareto front."""
    from gridsim.config.reader import load, parse_overrides

    overrides = parse_overrides(set_ or [])
    loaded = [load(path, overrides) for path in scenarios]
    drawn = None if worlds is None else read_worlds(worlds, loaded[0])

    from gridsim.engine.criteria import CRITERIA
    from gridsim.study import compare as study

    names = study.distinct([path.stem for path in scenarios])
    with as_bad_input():
        points = study.checked_points(loaded, names, drawn)
        study.check_scenarios(loaded, names)
        total = len(loaded) * len(points)
        folder = writable_folder(out) if out is not None else None
        with progress(f"{len(loaded)} policies, {len(points)} points, {seeds} seeds", total) as advance:
            found = study.compare(loaded, range(1, seeds + 1), drawn, criterion or CRITERIA, names=names, done=advance)
    if folder is not None:
        words = [str(path.name if path.is_absolute() else path) for path in scenarios]
        words += ["--seeds", str(seeds)]
        words += [] if worlds is None else ["--worlds", worlds.name if worlds.is_absolute() else str(worlds)]
        words += [word for name in criterion or [] for word in ("--criterion", name)]
        words += [word for text in set_ or [] for word in ("--set", text)]
        write_files(found, loaded, folder, shlex.join(["gridsim", "compare", *words]) + " --out DIR")
    if as_json:
        emit_json(data(found))
    else:
        print_tables(found)


def read_worlds(path: Path, scenario: Scenario) -> Sweep:
    """A sweep of worlds. Raises `BadInput` if it has none, `ScenarioError` if it does not fit."""
    from gridsim.config.sweep import load_sweep

    sweep = load_sweep(path, scenario)
    if sweep.sample is None and not sweep.cells:
        raise BadInput(
            f"--worlds {path}: the sweep has neither a list nor a sample; worlds are what one of these gives"
        )
    if sweep.grid:
        say(f"{path}: the grid is left out, for policies are what is compared")
    return sweep


def data(found: Comparison) -> dict[str, Any]:
    """A comparison as plain data, every run apart."""
    parts = {name: getattr(found, name).to_dict("records") for name in TABLES}
    return {
        "policies": found.names,
        "criteria": found.criteria,
        "worlds": found.worlds,
        "left_out": found.left_out,
    } | parts


def print_tables(found: Comparison) -> None:
    """Print differences, ranks and front."""
    left = f"; {found.left_out} left out, in which a criterion is not known of every policy" if found.left_out else ""
    emit(
        f"{len(found.names)} policies in {found.worlds} worlds{left}; differences to {found.names[0]}, less is better\n"
    )
    heads = ["criterion", "policy", "unit", "mean", "difference", "low", "high", "better", "worlds needed"]
    emit_table(heads, [difference_row(row) for row in by_criterion(found)], numbers_from=3)
    emit("\nprobability of each rank, 1 is best")
    ranks = [str(rank) for rank in range(1, len(found.names) + 1)]
    chances = (
        found.ranks["probability"].to_numpy().reshape(-1, len(ranks))
    )  # a row a criterion and policy, in this order
    keys = itertools.product(found.criteria, found.names)
    rows = [[*key, *(f"{chance:.2f}" for chance in row)] for key, row in zip(keys, chances, strict=True)]
    emit_table(["criterion", "policy", *ranks], rows, numbers_from=2)
    emit("\nfront: no other policy is as good in all criteria and better in one")
    fronts = found.front.to_dict("records")
    rows = [[row["policy"], "yes" if row["on_front"] else "no", f"{row['share']:.2f}"] for row in fronts]
    emit_table(["policy", "on front", "share of resamples"], rows, numbers_from=1)


def by_criterion(found: Comparison) -> list[dict[Any, Any]]:
    """The differences, those in one criterion together."""
    return sorted(found.differences.to_dict("records"), key=lambda row: found.criteria.index(row["criterion"]))


def difference_row(row: dict[Any, Any]) -> list[str]:
    """A policy in a criterion, for people: money in millions."""
    is_money = row["unit"].startswith("USD")
    numbers = [tables.number(row[name] * (1e-6 if is_money else 1.0)) for name in ("mean", "difference", "low", "high")]
    needed = "-" if math.isnan(row["worlds_needed"]) else f"{row['worlds_needed']:,.0f}"
    unit = "M" * is_money + row["unit"]
    return [
        row["criterion"],
        row["policy"],
        "" if unit == "1" else unit,
        *numbers,
        f"{100 * row['better']:.0f} %",
        needed,
    ]


def write_files(found: Comparison, scenarios: list[Scenario], folder: Path, command: str) -> None:
    """Write tables, runs, charts and the page, and say where they are."""
    from gridsim.engine.criteria import measure_of
    from gridsim.engine.files import parquet_bytes, write_whole
    from gridsim.figures import comparison

    files = {file: getattr(found, name).to_csv(index=False).encode() for name, file in TABLES.items()}
    units = {criterion: measure_of(criterion) for criterion in found.criteria}
    files["outcomes.parquet"] = parquet_bytes(found.outcomes, units, {"gridsim": __version__})
    made = comparison.charts(found.differences, found.ranks)
    for chart in made:
        if chart.figure is not None:
            files[f"{chart.name}.json"] = chart.figure.to_json().encode()
    files["index.html"] = page(found, scenarios, made, command).encode()
    for name, content in files.items():
        say(f"wrote {write_whole(folder / name, content)}")


def page(found: Comparison, scenarios: list[Scenario], made: list[Chart], command: str) -> str:
    """The comparison as one HTML file."""
    from gridsim.config.written import yaml_text
    from gridsim.figures.export import export_html

    reference = scenarios[0]
    front = [name for name, on in zip(found.names, found.front["on_front"], strict=True) if on]
    left = [f"{found.left_out} worlds are left out, in which a criterion is not known of every policy."]
    return export_html(
        made,
        title=f"{len(scenarios) - 1} {'policies' if len(scenarios) > 2 else 'policy'} against {found.names[0]}",
        headline=f"{made[-1].title}.",
        findings=[
            f"No other policy is as good in all {len(found.criteria)} criteria, and better in one, than {', '.join(front)}.",
            f"Every policy faces the same {found.worlds} worlds; numbers are differences to {found.names[0]}.",
            *(left if found.left_out else []),
            *(f"{name}: {one.title}" for name, one in zip(found.names, scenarios, strict=True)),
        ],
        scenario_text=yaml_text(reference),
        provenance={"gridsim": __version__}
        | {name: one.digest() for name, one in zip(found.names, scenarios, strict=True)},
        command=command,
        kicker="gridsim compare · simulation",
    )
