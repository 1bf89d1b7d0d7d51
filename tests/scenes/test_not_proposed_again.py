"""What a person rejected, edited or took back for a scene is not proposed again for it, nor what is like it."""

from __future__ import annotations

from typing import Any

import pytest

from scenes.analysis.detectors import Proposal
from scenes.analysis.recording import changes_of
from scenes.analysis.reporting import report
from scenes.analysis.scene_inputs import load
from scenes.models import Change, Detection, Plan, Scene, Tag
from scenes.models.reviewed import Via
from scenes.plans.review.deciding import Decider, reject
from scenes.plans.review.editing import edit
from tests.scenes.analysis_factories import add_change, make_plan, make_scene
from tests.web.factories import make_job

pytestmark = pytest.mark.django_db(transaction=True)
WHO = Decider(Via.COMMAND)


@pytest.fixture
def plan() -> Plan:
    make_scene(1)
    make_scene(2)
    return make_plan()


def marker(start: float, end: float | None, tag: str = "Dog_AI") -> dict[str, Any]:
    return {"tag": tag, "title": tag, "start": start, "end": end}


def proposed(kind: str, value: dict[str, Any], scene: int = 1) -> bool:
    """Whether the next analysis would propose it."""
    later = make_plan()
    (scene_input,) = load([scene], later)
    return bool(changes_of(later, scene_input, {"detect_video_tags": [Proposal(kind, value)]}, approved_at=None))


@pytest.mark.parametrize("status", [Change.Status.REJECTED, Change.Status.REVERTED])
def test_neither_a_tag_nor_a_marker_for_that_scene_but_for_others(plan: Plan, status: str) -> None:
    add_change(plan, 1, "add_tag", status, name="Dog_AI")
    add_change(plan, 1, "add_marker", status, **marker(1.0, 2.0))
    assert not proposed("add_tag", {"name": "dog_ai"}) and not proposed("add_marker", marker(1.0, 2.0))
    assert proposed("add_tag", {"name": "Dog_AI"}, scene=2) and proposed("add_marker", marker(1.0, 2.0), scene=2)


@pytest.mark.parametrize(
    ("start", "end", "is_proposed"),
    [
        (10.2, 20.3, False),  # another model, about the same
        (12.0, 15.0, False),  # a piece of it
        (15.0, None, False),
        (18.0, 40.0, True),  # mostly something else
        (30.0, 40.0, True),
        (20.0, 20.5, True),
    ],
)
def test_no_marker_that_is_mostly_where_one_is_not_wanted(
    plan: Plan, start: float, end: float | None, is_proposed: bool
) -> None:
    add_change(plan, 1, "add_marker", Change.Status.REVERTED, **marker(10.0, 20.0))
    assert proposed("add_marker", marker(start, end)) is is_proposed
    assert proposed("add_marker", marker(start, end, "Cat_AI"))


def test_a_moment_that_is_not_wanted_forbids_no_long_marker(plan: Plan) -> None:
    add_change(plan, 1, "add_marker", Change.Status.REJECTED, **marker(10.0, None))
    assert proposed("add_marker", marker(5.0, 65.0)) and not proposed("add_marker", marker(10.0, None))


def test_neither_what_was_proposed_at_first_nor_what_it_was_edited_to(plan: Plan) -> None:
    tag = add_change(plan, 1, "add_tag", "proposed", name="Dog_AI")
    spot = add_change(plan, 1, "add_marker", "proposed", **marker(1.0, 2.0))
    edit(tag.pk, {"name": "Hound_AI"}, WHO)
    edit(spot.pk, {"start": 30.0, "end": 50.0}, WHO)
    for status in ("proposed", "rejected", "applied", "reverted"):
        Change.objects.filter(plan=plan).update(status=status)
        assert not proposed("add_tag", {"name": "Dog_AI"}), status
        assert not proposed("add_marker", marker(1.0, 2.1)), status
        assert not proposed("add_tag", {"name": "Hound_AI"}), status
        assert not proposed("add_marker", marker(31.0, 50.0)), status


def test_a_tag_that_was_taken_back_under_another_name(plan: Plan) -> None:
    Tag.objects.create(pk=5, name="Hound")
    change = add_change(plan, 1, "add_tag", Change.Status.REVERTED, name="Dog")
    Change.objects.filter(pk=change.pk).update(stash_tag=5)
    assert not proposed("add_tag", {"name": "Hound"}) and proposed("add_tag", {"name": "Hound"}, scene=2)


def test_a_removal_that_was_taken_back_though_the_marker_has_another_id_since(plan: Plan) -> None:
    add_change(plan, 1, "remove_marker", Change.Status.REVERTED, marker_id=5, **marker(1.0, 2.0))
    assert not proposed("remove_marker", {"marker_id": 9, **marker(1.0, 2.0)})
    assert proposed("remove_marker", {"marker_id": 9, **marker(1.0, 3.0)})


def test_a_marker_that_a_person_put_elsewhere_is_not_ours_to_remove(plan: Plan) -> None:
    change = add_change(plan, 1, "add_marker", **marker(1.0, 2.0))
    (before,) = load([1], make_plan())
    columns = {"status": "applied", "before": {"present": False}, "after": {"present": True, "marker_id": 5}}
    edit(change.pk, {"end": 3.0}, WHO)
    Change.objects.filter(pk=change.pk).update(**columns)
    (scene_input,) = load([1], make_plan())
    assert scene_input.our_markers == before.our_markers == []
    Change.objects.filter(pk=change.pk).update(edited_at=None)
    assert len(load([1], make_plan())[0].our_markers) == 1


def test_all_of_it_is_read_in_as_many_statements_for_many_scenes(
    plan: Plan, django_assert_max_num_queries: Any
) -> None:
    for pk in range(3, 60):
        make_scene(pk)
        add_change(plan, pk, "add_tag", "proposed", name="Dog_AI")
        add_change(plan, pk, "add_marker", "proposed", **marker(1.0, 2.0))
    reject(Change.objects.all(), WHO)
    with django_assert_max_num_queries(18):
        load(list(Scene.objects.values_list("pk", flat=True)), make_plan())


def test_an_analysis_that_proposes_nothing_says_what_was_not_wanted_before(plan: Plan) -> None:
    later = Plan.objects.create(job=(job := make_job("analysis", "running")))
    make_scene(3)
    for scene in (1, 2):
        Detection.objects.create(scene_id=scene, detector="detect_video_tags", job=job, outcome="done")
    for number, status in enumerate(("rejected", "reverted", "applied")):
        add_change(plan, 1, "add_tag", status, name=f"Dog {number}")
    add_change(plan, 3, "add_tag", "rejected", name="Of a scene that was not analysed")
    reported = report(job)
    assert reported.result["changes_refused"] == 2
    assert (
        reported.text == "2 scenes analysed; nothing new; 2 changes rejected or taken back before, not proposed again"
    )
    add_change(later, 2, "add_tag", "approved", name="Dog")
    assert not report(job).text, "it proposed something"
