"""The first-run guide leads from an empty installation to the first run; how far it is follows from what is there."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from jobs import testing
from jobs.models import Job, Status
from scenes.web import health
from tests.scenes.placing import Place
from tests.scenes.placing import a_place as a_place_to_place_in  # noqa: F401
from tests.web.factories import make_user

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _asked_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "FRESH", 0.0)
    monkeypatch.setattr(health, "LONGEST", 30.0)


@pytest.fixture
def client() -> Client:
    made = Client()
    made.force_login(make_user())
    return made


def step_of(page: str) -> str:
    """The step that is shown."""
    return re.search(r'<h2 id="guide-step">\d\. ([^<]+)</h2>', page)[1]  # type: ignore[index]


def done(page: str) -> list[str]:
    return re.findall(r"<span>([^<]+)<span class=\"sr\"> \(done\)", page)


def test_an_empty_installations_home_leads_to_the_guide_which_begins_with_the_services(
    client: Client, place: Place
) -> None:
    place.configure(stash_url="", qbittorrent_url="", library_path=None)
    home = client.get("/").text
    assert ("Set up StashHog" in home and 'href="/guide/"' in home and "0 of 5" in home) or "1 of 5" in home
    page = client.get("/guide/").text
    assert step_of(page) == "Services" and "Give the address of Stash and qBittorrent." in page


def test_what_is_set_and_answers_is_done_and_the_guide_goes_on_from_there(client: Client, place: Place) -> None:
    place.configure(first_run="")
    place.add("Old", ["old.mp4"])
    page = client.get("/guide/").text
    assert done(page)[:2] == ["Services", "Folders"] and step_of(page) == "What is there already"
    place.stash.seed(scenes=1)
    client.post("/guide/existing/", {"torrents": "take", "library": "analysed"})
    assert step_of(client.get("/guide/").text) == "Dry run"


def test_where_nothing_is_there_to_decide_on_the_guide_goes_on(client: Client, place: Place) -> None:
    place.configure(first_run="")
    place.add("Old", ["old.mp4"])
    page = client.get("/guide/existing/").text
    assert "Skip for now: Dry run" in page and "There is nothing to decide on" not in page
    page = client.post("/guide/existing/", {"torrents": "take"}, follow=True).text
    assert "There is nothing to decide on" in page and "Go on: Dry run" in page, "Stash has no scenes"


def test_what_nobody_can_say_is_not_done(client: Client, place: Place) -> None:
    place.configure(stash_url="", qbittorrent_url="", library_path=None, first_run="")
    page = client.get("/guide/existing/").text
    assert "is not known" in page and "There is nothing to decide on" not in page
    assert done(page) == [] and "0 of 5 steps are done" in page and "Skip for now: Dry run" in page


def test_a_service_that_does_not_answer_is_not_done(client: Client, place: Place) -> None:
    place.configure(stash_url="http://127.0.0.1:9")
    page = client.get("/guide/").text
    assert step_of(page) == "Services" and "Not as it should be: Stash." in page


@pytest.mark.parametrize("step", ["services", "folders", "existing", "dry-run", "run"])
def test_who_may_not_see_the_settings_sees_no_step_by_any_method(step: str) -> None:
    client = Client()
    client.force_login(User.objects.create_user("nobody"))
    assert client.get(f"/guide/{step}/").status_code == client.post(f"/guide/{step}/").status_code == 403


def test_a_dry_run_and_then_a_run_end_the_guide_and_home_leads_there_no_more(client: Client, place: Place) -> None:
    place.add("New", ["new.mp4"])
    page = client.get("/guide/dry-run/").text
    sent = dict(re.findall(r'<input type="hidden" name="(job_type|dry_run)" value="([^"]+)"', page))
    assert sent == {"job_type": "process_new_scenes", "dry_run": "true"}
    client.post("/jobs/start", sent)
    assert "Open the run" in client.get("/guide/dry-run/").text
    testing.work()
    assert Job.objects.runs().get().status == Status.COMPLETED and place.in_library() == []
    page = client.get("/guide/").text
    assert step_of(page) == "First run" and "Set up StashHog" in client.get("/").text
    client.post("/jobs/start", {"job_type": "process_new_scenes"})
    testing.work()
    assert place.in_library() != []
    assert "All is set up." in client.get("/guide/").text
    assert "Set up StashHog" not in client.get("/").text


def test_a_dry_run_that_would_ask_leaves_what_is_there_to_be_decided_on(client: Client, place: Place) -> None:
    place.configure(first_run="")
    place.add("Old", ["old.mp4"])
    place.stash.seed(scenes=1)
    client.post("/jobs/start", {"job_type": "process_new_scenes", "dry_run": "true"})
    testing.work()
    page = client.get("/guide/").text
    assert step_of(page) == "What is there already" and "Dry run" in done(page)
    client.post("/guide/existing/", {"torrents": "take"})
    page = client.get("/guide/run/").text
    assert "What is there already" not in done(page), "its scenes are undecided, so a run would end with the question"
    client.post("/guide/existing/", {"library": "analysed"})
    assert step_of(client.get("/guide/").text) == "First run"
    client.post("/jobs/start", {"job_type": "process_new_scenes"})
    testing.work()
    assert place.in_library() != []


def test_a_dry_run_that_finds_nothing_to_decide_on_has_the_guide_go_on(client: Client, place: Place) -> None:
    place.configure(first_run="")
    client.post("/jobs/start", {"job_type": "process_new_scenes", "dry_run": "true"})
    testing.work()
    page = client.get("/guide/").text
    assert "What is there already" in done(page) and step_of(page) == "First run"
