"""Too many scenes gone from Stash to believe it: jobs, commands and the home page say so until a person decides."""

from __future__ import annotations

from io import StringIO

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.test import Client

from jobs import engine, testing
from jobs.models import Job, Status
from scenes.models import Scene, SyncState
from scenes.simulators.stash import RunningStash
from tests.scenes.placing import Place
from tests.scenes.stash_user import User as Person
from tests.web.factories import make_token, make_user

pytestmark = pytest.mark.django_db(transaction=True)
MESSAGE = "No longer in Stash: 30 scenes. That is too many to believe it"


@pytest.fixture
def person(library: RunningStash) -> Person:
    """Of a Stash with 112 scenes that we have synced, of which 30 are gone now."""
    library.seed(scenes=100, tags=5, performers=3, studios=2, tags_per_scene=2)
    assert testing.run("sync").status == Status.COMPLETED
    return Person(library).destroy_scenes(*range(1, 31))


@pytest.fixture
def browser() -> Client:
    client = Client()
    client.force_login(make_user())
    return client


def error_of(job: Job) -> tuple[str, int, str]:
    return (job.status, job.errors, job.error_code)


def test_the_sync_that_finds_it_ends_with_errors_and_says_how_many_and_where_to_accept_it(person: Person) -> None:
    job = testing.run("sync")
    assert error_of(job) == ("completed_with_errors", 1, "many_missing")
    assert job.error_message.startswith(MESSAGE)
    assert "accept it under “Needs you”" in job.error_message
    assert job.result is not None and job.result["missing_scenes"] == 30


def test_a_command_ends_with_2_and_says_it(person: Person) -> None:
    output = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("sync", "--inline", stdout=output)
    assert (ended.value.code, MESSAGE in output.getvalue()) == (2, True)


def test_the_api_says_it(person: Person) -> None:
    job = testing.run("sync")
    headers = {"authorization": f"Bearer {make_token(make_user())}"}
    answer = Client(headers=headers).get(f"/api/jobs/{job.pk}").json()
    assert (answer["status"], answer["error"]["code"]) == ("completed_with_errors", "many_missing")


def test_it_is_an_error_once_and_later_syncs_say_it_all_the_same(person: Person) -> None:
    testing.run("sync")
    for force in (False, True):
        job = testing.run("sync", force=force)
        assert error_of(job) == ("completed", 0, "")
        assert job.message.startswith(MESSAGE)


def test_one_more_that_is_gone_is_an_error_once_more(person: Person) -> None:
    testing.run("sync")
    person.destroy_scenes(31)
    assert error_of(testing.run("sync")) == ("completed_with_errors", 1, "many_missing")


def test_some_that_come_back_are_no_error(library: RunningStash, person: Person) -> None:
    hidden = person.hide_scenes(*range(61, 71))
    testing.run("sync")
    person.show_scenes(hidden)
    job = testing.run("sync")
    assert error_of(job) == ("completed", 0, "")
    assert job.message.startswith(MESSAGE)


def test_tags_that_are_gone_are_counted_beside_the_scenes(person: Person) -> None:
    testing.run("sync")
    SyncState.objects.update(missing_names={"tags": [1], "studios": [1, 2]})
    assert "No longer in Stash: 30 scenes, 2 studios, 1 tag." in SyncState.load().missing_question


def test_many_tags_alone_are_an_error_too(library: RunningStash) -> None:
    person = Person(library)
    tags = [person.create_tag(f"Tag {number}") for number in range(40)]
    testing.run("sync")
    person.destroy_tags(*tags)
    job = testing.run("sync")
    assert error_of(job) == ("completed_with_errors", 1, "many_missing")
    assert job.error_message.startswith("No longer in Stash: 40 tags.")


def test_a_retry_after_a_person_accepted_it_deletes_them_and_completes(person: Person) -> None:
    job = testing.run("sync")
    SyncState.accept_missing()
    engine.retry(job.pk)
    testing.work()
    job.refresh_from_db()
    assert error_of(job) == ("completed", 0, "")
    assert Scene.objects.present().count() == 82
    assert SyncState.load().missing_question == ""


def test_a_crash_after_it_was_found_loses_nothing(person: Person) -> None:
    """Found by an attempt that died: the next one finds nothing new, and it is this job's error all the same."""
    from scenes import services, sync

    context = testing.context("sync")
    sync.run(context, services.stash(context))
    Job.objects.filter(pk=context.id).update(status=Status.QUEUED, claim_token=None, held_lock="", lease_until=None)
    testing.work()
    assert error_of(Job.objects.get(pk=context.id)) == ("completed_with_errors", 1, "many_missing")


def test_a_run_says_it_and_goes_on_saying_it(place: Place) -> None:
    place.stash.seed(scenes=100)
    assert testing.run("sync").status == Status.COMPLETED
    Person(place.stash).destroy_scenes(*range(1, 31))
    steps = ["analysis_batches", "stash_generate"]
    first = testing.run("process_new_scenes", skip=steps)
    assert first.status == Status.COMPLETED_WITH_ERRORS
    assert MESSAGE in first.message
    assert first.result is not None and first.result["summary"]["total_errors"] == 1
    assert first.result["steps"]["incremental_sync"]["error"]["code"] == "many_missing"
    later = testing.run("process_new_scenes", skip=steps)
    assert (later.status, MESSAGE in later.message) == (Status.COMPLETED, True)


def test_a_command_that_runs_it_says_it_on_its_last_line(place: Place) -> None:
    place.stash.seed(scenes=100)
    testing.run("sync")
    Person(place.stash).destroy_scenes(*range(1, 31))
    output = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command(
            "process_new_scenes", "--inline", "--skip", "analysis_batches", "--skip", "stash_generate", stdout=output
        )
    assert (ended.value.code, MESSAGE in output.getvalue()) == (2, True)


def test_the_home_page_says_it_until_a_person_accepts_it(person: Person, browser: Client) -> None:
    assert MESSAGE not in browser.get("/").text
    testing.run("sync")
    Job.objects.all().delete()  # whose rows on the page say it too
    page = browser.get("/").text
    assert MESSAGE in page and 'href="/needs/missing/"' in page
    SyncState.accept_missing()
    assert MESSAGE not in browser.get("/").text


def test_who_may_not_open_the_list_is_told_without_a_link(person: Person, browser: Client) -> None:
    testing.run("sync")
    User.objects.update(is_superuser=False)
    User.objects.get().user_permissions.set(Permission.objects.filter(codename="view_scene"))
    page = browser.get("/").text
    assert MESSAGE in page and "/admin/scenes/syncstate/" not in page
