"""The sub-job `apply_rules`: the rules per tag, on what the tagger saw in scenes before → a plan of changes."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone
from pydantic import Field

from jobs.context import JobContext
from jobs.crash_points import crash_point
from jobs.declare.params import Ids, Params
from jobs.declare.registry import Report, task
from jobs.models import Job
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import quantity
from scenes.analysis.reporting import UNDECIDED, waiting_line
from scenes.crash_points import CrashPoint
from scenes.models import Change, Plan, Scene
from scenes.pieces import pieces

AT_ONCE = 50  # scenes in one transaction


class ApplyRulesParams(Params):
    scene_ids: Ids = Field([], description=_("By their numbers in Stash. Empty: all in which the tagger saw anything."))
    max_scenes: int | None = Field(
        None, ge=1, le=1_000_000, description=_("How many of them, the newest first. Empty: all.")
    )
    auto_approve: bool = Field(
        False, description=_("Yes: the changes are written to Stash. No: they wait under “Review”.")
    )


def report(job: Job) -> Report:
    """``plan_id`` (null: nothing to change) and counts of scenes and changes."""
    plan = Plan.objects.filter(job=job).first()
    changes = Change.objects.filter(plan__job=job)
    proposed, waiting = changes.count(), changes.to_review().count()
    scenes = Scene.objects.filter(batches=job.batch).count() if job.batch else 0
    result = {
        "plan_id": plan.pk if plan and proposed else None,
        "scenes_tried": scenes,
        "changes_proposed": proposed,
        "changes_approved": changes.exclude(status__in=UNDECIDED).count(),
        "changes_waiting": waiting,
    }
    approved = _("{changes} approved", changes=quantity(proposed, "change"))
    line = waiting_line(waiting) or approved if proposed else _("nothing changes")
    return Report(
        result, errors=0, text=_("{scenes} tried: {result_line}", scenes=quantity(scenes, "scene"), result_line=line)
    )


@task("apply_rules", params=ApplyRulesParams, report=report)
def apply_rules(job: JobContext) -> None:
    from scenes.analysis.analysing import plan_of
    from scenes.analysis.detectors import VIDEO_TAGS
    from scenes.plans.guard import refuse_another_library
    from scenes.plans.proposing import change_for
    from scenes.plans.recording import propose
    from scenes.rules import current
    from scenes.rules.trying import changes_by

    refuse_another_library()
    scene_ids = scenes_of(job)
    if not scene_ids:
        job.progress(0, 0, _("No scene to try: the tagger saw none of them"))
        return
    plan, total, done = plan_of(job, scene_ids), len(scene_ids), 0
    withdraw_earlier(job, plan, scene_ids)
    for part in pieces(changes_by(current.current(), scene_ids, plan), AT_ONCE):
        approved_at = timezone.now() if job.params["auto_approve"] else None
        changes = [
            change_for(plan, scene_input.scene, VIDEO_TAGS, proposal, approved_at)
            for scene_input, found in part
            for proposal in {proposal.key: proposal for proposal in found}.values()
        ]
        with job.transaction():
            propose(changes)
        crash_point(CrashPoint.SCENE_RECORDED)
        done += len(part)
        job.progress(done, total, _("{done:,} of {scenes} tried", done=done, scenes=quantity(total, "scene")))
    crash_point(CrashPoint.PLAN_APPROVED)


def withdraw_earlier(job: JobContext, plan: Plan, scene_ids: Sequence[int]) -> None:
    """What earlier rules proposed for these scenes, and nobody decided on or edited: what counts comes now."""
    waiting = Change.objects.filter(
        plan__job__type="apply_rules", status=Change.Status.PROPOSED, edited_at=None
    ).exclude(plan=plan)
    for part in pieces(scene_ids, AT_ONCE):
        with job.transaction():
            waiting.filter(scene__in=part).delete()


def scenes_of(job: JobContext) -> list[int]:
    """The ids of the job's scenes, chosen in its first attempt: none that another job is at."""
    from scenes.rules.trying import triable

    given, most = job.params["scene_ids"], job.params["max_scenes"]
    if not job.batch.scenes.exists():
        found = triable().in_no_open_batch()
        found = found.filter(pk__in=given) if given else found
        with job.transaction():
            Scene.objects.all().put_in(job.batch, list(found.values_list("pk", flat=True)[:most]))
    return Scene.objects.ids_of(job.batch)
