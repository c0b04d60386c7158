"""The command that fits uncertain parameters to what was observed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gridsim import __version__, tables
from gridsim.batch_commands import as_bad_input
from gridsim.console import BadInput, command_line, emit, emit_json, emit_table, progress, say, writable_folder
from gridsim.options import AsJson, ScenarioFile, Settings

if TYPE_CHECKING:
    from gridsim.config.scenario import Scenario
    from gridsim.config.sweep import Sample
    from gridsim.figures.calibration import Tables
    from gridsim.study.calibration import Calibration
    from gridsim.study.goals import Goal
    from gridsim.study.point_store import PointStore

PRIOR = tables.SCENARIOS / "sweeps" / "calibration.yaml"
RUNS = 5
"""Of each world of the ensemble, for the facts that it predicts."""


def calibrate(
    scenario: ScenarioFile,
    out: Annotated[
        Path,
        typer.Option(metavar="DIR", help="Write points, posterior, ensemble and a page there; what is there is used."),
    ],
    prior: Annotated[
        Path | None,
        typer.Option(metavar="SWEEP", help="Sweep whose sample says between which values each parameter lies."),
    ] = None,
    fact: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="A stylised fact to meet. May be repeated; by default all that are demanded."),
    ] = None,
    seeds: Annotated[int, typer.Option(metavar="N", min=1, max=1000, help="Runs of each point.")] = 5,
    waves: Annotated[int, typer.Option(metavar="N", min=1, max=200, help="Waves of points, at most.")] = 30,
    particles: Annotated[
        int,
        typer.Option(metavar="N", min=10, max=100_000, help="Stop at points that say as much as N of equal weight."),
    ] = 200,
    worlds: Annotated[int, typer.Option(metavar="N", min=2, max=10_000, help="Worlds of the ensemble.")] = 100,
    set_: Settings = None,
    as_json: AsJson = False,
) -> None:
    """Fit uncertain parameters to stylised facts: a posterior, what it leaves open, and an ensemble to go on with."""
    from gridsim.config.reader import load, parse_overrides

    loaded = load(scenario, parse_overrides(set_ or []))
    sample = read_prior(prior, loaded)

    from gridsim.study import calibration, posterior
    from gridsim.study.goals import demanded, fact_of, goals_of

    with as_bad_input():
        goals = goals_of(map(fact_of, dict.fromkeys(fact))) if fact else demanded()
        calibration.check_prior(loaded, sample)
        store = open_store(writable_folder(out), loaded, sample, goals, seeds)
        with progress(f"at most {waves} waves of {sample.points} points", waves * sample.points) as advance:
            found = calibration.calibrate(
                loaded,
                sample,
                goals,
                seeds=seeds,
                waves=waves,
                wanted=particles,
                store=store,
                done=lambda _: advance(),
            )
    ensemble = posterior.ensemble(found, worlds)
    with progress(f"{worlds} worlds", worlds) as advance:
        predicted = posterior.predict(loaded, ensemble.cells, RUNS, done=advance)
    drawn = tables_of(found, posterior.predictions(predicted, goals))
    options = [*named_prior(prior), *(word for name in fact or [] for word in ("--fact", name))]
    options += ["--seeds", str(seeds), "--waves", str(waves), "--particles", str(particles), "--worlds", str(worlds)]
    write_files(found, drawn, out, command_line("calibrate", scenario, options, set_ or []) + " --out DIR")
    write_ensemble(found, worlds, out)
    if as_json:
        emit_json(data(found, drawn))
    else:
        print_tables(found, drawn)


def named_prior(prior: Path | None) -> list[str]:
    """The option of the prior, as a command anywhere else would have it."""
    return [] if prior is None else ["--prior", prior.name if prior.is_absolute() else str(prior)]


def read_prior(path: Path | None, scenario: Scenario) -> Sample:
    """The sample of a sweep. Raises `BadInput` if there is none, `ScenarioError` if it does not fit."""
    from gridsim.config.sweep import load_sweep

    if path is None and not PRIOR.is_file():
        raise BadInput(f"{PRIOR}: there is no such file here; name a prior: --prior SWEEP")
    sweep = load_sweep(path or PRIOR, scenario)
    if sweep.sample is None:
        raise BadInput(f"--prior {path or PRIOR}: the sweep has no sample; a prior is the ranges of one")
    if sweep.grid or sweep.cells:
        say(f"{path or PRIOR}: the grid and the list are left out; a prior is the sample alone")
    return sweep.sample


def open_store(folder: Path, scenario: Scenario, prior: Sample, goals: tuple[Goal, ...], seeds: int) -> PointStore:
    """Where the points of this calibration are kept."""
    from gridsim.engine.measures import Measure
    from gridsim.model.jit_cache import source_digest
    from gridsim.study.calibration import measured_facts
    from gridsim.study.point_store import PointStore

    fixed: dict[str, Any] = {
        "gridsim": __version__,
        "model": source_digest(),
        "scenario": scenario.digest(),
        "prior": prior.model_dump(mode="json"),
        "goals": [[*goal[:3], "inf" if goal.high == float("inf") else goal.high] for goal in goals],
        "seeds": seeds,
    }
    outcomes = {
        f"{fact.id} {target.name}".strip(): Measure("", f"{fact.observable}; mean over the seeds of a point")
        for fact in measured_facts(goals)
        for target in fact.targets
    }
    return PointStore(folder, fixed, list(prior.ranges), outcomes)


def tables_of(found: Calibration, predictions: Any) -> Tables:
    """Everything that is shown."""
    from gridsim.figures.calibration import Tables
    from gridsim.study import posterior

    return Tables(
        posterior.parameters(found),
        predictions,
        posterior.shares(found),
        posterior.ridge(found)._asdict(),
        posterior.pairs(found),
        posterior.waves(found),
    )


def write_files(found: Calibration, drawn: Tables, folder: Path, command: str) -> None:
    """Write the page, and every chart as data."""
    from gridsim.figures import calibration, study_files

    seeds = f"{found.seeds} a point, each drawn anew"
    study_files.write(folder, calibration.charts(drawn), found.scenario, seeds, command)
    say(f"wrote {folder / 'index.html'}")


def write_ensemble(found: Calibration, worlds: int, folder: Path) -> None:
    """Write the ensemble as a sweep file."""
    from gridsim.config.written import yaml_text
    from gridsim.engine.files import write_whole
    from gridsim.study import posterior

    path = folder / "ensemble.yaml"
    write_whole(path, yaml_text(posterior.ensemble(found, worlds)).encode())
    say(f"wrote {path}: {worlds} worlds for gridsim batch --sweep and gridsim compare --worlds")


def data(found: Calibration, drawn: Tables) -> dict[str, Any]:
    """A calibration as plain data."""
    return {
        "points": len(found.points.ranks),
        "tolerance": found.cloud.tolerance,
        "effective": found.cloud.effective,
        "parameters": drawn.parameters.to_dict("records"),
        "facts": drawn.predictions.to_dict("records"),
        "ridge": {name: list(value) if hasattr(value, "__len__") else value for name, value in drawn.ridge.items()},
        "pairs": drawn.pairs.to_dict("records"),
        "waves": drawn.waves.to_dict("records"),
    }


def print_tables(found: Calibration, drawn: Tables) -> None:
    """Print the posterior, the facts and the ridge."""
    cloud, number = found.cloud, tables.number
    met = "all facts are met" if cloud.tolerance <= 1.0 else f"not all facts are met: tolerance {cloud.tolerance:.2f}"
    emit(f"{found.scenario.title}: {len(found.points.ranks):,} points in {len(found.clouds)} waves; {met};")
    emit(f"what is left says as much as {cloud.effective:.0f} points of equal weight\n")
    heads = ["parameter", "unit", "scenario", "prior", "5 %", "median", "95 %", "told"]
    rows = [
        [
            str(row["parameter"]),
            str(row["unit"]),
            number(row["default"]),
            f"{number(row['prior_low'])} to {number(row['prior_high'])}",
            *(number(row[end]) for end in ("low", "median", "high")),
            f"{row['told']:.2f} {row['verdict']}",
        ]
        for row in drawn.parameters.to_dict("records")
    ]
    emit_table(heads, rows, numbers_from=2)
    emit("\nfacts in worlds of the posterior, run with other seeds")
    rows = [
        [
            str(row["fact"]),
            f"{row['name']} {row['value']}".strip(),
            "fitted" if row["fitted"] else "",
            *(number(row[end]) for end in ("target_low", "target_high", "low", "median", "high", "inside")),
        ]
        for row in drawn.predictions.to_dict("records")
    ]
    emit_table(["id", "fact", "", "target from", "to", "5 %", "median", "95 %", "inside"], rows, numbers_from=3)
    ridge = drawn.ridge
    emit(
        f"\nshare of the pipeline: duplicates {spread(ridge['duplicates'])}, speculation {spread(ridge['speculation'])}, "
        f"both {spread(ridge['both'])}; correlation {ridge['correlation']:.2f}"
    )


def spread(ends: Any) -> str:
    """Median and ends."""
    return f"{ends[1]:.2f} ({ends[0]:.2f} to {ends[2]:.2f})"
