"""`/_simulator/…`, the side of the simulator that is not Stash's."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.simulators.stash_client import DEADLINE, Client, until

QUEUE = "{ jobQueue { id description status progress } }"


@pytest.fixture
def control(client: Client) -> Any:
    def call(method: str, what: str, body: object = None, status: int = 200) -> Any:
        url = f"{client.stash.url}/_simulator/{what}"
        response = requests.request(method, url, json=body, timeout=DEADLINE)
        assert response.status_code == status, response.text
        return response.json()

    return call


def test_settings_can_be_read_and_changed(client: Client, control: Any) -> None:
    changed = control("PATCH", "settings", {"zone": "Asia/Kolkata", "seconds_per_item": 0.2, "latency": 0.01})
    assert (changed["zone"], changed["seconds_per_item"], changed["latency"]) == ("Asia/Kolkata", 0.2, 0.01)
    assert control("GET", "settings") == changed
    client.tag("Tag")
    assert client.ask('{ findTag(id: "1") { updated_at } }')["updated_at"].endswith("+05:30")


def test_the_clock_can_be_set(client: Client, control: Any) -> None:
    control("PATCH", "settings", {"now": "2030-01-01T00:00:00Z"})
    client.tag("Tag")
    assert client.ask('{ findTag(id: "1") { updated_at } }')["updated_at"].startswith("2030-01-01T00:00:")
    control("PATCH", "settings", {"now": None})
    client.tag("Other")
    assert not client.ask('{ findTag(id: "2") { updated_at } }')["updated_at"].startswith("2030")


@pytest.mark.parametrize("body", [{"colour": "red"}, {"zone": "Mars/Base"}, {"now": "soon"}])
def test_settings_that_are_none_are_refused(control: Any, body: dict[str, Any]) -> None:
    before = control("GET", "settings")
    assert "error" in control("PATCH", "settings", body, status=400)
    assert control("GET", "settings") == before


def test_faults_can_be_armed_seen_and_disarmed(client: Client, control: Any) -> None:
    control("POST", "faults", {"fault": "http_500", "operation": "version", "times": 2}, status=201)
    assert client.post("{ version { version } }").status_code == 500
    [armed] = control("GET", "faults")
    assert (armed["fault"], armed["operation"], armed["times"]) == ("http_500", "version", 1)
    control("DELETE", "faults")
    assert client.post("{ version { version } }").status_code == 200


@pytest.mark.parametrize("body", [{"fault": "explode"}, {"fault": "hang", "colour": "red"}, {}])
def test_faults_that_are_none_are_refused(control: Any, body: dict[str, Any]) -> None:
    assert "error" in control("POST", "faults", body, status=400)


def test_it_can_be_sent_away_for_a_while(client: Client, control: Any) -> None:
    control("POST", "away", {"seconds": 0.5})

    def is_away() -> bool:
        try:
            client.post(QUEUE)
        except requests.ConnectionError:
            return True
        return False

    until(is_away)
    until(lambda: not is_away())
    assert client.ask(QUEUE) is None


def test_a_restart_begins_the_job_ids_at_1(client: Client, control: Any) -> None:
    client.scan()
    control("POST", "restart")
    assert client.scan()["id"] == "1"


def test_a_reset_is_another_library_with_the_same_ids(client: Client, control: Any) -> None:
    control("POST", "seed", {"scenes": 3}, status=201)
    control("POST", "reset", {"created_at": "2026-01-01T00:00:00Z"})
    assert client.scenes("id created_at") == [
        {"id": str(number), "created_at": "2026-01-01T00:00:00Z"} for number in (1, 2, 3)
    ]


def test_a_wiped_library_begins_at_1_again(client: Client, control: Any) -> None:
    control("POST", "seed", {"scenes": 3}, status=201)
    control("POST", "wipe")
    assert client.scenes() == []
    control("POST", "seed", {"scenes": 1}, status=201)
    assert [scene["id"] for scene in client.scenes()] == ["1"]


def test_a_seed_makes_as_much_as_is_asked_for(client: Client, control: Any) -> None:
    sizes = {"scenes": 12, "tags": 5, "performers": 3, "studios": 2, "tags_per_scene": 4, "markers_per_scene": 2}
    assert control("POST", "seed", sizes, status=201) == {"scenes": 12}
    assert client.ask("{ stats { scene_count tag_count performer_count studio_count } }") == {
        "scene_count": 12,
        "tag_count": 5,
        "performer_count": 3,
        "studio_count": 2,
    }
    assert all(len(scene["tags"]) == 4 for scene in client.scenes("tags { id }"))
    assert client.ask("{ findSceneMarkers { count } }") == {"count": 24}


def test_the_same_seed_makes_the_same_library(client: Client, control: Any) -> None:
    fields = "id title files { path size duration } tags { name } performers { name } studio { name }"
    seen = []
    for _ in range(2):
        control("POST", "seed", {"scenes": 5}, status=201)
        seen.append(client.scenes(fields))
        control("POST", "wipe")
    assert seen[0] == seen[1]


def test_the_request_log_says_what_was_asked(client: Client, control: Any) -> None:
    client.post("query Mine($id: ID!) { it: findTag(id: $id) { id } }", headers={"X-Mine": "1"}, id="7")
    client.media(f"{client.stash.url}/scene/1/screenshot")
    first, second = control("GET", "requests")
    assert (first["operation"], first["fields"], first["variables"]) == ("Mine", ["findTag"], {"id": "7"})
    assert (first["method"], first["path"], first["status"]) == ("POST", "/graphql", 200)
    assert first["headers"]["X-Mine"] == "1" and first["at"] <= second["at"] and first["seconds"] >= 0
    assert (second["method"], second["path"], second["status"]) == ("GET", "/scene/1/screenshot", 404)
    assert control("GET", "requests?name=findTag") == [first]
    control("DELETE", "requests")
    assert control("GET", "requests") == []


def test_the_request_log_names_fields_in_fragments_and_those_that_met_a_fault(client: Client, control: Any) -> None:
    client.stash.fault("http_500", "stats")
    client.post("query Mine { ...All } fragment All on Query { stats { scene_count } ... { version { version } } }")
    [entry] = control("GET", "requests")
    assert (entry["fields"], entry["fault"], entry["status"]) == (["stats", "version"], "http_500", 500)


def test_requests_are_counted(client: Client, control: Any) -> None:
    client.post("query Mine { version { version } }")
    client.post("query Mine { version { version } stats { scene_count } }")
    client.post("{ nothing }")
    counters = control("GET", "counters")
    assert counters["operations"] == {"Mine": 2}
    assert counters["fields"] == {"version": 2, "stats": 1}
    assert counters["statuses"] == {"200": 2, "422": 1}


def test_the_state_shows_scenes_with_all_that_belongs_to_them(client: Client, control: Any) -> None:
    client.stash.seed(scenes=1, tags=2, performers=1, studios=1)
    client.marker(1, 1, 2.5, title="Here", tag_ids=["2"])
    [scene] = control("GET", "state")["scenes"]
    assert scene["tags"] == ["Tag 0000", "Tag 0001"]
    assert (scene["performers"], scene["studio"]) == (["Performer 0000"], "Studio 0000")
    assert scene["files"] == ["/seeded/scene_000001.mp4"]
    [marker] = scene["markers"]
    assert (marker["seconds"], marker["title"], marker["primary_tag"]) == (2.5, "Here", "Tag 0000")
    assert marker["tags"] == ["Tag 0001"]


def test_somebody_elses_job_blocks_the_queue_until_it_is_ended(client: Client, control: Any) -> None:
    foreign = control("POST", "jobs", {"description": "Generating...", "progress": 0.34}, status=201)["id"]
    mine = client.ask("mutation { metadataScan(input: {}) }")
    until(lambda: client.ask(QUEUE)[0]["progress"] == 0.34)
    assert [(job["id"], job["status"]) for job in client.ask(QUEUE)] == [(foreign, "RUNNING"), (mine, "READY")]
    control("PATCH", f"jobs/{foreign}", {"progress": 0.9})
    until(lambda: client.ask(QUEUE)[0]["progress"] == 0.9)
    control("DELETE", f"jobs/{foreign}")
    assert client.ended(mine)["status"] == "FINISHED"


def test_a_job_that_is_not_somebody_elses_cannot_be_ended(client: Client, control: Any) -> None:
    number = client.scan()["id"]
    assert control("DELETE", f"jobs/{number}", status=404) == {"error": "no such job"}
