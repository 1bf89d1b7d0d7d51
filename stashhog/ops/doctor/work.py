"""Whether work is done: workers, the queue, the last run."""

from __future__ import annotations

from django.utils.timesince import timesince, timeuntil
from django.utils.translation import gettext as _

from jobs import engine
from jobs.engine import backlog
from jobs.engine.claiming import due
from jobs.models import FINISHED, Job, RunRequest, Status
from jobs.scheduling import pausing, schedules
from jobs.texts.translatable import translated
from jobs.texts.words import counted
from scenes.web.needing.failed_jobs import is_open
from stashhog.ops.doctor.findings import Finding, Level, found

MOST_REQUESTS = 10
RUN = "process_new_scenes"


def of_work() -> list[Finding]:
    return [of_worker(), of_queue(), *of_pause(), *of_schedules(), *of_requests(), of_last_run()]


def of_worker() -> Finding:
    if engine.worker_alive():
        return found("worker", _("Worker"), _("at least one is running"))
    fix = _("Start it: `make run`, or `manage.py worker`, and look into its log if it ends again.")
    return found("worker", _("Worker"), _("no worker is running, so nothing is done"), fix)


def of_queue() -> Finding:
    """How much work waits for a worker, and how long the oldest has."""
    count, since = due().count(), backlog.too_long_since()
    text = _("{jobs} due").format(jobs=counted(count, "job")) if count else _("nothing waits for a worker")
    if since is None:
        return found("queue", _("Queue"), text)
    text = _("{jobs} due, and none has begun for {time}").format(jobs=counted(count, "job"), time=timesince(since))
    fix = _("Is a worker running? If all are busy, give it more (environment variable STASHHOG_WORKERS).")
    return found("queue", _("Queue"), text, fix, bad=Level.WARN)


def of_pause() -> list[Finding]:
    """That there is one, and whether somebody may have forgotten it; nothing otherwise."""
    pause = pausing.current()
    if pause is None:
        return []
    text = _("since {time}").format(time=timesince(pause.begun_at)) + (
        f": {translated(pause.reason)}" if pause.reason else ""
    )
    fix = _("Resume on any page, or with `manage.py resume`, when work may go on.")
    fix = fix if pausing.is_forgotten(pause) else ""
    return [found("pause", _("Pause"), text, fix, bad=Level.WARN)]


def of_schedules() -> list[Finding]:
    """Those that missed a time, or could not start their job; if all is well, when the next job is due."""
    fix = _("Let the worker run at that time, or correct the schedule (“Activity”, “Schedule”).")
    wrong = [(str(occurrence.schedule), translated(occurrence.message)) for occurrence in schedules.gone_wrong()]
    if wrong:
        return [found("schedule", _("Schedule"), f"{name}: {why}", fix, bad=Level.WARN) for name, why in wrong]
    next_at = schedules.next_scheduled_time()
    text = _("no schedule is switched on")
    if next_at:
        text = _("the next job is due in {time}").format(time=timeuntil(next_at))
    return [found("schedule", _("Schedule"), text)]


def of_requests() -> list[Finding]:
    """Jobs that a trigger or a recheck asked for and that could not be started; nothing otherwise."""
    fix = _("Correct what it names; it is tried again each hour. Or delete it (“System”, “Requested jobs”).")
    return [
        found(
            "requested", _("Requested job"), f"{translated(row.reason)}: {translated(row.error)}", fix, bad=Level.WARN
        )
        for row in RunRequest.objects.failing()[:MOST_REQUESTS]
    ]


def of_last_run() -> Finding:
    """How the newest run that has ended ended; the items that failed in it need somebody each by itself."""
    last = Job.objects.real().filter(type=RUN, status__in=FINISHED).order_by("-finished_at").first()
    if last is None or last.finished_at is None:
        return found("last_run", _("Last run"), _("there was none yet"))
    status = Status(last.status)
    message = translated(last.error_message or last.message)
    text = _("{status}, {time} ago: {message}").format(
        status=status.label, time=timesince(last.finished_at), message=message
    )
    fix = _("Look at its page: {address}").format(address=last.get_absolute_url()) if is_open(last) else ""
    return found("last_run", _("Last run"), text, fix)
