"""Every registered case of theory: what the package gives is what is published or derived."""

from __future__ import annotations

import pytest

from gridsim.theory import cases

CASES = cases()


def test_every_group_is_there():
    counts = {"A": 10, "B": 6, "C": 5, "D": 5, "E": 6, "F": 3, "G": 3, "H": 9, "L": 3}
    assert {group: sum(id[0] == group for id in CASES) for group in counts} == counts
    assert len(CASES) == 50


@pytest.mark.parametrize("id", CASES)
def test_the_package_reproduces_the_case(id):
    rows = CASES[id].rows()
    wrong = [f"{r.what}: {r.got:.10g}, expected {r.expected:.10g} within {r.tolerance:g}" for r in rows if not r.holds]
    assert rows
    assert not wrong, f"{id} ({CASES[id].source}): {'; '.join(wrong)}"
