"""A write whose answer never came is carried out after we looked for it: the marker is there once in the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests
from django.utils import timezone

from jobs import engine
from jobs.models import Event, Status
from jobs.testing import run, work
from scenes import services
from scenes.clients.base import Limits
from scenes.crash_points import CrashPoint
from scenes.models import Change, Marker
from scenes.simulators.stash import RunningStash
from tests.clients.fakes import HANG, Received, http, serving
from tests.scenes.analysis_factories import add_marker, crash_at, make_plan, markers_of, tags_of
from tests.scenes.stash_user import User

pytestmark = pytest.mark.django_db(transaction=True)

CREATE = "EachMarkerCreate"


def forward(stash: RunningStash, request: Received) -> bytes:
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    answer = requests.post(f"{stash.url}/graphql", data=request.body, headers=headers, timeout=10)
    return http(answer.status_code, answer.content, Content_Type="application/json")


@pytest.fixture
def tag(stash: RunningStash) -> str:
    return tags_of(stash)[1][0]


@pytest.fixture
def change(tag: str) -> Change:
    return add_marker(make_plan(), 1, tag, 1.0, 2.0)


def apply(change: Change) -> Any:
    job = run("apply_plan", plan_id=change.plan_id)
    change.refresh_from_db()
    return job


@pytest.mark.parametrize("late_is", ["first", "last"])
def test_a_write_that_hung_and_was_done_with_its_repetition_leaves_one_marker(
    stash: RunningStash,
    change: Change,
    configure: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    late_is: str,
) -> None:
    defaults = services.stash.__kwdefaults__
    assert defaults is not None
    monkeypatch.setitem(defaults, "write", Limits(read=0.5, total=0.5))
    held: list[Received] = []

    def proxy(request: Received) -> Any:
        if request.operation != CREATE:
            return forward(stash, request)
        held.append(request)
        if len(held) == 1:
            return HANG
        both = held[:2] if late_is == "first" else held[1::-1]
        answers = {id(one): forward(stash, one) for one in both} if len(held) == 2 else {}
        return answers.get(id(request)) or forward(stash, request)

    with serving(proxy) as fake:
        configure(stash_url=fake.url)
        job = apply(change)
    assert (job.status, job.attempt) == (Status.COMPLETED, 2) and len(held) == 2
    assert_once(stash, change)
    assert Event.objects.filter(job=job, message__contains="twice").exists()


def assert_once(stash: RunningStash, change: Change) -> None:
    """The one that is left is the one that is recorded as ours."""
    assert len(markers_of(stash, 1)) == 1
    (marker_id,) = stash.state.markers
    assert change.status == Change.Status.APPLIED and change.after is not None
    assert (change.before, change.after["marker_id"]) == ({"present": False}, marker_id)
    assert set(Marker.objects.values_list("pk", flat=True)) == {marker_id}


def tag_id_of(stash: RunningStash, name: str) -> int:
    return next(tag.id for tag in stash.state.tags.values() if tag.name == name)


def make_marker(stash: RunningStash, tag: str, **values: Any) -> int:
    document = "mutation($i: SceneMarkerCreateInput!) { sceneMarkerCreate(input: $i) { id } }"
    ours = {"scene_id": 1, "primary_tag_id": tag_id_of(stash, tag), "title": tag, "seconds": 1.0, "end_seconds": 2.0}
    return int(User(stash).ask(document, i=ours | values)["sceneMarkerCreate"]["id"])


@pytest.fixture
def twice(stash: RunningStash, change: Change, tag: str) -> Change:
    """Both writes of it are done, and no answer came."""
    Change.objects.filter(pk=change.pk).update(intended_at=timezone.now(), before={"present": False})
    make_marker(stash, tag)
    make_marker(stash, tag)
    return change


def test_of_two_that_are_there_at_the_next_look_one_is_left(stash: RunningStash, twice: Change) -> None:
    assert apply(twice).status == Status.COMPLETED
    assert_once(stash, twice)


def test_an_outage_before_the_second_one_is_removed_does_not_keep_it(stash: RunningStash, twice: Change) -> None:
    stash.fault("http_502", operation="SceneStates", after=1)
    stash.fault("http_502", operation="DestroyMarkers")
    job = apply(twice)
    assert (job.status, job.attempt) == (Status.COMPLETED, 3)
    assert_once(stash, twice)


@pytest.mark.acceptance
def test_a_crash_after_the_second_one_was_removed_changes_nothing(stash: RunningStash, twice: Change) -> None:
    engine.start("apply_plan", {"plan_id": twice.plan_id}, source="test")
    crash_at(CrashPoint.MARKER_REMOVED, STASHHOG_STASH_URL=stash.url)
    assert engine.recover() == 1
    work()
    twice.refresh_from_db()
    assert_once(stash, twice)


def test_a_marker_that_somebody_edited_since_is_not_removed(stash: RunningStash, twice: Change, tag: str) -> None:
    ours, theirs = stash.state.markers
    User(stash).update_marker(theirs, tag_ids=[User(stash).create_tag("Mine")])
    other = make_marker(stash, tag, title="Mine")
    assert apply(twice).status == Status.COMPLETED
    assert set(stash.state.markers) == {ours, theirs, other}


def test_two_equal_markers_that_were_there_before_are_nobody_of_ours(
    stash: RunningStash, change: Change, tag: str
) -> None:
    kept = {make_marker(stash, tag), make_marker(stash, tag)}
    assert apply(change).status == Status.COMPLETED
    assert set(stash.state.markers) == kept and change.before == {"present": True}


def test_a_write_that_was_answered_is_not_looked_for_again(stash: RunningStash, change: Change) -> None:
    apply(change)
    assert len(stash.asked("SceneStates")) == 1
