"""Notes on a file as a table."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from gridsim.assess.queue import Note


def notes_table(notes: Sequence[Note]) -> pd.DataFrame:
    """Row, column, found, assumed; texts that a spreadsheet would take for a formula have an apostrophe before them."""
    rows = [(note.row, *(harmless(text) for text in note[1:])) for note in notes]
    return pd.DataFrame(rows, columns=list(Note._fields))


def harmless(text: str) -> str:
    """A text that is no formula in a spreadsheet."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
