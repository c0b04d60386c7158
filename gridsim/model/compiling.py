"""How kernels are compiled: the decorators of this package.

Measured, and the reason for each option:

* `_nrt=False`: else Numba counts references to every array of the state at every call, atomically, which trebles the run
  time of the whole model. A function so marked cannot make arrays; the few that do (`traits`, `rationing`) use `njit`.
* no wrappers: else every function that takes the state is compiled a second and a third time for calls from Python and C,
  a third of the time that the first run spends compiling. Only entry points have them; the others cannot be called from
  Python (with NUMBA_DISABLE_JIT=1 they can, as plain Python).
* no fastmath: results are the same bits everywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from numba import njit

Function = TypeVar("Function", bound=Callable[..., Any])


def _compiled(function: Function, **options: bool) -> Function:
    """Compile with the options of all kernels and those given; the result has the signature written on the function."""
    decorate: Any = njit
    compiled: Function = decorate(cache=True, _nrt=False, **options)(function)
    return compiled


def entry(function: Function) -> Function:
    """Compile a function that Python calls as well: it runs free of the interpreter's lock."""
    return _compiled(function, nogil=True)


def process(function: Function) -> Function:
    """Compile a process of the month, called from other kernels only: a loop over columns, a function of its own."""
    return _compiled(function, no_cpython_wrapper=True, no_cfunc_wrapper=True)


def step(function: Function) -> Function:
    """Compile what happens to one request or agent, called from other kernels only: its code goes where it is called."""
    return _compiled(function, forceinline=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)


def rule(function: Function) -> Function:
    """Compile a rule, a pure function of numbers: its code goes where it is called, and Python can call it as well."""
    return _compiled(function, forceinline=True)


def allocating(function: Function) -> Function:
    """Compile a function that makes arrays of its own, and so counts references; kernels and Python may call it."""
    decorate: Any = njit
    compiled: Function = decorate(cache=True, _nrt=True)(function)
    return compiled
