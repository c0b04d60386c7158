"""The scenarios that a viewer may open: the one given, those of its folder tree, and what the page holds itself."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from gridsim import tables
from gridsim.config.errors import ScenarioError
from gridsim.config.files import tree_root
from gridsim.config.reader import load
from gridsim.config.scenario import Scenario

BUILT_IN = "built-in"
PRESETS = (
    ("Today", "baseline"),
    ("Deposit", "policies/deposit"),
    ("Minimum take", "policies/minimum_take"),
    ("No gaming", "honest"),
    ("Everything gamed", "everything"),
)
"""Buttons of the first screen, where the catalogue has the scenario."""
GROUPS = {"": "Worlds", "policies": "Rules", "mechanisms": "Mechanisms"}


class Entry(NamedTuple):
    """A scenario of the catalogue and the file it was read from, as the command line would name it."""

    key: str
    path: str
    scenario: Scenario


def built_in() -> Entry:
    """The scenario of an explorer that is started where there are no files."""
    text = "every parameter at its default"
    return Entry(BUILT_IN, "", Scenario(title="A market with every parameter at its default", description=text))


def catalogue(path: Path | None) -> tuple[str, dict[str, Entry]]:
    """The key to start with, and all scenarios beside that file; bad ones among those beside it are left out.

    Raises ScenarioError if the file itself is bad.
    """
    if path is None:
        path = tables.SCENARIOS / "baseline.yaml"
        if not path.is_file():
            return BUILT_IN, {BUILT_IN: built_in()}
    first = load(path)
    root = tree_root(path.resolve())
    start = key_of(path.resolve(), root)
    entries = {start: Entry(start, str(path), first)}
    for other in tables.files(root) if (root / "gridsim.schema.json").is_file() else ():
        key = key_of(other.resolve(), root)
        if key in entries or tables.is_sweep(other, root):
            continue
        try:
            entries[key] = Entry(key, shown_path(other, path, root), load(other))
        except ScenarioError:
            continue
    return start, entries


def key_of(path: Path, root: Path) -> str:
    """A file's name in the catalogue: its path below the folder tree, without the ending."""
    return path.relative_to(root).with_suffix("").as_posix() if path.is_relative_to(root) else path.stem


def shown_path(other: Path, given: Path, root: Path) -> str:
    """A file as one would name it who named another one `given`."""
    up = len(given.resolve().relative_to(root).parts) if given.resolve().is_relative_to(root) else 1
    base = given
    for _ in range(up):
        base = base.parent
    return str(base / other.resolve().relative_to(root))


def group_of(key: str) -> str:
    """The heading under which a scenario is listed."""
    folder, _, _ = key.rpartition("/")
    return GROUPS.get(folder, folder.replace("_", " ").capitalize())


def listed(entries: dict[str, Entry]) -> list[dict[str, object]]:
    """The catalogue as groups of a select box."""
    groups: dict[str, list[dict[str, str]]] = {}
    for entry in entries.values():
        groups.setdefault(group_of(entry.key), []).append({"value": entry.key, "label": entry.scenario.title})
    order = [*GROUPS.values(), *sorted(set(groups) - set(GROUPS.values()))]
    return [{"group": name, "items": groups[name]} for name in order if name in groups]
