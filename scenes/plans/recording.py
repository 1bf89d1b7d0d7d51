"""The rows of changes while they are written to Stash: intended, applied, failed, left alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils import timezone

from jobs.context import JobContext
from jobs.crash_points import crash_point
from scenes.clients.stash.rows import StashTag
from scenes.crash_points import CrashPoint
from scenes.models import Change, Outcome, Tag
from scenes.pieces import pieces
from scenes.plans.decisions import Action, Decision
from scenes.plans.kinds import KINDS

NOT_INTENDED: dict[str, None] = {"intended_at": None, "before": None}
RESULT = ("intended_at", "before", "status", "after", "applied_at")
AT_ONCE = 200  # changes in one transaction: about 30 ms on SQLite


def intend(job: JobContext, decisions: Iterable[Decision]) -> None:
    """Note what is about to be written, and what Stash has now, before it is written."""
    new = [d for d in decisions if d.action == Action.WRITE and d.change.intended_at is None]
    for decision in new:
        decision.change.intended_at, decision.change.before = timezone.now(), decision.before
    for part in pieces(new, AT_ONCE):
        with job.transaction():
            for change in (decision.change for decision in part):
                Change.objects.filter(pk=change.pk).update(intended_at=change.intended_at, before=change.before)
    crash_point(CrashPoint.MARKER_INTENDED)


def applied(job: JobContext, decisions: Sequence[Decision], tags: Sequence[StashTag]) -> None:
    """These are in Stash now; our copy of it is brought along, so that nothing is proposed twice until the sync."""
    for decision in decisions:
        change = decision.change
        change.status, change.before, change.after = Change.Status.APPLIED, decision.before, decision.after
        change.applied_at = timezone.now()
    for part in pieces(decisions, AT_ONCE):
        with job.transaction(recording=True):
            for change in (decision.change for decision in part):
                # One UPDATE a row: Django's bulk_update takes ten times as long for so many columns (400 rows: 0.4 s).
                Change.objects.filter(pk=change.pk).succeed(
                    job, applied_in=job.id, **{name: getattr(change, name) for name in RESULT}
                )
            update_library(part, tags)
        crash_point(CrashPoint.CHANGES_RECORDED)


def failed(job: JobContext, decisions: Sequence[Decision]) -> None:
    """These are not in Stash, for their ``reason``. FAIL: for good; else until the last attempt has failed.

    Nothing is intended any more, so the next attempt looks again at what Stash has before it.
    """
    for part in pieces(decisions, AT_ONCE):
        with job.transaction(recording=True):
            reasons = {decision.change.pk: decision.reason for decision in part}
            Change.objects.fail_each(job, reasons, **NOT_INTENDED)
            hopeless = [decision.change.pk for decision in part if decision.action == Action.FAIL]
            Change.objects.filter(pk__in=hopeless).update(outcome=Outcome.QUARANTINED)


def left_alone(job: JobContext, decisions: Sequence[Decision]) -> None:
    """These are somebody else's by now."""
    columns = {"status": Change.Status.REJECTED, "outcome": Outcome.NOT_WANTED, **NOT_INTENDED}
    for part in pieces(decisions, AT_ONCE):
        with job.transaction(recording=True):
            for decision in part:
                Change.objects.filter(pk=decision.change.pk).succeed(job, message=decision.reason, **columns)


def update_library(decisions: Sequence[Decision], tags: Sequence[StashTag]) -> None:
    """What is cheap to know. No ``remote_updated_at`` changes, so the next sync reads these scenes all the same."""
    rows = [Tag(id=int(tag.id), name=tag.name) for tag in tags]
    known = Tag.objects.in_bulk([row.pk for row in rows])
    Tag.objects.bulk_create([row for row in rows if row.pk not in known])
    for name, kind in KINDS.items():
        if of_this_kind := [decision for decision in decisions if decision.change.kind == name]:
            kind.update_library(of_this_kind)
