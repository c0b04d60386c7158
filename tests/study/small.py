"""What tests of batches share: a small scenario, and what must be equal in two stores of the same plan."""

from __future__ import annotations

import hashlib
from pathlib import Path

from gridsim.config.reader import load_text

TINY = """
title: Tiny
horizon_months: 12
actors:
  labs: {count: 2}
  hyperscalers: {count: 1}
  developers: {count: 2}
  utilities: {names: [North, South]}
"""
VARYING = {".work", "quarantine", "sessions.jsonl"}
"""What may differ between two stores of the same plan."""


def tiny():
    """A market that runs in about a millisecond."""
    return load_text(TINY)


def content(folder: Path) -> dict[str, str]:
    """Digest of every file of a store that must not vary, by name."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    names = {path.relative_to(folder): path for path in files}
    return {
        name.as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for name, path in names.items()
        if name.parts[0] not in VARYING
    }
