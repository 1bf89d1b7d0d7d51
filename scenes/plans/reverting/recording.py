"""The rows of changes while they are taken back: intended, reverted, failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils import timezone

from jobs.context import JobContext
from jobs.crash_points import crash_point
from jobs.texts.translatable import Translatable as _
from scenes.crash_points import CrashPoint
from scenes.models import Change, Outcome
from scenes.models.attempts import each_its_own
from scenes.models.plans import REVERTING, ChangeQuerySet
from scenes.pieces import pieces
from scenes.plans.decisions import WriteAction
from scenes.plans.kinds import KINDS
from scenes.plans.recording import AT_ONCE
from scenes.plans.reverting.undoing import Undo
from scenes.plans.values import change_key

NEVER_WRITTEN = _("It was wanted back before it was written.")


def wanted_back(ids: Sequence[int]) -> ChangeQuerySet:
    return Change.objects.filter(REVERTING, pk__in=ids)


def never_written(job: JobContext, rows: ChangeQuerySet) -> None:
    """Those that are approved but never got as far as a write."""
    columns = {"status": Change.Status.REJECTED, "outcome": Outcome.NOT_WANTED, "message": NEVER_WRITTEN}
    with job.transaction():
        rows.filter(status=Change.Status.APPROVED, intended_at=None).succeed(job, **columns)


def intend(job: JobContext, undos: Sequence[Undo]) -> None:
    """Note what is about to be taken back, before it is."""
    new = [undo.change.pk for undo in undos if undo.change.revert_intended_at is None]
    for part in pieces(new, AT_ONCE):
        with job.transaction():
            wanted_back(part).update(revert_intended_at=timezone.now())
    crash_point(CrashPoint.REVERT_INTENDED)


def reverted(job: JobContext, undos: Sequence[Undo]) -> None:
    """These are taken back, or there was nothing of ours to take back: the decision's reason says why."""
    for part in pieces(undos, AT_ONCE):
        with job.transaction(recording=True):
            reasons = {undo.change.pk: undo.decision.reason for undo in part}
            columns = {"status": Change.Status.REVERTED, "reverted_at": timezone.now()}
            done = [pk for pk, reason in reasons.items() if not reason]
            wanted_back(done).succeed(job, **columns)
            left = {pk: reason for pk, reason in reasons.items() if reason}
            wanted_back(list(left)).succeed(
                job, message=each_its_own(left), **columns | {"outcome": Outcome.NOT_WANTED}
            )
            update_library(part)
        crash_point(CrashPoint.REVERTS_RECORDED)


def failed(job: JobContext, undos: Sequence[Undo], reasons: Mapping[int, str]) -> None:
    """These are still in Stash, for these reasons; nothing is intended any more."""
    ids = [undo.change.pk for undo in undos]
    for part in pieces(ids, AT_ONCE):
        with job.transaction(recording=True):
            of_part = {pk: reasons[pk] for pk in part}
            wanted_back(part).fail_each(job, of_part, revert_intended_at=None)


def update_library(undos: Sequence[Undo]) -> None:
    """Our copy of Stash, and the changes that know a marker by its id, which is another one now."""
    done = [undo for undo in undos if undo.action in (WriteAction.WRITE, WriteAction.ALREADY_THERE)]
    for name, kind in KINDS.items():
        if decisions := [undo.decision for undo in done if undo.decision.change.kind == name]:
            kind.update_library(decisions)
    for undo in done:
        if undo.change.kind == Change.Kind.REMOVE_MARKER:
            follow_marker(undo.change, undo.decision.after["marker_id"])


def follow_marker(removal: Change, marker_id: int) -> None:
    """A marker that we had made, removed, and made again is still ours; the removal, if applied again, means that."""
    value = {**removal.value, "marker_id": marker_id}
    Change.objects.filter(pk=removal.pk).update(value=value, key=change_key(removal.kind, value))
    made = Change.objects.filter(
        scene=removal.scene_id,
        kind=Change.Kind.ADD_MARKER,
        status=Change.Status.APPLIED,
        after__marker_id=removal.value["marker_id"],
    )
    for change in made:
        Change.objects.filter(pk=change.pk).update(after={**(change.after or {}), "marker_id": marker_id})
