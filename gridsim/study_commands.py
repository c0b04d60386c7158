"""The commands that hold the model against something: facts, theory."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridsim import tables
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
    with_theory: Annotated[
        bool,
        typer.Option("--theory", help="Hold the rules against results of the literature, too: exit 1 if one fails."),
    ] = False,
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
    cases = theory_outcomes() if with_theory else []
    if out is not None:
        options = ["--seeds", str(seeds), *(["--theory"] if with_theory else [])]
        text = facts_page.page(found, loaded, command_line("facts", path, options, set_ or []))
        out.write_text(text + theory_section(cases), encoding="utf-8")
        say(f"wrote {out}")
    if as_json:
        emit_json(facts_page.data(found, loaded) | theory_data(cases))
    else:
        emit(f"{loaded.title} (seeds 1 to {seeds}, {loaded.horizon_months} months)")
        emit(facts_page.summary(found))
        emit_table(facts_page.HEADS, facts_page.rows(found), numbers_from=facts_page.NUMBERS_FROM)
        print_theory(cases)
    if not all(case.holds for case in cases):
        raise typer.Exit(FAILED)


def theory_outcomes(names: list[str] | None = None) -> list[Outcome]:
    """Run cases of theory, all without names."""
    from gridsim.theory import cases, page

    known = cases()
    chosen = [known[name] for name in known if not names or name in names]
    with progress(f"{len(chosen)} cases", len(chosen)) as advance:
        return page.outcomes(chosen, done=advance)


def theory_section(found: list[Outcome]) -> str:
    """What a page says of theory; nothing without cases."""
    from gridsim.theory import page

    return "\n" + page.overview(found) if found else ""


def theory_data(found: list[Outcome]) -> dict[str, object]:
    """Cases for machines; nothing without cases."""
    from gridsim.theory import page

    return {"theory": page.data(found)} if found else {}


def print_theory(found: list[Outcome]) -> None:
    """Say how many cases hold, and show what does not."""
    from gridsim.theory import page

    if found:
        emit(f"\nResults of the literature: {page.summary(found)}")
        failed = page.rows([one for one in found if not one.holds])
        if failed:
            emit_table(page.HEADS, failed, numbers_from=2)


def theory(case: list[str] | None, out: Path | None, as_json: bool) -> None:
    """Print what the package gives beside what the literature says; exit 1 if a number is off."""
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
    found = theory_outcomes(case)
    if out is not None:
        words = [word for name in case or [] for word in ("--case", name)]
        write_theory(found, out, shlex.join(["gridsim", "reproduce", "theory", *words]))
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
