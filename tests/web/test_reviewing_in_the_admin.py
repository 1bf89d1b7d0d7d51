"""The admin's lists decide on the changes of what is chosen; a change's page edits it; a scene's page says why."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from jobs.models import Job
from scenes.models import Change, Plan, Tag, TagRule
from scenes.plans.evidence import DetectorModel, Evidence
from tests.scenes.analysis_factories import add_change, add_tag, make_plan, make_scene
from tests.web.factories import make_job

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan() -> Plan:
    for pk in (1, 2):
        make_scene(pk)
    Tag.objects.create(pk=5, name="Dog_AI")
    plan = make_plan()
    for scene in (1, 2):
        add_tag(plan, scene, "dog_AI", status="proposed")
    add_tag(plan, 1, "Cat_AI", status="proposed")
    add_change(plan, 1, "add_marker", "proposed", tag="Dog_AI", title="Dog_AI", start=1.0, end=2.0)
    return plan


def act(browser: Client, model: str, action: str, *ids: int, **more: Any) -> str:
    body = {"action": action, "_selected_action": ids, **more}
    return browser.post(f"/admin/scenes/{model}/", body, follow=True).text


def statuses(**filters: Any) -> list[str]:
    return list(Change.objects.filter(**filters).order_by("pk").values_list("status", flat=True))


def test_a_plan_a_scene_a_tag_everywhere_and_single_changes(browser: Client, plan: Plan, user: User) -> None:
    change = Change.objects.get(tag="cat_ai")
    assert "1 change approved" in act(browser, "change", "approve", change.pk)
    assert "3 changes rejected" in act(browser, "tag", "reject", 5)
    assert statuses(tag="dog_ai") == ["rejected"] * 3 and statuses(tag="cat_ai") == ["approved"]
    assert "Nothing was changed" in act(browser, "plan", "approve", plan.pk)
    assert "1 change rejected" in act(browser, "scene", "reject", 1)
    assert "4 changes approved" in act(browser, "change", "approve", *Change.objects.values_list("pk", flat=True))
    assert set(Change.objects.values_list("decided_by", "decided_via")) == {(user.pk, "admin")}


def test_all_pages_of_a_filtered_list_at_once(browser: Client, plan: Plan) -> None:
    ids = Change.objects.values_list("pk", flat=True)[:1]
    body = {"action": "approve", "_selected_action": ids, "select_across": "1"}
    browser.post("/admin/scenes/change/?tag=dog_ai&status__exact=proposed&q=scene", body, follow=True)
    browser.post("/admin/scenes/plan/?changes__status=proposed", {**body, "action": "reject"}, follow=True)
    assert set(statuses()) == {"rejected"}


def test_never_again_anywhere(browser: Client, plan: Plan) -> None:
    act(browser, "change", "never_again", Change.objects.filter(tag="dog_ai").values_list("pk", flat=True)[0])
    assert statuses(tag="dog_ai") == ["rejected"] * 3 and TagRule.objects.get(key="dog").wanted is False


def test_never_again_of_a_performer_says_that_rules_are_for_tags(browser: Client, plan: Plan) -> None:
    change = add_change(plan, 1, "add_performer", id=7, name="Ann Oak", status="proposed")
    page = act(browser, "change", "never_again", change.pk)
    assert "1 change rejected." in page and "Rules are for tags" in page and "there are rules" not in page
    change.refresh_from_db()
    assert change.status == "rejected"


def test_writing_and_taking_back_start_one_job(browser: Client, plan: Plan, user: User) -> None:
    assert "approve them first" in act(browser, "plan", "apply", plan.pk)
    act(browser, "plan", "approve", plan.pk)
    act(browser, "plan", "apply", plan.pk)
    job = Job.objects.get(type="apply_plan")
    assert (len(job.params["change_ids"]), job.started_by, job.source) == (4, user, "admin")
    Change.objects.update(status="applied")
    act(browser, "tag", "revert", 5)
    assert len(Job.objects.get(type="revert_plan").params["change_ids"]) == 3
    assert set(Change.objects.exclude(revert_requested_at=None).values_list("tag", "reverted_by")) == {
        ("dog_ai", user.pk)
    }


def test_a_tag_s_name_and_a_marker_s_times_are_edited_on_the_change_s_page(browser: Client, plan: Plan) -> None:
    tag, marker = Change.objects.get(tag="cat_ai"), Change.objects.get(kind="add_marker")
    page = browser.get(f"/admin/scenes/change/{tag.pk}/change/").text
    assert 'name="name"' in page and 'value="Cat_AI"' in page and 'name="start"' not in page
    browser.post(f"/admin/scenes/change/{tag.pk}/change/", {"name": "Kitten_AI"})
    tag.refresh_from_db()
    assert (tag.value, tag.proposed_value, tag.status) == ({"name": "Kitten_AI"}, {"name": "Cat_AI"}, "proposed")
    where = f"/admin/scenes/change/{marker.pk}/change/"
    browser.post(where, {"tag_name": "Dog_AI", "title": "Rex", "start": "1.25", "end": ""})
    marker.refresh_from_db()
    assert marker.value == {"tag": "Dog_AI", "title": "Rex", "start": 1.25, "end": None}
    refused = browser.post(where, {"tag_name": "Dog_AI", "title": "Rex", "start": "5", "end": "4"}).text
    assert "end must not be before start" in refused
    assert "status" not in browser.post(where, {"status": "applied"}).context["errors"]
    marker.refresh_from_db()
    assert (marker.value["start"], marker.status) == (1.25, "proposed")


def test_what_is_written_is_not_edited(browser: Client, plan: Plan) -> None:
    change = Change.objects.get(tag="cat_ai")
    Change.objects.filter(pk=change.pk).update(status="applied")
    where = f"/admin/scenes/change/{change.pk}/change/"
    assert 'name="name"' not in browser.get(where).text
    assert browser.post(where, {"name": "x"}).status_code == 403
    Change.objects.filter(pk=change.pk).update(status="approved", intended_at=timezone.now())
    assert browser.post(where, {"name": "x"}).status_code == 403


def test_an_edit_that_the_plan_has_already_is_said_to_be_none(browser: Client, plan: Plan) -> None:
    change = Change.objects.get(tag="cat_ai")
    page = browser.post(f"/admin/scenes/change/{change.pk}/change/", {"name": "DOG_AI"}, follow=True).text
    assert "Not edited" in page and "in this plan already" in page and "changed successfully" not in page


def test_a_scene_s_page_says_why_its_tags_are_there(browser: Client, plan: Plan, user: User) -> None:
    job = make_job("apply_plan")
    evidence = Evidence(DetectorModel("actions", version="2.1"), [(12.0, 45.0, 0.94)], rule="Dog: 15s").as_json()
    Change.objects.filter(scene=1, tag="dog_ai", kind="add_tag").update(
        status="applied", evidence=evidence, applied_in=job, applied_at=timezone.now(), decided_at=timezone.now(),
        decided_via="auto", before={"present": False}, after={"present": True, "tag_id": 5},
    )  # fmt: skip
    page = browser.get("/admin/scenes/scene/1/change/").text
    for words in (
        "Added tag “dog_AI”", "0:12 to 0:45 (94%)", "actions · 2.1", "Dog: 15s", "By itself, as the settings say",
        f"/jobs/{job.pk}/", "Written",
    ):  # fmt: skip
        assert words in page, words
    assert "Added tag “Cat_AI”" not in page, "that is not written"


def test_the_page_of_a_scene_takes_as_many_statements_for_many_changes(
    browser: Client, plan: Plan, django_assert_max_num_queries: Any
) -> None:
    job = make_job("apply_plan")
    for number in range(80):
        add_tag(plan, 1, f"Tag {number}", status="applied")
    Change.objects.update(applied_in=job)
    with django_assert_max_num_queries(30):
        assert browser.get("/admin/scenes/scene/1/change/").status_code == 200


def test_a_list_says_in_words_what_a_change_is(browser: Client, plan: Plan) -> None:
    for address in ("/admin/scenes/change/", f"/admin/scenes/plan/{plan.pk}/change/"):
        page = browser.get(address).text
        assert "Dog_AI, 0:01" in page and "&quot;tag&quot;" not in page, address
