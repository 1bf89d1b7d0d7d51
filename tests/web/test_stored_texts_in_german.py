"""A run whose steps fail, read in German: none of the texts that it stored is shown in English."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import translation

from jobs import testing
from jobs.models import Event, Job, Step
from jobs.texts.translatable import Translatable, TranslatableField, translated
from scenes.models import Download, PlacedFile, Scan
from scenes.paths import PathMap
from tests.scenes.placing import Place, a_place, file_of  # noqa: F401
from tests.web.test_pages_in_german import words_of

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True)]  # of texts and templates
Configure = Callable[..., object]
STORED: tuple[type[Model], ...] = (Job, Step, Event, Download, PlacedFile, Scan)
PAGES = ("/", "/jobs/", "/needs/", "/downloads/")
LISTS = tuple(f"/admin/{name}/" for name in (
    "jobs/job", "jobs/step", "jobs/event", "scenes/download", "scenes/placedfile", "scenes/scan",
))  # fmt: skip
GERMAN = {"accept-language": "de"}


@pytest.fixture
def run(place: Place) -> Job:
    """Of what is finished some is placed, some fails; Stash's scan fails, and so do the steps after it."""
    place.add("Good", ["Good/film.mp4"])
    place.add("Short", ["Short/film.mp4", "Short/pack.rar", "Short/notes.xyz"])
    (place.downloads / "Short/film.mp4").write_bytes(b"x" * 2000)
    place.run()
    place.stash.fault("http_500", times=None)
    return testing.run("process_new_scenes", max_attempts=2, retry_delay=0)


def stored() -> Iterator[str]:
    for model in STORED:
        for field in model._meta.get_fields():
            if isinstance(field, TranslatableField):
                yield from filter(None, model._default_manager.values_list(field.name, flat=True))


def in_german(text: str) -> str:
    with translation.override("de"):
        return translated(text)


def test_all_that_it_stored_has_its_german(run: Job) -> None:
    texts = list(stored())
    assert len(texts) > 20
    # What joins others, such as "{name} {id}", and names are no sentences of ours.
    assert {text for text in texts if not isinstance(text, Translatable)} == set()
    same = {text for text in texts if in_german(text) == text}
    assert same == set()


def test_no_page_shows_one_of_them_in_english(run: Job, browser: Client) -> None:
    steps = {step.name for step in Step.objects.all()}  # are of the page, which has them as its titles
    english = {text for text in stored() if in_german(text) != text and len(text) > 12} - steps
    for address in (*PAGES, run.get_absolute_url(), reverse("job_log", args=[run.pk])):
        answer = browser.get(address, headers=GERMAN)
        assert answer.status_code == 200, address
        words = words_of(answer.text)
        assert {text for text in english if f" {text} " in words.replace("¦", " ")} == set(), address


@pytest.fixture
def owner(db: None) -> Client:
    client = Client(headers=GERMAN)
    client.force_login(User.objects.create_superuser("owner"))
    return client


def test_the_admin_shows_none_of_them_in_english(run: Job, owner: Client) -> None:
    english = {text for text in stored() if in_german(text) != text and len(text) > 12}
    steps = {step.name for step in Step.objects.all()}
    event = Event.objects.filter(message__in=english).latest("pk")
    for address in (*LISTS, f"/admin/jobs/job/{run.pk}/change/", f"/admin/jobs/event/{event.pk}/change/"):
        answer = owner.get(address)
        assert answer.status_code == 200, address
        words = words_of(answer.text)
        assert {text for text in english - steps if f" {text} " in words.replace("¦", " ")} == set(), address
    assert in_german(event.message) in words_of(owner.get("/admin/jobs/event/").text)
    assert in_german(event.message) in words_of(owner.get(f"/admin/jobs/event/{event.pk}/change/").text)


def test_a_column_of_stored_texts_keeps_its_name_and_its_order(run: Job, owner: Client) -> None:
    page = owner.get("/admin/jobs/event/?o=4").text
    assert "column-in_words" in page and "Nachricht" in words_of(page)
    assert owner.get("/admin/jobs/event/?o=-4").text != page


def test_what_is_wrong_with_folders_is_said_in_german(run: Job, owner: Client, configure: Configure) -> None:
    configure(path_map=PathMap.parse("stash:/videos=/nowhere"), library_path=Path("/nowhere/else"))
    missing = "Der Bibliotheksordner /nowhere/else („Bibliotheksordner“) ist kein beschreibbarer Ordner."
    assert missing in words_of(owner.get("/services").text)
    assert missing in words_of(owner.get("/guide/folders/").text)
    assert "/nowhere ist nicht da." in words_of(owner.get("/").text)
    health = words_of(owner.get("/health/").text)
    assert "/nowhere ist nicht da." in health
    assert in_german(run.error_message or run.message) in health


def test_why_something_is_not_possible_is_said_in_german(run: Job, owner: Client, program: Client) -> None:
    page = words_of(owner.post(f"/jobs/{run.pk}/cancel", {"confirmed": "yes"}, follow=True).text)
    assert f"{in_german(run.label)} ist schon beendet:" in page
    assert "has ended already:" in program.post(f"/api/jobs/{run.pk}/cancel", headers=GERMAN).text


def test_the_pages_say_in_german_what_failed(run: Job, browser: Client) -> None:
    words = words_of(browser.get(run.get_absolute_url(), headers=GERMAN).text)
    assert "hat 2.000 Bytes, im Torrent hat sie 1.000" in words, words
    assert "Stash: ist mit Status 500 fehlgeschlagen." in words
    assert in_german(file_of("Short/film.mp4").message) in words_of(browser.get("/downloads/", headers=GERMAN).text)


def test_programs_get_the_english_texts(run: Job, program: Client) -> None:
    state = program.get(f"/api/jobs/{run.pk}", headers=GERMAN).json()
    assert state["error"] is None or state["error"]["message"] == Job.objects.get(pk=run.pk).error_message
    messages = [step["message"] for step in state["metadata"]["steps"]]
    assert any("Stash: failed with status 500." in message for message in messages)
