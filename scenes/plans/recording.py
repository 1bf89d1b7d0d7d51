"""The rows of changes while they are written to Stash: intended, applied, failed, left alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils import timezone

from jobs.context import JobContext
from jobs.crash_points import crash_point
from scenes import configuration
from scenes.clients.stash.rows import StashTag
from scenes.crash_points import CrashPoint
from scenes.models import Change, Marker, Tag
from scenes.models.library import SceneTag
from scenes.pieces import pieces
from scenes.plans.deciding import Action, Decision

INTENT = ("intended_at", "before")
RESULT = (*INTENT, "status", "after", "applied_at", "applied_by", "tries", "failed_at", "error")
AT_ONCE = 200  # changes in one transaction: about 30 ms on SQLite


def intend(job: JobContext, decisions: Iterable[Decision]) -> None:
    """Note what is about to be written, and what Stash has now, before it is written."""
    new = [d for d in decisions if d.action == Action.WRITE and d.change.intended_at is None]
    for decision in new:
        decision.change.intended_at, decision.change.before = timezone.now(), decision.before
    for part in pieces(new, AT_ONCE):
        with job.transaction():
            _save(part, INTENT)
    crash_point(CrashPoint.MARKER_INTENDED)


def applied(job: JobContext, decisions: Sequence[Decision], tags: Sequence[StashTag]) -> None:
    """These are in Stash now; our copy of it is brought along, so that nothing is proposed twice until the sync."""
    for decision in decisions:
        change = decision.change
        change.status, change.before, change.after = Change.Status.APPLIED, decision.before, decision.after
        change.applied_at, change.applied_by, change.error = timezone.now(), job.job, ""
        change.failed_at = None
    for part in pieces(decisions, AT_ONCE):
        with job.transaction(recording=True):
            _save(part, RESULT)
            _update_library(part, tags)
        crash_point(CrashPoint.CHANGES_RECORDED)


def failed(job: JobContext, decisions: Sequence[Decision]) -> None:
    """These are not in Stash, for their ``reason``. FAIL: for good; else until the last try has failed.

    Nothing is intended any more, so the next try looks again at what Stash has before it.
    """
    most = configuration.current().max_tries
    for decision in decisions:
        change = decision.change
        change.tries, change.failed_at = change.tries + 1, timezone.now()
        if decision.action == Action.FAIL or change.tries >= most:
            change.status = Change.Status.FAILED
    _not_written(job, decisions)


def left_alone(job: JobContext, decisions: Sequence[Decision]) -> None:
    """These are somebody else's by now."""
    for decision in decisions:
        decision.change.status = Change.Status.REJECTED
    _not_written(job, decisions)


def _not_written(job: JobContext, decisions: Sequence[Decision]) -> None:
    for decision in decisions:
        change = decision.change
        change.error, change.applied_by = decision.reason, job.job
        change.intended_at = change.before = None
    for part in pieces(decisions, AT_ONCE):
        with job.transaction(recording=True):
            _save(part, RESULT)


def _save(decisions: Iterable[Decision], columns: Sequence[str]) -> None:
    # One UPDATE a row: Django's bulk_update takes ten times as long for so many columns (400 rows: 0.4 s).
    for change in (decision.change for decision in decisions):
        Change.objects.filter(pk=change.pk).update(**{name: getattr(change, name) for name in columns})


def _update_library(decisions: Sequence[Decision], tags: Sequence[StashTag]) -> None:
    """What is cheap to know. No ``remote_updated_at`` changes, so the next sync reads these scenes all the same."""
    rows = [Tag(id=int(tag.id), name=tag.name) for tag in tags]
    known = Tag.objects.in_bulk([row.pk for row in rows])
    Tag.objects.bulk_create([row for row in rows if row.pk not in known])
    _add_scene_tags([d for d in decisions if d.change.kind == Change.Kind.ADD_TAG])
    _add_markers([d for d in decisions if d.change.kind == Change.Kind.ADD_MARKER])
    removed = [d.change for d in decisions if d.change.kind == Change.Kind.REMOVE_MARKER]
    if removed:
        Marker.objects.filter(pk__in=[change.value["marker_id"] for change in removed]).delete()


def _add_scene_tags(decisions: Sequence[Decision]) -> None:
    wanted = {(d.change.scene_id, int(d.after["tag_id"])) for d in decisions}
    scene_ids = {scene_id for scene_id, _ in wanted}
    there = SceneTag.objects.filter(scene__in=scene_ids).values_list("scene_id", "tag_id")
    missing = sorted(wanted.difference(there))
    SceneTag.objects.bulk_create(SceneTag(scene_id=scene, tag_id=tag) for scene, tag in missing)


def _add_markers(decisions: Sequence[Decision]) -> None:
    known = Marker.objects.in_bulk([d.after["marker_id"] for d in decisions])
    Marker.objects.bulk_create(_marker(d) for d in decisions if d.after["marker_id"] not in known)


def _marker(decision: Decision) -> Marker:
    value = decision.change.value
    return Marker(
        id=decision.after["marker_id"],
        scene_id=decision.change.scene_id,
        title=value["title"],
        seconds=value["start"],
        end_seconds=value["end"],
        primary_tag_id=decision.after["tag_id"],
    )
