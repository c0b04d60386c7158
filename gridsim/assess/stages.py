"""How far each request of a file is: the word for its stage, its dates, and what other columns say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from typing import Any

import pandas as pd

from gridsim.assess import cells
from gridsim.assess.mapping import FURTHER, Mapping, plain
from gridsim.assess.queue import STAGES, Note
from gridsim.assess.table_file import WORDS_SHOWN, Raw
from gridsim.config.errors import literal
from gridsim.config.explain import did_you_mean


def stages(
    raw: Raw, where: dict[str, int], texts: list[str], mapping: Mapping, table: pd.DataFrame, notes: list[Note]
) -> list[str]:
    """Our stage of each row: of its word, else of its dates. Raises ScenarioError for words that no stage has."""
    words = mapping.words()
    strange = Counter(text for text in texts if not cells.is_empty(text) and plain(text) not in words)
    if strange:
        word, _ = strange.most_common(1)[0]
        line = next(line for line, text in zip(raw.lines, texts, strict=True) if text == word)
        listed = ", ".join(f"{literal(one)} ({count} rows)" for one, count in strange.most_common(WORDS_SHOWN))
        message = f"no stage has these words: {listed}; allowed are {', '.join(STAGES)} and the words of the mapping"
        raise raw.refuse(line, raw.header[where["stage"]], message + did_you_mean(word, list(words)))
    by_dates = [stage_by_dates(row) for row in table[["left", "energised", "signed"]].to_dict("records")]
    out = []
    for text, guess, line in zip(texts, by_dates, raw.lines, strict=True):
        own = words.get(plain(text), "")
        if not own and "stage" in where:
            notes.append(Note(line, raw.header[where["stage"]], text or "nothing", f"{guess}, after its dates"))
        out.append(own or guess)
    return out


def stage_by_dates(row: dict[Hashable, Any]) -> str:
    """The stage that the dates of a request say."""
    for column, stage in (("left", "withdrawn"), ("energised", "energised"), ("signed", "signed")):
        if pd.notna(row[column]):
            return stage
    return "filed"


def further_on(raw: Raw, found: list[str], mapping: Mapping, notes: list[Note]) -> list[str]:
    """The stages, and further ones where the mapping's `further` columns say so; columns that the file lacks say nothing."""
    places: dict[str, int] = {}
    for k, name in enumerate(raw.header):
        places.setdefault(plain(name), k)
    out = list(found)
    for stage in FURTHER:
        for column, words in mapping.further.get(stage, {}).items():
            place = places.get(plain(column))
            if place is None:
                continue
            known = None if words == "any" else {plain(word) for word in words}
            says = [not cells.is_empty(row[place]) if known is None else plain(row[place]) in known for row in raw.rows]
            moved = [k for k, yes in enumerate(says) if yes and STAGES.index(out[k]) < STAGES.index(stage)]
            for k in moved:
                out[k] = stage
            if moved:
                notes.append(
                    Note(0, raw.header[place], f"{len(moved)} requests that are further on", f"{stage}, as it says")
                )
    return out
