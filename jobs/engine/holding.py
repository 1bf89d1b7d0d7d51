"""What is not begun now although it is due: everything during a pause, jobs of some types in quiet hours."""

from __future__ import annotations

import uuid
from functools import cache

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Concat

from jobs import events, wakeup
from jobs.declare.registry import get_workflow
from jobs.engine.transitions import change, lock_run
from jobs.errors import NotPossible
from jobs.models import ACTIVE, Job, Pause, QuietHours
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import joined
from jobs.texts.words import within_a_sentence

PAUSED, QUIET = "Paused", "Quiet hours"  # how the message of what waits begins
IS_EXPLAINED = Q(message__startswith=PAUSED) | Q(message__startswith=QUIET)
MAX_EXPLAINED = 50  # jobs of each reason

# Each is built once, since claiming asks with every job.


@cache
def is_held() -> Q:
    """Of a job: it is not to be begun now."""
    return Q(Exists(Pause.objects.active())) | _is_quiet(QuietHours.objects.active())


@cache
def is_to_be_requeued() -> Q:
    """Of a running job: it is not to go on now, either."""
    requeuing = Pause.objects.active().filter(requeue_running=True)
    return Q(Exists(requeuing)) | _is_quiet(QuietHours.objects.active().filter(requeue_running=True))


def _is_quiet(hours: QuerySet[QuietHours]) -> Q:
    of_type = hours.filter(types__contains=Concat(Value(","), OuterRef("type"), Value(",")))
    return Q(Exists(of_type), ignores_quiet_hours=False)


def reasons() -> tuple[str, dict[str, str]]:
    """Why nothing is begun, "" if that is not so; and by type, why none of it is."""
    pause = Pause.objects.active().select_related("begun_by").first()
    quiet = {type: quiet_hours_text(hours) for hours in QuietHours.objects.active() for type in hours.job_types}
    return pause_text(pause) if pause else "", quiet


def reason_for(type: str) -> str:
    """Why no job of this type is begun now; "" if that is not so."""
    paused, quiet = reasons()
    return paused or quiet.get(type, "")


def waits_at_start(type: str) -> str:
    """What a job of this type that is started now waits for, or parts of its run do; "" when nothing is held."""
    paused, quiet = reasons()
    if held := paused or quiet.get(type, ""):
        return _("It waits: {held}.", held=held)
    if not quiet or not get_workflow(type):
        return ""
    parts = joined(", ", sorted(type.replace("_", " ") for type in quiet))
    return _("Parts of it wait ({parts}): {held}.", parts=parts, held=next(iter(quiet.values())))


def pause_text(pause: Pause) -> str:
    user, reason = str(pause.begun_by or ""), pause.reason
    if user and reason:
        return _("Paused by {user}: {reason}", user=user, reason=reason)
    if user or reason:
        return _("Paused by {user}", user=user) if user else _("Paused: {reason}", reason=reason)
    return _("Paused")


def quiet_hours_text(hours: QuietHours) -> str:
    until = hours.ends_at_there
    if until is None:
        return _("Quiet hours")
    return _("Quiet hours until {time} ({zone})", time=f"{until:%H:%M}", zone=hours.time_zone)


def is_quiet(held: str) -> bool:
    """Whether what is said of a job that is held says quiet hours, which a person may have ignored."""
    return QUIET in held and PAUSED not in held


def waits_for(run_id: uuid.UUID) -> str:
    """What an active run, or one of its sub-jobs, says that it is held by; "" while nothing of it is. One query."""
    held = Job.objects.of_run(run_id).filter(IS_EXPLAINED, status__in=ACTIVE, claim_token=None)
    return held.values_list("message", flat=True).first() or ""


def ignore_quiet_hours(job_id: uuid.UUID) -> Job:
    """A person wants a job now: it is begun in quiet hours, too, and so is all of its run.

    A pause holds it all the same. Raises NotPossible when it has ended, Job.DoesNotExist.
    """
    root_id = Job.objects.values_list("parent", flat=True).get(pk=job_id) or job_id
    with transaction.atomic():
        run = lock_run(root_id)
        if not run.is_active:
            raise NotPossible(
                _("{job} has ended already: {status}.", job=run.label, status=within_a_sentence(run.status))
            )
        for job in Job.objects.of_run(root_id).filter(status__in=ACTIVE, ignores_quiet_hours=False):
            cleared = {"message": ""} if job.message.startswith(QUIET) else {}
            change(job, ignores_quiet_hours=True, **cleared)
        events.record(run, "run_now", _("It goes on in quiet hours, too"))
        wakeup.wake_after_commit(root_id)
    run.refresh_from_db()
    return run


def explain_held(due: QuerySet[Job]) -> None:
    """Say why in the ``due`` jobs that are held, and no more in those that aren't."""
    paused, quiet = reasons()
    for job in Job.objects.filter(IS_EXPLAINED, status__in=ACTIVE, claim_token=None):
        if job.message != (paused or ("" if job.ignores_quiet_hours else quiet.get(job.type, ""))):
            change(job, message="")
    if paused or quiet:
        held = due if paused else due.filter(type__in=quiet, ignores_quiet_hours=False)
        for job in held[:MAX_EXPLAINED]:
            if job.message != (text := paused or quiet[job.type]):
                change(job, message=text)
