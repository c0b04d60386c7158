"""Every release says what it changes in the numbers, if only that it changes none."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import gridsim

TEXT = (Path(__file__).parents[1] / "CHANGELOG.md").read_text("utf-8")
FIRST, NONE = "First release.", "Unchanged."


def releases(text: str) -> dict[str, str]:
    """The sections of a changelog by version, the newest first."""
    heads = list(re.finditer(r"^## \[(.+?)\] - (?:unreleased|\d{4}-\d\d-\d\d)$", text, re.MULTILINE))
    assert len(heads) == len(re.findall(r"^## ", text, re.MULTILINE)), "a head is not ## [VERSION] - DATE"
    ends = [*(head.start() for head in heads[1:]), len(text)]
    return {head[1]: text[head.end() : end] for head, end in zip(heads, ends, strict=True)}


def problems(text: str) -> list[str]:
    """Releases that do not say what becomes of the numbers."""
    found, sections = [], releases(text)
    for version, section in sections.items():
        said = re.findall(r"^### Numbers\n+(.*?)(?=^### |\Z)", section, re.MULTILINE | re.DOTALL)
        is_first = version == list(sections)[-1]
        allowed = FIRST if is_first else NONE
        listed = len(said) == 1 and re.fullmatch(r"(- \S.*(\n  \S.*)*\n?)+", said[0].strip())
        if len(said) != 1 or not (said[0].strip() == allowed or listed):
            found.append(f"{version}: write ### Numbers once, with {allowed!r} or a list of what changes and why")
    return found


def test_every_release_says_what_changes_in_the_numbers():
    assert problems(TEXT) == []
    assert next(iter(releases(TEXT))) == gridsim.__version__


@pytest.mark.parametrize(
    ("newer", "is_well"),
    [
        ("### Numbers\n\nUnchanged.\n\n### Added\n\n- x\n", True),
        ("### Numbers\n\n- Waits are rounded up, for\n  months are whole.\n- Another.\n", True),
        ("### Added\n\n- x\n", False),
        ("### Numbers\n\n### Added\n", False),
        ("### Numbers\n\nFirst release.\n", False),
        ("### Numbers\n\nSome.\n", False),
        ("### Numbers\n\nUnchanged.\n\n### Numbers\n\n- x\n", False),
    ],
)
def test_a_release_that_keeps_silent_is_found(newer, is_well):
    text = (
        f"# Changelog\n\n## [0.2.0] - 2027-01-01\n\n{newer}\n## [0.1.0] - 2026-12-01\n\n### Numbers\n\nFirst release.\n"
    )
    assert (problems(text) == []) is is_well
