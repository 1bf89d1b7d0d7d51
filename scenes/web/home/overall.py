"""Whether it is well, in a sentence: what keeps runs from their work, else what needs a person, else all is well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jobs import engine
from jobs.models import Job, Pause, Schedule, Status
from jobs.models.compiled import Compiled
from jobs.scheduling import pausing
from jobs.texts import times
from jobs.texts.words import counted
from scenes.web.needing.failed_jobs import is_open
from scenes.web.service_states import ServiceState
from scenes.workflows import ProcessNewScenes

WORKER = "worker"
MOST_NAMES = 4
RECENT = 10  # runs among which one is that was no dry run


@dataclass(frozen=True)
class OverallStatus:
    """``level``: ok, person, bad, paused, or unknown while the services have not been asked yet."""

    level: str
    head: str
    rest: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Situation:
    """What the overall status is made of. ``needing``: how many things need a person.

    ``run``: the one that is active, or the newest that has ended; ``next_at``: when one starts by itself.
    """

    states: Sequence[ServiceState] = ()
    worker_alive: bool = True
    needing: int = 0
    run: Job | None = None
    pause: Pause | None = None
    next_at: datetime | None = None


def situation(states: Sequence[ServiceState], needing: int) -> Situation:
    """As it is now; four queries."""
    return Situation(states, engine.worker_alive(), needing, last_run(), pausing.current(), next_run())


def overall_status(now: Situation) -> OverallStatus:
    rest = [
        last_run_sentence(now.run) if now.run else _("Nothing has run yet."),
        *([next_run_sentence(now.next_at)] if now.next_at else []),
    ]
    bad = [*([] if now.worker_alive else [_(WORKER)]), *(_(state.name) for state in now.states if state.is_bad)]
    if bad:
        names = ", ".join(bad[:MOST_NAMES]) + (" …" if len(bad) > MOST_NAMES else "")
        return OverallStatus("bad", _("To put right: {names}.").format(names=names), rest)
    if now.run is not None and is_open(now.run):
        return OverallStatus("bad", _("The last run failed."), rest)
    if now.pause:
        head = format_html(_("Paused since {when}: nothing new begins."), when=times.near(now.pause.begun_at))
        level = "person" if now.needing else "paused"
        return OverallStatus(level, format_html("{} {}", head, now.pause.reason) if now.pause.reason else head, rest)
    if any(state.word == "unknown" for state in now.states):
        return OverallStatus("unknown", _("Asking the services how they are …"), rest)
    if now.needing:
        text = ngettext("It works, and {n} thing needs you.", "It works, and {n} things need you.", now.needing)
        return OverallStatus("person", text.format(n=now.needing), rest)
    return OverallStatus("ok", _("All well."), rest)


def next_run() -> datetime | None:
    """When the schedule starts one."""
    return next(iter(next_times()), None)


next_times: Compiled[datetime | None] = Compiled(
    lambda: (
        Schedule.objects.enabled()
        .filter(job_type=ProcessNewScenes.type)
        .order_by("next_at")
        .values_list("next_at", flat=True)[:1]
    )
)


def next_run_sentence(moment: datetime) -> SafeString:
    return format_html(_("Next at {when}."), when=times.near(moment))


def last_run() -> Job | None:
    """The newest run that is no dry run, active or ended."""
    return next((run for run in newest_runs() if not run.is_dry_run), None)


newest_runs = Compiled(
    lambda: (
        Job.objects.runs()
        .filter(type=ProcessNewScenes.type)
        .order_by("-created_at", "-id")
        .select_related("started_by")[:RECENT]
    )
)


def last_run_sentence(run: Job) -> str:
    """What became of it."""
    if run.is_active:
        running = run.status == Status.RUNNING
        return _("A run is at {n} %.").format(n=run.percent) if running else _("A run waits for a worker.")
    ended = _("Last run {time} ago").format(time=times.since(run.finished_at)) if run.finished_at else _("Last run")
    it_failed = _("it failed.")
    if run.status == Status.FAILED:
        return format_html("{}: {}", ended, times.on_page(run.error_message) or it_failed)
    if run.status == Status.CANCELLED:
        return _("{run} was cancelled.").format(run=ended)
    summary: dict[str, int] = (run.result or {}).get("summary", {})
    errors = f", {counted(run.errors, 'failure')}" if run.errors else ""
    return f"{ended}: {counted(summary.get('total_scenes_analyzed', 0), 'scene')}{errors}."
