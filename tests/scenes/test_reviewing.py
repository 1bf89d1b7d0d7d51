"""Approving, rejecting, editing: what counts is what a change is like at that moment, whoever else is at it."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.errors import BadRequest, NotPossible
from jobs.testing import context, run
from scenes import services
from scenes.models import Change, Outcome, Plan, Scene, TagRule
from scenes.models.reviewed import Via
from scenes.plans import recording
from scenes.plans.applying import apply
from scenes.plans.review.deciding import Decider, approve, reject, want_back
from scenes.plans.review.editing import edit, rename_tag
from scenes.plans.review.never_again import reject_everywhere
from scenes.plans.review.selection import Selection
from scenes.plans.review.starting import start_applying, start_reverting
from scenes.simulators.stash import RunningStash
from tests.scenes.analysis_factories import add_change, add_marker, add_tag, make_plan, make_scene, markers_of, tags_of

pytestmark = pytest.mark.django_db(transaction=True)
WHO = Decider(Via.COMMAND)
PROPOSED = {"status": Change.Status.PROPOSED}


@pytest.fixture
def plan() -> Plan:
    """Two scenes; a tag for both, a marker and another tag for one."""
    for pk in (1, 2):
        make_scene(pk)
    plan = make_plan()
    add_tag(plan, 1, "Dog_AI", **PROPOSED)
    add_tag(plan, 2, "Dog_AI", **PROPOSED)
    add_tag(plan, 1, "Cat_AI", **PROPOSED)
    add_change(plan, 1, "add_marker", tag="Dog_AI", title="Dog_AI", start=1.0, end=2.0, **PROPOSED)
    return plan


def statuses(**filters: Any) -> list[str]:
    return list(Change.objects.filter(**filters).order_by("pk").values_list("status", flat=True))


@pytest.mark.parametrize(
    ("which", "decided"),
    [({"plan_id": 0}, 4), ({"scene_id": 2}, 1), ({"tag": "DOG_AI"}, 3), ({"tag": "Dog_AI", "scene_id": 1}, 2)],
)
def test_a_plan_a_scene_or_a_tag_is_decided_on_at_once(plan: Plan, which: dict[str, Any], decided: int) -> None:
    given = {name: value or plan.pk for name, value in which.items()}
    user = User.objects.create_user("ann")
    assert approve(Selection.of(given).rows(), Decider(Via.API, user)) == decided
    rows = Change.objects.filter(status="approved")
    assert set(rows.values_list("decided_by__username", "decided_via")) == {("ann", "api")}
    assert rows.count() == decided and not rows.filter(decided_at=None).exists()


def test_the_first_of_two_people_counts(plan: Plan) -> None:
    ann, ben = (Decider(Via.API, User.objects.create_user(name)) for name in ("ann", "ben"))
    rows = Selection(plan_id=plan.pk).rows()
    assert (reject(rows, ann), approve(rows, ben), reject(rows, ben)) == (4, 0, 0)
    assert set(Change.objects.values_list("status", "decided_by__username")) == {("rejected", "ann")}


def test_what_was_rejected_is_approved_again_only_where_it_is_asked_for(plan: Plan) -> None:
    rows = Selection(plan_id=plan.pk).rows()
    reject(rows, WHO)
    assert approve(rows, WHO) == 0 and approve(rows, WHO, also_rejected=True) == 4
    assert set(Change.objects.values_list("status", "outcome")) == {("approved", Outcome.NEW)}


def test_what_is_being_written_is_neither_rejected_nor_edited(plan: Plan) -> None:
    change = Change.objects.get(tag="cat_ai")
    Change.objects.filter(pk=change.pk).update(status="approved", intended_at=timezone.now())
    context("apply_plan", plan_id=plan.pk)
    assert reject(Selection(plan_id=plan.pk).rows(), WHO) == 3
    with pytest.raises(NotPossible, match="being written"):
        edit(change.pk, {"name": "Kitten_AI"}, WHO)
    change.refresh_from_db()
    assert (change.status, change.value) == ("approved", {"name": "Cat_AI"})


@pytest.mark.parametrize("act", ["reject", "edit", "want_back"])
def test_what_somebody_does_between_the_look_and_the_write_counts(
    stash: RunningStash, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    plan, before = make_plan(), tags_of(stash)
    change, other = add_tag(plan, 1, "Dog_AI"), add_tag(plan, 2, "Dog_AI")
    rows = Change.objects.filter(pk=change.pk)
    acts = {
        "reject": lambda: reject(rows, WHO),
        "edit": lambda: edit(change.pk, {"name": "Hound_AI"}, WHO),
        "want_back": lambda: want_back(rows, WHO),
    }
    intend = recording.intend
    monkeypatch.setattr(recording, "intend", lambda *args: (acts.pop(act, lambda: 0)(), intend(*args))[1])
    job = context("apply_plan", plan_id=plan.pk)
    apply(job, services.stash(job), plan.changes.all())
    assert tags_of(stash)[1] == before[1] and "Dog_AI" in tags_of(stash)[2]
    change.refresh_from_db()
    other.refresh_from_db()
    assert (change.status, other.status) == ("approved" if act == "edit" else "rejected", "applied")
    assert change.intended_at is None


def test_a_half_applied_plan_is_rejected_and_approved_in_what_is_left(stash: RunningStash) -> None:
    plan = make_plan()
    add_tag(plan, 1, "Dog_AI")
    run("apply_plan", plan_id=plan.pk)
    add_tag(plan, 2, "Dog_AI", **PROPOSED)
    rows = Selection(plan_id=plan.pk).rows()
    assert (approve(rows, WHO), reject(rows, WHO)) == (1, 1)
    assert statuses() == ["applied", "rejected"]


def test_applying_a_change_writes_that_one_alone(stash: RunningStash) -> None:
    plan = make_plan()
    first, second = add_tag(plan, 1, "Dog_AI"), add_tag(plan, 1, "Cat_AI")
    start_applying(Selection(change_ids=(first.pk,)), WHO, "test")
    run("sync")
    assert statuses() == ["applied", "approved"] and "Cat_AI" not in tags_of(stash)[1]
    start_applying(Selection(tag="cat_ai"), WHO, "test")
    run("sync")
    second.refresh_from_db()
    assert second.status == "applied"
    with pytest.raises(NotPossible, match="approve them first"):
        start_applying(Selection(plan_id=plan.pk), WHO, "test")


def test_there_has_to_be_something_to_take_back(plan: Plan) -> None:
    reject(Selection(plan_id=plan.pk).rows(), WHO)
    with pytest.raises(NotPossible, match="in Stash"):
        start_reverting(Selection(plan_id=plan.pk), WHO, "test")


def test_a_tag_s_name_is_edited_and_the_proposed_one_kept(plan: Plan) -> None:
    change, user = Change.objects.get(tag="cat_ai"), User.objects.create_user("ann")
    key = change.key
    edited = edit(change.pk, {"name": "  Kitten_AI "}, Decider(Via.API, user))
    assert (edited.value, edited.tag, edited.proposed_value) == ({"name": "Kitten_AI"}, "kitten_ai", {"name": "Cat_AI"})
    assert (edited.proposed_key, edited.edited_by, edited.status) == (key, user, "proposed") and edited.key != key
    twice = edit(change.pk, {"name": "Puma_AI"}, WHO)
    assert twice.proposed_value == {"name": "Cat_AI"}
    back = edit(change.pk, {"name": "Cat_AI"}, WHO)
    assert (back.key, back.proposed_value, back.proposed_key) == (key, None, "")


def test_a_marker_s_times_and_title_are_edited_and_written_so(stash: RunningStash) -> None:
    plan = make_plan()
    change = add_marker(plan, 1, "Dog_AI", 1.0, 2.0)
    edit(change.pk, {"start": 1.5, "end": None, "title": "Rex"}, WHO)
    run("apply_plan", plan_id=plan.pk)
    assert markers_of(stash, 1) == [("Dog_AI", "Rex", 1.5, None)]


@pytest.mark.parametrize(
    ("kind", "given", "sentence"),
    [
        ("add_tag", {"name": " "}, "name must be a text"),
        ("add_tag", {"name": "a" * 256}, "name must be a text"),
        ("add_tag", {"name": "a\nb"}, "in one line"),
        ("add_tag", {"name": 5}, "name must be a text"),
        ("add_tag", {"start": 5}, "can't be edited; give name"),
        ("add_marker", {"start": -1}, "start must be seconds"),
        ("add_marker", {"start": True}, "start must be seconds"),
        ("add_marker", {"start": float("nan")}, "start must be seconds"),
        ("add_marker", {"start": 61}, "from 0 to 60, the film's length"),
        ("add_marker", {"start": 3}, "end must not be before start"),
        ("add_marker", {"end": 1e300}, "end must be seconds"),
        ("add_marker", {"marker_id": 3}, "can't be edited"),
    ],
)
def test_an_edit_that_makes_no_sense_is_refused_with_a_sentence(
    plan: Plan, kind: str, given: dict[str, Any], sentence: str
) -> None:
    change = Change.objects.filter(kind=kind).first()
    assert change is not None
    with pytest.raises(BadRequest, match=sentence):
        edit(change.pk, given, WHO)
    assert Change.objects.get(pk=change.pk).value == change.value


def test_an_edit_that_the_plan_has_already_is_refused(plan: Plan) -> None:
    with pytest.raises(NotPossible, match="in this plan already"):
        edit(Change.objects.get(tag="cat_ai").pk, {"name": "dog_AI"}, WHO)


def test_the_second_of_two_editors_is_told(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    from scenes.plans.review import editing

    change = Change.objects.get(tag="cat_ai")
    put = editing.put

    def put_after_somebody_else(*args: Any) -> None:
        monkeypatch.setattr(editing, "put", put)
        edit(change.pk, {"name": "Puma_AI"}, WHO)
        put(*args)

    monkeypatch.setattr(editing, "put", put_after_somebody_else)
    with pytest.raises(NotPossible, match="at the same time"):
        edit(change.pk, {"name": "Lynx_AI"}, WHO)
    assert Change.objects.get(pk=change.pk).value == {"name": "Puma_AI"}


def test_a_removal_is_not_edited(plan: Plan) -> None:
    removal = add_change(plan, 1, "remove_tag", tag_id=5, name="Dog")
    with pytest.raises(NotPossible, match="can't be edited"):
        edit(removal.pk, {"name": "Cat"}, WHO)


def test_a_tag_is_renamed_everywhere_and_titles_follow(plan: Plan) -> None:
    done = add_tag(make_plan(), 1, "Dog_AI", status=Change.Status.APPLIED)
    renamed = rename_tag(Selection(tag="dog_ai").rows(), "dog_ai", "Hound_AI", WHO)
    assert (renamed.renamed, renamed.left) == (3, 0)
    assert list(Change.objects.filter(kind="add_marker").values_list("value__tag", "value__title")) == [
        ("Hound_AI", "Hound_AI")
    ]
    done.refresh_from_db()
    assert done.value == {"name": "Dog_AI"}


def test_where_the_plan_has_the_other_tag_already_it_is_left(plan: Plan) -> None:
    renamed = rename_tag(Selection(plan_id=plan.pk).rows(), "Cat_AI", "Dog_AI", WHO)
    assert (renamed.renamed, renamed.left) == (0, 1)


def test_never_again_anywhere_makes_a_rule_and_rejects_it_for_all_scenes(plan: Plan) -> None:
    TagRule.objects.create(tag_name="Cat", min_confidence=0.5, category="animals")
    first = Change.objects.filter(tag="dog_ai", scene=1)
    assert reject_everywhere(first, WHO) == 3
    assert statuses(tag="dog_ai") == ["rejected"] * 3 and statuses(tag="cat_ai") == ["proposed"]
    assert TagRule.objects.get(key="dog").wanted is False
    reject_everywhere(Change.objects.filter(tag="cat_ai"), WHO)
    rule = TagRule.objects.get(key="cat")
    assert (rule.wanted, rule.min_confidence, rule.category) == (False, 0.5, "animals")


@pytest.mark.parametrize("count", [50, 5000])
def test_a_decision_takes_as_many_statements_for_5_000_changes_as_for_50(count: int) -> None:
    scenes = [Scene(pk=pk, created_at=timezone.now(), remote_updated_at="x") for pk in range(1, 101)]
    Scene.objects.bulk_create(scenes)
    plan = make_plan()
    Change.objects.bulk_create(
        Change(
            plan=plan, scene_id=1 + n % 100, kind="add_tag", value={"name": f"t{n % 9}"}, tag=f"t{n % 9}", key=str(n),
            detector="d",
        )
        for n in range(count)
    )  # fmt: skip
    rows = Selection(plan_id=plan.pk).rows()
    for act, most in ((approve, 4), (want_back, 7), (reject, 4)):
        Change.objects.update(status="proposed" if act is approve else "approved", outcome="new")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert act(rows, WHO) == count
        assert len(queries) <= most, [query["sql"][:80] for query in queries]
    Change.objects.update(status="proposed")
    with CaptureQueriesContext(connection) as queries:
        assert reject_everywhere(rows, WHO) == count
    assert len(queries) <= 15
