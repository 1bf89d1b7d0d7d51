"""Stash's time stamps: kept as it wrote them and compared for equality; read as instants for the watermark only."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.utils import timezone

from scenes.clients.stash_rows import Changes

SKEW = timedelta(minutes=5)  # that Stash's clock may be ahead of ours


def instant(raw: str) -> datetime | None:
    """The moment that a raw stamp means, aware; None for what is no time with a zone."""
    try:
        moment = datetime.fromisoformat(raw)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def newest(stamps: Iterable[str], since: datetime | None = None) -> datetime | None:
    """The newest instant among ``stamps`` and ``since``.

    A stamp from the future is left out: a clock that once was wrong would hide all changes up to that day.
    A watermark that is too old only costs a longer answer.
    """
    latest = timezone.now() + SKEW
    moments = [moment for moment in map(instant, set(stamps)) if moment and moment <= latest]
    return max([*moments, *([since] if since else [])], default=None)


def stamps_of(changes: Changes) -> list[str]:
    """Every raw stamp in an answer, of whatever kind."""
    named = (changes.scenes, changes.tags, changes.performers, changes.studios, *changes.files.values())
    return [
        *(stamp for stamps in named for stamp in stamps.values()),
        *(marker.updated_at for marker in changes.markers.values()),
    ]
