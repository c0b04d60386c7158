"""Groups of columns: record arrays, one attribute a column.

A class that declares the columns of a group is for the reader and for `columns`; it is never instantiated.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, get_type_hints

import numpy as np
from numpy.typing import NDArray

F = NDArray[np.float64]
I = NDArray[np.int64]  # noqa: E741 - beside F and K, in annotations only
K = NDArray[np.uint64]


class Group:
    """What every group of columns is: a record array. For type checkers; nothing of this is a column."""

    if TYPE_CHECKING:
        size: int
        shape: tuple[int, ...]

        def __getitem__(self, row: Any) -> Any:
            """One row, or a column by its name."""

        def __setitem__(self, row: int, value: Any) -> None:
            """Write a whole row."""

        def copy(self) -> Any:
            """The same values in memory of their own."""


@functools.cache
def columns(group: Any) -> np.dtype[Any]:
    """The record type of a group of columns: eight bytes a cell."""
    kinds = {F: np.float64, I: np.int64, K: np.uint64, float: np.float64, int: np.int64, np.uint64: np.uint64}
    return np.dtype([(name, kinds[hint]) for name, hint in get_type_hints(group).items()], align=True)


def cleared(group: Any, shape: int | tuple[int, int]) -> Any:
    """A group of columns of one shape, all zero."""
    return np.zeros(shape, columns(group)).view(np.recarray)


def unwritten(group: Any, rows: int) -> Any:
    """A group of columns with whatever the memory held (to clear a million bytes takes a tenth of a run)."""
    return np.empty(rows, columns(group)).view(np.recarray)
