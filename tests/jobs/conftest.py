from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.jobs import examples


@pytest.fixture(autouse=True)
def _well_behaved() -> Iterator[None]:
    examples.behaviour.clear()
    yield
    examples.behaviour.clear()
