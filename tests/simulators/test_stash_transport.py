"""How requests are taken, refused and answered (services/stash.md, "Transport and errors")."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from scenes.simulators.stash import RunningStash, running_stash
from tests.simulators.stash_client import DEADLINE, Client

VERSION = "{ version { version } }"
KEY = "a-key-of-the-tests"
JSON = "application/json"


@pytest.fixture
def locked(library: Path) -> Iterator[RunningStash]:
    """A Stash with credentials."""
    with running_stash([library], api_key=KEY, seconds_per_item=0.0) as stash:
        yield stash


def post(stash: RunningStash, query: str = VERSION, **headers: str) -> requests.Response:
    return requests.post(f"{stash.url}/graphql", json={"query": query}, headers=headers, timeout=DEADLINE)


@pytest.mark.parametrize("kind", ["text/plain", "application/graphql", "application/x-www-form-urlencoded"])
def test_a_content_type_other_than_json_is_refused(stash: RunningStash, kind: str) -> None:
    body = json.dumps({"query": VERSION})
    headers = {"Content-Type": kind, "Accept": JSON}
    response = requests.post(f"{stash.url}/graphql", data=body, headers=headers, timeout=DEADLINE)
    assert response.status_code == 400
    assert response.json()["errors"][0]["message"] == "transport not supported"


def test_a_json_content_type_with_a_charset_is_taken(stash: RunningStash) -> None:
    response = post(stash, **{"Content-Type": "application/json; charset=utf-8", "Accept": JSON})
    assert response.json() == {"data": {"version": {"version": "v0.30.1"}}}


def test_a_body_that_is_no_json_is_refused(stash: RunningStash) -> None:
    headers = {"Content-Type": JSON, "Accept": JSON}
    response = requests.post(f"{stash.url}/graphql", data="{oops", headers=headers, timeout=DEADLINE)
    assert response.status_code == 400
    assert "could not be decoded" in response.json()["errors"][0]["message"]


def test_answers_are_gzipped_when_json_is_accepted(stash: RunningStash) -> None:
    headers = {"Accept": JSON, "Accept-Encoding": "gzip"}
    url = f"{stash.url}/graphql"
    with requests.post(url, json={"query": VERSION}, headers=headers, stream=True, timeout=DEADLINE) as response:
        assert response.headers["Content-Encoding"] == "gzip"
        assert response.headers["Content-Type"].startswith(JSON)
        assert json.loads(gzip.decompress(response.raw.read()))["data"]


def test_nothing_is_gzipped_when_anything_is_accepted(stash: RunningStash) -> None:
    response = post(stash, Accept="*/*", **{"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in response.headers
    assert response.headers["Content-Type"].startswith("application/graphql-response+json")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ version { version }", "GRAPHQL_PARSE_FAILED"),
        ("{ version { nothing } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ version { } }", "GRAPHQL_PARSE_FAILED"),
        ("query($id: ID!) { findTag(id: $id) { id } }", "GRAPHQL_VALIDATION_FAILED"),
    ],
)
@pytest.mark.parametrize(("accepted", "status"), [(JSON, 422), ("*/*", 400)])
def test_an_invalid_query_is_refused_with_a_code(
    stash: RunningStash, query: str, code: str, accepted: str, status: int
) -> None:
    response = post(stash, query, Accept=accepted)
    assert response.status_code == status
    assert response.json()["errors"][0]["extensions"]["code"] == code
    assert response.json()["data"] is None


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ('mutation { it: sceneUpdate(input: {id: "99999"}) { id } }', "scene with id 99999 not found"),
        ('mutation { it: bulkSceneUpdate(input: {ids: ["99999"]}) { id } }', "sql: no rows in result set"),
        (
            'mutation { it: sceneUpdate(input: {id: "1", tag_ids: ["99999"]}) { id } }',
            "FOREIGN KEY constraint failed",
        ),
    ],
)
def test_a_resolver_error_is_status_200_with_path_and_free_text(client: Client, query: str, message: str) -> None:
    client.stash.seed(scenes=1)
    answer = client.answer(query)
    assert answer["data"] == {"it": None}
    assert answer["errors"] == [{"message": message, "path": ["it"]}]


def test_a_locked_database_is_a_resolver_error_too(client: Client) -> None:
    client.stash.seed(scenes=1)
    client.stash.fault("resolver_error", "sceneUpdate")
    answer = client.answer('mutation { sceneUpdate(input: {id: "1", title: "new"}) { id } }')
    assert answer["errors"] == [{"message": "database is locked", "path": ["sceneUpdate"]}]
    assert client.scene(1)["title"] == "Scene 1"


def test_an_id_that_is_no_number_is_a_resolver_error(client: Client) -> None:
    message = client.error('{ findScene(id: "one") { id } }')
    assert message == 'converting id: strconv.Atoi: parsing "one": invalid syntax'


# --- the key ---


def test_the_key_is_taken_from_the_header_apikey(locked: RunningStash) -> None:
    assert post(locked, ApiKey=KEY).json()["data"]


@pytest.mark.parametrize("headers", [{}, {"ApiKey": "wrong"}, {"Authorization": f"Bearer {KEY}"}])
def test_a_missing_or_wrong_key_is_answered_401_with_an_empty_body(
    locked: RunningStash, headers: dict[str, str]
) -> None:
    response = post(locked, **headers)
    assert (response.status_code, response.content) == (401, b"")


def test_a_key_sent_to_a_server_without_credentials_is_answered_401(stash: RunningStash) -> None:
    assert post(stash).status_code == 200
    response = post(stash, ApiKey=KEY)
    assert (response.status_code, response.content) == (401, b"")


def test_the_key_works_in_the_query_string_as_well(locked: RunningStash) -> None:
    url = f"{locked.url}/graphql?apikey={KEY}"
    assert requests.post(url, json={"query": VERSION}, timeout=DEADLINE).status_code == 200


def test_the_stream_address_contains_the_key(locked: RunningStash) -> None:
    locked.seed(scenes=1)
    response = post(locked, '{ findScene(id: "1") { paths { stream screenshot } } }', ApiKey=KEY)
    paths = response.json()["data"]["findScene"]["paths"]
    assert paths["stream"] == f"{locked.url}/scene/1/stream?apikey={KEY}"
    assert KEY not in paths["screenshot"]


def test_media_without_a_key_redirect_to_the_login_page(locked: RunningStash) -> None:
    response = requests.get(f"{locked.url}/scene/1/screenshot", allow_redirects=False, timeout=DEADLINE)
    assert (response.status_code, response.headers["Location"]) == (302, "/login")
    assert "Login" in requests.get(f"{locked.url}/scene/1/screenshot", timeout=DEADLINE).text


def test_media_with_a_wrong_key_are_answered_401(locked: RunningStash) -> None:
    response = requests.get(f"{locked.url}/scene/1/screenshot", headers={"ApiKey": "wrong"}, timeout=DEADLINE)
    assert response.status_code == 401


def test_healthz_needs_no_key(locked: RunningStash) -> None:
    assert requests.get(f"{locked.url}/healthz", timeout=DEADLINE).status_code == 200


# --- addresses, and a server that is not set up ---


def test_addresses_are_built_from_the_host_header(stash: RunningStash) -> None:
    stash.seed(scenes=1)
    response = post(stash, '{ findScene(id: "1") { paths { sprite } } }', Host="stash.lan:9999")
    assert response.json()["data"]["findScene"]["paths"]["sprite"].startswith("http://stash.lan:9999/scene/")


def test_addresses_are_given_for_files_that_do_not_exist(client: Client) -> None:
    client.stash.seed(scenes=1)
    paths = client.scene(1, "paths { screenshot preview webp vtt sprite }")["paths"]
    assert {client.media(address).status_code for address in paths.values()} == {404}


def test_a_stash_that_is_not_set_up_says_so_and_answers_nil_pointer_errors(library: Path) -> None:
    with running_stash([library], status="SETUP") as stash:
        client = Client(stash)
        assert client.ask("{ systemStatus { status } }") == {"status": "SETUP"}
        answer = client.answer("{ findScenes { count } }")
        assert answer["data"] is None
        assert "nil pointer" in answer["errors"][0]["message"]


def test_a_stash_that_is_set_up_says_ok_and_its_schema(client: Client) -> None:
    asked = "{ systemStatus { status databaseSchema appSchema } }"
    assert client.ask(asked) == {"status": "OK", "databaseSchema": 75, "appSchema": 75}


def test_no_key_is_ever_in_the_request_log(locked: RunningStash) -> None:
    post(locked, ApiKey=KEY)
    requests.get(f"{locked.url}/scene/1/stream?apikey={KEY}", timeout=DEADLINE)
    log = requests.get(f"{locked.url}/_simulator/requests", timeout=DEADLINE)
    assert log.json()[0]["had_key"] is True
    assert KEY not in log.text
