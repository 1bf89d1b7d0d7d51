"""Workflows of jobs on django-q2: rows are the truth, messages only wake workers up. It runs in any project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jobs.models import Job


def start(type: str, params: dict[str, Any] | None = None, *, source: str = "code", user: Any = None) -> Job:
    """Start a job: the one function that every entry point calls. See `jobs.engine.start`."""
    from jobs import engine

    return engine.start(type, params, source=source, user=user)
