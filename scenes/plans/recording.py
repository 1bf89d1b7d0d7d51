"""The rows of changes: proposed; and while they are written to Stash: intended, applied, failed, left alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from jobs.context import JobContext
from jobs.crash_points import crash_point
from scenes.bulk.upsert import insert, update_each
from scenes.clients.stash.rows import StashTag
from scenes.crash_points import CrashPoint
from scenes.models import Change, Outcome, Tag
from scenes.models.plans import ChangeQuerySet
from scenes.pieces import pieces
from scenes.plans.decisions import WriteAction, WriteDecision
from scenes.plans.kinds import KINDS
from scenes.plans.proposing import NewChange

NOT_INTENDED: dict[str, None] = {"intended_at": None, "before": None}
AT_ONCE = 500  # changes in one transaction: about 30 ms on SQLite


def propose(changes: Collection[NewChange]) -> None:
    """Save them, in the transaction of the caller, by one statement."""
    insert(Change, NewChange._fields, changes)


def intend(job: JobContext, decisions: Iterable[WriteDecision]) -> list[WriteDecision]:
    """Note what is about to be written, and what Stash has now, before it is written; those that may be.

    What somebody rejected or edited since it was read may not: the next job sees it as it is then.
    """
    to_write = [decision for decision in decisions if decision.action == WriteAction.WRITE]
    new = [decision for decision in to_write if decision.change.intended_at is None]
    noted: set[int] = set()
    for part in pieces(new, AT_ONCE):
        with job.transaction():
            ours = _as_read(part, revert_requested_at=None)
            now = timezone.now()
            update_each(Change, ("intended_at", "before"), [(d.change.pk, now, d.before) for d in ours])
        noted |= {decision.change.pk for decision in ours}
    crash_point(CrashPoint.MARKER_INTENDED)
    return [decision for decision in to_write if decision.change.intended_at or decision.change.pk in noted]


def _as_read(decisions: Sequence[WriteDecision], **conditions: Any) -> list[WriteDecision]:
    """Those whose changes nobody decided on or edited since; nobody can until the transaction ends."""
    rows = _approved([decision.change.pk for decision in decisions]).filter(**conditions)
    pairs = rows.order_by("pk").select_for_update(no_key=True).values_list("pk", "edited_at")
    edited: dict[int, datetime | None] = dict(pairs)
    return [d for d in decisions if d.change.pk in edited and edited[d.change.pk] == d.change.edited_at]


def applied(job: JobContext, decisions: Sequence[WriteDecision], tags: Sequence[StashTag]) -> None:
    """These are in Stash now; our copy of it is brought along, so that nothing is proposed twice until the sync."""
    for part in pieces(decisions, AT_ONCE):
        with job.transaction(recording=True):
            # Of what somebody edited meanwhile, nothing was written: it is looked at as it is now.
            ours = _as_read(part)
            rows = Change.objects.filter(pk__in=[decision.change.pk for decision in ours])
            rows.succeed(job, applied_in=job.id, status=Change.Status.APPLIED, applied_at=timezone.now())
            columns = [
                (each.change.pk, each.before, each.after, each.after.get("tag_id") or each.before.get("tag_id"))
                for each in ours
            ]
            update_each(Change, ("before", "after", "stash_tag"), columns)
            update_library(part, tags)
        crash_point(CrashPoint.CHANGES_RECORDED)


def _approved(ids: Iterable[int]) -> ChangeQuerySet:
    """Without those that somebody decided on meanwhile: none of these was written."""
    return Change.objects.filter(pk__in=ids, status=Change.Status.APPROVED)


def failed(job: JobContext, decisions: Sequence[WriteDecision]) -> None:
    """These are not in Stash, for their ``reason``. FAIL: for good; else until the last attempt has failed.

    Nothing is intended any more, so the next attempt looks again at what Stash has before it.
    """
    for part in pieces(decisions, AT_ONCE):
        with job.transaction(recording=True):
            reasons = {decision.change.pk: decision.reason for decision in part}
            _approved(reasons).fail_each(job, reasons, **NOT_INTENDED)
            hopeless = [decision.change.pk for decision in part if decision.action == WriteAction.FAIL]
            _approved(hopeless).update(outcome=Outcome.QUARANTINED)


def left_alone(job: JobContext, decisions: Sequence[WriteDecision]) -> None:
    """These are somebody else's by now."""
    columns = {"status": Change.Status.REJECTED, "outcome": Outcome.NOT_WANTED, **NOT_INTENDED}
    for part in pieces(decisions, AT_ONCE):
        by_reason: dict[str, list[int]] = {}
        for decision in part:
            by_reason.setdefault(decision.reason, []).append(decision.change.pk)
        with job.transaction(recording=True):
            for reason, ids in by_reason.items():
                _approved(ids).succeed(job, message=reason, **columns)


def update_library(decisions: Sequence[WriteDecision], tags: Sequence[StashTag]) -> None:
    """What is cheap to know. No ``remote_updated_at`` changes, so the next sync reads these scenes all the same."""
    rows = [Tag(id=int(tag.id), name=tag.name) for tag in tags]
    known = Tag.objects.in_bulk([row.pk for row in rows])
    Tag.objects.bulk_create([row for row in rows if row.pk not in known])
    for name, kind in KINDS.items():
        if of_this_kind := [decision for decision in decisions if decision.change.kind == name]:
            kind.update_library(of_this_kind)
