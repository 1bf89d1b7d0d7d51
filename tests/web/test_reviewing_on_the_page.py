"""The review page: what waits is shown by scene with why, and every button decides exactly on what it says."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from jobs.models import Job
from scenes.models import Change, Marker, Plan, Scene, TagRule
from scenes.plans.evidence import DetectorModel, Evidence
from tests.scenes.analysis_factories import add_change, add_tag, make_plan, make_scene, make_tag

pytestmark = pytest.mark.django_db
DECIDE = "/review/decide"


@pytest.fixture
def plan() -> Plan:
    beach = make_tag(1, "Beach")
    make_scene(1, "Harbour at dawn", tags=(beach,))
    make_scene(2, "Night train")
    Marker.objects.create(pk=9, scene_id=1, title="Waves", seconds=5, end_seconds=10, primary_tag=beach)
    plan = make_plan()
    for scene in (1, 2):
        add_tag(plan, scene, "Dog_AI", status="proposed")
    add_tag(plan, 2, "Cat_AI", status="proposed")
    add_change(plan, 1, "add_marker", "proposed", tag="Dog_AI", title="Dog_AI", start=15.0, end=30.0)
    return plan


def statuses(**of: Any) -> dict[str, int]:
    rows = Change.objects.filter(**of).values_list("status", flat=True)
    return {status: list(rows).count(status) for status in set(rows)}


def press(browser: Client, name: str, value: Any = 1, **fields: Any) -> str:
    """The page after that button, with the hidden fields of the page it is on."""
    answer = browser.post(DECIDE, {name: value, **fields}, follow=True)
    assert answer.status_code == 200
    return answer.text


def test_what_is_there_and_what_is_proposed_stand_side_by_side_with_why(browser: Client, plan: Plan) -> None:
    seen = Evidence(DetectorModel("tagger", "t", "2.1", "pets"), [(15.0, 30.0, 0.8)], "at least 5 s")
    Change.objects.filter(kind="add_marker").update(confidence=0.87, evidence=seen.as_json())
    page = browser.get("/review/").text
    assert page.index("Night train") < page.index("Harbour at dawn"), "the newest scene first"
    assert "4 changes of 2 scenes" in page
    assert "<bdi>Beach</bdi>" in page and "<bdi>Dog_AI</bdi>" in page
    assert "0:15 to 0:30" in page and "87%" in page and "tagger · 2.1 · pets" in page and "at least 5 s" in page
    assert 'src="/scenes/1/screenshot?v=' in page and 'src="/scenes/1/strip?v=' in page
    # Of a film of 60 s: the marker that is there, and the proposed one.
    assert '<rect class="there" x="83.3" y="9" width="83.3"' in page
    assert '<rect class="add" x="250.0" y="1" width="250.0"' in page
    assert "style=" not in page


def test_one_change_is_approved_and_another_rejected(browser: Client, plan: Plan, user: User) -> None:
    first, second = Change.objects.order_by("pk")[:2]
    press(browser, "approve-change", first.pk)
    page = press(browser, "reject-change", second.pk)
    assert "1 change rejected." in page and f'id="change-{first.pk}"' not in page
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, first.decided_by, first.decided_via) == ("approved", user, "page")
    assert second.status == "rejected" and statuses()["proposed"] == 2


def test_a_scene_a_tag_everywhere_and_all_are_decided_on_at_once(browser: Client, plan: Plan) -> None:
    press(browser, "approve-scene", 1)
    assert statuses(scene=1) == {"approved": 2} and statuses(scene=2) == {"proposed": 2}
    press(browser, "undo")
    assert statuses() == {"proposed": 4}
    assert "3 changes rejected." in press(browser, "reject-tag", "Dog_AI")
    assert statuses(tag="dog_ai") == {"rejected": 3} and statuses(tag="cat_ai") == {"proposed": 1}
    press(browser, "undo")
    assert "4 changes approved." in press(browser, "approve-all")
    assert statuses() == {"approved": 4}


def test_all_means_all_that_the_page_is_narrowed_to(browser: Client, plan: Plan) -> None:
    other = add_tag(make_plan(), 1, "Owl_AI", status="proposed")
    press(browser, "approve-all", plan=other.plan_id)
    assert statuses() == {"approved": 1, "proposed": 4}
    press(browser, "reject-all", tag="cat_ai")
    assert statuses() == {"approved": 1, "proposed": 3, "rejected": 1}


def test_the_page_of_a_tag_or_a_plan_keeps_to_the_list_that_it_was_opened_from(browser: Client, plan: Plan) -> None:
    assert 'href="?tag=Dog_AI"' in browser.get("/review/").text
    assert f'href="?plan={plan.pk}"' in browser.get("/review/?scene=1").text
    Change.objects.update(status="approved")
    assert 'href="?status=approved&amp;tag=Dog_AI"' in browser.get("/review/?status=approved").text


def test_nobody_decides_on_what_came_after_the_page_was_made(browser: Client, plan: Plan) -> None:
    last = Change.objects.latest("pk").pk
    assert f'name="last" value="{last}"' in browser.get("/review/").text
    add_tag(plan, 1, "Owl_AI", status="proposed")
    press(browser, "approve-all", last=last)
    assert statuses() == {"approved": 4, "proposed": 1}


def test_decisions_are_undone_one_by_one_the_last_first(browser: Client, plan: Plan) -> None:
    press(browser, "approve-scene", 1)
    press(browser, "reject-scene", 2)
    assert "Undone: 2 changes" in press(browser, "undo")
    assert statuses(scene=2) == {"proposed": 2} and statuses(scene=1) == {"approved": 2}
    press(browser, "undo")
    assert statuses() == {"proposed": 4}
    assert Change.objects.filter(decided_at=None, decided_by=None, decided_via="", outcome="new").count() == 4
    assert "There is nothing to undo" in press(browser, "undo")


def test_what_is_written_by_then_is_not_undone_but_said(browser: Client, plan: Plan) -> None:
    press(browser, "approve-scene", 1)
    Change.objects.filter(scene=1, kind="add_tag").update(status="applied")
    page = press(browser, "undo")
    assert "Undone: 1 change" in page and "1 change can&#x27;t be undone here, since written to Stash" in page
    assert statuses(scene=1) == {"applied": 1, "proposed": 1}


def test_an_undo_touches_no_decision_of_somebody_else(browser: Client, plan: Plan) -> None:
    press(browser, "approve-scene", 1)
    Change.objects.filter(scene=1).update(decided_by=User.objects.create_user("eve"))
    assert "somebody has decided otherwise since" in press(browser, "undo")
    assert statuses(scene=1) == {"approved": 2}


def test_never_again_rejects_everywhere_and_makes_a_rule(browser: Client, plan: Plan) -> None:
    change = Change.objects.get(scene=1, kind="add_tag")
    page = press(browser, "never-change", change.pk)
    assert "3 changes rejected, and there are rules" in page
    assert statuses(tag="dog_ai") == {"rejected": 3}
    assert TagRule.objects.get(tag_name="Dog").wanted is False


def test_applying_starts_a_job_for_a_scene_or_for_all_that_is_approved(browser: Client, plan: Plan) -> None:
    assert "approve them first" in press(browser, "apply-all")
    press(browser, "approve-scene", 1)
    assert "Write 2 approved to Stash" in browser.get("/review/").text
    press(browser, "apply-scene", 1, status="approved")
    job = Job.objects.get(type="apply_plan")
    assert (job.params["scene_id"], job.source) == (1, "page")
    press(browser, "apply-all")
    ids = set(Change.objects.filter(status="approved").values_list("pk", flat=True))
    assert set(Job.objects.latest("created_at").params["change_ids"]) == ids


def test_what_is_written_is_taken_back_from_its_tab(browser: Client, plan: Plan) -> None:
    Change.objects.update(status="applied", outcome="done")
    assert "Take back all that was written" in browser.get("/review/?status=applied").text
    change = Change.objects.first()
    assert change
    press(browser, "revert-change", change.pk, status="applied")
    assert Job.objects.get().type == "revert_plan" and Job.objects.get().params["change_ids"] == [change.pk]
    assert "not taken back at once" in press(browser, "revert-all", status="applied")


def test_what_was_rejected_is_approved_after_all_or_put_back(browser: Client, plan: Plan) -> None:
    press(browser, "reject-all")
    first, second = Change.objects.order_by("pk")[:2]
    press(browser, "approve-change", first.pk, status="rejected")
    press(browser, "reopen-change", second.pk, status="rejected")
    assert statuses() == {"approved": 1, "proposed": 1, "rejected": 2}


def test_a_value_is_edited_in_the_words_of_people(browser: Client, plan: Plan) -> None:
    marker = Change.objects.get(kind="add_marker")
    where = f"/review/changes/{marker.pk}/"
    assert 'value="0:15"' in browser.get(where).text
    answer = browser.post(where, {"tag": "Hound_AI", "title": "Hound", "start": "0:16.5", "end": ""}, follow=True)
    assert "Saved." in answer.text and "edited, was" in answer.text
    marker.refresh_from_db()
    assert marker.value == {"tag": "Hound_AI", "title": "Hound", "start": 16.5, "end": None}
    for wrong, message in (
        ("x", "is no time"),
        ("2:00", "the film&#x27;s length"),
        ("1:2:3:4", "is no time"),
        ("-1", "is no"),
    ):
        answer = browser.post(where, {"tag": "a", "title": "a", "start": wrong, "end": ""})
        assert answer.status_code == 200 and message in answer.text
    Change.objects.update(status="applied")
    assert "It can't be edited any more" in browser.get(where).text


@pytest.mark.parametrize(
    "query", ["status=x", "scene=x", "plan=0", "after=x", f"scene={2**70}", "tag=" + "x" * 300, "status=reverted"]
)
def test_an_address_that_names_nothing_leads_to_the_page(browser: Client, query: str) -> None:
    answer = browser.get(f"/review/?{query}", follow=True)
    assert answer.redirect_chain == [("/review/", 302)] and 'class="message error"' in answer.text


@pytest.mark.parametrize("button", ["approve-change", "reject-scene", "never-change"])
def test_a_button_of_nothing_changes_nothing(browser: Client, plan: Plan, button: str) -> None:
    for value in ("x", "0", "", "4711", str(2**80)):
        press(browser, button, value)
    press(browser, "nonsense")
    assert statuses() == {"proposed": 4} and not TagRule.objects.exclude(key="").filter(wanted=False).exists()


def test_an_empty_list_says_what_to_do(browser: Client) -> None:
    for status, words in (("proposed", "Approve by itself"), ("approved", "written"), ("rejected", "kept here")):
        assert words in browser.get(f"/review/?status={status}").text
    make_scene(1)
    assert "To all that waits for review" in browser.get("/review/?scene=1").text


def test_a_viewer_sees_all_of_it_and_no_button(plan: Plan) -> None:
    viewer = User.objects.create_user("vi", is_staff=True)
    viewer.groups.add(Group.objects.get(name="viewer"))
    client = Client()
    client.force_login(viewer)
    page = client.get("/review/").text
    assert "Dog_AI" in page and "approve-" not in page and "/review/changes/" not in page.replace("/review/decide", "")


def test_what_is_gone_from_stash_is_neither_shown_nor_decided_on(browser: Client, plan: Plan) -> None:
    Scene.objects.filter(pk=2).update(deleted_at="2026-11-02T00:00Z")
    assert "2 changes of 1 scene" in browser.get("/review/").text
    press(browser, "approve-all")
    assert statuses(scene=2) == {"proposed": 2}


def test_undoing_never_again_leaves_the_rules_as_they_were(browser: Client, plan: Plan) -> None:
    TagRule.objects.create(tag_name="Cat", wanted=True, min_confidence=0.5)
    before = sorted(TagRule.objects.values_list("key", "wanted", "min_confidence"))
    press(browser, "never-scene", 2)
    assert set(TagRule.objects.filter(wanted=False).values_list("key", flat=True)) == {"cat", "dog"}
    page = press(browser, "undo")
    assert "4 changes back in the review" in page and "rules of their tags are as they were" in page
    assert statuses() == {"proposed": 4}
    assert sorted(TagRule.objects.values_list("key", "wanted", "min_confidence")) == before


def test_a_rule_that_somebody_has_changed_since_stays_when_never_again_is_undone(browser: Client, plan: Plan) -> None:
    press(browser, "never-scene", 2)
    rule = TagRule.objects.get(key="dog")
    rule.category = "animals"
    rule.save()
    press(browser, "undo")
    assert set(TagRule.objects.of_tags().values_list("key", "wanted")) == {("dog", False)}


def test_all_tags_can_be_decided_on_everywhere_however_many_there_are(browser: Client, plan: Plan) -> None:
    for number in range(30):
        add_tag(plan, 2, f"Tag {number:02}_AI", status="proposed")
    page = browser.get("/review/").text
    assert "32 tags" in page and page.count('name="approve-tag"') == 15
    assert 'href="/review/?tags=all#tags-everywhere"' in page
    page = browser.get("/review/?tags=all").text
    assert page.count('name="approve-tag"') == 32 and 'id="tags-everywhere" open' in page and "All tags" not in page
    assert 'name="tags" value="all"' in page, "and stays so after a decision"
