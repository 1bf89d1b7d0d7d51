"""What is not begun now although it is due: everything during a pause, jobs of some types in quiet hours."""

from __future__ import annotations

from functools import cache

from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Concat

from jobs.engine.transitions import change
from jobs.models import ACTIVE, Job, Pause, QuietHours

PAUSED, QUIET = "Paused", "Quiet hours"  # how the message of what waits begins
MAX_EXPLAINED = 50  # jobs of each reason

# Each is built once, since claiming asks with every job.


@cache
def is_held() -> Q:
    """Of a job: it is not to be begun now."""
    return Q(Exists(Pause.objects.active())) | Q(Exists(_quiet_for(OuterRef("type"))))


@cache
def is_to_be_requeued() -> Q:
    """Of a running job: it is not to go on now, either."""
    pauses, quiet = Pause.objects.active(), _quiet_for(OuterRef("type"))
    return Q(Exists(pauses.filter(requeue_running=True))) | Q(Exists(quiet.filter(requeue_running=True)))


def _quiet_for(type: OuterRef) -> QuerySet[QuietHours]:
    return QuietHours.objects.active().filter(types__contains=Concat(Value(","), type, Value(",")))


def reasons() -> tuple[str, dict[str, str]]:
    """Why nothing is begun, "" if that is not so; and by type, why none of it is."""
    pause = Pause.objects.active().select_related("begun_by").first()
    quiet = {type: said_of(hours) for hours in QuietHours.objects.active() for type in hours.job_types}
    return said_of_pause(pause) if pause else "", quiet


def reason_for(type: str) -> str:
    """Why no job of this type is begun now; "" if that is not so."""
    paused, quiet = reasons()
    return paused or quiet.get(type, "")


def said_of_pause(pause: Pause) -> str:
    by = f" by {pause.begun_by}" if pause.begun_by else ""
    return f"{PAUSED}{by}{f': {pause.reason}' if pause.reason else ''}"


def said_of(hours: QuietHours) -> str:
    until = hours.ends_at_there
    return f"{QUIET} until {until:%H:%M} ({hours.time_zone})" if until else QUIET


def explain_held(due: QuerySet[Job]) -> None:
    """Say why in the ``due`` jobs that are held, and no more in those that aren't."""
    paused, quiet = reasons()
    said = Q(message__startswith=PAUSED) | Q(message__startswith=QUIET)
    for job in Job.objects.filter(said, status__in=ACTIVE, claim_token=None):
        if job.message != (paused or quiet.get(job.type, "")):
            change(job, message="")
    if paused or quiet:
        held = due if paused else due.filter(type__in=quiet)
        for job in held[:MAX_EXPLAINED]:
            if job.message != (text := paused or quiet[job.type]):
                change(job, message=text)
