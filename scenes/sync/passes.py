"""One pass of the sync: over everything, or over what differs.

The watermark is an ``updated_at`` that Stash had at the **beginning** of the pass, so whatever changes while it goes on
is not older and will be found by the next one. It moves at the very end, and only over what two answers agree on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import partial

from django.utils import timezone

from jobs.context import JobContext
from jobs.crash_points import crash_point
from jobs.texts.translatable import Translatable as _
from scenes.clients.stash.client import StashClient, safe_since
from scenes.clients.stash.ids import Ids
from scenes.clients.stash.reading import PAGE
from scenes.crash_points import CrashPoint
from scenes.models import SyncState
from scenes.pieces import pieces
from scenes.sync import folders, identity, names
from scenes.sync.deleting import mark_deleted
from scenes.sync.differences import Comparison, differing_counts, scenes_with_other_markers, unknown_ids
from scenes.sync.fetched import FetchedScenes
from scenes.sync.fetching import Answers, ahead
from scenes.sync.remote_times import newest_time, wait_out_second
from scenes.sync.saving import save

Fetch = Callable[[], FetchedScenes]


def run(job: JobContext, stash: StashClient, *, force: bool = False) -> None:
    """Bring our tables up to what Stash has; everything with ``force``, or when there was no sync yet.

    Raises JobError: ``another_library`` (permanent), or a ServiceError. Safe to run again after any end.
    """
    state = SyncState.load()
    if state.another_library:
        identity.check_again(job, stash)
        force = True
    if force or state.watermark is None:
        full(job, stash, state)
    else:
        incremental(job, stash, state, state.watermark)


def full(job: JobContext, stash: StashClient, state: SyncState) -> None:
    """Read all that there is."""
    newest = stash.newest_updated_at()
    identity.check(job, stash)
    folders.refresh(job, stash)  # before any scene is here to which they might apply
    wait_out_second(job, stash, newest)
    total = stash.counts().scenes
    seen = Ids()
    with ahead(pages(stash)) as given:  # the first ones come while names are read
        destroyed = names.sync(job, stash, set(names.MODELS))
        _save_all(job, given, total, seen)
    ids = stash.scene_ids()
    # A scene that was deleted meanwhile moves the others one up, over the borders of pages.
    seen.update(sorted(_read_again(job, stash, seen.lacking(ids))))
    mark_deleted(job, stash, ids)
    destroyed.forget(job, seen)
    # A change of a name that was not listed must not be left behind.
    watermark = newest_time(newest, stash.now(), state.watermark) if destroyed.certain else state.watermark
    _complete(job, watermark, len(ids))


def pages(stash: StashClient) -> Iterator[Fetch]:
    """Pages up to the first short one. `ahead` has asked for a few more by then, all empty."""
    short = False

    def fetch(page: int) -> FetchedScenes:
        nonlocal short
        now = stash.now()
        rows = [] if short else stash.scene_page(page, PAGE)
        short = len(rows) < PAGE
        return FetchedScenes(rows, now)

    page = 0
    while not short:
        page += 1
        yield partial(fetch, page)


def incremental(job: JobContext, stash: StashClient, state: SyncState, watermark: datetime) -> None:
    """Read what differs since the watermark."""
    found = Comparison()
    for changes in stash.changes(safe_since(watermark), identity.sample_of_known()):
        identity.refuse_another_library(job, changes.known)
        found.add(changes, state)
    differences, counts = found.differences, changes.counts
    if differences.any:
        folders.refresh(job, stash)
        wait_out_second(job, stash, found.times)
    destroyed = names.sync(job, stash, set(differences.named))
    read = _read_again(job, stash, differences.scenes | destroyed.scenes())
    # Only now do the counts tell: what was added is here, what still differs was destroyed.
    differing = differing_counts(counts, state) if differences.any else set()
    if "scenes" in differing:
        ids = stash.scene_ids()
        read |= _read_again(job, stash, unknown_ids(ids))
        mark_deleted(job, stash, ids)
        differing = differing_counts(counts, SyncState.load())  # the markers of a scene go with it
    if "markers" in differing:
        read |= _read_again(job, stash, scenes_with_other_markers(stash.markers_updated_at()))
    destroyed.forget(job, read)
    _complete(job, newest_time(found.agreed, stash.now(), watermark), counts.scenes)


def _read_again(job: JobContext, stash: StashClient, ids: Iterable[int]) -> set[int]:
    # Those that Stash no longer knows are left to the sweep over all ids.
    def fetch(ids: list[str]) -> FetchedScenes:
        now = stash.now()
        return FetchedScenes(stash.scenes_by_id(ids)[0], now)

    wanted = [str(number) for number in sorted(ids, reverse=True)]
    calls = (partial(fetch, piece) for piece in pieces(wanted, PAGE))
    read: set[int] = set()
    with ahead(calls) as given:
        _save_all(job, given, len(wanted), read)
    return read


def _save_all(job: JobContext, pages: Answers[FetchedScenes], total: int, seen: Ids | set[int]) -> None:
    """Save the pages. ``seen`` gets the ids of the scenes."""
    for given in pages:
        seen.update(save(job, given, pages.go_on))
        crash_point(CrashPoint.SYNC_PAGE_SAVED)
        if given.scenes:
            scene = {"number": len(seen), "total": total, "title": given.title}
            job.progress(len(seen), max(total, len(seen)), _("Scene {number} of {total}: {title}", **scene))


def _complete(job: JobContext, watermark: datetime | None, scenes: int) -> None:
    job.checkpoint()
    with job.transaction():
        SyncState.objects.filter(pk=SyncState.SINGLETON).update(
            watermark=watermark, completed_at=timezone.now(), scene_count=scenes
        )
    crash_point(CrashPoint.SYNC_WATERMARK)
