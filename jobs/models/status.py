"""Where jobs, their steps and their batches stand."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Status(models.TextChoices):
    """Where a job or a step stands; PENDING and SKIPPED are for steps only."""

    PENDING = "pending", _("Pending")
    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Running")
    COMPLETED = "completed", _("Completed")
    COMPLETED_WITH_ERRORS = "completed_with_errors", _("Completed with errors")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")
    SKIPPED = "skipped", _("Skipped")


ACTIVE = (Status.QUEUED, Status.RUNNING)
FINISHED = (Status.COMPLETED, Status.COMPLETED_WITH_ERRORS, Status.FAILED, Status.CANCELLED)
UNSUCCESSFUL = (Status.COMPLETED_WITH_ERRORS, Status.FAILED, Status.CANCELLED)
JOB_STATUSES = (*ACTIVE, *FINISHED)
