"""Stash's ``updated_at``: kept as Stash wrote it and compared for equality.

It has whole seconds, so a row that was read in the second it was changed in may change again and keep its
``updated_at``. Hence ``wait_out_second``, which lets that second pass before anything is read, and
``reliable_updated_at``, which keeps none for a row that changed while it was being read: the next sync reads it
again. All by Stash's own clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache

from jobs.context import JobContext
from scenes.clients.stash.client import StashClient
from scenes.clients.stash.rows import Changes

SKEW = timedelta(minutes=5)  # that an `updated_at` may be ahead of Stash's clock as we know it
SECOND = timedelta(seconds=1)  # the resolution of `updated_at`
UNRELIABLE = ""  # kept instead of an `updated_at`


@lru_cache(maxsize=10_000)
def parse_time(raw: str) -> datetime | None:
    """The time that a raw text means, aware; None for what is no time with a zone."""
    try:
        moment = datetime.fromisoformat(raw)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def newest_time(raw: Iterable[str], now: datetime, since: datetime | None = None) -> datetime | None:
    """The newest time among the ``raw`` ones and ``since``.

    A time in the future is left out: a clock that once was wrong would hide all changes up to that day.
    A watermark that is too old only costs a longer answer.
    """
    moments = [moment for moment in map(parse_time, set(raw)) if moment and moment <= now + SKEW]
    return max([*moments, *([since] if since else [])], default=None)


@lru_cache(maxsize=10_000)
def reliable_updated_at(raw: str, asked_at: datetime) -> str:
    """The ``updated_at`` to keep for a row that was asked for at ``asked_at``."""
    moment = parse_time(raw)
    return UNRELIABLE if moment and asked_at - SECOND < moment <= asked_at + SKEW else raw


def wait_out_second(job: JobContext, stash: StashClient, raw: Iterable[str]) -> None:
    """Let the second pass in which the newest of the ``raw`` times was written, if that is now."""
    now = stash.now()
    moment = newest_time(raw, now)
    if moment and now - SECOND < moment <= now + 2 * SECOND:  # it may be a second later than we know
        job.pause((moment + SECOND - now).total_seconds())


def all_updated_at(changes: Changes) -> list[str]:
    """Every raw ``updated_at`` in an answer, of whatever kind."""
    by_kind = (changes.scenes, changes.tags, changes.performers, changes.studios, *changes.files.values())
    return [
        *(updated_at for rows in by_kind for updated_at in rows.values()),
        *(marker.updated_at for marker in changes.markers.values()),
    ]
