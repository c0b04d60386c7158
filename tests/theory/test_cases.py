"""Every registered case of theory: what the package gives is what is published or derived."""

from __future__ import annotations

import importlib.util

import pytest

from gridsim.theory import GROUPS, cases

CASES = cases()


def test_every_group_is_there():
    missing = [group for group in GROUPS if importlib.util.find_spec(f"gridsim.theory.{group}") is None]
    if missing:
        pytest.skip(f"not written yet: {', '.join(missing)}")


@pytest.mark.parametrize("id", CASES)
def test_the_package_reproduces_the_case(id):
    rows = CASES[id].rows()
    wrong = [f"{r.what}: {r.got:.10g}, expected {r.expected:.10g} within {r.tolerance:g}" for r in rows if not r.holds]
    assert rows
    assert not wrong, f"{id} ({CASES[id].source}): {'; '.join(wrong)}"
