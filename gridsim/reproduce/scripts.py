"""The scripts of a paper: each makes charts from scenarios, in full or quickly with fewer seeds."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from gridsim.config.explain import did_you_mean
from gridsim.figures.charts import Chart

NAME = re.compile(r"[a-z][a-z0-9_]*")


class Script(NamedTuple):
    """A script: its name, what it shows, and the function that makes its charts; `make(True)` is the quick version."""

    name: str
    about: str
    make: Callable[[bool], list[Chart]]


def found(folder: Path) -> list[str]:
    """Names of the scripts in a folder, in their order."""
    return sorted(path.stem for path in folder.glob("*.py") if NAME.fullmatch(path.stem))


def chosen(folder: Path, names: list[str]) -> list[Script]:
    """The scripts asked for, all without names.

    Raises:
        ValueError: there is no script of that name, none at all, or it lacks `make`.
    """
    known = found(folder)
    if not known:
        raise ValueError(f"{folder}: there are no scripts here")
    for name in names:
        if name not in known:
            raise ValueError(
                f"{name}: there is no such script; allowed are {', '.join(known)}{did_you_mean(name, known)}"
            )
    return [loaded(folder / f"{name}.py") for name in (names or known)]


def reason(error: Exception) -> str:
    """What went wrong, in one line."""
    return f"{' '.join(str(error).split()) or 'no reason given'} ({type(error).__name__})"


def loaded(path: Path) -> Script:
    """A script from its file. Raises ValueError if it cannot be read, or has no docstring or no function `make`."""
    spec = importlib.util.spec_from_file_location(f"analysis_{path.stem}", path)
    assert spec is not None  # a path that ends in .py has one
    assert spec.loader is not None
    module: ModuleType = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise ValueError(f"{path}: the script cannot be read: {reason(error)}") from error
    make, about = getattr(module, "make", None), (module.__doc__ or "").strip().partition("\n")[0]
    if not callable(make) or not about:
        raise ValueError(f"{path}: a script has a docstring and a function make(quick) that returns charts")
    return Script(path.stem, about, make)
