"""One more job of a type, once none of it is active: asked for any number of times, started once.

A request is a row, so it outlives every process. Whoever starts it deletes the row as it was seen, in the transaction
that starts the job: of several supervisors one does it, and what is asked for meanwhile is a request of its own.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import DateTimeField, F, Q, QuerySet
from django.utils import timezone

from jobs.engine.error_boundary import catch_errors_of
from jobs.errors import AlreadyRunning, BadRequest, JobError
from jobs.models import Occurrence, RunRequest
from jobs.models.compiled import Compiled, Given
from jobs.scheduling.starting import active, start
from jobs.texts.translatable import message_of

TRY_AGAIN = timedelta(hours=1)  # after one that could not be started
CLOCKS_DIFFER = timedelta(minutes=1)

logger = logging.getLogger(__name__)


def request(
    key: str,
    type: str,
    *,
    source: str,
    reason: str,
    params: Mapping[str, Any] | None = None,
    wait: float = 0,
    longest_wait: float = 0,
    occurrence: Occurrence | None = None,
) -> RunRequest:
    """Ask for one more; who asks (``key``) again before it is started gets the same one.

    It is started ``wait`` seconds after it was last asked for, or ``longest_wait`` after the first time.
    """
    now = timezone.now()
    with transaction.atomic():
        row, is_new = RunRequest.objects.select_for_update().get_or_create(
            key=key, defaults={"job_type": type, "source": source, "first_asked_at": now}
        )
        row.params, row.reason, row.last_asked_at = dict(params or {}), reason, now
        latest = row.first_asked_at + timedelta(seconds=max(wait, longest_wait))
        row.not_before = min(now + timedelta(seconds=wait), max(latest, now))
        row.occurrence = occurrence or row.occurrence
        row.asked = F("asked") + int(not is_new)
        row.save()
        row.refresh_from_db()
    return row


def start_requested() -> None:
    """Start those whose time it is, and of whose type none is active. Safe in any number of processes at once."""
    now = timezone.now()
    for row in to_start(now=now, soon=now + CLOCKS_DIFFER, late=now + TRY_AGAIN + CLOCKS_DIFFER):
        if active(row.job_type) is None and RunRequest.objects.filter(pk=row.pk).exists():
            outcome = catch_errors_of(partial(_start, row), f"request={row.key}")
            if isinstance(outcome, JobError):
                _failed(row, outcome.message)


def rows_to_start() -> QuerySet[RunRequest]:
    now, soon, late = (Given(name, DateTimeField()) for name in ("now", "soon", "late"))
    # The clock, when it was asked for, or failed.
    was_ahead = Q(first_asked_at__gt=soon) | Q(not_before__gt=late)
    return RunRequest.objects.filter(Q(not_before__lte=now) | was_ahead)


to_start = Compiled(rows_to_start)


def _start(row: RunRequest) -> None:
    try:
        with transaction.atomic():
            if not _taken(row):
                return
            job = start(row.job_type, row.params, source=row.source)
            others = [other for other in RunRequest.objects.filter(job_type=row.job_type) if other.params == row.params]
            done = [other for other in others if _taken(other)]
            occurrences = [request_row.occurrence_id for request_row in (row, *done) if request_row.occurrence_id]
            Occurrence.objects.filter(pk__in=occurrences).update(job=job)
    except AlreadyRunning:
        return  # somebody was quicker: it follows that one
    except BadRequest as error:
        _failed(row, message_of(error))


def _taken(row: RunRequest) -> bool:
    """Whether it is as it was seen, and is ours now."""
    seen = RunRequest.objects.filter(pk=row.pk, asked=row.asked, last_asked_at=row.last_asked_at)
    return bool(seen.delete()[0])


def _failed(row: RunRequest, why: str) -> None:
    """It would fail again at once. Of a schedule it is what became of that time; else it waits for what is wrong."""
    logger.error("The job that %s asked for could not be started: %s", row.key, why)
    with transaction.atomic():
        if row.occurrence:
            if _taken(row):
                row.occurrence.outcome, row.occurrence.message = Occurrence.Outcome.FAILED, why
                row.occurrence.save(update_fields=["outcome", "message"])
            return
        seen = RunRequest.objects.filter(pk=row.pk, asked=row.asked, last_asked_at=row.last_asked_at)
        if kept := seen.select_for_update().first():
            is_new = kept.error != why
            now = timezone.now()
            kept.error, kept.not_before, kept.first_asked_at = why, now + TRY_AGAIN, min(kept.first_asked_at, now)
            # A change of the error is reported to people; the same again is no news.
            kept.save(update_fields=["not_before", "first_asked_at", *(["error"] if is_new else [])])
