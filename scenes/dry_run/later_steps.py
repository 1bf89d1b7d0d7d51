"""What steps 2 to 5 would do with what is there now. What step 1 would bring only step 2 can tell of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from jobs.context import JobContext
from jobs.models import Event
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import joined, quantity
from scenes import configuration, services
from scenes.analysis import detectors, scene_inputs
from scenes.analysis.analysing import detectors_to_run
from scenes.analysis.batches import due_batches, outdated_batches
from scenes.analysis.scene_inputs import LibraryTags
from scenes.analysis.tagger.asking import asker_for
from scenes.attribution.outputs import OutputKinds
from scenes.configuration import named_setting
from scenes.dry_run import downloads
from scenes.dry_run.context import DryRunContext
from scenes.dry_run.database import scratch_database
from scenes.dry_run.effects import ask
from scenes.dry_run.items import Action, Kind, of_scene
from scenes.first_run.consequences import undecided, undecided_scenes
from scenes.models import Detection, DryRunItem, FirstRunDecision, PlacedFile, Plan, Scene, SyncState
from scenes.pieces import pieces
from scenes.plans.guard import refuse_another_library
from scenes.stash.generation.groups import ids_for
from scenes.stash.scanning import folders_of
from scenes.stash.stash_tasks import wanted
from scenes.sync import identity
from scenes.sync.differences import Pending, pending
from scenes.sync.folders import known_folders
from scenes.tasks.analysis import detectors_for

AT_ONCE = 100  # scenes that are read at once
SCENES = (Scene, Detection, FirstRunDecision, SyncState)


def scan(job: JobContext, step: str) -> list[DryRunItem]:
    """The folders that Stash would be asked to scan; the files are told with step 1, which knows them."""
    with scratch_database([SyncState]) as scratch:
        waiting = DryRunItem.objects.filter(job__parent=job.job.parent_id, step=step, action=Action.SCAN)
        targets = list(waiting.values_list("target", flat=True)) if job.job.parent_id else []
        own = [] if targets else list(downloads.of_scans())
        dry = DryRunContext(job, scratch)
        if targets or own:
            identity.check(dry, services.stash(dry))
        folders = folders_of(PlacedFile(target=target) for target in targets or [item.target for item in own])
        tasks = [of_task(step, spec.type, _("the scenes that it finds")) for spec in wanted.after_scan(bool(folders))]
    return [*own, *(of_folder(step, path) for path in folders), *tasks]


def of_task(step: str, type: str, scenes: str) -> DryRunItem:
    """A task of Stash's own that the settings add."""
    text = _("It would run in Stash for {scenes}, and for those that wait for it.", scenes=scenes)
    return DryRunItem(step=step, kind=Kind.LIBRARY, name=type, action=Action.RUN, message=text)


def of_folder(step: str, path: str) -> DryRunItem:
    """As Stash sees it. It is no item that may fail, so it counts as none."""
    return DryRunItem(step=step, kind=Kind.FOLDER, name=path, message=_("Stash would be asked to scan it."))


def sync(job: JobContext, step: str) -> list[DryRunItem]:
    """What differs in Stash by now."""
    with scratch_database([SyncState]) as scratch:
        found = pending(services.stash(DryRunContext(job, scratch)))
        if found.blocked:
            raise identity.another_library(_("its scenes are others than those that we know"))
    return [
        DryRunItem(step=step, kind=Kind.LIBRARY, name="Stash", action=Action.SYNC, message=text)
        for text in sentences(found)
    ]


def sentences(found: Pending) -> Iterator[str]:
    if found.unsynced:
        yield _("{scenes} in Stash, none of which is known here", scenes=quantity(found.unsynced, "scene"))
    if found.scenes:
        yield _("{scenes} changed in Stash", scenes=quantity(len(found.scenes), "scene"))
    if kinds := sorted(found.named | found.counted):
        yield _("Different in Stash: {kinds}", kinds=joined(", ", [_(kind) for kind in kinds]))


def analyse(job: JobContext, step: str) -> list[DryRunItem]:
    """The plans that would be applied, and for each due scene which detectors would look at it, in its batch."""
    chosen, size = job.params["detectors"], job.params["batch_size"]
    items: list[DryRunItem] = []
    with scratch_database(SCENES) as scratch:
        dry = DryRunContext(job, scratch)
        if count := undecided_scenes(dry):
            items.append(ask(step, undecided(0, count)))
        items += plans(step)
        batches = due_batches(size, job.params["max_scenes"], chosen)
        again = outdated_batches(size, job.params["outdated_scenes"], chosen, batches)
        if note := detectors.why_none(chosen) or detectors.note(chosen):
            dry.log(note, Event.Level.WARNING)
        if batches:
            refuse_another_library()
            tags = LibraryTags()
            asker = asker_for(dry, tags) if detectors.VIDEO_TAGS in chosen else None
            usable = detectors_for(dry, chosen, known_folders(dry), tags, asker)
            for number, ids in enumerate(batches, start=1):
                dry.progress(
                    number - 1, len(batches), _("Batch {number} of {count}", number=number, count=len(batches))
                )
                items += of_batch(dry, step, number, ids, usable)
        items += [of_outdated(step, scene) for ids in again for scene in Scene.objects.filter(pk__in=ids)]
    return items


def of_outdated(step: str, scene: Scene) -> DryRunItem:
    text = _("The tagger would be asked again for what an older model of it saw.")
    return of_scene(step, Action.ANALYSE, scene.pk, str(scene), code=detectors.VIDEO_TAGS, message=text)


def plans(step: str) -> Iterator[DryRunItem]:
    """Those that earlier jobs left, to be taken back and to be written."""
    for plan in Plan.objects.half_reverted().in_no_open_batch().order_by("created_at", "id"):
        count = plan.changes.to_revert().count()
        text = _("{changes} would be taken back in Stash.", changes=quantity(count, "change"))
        yield of_plan(step, plan, Action.REVERT, text)
    for plan in Plan.objects.unfinished().in_no_open_batch().order_by("created_at", "id"):
        count = plan.changes.to_write().count()
        text = _("{changes} would be written to Stash.", changes=quantity(count, "approved change"))
        yield of_plan(step, plan, Action.APPLY, text)


def of_plan(step: str, plan: Plan, action: str, text: str) -> DryRunItem:
    return DryRunItem(step=step, kind=Kind.PLAN, key=str(plan.pk), name=str(plan), action=action, message=text)


def of_batch(
    job: DryRunContext, step: str, number: int, ids: Sequence[int], usable: Sequence[detectors.Detector]
) -> Iterator[DryRunItem]:
    for part in pieces(ids, AT_ONCE):
        for scene_input in scene_inputs.load(part, None):
            names = [detector.name for detector in detectors_to_run(job, scene_input, usable)]
            text = _("No detector applies to it.")
            if names:
                text = _("In batch {number}, by {names}.", number=number, names=", ".join(names))
            action = Action.ANALYSE if names else ""
            yield of_scene(step, action, scene_input.scene.pk, scene_input.title, code=",".join(names), message=text)


def generate(job: JobContext, step: str) -> list[DryRunItem]:
    """The scenes that are not known to be complete: Stash would be asked for what they lack."""
    config = configuration.current()
    items = [
        of_task(step, wanted.type_of(kind), _("the analysed scenes")) for kind in config.stash_tasks_after_generate
    ]
    if not config.generate:
        job.log(_("Nothing is set to be generated ({setting} in the settings).", setting=named_setting("generate")))
        return items
    with scratch_database([SyncState]) as scratch:
        dry = DryRunContext(job, scratch)
        stash = services.stash(dry)
        identity.check(dry, stash)
        asked = OutputKinds(dry, stash, config.generate).asked
        ids = ids_for(dry) if asked else []
        text = _("Stash would be asked for what it lacks of {kinds}.", kinds=", ".join(sorted(asked)))
        for part in pieces(ids, AT_ONCE):
            scenes = Scene.objects.in_bulk(part)
            items += [of_scene(step, Action.GENERATE, pk, str(scenes[pk]), message=text) for pk in part]
    return items


LATER_STEPS: dict[str, Callable[[JobContext, str], list[DryRunItem]]] = {
    "process_downloads": downloads.look,
    "stash_scan": scan,
    "incremental_sync": sync,
    "analysis_batches": analyse,
    "stash_generate": generate,
}
