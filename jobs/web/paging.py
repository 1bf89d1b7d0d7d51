"""Lists by cursor: a place in the order of the rows, so pages stay right while rows are added."""

from __future__ import annotations

import base64
import binascii
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import Q, QuerySet

from jobs.declare.ids import id_of
from jobs.errors import BadRequest
from jobs.models import Job


@dataclass(frozen=True)
class Page:
    """Jobs, newest first, and the cursor of the next older page ("" when there is none)."""

    jobs: list[Job]
    next: str


def page_of(jobs: QuerySet[Job], cursor: str, size: int) -> Page:
    """The page after the cursor ("" for the newest). Raises BadRequest for a cursor that isn't one of ours."""
    if cursor:
        created_at, pk = place_of(cursor)
        after = Q(created_at__lt=created_at) | Q(created_at=created_at, pk__lt=pk)
        jobs = jobs.filter(
            after, created_at__lte=created_at
        )  # where in its index to begin: no database sees it in an OR
    rows = list(jobs.order_by("-created_at", "-id")[: size + 1])
    return Page(rows[:size], cursor_of(rows[size - 1]) if len(rows) > size else "")


def cursor_of(job: Job) -> str:
    """The place after this job."""
    return base64.urlsafe_b64encode(f"{job.created_at.isoformat()}|{job.pk}".encode()).decode().rstrip("=")


def place_of(cursor: str) -> tuple[datetime, uuid.UUID]:
    """When the job before that place was created, and its id. Raises BadRequest for what is no cursor."""
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        created_at, _, pk = text.partition("|")
        moment = datetime.fromisoformat(created_at)
        if moment.tzinfo is None:
            raise ValueError("no zone")
        return moment.astimezone(UTC), uuid.UUID(pk)
    except (ValueError, OverflowError, binascii.Error):  # Overflow: a zone before the year 1
        raise BadRequest(
            "The cursor is not one that this list gave: leave it out to start from the first page."
        ) from None


def id_after(cursor: str) -> int:
    """Of a list by number: the last one of the page before; 0 for the first page. Raises BadRequest for no cursor."""
    number = id_of(cursor) if cursor else 0
    if number is None:
        raise BadRequest("The cursor is not one that this list gave: leave it out to begin at the first page.")
    return number
