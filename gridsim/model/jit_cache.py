"""Where compiled kernels live between processes.

Numba's own cache looks only at the file of the outermost function, so that a change in an imported helper would run old
code without a word; and a process killed between two writes leaves an index that points at old code. So there is one folder
per content of all kernel sources, versions and processor: a new source never meets an old entry.
"""

from __future__ import annotations

import functools
import hashlib
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import llvmlite
import numba
import numpy as np
from llvmlite import binding as llvm

READY = "ready"


@functools.cache
def source_digest() -> str:
    """A name for the model: the content of every source file of this package."""
    digest = hashlib.blake2b(digest_size=12)
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def fingerprint() -> str:
    """A name for everything that compiled code depends on: the model, versions, processor, options."""
    digest = hashlib.blake2b(source_digest().encode(), digest_size=12)
    config: Any = numba.config
    machine = (
        sys.version_info[:3],
        platform.machine(),
        numba.__version__,
        llvmlite.__version__,
        np.__version__,
        config.CPU_NAME or llvm.get_host_cpu_name(),
        config.CPU_FEATURES or llvm.get_host_cpu_features().flatten(),
        config.OPT,
        config.BOUNDSCHECK,
    )
    digest.update(repr(machine).encode())
    return digest.hexdigest()


def candidates() -> Iterator[Path]:
    """Folders to try, best first: $GRIDSIM_CACHE, the user's cache, the folder for temporary files."""
    for variable in ("GRIDSIM_CACHE", "XDG_CACHE_HOME"):
        if os.environ.get(variable):
            yield Path(os.environ[variable])
    with suppress(RuntimeError):  # no home
        yield Path.home() / ".cache"
    yield Path(tempfile.gettempdir()) / f"gridsim-{os.getuid() if hasattr(os, 'getuid') else 'user'}"


def use() -> Path:
    """Point Numba at the folder of this version's kernels and return it; a private one where no other can be written."""
    name = fingerprint()
    for root in candidates():
        folder = root / "gridsim" / "jit" / name
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.TemporaryFile(dir=folder) as probe:
                probe.write(b"x" * 65536)  # really writable, and not full
            break
    else:
        folder = Path(tempfile.mkdtemp(prefix="gridsim-jit-"))
    config: Any = numba.config
    config.CACHE_DIR = str(folder)
    return folder


def compiling() -> bool:
    """Whether Numba compiles at all (NUMBA_DISABLE_JIT=1 says no)."""
    config: Any = numba.config
    return not config.DISABLE_JIT


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder's lock, so that one process compiles and the others wait; no lock where the system has none."""
    try:
        import fcntl
    except ImportError:  # pragma: no cover - not on POSIX
        yield
        return
    with (folder / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def compile_once(folder: Path, compile_all: Callable[[], None], say: Callable[[], None]) -> None:
    """Compile all kernels into `folder` unless that has been done; a damaged entry is thrown away and compiled again.

    `say` is called before a compilation that will take a while.
    """
    if (folder / READY).exists() or not compiling():
        return
    with locked(folder):
        if (folder / READY).exists():
            return
        say()
        try:
            compile_all()
        except Exception:
            clear(folder)
            compile_all()
        (folder / READY).touch()


def clear(folder: Path) -> None:
    """Forget everything compiled into `folder`."""
    for path in folder.iterdir():
        if path.name != "lock":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
