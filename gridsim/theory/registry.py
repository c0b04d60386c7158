"""The register of theory cases: what each one says, where it comes from, and how it is computed."""

from __future__ import annotations

import math
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
        return abs(self.got - self.expected) <= self.scale

    @property
    def scale(self) -> float:
        """The largest difference that is allowed."""
        return self.tolerance * (max(abs(self.expected), 1e-300) if self.relative else 1.0)

    @property
    def off(self) -> float:
        """Difference over tolerance: at most 1 holds; infinite where none is allowed and there is one."""
        away = self.got - self.expected
        return away / self.scale if self.scale > 0.0 else math.copysign(math.inf, away) if away else 0.0


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
