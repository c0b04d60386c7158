"""The folder of compiled kernels: one for each content of the model, whole or built again, somewhere in any case."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numba
import pytest

from gridsim.model import jit_cache

ROOT = Path(__file__).parents[2]
TINY_MODEL = """
from numba import njit
from gridsim.model import CACHE_DIR, jit_cache

@njit(cache=True)
def inner(x):
    return x + 1

@njit(cache=True)
def outer(x):
    return 2 * inner(x)

def compile_all():
    assert outer(1) == 4

jit_cache.compile_once(CACHE_DIR, compile_all, lambda: print("compiling"))
print(outer(1), sum(outer.stats.cache_hits.values()), CACHE_DIR)
"""
"""A program with two kernels, beside a copy of the module that caches them."""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A model of two kernels with the real `jit_cache`; the folder to run it from."""
    model = tmp_path / "gridsim" / "model"
    model.mkdir(parents=True)
    (tmp_path / "gridsim" / "__init__.py").touch()
    for name in ("__init__.py", "jit_cache.py"):
        shutil.copy(ROOT / "gridsim" / "model" / name, model / name)
    (model / "kernels.py").write_text(TINY_MODEL)
    return tmp_path


def run(package: Path, **environment: str) -> tuple[list[str], Path]:
    """Run the program of two kernels in a process of its own; what it said, and its cache folder."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("NUMBA_", "GRIDSIM_", "XDG_"))}
    settings = {"GRIDSIM_CACHE": str(package / "cache"), **environment}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "gridsim.model.kernels"],
        cwd=package, env={**inherited, **settings}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    *words, folder = done.stdout.split()
    return words, Path(folder)


def test_kernels_are_compiled_once_and_loaded_from_then_on(package):
    first, folder = run(package)
    second, again = run(package)
    assert first[:2] == ["compiling", "4"]
    assert second == ["4", "1"]
    assert folder == again
    assert folder.parent == package / "cache" / "gridsim" / "jit"
    assert (folder / jit_cache.READY).exists()


def test_a_change_in_any_source_means_another_folder_and_new_code(package):
    """Numba alone would look only at the file of the outermost kernel."""
    _, before = run(package)
    helper = package / "gridsim" / "model" / "helper.py"
    helper.write_text("# a helper\n")
    words, added = run(package)
    helper.write_text("# a changed helper\n")
    _, changed = run(package)
    helper.rename(helper.with_name("renamed.py"))
    _, renamed = run(package)
    assert words[0] == "compiling"
    assert len({before, added, changed, renamed}) == 4


def test_changed_kernels_never_meet_old_code(package):
    kernels = package / "gridsim" / "model" / "kernels.py"
    run(package)
    kernels.write_text(TINY_MODEL.replace("x + 1", "x + 41").replace("== 4", "== 84"))
    words, _ = run(package)
    assert words[:2] == ["compiling", "84"]


def test_another_processor_has_another_folder(package):
    _, mine = run(package)
    _, generic = run(package, NUMBA_CPU_NAME="generic", NUMBA_CPU_FEATURES="")
    _, careful = run(package, NUMBA_BOUNDSCHECK="1")
    assert len({mine, generic, careful}) == 3


@pytest.mark.parametrize("damage", [b"", b"not a kernel", None])
def test_a_damaged_entry_is_thrown_away_and_compiled_again(package, damage):
    """As a process leaves them that was killed between two writes, before the folder was marked as ready."""
    _, folder = run(package)
    (folder / jit_cache.READY).unlink()
    entries = sorted(path for path in folder.rglob("*.nb*") if path.suffix in (".nbi", ".nbc"))
    assert entries
    for path in entries:
        path.write_bytes(path.read_bytes()[:100] if damage is None else damage)
    words, again = run(package)
    assert words[:2] == ["compiling", "4"]
    assert again == folder
    assert run(package)[0] == ["4", "1"]


def test_an_unwritable_place_is_passed_over(package, tmp_path):
    """Also for root, who may write into every folder: a file stands where the folder would be."""
    blocked = tmp_path / "blocked"
    blocked.write_text("")
    _, folder = run(package, GRIDSIM_CACHE=str(blocked), XDG_CACHE_HOME=str(tmp_path / "second"))
    assert folder.is_relative_to(tmp_path / "second")
    nowhere = {"GRIDSIM_CACHE": str(blocked), "XDG_CACHE_HOME": str(blocked), "HOME": str(blocked)}
    (tmp_path / "temporary").mkdir()
    _, folder = run(package, **nowhere, TMPDIR=str(tmp_path / "temporary"))
    assert folder.is_relative_to(tmp_path / "temporary")


def test_a_private_folder_is_the_last_resort(monkeypatch, tmp_path):
    blocked = tmp_path / "blocked"
    blocked.write_text("")
    before = numba.config.CACHE_DIR
    monkeypatch.setattr(jit_cache, "candidates", lambda: iter([blocked, blocked / "deeper"]))
    try:
        first, second = jit_cache.use(), jit_cache.use()
        assert first != second
        assert first.is_dir()
        assert Path(numba.config.CACHE_DIR) == second
    finally:
        numba.config.CACHE_DIR = before
    first.rmdir()
    second.rmdir()


def test_the_environment_comes_first(monkeypatch, tmp_path):
    monkeypatch.setenv("GRIDSIM_CACHE", str(tmp_path / "a"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "b"))
    assert list(jit_cache.candidates())[:2] == [tmp_path / "a", tmp_path / "b"]
    monkeypatch.delenv("GRIDSIM_CACHE")
    assert next(jit_cache.candidates()) == tmp_path / "b"


def test_a_compilation_that_fails_twice_is_an_error_and_leaves_nothing_ready(tmp_path, monkeypatch):
    monkeypatch.setattr(numba.config, "DISABLE_JIT", 0)
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "kernel.nbi").touch()
    attempts = []

    def fail() -> None:
        attempts.append(sorted(path.name for path in tmp_path.iterdir()))
        raise ValueError("no compiler today")

    with pytest.raises(ValueError, match="no compiler today"):
        jit_cache.compile_once(tmp_path, fail, lambda: None)
    assert attempts == [["lock", "old"], ["lock"]]
    assert not (tmp_path / jit_cache.READY).exists()


def test_a_ready_folder_is_not_compiled_again(tmp_path, monkeypatch):
    monkeypatch.setattr(numba.config, "DISABLE_JIT", 0)
    calls = []
    for _ in range(2):
        jit_cache.compile_once(tmp_path, lambda: calls.append("compiled"), lambda: calls.append("said"))
    assert calls == ["said", "compiled"]


def test_uncompiled_runs_keep_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(numba.config, "DISABLE_JIT", 1)
    jit_cache.compile_once(tmp_path, pytest.fail, pytest.fail)
    assert list(tmp_path.iterdir()) == []


def test_the_digest_of_the_sources_is_that_of_this_version():
    assert jit_cache.source_digest() == jit_cache.source_digest()
    assert len(jit_cache.source_digest()) == 24
    assert jit_cache.fingerprint() != jit_cache.source_digest()
