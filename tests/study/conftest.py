"""What tests of batches share: processes that begin at once, and stores that nothing has disturbed."""

import pytest

from tests.study.stores import Batches, Drivers


@pytest.fixture(scope="session")
def drivers(tmp_path_factory):
    """Starts command lines."""
    found = Drivers(tmp_path_factory.mktemp("drivers"))
    yield found
    found.close()


@pytest.fixture(scope="session")
def batches(tmp_path_factory, drivers):
    """Starts batches of a tiny scenario."""
    return Batches(tmp_path_factory.mktemp("batches"), drivers)
