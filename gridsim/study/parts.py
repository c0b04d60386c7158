"""Parts of a store: Parquet files that are whole or not there, whose names say which bytes they hold.

A part is made in memory, written under another name, synced, renamed, and its folder synced. Its name carries the block that
it belongs to and the SHA-256 of its bytes, so that a torn, cut or flipped part is known by its name alone, and two writers of
the same runs write the same file.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa

NAME = re.compile(r"([0-9]{6,})\.([0-9a-f]{32})\.parquet")
STEADY_MAX = 100
Numbers = NDArray[np.int64]
T = TypeVar("T")


class NoSpace(OSError):
    """The disk is full."""


class Damaged(OSError):
    """A part does not hold the bytes that its name promises."""


def steady(read: Callable[[], T], gone: type[Exception] = FileNotFoundError) -> T:
    """What `read` gives when no part vanishes while it reads; one does when a writer has put its rows into another."""
    for _ in range(STEADY_MAX):
        with suppress(gone):
            return read()
    return read()


def parquet(table: pa.Table, batch: str = "") -> bytes:
    """A table as Parquet, the same bytes for the same rows: zstd, page checksums, floats split by byte.

    Metadata of fields, such as units, is kept where there is any; it would double a part of some hundred columns. The footer
    says of which batch the part is.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    floats = [field.name for field in table.schema if pa.types.is_floating(field.type)]
    others = [field.name for field in table.schema if not pa.types.is_floating(field.type)]
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(
        sink,
        table.schema,
        compression="zstd",
        compression_level=1,
        use_dictionary=others,
        use_byte_stream_split=floats,
        write_page_checksum=True,
        store_schema=any(field.metadata for field in table.schema),
    ) as writer:
        writer.write_table(table.combine_chunks(), row_group_size=max(1, table.num_rows))
        writer.add_key_value_metadata({"gridsim.batch": batch})
    return bytes(sink.getvalue())


def batch_of(path: Path) -> str | None:
    """The batch that a sound part says it is of; None if it has been replaced meanwhile."""
    import pyarrow.parquet as pq

    try:
        found = (pq.read_metadata(path).metadata or {}).get(b"gridsim.batch")
    except FileNotFoundError:
        return None
    return "" if found is None else str(found.decode())


def name_of(block: int, data: bytes) -> str:
    """The name of the part of a block that holds these bytes."""
    return f"{block:06d}.{hashlib.sha256(data).hexdigest()[:32]}.parquet"


def block_of(path: Path) -> int | None:
    """The block that a part's name says, None for a file that is no part."""
    match = NAME.fullmatch(path.name)
    return int(match[1]) if match else None


def is_sound(path: Path) -> bool:
    """Whether a part holds the bytes that its name promises."""
    match = NAME.fullmatch(path.name)
    try:
        with path.open("rb") as handle:
            return match is not None and hashlib.file_digest(handle, "sha256").hexdigest()[:32] == match[2]
    except FileNotFoundError:  # its rows are in another part meanwhile
        return True
    except OSError:  # a folder, or a place that the disk cannot read
        return False


def sound_bytes(path: Path) -> bytes:
    """The bytes of a part. Raises `Damaged` if they are not those that its name promises."""
    data = path.read_bytes()
    block = block_of(path)
    if block is None or name_of(block, data) != path.name:
        raise Damaged(errno.EIO, "the part was damaged while the batch ran; the next batch runs it again", str(path))
    return data


def numbers_in(path: Path) -> Numbers:
    """The numbers of the runs that a part holds, each once, rising."""
    import pyarrow.parquet as pq

    column = pq.read_table(path, columns=["run"], memory_map=False).column("run")
    return np.unique(column.to_numpy())


def write_whole(target: Path, data: bytes, drafts: Path) -> Path:
    """Write a file whole or not at all, by way of a draft in another folder of the same disk.

    Raises `NoSpace` on a full disk, OSError for anything else.
    """
    draft = drafts / f"{target.name}.{os.getpid()}.{uuid.uuid4().hex[:8]}"
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(handle, view) :]  # a short write is how a full disk begins
            os.fsync(handle)  # the data before the name
        finally:
            os.close(handle)
        os.replace(draft, target)  # noqa: PTH105 - the calls that a test makes fail, one by one
        sync_folder(target.parent)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise NoSpace(error.errno, "the disk is full", str(target)) from error
        raise
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
    return target


def sync_folder(folder: Path) -> None:
    """Make the names in a folder last."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def merged(paths: list[Path], keep: Callable[[Numbers], NDArray[np.bool_]]) -> pa.Table:
    """The rows of several parts whose runs are to be kept, in the order of the runs, each run once.

    Raises `Damaged` for a part that is not sound: what is made of it would look as if it were.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    taken: set[int] = set()
    tables = []
    for path in sorted(paths):
        table = pq.read_table(pa.BufferReader(sound_bytes(path)))
        numbers = table.column("run").to_numpy()
        fresh = keep(numbers) & ~np.isin(numbers, list(taken))
        taken.update(np.unique(numbers[fresh]).tolist())
        tables.append(table.filter(pa.array(fresh)))
    keys = [("run", "ascending")] + ([("month", "ascending")] if "month" in tables[0].column_names else [])
    return pa.concat_tables(tables).sort_by(keys)
