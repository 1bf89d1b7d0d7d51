"""Plans and changes in the API: listed by cursor, decided on, edited, applied, taken back; and why a tag is there."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from jobs.models import Job
from scenes.models import Change, Plan
from scenes.plans.evidence import DetectorModel, Evidence
from tests.scenes.analysis_factories import add_change, add_tag, make_plan, make_scene
from tests.web.factories import make_job

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan() -> Plan:
    for pk in (1, 2):
        make_scene(pk)
    plan = make_plan()
    for scene in (1, 2):
        add_tag(plan, scene, "Dog_AI", status="proposed")
    add_change(plan, 1, "add_marker", "proposed", tag="Dog_AI", title="Dog_AI", start=1.0, end=2.0)
    return plan


def send(client: Client, address: str, status: int, method: str = "POST", **body: Any) -> Any:
    answer = client.generic(method, f"/api/{address}", json.dumps(body), content_type="application/json")
    assert answer.status_code == status, answer.content
    return answer.json()


def get(client: Client, address: str, status: int = 200) -> Any:
    answer = client.get(f"/api/{address}")
    assert answer.status_code == status, answer.content
    return answer.json()


def all_items(client: Client, address: str) -> list[dict[str, Any]]:
    page = get(client, address)
    items = page["items"]
    while page["next"]:
        page = get(client, f"{address}&cursor={page['next']}")
        items += page["items"]
    return items


def test_plans_are_listed_with_how_far_they_are(program: Client, plan: Plan) -> None:
    done = make_plan()
    add_tag(done, 1, "Cat_AI", status="applied")
    newest, first = get(program, "plans")["items"]
    assert (newest["id"], first["id"]) == (done.pk, plan.pk)
    assert first["changes"] == {
        "proposed": 3, "approved": 0, "rejected": 0, "applied": 0, "reverted": 0, "failed": 0
    }  # fmt: skip
    assert [item["id"] for item in get(program, "plans?status=applied")["items"]] == [done.pk]
    assert get(program, f"plans/{plan.pk}") == first
    assert len(all_items(program, "plans?limit=1")) == 2
    get(program, "plans/4711", 404)


def test_changes_are_found_by_what_they_are_about(program: Client, plan: Plan) -> None:
    add_tag(make_plan(), 2, "Cat_AI")
    assert len(all_items(program, "changes?limit=1")) == 4
    assert len(get(program, f"changes?plan_id={plan.pk}&scene_id=1")["items"]) == 2
    assert {item["scene_id"] for item in get(program, "changes?tag=dog_AI&kind=add_tag")["items"]} == {1, 2}
    assert [item["value"] for item in get(program, "changes?status=approved")["items"]] == [{"name": "Cat_AI"}]
    for wrong in ("cursor=x", "status=nonsense", "plan_id=0", f"scene_id={2**70}", "limit=0", "limit=1000"):
        get(program, f"changes?{wrong}", 400)


def test_one_change_says_why_and_who(program: Client, plan: Plan, user: User) -> None:
    change = plan.changes.first()
    assert change is not None
    send(program, "changes/approve", 200, change_ids=[change.pk])
    found = get(program, f"changes/{change.pk}")
    assert (found["status"], found["decided_by"], found["decided_via"]) == ("approved", "ada", "api")
    assert found["decided_at"] and found["job_id"] is None and found["evidence"] is None
    get(program, "changes/4711", 404)


def test_deciding_tells_how_many_were_meant_and_how_many_were_changed(program: Client, plan: Plan) -> None:
    assert send(program, "changes/approve", 200, tag="Dog_AI", scene_id=2) == {"matched": 1, "changed": 1}
    assert send(program, "changes/reject", 200, plan_id=plan.pk) == {"matched": 3, "changed": 3}
    assert send(program, "changes/approve", 200, plan_id=plan.pk) == {"matched": 3, "changed": 0}
    assert send(program, "changes/approve", 200, plan_id=plan.pk, also_rejected=True)["changed"] == 3


def test_an_edit_and_a_new_name(program: Client, plan: Plan) -> None:
    marker = plan.changes.get(kind="add_marker")
    edited = send(program, f"changes/{marker.pk}", 200, "PATCH", start=1.5, end=None)
    assert edited["value"] == {"tag": "Dog_AI", "title": "Dog_AI", "start": 1.5, "end": None}
    assert edited["proposed_value"]["end"] == 2.0 and edited["edited_by"] == "ada"
    assert send(program, "changes/rename-tag", 200, tag="dog_ai", name="Hound_AI") == {"renamed": 3, "left": 0}
    assert "before start" in send(program, f"changes/{marker.pk}", 400, "PATCH", end=0)["error"]["message"]
    send(program, f"changes/{marker.pk}", 400, "PATCH", start="1.5")
    Change.objects.update(status="applied")
    assert "applied already" in send(program, f"changes/{marker.pk}", 409, "PATCH", start=1.0)["error"]["message"]


def test_applying_and_taking_back_start_jobs(program: Client, plan: Plan, user: User) -> None:
    assert send(program, "changes/apply", 409, plan_id=plan.pk)["error"]["code"] == "not_possible"
    started = send(program, "changes/apply", 201, plan_id=plan.pk, approve=True)
    job = Job.objects.get(pk=started["job_id"])
    assert (job.type, job.params["plan_id"], job.started_by, started["changed"]) == ("apply_plan", plan.pk, user, 3)
    started = send(program, "changes/revert", 201, scene_id=1)
    assert (started["matched"], started["changed"]) == (2, 2)
    assert Job.objects.get(pk=started["job_id"]).type == "revert_plan"
    assert set(plan.changes.filter(scene=1).values_list("status", "decided_by__username")) == {("rejected", "ada")}
    assert send(program, "changes/revert", 409, scene_id=1)["error"]["code"] == "not_possible"


@pytest.mark.parametrize("act", ["approve", "reject", "apply", "revert"])
@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({}, "Say which changes"),
        ({"tag": "  "}, "Say which changes"),
        ({"plan_id": 4711}, "There is no plan 4711"),
        ({"scene_id": 4711}, "knows no scene 4711"),
        ({"plan_id": "1"}, "plan_id"),
        ({"change_ids": [True]}, "change_ids"),
        ({"change_ids": [1] * 10_001}, "change_ids"),
        ({"all": True}, "all"),
    ],
)
def test_what_names_no_changes_is_refused(
    program: Client, plan: Plan, act: str, body: dict[str, Any], sentence: str
) -> None:
    assert sentence in send(program, f"changes/{act}", 400, **body)["error"]["message"]
    assert set(Change.objects.values_list("status", flat=True)) == {"proposed"} and not Job.objects.exists()


def test_why_a_tag_is_there(program: Client, plan: Plan, user: User) -> None:
    job = make_job("apply_plan")
    change = plan.changes.filter(scene=1, kind="add_tag").first()
    assert change is not None
    spans = [(12.0, 45.0, 0.94), (60.0, None, None), (100.0, 101.0, 0.5), (200.0, 3900.0, 0.7)]
    evidence = Evidence(DetectorModel("actions", "4", "2.1", "actions"), spans, rule="Dog: seen for 15s", found="")
    Change.objects.filter(pk=change.pk).update(
        status="applied", evidence=evidence.as_json(), applied_at=timezone.now(), applied_in=job,
        decided_at=timezone.now(), decided_by=user, decided_via="api",
        before={"present": False}, after={"present": True, "tag_id": 5},
    )  # fmt: skip
    (entry,) = get(program, "scenes/1/history")["items"]
    assert entry["what"] == "Added tag “Dog_AI”" and entry["rule"] == "Dog: seen for 15s"
    assert entry["seen"] == "0:12 to 0:45 (94%), 1:00, 1:40 to 1:41 (50%), and 1 more"
    assert entry["model"] == "actions · 2.1 · actions" and entry["approved"] == "ada (API)"
    assert (entry["became"], entry["job_id"], entry["run_id"]) == ("Written", str(job.pk), str(job.pk))
    assert entry["evidence"]["spans"][3] == [200.0, 3900.0, 0.7]
    get(program, "scenes/4711/history", 404)


def test_what_was_found_by_its_name_says_so(program: Client, plan: Plan) -> None:
    Change.objects.filter(scene=2).update(status="applied", detector="detect_tags")
    (entry,) = get(program, "scenes/2/history")["items"]
    assert entry["seen"] == "Its name, or an alias, in the title, details or path" and entry["model"] == ""


def test_the_history_takes_as_many_statements_for_many_changes(
    program: Client, plan: Plan, django_assert_max_num_queries: Any
) -> None:
    user, job = User.objects.create_user("ben"), make_job("apply_plan")
    for number in range(60):
        add_tag(plan, 1, f"Tag {number}", status="applied")
    Change.objects.filter(status="applied").update(decided_by=user, applied_in=job, reverted_by=user)
    with django_assert_max_num_queries(8):
        assert len(get(program, "scenes/1/history?limit=50")["items"]) == 50
    assert len(all_items(program, "scenes/1/history?limit=25")) == 60
    with django_assert_max_num_queries(8):
        get(program, "plans?limit=200")


def test_evidence_is_bounded() -> None:
    kept = Evidence(
        DetectorModel("m" * 999), [(float(n), n + 1 + n / 1000, 0.5) for n in range(450)], rule="r" * 999
    ).as_json()
    assert len(kept["spans"]) == 50 and kept["spans_total"] == 450 and len(json.dumps(kept)) < 3500
    assert kept["spans"] == sorted(kept["spans"]) and Evidence().as_json() == {}
