"""The rationing game in C: game.c, compiled when it is first built; CC names another compiler than gcc."""

from __future__ import annotations

import ctypes
import functools
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.rationing_game.game import COLUMNS, GAME, PERIODS, Luck, NoCompiler, Peer
from gridsim.model.group import F

COMPILER = shutil.which(os.environ.get("CC", "gcc"))
if COMPILER is None:
    raise NoCompiler("no C compiler")

FLAGS = ("-std=c17", "-O3", "-march=native", "-fPIC", "-shared")
ROUNDED = ("-ffp-contract=off",)
"""Every operation rounded, as gridsim's are."""
FUSED = ("-ffp-contract=fast",)
"""Products and sums fused where the compiler likes, with other last bits."""
ARRANGED = (*ROUNDED, "-DARRANGED")
"""The normal quantile arranged by hand so that it vectorises; the same bits."""
STATE_COLUMNS = 7


class Model(NamedTuple):
    """A run that is ready to be played."""

    library: Any
    arguments: tuple[Any, ...]
    state: F
    log: F


@functools.cache
def library(*options: str) -> Any:
    """The compiled game."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(__file__).with_name("game.c"), Path(folder) / "game.so"
        subprocess.run([str(COMPILER), *FLAGS, *options, str(source), "-o", str(target), "-lm"], check=True)
        return ctypes.CDLL(str(target))


def build(options: tuple[str, ...], n: int, seed: int, luck: Luck | None = None) -> Model:
    """A run of n labs; it makes the declared draws itself and needs no luck."""
    state, log = np.empty((STATE_COLUMNS, n)), np.empty((PERIODS, len(COLUMNS)))
    arguments = (
        ctypes.c_uint64(seed),
        (ctypes.c_double * len(GAME))(*GAME),
        ctypes.c_int64(n),
        (ctypes.c_void_p * STATE_COLUMNS)(*(column.ctypes.data for column in state)),
        ctypes.c_int64(PERIODS),
        ctypes.c_void_p(log.ctypes.data),
    )
    return Model(library(*options), arguments, state, log)


def _peer(name: str, options: tuple[str, ...]) -> Peer:
    return Peer(
        name=name,
        own_draws=False,
        same_bits=options is not FUSED,
        build=functools.partial(build, options),
        play=lambda model: model.library.play(*model.arguments),
        log=lambda model: model.log,
    )


PEER = _peer("C", ROUNDED)
PEER_FUSED = _peer("C, fused", FUSED)
PEER_ARRANGED = _peer("C, arranged", ARRANGED)
