"""Whether it is well, in a sentence: what keeps runs from their work, else what needs a person, else all is well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.timesince import timesince

from jobs.models import Job, Status
from jobs.words import counted
from scenes.web.health import ServiceState
from scenes.workflows import ProcessNewScenes

WORKER = "worker"
NEXT = "The next run goes on from there."
MOST_NAMES = 4


@dataclass(frozen=True)
class Verdict:
    """``level``: ok, person, bad, or unknown while the services have not been asked yet."""

    level: str
    head: str
    rest: list[str] = field(default_factory=list)


def verdict(states: Sequence[ServiceState], worker_alive: bool, needing: int, last: Job | None) -> Verdict:
    """``needing``: how many things need a person; ``last``: the run that is active, or the newest that has ended."""
    bad = [*([] if worker_alive else [WORKER]), *(state.name for state in states if state.is_bad)]
    failed = last is not None and last.status == Status.FAILED
    rest = [said_of(last)] if last else ["Nothing has run yet."]
    if bad:
        names = ", ".join(bad[:MOST_NAMES]) + (" …" if len(bad) > MOST_NAMES else "")
        return Verdict("bad", f"{counted(len(bad), 'thing')} to put right: {names}.", rest)
    if failed:
        return Verdict("bad", "The last run failed.", rest)
    if any(state.word == "unknown" for state in states):
        return Verdict("unknown", "Asking the services how they are …", rest)
    if needing:
        return Verdict(
            "person", f"It works, and {counted(needing, 'thing')} {'needs' if needing == 1 else 'need'} you.", rest
        )
    return Verdict("ok", "All well.", rest)


def last_run() -> Job | None:
    """The newest run that is no dry run, active or ended."""
    runs = Job.objects.runs().filter(type=ProcessNewScenes.type).order_by("-created_at", "-id")
    newest = runs.select_related("started_by")[:RECENT]
    return next((run for run in newest if not run.params.get("dry_run")), None)


RECENT = 10  # runs among which one is that was no dry run


def said_of(run: Job) -> str:
    """What became of it."""
    if run.is_active:
        return f"A run is at {run.percent} %." if run.status == Status.RUNNING else "A run waits for a worker."
    when = f"{ago(run.finished_at)} ago" if run.finished_at else ""
    if run.status == Status.FAILED:
        return f"Last run {when}: {run.error_message or 'it failed.'}"
    if run.status == Status.CANCELLED:
        return f"Last run {when} was cancelled. {NEXT}"
    return f"Last run {when}: {counted(scenes_of(run), 'scene')}{failures(run)}."


def failures(run: Job) -> str:
    return f", {counted(run.errors, 'failure')}" if run.errors else ""


def scenes_of(run: Job) -> int:
    result: dict[str, Any] = run.result or {}
    return int(result.get("summary", {}).get("total_scenes_analyzed", 0))


def ago(moment: datetime) -> str:
    """ "3 hours", in one unit."""
    return timesince(moment, timezone.now(), depth=1)
