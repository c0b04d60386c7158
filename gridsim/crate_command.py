"""The command that describes a batch for whoever finds it: an RO-Crate."""

from __future__ import annotations

from typing import Annotated

import typer

from gridsim.batch_commands import Folder, as_bad_input
from gridsim.console import emit, say


def crate(
    folder: Folder,
    license_: Annotated[
        str | None,
        typer.Option("--license", metavar="SPDX|URL", help="Licence of the data: CC-BY-4.0, or a URL."),
    ] = None,
    author: Annotated[
        list[str] | None, typer.Option(metavar="'NAME <ORCID>'", help="Who made the data. May be repeated.")
    ] = None,
    name: Annotated[str, typer.Option(metavar="TEXT", help="What to call it; by default, after the folder.")] = "",
) -> None:
    """Describe a batch for publication: ro-crate-metadata.json in its folder, with files, hashes, columns and provenance."""
    from gridsim.study import crate as study
    from gridsim.study.results import Batch

    with as_bad_input():
        batch = Batch(folder)
        authors = [study.author_of(text) for text in author or []]
        path = study.write(
            batch, name=name, license="" if license_ is None else study.license_of(license_), authors=authors
        )
    emit(f"{path}: {study.count(len(study.payload(batch.store)), 'file')} described")
    found = batch.status()
    if found["done"] < found["runs"]:
        say(f"unfinished: {found['done']:,} of {found['runs']:,} runs are done, and the crate says so")
    if license_ is None:
        say("no licence: the crate says that none has been chosen; choose one with --license, such as CC-BY-4.0")
    if not study.span(batch.folder):
        say("no date: sessions.jsonl, which has when the batch ran, is not here")
