"""Published and derived results on the rationing game, each run through the package's own code."""

from __future__ import annotations

import importlib

from gridsim.theory.registry import CASES, Case

GROUPS = (
    "rationing",
    "bullwhip",
    "queues",
    "hoarding",
    "self_made",
    "contests",
    "welfare",
    "commons",
    "attribution",
    "screening",
    "learning",
)
"""The modules that the cases are in."""


def cases() -> dict[str, Case]:
    """Every case by its id."""
    for group in GROUPS:
        importlib.import_module(f"gridsim.theory.{group}")
    return CASES
