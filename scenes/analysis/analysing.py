"""One batch of scenes: each is analysed, and its result is recorded as a whole.

A scene that was recorded stays handled, whatever happens to the rest of its batch. When the tagger is away, or may be
at fault, nothing is written of the scene, not even what was found in its texts: it is analysed again as a whole. A
scene that failed is not analysed again in the same job: that costs it one attempt a run.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from functools import partial

from jobs.context import JobContext
from jobs.crash_points import crash_point
from jobs.models import Event
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import message_of, quantity
from scenes.analysis import scene_inputs
from scenes.analysis.detectors import NAMES_BY_LLM, VIDEO_TAGS, CannotHandle, Detector, Findings, Postponed, SceneResult
from scenes.analysis.recording import Recorder
from scenes.analysis.scene_inputs import SceneInput
from scenes.analysis.tagger.asking import Asker
from scenes.analysis.tagger.outdated import outdated
from scenes.analysis.tagger.renewing import load_kept, prepare
from scenes.attribution.tagger import TaggerEvidence
from scenes.attribution.tagger_places import TaggerPlaces
from scenes.crash_points import CrashPoint
from scenes.models import Plan
from scenes.pieces import pieces

CHUNK = 100  # scenes that are read at once


def plan_of(job: JobContext, scene_ids: Sequence[int]) -> Plan:
    """The job's plan, with these scenes: made in its first attempt, found again in every later one."""
    with job.transaction():
        plan, is_new = Plan.objects.get_or_create(job=job.job)
        if is_new:
            plan.put(scene_ids)
            plan.batches.set([job.batch])
    crash_point(CrashPoint.PLAN_MADE)
    return plan


def analyse(
    job: JobContext,
    plan: Plan,
    detectors: Sequence[Detector],
    places: TaggerPlaces,
    asker: Asker | None = None,
) -> None:
    """Run the detectors over the plan's scenes. Raises JobError when a service is away, or a place of films is."""
    scene_ids = plan.scene_ids()
    total, done = len(scene_ids), 0
    evidence = TaggerEvidence(job, places)

    def in_turn() -> Iterator[SceneInput]:
        for part in pieces(scene_ids, CHUNK):
            for scene_input in in_order(inputs_of(job, plan, part), evidence, shuffled=job.job.attempt > 1):
                job.progress(done, total, partial(progress_text, scene_input, done + 1, total))
                yield scene_input

    def needs_tagger(scene_input: SceneInput) -> bool:
        wanted = [detector.name for detector in detectors_to_run(job, scene_input, detectors)]
        return VIDEO_TAGS in wanted and not evidence.is_hopeless(scene_input)

    with Recorder(job, plan) as recorder:
        for scene_input in asker.pool.answered(in_turn(), needs_tagger) if asker else in_turn():
            if scene_input is None:
                recorder.look()
                continue
            if takes_long(scene_input, detectors):
                recorder.record()
            recorder.add(analysed(job, scene_input, detectors, evidence))
            done += 1
        recorder.add([failure.result for failure in evidence.item_failures(at_the_end=True)])
    evidence.check()
    job.make_room()  # nothing is left to ask while the plan is applied
    job.progress(total, total, _("{scenes} analysed", scenes=quantity(total, "scene")))


def progress_text(scene_input: SceneInput, number: int, total: int) -> str:
    return _("Scene {number} of {total}: {title}", number=number, total=total, title=scene_input.title)


def takes_long(scene_input: SceneInput, detectors: Sequence[Detector]) -> bool:
    """Whether something may be waited for: a language model, or a tagger that is asked once more."""
    is_asked_again = scene_input.answered is not None and scene_input.answered.error is not None
    return is_asked_again or any(detector.name == NAMES_BY_LLM for detector in detectors)


def inputs_of(job: JobContext, plan: Plan, scene_ids: Sequence[int]) -> list[SceneInput]:
    """Of the scenes that Stash still has."""
    inputs = scene_inputs.load(scene_ids, plan)
    if job.params.get("outdated"):
        prepare(inputs, outdated())
    else:  # a tagger that they are asked of again may look for less than the one that saw them
        load_kept([scene_input for scene_input in inputs if VIDEO_TAGS in scene_input.detections])
    return inputs


def in_order(inputs: Sequence[SceneInput], evidence: TaggerEvidence, *, shuffled: bool) -> Iterator[SceneInput]:
    """As given; at random when films fail in a row, so that bad ones, however many, never hide good ones for ever.

    For the same reason those come last, at random, that a language model did not answer about. ``shuffled``: all at
    random from the start, since a film that ended the attempt before must not come first again.
    """
    unanswered = [scene_input for scene_input in inputs if scene_input.has_failed_before(NAMES_BY_LLM)]
    random.shuffle(unanswered)
    remaining = [
        *unanswered,
        *reversed([scene_input for scene_input in inputs if not scene_input.has_failed_before(NAMES_BY_LLM)]),
    ]
    while remaining:
        if shuffled or evidence.is_near_a_limit:
            random.shuffle(remaining)
        yield remaining.pop()


def analysed(
    job: JobContext, scene_input: SceneInput, detectors: Sequence[Detector], evidence: TaggerEvidence
) -> list[SceneResult]:
    """The results that can be written now; none while it is not certain who is at fault for this one."""
    wanted = detectors_to_run(job, scene_input, detectors)
    if scene_input.scene.organized and not wanted:
        reason: str = _("it is marked organized in Stash, and left to its owner.")
        job.log(_("Scene {id}, {title}: {reason}", id=scene_input.scene.pk, title=scene_input.title, reason=reason))
    is_unasked = VIDEO_TAGS in [d.name for d in wanted] and scene_input.answered is None
    if not wanted or (is_unasked and evidence.is_hopeless(scene_input)):
        return []
    findings: Findings = {}
    for detector in wanted:
        try:
            findings[detector.name] = detector.detect(scene_input)
        except (CannotHandle, Postponed) as error:
            findings[detector.name] = error
    for found in findings.values():
        if isinstance(found, CannotHandle):
            reason = message_of(found)
            text = _("Scene {id}, {title}: {reason}", id=scene_input.scene.pk, title=scene_input.title, reason=reason)
            job.log(text, Event.Level.WARNING)
    return evidence.add(SceneResult(scene_input, findings))


def detectors_to_run(job: JobContext, scene_input: SceneInput, detectors: Sequence[Detector]) -> list[Detector]:
    """Those that have not handled the scene; all of them again when all have and the scene was asked for by its id."""
    usable = [d for d in detectors if d.applies(scene_input) and not scene_input.has_failed(d.name, job)]
    unhandled = [
        d for d in usable if not scene_input.is_handled(d.name) or (d.name == VIDEO_TAGS and scene_input.renew)
    ]
    by_id = job.job.parent_id is None and bool(job.params.get("scene_ids"))
    if unhandled or not by_id or scene_input.renew is not None:
        return unhandled
    return [d for d in usable if not scene_input.handled_by(d.name, job.id)]
