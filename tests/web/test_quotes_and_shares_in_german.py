"""German has quotation marks of its own, and a space before the sign of a share."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils.translation import override

from jobs.texts.words import percent, quoted
from scenes.models import Change, Plan
from scenes.plans.reasons import SHARE_BY_RULE, in_words
from tests.scenes.analysis_factories import make_scene
from tests.web.test_pages_in_german import entries, texts_of

pytestmark = [pytest.mark.one_database, pytest.mark.django_db]  # of texts and templates
GERMAN = {"accept-language": "de"}


def test_each_german_text_has_german_quotes() -> None:
    wrong = [text for one in entries() for text in texts_of(one) if "”" in text or text.count("„") != text.count("“")]
    assert wrong == []


def test_a_text_in_quotes_and_a_share_are_as_the_language_writes_them() -> None:
    with override("de"):
        assert quoted("River") == "„River“" and percent(0.744) == "74\N{NO-BREAK SPACE}%"
        assert "7\N{NO-BREAK SPACE}%" in in_words(
            SHARE_BY_RULE.format(rule="River", seconds=12, share="7%", required="15s or 25%")
        )
    assert quoted("River") == "“River”" and percent(0.744) == "74%"


@pytest.fixture
def changes() -> list[Change]:
    common = {"plan": Plan.objects.create(), "scene": make_scene(7, "Film"), "detector": "detect_tags", "tag": "River"}
    marker = {"tag": "River", "title": "Bank", "start": 1, "end": 2}
    return [
        Change.objects.create(
            **common, kind=kind, key=kind, value=value, status=status, confidence=0.74,
            before={"present": False}, after={"present": True},
        )
        for kind, value, status in (
            ("add_tag", {"name": "River"}, "applied"),
            ("add_marker", marker, "proposed"),
        )
    ]  # fmt: skip


def test_pages_of_changes_say_them_so(browser: Client, changes: list[Change]) -> None:
    scene = browser.get("/scenes/7/", headers=GERMAN).text
    assert "„River“" in scene and "“River”" not in scene and "74\N{NO-BREAK SPACE}%" in scene
    review = browser.get("/review/", headers=GERMAN).text
    assert "„<bdi>Bank</bdi>“" in review and "74\N{NO-BREAK SPACE}%" in review
    assert "“<bdi>Bank</bdi>”" in browser.get("/review/").text
    assert "74\N{NO-BREAK SPACE}%" in browser.get("/admin/scenes/change/", headers=GERMAN).text


def test_a_time_that_is_none_is_refused_in_german(browser: Client, changes: list[Change]) -> None:
    answer = browser.post(f"/review/changes/{changes[1].pk}/", {"tag": "River", "start": "abc"}, headers=GERMAN)
    assert "„abc“ ist keine Zeit." in answer.text and "is no time" not in answer.text
