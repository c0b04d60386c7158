"""The store of a batch: a folder that loses nothing, and reads with pandas, polars or DuckDB as it lies there.

    batch.json         the plan: versions, scenario, seeds, measures; written once
    cells.parquet      the values of each cell of a sweep
    runs/              Parquet parts, one row a run: number, id, cell, seed, values, scalars
    months/            Parquet parts, one row a run and month: monthly series
    failures/          one JSON file a failed run; gone when it succeeds
    quarantine/        parts that were damaged, moved aside
    sessions.jsonl     when, where and how long: what may differ between two stores of the same plan

What is done is what the sound parts of both tables hold; there is no index that could disagree with them. A block of runs may
lie in several parts while a batch runs; afterwards it is one, with the same bytes whatever the workers and however often
the batch was interrupted.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gridsim.study import parts
from gridsim.study.cells import cells_from, cells_table
from gridsim.study.parts import Numbers
from gridsim.study.plan import Plan, Run, digest_of, plan_from

if TYPE_CHECKING:
    import pyarrow as pa

FORMAT = 1
TABLES = ("runs", "months")
FOLDERS = (*TABLES, "failures")
MANIFEST, CELLS, SESSIONS = "batch.json", "cells.parquet", "sessions.jsonl"
Mask = NDArray[np.bool_]


class StoreError(ValueError):
    """A folder that cannot serve as the store of a batch; the text says why."""


class Store:
    """A folder of results."""

    def __init__(self, root: Path) -> None:
        """A store at a folder that `create` or `open_store` has looked at."""
        self.root = root
        self.work = root / ".work"
        self._mark = ""

    def prepare_folders(self) -> None:
        """Make the folders that writing needs."""
        for name in FOLDERS:
            (self.root / name).mkdir(parents=True, exist_ok=True)
        self.work.mkdir(exist_ok=True)

    def manifest(self) -> dict[str, Any]:
        """What `batch.json` says. Raises `StoreError` if this is no store, or one of a newer gridsim."""
        return read_manifest(self.root)

    def plan(self, folder: Path | None = None) -> Plan:
        """The plan; files that its scenario names are looked for in `folder`."""
        manifest = self.manifest()
        cells = self.root / CELLS
        try:
            listed = cells_from(cells) if cells.exists() else [{}]
        except (OSError, ValueError) as error:  # Arrow's own errors are of these kinds
            raise StoreError(f"{cells}: cannot be read: {error}") from None
        if digest_of(listed) != manifest["cells_digest"]:
            raise StoreError(f"{cells}: these are not the cells of {MANIFEST}; the file was changed")
        return plan_from(manifest, listed, folder)

    def mark(self) -> str:
        """A name for the plan, which every part carries in its footer."""
        if not self._mark:
            with suppress(FileNotFoundError):  # a store that is being made
                self._mark = hashlib.blake2b((self.root / MANIFEST).read_bytes(), digest_size=16).hexdigest()
        return self._mark

    def write(self, table: str, block: int, rows: pa.Table) -> Path:
        """Write rows of one block as a part."""
        data = parts.parquet(rows, self.mark())
        return parts.write_whole(self.root / table / parts.name_of(block, data), data, self.work)

    def write_failure(self, run: Run, record: dict[str, Any]) -> None:
        """Record that a run failed."""
        data = (json.dumps(record, indent=2) + "\n").encode()
        parts.write_whole(self.failure_path(run.number), data, self.work)

    def failure_path(self, number: int) -> Path:
        """Where the failure of a run is recorded."""
        return self.root / "failures" / f"{number:08d}.json"

    def failures(self) -> list[dict[str, Any]]:
        """The records of failed runs, by number."""
        folder = self.root / "failures"
        found = []
        for path in sorted(folder.glob("[0-9]*.json")):
            # no such file: it has succeeded meanwhile; no JSON: damaged, and the run will be run again
            with suppress(FileNotFoundError, ValueError):
                found.append(json.loads(path.read_text(encoding="utf-8")))
        return found

    def forget_failures(self, done: Mask) -> None:
        """Drop the records of runs that have succeeded since."""
        for path in (self.root / "failures").glob("*.json"):
            if path.stem.isdecimal() and (int(path.stem) >= done.size or done[int(path.stem)]):
                path.unlink(missing_ok=True)

    def parts(self, table: str) -> dict[int, list[Path]]:
        """The parts of a table by block, both in order."""
        out: dict[int, list[Path]] = defaultdict(list)
        folder = self.root / table
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            block = parts.block_of(path)
            if block is not None:
                out[block].append(path)
        return dict(sorted(out.items()))

    def check(self, mine: Mask) -> list[Path]:
        """Parts of the blocks `mine` that do not hold what their names promise or are another batch's, and what is no part."""
        folders = [self.root / table for table in TABLES]
        found = [path for folder in folders if folder.is_dir() for path in sorted(folder.iterdir())]
        blocks = [parts.block_of(path) for path in found]
        strange = {p for p, block in zip(found, blocks, strict=True) if block is None or block >= mine.size}
        asked = [p for p, block in zip(found, blocks, strict=True) if p in strange or mine[block]]
        with ThreadPoolExecutor(4) as pool:
            sound = list(pool.map(self._is_own, asked))
        return [path for path, is_sound in zip(asked, sound, strict=True) if path in strange or not is_sound]

    def _is_own(self, path: Path) -> bool:
        """Whether a part is sound and of this batch; one that has been replaced meanwhile does no harm."""
        return parts.is_sound(path) and parts.batch_of(path) in (self.mark(), None)

    def quarantine(self, paths: Iterable[Path]) -> None:
        """Move damaged parts aside."""
        for path in paths:
            (self.root / "quarantine").mkdir(exist_ok=True)
            with suppress(FileNotFoundError):  # another shard's driver has moved it
                path.replace(self.root / "quarantine" / f"{path.parent.name}.{path.name}.{uuid.uuid4().hex[:6]}")

    def tidy(self, size: int, mine: Mask) -> Mask:
        """Which of `size` runs are done, after making both tables hold just these, each block in one part.

        Only blocks in the mask `mine` are looked at; the others may be another writer's.
        """
        return parts.steady(lambda: self._tidy(size, mine))

    def _tidy(self, size: int, mine: Mask) -> Mask:
        held = {table: self._held(table, mine) for table in TABLES}
        has = {table: np.zeros(size, bool) for table in TABLES}
        for table in TABLES:
            for lists in held[table].values():
                for _, numbers in lists:
                    has[table][numbers[numbers < size]] = True
        done = has["runs"] & has["months"]
        for table in TABLES:
            for block, lists in held[table].items():
                numbers = np.concatenate([n for _, n in lists])
                if len(lists) > 1 or not done[numbers].all():
                    self._rewrite(table, block, [path for path, _ in lists], done)
        return done

    def _held(self, table: str, mine: Mask) -> dict[int, list[tuple[Path, Numbers]]]:
        """The runs of the parts of a table, by block, of the blocks `mine`."""
        found = {block: paths for block, paths in self.parts(table).items() if block < mine.size and mine[block]}
        return {block: [(path, parts.numbers_in(path)) for path in paths] for block, paths in found.items()}

    def merge(self, block: int, done: Mask) -> None:
        """Make one part of each table out of those of a block."""
        for table in TABLES:
            parts.steady(partial(self._merge_table, table, block, done))

    def _merge_table(self, table: str, block: int, done: Mask) -> None:
        paths = self.block_parts(table, block)
        if len(paths) > 1:
            self._rewrite(table, block, paths, done)

    def block_parts(self, table: str, block: int) -> list[Path]:
        """The parts of one block."""
        return sorted((self.root / table).glob(f"{block:06d}.*.parquet"))

    def done_in(self, block: int) -> Numbers:
        """The runs of a block that both tables hold."""
        runs, months = (parts.steady(partial(self._numbers, table, block)) for table in TABLES)
        return np.intersect1d(runs, months)

    def _numbers(self, table: str, block: int) -> Numbers:
        return np.concatenate([np.empty(0, np.int64), *map(parts.numbers_in, self.block_parts(table, block))])

    def _rewrite(self, table: str, block: int, paths: list[Path], done: Mask) -> None:
        rows = parts.merged(paths, lambda numbers: done[numbers])
        written = self.write(table, block, rows) if rows.num_rows else None
        for path in paths:
            if path != written:
                path.unlink(missing_ok=True)

    @contextmanager
    def writing(self, shard: tuple[int, int]) -> Iterator[None]:
        """Be the only writer of a shard of the store, for as long as the context lasts or the process lives.

        Who writes all of it is the only writer at all. Raises `StoreError` if another process is.
        """
        self.prepare_folders()
        index, count = shard
        with (
            (self.work / "writer.lock").open("a+") as whole,
            (self.work / f"writer-{index}-of-{count}.lock").open("a+") as share,
        ):
            with suppress(ImportError):  # no such locks there: names that say their content keep writers apart as well
                import fcntl

                try:
                    fcntl.flock(whole, fcntl.LOCK_NB | (fcntl.LOCK_EX if count == 1 else fcntl.LOCK_SH))
                    fcntl.flock(share, fcntl.LOCK_NB | fcntl.LOCK_EX)
                except BlockingIOError:
                    raise StoreError(f"{self.root}: another batch is writing into this store; wait for it") from None
            if count == 1:
                self._clear_drafts()
            yield

    def _clear_drafts(self) -> None:
        for path in self.work.iterdir():
            if path.suffix != ".lock":
                path.unlink(missing_ok=True)

    def log(self, entry: dict[str, Any]) -> None:
        """Add a line on this session, if the disk takes one: a log is no reason to fail."""
        with suppress(OSError), (self.root / SESSIONS).open("a", encoding="utf-8") as handle:
            handle.write(json.dumps(entry) + "\n")


def read_manifest(root: Path) -> dict[str, Any]:
    """What the manifest of a store says. Raises `StoreError` if the folder is no store, or one of a newer gridsim."""
    path = root / MANIFEST
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise StoreError(f"{root}: this is no store of a batch: there is no {MANIFEST} in it") from None
    except (OSError, ValueError) as error:
        raise StoreError(f"{path}: cannot be read: {error}") from None
    if not isinstance(found, dict) or not isinstance(found.get("format"), int) or "cells_digest" not in found:
        raise StoreError(f"{path}: this is no manifest of a gridsim batch")
    if found["format"] > FORMAT:
        raise StoreError(
            f"{path}: the store has format {found['format']}, written by gridsim {found.get('gridsim')}; "
            f"this gridsim reads up to format {FORMAT}"
        )
    return found


def open_store(root: Path) -> Store:
    """A store to read. Raises `StoreError` if the folder is none."""
    read_manifest(root)
    return Store(root)


def create(root: Path, plan: Plan) -> Store:
    """The store of a plan: made if the folder is empty or not there, else the one that is there.

    Raises:
        StoreError: when the folder holds something else, or the store of another plan.
    """
    store = Store(root)
    manifest = {"format": FORMAT, **plan.manifest()}
    if (root / MANIFEST).exists():
        differences = list(compare(read_manifest(root), manifest))
        if differences:
            raise StoreError(f"{root}: this store is another batch's: {'; '.join(differences)}; choose another folder")
    elif root.is_dir() and not (is_begun(root) or (root / MANIFEST).exists()):
        raise StoreError(f"{root}: the folder is not empty and no store of a batch; choose another folder")
    store.prepare_folders()
    if plan.paths:
        data = parts.parquet(cells_table(plan.cells, plan.paths))
        if not (root / CELLS).exists() or (root / CELLS).read_bytes() != data:
            parts.write_whole(root / CELLS, data, store.work)
    if not (root / MANIFEST).exists():
        text = json.dumps(manifest, indent=2, sort_keys=True, allow_nan=False) + "\n"
        parts.write_whole(root / MANIFEST, text.encode(), store.work)
    return store


def is_begun(root: Path) -> bool:
    """Whether a folder holds no more than a store that was being made when its maker died, or is being made."""
    names = {path.name for path in root.iterdir()}
    return names <= {".work", CELLS, *FOLDERS} and not any(
        any((root / name).iterdir()) for name in names & set(FOLDERS)
    )


def compare(stored: dict[str, Any], wanted: dict[str, Any]) -> Iterator[str]:
    """Why a stored plan is not the one wanted, in words."""
    if stored.get("model") != wanted["model"]:
        yield f"it was made by another version of the model (gridsim {stored.get('gridsim')})"
    if stored.get("content") != wanted["content"]:
        keys = [k for k in wanted["scenario"] if stored["scenario"].get(k) != wanted["scenario"][k]]
        yield f"its scenario differs in {', '.join(keys) or 'a file that it names'}"
    for key, words in (("cells_digest", "its sweep has other cells"), ("twin", "it differs in its honest twins")):
        if stored.get(key) != wanted[key]:
            yield words
    if stored.get("seeds") != wanted["seeds"]:
        yield f"its seeds are {seeds_words(stored['seeds'])}, not {seeds_words(wanted['seeds'])}"
    for key in ("measures", "series"):
        if stored.get(key) != wanted[key]:
            yield f"it keeps other {key}"


def seeds_words(ranges: list[list[int]]) -> str:
    """Ranges of seeds in words."""
    words = [str(first) if first == last else f"{first} to {last}" for first, last in ranges[:3]]
    return ", ".join(words) + (", ..." if len(ranges) > 3 else "")
