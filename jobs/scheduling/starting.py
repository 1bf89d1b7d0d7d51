"""Starting a job that no person asked for at that moment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jobs import engine
from jobs.declare.pinning import pinning
from jobs.declare.registry import params_of
from jobs.models import Job


def start(type: str, params: Mapping[str, Any], *, source: str) -> Job:
    """As `engine.start`, with the defaults for when nobody looks on, and with the settings as they are now.

    A supervisor lives long, and what it read of them before counts no more. Raises BadRequest, AlreadyRunning.
    """
    with pinning().applied({}):
        return engine.start(type, {**params_of(type).unattended(), **params}, source=source)


def active(type: str) -> Job | None:
    """One of this type that is not a part of another one and has not ended."""
    return Job.objects.runs().active().filter(type=type).first()
