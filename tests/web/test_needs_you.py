"""The page of what needs a person: every state of every model that needs one is there, by need, with a fix."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.models import Event, Job, Pause, RunRequest, Schedule, Status, Supervisor
from scenes.models import (
    Change,
    Detection,
    Download,
    Generation,
    LanguageModelQuestion,
    OutputKind,
    Place,
    PlacedFile,
    RefusedLogin,
    Scan,
    Scene,
    StashTask,
    SyncState,
    attempted,
)
from scenes.web.health import HealthMonitor
from scenes.web.needing import failed_jobs, questions
from scenes.web.needing.counting import count_for
from tests.scenes.analysis_factories import add_tag, make_plan, make_scene
from tests.web.factories import make_job

pytestmark = pytest.mark.django_db
NEEDS = "/needs/"


@pytest.fixture(autouse=True)
def all_well(configure, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing needs anybody, and no service is asked how it is."""
    monkeypatch.setattr(HealthMonitor, "ask", lambda self, config: {})
    later = timezone.now() + timedelta(hours=1)  # a busy machine may take long to get through a test
    Supervisor.objects.create(process="here", host="here", heartbeat_at=later)
    configure(stash_url="http://stash", qbittorrent_url="http://qb", library_path=tmp_path)


def scene(pk: int = 7) -> Scene:
    return Scene.objects.filter(pk=pk).first() or make_scene(pk, f"Film {pk}")


def download(code: str = "", **columns: Any) -> Download:
    number = Download.objects.count()
    return Download.objects.create(hash=f"{number:040}", name=f"Torrent {number}", code=code, **columns)


def file(outcome: str) -> PlacedFile:
    return PlacedFile.objects.create(download=download(), name="a.mkv", size=1, outcome=outcome, message="Why.")


def change(outcome: str) -> Change:
    made = add_tag(make_plan(), scene().pk, "Dog")
    Change.objects.filter(pk=made.pk).update(outcome=outcome, message="Why.")
    return made


# Each model of what is attempted → one of it that failed, and is found on the page by its reason.
FAILED: dict[type, Callable[[str], Any]] = {
    Download: lambda outcome: download(outcome=outcome, message="Why."),
    PlacedFile: file,
    Scan: lambda outcome: Scan.objects.create(file=file("done"), outcome=outcome, message="Why."),
    Change: change,
    Detection: lambda outcome: Detection.objects.create(
        scene=scene(), detector="detect_tags", outcome=outcome, message="Why."
    ),
    Generation: lambda outcome: Generation.objects.create(scene=scene(), outcome=outcome, message="Why."),
    StashTask: lambda outcome: StashTask.objects.create(scene_id=7, kind="identify", outcome=outcome, message="Why."),
}


def test_every_model_of_what_is_attempted_is_looked_at() -> None:
    assert set(FAILED) == set(attempted()), "Make one that failed, above: it has to be on the page."


@pytest.mark.parametrize("outcome", ["failed", "quarantined"])
@pytest.mark.parametrize("model", FAILED, ids=lambda model: model.__name__)
def test_what_failed_is_there_and_a_retry_of_its_need_releases_it(browser: Client, model: Any, outcome: str) -> None:
    row = FAILED[model](outcome)
    page = browser.get(NEEDS).text
    assert "Why." in page and 'name="release" value="' in page
    key = page.partition('name="release" value="')[2].partition('"')[0]
    one = page.partition('name="release-one" value="')[2].partition('"')[0]
    assert browser.post("/needs/act", {"release": key}, follow=True).text.count("released") == 1
    row.refresh_from_db()
    assert row.outcome == "new" and "Nothing needs you." in browser.get(NEEDS).text
    model.objects.filter(pk=row.pk).update(outcome=outcome)
    browser.post("/needs/act", {"release-one": one})
    row.refresh_from_db()
    assert row.outcome == "new"


def state(**columns: Any) -> None:
    SyncState.load()
    SyncState.objects.update(**columns)


def unknown_category() -> None:
    job = make_job("process_downloads", Status.COMPLETED)
    Event.objects.create(job=job, kind="log", level="warning", message="qBittorrent has no category 'xx'; it has: a")


def days_ago(days: int) -> datetime:
    return timezone.now() - timedelta(days=days)


def missed_time() -> None:
    row = Schedule.objects.create(name="Nightly", job_type="sync", cron="0 3 * * *", enabled=True)
    row.occurrences.create(due_at=days_ago(1), outcome="missed", message="No worker was running.")


# Every other state that waits for a person → the need that is to be on the page.
QUESTIONS: dict[str, Callable[[], Any]] = {
    "No worker is running": lambda: Supervisor.objects.all().delete(),
    "The first run is undecided": lambda: (scene(), None),
    "Stash has another library": lambda: state(another_library=True),
    "Much is gone from Stash": lambda: state(missing_ids=[1, 2]),
    "qBittorrent refuses the login": lambda: RefusedLogin.objects.create(fingerprint="f", message="Refused."),
    "Folders that are not there": lambda: Place.objects.create(
        use="library", root="/library", looked_away_at=timezone.now(), reason="Gone."
    ),
    "Category or tag unknown": unknown_category,
    "Jobs that failed": lambda: make_job("sync", Status.FAILED, error_code="x", error_message="Stash is away."),
    "Jobs that could not be started": lambda: RunRequest.objects.create(key="x", job_type="sync", error="Why."),
    "Work waits for long": lambda: Job.objects.filter(pk=make_job().pk).update(updated_at=days_ago(1)),
    "Paused for more than a day": lambda: Pause.objects.create(begun_at=days_ago(2), reason="Moving."),
    "Schedules that did not start their job": missed_time,
    "Changes to review": lambda: add_tag(make_plan(), scene().pk, "Dog", status="proposed"),
    "Previews that always fail": lambda: OutputKind.objects.create(name="sprites", broken_at=timezone.now()),
}


def titles(browser: Client) -> list[str]:
    parts = browser.get(NEEDS).text.split('<h2 id="title-')[1:]
    return [part.partition(">")[2].partition("<")[0].strip() for part in parts]


@pytest.mark.parametrize("title", QUESTIONS)
def test_what_is_to_be_decided_is_there(browser: Client, user: User, title: str, configure, tmp_path) -> None:
    if "first run" in title:
        configure(first_run="", stash_url="http://stash", qbittorrent_url="http://qb", library_path=tmp_path)
    assert titles(browser) == [] and count_for(user) == 0
    QUESTIONS[title]()
    assert titles(browser) == [title] and count_for(user) == 1


def test_what_is_not_set_is_there(browser: Client, configure) -> None:
    configure(stash_url="", qbittorrent_url="")
    assert titles(browser) == ["Settings to be set"]
    assert "No Stash is set." in browser.get(NEEDS).text and "No qBittorrent is set." in browser.get(NEEDS).text


def test_every_question_is_among_those_of_these_tests() -> None:
    asked = (*questions.OTHERS, *questions.OF_THE_SYNC, *questions.OF_ROWS)
    assert len(asked) == len(QUESTIONS) + 1, "with what is not set"
    assert len(questions.OF_ROWS) == len(questions.ROWS), "the count asks for the same"


def test_the_count_is_that_of_the_page_and_takes_few_queries(browser: Client, user: User) -> None:
    for code in ("disk_full", "no_permission"):
        for _ in range(3):
            download(code, outcome="failed")
    for title in ("No worker is running", "Much is gone from Stash", "Jobs that failed", "Changes to review"):
        QUESTIONS[title]()
    with CaptureQueriesContext(connection) as captured:
        count = count_for(user)
    assert count == len(titles(browser)) == 6
    assert len(captured) <= 16


def test_no_other_model_has_a_state_that_waits_for_somebody() -> None:
    """A new one with a column of that kind is to be named here, and to be on the page."""
    asking = {"outcome", "accepted_at", "missing_ids", "another_library", "broken_at", "looked_away_at", "refused_at"}
    found = {
        model.__name__
        for model in __import__("django.apps").apps.apps.get_app_config("scenes").get_models()
        if asking & {one.name for one in model._meta.get_fields()}
    }
    known = {model.__name__ for model in FAILED} | {"SyncState", "OutputKind", "Place", "RefusedLogin"}
    assert found - known == {"DryRunItem"}, "of what a dry run only reports"
    assert LanguageModelQuestion not in FAILED


def test_needs_are_grouped_and_told_apart(browser: Client) -> None:
    for code in ("disk_full", "disk_full", "no_permission"):
        download(code, outcome="failed", message=f"Because of {code}.")
    page = browser.get(NEEDS).text
    assert titles(browser) == ["Downloads: disk full", "Downloads: no permission"]
    assert "Make room on the library&#x27;s disk." in page
    browser.post("/needs/act", {"release": "download:disk_full"})
    assert titles(browser) == ["Downloads: no permission"]


def test_a_need_of_many_is_read_further(browser: Client) -> None:
    for _ in range(9):
        download("disk_full", outcome="failed")
    page = browser.get(NEEDS).text
    assert 'href="/needs/?need=download%3Adisk_full" data-count="9">All 9</a>' in page
    assert browser.get("/needs/?need=download:disk_full").text.count('name="release-one"') == 9


def test_ten_times_as_much_takes_as_many_queries(browser: Client) -> None:
    counts: list[int] = []
    for _ in range(2):
        for model in FAILED:
            FAILED[model]("failed") if model not in (Detection, Generation, StashTask) or not counts else None
        with CaptureQueriesContext(connection) as captured:
            browser.get(NEEDS)
        counts.append(len(captured))
        for _ in range(20):
            download("disk_full", outcome="failed")
            make_job("sync", Status.FAILED, error_message="x")
    with CaptureQueriesContext(connection) as captured:
        browser.get(NEEDS)
    assert counts[1] + 8 >= len(captured) and len(captured) <= 60, counts


def test_a_job_is_no_need_once_one_of_its_kind_ended_well(browser: Client) -> None:
    make_job("sync", Status.FAILED, error_message="Stash is away.")
    assert titles(browser) == ["Jobs that failed"]
    make_job("sync", Status.COMPLETED)
    assert titles(browser) == []


def test_a_failed_job_is_retried_from_there(browser: Client) -> None:
    job = make_job("sync", Status.FAILED, error_message="Stash is away.")
    browser.post("/needs/act", {"retry-job": str(job.pk)})
    assert Job.objects.get().status == "queued"
    for wrong in ("x", "", "00000000-0000-0000-0000-000000000000"):
        assert browser.post("/needs/act", {"retry-job": wrong}).status_code == 302


@pytest.mark.parametrize("sent", [{}, {"release": "x:y"}, {"release": "x"}, {"release-one": "download::x"}, {"x": "y"}])
def test_what_names_nothing_changes_nothing(browser: Client, sent: dict[str, str]) -> None:
    row = download("disk_full", outcome="quarantined")
    assert browser.post("/needs/act", sent).status_code == 302
    row.refresh_from_db()
    assert row.outcome == "quarantined"


def test_a_viewer_sees_the_needs_and_no_button(configure) -> None:
    row = download("disk_full", outcome="quarantined", message="Why.")
    viewer = User.objects.create_user("vi", is_staff=True)
    viewer.groups.add(Group.objects.get(name="viewer"))
    client = Client()
    client.force_login(viewer)
    page = client.get(NEEDS).text
    assert "Why." in page and "<button name=" not in page and 'class="quiet"' not in page
    assert client.post("/needs/act", {"release": "download:disk_full"}).status_code == 403
    row.refresh_from_db()
    assert row.outcome == "quarantined" and count_for(viewer) == 1
    assert count_for(User.objects.create_user("nobody")) == 0


def test_the_newest_failure_of_each_type_is_found_however_many_types_and_failures_there_are() -> None:
    now = timezone.now()
    for type, days in (("a", (1, 9)), ("b", (40, 50)), ("c", (2,)), ("d", ())):
        for day in days:
            make_job(type, Status.FAILED, created_at=now - timedelta(days=day))
    well = make_job("c", Status.COMPLETED, created_at=now - timedelta(days=4))
    make_job("d", Status.COMPLETED)
    found = failed_jobs.failing_since()
    assert set(found) == {"a", "c"}, "what failed long ago needs nobody"
    assert found["c"] == (well.created_at, well.created_at) and found["a"][0] < now - timedelta(days=29)


def test_many_jobs_that_failed_are_all_listed_page_by_page(browser: Client) -> None:
    jobs = [make_job("sync", Status.FAILED, error_message=f"Reason {number}.") for number in range(questions.NAMED + 3)]
    RefusedLogin.objects.bulk_create(
        RefusedLogin(fingerprint=f"{number}", message=f"Refusal {number}.") for number in range(questions.NAMED + 2)
    )
    for need, count, word in (("jobs", len(jobs), "Reason"), ("refused_logins", questions.NAMED + 2, "Refusal")):
        first, second = (browser.get(f"{NEEDS}?need={need}&page={number}").text for number in (1, 2))
        named = [set(re.findall(rf"{word} \d+\.", page)) for page in (first, second)]
        assert [len(one) for one in named] == [questions.NAMED, count - questions.NAMED]
        assert len(named[0] | named[1]) == count
        assert f"?need={need}&amp;page=2" in first and "page=3" not in second
        assert f'<span class="muted">{count}</span>' in first and f'data-count="{count}"' in browser.get(NEEDS).text
