"""Reading a store: tables as pandas, SQL by DuckDB, and where the batch stands."""

from __future__ import annotations

import functools
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gridsim.study.parts import numbers_in, steady
from gridsim.study.store import CELLS, TABLES, Mask, Store, StoreError, open_store

if TYPE_CHECKING:
    import pandas as pd


class Batch:
    """The results of a batch; open one with `gridsim.Batch(folder)`."""

    def __init__(self, folder: str | Path | Store) -> None:
        """The store at a folder. Raises `StoreError` if there is none."""
        self.store = folder if isinstance(folder, Store) else open_store(Path(folder))
        self.folder = self.store.root

    def __repr__(self) -> str:
        return f"Batch({str(self.folder)!r})"

    def _repr_html_(self) -> str:
        """What a notebook shows; of a store that cannot be read, the same as `repr`."""
        from gridsim.study.notebook import of_batch

        try:
            return of_batch(self)
        except (OSError, ValueError, LookupError, TypeError):
            return f"<pre>{escape(repr(self))}</pre>"

    @functools.cached_property
    def manifest(self) -> dict[str, Any]:
        """The plan and the versions that made it."""
        return self.store.manifest()

    @functools.cached_property
    def runs(self) -> pd.DataFrame:
        """One row a run: number, id, cell, seed, twin, the cell's values, headline and scalars."""
        return self.read("runs")

    @functools.cached_property
    def months(self) -> pd.DataFrame:
        """One row a run and month: the series that were kept."""
        return self.read("months")

    @property
    def failures(self) -> list[dict[str, Any]]:
        """Runs that failed: number, cell, seed, reason, traceback."""
        return self.store.failures()

    def read(self, table: str, columns: list[str] | None = None) -> pd.DataFrame:
        """A table, or some of its columns, in the order of the runs."""
        import pandas as pd
        import pyarrow as pa
        import pyarrow.parquet as pq

        def tables() -> tuple[list[str], list[pa.Table]]:
            """The columns that say the order of the rows, and the parts as they are now."""
            paths = [path for paths in self.files(table).values() for path in paths]
            keys = [name for name in ("run", "month") if paths and name in pq.read_schema(paths[0]).names]
            wanted = None if columns is None else list(dict.fromkeys([*keys, *columns]))
            return keys, [pq.read_table(path, columns=wanted, memory_map=False) for path in paths]

        keys, found = steady(tables)
        if not found:
            return pd.DataFrame()
        whole = pa.concat_tables(found)
        frame: pd.DataFrame = whole.to_pandas().sort_values(keys, ignore_index=True)
        return frame if columns is None else frame[columns]

    def files(self, table: str) -> dict[int, list[Path]]:
        """The parts of a table by block, without one whose runs another holds as well, as an interruption may leave."""
        return steady(lambda: self._files(table))

    def _files(self, table: str) -> dict[int, list[Path]]:
        out = {}
        for block, paths in self.store.parts(table).items():
            held = {path: set(numbers_in(path).tolist()) for path in paths} if len(paths) > 1 else {}
            out[block] = [p for p in paths if not any(held[p] < held[q] for q in paths if p != q)] if held else paths
        return out

    def query(self, sql: str) -> pd.DataFrame:
        """The answer to a query over the tables runs, months and cells; nothing but the store's own files can be read.

        Raises `QueryError` for a query that cannot be answered.
        """
        duckdb = library()
        try:
            return steady(lambda: self._answer(duckdb.connect(":memory:"), sql), duckdb.IOException)
        except duckdb.Error as error:
            raise QueryError(" ".join(str(error).split())) from None

    def _answer(self, connection: Any, sql: str) -> pd.DataFrame:
        try:
            self._define(connection)
            found: pd.DataFrame = connection.execute(sql).df()
        finally:
            connection.close()
        return found

    def _define(self, connection: Any) -> None:
        """Views of the tables, and no way to any other file."""
        connection.execute("set enable_progress_bar = false")
        paths = {table: [path for paths in self.files(table).values() for path in paths] for table in TABLES}
        for table in TABLES:
            if paths[table]:
                define(connection, table, paths[table], "union_by_name = true")
        if (self.folder / CELLS).exists():
            define(connection, "cells", [self.folder / CELLS])
        confine(connection, [self.folder])

    def status(self) -> dict[str, Any]:
        """Where the batch stands: runs planned, done, failed, missing; damaged parts; bytes on disk."""
        manifest = self.manifest
        damaged, held = steady(self._held)
        done = int(held.sum())
        failed = sum(not held[run] for run in (failure["run"] for failure in self.failures) if run < held.size)
        return {
            "folder": str(self.folder),
            "gridsim": manifest["gridsim"],
            "cells": manifest["cells"],
            "runs": manifest["runs"],
            "done": done,
            "failed": failed,
            "missing": manifest["runs"] - done - failed,
            "damaged_parts": [str(path.relative_to(self.folder)) for path in damaged],
            "bytes": bytes_in(self.folder),
        }

    def _held(self) -> tuple[list[Path], Mask]:
        """Damaged parts, and which runs the sound parts of both tables hold."""
        runs = self.manifest["runs"]
        damaged = self.store.check(np.ones(-(-runs // self.manifest["block"]), bool))
        bad = set(damaged)
        held = np.zeros((len(TABLES), runs), bool)
        for has, table in zip(held, TABLES, strict=True):
            for path in (p for paths in self.store.parts(table).values() for p in paths if p not in bad):
                has[numbers_in(path)] = True
        return damaged, held.all(axis=0)


class Answers:
    """Many short queries over a store, or over two: a connection is kept for as long as no part comes or goes.

    The tables are those of `Batch.query`; the second store's are called `runs2`, `months2` and `cells2`, and a store
    without a sweep has a table of one cell. All parts have the columns of the first: they are of one plan. Threads may ask
    at the same time. A query that takes too long or needs too much memory ends as a `QueryError`.
    """

    def __init__(self, *batches: Batch, seconds: float = 30.0, memory_mb: int = 2_000) -> None:
        """Of these stores; nothing is opened before it is asked for."""
        self.batches = batches
        self.seconds, self.memory_mb = seconds, memory_mb
        self._lock = threading.Lock()
        self._connection: Any = None
        self._paths: list[list[Path]] = []

    def ask(self, sql: str, values: Mapping[str, object] | None = None) -> pd.DataFrame:
        """The answer to a query; `$name` in it stands for a value.

        Raises `QueryError` for a query that cannot be answered, `StoreError` while a store has no run.
        """
        duckdb = library()
        try:
            return steady(lambda: self._answer(sql, values or {}), duckdb.IOException)
        except duckdb.InterruptException:
            raise QueryError(f"the query was stopped after {self.seconds:g} seconds") from None
        except duckdb.Error as error:
            raise QueryError(" ".join(str(error).split())) from None

    def _answer(self, sql: str, values: Mapping[str, object]) -> pd.DataFrame:
        cursor = self._cursor()
        timer = threading.Timer(self.seconds, cursor.interrupt)
        timer.daemon = True
        timer.start()
        try:
            found: pd.DataFrame = cursor.execute(sql, dict(values)).df()
        finally:
            timer.cancel()
            cursor.close()
        return found

    def _cursor(self) -> Any:
        """A cursor on the parts that are there now."""
        with self._lock:
            listed = [[p for of in b.files(table).values() for p in of] for b in self.batches for table in TABLES]
            if self._connection is None or listed != self._paths:
                self._connection, self._paths = self._connect(listed), listed
            return self._connection.cursor()

    def _connect(self, listed: list[list[Path]]) -> Any:
        for batch, runs in zip(self.batches, listed[:: len(TABLES)], strict=True):
            if not runs:
                raise StoreError(f"{batch.folder}: no run of this batch is done yet")
        connection = library().connect(":memory:")
        connection.execute("set enable_progress_bar = false")
        connection.execute("set parquet_metadata_cache = true")  # a part never changes under its name
        connection.execute("set temp_directory = ''")
        connection.execute(f"set memory_limit = '{int(self.memory_mb)}MB'")
        for number, batch in enumerate(self.batches):
            suffix = "" if number == 0 else str(number + 1)
            for table, paths in zip(TABLES, listed[number * len(TABLES) :], strict=False):
                define(connection, table + suffix, paths)
            if (batch.folder / CELLS).exists():
                define(connection, f"cells{suffix}", [batch.folder / CELLS])
            else:
                connection.execute(f"create view cells{suffix} as select 0::bigint as cell")
        confine(connection, [batch.folder for batch in self.batches])
        return connection


def library() -> Any:
    """DuckDB. Raises ValueError where it is not installed."""
    try:
        import duckdb
    except ImportError:
        raise ValueError('queries need an optional library: pip install "gridsim[study]"') from None
    return duckdb


def quoted(value: str) -> str:
    """A text in SQL."""
    return "'" + value.replace("'", "''") + "'"


def define(connection: Any, view: str, paths: Sequence[Path], options: str = "") -> None:
    """A view of Parquet files as one table."""
    listed = ", ".join(quoted(str(path.resolve())) for path in paths)
    more = f", {options}" if options else ""
    connection.execute(f"create view {view} as select * from read_parquet([{listed}]{more})")


def confine(connection: Any, folders: Sequence[Path]) -> None:
    """Leave a connection no way to any file outside of the folders."""
    listed = ", ".join(quoted(f"{folder.resolve()}/") for folder in folders)
    connection.execute(f"set allowed_directories = [{listed}]")
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")


def bytes_in(folder: Path) -> int:
    """Bytes of the files in a folder; a batch that runs makes and removes some meanwhile."""
    size = 0
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):
            size += path.stat().st_size if path.is_file() else 0
    return size


class QueryError(StoreError):
    """A query that cannot be answered; the text says why."""
