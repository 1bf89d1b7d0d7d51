"""Before a run touches anything: what follows from the decisions is recorded, or the run ends and asks for them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, closing
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from jobs.context import JobContext
from jobs.errors import JobError
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import joined_by_and, quantity
from jobs.waiting import Waiter
from scenes import configuration, services
from scenes.analysis.detectors import ENABLED
from scenes.clients.stash.ids import Ids
from scenes.configuration import Configuration, named_setting
from scenes.downloads.torrents.filtering import passes
from scenes.first_run.deciding import UNDECIDED, decision_on
from scenes.models import Detection, Download, FirstRunDecision, Outcome, Scene
from scenes.models.downloads import BEFORE_FIRST_RUN
from scenes.models.first_run import FirstRunAnswer, FirstRunQuestion
from scenes.pieces import pieces

if TYPE_CHECKING:
    from scenes.clients.qbittorrent.client import Torrent

AT_ONCE = 500  # rows in one transaction
HANDLED_MESSAGE = _(
    "It was there before the first run, and a person said that it is handled. Release it to have it handled."
)
ANALYSED_MESSAGE = _("It was there before the first run, and a person said that it is analysed.")


def apply_decisions(job: JobContext, config: Configuration, torrents: Sequence[Torrent]) -> None:
    """Raises JobError: ``first_run_undecided``, or that of a Stash that can't be asked what it has."""
    old = [torrent for torrent in torrents if was_finished(torrent)]
    with job.transaction():
        on_torrents = decision_on(
            FirstRunQuestion.TORRENTS, config, any_there=any(passes(torrent, config) for torrent in old)
        )
    if on_torrents is None:
        try:
            scenes = undecided_scenes(job)
        except JobError:
            scenes = 0  # the torrents are enough to ask
        raise undecided(sum(passes(torrent, config) for torrent in old), scenes)
    if on_torrents.answer == FirstRunAnswer.HANDLED and on_torrents.recorded_at is None:
        until = on_torrents.decided_at
        by_itself = on_torrents.source == "environment"  # a moment ago: whatever clock qBittorrent has
        before = [torrent for torrent in old if by_itself or not torrent.completed_at or torrent.completed_at <= until]
        record_handled(job, on_torrents, before)
    if scenes := undecided_scenes(job):
        raise undecided(0, scenes)


def undecided_scenes(waiter: Waiter) -> int:
    """How many scenes there are of which nobody decided; 0 once it is decided, and what follows is recorded then.

    Stash is asked only for what is not known yet. Raises JobError.
    """
    config = configuration.current()
    with written_by(waiter):
        decision = decision_on(FirstRunQuestion.LIBRARY, config, any_there=True)
    if decision is None:
        if not config.stash_url:
            return Scene.objects.present().count()
        ids = scene_ids(waiter)
        with written_by(waiter):
            decision = decision_on(FirstRunQuestion.LIBRARY, config, any_there=bool(ids))
        if decision is None:
            return len(ids)
    if decision.wants_last_scene and config.stash_url:
        record_last_scene(waiter, decision, scene_ids(waiter))
    record_analysed(waiter, decision)
    return 0


def undecided(torrents: int, scenes: int) -> JobError:
    """What is there, and how to decide."""
    found = [("qBittorrent", torrents, "finished torrent"), ("Stash", scenes, "scene")]
    there = [
        _("{service} has {things}", service=name, things=quantity(count, what)) for name, count, what in found if count
    ]
    options = ["--torrents take (or handled)"] * bool(torrents) + ["--library analysed (or analyse)"] * bool(scenes)
    return JobError(
        UNDECIDED,
        _(
            "{there} from before the first run, and nobody said what to do with them. Decide under "
            "“Needs you”, by `manage.py first_run {options}` or POST /api/first-run, or by {setting} in the settings; "
            "then retry this run.",
            setting=named_setting("first_run"),
            there=joined_by_and(there),
            options=" ".join(options),
        ),
        permanent=True,
    )


def was_finished(torrent: Torrent) -> bool:
    """By qBittorrent's word: whether it is finished, or was once and is moved or checked now, say."""
    return torrent.phase == "finished" or torrent.completed_at is not None


def scene_ids(waiter: Waiter) -> Ids:
    """Of all that Stash has. Raises JobError."""
    with closing(services.stash(waiter)) as stash:
        return stash.scene_ids()


def written_by(waiter: Waiter) -> AbstractContextManager[None]:
    """The transaction of a job, or of whoever else decides."""
    return waiter.transaction() if isinstance(waiter, JobContext) else transaction.atomic()


def record_handled(waiter: Waiter, decision: FirstRunDecision, torrents: Iterable[Torrent]) -> None:
    """A row for each, as if it had been handled. Whoever does the same at this moment is not in the way."""
    from scenes.downloads.torrents.listing import columns_of

    result = {"outcome": Outcome.NOT_WANTED, "code": BEFORE_FIRST_RUN, "message": HANDLED_MESSAGE}
    rows = (Download(hash=torrent.hash, size=torrent.size, **columns_of(torrent), **result) for torrent in torrents)
    for part in pieces(rows, AT_ONCE):
        with written_by(waiter):
            Download.objects.bulk_create(part, ignore_conflicts=True)
    with written_by(waiter):
        FirstRunDecision.objects.filter(pk=decision.pk).update(recorded_at=timezone.now())


def record_last_scene(waiter: Waiter, decision: FirstRunDecision, ids: Iterable[int]) -> None:
    """By its id, since ids only rise, and clocks differ. The first to find it out counts."""
    decision.last_scene_id = max(ids, default=0)
    with written_by(waiter):
        rows = FirstRunDecision.objects.filter(pk=decision.pk, last_scene_id=None)
        rows.update(last_scene_id=decision.last_scene_id)


def record_analysed(waiter: Waiter, decision: FirstRunDecision) -> None:
    """The scenes of our tables that were there before count as handled by all detectors, if that was the answer."""
    if decision.answer != FirstRunAnswer.ANALYSED or decision.last_scene_id is None:
        return
    old = Scene.objects.present().filter(pk__lte=decision.last_scene_id)
    for detector in ENABLED:
        attempted = Detection.objects.filter(scene=OuterRef("pk"), detector=detector)
        ids = list(old.filter(~Exists(attempted)).order_by("pk").values_list("pk", flat=True))
        for part in pieces(ids, AT_ONCE):
            with written_by(waiter):
                count_as_handled(part, detector)


def count_as_handled(scenes: Iterable[int], detector: str) -> None:
    """Rows as if the detector had handled them and found nothing; where there is one already, it stays."""
    columns = {
        "detector": detector,
        "outcome": Outcome.DONE,
        "code": BEFORE_FIRST_RUN,
        "message": ANALYSED_MESSAGE,
        "handled_at": timezone.now(),
    }
    rows = [Detection(scene_id=pk, **columns) for pk in scenes]
    Detection.objects.bulk_create(rows, ignore_conflicts=True)
    if detector == Detection.VIDEO_TAGS:
        Scene.objects.filter(pk__in=[row.scene_id for row in rows]).update(video_analyzed=True)


def record_analysed_after_sync(job: JobContext) -> None:
    """Of the scenes that a sync brought, those that were there before the first run."""
    if decision := FirstRunDecision.objects.of_library():
        record_analysed(job, decision)
