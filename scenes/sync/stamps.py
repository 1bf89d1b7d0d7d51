"""Stash's time stamps: kept as it wrote them and compared for equality.

They have whole seconds, so a row that was read in the second it was changed in may change again and keep its
stamp. Hence ``settle``, which lets that second pass before anything is read, and ``settled``, which keeps no
stamp for a row that changed while it was being read: the next sync reads it again. All by Stash's own clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache

from jobs.context import JobContext
from scenes.clients.stash import StashClient
from scenes.clients.stash_rows import Changes

SKEW = timedelta(minutes=5)  # that a stamp may be ahead of Stash's clock as we know it
SECOND = timedelta(seconds=1)  # how fine stamps are
UNSETTLED = ""  # kept instead of a stamp


@lru_cache(maxsize=10_000)
def instant(raw: str) -> datetime | None:
    """The moment that a raw stamp means, aware; None for what is no time with a zone."""
    try:
        moment = datetime.fromisoformat(raw)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def newest(stamps: Iterable[str], now: datetime, since: datetime | None = None) -> datetime | None:
    """The newest instant among ``stamps`` and ``since``.

    A stamp from the future is left out: a clock that once was wrong would hide all changes up to that day.
    A watermark that is too old only costs a longer answer.
    """
    moments = [moment for moment in map(instant, set(stamps)) if moment and moment <= now + SKEW]
    return max([*moments, *([since] if since else [])], default=None)


def settled(raw: str, asked_at: datetime) -> str:
    """The stamp to keep for a row that was asked for at ``asked_at``."""
    moment = instant(raw)
    return UNSETTLED if moment and asked_at - SECOND < moment <= asked_at + SKEW else raw


def settle(job: JobContext, stash: StashClient, stamps: Iterable[str]) -> None:
    """Let the second pass in which the newest of ``stamps`` was written, if that is now."""
    now = stash.now()
    moment = newest(stamps, now)
    if moment and now - SECOND < moment <= now + 2 * SECOND:  # it may be a second later than we know
        job.pause((moment + SECOND - now).total_seconds())


def stamps_of(changes: Changes) -> list[str]:
    """Every raw stamp in an answer, of whatever kind."""
    named = (changes.scenes, changes.tags, changes.performers, changes.studios, *changes.files.values())
    return [
        *(stamp for stamps in named for stamp in stamps.values()),
        *(marker.updated_at for marker in changes.markers.values()),
    ]
