"""A button of the review decides on what its page lists: of that status, and as it was when the page was read."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from jobs.models import Job
from scenes.models import Change
from tests.scenes.analysis_factories import add_change, add_tag, make_plan, make_scene

pytestmark = pytest.mark.django_db


def statuses() -> list[str]:
    return list(Change.objects.order_by("pk").values_list("status", flat=True))


def test_rejecting_what_is_proposed_of_a_scene_leaves_what_was_approved(browser: Client) -> None:
    make_scene(1)
    plan = make_plan()
    add_tag(plan, 1, "A", status="approved")
    proposed = add_tag(plan, 1, "B", status="proposed")
    browser.post("/review/decide", {"reject-scene": 1, "last": proposed.pk})
    assert statuses() == ["approved", "rejected"]


def test_all_that_is_approved_is_written_also_what_is_newer_than_what_is_proposed(browser: Client) -> None:
    make_scene(1)
    plan = make_plan()
    proposed = add_tag(plan, 1, "B", status="proposed")
    add_tag(plan, 1, "A", status="approved")
    page = browser.get("/review/").text
    assert "Write the approved change to Stash" in page
    assert page.count(">Approve it</button>") == page.count(">Reject it</button>") == 2 and "all 1" not in page
    browser.post("/review/decide", {"apply-all": 1, "last": proposed.pk})
    assert Job.objects.filter(type="apply_plan").exists()


def test_what_was_edited_since_the_page_was_read_is_left(browser: Client) -> None:
    make_scene(1)
    change = add_tag(make_plan(), 1, "A", status="proposed")
    read_at = timezone.now()
    Change.objects.update(edited_at=read_at + timedelta(seconds=1))
    browser.post("/review/decide", {"approve-all": 1, "last": change.pk, "read_at": read_at.isoformat()})
    assert statuses() == ["proposed"]
    browser.post(
        "/review/decide",
        {"approve-all": 1, "last": change.pk, "read_at": (read_at + timedelta(seconds=2)).isoformat()},
    )
    assert statuses() == ["approved"]


def test_a_time_beyond_all_numbers_is_refused_on_its_field(browser: Client) -> None:
    make_scene(1)
    change = add_change(make_plan(), 1, "add_marker", "proposed", tag="Dog_AI", title="Dog_AI", start=15.0, end=30.0)
    body = {"tag": "a", "title": "a", "start": "2.9e306:1.7e308", "end": ""}
    assert browser.post(f"/review/changes/{change.pk}/", body).status_code == 200
