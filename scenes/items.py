"""What jobs handled, by name: torrents and scenes, for cards and logs."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import BigIntegerField, Count, Exists, F, Model, OuterRef, Q, QuerySet, UUIDField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.urls import reverse

from jobs.declare.items import Done, Item, Items
from jobs.engine.reporting import ITEM_FAILED
from jobs.models import Event, Job, Status
from jobs.models.compiled import AnyOf, Compiled
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import joined
from jobs.texts.words import counted, within_a_sentence
from scenes.models import (
    Attempts,
    Change,
    Detection,
    Download,
    DryRunItem,
    Generation,
    Outcome,
    OutputKind,
    PlacedFile,
    Plan,
    Scene,
    attempted,
)
from scenes.models.first_run import ENDED_WELL
from scenes.models.stash_tasks import ASKED
from scenes.releasing import NAMED_MODELS

TORRENTS, SCENES = "torrents", "scenes"  # what came of jobs
DOWNLOAD, SCENE = "download", "scene"  # kinds of items
SHOWN = 8
ROWS_OF_ONE = 4  # of one item: files of a torrent, detectors of a scene; about so many
# Kinds of changes within a sentence.
KINDS = (
    _("add tag"), _("remove tag"), _("add marker"), _("remove marker"), _("add performer"), _("remove performer"),
    _("set studio"), _("remove studio"), _("set details"),
)  # fmt: skip


class HandledItems(Items):
    """As `Items` has it; a page is also of the lines of a dry run's report, by the key of their step.

    Each method takes a number of queries that does not grow, beside a few for each part of what failed.
    """

    def failed(self, job: Job, at_once: int) -> Iterator[Item]:
        for model in attempted():
            yield from failed_of(model, job, at_once)
        for kind in OutputKind.objects.broken().filter(job=job):
            yield Item(_("Output “{kind}”", kind=str(kind)), kind.reason)

    def failing(self, jobs: Sequence[Job]) -> dict[uuid.UUID, int]:
        found: Counter[uuid.UUID] = Counter()
        for job, count in failing_in(jobs=[job.pk for job in jobs]):
            found[job] += count
        return dict(found)

    def done(self, job: Job) -> list[Done]:
        torrents, scenes = placed_torrents(job), analysed_scenes(job)
        found = []
        if count := torrents.count():
            sentence = counted(count, "torrent placed", "torrents placed")
            found.append(Done(TORRENTS, sentence, count, self.page(job, TORRENTS, 0, SHOWN)))
        if count := scenes.count():
            sentence = counted(count, "scene analysed", "scenes analysed")
            found.append(Done(SCENES, sentence, count, self.page(job, SCENES, 0, SHOWN)))
        return found

    def page(self, job: Job, what: str, start: int, size: int) -> list[Item]:
        if what == TORRENTS:
            torrents = placed_torrents(job).order_by("pk")[start : start + size]
            return [Item(str(torrent), kind=DOWNLOAD, key=str(torrent.pk)) for torrent in torrents]
        if what == SCENES:
            scenes = analysed_scenes(job).order_by("pk")[start : start + size]
            return [Item(str(scene), kind=SCENE, key=str(scene.pk)) for scene in scenes]
        lines = DryRunItem.objects.of(job).filter(step=what)[start : start + size]
        return [Item(line.name, joined(". ", [line.label, line.message])) for line in lines]

    def address(self, kind: str, key: str) -> str:
        if kind == DOWNLOAD:
            return f"{reverse('downloads')}?download={key}"
        return reverse("scene", args=[key]) if kind == SCENE else ""


def placed_torrents(job: Job) -> QuerySet[Download]:
    """Of which this job, or one of its sub-jobs, placed at least one file."""
    files = PlacedFile.objects.filter(placed_by__in=Job.objects.of_run(job.pk).values("pk"))
    return Download.objects.filter(pk__in=files.values("download"))


def analysed_scenes(job: Job) -> QuerySet[Scene]:
    """As its analysis reports them: handled by a detector, and failed by none; whatever later jobs did."""
    jobs = Job.objects.of_run(job.pk)
    detections = Detection.objects.filter(job__in=jobs.values("pk"))
    done = detections.filter(outcome=Outcome.DONE).values("scene")
    handled = Q(pk__in=done) & ~Q(pk__in=detections.bad().values("scene"))
    found = Scene.objects.filter(handled | done_again(jobs, detections))
    return found.exclude(pk__in=failed_then(jobs))


def done_again(jobs: QuerySet[Job], detections: QuerySet[Detection]) -> Q:
    """Scenes of analyses that ended well of which no detection is left, since a later job did them all again."""
    plans = Plan.objects.filter(job__in=jobs.filter(status__in=ENDED_WELL).values("pk"))
    links = Plan.scenes.through.objects.filter(plan__in=plans.values("pk"))
    again = Detection.objects.filter(scene=OuterRef("pk"), outcome=Outcome.DONE, job__isnull=False)
    left = detections.filter(scene=OuterRef("pk"))
    return Q(Exists(again), ~Exists(left), pk__in=links.values("scene"))


def failed_then(jobs: QuerySet[Job]) -> QuerySet[Event, Any]:
    """The ids of scenes that failed in these jobs, in the last attempt of each, as was said when it ended."""
    events = Event.objects.filter(job__in=jobs.filter(type="analysis").values("pk"), kind=ITEM_FAILED)
    key = Cast(KeyTextTransform("key", "data"), BigIntegerField())
    ids = events.filter(attempt=F("job__attempt")).annotate(of=key).filter(of__isnull=False)
    return ids.order_by().values("of")


def counts_of_failing() -> QuerySet[Any, Any]:
    """Of the jobs asked for, which are at work: their ids, and how many items of a kind `failed_of` names in each."""
    broken = OutputKind.objects.broken().filter(job__in=JOBS).order_by()
    first, *others = [
        *map(counted_of, attempted()),
        broken.values("job").annotate(count=Count("pk")).values_list("job", "count"),
    ]
    return first.union(*others, all=True)


JOBS = AnyOf("jobs", UUIDField())
failing_in = Compiled(counts_of_failing)


def counted_of(model: type[Attempts]) -> QuerySet[Any, Any]:
    """How many items `failed_of` names in each of these jobs, which are at work."""
    rows = model.objects.bad().filter(job__in=JOBS, failed_at__gte=F("job__started_at"))  # as below
    if model is Download:
        rows = rows.exclude(Exists(PlacedFile.objects.bad().filter(job=OuterRef("job"), download=OuterRef("pk"))))
    elif model is Generation:
        rows = rows.exclude(code=ASKED)
    named = "pk" if model is Change else model.released_with[model.named_by]
    return rows.order_by().values("job").annotate(count=Count(named, distinct=True)).values_list("job", "count")


def failed_of(model: type[Attempts], job: Job, at_once: int) -> Iterator[Item]:
    """The rows of one model that failed in the job: one item for each torrent, file or scene, or for each change."""
    done_keys: set[Any] = set()
    for rows in rows_in_parts(model, job, at_once * ROWS_OF_ONE):
        named_rows = NAMED_MODELS[model.named_by]._default_manager.in_bulk({row.named_key for row in rows})
        for row in rows:
            if model is Change or row.named_key not in done_keys:
                yield item_of(row, model, row.named_key, named_rows.get(row.named_key))
            done_keys.add(row.named_key)


def rows_in_parts(model: type[Attempts], job: Job, size: int) -> Iterator[list[Any]]:
    named_key, last = F(model.released_with[model.named_by]), 0
    rows = named_by_themselves(model, job).annotate(named_key=named_key).order_by("pk")
    while part := list(rows.filter(pk__gt=last)[:size]):
        yield part
        if len(part) < size:
            return
        last = part[-1].pk


def named_by_themselves(model: type[Attempts], job: Job) -> QuerySet[Any]:
    """As jobs count their errors: a torrent by its files that failed; not what was asked for and has no outcome yet."""
    rows = model.objects.bad().filter(job=job)
    if job.status == Status.RUNNING:  # a retry has what failed before still before it
        rows = rows.filter(failed_at__gte=job.started_at)
    if model is Download:
        return rows.exclude(Exists(PlacedFile.objects.bad().filter(job=job, download=OuterRef("pk"))))
    return rows.exclude(code=ASKED) if model is Generation else rows


def item_of(row: Attempts, model: type[Attempts], named_id: Any, named: Model | None) -> Item:
    name = str(named) if named is not None else joined(" ", [_(model.named_by.capitalize()), str(named_id)])
    if isinstance(row, Change):
        name = joined(": ", [name, within_a_sentence(row.kind)])
    if isinstance(named, PlacedFile):
        return Item(name, row.explanation, DOWNLOAD, str(named.download_id))
    return Item(name, row.explanation, DOWNLOAD if isinstance(named, Download) else SCENE, str(named_id))
