"""Many items in one request: each has its own outcome, whatever becomes of its neighbours.

The answers here are as a real Stash gave them: where a failed field may be null, ``data`` keeps the others; where
it may not, ``data`` is null as a whole though the others were done.
"""

from __future__ import annotations

from typing import Any

import pytest

from scenes.clients.base import ServiceError
from scenes.clients.stash import PER_REQUEST, NewMarker, SceneFields, StashClient, TagChange
from tests.clients.fakes import Received, answer, data, failure, serving


def markers(count: int) -> list[NewMarker]:
    return [NewMarker("1", f"marker {index}", index, "5", index + 1.0, ("6",)) for index in range(count)]


def create(response: bytes, count: int = 2) -> list[Any]:
    with serving(lambda request: response) as fake:
        return StashClient(fake.url).create_markers(markers(count))


def codes(outcomes: list[Any]) -> list[str]:
    return [outcome.error.code if outcome.error else outcome.value for outcome in outcomes]


def test_each_marker_has_its_id_or_its_error() -> None:
    refused = failure("end before start", "item_1", item_0={"id": "10"}, item_1=None, item_2={"id": "12"})
    outcomes = create(refused, 3)
    assert codes(outcomes) == ["10", "rejected", "12"]
    assert [outcome.done for outcome in outcomes] == [True, False, True]
    assert "end before start" in outcomes[1].error.message


def test_a_locked_database_is_busy_for_that_item_alone() -> None:
    outcomes = create(failure("database is locked", "item_0", item_0=None, item_1={"id": "11"}))
    assert codes(outcomes) == ["busy", "11"]
    assert not outcomes[0].error.permanent


def test_a_marker_without_an_answer_is_not_taken_for_created() -> None:
    assert codes(create(data(item_0={"id": "10"}, item_1=None))) == ["10", "bad_answer"]
    assert codes(create(data(item_0={"id": "10"}))) == ["10", "bad_answer"]
    assert codes(create(failure("no", "item_0"))) == ["rejected", "bad_answer"]


@pytest.mark.parametrize("response", [failure("something general"), answer({"data": None}), answer({})])
def test_an_error_that_belongs_to_no_item_is_raised(response: bytes) -> None:
    def behave(request: Received) -> bytes:
        return data(system_status={"status": "OK"}) if request.operation == "SystemStatus" else response

    with serving(behave) as fake, pytest.raises(ServiceError) as caught:
        StashClient(fake.url).create_markers(markers(2))
    assert caught.value.code == "rejected"


def test_the_variables_of_each_item_are_its_own() -> None:
    with serving(lambda request: data(item_0={"id": "1"}, item_1={"id": "2"})) as fake:
        StashClient(fake.url).create_markers(markers(2))
    (request,) = fake.received
    assert request.variables["input_1"] == {
        "scene_id": "1",
        "title": "marker 1",
        "seconds": 1,
        "end_seconds": 2.0,
        "primary_tag_id": "5",
        "tag_ids": ["6"],
    }
    assert request.variables.keys() == {"input_0", "input_1"}


def test_nothing_to_do_asks_nothing() -> None:
    with serving(lambda request: b"") as fake:
        client = StashClient(fake.url)
        assert (client.create_markers([]), client.destroy_markers([]), client.scenes_by_path([])) == ([], [], {})
    assert fake.received == []


def test_more_than_fit_into_one_request_are_refused() -> None:
    with serving(lambda request: b"") as fake, pytest.raises(ValueError, match="at most"):
        StashClient(fake.url).create_markers(markers(PER_REQUEST + 1))
    assert fake.received == []


def test_destroyed_markers_are_done_though_a_neighbour_took_the_data_away() -> None:
    with serving(lambda request: failure("database is locked", "item_1")) as fake:
        outcomes = StashClient(fake.url).destroy_markers(["10", "11", "12"])
    assert codes(outcomes) == [True, "busy", True]


def test_a_marker_that_is_gone_already_is_destroyed() -> None:
    with serving(lambda request: failure("scene marker with id 10 not found", "item_0")) as fake:
        assert codes(StashClient(fake.url).destroy_markers(["10"])) == [True]


def test_changed_tags_give_the_new_stamp_of_each_scene() -> None:
    response = failure(
        "FOREIGN KEY constraint failed",
        "item_1",
        item_0=[{"id": "1", "updated_at": "2026-11-22T11:17:17Z"}],
        item_1=None,
        item_2=[],
    )
    with serving(lambda request: response) as fake:
        outcomes = StashClient(fake.url).change_tags(
            [TagChange("1", ("5",)), TagChange("2", ("99",)), TagChange("3", ("5",), "REMOVE")]
        )
    assert codes(outcomes) == ["2026-11-22T11:17:17Z", "rejected", "bad_answer"]
    (request,) = fake.received
    assert request.variables["input_2"] == {"ids": ["3"], "tag_ids": {"ids": ["5"], "mode": "REMOVE"}}


def test_only_the_fields_that_are_given_are_sent() -> None:
    with serving(lambda request: data(item_0={"id": "1", "updated_at": "now"})) as fake:
        assert StashClient(fake.url).update_scene("1", SceneFields(title="Dune", studio_id=None)) == "now"
    assert fake.received[0].variables == {"input_0": {"id": "1", "title": "Dune", "studio_id": None}}


@pytest.mark.parametrize("fields", [{}, {"tag_ids": ["1"]}, {"id": "2"}])
def test_other_fields_are_never_written(fields: Any) -> None:
    with serving(lambda request: b"") as fake, pytest.raises(ValueError, match="not fields"):
        StashClient(fake.url).update_scene("1", fields)
    assert fake.received == []


def test_a_bulk_change_that_names_other_scenes_is_a_bad_answer() -> None:
    for scenes in (None, [], [{"id": "2", "updated_at": "now"}]):
        with (
            serving(lambda request, scenes=scenes: data(scenes=scenes)) as fake,  # type: ignore[misc]
            pytest.raises(ServiceError) as caught,
        ):
            StashClient(fake.url).add_tags(["1"], ["5"])
        assert caught.value.code == "bad_answer"


@pytest.mark.parametrize(("scenes", "tags"), [([], ["5"]), (["1"], []), ([], [])])
def test_a_bulk_change_of_nothing_is_refused(scenes: list[str], tags: list[str]) -> None:
    with serving(lambda request: b"") as fake, pytest.raises(ValueError, match="scenes"):
        StashClient(fake.url).remove_tags(scenes, tags)
    assert fake.received == []
