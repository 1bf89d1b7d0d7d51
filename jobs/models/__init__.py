"""The rows that are the truth about work. Only `jobs.engine` changes a status."""

from jobs.models.api_tokens import ApiToken, Purpose, Scope
from jobs.models.events import Event
from jobs.models.holds import Pause, QuietHours
from jobs.models.idempotency import IdempotencyKey
from jobs.models.jobs import Job, JobQuerySet
from jobs.models.operation import Maintenance, Supervisor
from jobs.models.scheduling import Occurrence, RunRequest, Schedule
from jobs.models.status import ACTIVE, FINISHED, JOB_STATUSES, UNSUCCESSFUL, Status
from jobs.models.steps import Batch, Step

__all__ = [
    "ACTIVE",
    "FINISHED",
    "JOB_STATUSES",
    "UNSUCCESSFUL",
    "ApiToken",
    "Batch",
    "Event",
    "IdempotencyKey",
    "Job",
    "JobQuerySet",
    "Maintenance",
    "Occurrence",
    "Pause",
    "Purpose",
    "QuietHours",
    "RunRequest",
    "Schedule",
    "Scope",
    "Status",
    "Step",
    "Supervisor",
]
