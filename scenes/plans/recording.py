"""The rows of changes while they are written to Stash: intended, applied, failed, left alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils import timezone

from jobs.context import JobContext
from jobs.crash_points import crash_point
from scenes.clients.stash.rows import StashTag
from scenes.crash_points import CrashPoint
from scenes.models import Change, Outcome, Tag
from scenes.models.plans import ChangeQuerySet
from scenes.pieces import pieces
from scenes.plans.decisions import Action, Decision
from scenes.plans.kinds import KINDS

NOT_INTENDED: dict[str, None] = {"intended_at": None, "before": None}
AT_ONCE = 200  # changes in one transaction: about 30 ms on SQLite


def intend(job: JobContext, decisions: Iterable[Decision]) -> list[Decision]:
    """Note what is about to be written, and what Stash has now, before it is written; those that may be.

    What somebody rejected or edited since it was read may not: the next job sees it as it is then.
    """
    to_write = [decision for decision in decisions if decision.action == Action.WRITE]
    new = [decision for decision in to_write if decision.change.intended_at is None]
    lost: set[int] = set()
    for part in pieces(new, AT_ONCE):
        with job.transaction():
            lost |= {decision.change.pk for decision in part if not _note(decision)}
    crash_point(CrashPoint.MARKER_INTENDED)
    return [decision for decision in to_write if decision.change.pk not in lost]


def _note(decision: Decision) -> bool:
    """Whether the change may be written; it is intended then."""
    return bool(_as_read(decision.change).update(intended_at=timezone.now(), before=decision.before))


def _as_read(change: Change) -> ChangeQuerySet:
    """The change, if nobody decided on it or edited it since."""
    rows = Change.objects.filter(pk=change.pk, status=Change.Status.APPROVED, edited_at=change.edited_at)
    return rows if change.intended_at else rows.filter(revert_requested_at=None)


def applied(job: JobContext, decisions: Sequence[Decision], tags: Sequence[StashTag]) -> None:
    """These are in Stash now; our copy of it is brought along, so that nothing is proposed twice until the sync."""
    for part in pieces(decisions, AT_ONCE):
        with job.transaction(recording=True):
            for decision in part:
                # One UPDATE a row: Django's bulk_update takes ten times as long for so many columns (400 rows: 0.4 s).
                # Of what somebody edited meanwhile, nothing was written: it is looked at as it is now.
                row = _approved([decision.change.pk]).filter(edited_at=decision.change.edited_at)
                row.succeed(job, applied_in=job.id, **_applied_columns(decision))
            update_library(part, tags)
        crash_point(CrashPoint.CHANGES_RECORDED)


def _applied_columns(decision: Decision) -> dict[str, Any]:
    before, after = decision.before, decision.after
    return {
        "status": Change.Status.APPLIED,
        "applied_at": timezone.now(),
        "before": before,
        "after": after,
        "stash_tag": after.get("tag_id") or before.get("tag_id"),
    }


def _approved(ids: Iterable[int]) -> ChangeQuerySet:
    """Without those that somebody decided on meanwhile: none of these was written."""
    return Change.objects.filter(pk__in=ids, status=Change.Status.APPROVED)


def failed(job: JobContext, decisions: Sequence[Decision]) -> None:
    """These are not in Stash, for their ``reason``. FAIL: for good; else until the last attempt has failed.

    Nothing is intended any more, so the next attempt looks again at what Stash has before it.
    """
    for part in pieces(decisions, AT_ONCE):
        with job.transaction(recording=True):
            reasons = {decision.change.pk: decision.reason for decision in part}
            _approved(reasons).fail_each(job, reasons, **NOT_INTENDED)
            hopeless = [decision.change.pk for decision in part if decision.action == Action.FAIL]
            _approved(hopeless).update(outcome=Outcome.QUARANTINED)


def left_alone(job: JobContext, decisions: Sequence[Decision]) -> None:
    """These are somebody else's by now."""
    columns = {"status": Change.Status.REJECTED, "outcome": Outcome.NOT_WANTED, **NOT_INTENDED}
    for part in pieces(decisions, AT_ONCE):
        with job.transaction(recording=True):
            for decision in part:
                _approved([decision.change.pk]).succeed(job, message=decision.reason, **columns)


def update_library(decisions: Sequence[Decision], tags: Sequence[StashTag]) -> None:
    """What is cheap to know. No ``remote_updated_at`` changes, so the next sync reads these scenes all the same."""
    rows = [Tag(id=int(tag.id), name=tag.name) for tag in tags]
    known = Tag.objects.in_bulk([row.pk for row in rows])
    Tag.objects.bulk_create([row for row in rows if row.pk not in known])
    for name, kind in KINDS.items():
        if of_this_kind := [decision for decision in decisions if decision.change.kind == name]:
            kind.update_library(of_this_kind)
