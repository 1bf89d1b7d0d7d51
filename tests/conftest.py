"""Fixtures that every test may use."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from jobs import registry
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


@pytest.fixture
def be_stalled_after(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """`be_stalled_after(seconds)`: from now on jobs of Stash, which have an hour, are stalled after that."""

    def change(seconds: float) -> None:
        for type in ("stash_scan", "stash_generate"):
            changed = dataclasses.replace(registry.get_task(type), no_progress=seconds)
            monkeypatch.setitem(registry._tasks, type, changed)

    return change


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """In CI a skipped test is a failed one."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("STASHHOG_NO_SKIPS") and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
