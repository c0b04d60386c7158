"""The register of theory cases: what each one says, where it comes from, and how it is computed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

Provenance = Literal["published", "published formula", "published model", "derived"]
"""Where the numbers come from; what is derived here is never cited as literature."""


class Row(NamedTuple):
    """One number of a case: what the package gives beside what is expected, and by how much they may differ."""

    what: str
    got: float
    expected: float
    tolerance: float
    relative: bool = False

    @property
    def holds(self) -> bool:
        """Whether the difference is within the tolerance, relative to what is expected if it is declared so."""
        scale = max(abs(self.expected), 1e-300) if self.relative else 1.0
        return abs(self.got - self.expected) <= self.tolerance * scale


class Case(NamedTuple):
    """A result and the function that reproduces it."""

    id: str
    title: str
    source: str
    provenance: Provenance
    rows: Callable[[], list[Row]]


CASES: dict[str, Case] = {}
"""Every case by its id, in the order of registration."""


def case(id: str, title: str, source: str, provenance: Provenance) -> Callable[[Callable[[], list[Row]]], Case]:
    """Register a function that computes the rows of a case."""

    def register(rows: Callable[[], list[Row]]) -> Case:
        if id in CASES:
            raise ValueError(f"two cases share the id {id}")
        CASES[id] = Case(id, title, source, provenance, rows)
        return CASES[id]

    return register
