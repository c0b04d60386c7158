"""How kernels take what they work on: by reference, without losing or keeping anything of it."""

from __future__ import annotations

import sys
from typing import NamedTuple

import numpy as np
import pytest
from numba import njit
from numba.core.errors import TypingError
from numpy.typing import NDArray

from gridsim.model import sorting
from gridsim.model.by_reference import passed_by_reference
from gridsim.model.compiling import entry, process, rule, step
from gridsim.model.sorting import Ranking


class Inner(NamedTuple):
    first: NDArray[np.float64]
    second: NDArray[np.float64]


@passed_by_reference
class Whole(NamedTuple):
    column: NDArray[np.float64]
    inner: Inner


@rule
def double(x: float) -> float:
    """Two times x."""
    return 2.0 * x


@step
def write(whole: Whole, i: int) -> None:
    whole.inner.second[i] = double(whole.column[i])


@process
def write_all(whole: Whole) -> float:
    total = 0.0
    for i in range(whole.column.size):
        write(whole, i)
        total += whole.inner.second[i]
    return total


@entry
def run(whole: Whole) -> float:
    return write_all(whole)


@njit
def run_with_counts(whole: Whole) -> float:
    """As a user's function is compiled, which counts references to every array that it touches."""
    total = 0.0
    for i in range(whole.column.size):
        total += whole.column[i] + whole.inner.first[i]
    return total + write_all(whole)


def new_whole() -> Whole:
    return Whole(np.arange(5.0), Inner(np.ones(5), np.zeros(5)))


def test_a_kernel_writes_into_the_arrays_of_the_tuple_that_it_is_given():
    whole = new_whole()
    assert run(whole) == 20.0
    assert whole.inner.second.tolist() == [0.0, 2.0, 4.0, 6.0, 8.0]
    assert run_with_counts(whole) == 10.0 + 5.0 + 20.0


@pytest.mark.parametrize("kernel", [run, run_with_counts])
def test_no_reference_to_an_array_is_lost_or_kept(kernel):
    whole = new_whole()
    arrays = [whole.column, *whole.inner]
    kernel(whole)
    before = [sys.getrefcount(array) for array in arrays]
    for _ in range(100):
        kernel(whole)
    assert [sys.getrefcount(array) for array in arrays] == before


def test_a_field_that_does_not_exist_is_no_kernel():
    @njit
    def wrong(whole: Whole) -> float:
        return whole.colunm[0]

    with pytest.raises(TypingError, match="colunm"):
        wrong(new_whole())


def test_a_rule_gives_python_what_it_gives_kernels():
    assert double(3.0) == 6.0
    assert double(x=3) == 6.0
    assert double.__doc__ == "Two times x."


def test_a_kernel_for_kernels_refuses_a_call_from_python():
    with pytest.raises(TypeError):
        sorting.put_in_order(Ranking(np.zeros(2), np.zeros(2, np.int64)), 0, 2)
    with pytest.raises((TypeError, ValueError)):
        write_all(new_whole())
