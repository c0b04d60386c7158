"""Results as files: Parquet with units, a manifest, and the digest that says whether two results are the same."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gridsim.engine.measures import AGENTS, REQUESTS, SERIES, Measure
from gridsim.model.state import N_ROWS, State

if TYPE_CHECKING:
    import pandas as pd

    from gridsim.engine.result import Result


TABLES = ("series", "areas", "requests", "agents")


def digest(state: State) -> str:
    """A name for the numbers of a run: monthly series, areas, and every request that has a row."""
    names = hashlib.blake2b(digest_size=16)
    for table in (state.series, state.utility_traces, state.requests[: state.counts[N_ROWS]]):
        names.update(np.ascontiguousarray(table).tobytes())
    return names.hexdigest()


def write_whole(path: Path, data: bytes) -> Path:
    """Write a file whole or not at all: under another name first, then renamed."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with draft.open("wb") as handle:
            handle.write(data)
            handle.flush()
            os.fsync(handle.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return path


def parquet_bytes(table: pd.DataFrame, measures: dict[str, Measure], manifest: dict[str, str]) -> bytes:
    """A table as Parquet (zstd, page checksums), with unit and meaning of each column in its field's metadata."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrow = pa.Table.from_pandas(table, preserve_index=False)
    fields = []
    for field in arrow.schema:
        measure = measures.get(field.name, Measure("", ""))
        fields.append(field.with_metadata({"unit": measure.unit, "meaning": measure.meaning}))
    arrow = arrow.cast(pa.schema(fields, metadata=manifest))
    sink = pa.BufferOutputStream()
    pq.write_table(arrow, sink, compression="zstd", write_page_checksum=True)
    return bytes(sink.getvalue())


def with_month(table: pd.DataFrame, dates: pd.DatetimeIndex) -> pd.DataFrame:
    """The series with its month number and calendar month as columns."""
    out = table.reset_index()
    out.insert(1, "date", dates.strftime("%Y-%m"))
    return out


def write_result(result: Result, folder: Path) -> list[Path]:
    """Write a result's tables and manifest into `folder`, which is made if need be; the twin's tables end in `_twin`."""
    folder.mkdir(parents=True, exist_ok=True)
    manifest = folder / "manifest.json"
    manifest.unlink(missing_ok=True)  # written last: where it is, everything beside it belongs to it
    for name in TABLES:
        for suffix in ("", "_twin"):
            (folder / f"{name}{suffix}.parquet").unlink(missing_ok=True)  # an earlier run may have had more tables
    about = {"gridsim": str(result.manifest["gridsim"]), "result_digest": str(result.manifest["result_digest"])}
    extra = {"month": Measure("month", "0 is the first simulated month"), "date": Measure("", "calendar month")}
    paths = []
    for run, suffix in ((result, ""), (result.twin, "_twin")):
        if run is None:
            continue
        tables: list[tuple[str, Any, dict[str, Measure]]] = [
            ("series", with_month(run.series, run.dates), SERIES | extra),
            ("areas", run.areas, AGENTS | extra | {"utility": Measure("", "utility")}),
        ]
        if run._prepared.params.keep_log:
            tables.append(("requests", run.requests, REQUESTS))
        if run._state.applicant_traces.shape[0]:
            who = {"agent": Measure("", "name"), "kind": Measure("", "lab, hyperscaler, developer or utility")}
            tables.append(("agents", run.agents, AGENTS | extra | who))
        for name, table, measures in tables:
            data = parquet_bytes(table, measures, about)
            paths.append(write_whole(folder / f"{name}{suffix}.parquet", data))
    text = json.dumps(result.manifest, indent=2, sort_keys=True, allow_nan=False) + "\n"
    paths.append(write_whole(manifest, text.encode()))
    return paths
