"""Whoever takes back what was written to a scene hears that what waits of it is rejected; the review page leaves it."""

from __future__ import annotations

import json

import pytest
from django.core.management import call_command
from django.test import Client

from jobs.models import Job
from scenes.models import Change
from tests.scenes.analysis_factories import add_tag, make_plan, make_scene

pytestmark = pytest.mark.django_db
MESSAGE = "1 change that was not written yet was rejected."


@pytest.fixture(autouse=True)
def one_written_and_one_waiting() -> None:
    make_scene(1)
    plan = make_plan()
    written = add_tag(plan, 1, "Dog_AI", status="applied")
    Change.objects.filter(pk=written.pk).update(before={"present": False}, after={"present": True, "tag_id": 5})
    add_tag(plan, 1, "Cat_AI", status="proposed")


def waiting() -> str:
    return Change.objects.get(value__name="Cat_AI").status


def test_on_the_page_of_the_scene(browser: Client) -> None:
    assert "Undo all that StashHog did to it, and reject what waits" in browser.get("/scenes/1/").text
    assert MESSAGE in browser.post("/scenes/1/revert", {"all": "1", "confirmed": "yes"}, follow=True).text
    assert waiting() == "rejected"


def test_one_change_alone_rejects_nothing(browser: Client) -> None:
    written = Change.objects.get(value__name="Dog_AI")
    assert "not written yet" not in browser.post("/scenes/1/revert", {"change": written.pk}, follow=True).text
    assert waiting() == "proposed"


@pytest.mark.parametrize("target", ["scene", "tag"])
def test_on_the_review_page_only_what_it_lists_is_taken_back(browser: Client, target: str) -> None:
    value = {"scene": "1", "tag": "Dog_AI"}[target]
    page = browser.post(
        "/review/decide", {f"revert-{target}": value, "status": "applied", "confirmed": "yes"}, follow=True
    ).text
    assert "Taking it back has begun." in page and "not written yet" not in page
    assert waiting() == "proposed" and Job.objects.get(type="revert_plan").params["change_ids"]


def test_in_the_admin(browser: Client) -> None:
    sent = {"action": "revert", "_selected_action": [1]}
    assert MESSAGE in browser.post("/admin/scenes/scene/", sent, follow=True).text
    assert waiting() == "rejected"


def test_in_the_api(browser: Client) -> None:
    answer = browser.post("/api/changes/revert", json.dumps({"scene_id": 1}), content_type="application/json").json()
    assert (answer["matched"], answer["changed"], answer["rejected"]) == (2, 2, 1)


def test_as_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("plans", "revert", "--scene", "1")
    assert MESSAGE in capsys.readouterr().out
