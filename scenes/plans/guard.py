"""Stash may have been reset or swapped: its scenes are others then, under the same ids."""

from __future__ import annotations

from jobs.errors import JobError
from scenes.models import SyncState


def refuse_another_library() -> None:
    """Raise a permanent JobError when a sync has seen that Stash holds another library than ours."""
    if SyncState.objects.filter(another_library=True).exists():
        message = (
            "Stash holds another library than the one StashHog knows, so its scenes are not touched. "
            "Start a sync: it says what to do."
        )
        raise JobError("another_library", message, permanent=True)
