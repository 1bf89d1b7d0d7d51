"""A scene that was complete is generated again when it gets a marker, whoever made it, or one of it moves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from jobs import testing
from jobs.models import Status
from scenes.models import Generation, Marker, Outcome, Plan, Scene, Tag
from scenes.simulators.stash import RunningStash
from scenes.stash.generation import outcomes
from tests.scenes.analysis_factories import add_change, add_marker, add_tag, make_plan
from tests.scenes.stash_user import User

pytestmark = pytest.mark.django_db(transaction=True)

Configure = Callable[..., object]
TAG = "Dog_AI"


@pytest.fixture
def complete(synced: RunningStash, configure: Configure) -> RunningStash:
    """All scenes have all that is wanted, clips of their markers too."""
    configure(generate=frozenset({"markers"}))
    assert run("stash_generate") == 12
    return synced


def run(name: str, **params: int | bool) -> int:
    """How many scenes were generated, by a job that generates."""
    job = testing.run(name, **params)
    assert job.status == Status.COMPLETED, job.error_message
    return (job.result or {}).get("generated", 0)


def with_marker(start: float = 7.0) -> Plan:
    """Applied: a marker for scene 3, and a tag for scene 4."""
    plan = make_plan()
    add_marker(plan, 3, TAG, start)
    add_tag(plan, 4, TAG)
    run("apply_plan", plan_id=plan.pk)
    return plan


def due() -> list[int]:
    return list(Scene.objects.filter(generated_at=None).values_list("pk", flat=True))


def clips_are_there(stash: RunningStash) -> bool:
    outputs = stash.simulator.outputs
    return all(outputs.marker_clip(marker).exists() for marker in stash.state.markers.values())


def test_a_marker_that_we_made_gets_its_clip(complete: RunningStash) -> None:
    with_marker()
    assert due() == [3] and not clips_are_there(complete)
    run("sync")  # knows the marker already
    assert run("stash_generate") == 1 and clips_are_there(complete)


def test_one_that_was_there_already_costs_nothing(complete: RunningStash) -> None:
    with_marker()
    run("stash_generate")
    with_marker()
    assert due() == []


def test_where_clips_are_not_wanted_nothing_is_generated_again(complete: RunningStash, configure: Configure) -> None:
    configure(generate=frozenset({"covers"}))
    with_marker()
    assert due() == []


def test_a_removed_marker_that_is_taken_back_gets_its_clip(complete: RunningStash) -> None:
    run("stash_generate")
    marker = next(pk for pk, marker in complete.state.markers.items() if marker.scene_id == 3)
    before = complete.state.markers[marker]
    tag = complete.state.tags[before.primary_tag_id].name
    value: dict[str, Any] = {
        "marker_id": marker,
        "tag": tag,
        "title": before.title,
        "start": before.seconds,
        "end": before.end_seconds,
    }
    plan = make_plan()
    add_change(plan, 3, "remove_marker", **value)
    run("apply_plan", plan_id=plan.pk)
    assert marker not in complete.state.markers and due() == []
    run("revert_plan", plan_id=plan.pk)
    assert due() == [3]


def test_a_scene_that_had_failed_is_tried_for_its_new_marker(complete: RunningStash) -> None:
    Generation.objects.filter(pk=3).update(outcome=Outcome.QUARANTINED)
    with_marker()
    assert Generation.objects.get(pk=3).outcome == Outcome.NEW
    assert run("stash_generate") == 1


@pytest.mark.parametrize("force", [False, True])
def test_a_marker_that_was_moved_in_stash_gets_another_clip(complete: RunningStash, force: bool) -> None:
    user, marker = User(complete), next(iter(complete.state.markers.values()))
    user.update_marker(marker.id, seconds=marker.seconds + 5, end_seconds=None)
    run("sync", force=force)
    assert due() == [marker.scene_id]
    run("stash_generate")
    assert clips_are_there(complete)


def test_a_marker_that_got_another_title_keeps_its_clip(complete: RunningStash) -> None:
    marker = next(iter(complete.state.markers))
    User(complete).update_marker(marker, title="Another")
    run("sync")
    assert due() == []


def test_one_that_came_while_its_scene_was_looked_at_is_not_forgotten(
    complete: RunningStash, monkeypatch: pytest.MonkeyPatch
) -> None:
    Scene.objects.filter(pk=3).update(generated_at=None)
    record = outcomes._complete

    def applied_meanwhile(*given: Any) -> None:
        tag = Tag.objects.first()
        assert tag
        Marker.objects.get_or_create(pk=99_999, defaults={"scene_id": 3, "primary_tag": tag, "seconds": 1.0})
        record(*given)

    monkeypatch.setattr(outcomes, "_complete", applied_meanwhile)
    run("stash_generate")
    assert due() == [3]
