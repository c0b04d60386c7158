"""What is wrong with a scenario, in words: one line per problem, each with the place it is about."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

KeyPath = tuple[str | int, ...]
"""Where a value sits in a scenario: the keys and list indices that lead to it."""

FOUND_MAX = 60  # characters of a found value that a message repeats
NAME_MAX = 80  # characters of a key in a path
LINES_MAX = 100  # problems that a message lists one by one

_BARE_KEY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_ &()-]*(?<! )")
_NUMBER_WORDS = {math.inf: ".inf", -math.inf: "-.inf"}


def dotted(path: KeyPath) -> str:
    """Write a path as overrides write it: `tariffs.0.from`, `grid.areas."St. Mary".headroom_mw`."""
    words = [shorten(str(part), NAME_MAX) for part in path]
    return ".".join(word if _BARE_KEY.fullmatch(word) else f'"{word}"' for word in words)


def shorten(text: str, limit: int = FOUND_MAX) -> str:
    """Cut a text in its middle so that it has at most `limit` characters."""
    head = (limit - 3) // 2
    return text if len(text) <= limit else f"{text[:head]}...{text[len(text) - (limit - 3 - head) :]}"


def literal(value: object) -> str:
    """Write a value as YAML flow text would, on one line and shortened; text is quoted."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return ".nan" if math.isnan(value) else _NUMBER_WORDS.get(value, repr(value))
    if isinstance(value, Mapping):
        return shorten("{" + ", ".join(f"{key}: {literal(item)}" for key, item in value.items()) + "}")
    if isinstance(value, list):
        return shorten("[" + ", ".join(literal(item) for item in value) + "]")
    if isinstance(value, str):
        return repr(shorten(value))
    return shorten(repr(value))


def found(value: object) -> str:
    """Name a found value in a sentence: scalars as written, lists and blocks by what they hold."""
    if value is None:
        return "nothing (null)"
    if isinstance(value, list):
        return "an empty list" if not value else f"a list of {len(value)} ({literal(value)})"
    if isinstance(value, Mapping):
        keys = shorten(", ".join(str(key) for key in value))
        return f"a block with the keys {keys}" if value else "an empty block"
    return literal(value)


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    Attributes:
        file: name of the file as the user knows it, or `--set a.b=v` for an override.
        line: line of the file, from 1; None where there is no line, as with a missing file or an override.
        column: column of that line, from 1; None as for `line`.
        path: dotted path of the value, empty for the scenario as a whole.
        message: what was found, what is allowed, and the nearest valid name where there is one.
    """

    file: str
    line: int | None
    column: int | None
    path: str
    message: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}:{self.column}"
        repeated = self.line is None and self.file.startswith(f"--set {self.path}=")
        text = f"{place} {self.path}: {self.message}" if self.path and not repeated else f"{place}: {self.message}"
        return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


class ScenarioError(ValueError):
    """A scenario cannot be used; `problems` holds every reason that was found, `str()` gives one line for each."""

    def __init__(self, problems: Iterable[Problem]):
        self.problems: list[Problem] = list(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        lines = [str(problem) for problem in self.problems[:LINES_MAX]]
        if len(self.problems) > LINES_MAX:
            lines.append(f"and {len(self.problems) - LINES_MAX} more problems")
        return "\n".join(lines)


class StrategyError(ValueError):
    """A strategy of a user's own that cannot be used; the text says why."""
