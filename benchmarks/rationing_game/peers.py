"""Which implementations there are on this machine."""

from __future__ import annotations

from importlib import import_module
from typing import NamedTuple

from benchmarks.rationing_game.game import NoCompiler, Peer

PLACES = (
    ("gridsim", "gridsim_peer", "PEER"),
    ("C", "c_peer", "PEER"),
    ("C, fused", "c_peer", "PEER_FUSED"),
    ("C, arranged", "c_peer", "PEER_ARRANGED"),
    ("NumPy", "numpy_peer", "PEER"),
    ("mesa-frames", "mesa_frames_peer", "PEER"),
    ("AgentPy", "agentpy_peer", "PEER"),
    ("Mesa", "mesa_peer", "PEER"),
)
"""Name, module and attribute of each; gridsim, which the others are compared with, comes first."""
PACKAGES = {"agentpy", "mesa", "mesa_frames", "polars"}


class Found(NamedTuple):
    """The implementations, and why others are missing."""

    peers: list[Peer]
    missing: dict[str, str]


def find(places: tuple[tuple[str, str, str], ...] = PLACES) -> Found:
    """Import the implementations; those whose package or compiler is absent are missing, by name and reason.

    Raises:
        ImportError: of anything else that cannot be imported.
    """
    found = Found([], {})
    for name, module, attribute in places:
        try:
            found.peers.append(getattr(import_module(f"benchmarks.rationing_game.{module}"), attribute))
        except ModuleNotFoundError as error:
            if error.name not in PACKAGES:
                raise
            found.missing[name] = f"{error.name} is not installed"
        except NoCompiler as error:
            found.missing[name] = str(error)
    return found
