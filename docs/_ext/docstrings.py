"""How docstrings and signatures are taken over into the reference of Python."""

from __future__ import annotations

from typing import Any

from sphinx.application import Sphinx

MADE_BY_OTHERS = ("gridsim.Scenario", "gridsim.Result", "gridsim.config.sweep.Sweep")
"""Classes that nobody calls: their arguments are the schema's keys, or the engine's own."""
COLON = "\ue000"
"""Stands for a colon while napoleon looks, which takes what is before one for the type of a property."""
BEFORE_NAPOLEON, AFTER_NAPOLEON = 400, 600


def short_signature(
    app: Sphinx, what: str, name: str, obj: Any, options: Any, signature: str | None, returns: str | None
) -> tuple[str, str | None] | None:
    """Leave the arguments of such classes out."""
    return ("", None) if what == "class" and name in MADE_BY_OTHERS else None


def hide_colons(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Before napoleon: no colon in the first line of a property."""
    if what in ("property", "attribute") and lines:
        lines[0] = lines[0].replace(":", COLON)


def show_colons(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """After napoleon: the colons again."""
    lines[:] = [line.replace(COLON, ":") for line in lines]


def setup(app: Sphinx) -> dict[str, Any]:
    """Sphinx's entry."""
    app.connect("autodoc-process-signature", short_signature)
    app.connect("autodoc-process-docstring", hide_colons, priority=BEFORE_NAPOLEON)
    app.connect("autodoc-process-docstring", show_colons, priority=AFTER_NAPOLEON)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
