"""Each kind of item fails, is quarantined, shown and released in the same way; a new kind is tested by itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from jobs.context import JobContext
from jobs.models import Status
from scenes.models import (
    Attempts,
    Change,
    Detection,
    Download,
    Generation,
    Outcome,
    PlacedFile,
    Plan,
    Scan,
    Scene,
    StashTask,
    attempted,
)
from scenes.web.needing.failures import NAMED
from tests.scenes.needing import counts, named, release
from tests.web.factories import make_job, make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _three_attempts(configure: Callable[..., object]) -> None:
    configure(max_item_attempts=3)


@pytest.fixture
def browser() -> Client:
    made = Client()
    made.force_login(make_user())
    return made


def make(model: type[Attempts], number: int = 1) -> Any:
    """A row of it that never failed."""
    download = Download.objects.create(hash=f"{number:040}", name=f"Film {number}")
    file = PlacedFile.objects.create(download=download, name=f"{number}.mp4", size=1, outcome=Outcome.DONE)
    scene = Scene.objects.create(pk=number, title=f"Scene {number}", created_at=timezone.now(), remote_updated_at="")
    change = {"plan": Plan.objects.create(), "kind": "add_tag", "value": {}, "status": "approved"}
    made: dict[type[Attempts], Callable[[], Attempts]] = {
        Download: lambda: download,
        PlacedFile: lambda: file,
        Scan: lambda: Scan.objects.create(file=file),
        StashTask: lambda: StashTask.objects.create(scene_id=scene.pk, kind="identify"),
        Generation: lambda: Generation.objects.create(scene=scene),
        Detection: lambda: Detection.objects.create(scene=scene, detector="detect_tags"),
        Change: lambda: Change.objects.create(scene=scene, **change),
    }
    return made[model]()


def a_job() -> JobContext:
    return JobContext(make_job("sync", Status.RUNNING, started_at=timezone.now()))


def fail(row: Attempts, times: int = 1) -> None:
    for _ in range(times):
        type(row).objects.filter(pk=row.pk).fail(a_job(), "It is broken.")
    row.refresh_from_db()


@pytest.mark.parametrize("model", attempted())
def test_after_its_last_attempt_it_is_quarantined_until_a_person_releases_it(
    model: type[Attempts], browser: Client
) -> None:
    row = make(model)
    fail(row, 2)
    assert (row.outcome, row.attempts, row.message) == (Outcome.FAILED, 2, "It is broken.")
    fail(row)
    assert row.is_quarantined and row.explanation == (
        "It is broken. It failed 3 times and is left alone until somebody releases it."
    )
    assert not model.objects.due().filter(pk=row.pk).exists()

    (item,) = named()
    assert item.is_quarantined and "It is broken." in item.message
    assert "1 item released" in release(browser, item)

    row.refresh_from_db()
    assert (row.outcome, row.attempts, row.message, row.failed_at) == (Outcome.NEW, 0, "", None)
    assert model.objects.due().filter(pk=row.pk).exists() and not named()


@pytest.mark.parametrize("model", attempted())
def test_its_count_is_of_what_its_need_releases_and_the_admin_releases_it_too(
    model: type[Attempts], browser: Client
) -> None:
    fail(make(model, 1), 3)
    fail(make(model, 2))
    make(model, 3)
    assert list(counts().values()) == [2]
    chosen = list(model.objects.values_list("pk", flat=True))
    where = f"/admin/scenes/{model._meta.model_name}/"
    data = {"action": "release", "_selected_action": chosen}
    assert "2 released" in browser.post(where, data, follow=True).text
    assert counts() == {}


@pytest.mark.parametrize("model", attempted())
def test_what_failed_last_is_named_however_many_failed_before(model: type[Attempts]) -> None:
    for number in range(2, NAMED + 4):
        other = make(model, number)
        fail(other)
        model.objects.filter(pk=other.pk).update(failed_at=timezone.now() - timedelta(days=1))
    fail(make(model))
    assert len(named()) == NAMED and "1" in named()[0].name


def test_a_failure_that_is_not_the_items_own_counts_no_attempt() -> None:
    row = make(PlacedFile)
    for _ in range(5):
        PlacedFile.objects.filter(pk=row.pk).fail(a_job(), "No disk.", is_counted=False)
    row.refresh_from_db()
    assert (row.outcome, row.attempts, row.message) == (Outcome.FAILED, 0, "No disk.")


def test_what_failed_in_a_job_is_not_due_for_it_but_for_the_next_one() -> None:
    row, job = make(Detection), a_job()
    Detection.objects.filter(pk=row.pk).fail(job, "It is broken.")
    assert not Detection.objects.due(job).exists()
    assert Detection.objects.due(a_job()).exists()
    Detection.objects.all().release()
    assert Detection.objects.due(job).exists()


def test_what_is_quarantined_for_another_reason_is_not_said_to_have_failed_so_often() -> None:
    row = make(Download)
    Download.objects.filter(pk=row.pk).update(outcome=Outcome.QUARANTINED, message="It never came.")
    row.refresh_from_db()
    assert row.explanation == "It never came."
