"""Schedules: each supervisor looks which are due, and one of them starts the job.

A schedule's row says when it is due next. Whoever moves that time on, by an UPDATE of the row as it was seen, starts
the job in the same transaction: so no two do it, and none is lost. However many times were missed, one job at most
makes up for them; what became of each time is a row.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from itertools import chain, islice, takewhile

from django.db import transaction
from django.db.models import DateTimeField, Exists, F, Min, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from jobs.engine.error_boundary import catch_errors_of
from jobs.errors import AlreadyRunning, BadRequest, JobError
from jobs.models import Job, Occurrence, Schedule
from jobs.models.compiled import Compiled, Given
from jobs.scheduling.requests import request
from jobs.scheduling.starting import active, start
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import message_of, quantity

SOURCE = "schedule"
GRACE = timedelta(minutes=5)  # that a job may be late and count as on time: a worker is restarted in that
WEEK = timedelta(days=7)
MAX_COUNTED = 1000  # times that are counted when they were missed

logger = logging.getLogger(__name__)
Outcome = Occurrence.Outcome
WRONG = (Outcome.MISSED, Outcome.FAILED)


def next_scheduled_time() -> datetime | None:
    """When the next job is due by any schedule, in UTC; None when none is. One query."""
    next_at: datetime | None = Schedule.objects.enabled().aggregate(next=Min("next_at"))["next"]
    return next_at


def wrong_ones() -> QuerySet[Occurrence]:
    """Of each schedule that is switched on the last time that was missed, or whose job could not be started.

    Until a later time of it went well, somebody has saved it, or a WEEK has passed; not before, where it is stopped.
    """
    wrong = Occurrence.objects.filter(schedule=OuterRef("pk"), outcome__in=WRONG)
    last = Schedule.objects.filter(enabled=True).values(last=Subquery(wrong.order_by("-id").values("pk")[:1]))
    later = Occurrence.objects.filter(schedule=OuterRef("schedule"), due_at__gt=OuterRef("recorded_at"))
    is_new = Q(recorded_at__gt=F("schedule__changed_at")) & ~Exists(later.exclude(outcome__in=WRONG))
    lasts = Q(recorded_at__gte=Given("since", DateTimeField())) | Q(schedule__next_at=None)
    return Occurrence.objects.filter(is_new, lasts, pk__in=last.order_by()).select_related("schedule")


compiled_wrong_ones = Compiled(wrong_ones)


def gone_wrong() -> list[Occurrence]:
    """What went wrong with schedules and nothing made good; one query."""
    return compiled_wrong_ones(since=timezone.now() - WEEK)


def last_occurrences() -> dict[int, Occurrence]:
    """What became of the last time of each schedule, by its id. Reads no other ones."""
    newest = Occurrence.objects.filter(schedule=OuterRef("pk")).order_by("-id").values("pk")[:1]
    ids = Schedule.objects.annotate(last=Subquery(newest)).order_by().values_list("last", flat=True)
    return {
        occurrence.schedule_id: occurrence for occurrence in Occurrence.objects.filter(pk__in=[pk for pk in ids if pk])
    }


due_at = Compiled(lambda: Schedule.objects.enabled().filter(next_at__lte=Given("now", DateTimeField())))


def start_due() -> None:
    """Start what is due. Safe in any number of processes at once."""
    now = timezone.now()
    for schedule in due_at(now=now):
        catch_errors_of(partial(_start_due, schedule, now), f"schedule={schedule}")


def correct() -> None:
    """Bring nearer what a clock that was ahead has put off."""
    now = timezone.now()
    for schedule in Schedule.objects.enabled().filter(next_at__gt=now):
        with suppress(BadRequest):  # it is said when its time has come
            next_at = next(schedule.times.after(now))
            if schedule.next_at and schedule.next_at > next_at:
                _as_seen(schedule).update(next_at=next_at)


def _as_seen(schedule: Schedule) -> QuerySet[Schedule]:
    columns = ("next_at", "cron", "time_zone")
    return Schedule.objects.enabled().filter(pk=schedule.pk, **{name: getattr(schedule, name) for name in columns})


def _start_due(schedule: Schedule, now: datetime) -> None:
    try:
        times = times_due(schedule, now)
    except BadRequest as error:
        stop(schedule, message_of(error))
        return
    is_late = now - times[-1] > GRACE
    missed = times if is_late else times[:-1]
    with transaction.atomic():
        if not _as_seen(schedule).update(next_at=next(schedule.times.after(now), None)):
            return  # another supervisor was quicker, or a person changed it
        if missed:
            record_missed(schedule, missed)
        if schedule.catch_up or not is_late:
            begin(schedule, times[-1])


def stop(schedule: Schedule, why: str) -> None:
    """Its times can't be told any more, as when an upgrade of the system dropped its time zone: until it is saved."""
    with transaction.atomic():
        if schedule.next_at and _as_seen(schedule).update(next_at=None):
            record(
                schedule,
                schedule.next_at,
                Outcome.FAILED,
                _("{why} It starts nothing until that is corrected.", why=why),
            )


def times_due(schedule: Schedule, now: datetime) -> list[datetime]:
    """Those that have come since the last one that was dealt with, at most MAX_COUNTED."""
    assert schedule.next_at is not None
    since = chain([schedule.next_at], schedule.times.after(schedule.next_at))
    return list(islice(takewhile(lambda due: due <= now, since), MAX_COUNTED))


def record_missed(schedule: Schedule, times: Sequence[datetime]) -> None:
    """Say that nobody was there to start a job at these times."""
    count = quantity(len(times), "time was", "times were")
    if len(times) == MAX_COUNTED:
        count = _("{count:,} times or more were", count=MAX_COUNTED)
    then = _("One job makes up for that.") if schedule.catch_up else _("Nothing makes up for that.")
    message = _("No worker was running, so {count} missed. {then}", count=count, then=then)
    record(schedule, times[0], Outcome.MISSED, message, count=len(times))


def begin(schedule: Schedule, at: datetime) -> None:
    """Start its job for this time, or say why not; once, also where a clock was set back since."""
    if schedule.occurrences.filter(due_at=at).exclude(outcome=Outcome.MISSED).exists():
        return
    outcome = catch_errors_of(partial(_begin, schedule, at), f"schedule={schedule}")
    if isinstance(outcome, JobError):
        record(schedule, at, Outcome.FAILED, outcome.message)


def _begin(schedule: Schedule, at: datetime) -> None:
    if running := active(schedule.job_type):
        wait_or_skip(schedule, at, running)
        return
    try:
        job = start(schedule.job_type, schedule.params, source=SOURCE)
    except AlreadyRunning:  # since a moment
        wait_or_skip(schedule, at, active(schedule.job_type))
    except BadRequest as error:
        record(schedule, at, Outcome.FAILED, message_of(error))
    else:
        record(schedule, at, Outcome.STARTED, job=job)


def wait_or_skip(schedule: Schedule, at: datetime, running: Job | None) -> None:
    """One is active at its time: as the schedule says."""
    active_one = running.label if running else _("Another one")
    if schedule.if_active == Schedule.IfActive.SKIP:
        record(schedule, at, Outcome.SKIPPED, _("{job} was active.", job=active_one))
        return
    occurrence = record(schedule, at, Outcome.FOLLOWS, _("{job} was active; one more follows.", job=active_one))
    reason, params = _("Schedule “{schedule}”", schedule=schedule), schedule.params
    request(
        f"{SOURCE}:{schedule.pk}",
        schedule.job_type,
        source=SOURCE,
        reason=reason,
        params=params,
        occurrence=occurrence,
    )


def record(
    schedule: Schedule, at: datetime, outcome: str, message: str = "", *, count: int = 1, job: Job | None = None
) -> Occurrence:
    """Write what became of a time, into its row and the log; once, also where a clock was set back since."""
    level = logging.WARNING if outcome in WRONG else logging.INFO
    logger.log(level, "Schedule %s, %s: %s. %s", schedule, at.isoformat(), outcome, message)
    values = {"message": message, "count": count, "job": job}
    return Occurrence.objects.get_or_create(schedule=schedule, due_at=at, outcome=outcome, defaults=values)[0]
