"""How kernels are compiled: the decorators of this package.

Measured, and the reason for each choice:

* `_nrt=False`: else Numba counts references to every array of the state at every call, atomically, which trebles the run
  time of the whole model. A function so marked cannot make arrays: what it needs is handed to it.
* Only what Python calls gets machine code of its own. Numba would optimise, emit and cache every function by itself, and
  then once more within each function that calls it, up to the outermost: half of the time of the first start. The others
  are kept as unoptimised code, which is linked into the functions that Python calls and optimised there, once.
* no fastmath: results are the same bits everywhere.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from numba import config, njit
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.extending import typeof_impl

numba_config: Any = config
Function = TypeVar("Function", bound=Callable[..., Any])


class LinkedLibrary(JITCodeLibrary):
    """Code that is only ever linked into other code: neither optimised nor turned into machine code by itself."""

    def _optimize_final_module(self) -> None:
        pass

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._finalized = True


class LinkedCompiler(CompilerBase):
    """Numba's compiler of functions that are called from compiled code only."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.state.targetctx = self.state.targetctx.subtarget(get_executable=not_callable)

    def compile_extra(self, func: Any) -> Any:
        """Compile a Python function into a library of its own."""
        self.state.library = LinkedLibrary(self.state.targetctx.codegen(), func.__qualname__)
        return super().compile_extra(func)

    def define_pipelines(self) -> list[Any]:
        """The passes of any compiled function."""
        return [DefaultPassBuilder.define_nopython_pipeline(self.state)]


def not_callable(library: Any, description: Any, environment: Any) -> Any:
    """What Numba keeps as the way in from Python: there is none.

    It must be a built-in function, another one for every kernel (Numba tells kernels apart by it). This one takes nothing
    that a kernel takes, so that a kernel called from Python raises a TypeError or a ValueError.
    """
    return {}.update


def _linked(function: Function, **options: bool) -> Function:
    decorate: Any = njit
    compiled: Function = decorate(
        pipeline_class=LinkedCompiler, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True, **options
    )(function)
    return compiled


def entry(function: Function) -> Function:
    """Compile a function that Python calls: it runs free of the interpreter's lock, and the next process finds it compiled."""
    decorate: Any = njit
    compiled: Function = decorate(cache=True, nogil=True, _nrt=False, no_cfunc_wrapper=True)(function)
    return compiled


def process(function: Function) -> Function:
    """Compile a process of the month, called from other kernels only: a loop over columns."""
    return _linked(function)


def step(function: Function) -> Function:
    """Compile what happens to one request or agent, called from other kernels only: its code goes where it is called."""
    return _linked(function, forceinline=True)


class Rule:
    """A function that kernels call, and Python as well: for Python it is compiled on its own, when it is first called."""

    def __init__(self, function: Callable[..., Any]) -> None:
        functools.update_wrapper(self, function)
        self.linked: Any = _linked(function, forceinline=True)

    @functools.cached_property
    def entry(self) -> Any:
        """The function for Python."""
        return entry(self.linked.py_func)

    def __call__(self, *args: Any, **named: Any) -> Any:
        """Call the function from Python."""
        return self.entry(*args, **named)


@typeof_impl.register(Rule)
def _type_of_rule(rule: Rule, context: Any) -> Any:
    return typeof_impl(rule.linked, context)


def rule(function: Function) -> Function:
    """Compile a rule, a pure function of numbers: its code goes where it is called, and Python can call it as well."""
    wrapped: Any = function if numba_config.DISABLE_JIT else Rule(function)
    return wrapped
