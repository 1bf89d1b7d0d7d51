"""Where jobs, their steps and their batches stand."""

from __future__ import annotations

from django.db import models


class Status(models.TextChoices):
    """Where a job or a step stands; PENDING and SKIPPED are for steps only."""

    PENDING = "pending", "Pending"
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    COMPLETED = "completed", "Completed"
    COMPLETED_WITH_ERRORS = "completed_with_errors", "Completed with errors"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"
    SKIPPED = "skipped", "Skipped"


ACTIVE = (Status.QUEUED, Status.RUNNING)
FINISHED = (Status.COMPLETED, Status.COMPLETED_WITH_ERRORS, Status.FAILED, Status.CANCELLED)
UNSUCCESSFUL = (Status.COMPLETED_WITH_ERRORS, Status.FAILED, Status.CANCELLED)
JOB_STATUSES = (*ACTIVE, *FINISHED)
