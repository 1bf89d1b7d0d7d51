"""Stash may have been reset or swapped: its scenes are others then, under the same ids."""

from __future__ import annotations

from jobs.texts.translatable import Translatable as _
from scenes.models import SyncState
from scenes.sync import identity


def refuse_another_library() -> None:
    """Raise a permanent JobError when Stash was seen to hold another library than ours."""
    if SyncState.objects.filter(another_library=True).exists():
        raise identity.another_library(_("its scenes are others than those that we know"))
