"""Who asks: names that stand for the same applicant, found by cleanco (legal forms) and RapidFuzz (spelling).

A feature of the list, not a verdict: whatever is taken for the same is noted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import groupby

import numpy as np

from gridsim.assess.cells import is_empty
from gridsim.assess.queue import Note

ALIKE = 92.0
"""Names are the same applicant's if so many hundredths of their letters are, in order: one letter in 13 or more may differ."""
HIDDEN = frozenset(
    {"confidential", "redacted", "withheld", "undisclosed", "private", "not disclosed", "anonymous", "various"}
)
ROMAN = frozenset("ivx")
LARGEST_BLOCK = 4000
"""Names that begin alike are compared with each other, if they are no more than so many."""


def entities(names: Sequence[str | None], column: str) -> tuple[list[str | None], list[Note]]:
    """The applicant that each name stands for, as the name that is most frequent for it, None where there is none, and notes."""
    from cleanco import basename

    counts = Counter(name for name in names if name is not None)
    plain = {name: " ".join(words(basename(name) or name)) for name in counts}
    hidden = [name for name in counts if plain[name] in HIDDEN or is_empty(plain[name])]
    chief = chiefs({name: count for name, count in counts.items() if name not in hidden}, plain)
    notes = [Note(0, column, f"{name!r} ({counts[name]} rows)", "an applicant that is not told") for name in hidden]
    notes += [
        Note(0, column, f"{name!r} ({counts[name]} rows)", f"the same applicant as {own!r}")
        for name, own in chief.items()
        if name != own and name.casefold().split() != own.casefold().split()
    ]
    return [None if name is None else chief.get(name) for name in names], notes


def words(name: str) -> list[str]:
    """The words of a name without capitals and punctuation."""
    return "".join(letter if letter.isalnum() else " " for letter in name.casefold()).split()


def chiefs(counts: dict[str, int], plain: dict[str, str]) -> dict[str, str]:
    """For each name the most frequent one of those that stand for the same applicant; of equals the first in order."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    order = sorted(counts, key=lambda name: (mark(plain[name]), name))
    links = [np.array([], int)], [np.array([], int)]
    at = 0
    for _, block in groupby(order, key=lambda name: mark(plain[name])):
        members = list(block)
        one, other = alike([plain[name] for name in members])
        links[0].append(at + one)
        links[1].append(at + other)
        at += len(members)
    rows, columns = (np.concatenate(ends) for ends in links)
    graph = coo_array((np.ones(len(rows)), (rows, columns)), shape=(at, at))
    label = connected_components(graph, directed=False)[1]
    chief: dict[int, str] = {}
    for k in sorted(range(at), key=lambda k: (-counts[order[k]], order[k])):
        chief.setdefault(int(label[k]), order[k])
    return {name: chief[int(label[k])] for k, name in enumerate(order)}


def mark(plain: str) -> tuple[str, ...]:
    """What must be the same in names of one applicant: the first letter, numbers, single letters and Roman numerals."""
    parts = plain.split()
    telling = [part for part in parts if len(part) == 1 or any(map(str.isdigit, part)) or set(part) <= ROMAN]
    return (plain[:1], *sorted(telling))


def alike(plain: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of names that are spelled nearly the same; where there are too many to compare, those that are the same."""
    from rapidfuzz import fuzz, process

    if len(plain) > LARGEST_BLOCK:
        _, number = np.unique(plain, return_inverse=True)
        order = np.argsort(number, kind="stable")
        same = number[order][1:] == number[order][:-1]
        return order[:-1][same], order[1:][same]
    score = process.cdist(plain, plain, scorer=fuzz.ratio, score_cutoff=ALIKE, dtype=np.float32)
    one, other = np.nonzero(np.triu(score >= ALIKE, 1))
    return one, other
