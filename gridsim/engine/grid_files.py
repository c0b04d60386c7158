"""Where grid cases come from: those that PYPOWER ships, and MATPOWER files."""

from __future__ import annotations

import hashlib
import importlib
import re
import warnings
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridsim.config.errors import literal
from gridsim.config.explain import did_you_mean

BUILT_IN = {"rts24": "case24_ieee_rts", "case39": "case39"}
"""Names of the cases that need no file, with PYPOWER's: the IEEE Reliability Test System and New England."""

# Columns of MATPOWER's matrices, as far as they are needed to check a file before PYPOWER sees it.
_COLUMNS = {"bus": 13, "gen": 10, "branch": 11}
_NEEDED = {"bus": (0, 1, 2, 4, 6), "gen": (0, 1, 7, 8), "branch": (0, 1, 3, 5, 8, 9, 10)}
_CALCULATION = re.compile(r"^\s*mpc\.\w+\s*\(", re.MULTILINE)


class CaseData(NamedTuple):
    """A grid in service, in PYPOWER's internal numbering: isolated buses and what is switched off are gone.

    Attributes:
        base_mva: power of one per unit.
        bus: PYPOWER's bus matrix.
        gen: PYPOWER's generator matrix.
        branch: PYPOWER's branch matrix.
        number: the case's own number of each bus.
    """

    base_mva: float
    bus: NDArray[np.float64]
    gen: NDArray[np.float64]
    branch: NDArray[np.float64]
    number: NDArray[np.int64]


def read_case(case: str, folder: Path | None) -> CaseData:
    """Read a built-in case by its name, or a MATPOWER file by its path inside a folder."""
    with warnings.catch_warnings():  # escapes in PYPOWER's docstrings, when a newer Python compiles it
        warnings.simplefilter("ignore", SyntaxWarning)
        ext2int = importlib.import_module("pypower.ext2int").ext2int
        if case in BUILT_IN:
            raw = getattr(importlib.import_module(f"pypower.{BUILT_IN[case]}"), BUILT_IN[case])()
        else:
            raw = _read_matpower(_find(case, folder or Path()), case)
    tables = {name: np.array(raw[name], np.float64) for name in _COLUMNS}
    inner = ext2int({"version": "2", "baseMVA": float(raw["baseMVA"]), **tables})
    number = inner["order"]["bus"]["i2e"].astype(np.int64)
    return CaseData(inner["baseMVA"], inner["bus"], inner["gen"], inner["branch"], number)


def case_digest(case: str, folder: Path | None) -> str:
    """A name for the content of a case that is a file; empty for one that comes with the package."""
    if case in BUILT_IN or not case.endswith(".m"):
        return ""
    return hashlib.sha256(_find(case, folder or Path()).read_bytes()).hexdigest()


def _find(case: str, folder: Path) -> Path:
    """The file that a path names, links followed, when it is a MATPOWER file inside the folder."""
    if not case.endswith(".m"):
        raise ValueError(
            f"unknown grid case {literal(case)}{did_you_mean(case, list(BUILT_IN))}"
            f" (known are {' and '.join(BUILT_IN)}; the name of a MATPOWER file ends in .m)"
        )
    if PurePosixPath(case).is_absolute() or PureWindowsPath(case).anchor:
        raise ValueError(f"grid case {literal(case)}: an absolute path is not allowed")
    try:
        real = (folder / case).resolve()
        inside = real.is_relative_to(folder.resolve())
        is_file = inside and real.is_file()
    except (OSError, RuntimeError, ValueError):  # RuntimeError: a loop of links, before Python 3.13
        inside, is_file = True, False
    if not inside:
        raise ValueError(f"grid case {literal(case)}: the file is outside the folder that it is relative to")
    if not is_file:
        raise ValueError(f"grid case {literal(case)}: there is no such file")
    return real


def _read_matpower(path: Path, case: str) -> dict[str, object]:
    """The matrices of a MATPOWER file of format version 2.

    Only plain numbers are read. A file that goes on to calculate with them, as those of distribution grids do to
    convert ohms, would give wrong data without a word, so it is refused.
    """
    try:
        from matpowercaseframes import CaseFrames
    except ImportError:
        raise ImportError(
            f"grid case {literal(case)}: reading MATPOWER files needs an optional library;"
            ' install it with: pip install "gridsim[network]"'
        ) from None
    try:
        if _CALCULATION.search(path.read_text(errors="replace")):
            raise ValueError("it calculates with its data; write the resulting numbers into it")
        frames = CaseFrames(str(path), update_index=False)
        raw = {name: getattr(frames, name) for name in ("version", "baseMVA", *_COLUMNS)}
        if str(raw["version"]) != "2":
            raise ValueError(f"format version {raw['version']}, needed is '2'")
        raw |= {name: raw[name].to_numpy(np.float64) for name in _COLUMNS}
        _check(raw)
    except (AttributeError, IndexError, KeyError, OSError, TypeError, ValueError) as error:
        raise ValueError(f"grid case {literal(case)} cannot be read as a MATPOWER case: {error}") from None
    return raw


def _check(raw: dict[str, NDArray[np.float64]]) -> None:
    """Refuse matrices that PYPOWER would misread, or stumble over without a message of use."""
    for name, columns in _COLUMNS.items():
        if raw[name].shape[0] == 0 or raw[name].shape[1] < columns:
            raise ValueError(f"mpc.{name} has {raw[name].shape[1]} columns, needed are {columns}")
        if not np.isfinite(raw[name][:, _NEEDED[name]]).all():
            raise ValueError(f"mpc.{name} holds values that are not finite numbers")
    numbers = raw["bus"][:, 0]
    if np.unique(numbers).size != numbers.size or (numbers < 1).any() or (numbers % 1 != 0).any():
        raise ValueError("bus numbers must be whole, positive and different")
    if not np.isin(raw["bus"][:, 1], (1, 2, 3, 4)).all():
        raise ValueError("bus types must be 1, 2, 3 or 4")
    for name, ends in (("gen", raw["gen"][:, :1]), ("branch", raw["branch"][:, :2])):
        if not np.isin(ends, numbers).all():
            raise ValueError(f"mpc.{name} refers to a bus that mpc.bus does not have")
    if (raw["branch"][raw["branch"][:, 10] > 0, 3] == 0).any():
        raise ValueError("a branch has no reactance, which a DC power flow cannot carry")
    if not float(raw["baseMVA"]) > 0:
        raise ValueError("mpc.baseMVA must be positive")
