"""One batch of scenes: each is looked at, and what came of it is written in one transaction a scene.

A scene that was handled stays handled, whatever happens to the rest of its batch. When the tagger is away, or may
be to blame, nothing at all is written for the scene in hand, not even what was found in its texts: it comes again
whole. A scene that failed is not tried again by the job's later attempts: that costs it one try a run.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone

from jobs.context import JobContext
from jobs.crash_points import CrashPoint, crash_point
from jobs.errors import JobError
from jobs.models import Event
from scenes import configuration
from scenes.analysis import subjects
from scenes.analysis.detectors import VIDEO_TAGS, CannotHandle, Detector, Findings, Proposal
from scenes.analysis.doubts import Doubts, Looked
from scenes.analysis.places import Places
from scenes.analysis.subjects import Subject
from scenes.models import Change, Detection, Plan, Scene

CHUNK = 100  # scenes that are read at once
DETECTION_COLUMNS = ["handled_at", "tries", "failed_at", "error", "quarantined_at", "job"]


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


def analyse(job: JobContext, plan: Plan, detectors: Sequence[Detector], places: Places) -> None:
    """Run the detectors over the plan's scenes; raises JobError when a detector's service is away, or sees no films."""
    total = len(plan.scene_ids)
    done = 0
    doubts = Doubts(places, shuffled=job.job.attempt > 1)
    for part in _parts(plan.scene_ids):
        for subject in doubts.ordered(subjects.load(part, plan)):
            job.progress(done, total, f"Scene {done + 1} of {total}: {subject.title}")
            _record_each(job, plan, _analysed(job, subject, detectors, doubts))
            done += 1
    _record_each(job, plan, doubts.at_the_end())
    doubts.check()
    job.progress(total, total, f"Looked at {total} scenes")


def _parts(ids: Sequence[int]) -> list[Sequence[int]]:
    return [ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK)]


def _analysed(job: JobContext, subject: Subject, detectors: Sequence[Detector], doubts: Doubts) -> list[Looked]:
    """The scenes of which it is certain now what is to be written; none while this one is in doubt."""
    wanted = _still_to_run(job, subject, detectors)
    if not wanted or (VIDEO_TAGS in [d.name for d in wanted] and doubts.passed_over(subject)):
        return []
    findings: Findings = {detector.name: _look(detector, subject) for detector in wanted}
    crash_point(CrashPoint.SCENE_TAGGED)
    for failure in findings.values():
        if isinstance(failure, CannotHandle):
            job.log(f"Scene {subject.scene.pk}, {subject.title}: {failure}", Event.Level.WARNING)
    return doubts.weigh(Looked(subject, findings))


def _still_to_run(job: JobContext, subject: Subject, detectors: Sequence[Detector]) -> list[Detector]:
    """Those that have not handled the scene; once all have, it was asked for by name: all of them again."""
    usable = [d for d in detectors if d.applies(subject) and not _failed_already(job, subject, d.name)]
    waiting = [d for d in usable if not _handled(subject, d.name)]
    by_name = job.job.parent_id is None and bool(job.params["scene_ids"])
    if waiting or not by_name:
        return waiting
    return [d for d in usable if not subject.handled_by(d.name, job.id)]


def _failed_already(job: JobContext, subject: Subject, detector: str) -> bool:
    """Too often, or in this job: then it is for a person, or for the next run."""
    row = subject.detections.get(detector)
    return row is not None and (row.quarantined_at is not None or job.failed_already(row.job_id, row.failed_at))


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


def _record_each(job: JobContext, plan: Plan, certain: Sequence[Looked]) -> None:
    for looked in certain:
        _record(job, plan, looked.subject, looked.findings)
        crash_point(CrashPoint.SCENE_RECORDED)


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
        row.tries, row.failed_at, row.error = row.tries + 1, timezone.now(), str(found)
        quarantine = row.tries >= configuration.current().max_tries
        row.quarantined_at = timezone.now() if quarantine else None
    else:
        row.handled_at, row.tries, row.failed_at, row.error, row.quarantined_at = timezone.now(), 0, None, "", None
    return row
