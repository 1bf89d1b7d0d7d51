"""A sync that is cancelled, crashes or meets a living library: nothing is missed, nothing left behind."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from jobs import testing
from jobs.errors import Cancelled
from jobs.models import Status
from scenes import services, sync
from scenes.clients.base import ServiceError
from scenes.models import Scene, SyncState
from scenes.simulators.stash import RunningStash
from scenes.simulators.stash.jobs.queue import Job as TheirJob
from scenes.sync import saving
from tests.scenes.mirror import ours, theirs
from tests.scenes.stash_user import User

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def pages(library: RunningStash, monkeypatch: pytest.MonkeyPatch) -> RunningStash:
    """Fifty-two scenes in pages of ten."""
    library.seed(scenes=40, tags=5, performers=3, studios=2, markers_per_scene=1)
    monkeypatch.setattr("scenes.sync.passes.PAGE", 10)
    return library


@pytest.fixture
def after_page(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, Callable[[], object]], None]:
    """`after_page(2, act)`: acts once when the second page was saved."""

    def arm(number: int, act: Callable[[], object]) -> None:
        saved = []

        def save(*args: object) -> list[int]:
            ids = saving.save(*args)  # type: ignore[arg-type]
            saved.append(ids)
            if len(saved) == number:
                act()
            return ids

        monkeypatch.setattr("scenes.sync.passes.save", save)

    return arm


def fetching_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith(("fetch", "bounded-call"))]


def raise_(error: BaseException) -> Callable[[], None]:
    def act() -> None:
        raise error

    return act


def test_a_cancel_between_two_pages_stops_at_once_and_leaves_no_thread(
    pages: RunningStash, after_page: Callable[..., None]
) -> None:
    context = testing.context("sync")
    pages.fault("hang", "ScenePage", after=4, times=None)
    after_page(2, lambda: context.interrupted_by(Cancelled))
    with pytest.raises(Cancelled):
        sync.run(context, services.stash(context))
    assert not [name for name in fetching_threads() if name.startswith("fetch")]
    assert SyncState.load().watermark is None


def test_a_cancel_while_a_page_is_awaited_does_not_wait_for_it(pages: RunningStash) -> None:
    context = testing.context("sync")
    pages.fault("hang", "ScenePage", times=None)
    timer = threading.Timer(0.3, context.interrupted_by, [Cancelled])
    timer.start()
    with pytest.raises(Cancelled):
        sync.run(context, services.stash(context))
    timer.join()
    assert not Scene.objects.exists()


def test_after_a_crash_between_pages_the_next_attempt_brings_everything(
    pages: RunningStash, after_page: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    context = testing.context("sync")
    after_page(2, raise_(RuntimeError("as a crash")))
    with pytest.raises(RuntimeError):
        sync.run(context, services.stash(context))
    assert Scene.objects.count() == 20
    assert SyncState.load().watermark is None
    monkeypatch.setattr("scenes.sync.passes.save", saving.save)
    sync.run(context, services.stash(context))
    assert ours() == theirs(pages)


def test_a_failing_page_ends_the_attempt_and_moves_no_watermark(pages: RunningStash) -> None:
    testing.run("sync")
    before = SyncState.load().watermark
    User(pages).create_tag("New")
    pages.fault("resolver_error", "ScenePage", after=3, times=None)
    context = testing.context("sync", force=True)
    with pytest.raises(ServiceError):
        sync.run(context, services.stash(context), force=True)
    assert SyncState.load().watermark == before


def test_a_failing_look_at_what_differs_moves_no_watermark_either(pages: RunningStash) -> None:
    testing.run("sync")
    before = SyncState.load().watermark
    User(pages).set_title(1, "Changed")
    pages.fault("resolver_error", "ScenesById", times=None)
    context = testing.context("sync")
    with pytest.raises(ServiceError):
        sync.run(context, services.stash(context))
    assert SyncState.load().watermark == before
    pages.clear_faults()
    sync.run(context, services.stash(context))
    assert ours() == theirs(pages)


def test_scenes_added_and_changed_during_a_full_sync_are_found_by_the_next(
    pages: RunningStash, after_page: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    user = User(pages)

    def live() -> None:
        user.set_title(1, "Changed behind our back")
        user.create_marker(2, 1)
        user.rename_file(3, "/seeded/elsewhere.mp4")
        user.rename_tag(1, "Renamed behind our back")
        user.create_scene("Added meanwhile")

    after_page(2, live)
    assert testing.run("sync").status == Status.COMPLETED
    monkeypatch.setattr("scenes.sync.passes.save", saving.save)
    assert testing.run("sync").status == Status.COMPLETED
    assert ours() == theirs(pages)


def test_a_scene_destroyed_during_a_full_sync_does_not_make_it_lose_another(
    pages: RunningStash, after_page: Callable[..., None]
) -> None:
    user = User(pages)
    pages.fault("slow", "ScenePage", after=1, times=None, seconds=0.3)
    after_page(1, lambda: user.destroy_scenes(2, 3))
    assert testing.run("sync").status == Status.COMPLETED
    assert ours() == theirs(pages)
    assert Scene.objects.get(pk=2).deleted_at is not None


def test_a_short_page_in_the_middle_does_not_end_the_library(pages: RunningStash) -> None:
    pages.fault("short_answer", "ScenePage", after=1, times=1, keep=4)
    assert testing.run("sync").status == Status.COMPLETED
    assert ours() == theirs(pages)


def test_a_scene_destroyed_between_the_question_and_the_reading_fails_nothing(
    pages: RunningStash, monkeypatch: pytest.MonkeyPatch
) -> None:
    testing.run("sync")
    user = User(pages)
    user.set_title(4, "Another title")
    user.set_title(5, "Another title")
    monkeypatch.setattr("scenes.sync.passes.wait_out_second", lambda *args: user.destroy_scenes(4))
    assert testing.run("sync").status == Status.COMPLETED
    monkeypatch.undo()
    assert Scene.objects.get(pk=5).title == "Another title"


@pytest.fixture
def foreign(library: RunningStash) -> Iterator[TheirJob]:
    """Somebody's long job in Stash."""
    job = library.add_foreign_job()
    yield job
    library.end_foreign_job(job)


def test_a_sync_does_not_wait_for_jobs_of_stash(library: RunningStash, foreign: TheirJob) -> None:
    assert testing.run("sync").status == Status.COMPLETED
    assert foreign.status == "RUNNING"
