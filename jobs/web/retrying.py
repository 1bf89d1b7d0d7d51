"""What a user has done with a job: one way for pages, API and admin."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from jobs import engine
from jobs.models import Job
from jobs.permissions import START, require, require_retry, require_type

if TYPE_CHECKING:
    from jobs.permissions import AnyUser


def retry_for(user: AnyUser, job_id: uuid.UUID, step: str = "") -> Job:
    """As `jobs.engine.retry`. Raises Forbidden when this user may not, and Job.DoesNotExist."""
    require_retry(user, Job.objects.get(pk=job_id))
    return engine.retry(job_id, step)


def run_now_for(user: AnyUser, job_id: uuid.UUID) -> Job:
    """As `jobs.engine.ignore_quiet_hours`. Raises Forbidden when this user may not, and Job.DoesNotExist."""
    require(user, START)
    require_type(user, Job.objects.get(pk=job_id))
    return engine.ignore_quiet_hours(job_id)
