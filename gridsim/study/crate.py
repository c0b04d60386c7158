"""A batch as an RO-Crate: one JSON-LD document beside the store that says what each file is, and what made it.

The document follows RO-Crate 1.1 and Process Run Crate 0.5, which rests on 1.1. It says no more than the store does, and asks no
clock: its dates are those that the batch noted in `sessions.jsonl`. The same store and the same arguments give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from gridsim import about
from gridsim.study import parts
from gridsim.study.crate_columns import of_cells, of_parameters, of_table
from gridsim.study.plan import expanded
from gridsim.study.results import Batch
from gridsim.study.store import CELLS, MANIFEST, SESSIONS, TABLES, Store, StoreError, seeds_words

CRATE = "ro-crate-metadata.json"
CONTEXT = ["https://w3id.org/ro/crate/1.1/context", "https://w3id.org/ro/terms/workflow-run/context"]
"""The second has `sha256`, which the first lacks."""
SPECIFICATION = "https://w3id.org/ro/crate/1.1"
PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
UNLICENSED = "No licence has been chosen: the data may not be used without leave of whoever made them."
SPDX = "https://spdx.org/licenses/"
ORCID = "https://orcid.org/"
PARQUET, JSON, LINES = "application/vnd.apache.parquet", "application/json", "application/x-ndjson"
ABOUT = {
    MANIFEST: ("The plan", JSON, "versions, scenario with every parameter, design of the sample, seeds, measures kept"),
    CELLS: ("Cells of the sweep", PARQUET, "the values of each cell, a row a cell, a column a path of the scenario"),
    SESSIONS: ("Sessions", LINES, "when, on which machine and how long the batch ran, a line a session"),
}
FOLDERS = {
    "runs": ("Runs", "one row a run: number, cell, seed, the cell's values, headline and scalars"),
    "months": ("Months", "one row a run and month: the monthly series that were kept"),
    "failures": ("Failures", "one file a failed run: cell, seed, reason, traceback"),
}
Entity = dict[str, Any]


class Author(NamedTuple):
    """A person, with an ORCID such as 0000-0002-1825-0097 or none."""

    name: str
    orcid: str = ""


def author_of(text: str) -> Author:
    """An author from `Name` or `Name <ORCID>`. Raises ValueError for an ORCID whose check digit is wrong, or no name."""
    match = re.fullmatch(
        r"\s*([^<>]*[^<>\s])\s*(?:<\s*(?:https?://orcid\.org/)?([0-9]{4}(?:-[0-9X]{4}){3})\s*>)?\s*", text
    )
    if not match:
        raise ValueError(
            f"author {text!r}: write a name, or a name and an ORCID: 'Josiah Carberry <0000-0002-1825-0097>'"
        )
    orcid = match[2] or ""
    if orcid and not is_orcid(orcid):
        raise ValueError(f"author {text!r}: {orcid} is no ORCID, its check digit is wrong")
    return Author(match[1], orcid)


def is_orcid(text: str) -> bool:
    """Whether sixteen digits end in the check digit of ISO 7064 (11, 2)."""
    digits = text.replace("-", "")
    total = 0
    for digit in digits[:-1]:
        if not digit.isdecimal():
            return False
        total = 2 * (total + int(digit))
    return "0123456789X"[(12 - total % 11) % 11] == digits[-1]


def license_of(text: str) -> str:
    """The address of a licence: a URL as it is, an SPDX identifier at spdx.org. Raises ValueError for anything else."""
    if re.fullmatch(r"https?://[^\s<>\"]+", text):
        return text
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.+-]*", text):
        return SPDX + text
    raise ValueError(f"license {text!r}: write an SPDX identifier, such as CC-BY-4.0, or a URL")


def write(batch: Batch, *, name: str = "", license: str = "", authors: Sequence[Author] = ()) -> Path:
    """Describe a batch in `ro-crate-metadata.json` in its folder, in place of an earlier one; returns its path.

    Args:
        batch: finished or not; the document says which.
        name: of the crate; the folder's by default.
        license: of the data, as `license_of` gives it; without, the document says that none has been chosen.
        authors: of the data.

    Raises:
        StoreError: while another process writes into the store, and for one with damaged parts.
    """
    with batch.store.writing((1, 1)):
        found = document(batch, name=name, license=license, authors=authors)
        data = json.dumps(found, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
        return parts.write_whole(batch.folder / CRATE, data.encode(), batch.store.work)


def document(batch: Batch, *, name: str, license: str, authors: Sequence[Author]) -> Entity:
    """The crate as plain data."""
    status, manifest = batch.status(), batch.manifest
    if status["damaged_parts"]:
        raise StoreError(f"{batch.folder}: damaged: {status['damaged_parts'][0]}; run the batch again first")
    paths = payload(batch.store)
    folders = [folder for folder in FOLDERS if any(path.parent.name == folder for path in paths)]
    parameters, cells = of_parameters(batch.folder / CELLS), of_cells(batch.folder / CELLS)
    columns = {name: of_table(next(p for p in paths if p.parent.name == name)) for name in TABLES if name in folders}
    graph = [
        descriptor(),
        root_entity(batch, status, name, license, authors, paths, folders),
        profile(),
        *software(manifest),
        action(batch, status, parameters, folders),
        *(person(i, one) for i, one in enumerate(authors, 1)),
        *([{"@id": license, "@type": "CreativeWork", "name": license.removeprefix(SPDX)}] if license else []),
        *inputs(manifest),
        *parameters,
        *(table_of(folder, paths, batch.folder, columns.get(folder, [])) for folder in folders),
        *(file_of(path, batch.folder, cells if path.name == CELLS else []) for path in paths),
        *cells,
        *(one for table in columns.values() for one in table),
    ]
    return {"@context": CONTEXT, "@graph": list({entity["@id"]: entity for entity in graph}.values())}


def root_entity(
    batch: Batch,
    status: Entity,
    name: str,
    license: str,
    authors: Sequence[Author],
    paths: list[Path],
    folders: list[str],
) -> Entity:
    """The crate itself: what it is called, what it holds, whose it is."""
    parts_of = [reference(path, batch.folder) for path in paths if path.parent == batch.folder]
    people = [{"@id": identity(i, one)} for i, one in enumerate(authors, 1)]
    return {
        "@id": "./",
        "@type": "Dataset",
        "name": name or f"Batch {batch.folder.resolve().name}",
        "description": said(batch.manifest, status),
        **({"creativeWorkStatus": "Incomplete"} if status["done"] < status["runs"] else {}),
        **dated(batch.folder),
        "conformsTo": {"@id": PROFILE},
        "license": {"@id": license} if license else UNLICENSED,
        **({"author": one_or_all(people)} if people else {}),
        "hasPart": one_or_all([*parts_of, *({"@id": f"{folder}/"} for folder in folders)]),
        "mentions": {"@id": "#batch"},
    }


def payload(store: Store) -> list[Path]:
    """The files of a store that a crate describes, in their order: not drafts, locks and what was found damaged."""
    top = [store.root / file for file in ABOUT if (store.root / file).is_file()]
    tables = [path for table in TABLES for paths in store.parts(table).values() for path in paths]
    return [*top, *tables, *sorted((store.root / "failures").glob("[0-9]*.json"))]


def state(batch: Batch) -> str:
    """What the crate in a batch's folder is: "none", "current", or "outdated": of other files than there are."""
    try:
        graph = json.loads((batch.folder / CRATE).read_text("utf-8"))["@graph"]
        listed = {one["@id"]: one.get("contentSize") for one in graph if one["@type"] == "File"}
        there = {place(path, batch.folder): str(path.stat().st_size) for path in payload(batch.store)}
    except FileNotFoundError:
        return "outdated" if (batch.folder / CRATE).exists() else "none"
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return "outdated"
    return "current" if listed == there else "outdated"


def descriptor() -> Entity:
    """What the document is."""
    about_it = {"conformsTo": {"@id": SPECIFICATION}, "about": {"@id": "./"}}
    return {"@id": CRATE, "@type": "CreativeWork", "name": "RO-Crate metadata", **about_it}


def profile() -> Entity:
    """The profile of crates that the document follows."""
    return {"@id": PROFILE, "@type": "CreativeWork", "name": "Process Run Crate", "version": "0.5"}


def software(manifest: Entity) -> list[Entity]:
    """The program that made the batch, and how to cite it."""
    version, model = manifest["gridsim"], manifest["model"]
    text = f"{about.AUTHORS}. {about.TITLE}. Version {version}, model {model}."
    program = {
        "@id": "#gridsim",
        "@type": "SoftwareApplication",
        "name": about.NAME,
        "description": f"{about.TITLE.partition(': ')[2]}; digest of the model's sources: {model}",
        "softwareVersion": version,
        "license": {"@id": SPDX + about.LICENSE},
        "citation": {"@id": "#gridsim-citation"},
    }
    return [
        program,
        {"@id": SPDX + about.LICENSE, "@type": "CreativeWork", "name": about.LICENSE},
        {"@id": "#gridsim-citation", "@type": "CreativeWork", "name": text},
    ]


def action(batch: Batch, status: Entity, parameters: list[Entity], folders: list[str]) -> Entity:
    """The making of the batch: with what, from what, when, and whether it came to an end."""
    manifest = batch.manifest
    done = status["done"] == status["runs"]
    files = [{"@id": file} for file in (MANIFEST, CELLS) if (batch.folder / file).exists()]
    return {
        "@id": "#batch",
        "@type": "CreateAction",
        "name": "gridsim batch",
        "description": f"Every cell of the plan with every seed: {said(manifest, status)}",
        "instrument": {"@id": "#gridsim"},
        "object": [*files, *({"@id": one["@id"]} for one in [*inputs(manifest), *parameters])],
        **({"result": one_or_all({"@id": f"{folder}/"} for folder in folders)} if folders else {}),
        **{key: when.isoformat() for key, when in zip(("startTime", "endTime"), span(batch.folder), strict=False)},
        "actionStatus": f"http://schema.org/{'Completed' if done else 'Failed'}ActionStatus",
        **({} if done else {"error": f"{status['runs'] - status['done']} of {status['runs']} runs are not done"}),
    }


def inputs(manifest: Entity) -> list[Entity]:
    """What the plan fixes beside the scenario's parameters."""
    found = {
        "seeds": (seeds_words(manifest["seeds"]), "the same in every cell"),
        "cells": (manifest["cells"], "combinations of values of the sweep"),
        "twin": (manifest["twin"], "whether each run is followed by its honest twin, with all gaming off"),
        "scenario": (
            manifest["content"],
            "digest of the scenario, whose parameters are in batch.json, and of its files",
        ),
    }
    return [
        {"@id": f"#input/{key}", "@type": "PropertyValue", "name": key, "value": value, "description": meaning}
        for key, (value, meaning) in found.items()
    ]


def said(manifest: Entity, status: Entity) -> str:
    """The batch in a sentence, first of all whether it is finished."""
    cells, seeds = manifest["cells"], len(expanded(manifest["seeds"]))
    text = f"{manifest['runs']:,} runs of gridsim {manifest['gridsim']}: {count(cells, 'cell')}, {count(seeds, 'seed')}"
    text += f" ({seeds_words(manifest['seeds'])}){', each run with its honest twin' if manifest['twin'] else ''}."
    if status["done"] == status["runs"]:
        return text
    failed = f", {status['failed']:,} failed" if status["failed"] else ""
    return f"UNFINISHED, {status['done']:,} of {status['runs']:,} runs are done{failed}. {text}"


def count(number: int, what: str) -> str:
    """A number of things."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def sessions(folder: Path) -> Iterator[tuple[datetime, datetime]]:
    """Beginning and end of each session that the batch noted; a line that says neither is left out."""
    path = folder / SESSIONS
    for line in path.read_text("utf-8").splitlines() if path.is_file() else ():
        try:
            noted = json.loads(line)
            begun = datetime.fromisoformat(noted["started"])
            yield begun, (begun + timedelta(seconds=float(noted["seconds"]))).replace(microsecond=0)
        except (ValueError, LookupError, TypeError, OverflowError):
            continue


def span(folder: Path) -> tuple[datetime, ...]:
    """When the first session began and the last one ended; nothing if no session was noted."""
    found = list(sessions(folder))
    return (min(begun for begun, _ in found), max(end for _, end in found)) if found else ()


def dated(folder: Path) -> Entity:
    """The day on which the last session ended, as the crate's date."""
    found = span(folder)
    return {"datePublished": found[1].date().isoformat()} if found else {}


def table_of(folder: str, paths: list[Path], root: Path, columns: list[Entity]) -> Entity:
    """A folder of the store: its files, and its columns if it is a table."""
    name, meaning = FOLDERS[folder]
    return {
        "@id": f"{folder}/",
        "@type": "Dataset",
        "name": name,
        "description": meaning,
        "hasPart": one_or_all(reference(path, root) for path in paths if path.parent.name == folder),
        **({"variableMeasured": one_or_all({"@id": one["@id"]} for one in columns)} if columns else {}),
    }


def file_of(path: Path, root: Path, columns: list[Entity]) -> Entity:
    """A file: what it holds, its format, bytes and hash."""
    kind = FOLDERS[path.parent.name] if path.parent != root else None
    other = PARQUET if path.suffix == ".parquet" else JSON
    name, form, meaning = (f"{kind[0]}, {path.stem}", other, kind[1]) if kind else ABOUT[path.name]
    with path.open("rb") as handle:
        digest = hashlib.file_digest(handle, "sha256").hexdigest()
    return {
        **reference(path, root),
        "@type": "File",
        "name": name,
        "description": meaning,
        "encodingFormat": form,
        "contentSize": str(path.stat().st_size),
        "sha256": digest,
        **({"variableMeasured": one_or_all({"@id": one["@id"]} for one in columns)} if columns else {}),
    }


def one_or_all(entities: Iterable[Entity]) -> Entity | list[Entity]:
    """Some references; a single one stands without a list, as the specification advises."""
    found = list(entities)
    return found[0] if len(found) == 1 else found


def place(path: Path, root: Path) -> str:
    """A file's place in the crate."""
    return path.relative_to(root).as_posix()


def reference(path: Path, root: Path) -> Entity:
    """A reference to a file."""
    return {"@id": place(path, root)}


def identity(number: int, author: Author) -> str:
    """What a person is called in the document."""
    return ORCID + author.orcid if author.orcid else f"#author-{number}"


def person(number: int, author: Author) -> Entity:
    """A person."""
    return {"@id": identity(number, author), "@type": "Person", "name": author.name}
