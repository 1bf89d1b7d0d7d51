"""One batch of scenes: each is looked at, and what came of it is written in one transaction a scene.

A scene that was handled stays handled, whatever happens to the rest of its batch. When the tagger is away,
nothing at all is written for the scene in hand, not even what was found in its texts: it comes again whole.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone

from jobs.context import JobContext
from jobs.crashpoints import CrashPoint, crash_point
from jobs.errors import JobError
from jobs.models import Event
from scenes import configuration
from scenes.analysis import subjects
from scenes.analysis.detectors import VIDEO_TAGS, CannotHandle, Detector, Proposal
from scenes.analysis.subjects import Subject
from scenes.models import Change, Detection, Plan, Scene

CHUNK = 100  # scenes that are read at once
DETECTION_COLUMNS = ["handled_at", "tries", "error", "quarantined_at", "job"]

Findings = dict[str, list[Proposal] | CannotHandle]  # detector → what it found, or why it could not


def plan_of(job: JobContext, scene_ids: Sequence[int]) -> Plan:
    """The job's plan, with its batch: made in its first attempt, found again in every later one."""
    with job.transaction():
        plan = Plan.objects.get_or_create(job=job.job, defaults={"scene_ids": list(scene_ids)})[0]
    crash_point(CrashPoint.PLAN_MADE)
    return plan


def check_known(ids: Sequence[int]) -> None:
    """Raise a permanent JobError unless all the scenes are in our library, be they deleted by now."""
    known = {pk for part in _parts(ids) for pk in Scene.objects.in_bulk(part)}
    if unknown := [str(pk) for pk in ids if pk not in known]:
        some = ", ".join(unknown[:10]) + (", …" if len(unknown) > 10 else "")
        message = f"StashHog knows no scene {some}: start a sync, or leave it out."
        raise JobError("not_found", message, permanent=True)


def analyse(job: JobContext, plan: Plan, detectors: Sequence[Detector]) -> None:
    """Run the detectors over the plan's scenes; raises ServiceError when a detector's service is away."""
    total = len(plan.scene_ids)
    done = 0
    for part in _parts(plan.scene_ids):
        for subject in subjects.load(part, plan):
            job.progress(done, total, f"Scene {done + 1} of {total}: {subject.title}")
            _analyse_scene(job, plan, subject, detectors)
            done += 1
    job.progress(total, total, f"Looked at {total} scenes")


def _parts(ids: Sequence[int]) -> list[Sequence[int]]:
    return [ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK)]


def _analyse_scene(job: JobContext, plan: Plan, subject: Subject, detectors: Sequence[Detector]) -> None:
    findings: Findings = {}
    for detector in _still_to_run(job, subject, detectors):
        findings[detector.name] = _look(detector, subject)
    if findings:
        crash_point(CrashPoint.SCENE_TAGGED)
        _record(job, plan, subject, findings)
        crash_point(CrashPoint.SCENE_RECORDED)
    for failure in findings.values():
        if isinstance(failure, CannotHandle):
            job.log(f"Scene {subject.scene.pk}, {subject.title}: {failure}", Event.Level.WARNING)


def _still_to_run(job: JobContext, subject: Subject, detectors: Sequence[Detector]) -> list[Detector]:
    """Those that have not handled the scene; once all have, it was asked for by name: all of them again."""
    usable = [d for d in detectors if d.applies(subject) and not subject.quarantined(d.name)]
    waiting = [d for d in usable if not _handled(subject, d.name)]
    by_name = job.job.parent_id is None and bool(job.params["scene_ids"])
    if waiting or not by_name:
        return waiting
    return [d for d in usable if not subject.handled_by(d.name, job.id)]


def _handled(subject: Subject, detector: str) -> bool:
    if detector == VIDEO_TAGS:
        return subject.scene.video_analyzed
    detection = subject.detections.get(detector)
    return detection is not None and detection.handled_at is not None


def _look(detector: Detector, subject: Subject) -> list[Proposal] | CannotHandle:
    try:
        return detector.look(subject)
    except CannotHandle as failure:
        return failure


def _record(job: JobContext, plan: Plan, subject: Subject, findings: Findings) -> None:
    """The scene's changes, which detectors have handled it, and the tagger's flag: all or nothing."""
    changes = _changes(plan, subject, findings)
    detections = [_detection(job, subject, name, found) for name, found in findings.items()]
    with job.transaction():
        Change.objects.bulk_create(changes)
        Detection.objects.bulk_create(
            detections,
            update_conflicts=True,
            unique_fields=["scene", "detector"],
            update_fields=DETECTION_COLUMNS,
        )
        if isinstance(findings.get(VIDEO_TAGS), list):
            Scene.objects.filter(pk=subject.scene.pk).update(video_analyzed=True)


def _changes(plan: Plan, subject: Subject, findings: Findings) -> list[Change]:
    """Each proposal once, already approved; not what was rejected, reverted or waits to be written."""
    new = {
        proposal.key: Change(
            plan=plan,
            scene=subject.scene,
            kind=proposal.kind,
            value=proposal.value,
            key=proposal.key,
            detector=detector,
            confidence=proposal.confidence,
            status=Change.Status.APPROVED,
        )
        for detector, found in findings.items()
        if not isinstance(found, CannotHandle)
        for proposal in found
        if proposal.key not in subject.settled
    }
    return list(new.values())


def _detection(job: JobContext, subject: Subject, detector: str, found: list[Proposal] | CannotHandle) -> Detection:
    row = subject.detections.get(detector) or Detection(scene=subject.scene, detector=detector)
    row.job = job.job
    if isinstance(found, CannotHandle):
        row.tries, row.error = row.tries + 1, str(found)
        quarantine = row.tries >= configuration.current().max_tries
        row.quarantined_at = timezone.now() if quarantine else None
    else:
        row.handled_at, row.tries, row.error, row.quarantined_at = timezone.now(), 0, "", None
    return row
