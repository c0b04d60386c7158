"""The command that makes published results again and says whether they came out the same."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridsim.console import BadInput, emit, emit_json, emit_table, progress, say, writable_folder
from gridsim.options import AsJson
from gridsim.study_commands import theory

if TYPE_CHECKING:
    from gridsim.reproduce.cost import Cost

THEORY = "theory"


def reproduce(
    what: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME]...", help="Scripts of the paper, all by default; or theory: results of the literature."
        ),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", metavar="", help="Fewer seeds; under three minutes in all.")
    ] = False,
    folder: Annotated[Path, typer.Option("--scripts", metavar="DIR", help="Where the scripts are.")] = Path("analysis"),
    record: Annotated[
        bool, typer.Option("--record", metavar="", help="Keep what is made, to hold later results against.")
    ] = False,
    case: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Of the theory only this case. May be repeated.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR|FILE.md",
            help="Folder for figures, data and the report, out/reproduce by default; of theory, a page.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make published results again and hold them against the recorded ones.

    Exit code 0 if identical, 4 within tolerance, 5 if different, 1 if a script fails.
    """
    names = what or []
    if names == [THEORY]:
        theory(case, out, as_json)
        return
    if THEORY in names or case:
        raise BadInput("theory is reproduced on its own: gridsim reproduce theory [--case ID]...")
    from gridsim.engine.files import write_whole
    from gridsim.reproduce import cost, pictures, report, run, scripts
    from gridsim.reproduce.recorded import EXIT_CODES

    try:
        chosen = scripts.chosen(folder, names)
    except ValueError as error:
        raise BadInput(str(error)) from None
    target = writable_folder(out or Path("out") / "reproduce")
    records = folder / "recorded" / ("quick" if quick else "full")
    say(cost_text(cost.estimated(records, [script.name for script in chosen])))
    if why := pictures.missing():
        say(why)
    command = shlex.join(["gridsim", "reproduce", *names, *(["--quick"] if quick else [])])
    with progress(f"{len(chosen)} scripts", len(chosen)) as advance:

        def keep(made: list[report.Made]) -> None:
            """Write the report of what was run so far, for the next script may take the process along."""
            write_whole(target / "report.md", report.page(made, command, len(chosen)).encode())
            advance()

        made = run.run(chosen, quick, records, target, record, keep)
    if as_json:
        emit_json([dict(zip(report.HEADS, row, strict=True)) for row in report.rows(made)])
    else:
        emit_table(report.HEADS, report.rows(made), numbers_from=len(report.HEADS))
        emit(f"{report.summary(made)}; {target / 'report.md'}")
    raise typer.Exit(EXIT_CODES[report.worst(made)])


def cost_text(cost: Cost) -> str:
    """What it will cost, in words."""
    text = f"about {cost.seconds:.0f} s, {cost.memory_mb:,.0f} MB of memory, {cost.size / 1e6:.1f} MB on disk"
    return text + (f"; nothing is known of {', '.join(cost.unknown)}" if cost.unknown else "")
