from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.jobs import toys


@pytest.fixture(autouse=True)
def _well_behaved() -> Iterator[None]:
    toys.behaviour.clear()
    yield
    toys.behaviour.clear()
