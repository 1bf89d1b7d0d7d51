"""Outages and faults: what a client meets on a bad day (services/stash.md, "Transport and errors")."""

from __future__ import annotations

import threading
import time

import pytest
import requests

from scenes.simulators.stash import RunningStash
from scenes.simulators.stash.web.faults import UnknownFault
from tests.simulators.stash_client import DEADLINE, Client, until

TITLE = 'mutation Rename { sceneUpdate(input: {id: "1", title: "new"}) { id } }'
FIND = 'query Find { findScenes(filter: {per_page: -1, sort: "id"}) { count scenes { id } } }'


@pytest.fixture
def seeded(client: Client) -> Client:
    client.stash.seed(scenes=10)
    return client


def title(client: Client) -> str:
    return client.stash.do(lambda: client.stash.state.scenes[1].title)


def test_a_stash_that_is_away_refuses_connections_and_comes_back_on_the_same_port(seeded: Client) -> None:
    with seeded.stash.away(), pytest.raises(requests.ConnectionError):
        seeded.post(FIND)
    assert seeded.ask(FIND)["count"] == 10


def test_open_connections_are_reset_when_stash_goes_away(seeded: Client) -> None:
    with requests.Session() as session:
        session.post(seeded.url, json={"query": FIND}, timeout=DEADLINE)
        with seeded.stash.away(), pytest.raises(requests.ConnectionError):
            session.post(seeded.url, json={"query": FIND}, timeout=DEADLINE)
        assert session.post(seeded.url, json={"query": FIND}, timeout=DEADLINE).status_code == 200


def test_a_refused_connection_carries_nothing_out(seeded: Client) -> None:
    seeded.stash.fault("refuse")
    with pytest.raises(requests.ConnectionError):
        seeded.post(TITLE)
    assert title(seeded) == "Scene 1"


def test_a_reset_connection_has_carried_it_out_and_lost_the_answer(seeded: Client) -> None:
    seeded.stash.fault("reset")
    with pytest.raises(requests.ConnectionError):
        seeded.post(TITLE)
    assert title(seeded) == "new"


@pytest.mark.parametrize(("fault", "expected"), [("hang", "Scene 1"), ("hang_after", "new")])
def test_a_hanging_request_is_never_answered(seeded: Client, fault: str, expected: str) -> None:
    seeded.stash.fault(fault)
    with pytest.raises(requests.Timeout):
        requests.post(seeded.url, json={"query": TITLE}, timeout=0.3)
    assert title(seeded) == expected


@pytest.mark.parametrize("status", [401, 422, 500, 503])
def test_a_status_can_be_armed(seeded: Client, status: int) -> None:
    seeded.stash.fault(f"http_{status}")
    response = seeded.post(TITLE)
    assert (response.status_code, response.content) == (status, b"")
    assert title(seeded) == "Scene 1"


def test_a_page_of_html_instead_of_json(seeded: Client) -> None:
    seeded.stash.fault("not_json")
    response = seeded.post(FIND)
    assert (response.status_code, response.headers["Content-Type"]) == (200, "text/html; charset=utf-8")


def test_half_an_answer(seeded: Client) -> None:
    seeded.stash.fault("truncated")
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        seeded.post(FIND)


def test_an_answer_that_drips_is_whole_in_the_end(seeded: Client) -> None:
    seeded.stash.fault("drip", seconds=0.5)
    began = time.monotonic()
    assert seeded.ask(FIND)["count"] == 10
    assert time.monotonic() - began >= 0.4


def test_a_slow_answer_is_late_and_right(seeded: Client) -> None:
    seeded.stash.fault("slow", seconds=0.3)
    began = time.monotonic()
    assert seeded.ask(FIND)["count"] == 10
    assert time.monotonic() - began >= 0.3


def test_a_latency_is_added_to_every_answer(seeded: Client) -> None:
    seeded.stash.do(lambda: setattr(seeded.stash.simulator.settings, "latency", 0.2))
    began = time.monotonic()
    seeded.ask(FIND)
    assert time.monotonic() - began >= 0.2


def test_a_short_page_has_half_of_the_rows_and_the_right_count(seeded: Client) -> None:
    seeded.stash.fault("short_page", "findScenes")
    found = seeded.ask(FIND)
    assert (found["count"], len(found["scenes"])) == (10, 5)


def test_an_odd_short_answer_looks_complete(seeded: Client) -> None:
    """As reported: 3,504 scenes were marked deleted after one."""
    seeded.stash.fault("short_answer", "findScenes", keep=1)
    assert seeded.ask(FIND) == {"count": 1, "scenes": [{"id": "1"}]}
    assert seeded.ask(FIND)["count"] == 10


def test_a_fault_meets_the_named_operation_or_field_only(seeded: Client) -> None:
    seeded.stash.fault("http_500", "Rename")
    seeded.stash.fault("http_503", "findScenes")
    assert seeded.post("{ version { version } }").status_code == 200
    assert seeded.post(FIND).status_code == 503
    assert seeded.post(TITLE).status_code == 500


def test_a_fault_on_a_path_meets_media(seeded: Client) -> None:
    seeded.stash.fault("http_500", "/scene/")
    address = f"{seeded.stash.url}/scene/1/screenshot"
    assert [seeded.media(address).status_code for _ in range(2)] == [500, 404]


def test_a_fault_can_come_later_and_more_than_once(seeded: Client) -> None:
    seeded.stash.fault("http_500", times=2, after=1)
    assert [seeded.post(FIND).status_code for _ in range(4)] == [200, 500, 500, 200]


def test_a_fault_can_stay_until_it_is_cleared(seeded: Client) -> None:
    seeded.stash.fault("http_500", times=None)
    assert [seeded.post(FIND).status_code for _ in range(3)] == [500] * 3
    seeded.stash.clear_faults()
    assert seeded.post(FIND).status_code == 200


def test_a_fault_that_is_none_is_refused(seeded: Client) -> None:
    with pytest.raises(UnknownFault):
        seeded.stash.fault("explode")


def test_a_resolver_error_can_meet_one_of_many_fields(seeded: Client) -> None:
    seeded.stash.fault("resolver_error", "findTags", message="oops")
    answer = seeded.answer("{ a: findJob(input: {id: 1}) { id } b: findTags { count } }")
    assert answer == {"errors": [{"message": "oops", "path": ["b"]}], "data": None}


def test_requests_under_way_are_answered_when_stash_ends(seeded: Client, stash: RunningStash) -> None:
    stash.fault("slow", seconds=DEADLINE)
    answers: list[int] = []
    thread = threading.Thread(target=lambda: answers.append(seeded.post(TITLE).status_code))
    thread.start()
    until(lambda: title(seeded) == "new")
    stash.wait_for(stash.server.close)
    thread.join(DEADLINE)
    assert answers == [200]
