"""Fixtures that every test may use."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from scenes import configuration


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., configuration.Configuration]]:
    """`configure(stash_url=…)` replaces fields of the configuration for one test; calls add up."""
    chosen: dict[str, Any] = {}

    def replace(**fields: Any) -> configuration.Configuration:
        chosen.update(fields)
        config = dataclasses.replace(configuration.Configuration(), **chosen)
        monkeypatch.setattr(configuration, "current", lambda: config)
        return config

    replace()
    yield replace
