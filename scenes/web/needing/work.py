"""Why work is not done, or not when it should be: no worker, a queue that stands still, a pause, missed times."""

from __future__ import annotations

from django.urls import reverse
from django.utils.html import format_html
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from jobs import engine
from jobs.engine import backlog
from jobs.permissions import PAUSE, VIEW, VIEW_SCHEDULES
from jobs.scheduling import pausing, schedules
from jobs.texts import times
from scenes.web.needing.need import Fix, Need, NeedItem


def no_worker() -> Need | None:
    sentence = _("Jobs wait until one runs. Start it with “make run”, or with “manage.py worker”.")
    return None if engine.worker_alive() else Need("worker", _("No worker is running"), sentence, 1)


def queue() -> Need | None:
    """That no worker runs is said by itself."""
    since = backlog.too_long_since()
    if since is None or not engine.worker_alive():
        return None
    text = _(
        "A job has waited for a worker for {time}. If all are busy, give it more (environment variable "
        "STASHHOG_WORKERS)."
    )
    fix = Fix(_("Look at the jobs"), VIEW, address=f"{reverse('jobs')}?status=active")
    return Need("queue", _("Work waits for long"), text.format(time=timesince(since)), 1, "bad", fix)


def pause() -> Need | None:
    """One that somebody may have forgotten."""
    found = pausing.current()
    if found is None or not pausing.is_forgotten(found):
        return None
    text = _("Nothing new has begun since {when}. Resume it on the list of jobs, if work may go on. {reason}")
    sentence = format_html(text, when=times.here(found.begun_at, "short"), reason=found.reason)
    fix = Fix(_("To the list of jobs"), PAUSE, address=reverse("jobs"))
    return Need("pause", _("Paused for more than a day"), sentence, 1, "person", fix)


def missed() -> Need | None:
    items = [
        NeedItem(
            str(occurrence.schedule),
            occurrence.message,
            reverse("admin:jobs_schedule_change", args=[occurrence.schedule_id]),
        )
        for occurrence in schedules.gone_wrong()
    ]
    sentence = _("Let a worker run at these times, or correct the schedule: once it is saved, this is settled.")
    fix = Fix(_("Schedule"), VIEW_SCHEDULES, address=reverse("admin:jobs_schedule_changelist"))
    title = _("Schedules that did not start their job")
    return Need("schedules", title, sentence, len(items), "bad", fix, items) if items else None
