"""When Stash really holds another library, a person has our copy of the old one forgotten, bit by bit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.db.models.signals import pre_delete
from django.test import Client
from django.test.utils import CaptureQueriesContext

from jobs import engine, testing
from jobs.models import Job
from scenes.models import Download, Outcome, Scan, Scene, SceneFile, SyncState, Tag
from scenes.models.library import SceneTag
from scenes.sync import forgetting
from tests.web.factories import make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def library() -> None:
    """A copy of nine scenes of another library than the one that Stash has."""
    SyncState.objects.create(another_library=True, watermark=datetime(2026, 1, 1, tzinfo=UTC))
    tag = Tag.objects.create(pk=1, name="Dog")
    for number in range(1, 10):
        scene = Scene.objects.create(pk=number, created_at=datetime(2026, 1, 1, tzinfo=UTC), remote_updated_at="x")
        SceneFile.objects.create(pk=number, scene=scene, path=f"/data/{number}.mp4")
        SceneTag.objects.create(scene=scene, tag=tag)
    download = Download.objects.create(hash="a" * 40, name="A", save_path="/dl", outcome=Outcome.DONE)
    good = download.files.create(name="good", size=1, source="/dl/g", target="/lib/g", outcome=Outcome.DONE)
    Scan.objects.create(file=good, outcome=Outcome.DONE, scene_id=3)


def left() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Scene, SceneFile, Tag, SceneTag))


def assert_forgotten() -> None:
    assert left() == (0, 0, 0, 0)
    assert not SyncState.load().another_library and SyncState.load().watermark is None
    assert [scan.file.name for scan in Scan.objects.due()] == ["good"]


def test_all_of_the_copy_is_forgotten_and_placed_files_are_looked_up_again(library: None) -> None:
    assert forgetting.accept_another_library() == 9
    assert_forgotten()


def test_nothing_is_forgotten_while_it_is_the_same_library(library: None) -> None:
    SyncState.objects.update(another_library=False)
    assert forgetting.accept_another_library() == 0
    assert left() == (9, 9, 1, 9)


def test_nor_while_a_job_is_active(library: None) -> None:
    job = engine.start("sync", {}, source="test")
    with pytest.raises(forgetting.Busy):
        forgetting.accept_another_library()
    engine.cancel(job.pk)
    assert forgetting.accept_another_library() == 9


def test_nor_while_a_cancelled_job_is_not_yet_let_go(library: None) -> None:
    job = testing.context("sync").job
    engine.cancel(job.pk)
    with pytest.raises(forgetting.Busy):
        forgetting.accept_another_library()
    assert left() == (9, 9, 1, 9)
    Job.objects.filter(pk=job.pk).update(claim_token=None, held_lock="")
    assert forgetting.accept_another_library() == 9


def test_no_transaction_is_longer_than_a_few_scenes_take(library: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forgetting, "AT_ONCE", 2)
    with CaptureQueriesContext(connection) as captured:
        forgetting.accept_another_library()
    deletions = [query["sql"] for query in captured if query["sql"].startswith('DELETE FROM "scenes_scene" ')]
    assert len(deletions) == 5
    assert sum(query["sql"].startswith("BEGIN") for query in captured) >= 5
    assert_forgotten()


@pytest.fixture
def started_meanwhile() -> Iterator[list[Any]]:
    """Somebody starts a job when the third scene goes."""
    jobs: list[Any] = []

    def start(instance: Scene, **kwargs: Any) -> None:
        if instance.pk == 3:
            jobs.append(engine.start("sync", {}, source="test"))

    pre_delete.connect(start, sender=Scene)
    yield jobs
    pre_delete.disconnect(start, sender=Scene)


def test_a_job_that_starts_meanwhile_stops_it_and_it_can_be_accepted_again(
    library: None, monkeypatch: pytest.MonkeyPatch, started_meanwhile: list[Any]
) -> None:
    monkeypatch.setattr(forgetting, "AT_ONCE", 2)
    with pytest.raises(forgetting.Busy):
        forgetting.accept_another_library()
    assert left() == (5, 5, 1, 5)
    assert SyncState.load().another_library
    engine.cancel(started_meanwhile[0].pk)
    assert forgetting.accept_another_library() == 5
    assert_forgotten()


@pytest.fixture
def admin() -> Client:
    browser = Client()
    browser.force_login(make_user())
    return browser


def choose(admin: Client, action: str) -> str:
    data = {"action": action, "_selected_action": ["1"], "post": "yes"}
    return admin.post("/admin/scenes/syncstate/", data, follow=True).text


def test_it_is_accepted_in_the_admin(library: None, admin: Client) -> None:
    job = engine.start("sync", {}, source="test")
    assert "accept again" in choose(admin, "accept_another_library")
    engine.cancel(job.pk)
    assert "9 scenes forgotten" in choose(admin, "accept_another_library")
    assert_forgotten()


def test_what_is_missing_is_accepted_there_too(library: None, admin: Client) -> None:
    SyncState.objects.update(another_library=False, missing_ids=[1, 2], missing_names={"tags": [1]})
    assert "3 accepted as gone" in choose(admin, "accept_missing")
    assert SyncState.load().missing_accepted_at
