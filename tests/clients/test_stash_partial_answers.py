"""Many items in one request: each has its own outcome, whatever becomes of its neighbours.

The answers here are as a real Stash gave them: where a failed field may be null, ``data`` keeps the others; where
it may not, ``data`` is null as a whole though the others were done.
"""

from __future__ import annotations

from typing import Any

import pytest

from scenes.clients.base import ServiceError
from scenes.clients.stash.client import PER_REQUEST, NewMarker, StashClient, TagChange
from tests.clients.fakes import Received, answer, data, failure, http, serving


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
    assert [outcome.error is None for outcome in outcomes] == [True, False, True]
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


def test_added_tags_give_the_new_updated_at_of_each_scene() -> None:
    response = failure(
        "FOREIGN KEY constraint failed",
        "item_1",
        item_0=[{"id": "1", "updated_at": "2026-11-22T11:17:17Z"}],
        item_1=None,
        item_2=[],
    )
    with serving(lambda request: response) as fake:
        outcomes = StashClient(fake.url).add_tags(
            [TagChange(("1",), ("5",)), TagChange(("2",), ("99",)), TagChange(("3",), ("5",))]
        )
    assert codes(outcomes) == [{"1": "2026-11-22T11:17:17Z"}, "rejected", "bad_answer"]
    (request,) = fake.received
    assert request.variables["input_2"] == {"ids": ["3"], "tag_ids": {"ids": ["5"], "mode": "ADD"}}


@pytest.mark.parametrize("message", ["database is locked", "disk I/O error"])
def test_a_path_that_could_not_be_looked_up_is_told_by_its_own_reason(message: str) -> None:
    with serving(lambda request: failure(message, "item_1")) as fake, pytest.raises(ServiceError) as caught:
        StashClient(fake.url).scenes_by_path(["/a.mp4", "/b.mp4"])
    assert caught.value.code in ("busy", "server_error") and "Is it Stash" not in caught.value.message


@pytest.mark.parametrize("path", [["sceneMarkerDestroy"], ["item_7"]])
def test_no_item_is_done_when_an_error_names_something_else(path: list[str]) -> None:
    def behave(request: Received) -> bytes:
        if request.operation == "SystemStatus":
            return data(system_status={"status": "OK"})
        return failure("database is locked", *path)

    with serving(behave) as fake, pytest.raises(ServiceError) as caught:
        StashClient(fake.url).destroy_markers(["10", "11"])
    assert caught.value.code == "busy"


def test_of_several_errors_about_one_item_the_trouble_of_stash_counts() -> None:
    errors = [{"message": text, "path": ["item_0"]} for text in ("database is locked", "cannot finish")]
    assert codes(create(answer({"data": {"item_0": None}, "errors": errors}), 1)) == ["busy"]


@pytest.mark.parametrize("status", [200, 422])
def test_errors_without_any_data_are_told(status: int) -> None:
    def behave(request: Received) -> bytes:
        if request.operation == "SystemStatus":
            return data(system_status={"status": "OK"})
        return answer({"errors": [{"message": "no such thing"}]}, status)

    for ask in (lambda client: client.version(), lambda client: client.create_markers(markers(2))):
        with serving(behave) as fake, pytest.raises(ServiceError) as caught:
            ask(StashClient(fake.url))
        assert caught.value.code == ("rejected" if status == 200 else "invalid_query")
        assert "no such thing" in caught.value.message


@pytest.mark.parametrize("status", [400, 409, 413, 422, 451])
def test_a_status_with_a_page_of_a_proxy_is_no_word_of_stash(status: int) -> None:
    page = http(status, b"<html>The plain HTTP request was sent to HTTPS port</html>", Content_Type="text/html")
    with serving(lambda request: page) as fake, pytest.raises(ServiceError) as caught:
        StashClient(fake.url).create_tag("Dog_AI")
    assert (caught.value.code, caught.value.permanent) == ("bad_answer", False)
    assert str(status) in caught.value.message and "Stash that answers" in caught.value.message
