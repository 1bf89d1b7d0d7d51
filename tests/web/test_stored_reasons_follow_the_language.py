"""Why a change is proposed is kept in English, and shown in the language of whoever looks; so is what can be undone."""

from __future__ import annotations

import errno

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils.translation import override

from jobs import engine
from jobs.models import Event, RunRequest
from jobs.texts.os_errors import text_of_error
from jobs.texts.translatable import translated
from jobs.web.cards.log import sentence
from scenes.models import Change
from scenes.plans import reasons
from tests.scenes.analysis_factories import add_change, add_tag, make_plan, make_scene

pytestmark = pytest.mark.one_database  # of texts and templates


@pytest.mark.parametrize(
    ("stored", "german"),
    [
        (
            "Default rule: seen for 130 s, 7% of the film; 15s or 25% is enough",
            "Standardregel: 130 s gesehen, 7\N{NO-BREAK SPACE}% des Films; 15s or 25% genügt",
        ),
        ("Default rule: seen for 130 s; 15s is enough", "Standardregel: 130 s gesehen; 15s genügt"),
        (
            "Rule of “Dog; “x””: at least 1.5 s, over gaps of at most 8 s",
            "Regel von „Dog; “x”“: mindestens 1,5 s, über Lücken von höchstens 8 s",
        ),
        ("title: “Ann: Oak”", "Titel: „Ann: Oak“"),
        ("read as “Ann” in its texts", "in den Texten gelesen als „Ann“"),
        ("Another sentence", "Another sentence"),
        ("", ""),
    ],
)
def test_a_reason_is_told_in_german_whenever_it_was_stored(stored: str, german: str) -> None:
    with override("de"):
        assert reasons.in_words(stored) == german
    with override("en"):
        assert reasons.in_words(stored) == stored


def test_errors_of_the_system_are_said_in_words() -> None:
    with override("de"):
        assert translated(text_of_error(FileNotFoundError(errno.ENOENT, "No such file or directory"))) == (
            "Datei oder Verzeichnis nicht gefunden"
        )
        assert translated(text_of_error(OSError("odd"))) == "odd"


@pytest.mark.django_db
def test_what_is_undone_is_named_in_the_language_of_the_page(browser: Client) -> None:
    make_scene(1, "Harbour")
    change = add_tag(make_plan(), 1, "Dog_AI", status="proposed")
    browser.post("/review/decide", {"approve-change": change.pk})
    assert "1 Änderung angenommen." in browser.get("/review/", headers={"accept-language": "de"}).text


@pytest.mark.django_db
def test_undo_is_offered_for_the_last_decision_that_is_not_written_yet(browser: Client) -> None:
    make_scene(1, "Harbour")
    plan = make_plan()
    first, second = (add_tag(plan, 1, name, status="proposed") for name in ("Dog_AI", "Cat_AI"))
    browser.post("/review/decide", {"reject-change": first.pk})
    browser.post("/review/decide", {"approve-change": second.pk}, follow=True)
    Change.objects.filter(pk=second.pk).update(status="applied")
    page = browser.get("/review/").text
    assert "1 change rejected.</span></button>" in page and "1 change approved." not in page
    at = Change.objects.values_list("decided_at", flat=True).get(pk=first.pk)
    assert at
    browser.post("/review/decide", {"undo": at.isoformat()})
    assert Change.objects.get(pk=first.pk).status == "proposed"
    assert 'name="undo"' not in browser.get("/review/").text


@pytest.mark.django_db
def test_the_way_in_which_something_was_started_is_a_word(browser: Client) -> None:
    job = engine.start("sync", {}, source="trigger", user=User.objects.get())
    RunRequest.objects.create(key="trigger", job_type="sync", source="trigger")
    with override("de"):
        assert sentence(Event.objects.filter(job=job, kind="started").get()).endswith("Gestartet über Auslöser")
    assert "Einer folgt noch: Auslöser" in browser.get("/jobs/", headers={"accept-language": "de"}).text


@pytest.mark.django_db
def test_the_page_of_a_scene_tells_them(browser: Client) -> None:
    make_scene(1, "Harbour")
    rule = {"rule": "Default rule: at least 1 s, over gaps of at most 8 s"}
    add_change(make_plan(), 1, "add_marker", "applied", tag="Dog_AI", title="Dog_AI", start=1.0, end=3.0)
    Change.objects.update(evidence=rule)
    page = browser.get("/scenes/1/", headers={"accept-language": "de"}).text
    assert "Standardregel: mindestens 1 s, über Lücken von höchstens 8 s" in page
