"""Every number of the cases on queues, hoarding, screens and attribution, as the package gives it."""

import pytest

from gridsim.theory import attribution, bullwhip, commons, hoarding, queues, screening  # noqa: F401
from gridsim.theory.registry import CASES

IDS = [id for id in CASES if id[0] in "BCDGH" or id == "F3"]


@pytest.mark.parametrize("id", IDS)
def test_every_row_holds(id):
    rows = CASES[id].rows()
    assert rows
    assert [row for row in rows if not row.holds] == []
