"""Sorting within kernels: in place, with the memory that it is given (NumPy's sorts take as long to compile as all studies)."""

from __future__ import annotations

from typing import NamedTuple

from gridsim.model.compiling import process
from gridsim.model.group import F, I


class Ranking(NamedTuple):
    """Scratch in which rows are put in order: `keys[k]` is what row `rows[k]` is ranked by."""

    keys: F
    rows: I


def _gaps() -> tuple[int, ...]:
    gaps = [1, 4, 10, 23, 57, 132, 301, 701]
    while gaps[-1] < 10**9:
        gaps.append(int(2.25 * gaps[-1]))
    return tuple(reversed(gaps))


GAPS = _gaps()
"""Steps of a Shell sort (Ciura 2001, Fundamentals of Computation Theory, 106-117), continued by a factor of 2.25."""


FEW = 64
"""Rows up to which it is faster to count who comes before each than to move them: the processor has nothing to guess."""


@process
def rank_rows(ranking: Ranking, n: int) -> None:
    """Write the rows 0 .. n - 1 into `rows` in ascending order of key, equal keys in ascending order of row; keys may move."""
    keys, rows = ranking.keys, ranking.rows
    if n > FEW:
        for i in range(n):
            rows[i] = i
        put_in_order(ranking, 0, n)
        return
    for i in range(n):
        key = keys[i]
        place = 0
        for j in range(i):
            place += 1 if keys[j] <= key else 0
        for j in range(i + 1, n):
            place += 1 if keys[j] < key else 0
        rows[place] = i


@process
def put_in_order(ranking: Ranking, start: int, stop: int) -> None:
    """Put places start .. stop - 1 in ascending order of key, equal keys in ascending order of row."""
    keys, rows = ranking.keys, ranking.rows
    for gap in GAPS:
        for j in range(start + gap, stop):
            key, row = keys[j], rows[j]
            k = j
            while k >= start + gap and (keys[k - gap] > key or (keys[k - gap] == key and rows[k - gap] > row)):
                keys[k], rows[k] = keys[k - gap], rows[k - gap]
                k -= gap
            keys[k], rows[k] = key, row
