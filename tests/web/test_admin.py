"""The admin: every list opens, searches and filters; buttons and actions start and cancel jobs."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

import stashhog.urls  # noqa: F401 - registers the admin's pages
from jobs.models import ApiToken, Event, Job, Status
from scenes.models import (
    Change,
    Detection,
    Download,
    FirstRunDecision,
    Marker,
    PlacedFile,
    Plan,
    Scene,
    SceneFile,
    Setting,
    StashJob,
    Studio,
    SyncState,
    Tag,
    TagRule,
)
from tests.web.factories import make_job, make_run, make_sub_job, make_token, make_user

pytestmark = pytest.mark.django_db
OURS = [model for label in ("jobs", "scenes") for model in apps.get_app_config(label).get_models()]
EDITED = (Change, TagRule)
HAVE_PAGES = (Setting, FirstRunDecision)  # to which their lists lead
REGISTERED = [model for model in OURS if admin.site.is_registered(model) and model not in HAVE_PAGES]


def fill(number: int) -> None:
    """A row of everything, and what belongs to it."""
    scene = Scene.objects.create(
        id=number, title=f"Scene {number}", created_at=timezone.now(), remote_updated_at="x", studio_id=number
    )
    tag = Tag.objects.create(id=number, name=f"Tag {number}", aliases=["other"])
    Studio.objects.create(id=number + 1000, name="Not the scene's: that one was not synced yet")
    SceneFile.objects.create(id=number, scene=scene, path=f"/data/{number}.mp4")
    Marker.objects.create(id=number, scene=scene, seconds=1.5, primary_tag=tag)
    download = Download.objects.create(hash=f"{number:040x}", name=f"Torrent {number}", save_path="/x")
    PlacedFile.objects.create(download=download, name="a.mp4", size=1, source="/x/a.mp4")
    run = make_run(Status.COMPLETED)
    job = make_sub_job(run, "analysis_batches", "analysis", Status.COMPLETED)
    plan = Plan.objects.create(job=job)
    Change.objects.create(plan=plan, scene=scene, kind="add_tag", value={"name": "x"}, key=str(number), detector="d")
    Detection.objects.create(scene=scene, detector="detect_tags")
    StashJob.objects.create(job=job, kind="scan")
    SyncState.load()
    make_token(make_user(f"user{number}"))


def changelist(model: type[Model]) -> str:
    return f"/admin/{model._meta.app_label}/{model._meta.model_name}/"


def test_everything_that_a_person_may_want_to_see_is_there():
    named = {model.__name__ for model in REGISTERED}
    wanted = "Job Step Event ApiToken Scene Tag Performer Studio SceneFile Marker Download PlacedFile RefusedLogin"
    assert named >= set(wanted.split()) | {"Plan", "Change", "Detection", "StashJob", "SyncState"}


@pytest.mark.parametrize("model", REGISTERED, ids=lambda model: model.__name__)
def test_every_list_is_searched_with_a_constant_number_of_queries_and_every_row_opens(browser, model):
    fill(1)
    browser.get(changelist(model))
    with CaptureQueriesContext(
        connection,
    ) as few:
        assert browser.get(changelist(model)).status_code == 200
    for number in range(2, 6):
        fill(number)
    with CaptureQueriesContext(connection) as many:
        assert browser.get(changelist(model)).status_code == 200
    assert len(many) <= len(few) + 1  # a date hierarchy may ask once more
    assert browser.get(f"{changelist(model)}?q=1").status_code == 200
    for row in model.objects.all()[:3]:
        answer = browser.get(f"{changelist(model)}{row.pk}/change/")
        assert answer.status_code == 200
        assert ('name="_save"' in answer.text) == (model in EDITED), "what jobs write is not edited"


def test_the_button_starts_a_run_and_says_when_one_is_active(browser):
    page = browser.get("/admin/jobs/job/").text
    assert 'action="/admin/jobs/job/start/process_new_scenes/"' in page
    page = browser.post("/admin/jobs/job/start/process_new_scenes/", follow=True).text
    assert "was started" in page and Job.objects.get().source == "admin"
    page = browser.post("/admin/jobs/job/start/process_new_scenes/", follow=True).text
    assert "One is running already" in page and Job.objects.count() == 1
    assert browser.put("/admin/jobs/job/start/process_new_scenes/").status_code == 405


def act(client: Client, model: type[Model], action: str, *rows) -> str:
    data = {"action": action, "_selected_action": [str(row.pk) for row in rows]}
    return client.post(changelist(model), data, follow=True).text


def test_a_job_is_run_again_with_the_same_parameters(browser):
    first = browser.post("/jobs/start", {"job_type": "process_new_scenes", "batch_size": "7"})
    assert first.status_code == 302
    job = Job.objects.get()
    assert "One is running already" in act(browser, Job, "run_again", job)
    assert "1 cancelled." in act(browser, Job, "cancel", job)
    assert "was started" in act(browser, Job, "run_again", job)
    again = Job.objects.exclude(pk=job.pk).get()
    assert again.params == job.params and again.params["batch_size"] == 7


def test_cancelling_what_has_ended_says_so(browser):
    assert "has ended already" in act(browser, Job, "cancel", make_job(status=Status.COMPLETED))


def test_scenes_are_analysed_synced_and_generated_and_downloads_run(browser):
    fill(1)
    fill(2)
    before = set(Job.objects.values_list("pk", flat=True))
    for action in ("analyse", "sync", "generate"):
        act(browser, Scene, action, *Scene.objects.all())
    act(browser, Download, "run_now", *Download.objects.all())
    started = Job.objects.exclude(pk__in=before)
    assert sorted(started.values_list("type", flat=True)) == ["analysis", "process_downloads", "stash_generate", "sync"]
    assert sorted(started.get(type="analysis").params["scene_ids"]) == [1, 2]


def test_who_may_only_look_gets_no_buttons_and_no_actions(db):
    looker = make_user("looker", staff=False)
    looker.is_staff = True
    looker.save()
    looker.user_permissions.set(Permission.objects.filter(codename__in=["view_job", "view_scene"]))
    client = Client()
    client.force_login(looker)
    page = client.get("/admin/jobs/job/").text
    assert "start-button" not in page and 'value="cancel"' not in page
    assert client.post("/admin/jobs/job/start/process_new_scenes/").status_code == 403
    act(client, Job, "run_again", make_job(status=Status.COMPLETED))
    assert Job.objects.count() == 1


def test_history_is_neither_added_nor_deleted_but_a_token_can_be_taken_away(browser, user):
    job = make_job(status=Status.COMPLETED)
    for model in (Job, Event, Scene, Download, Change):
        assert browser.get(f"{changelist(model)}add/").status_code == 403
    assert browser.post(f"/admin/jobs/job/{job.pk}/delete/", {"post": "yes"}).status_code == 403
    make_token(user)
    browser.post(f"/admin/jobs/apitoken/{ApiToken.objects.get().pk}/delete/", {"post": "yes"})
    assert not ApiToken.objects.exists()


def test_a_job_with_thousands_of_events_opens_with_the_newest(browser):
    job = make_job(status=Status.COMPLETED)
    Event.objects.bulk_create(Event(job=job, kind="log", message=f"line {number}") for number in range(3000))
    page = browser.get(f"/admin/jobs/job/{job.pk}/change/").text
    assert "line 2999" in page and "line 100<" not in page
