"""The API's documentation: who may read it, and that it tells which errors there are."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import schemathesis
from django.contrib.staticfiles.finders import find
from django.test import Client

from stashhog.http.bodies import MAX_BODY
from tests.web.factories import make_job, make_token, make_user

pytestmark = [pytest.mark.one_database, pytest.mark.django_db]
ADDRESS = "/api/openapi.json"


@pytest.fixture
def paths(program: Client) -> dict[str, Any]:
    paths: dict[str, Any] = program.get(ADDRESS).json()["paths"]
    return paths


def test_it_answers_a_token_as_well_as_a_login(program: Client, browser: Client) -> None:
    for client in (program, browser):
        answer = client.get(ADDRESS)
        assert answer.status_code == 200 and "/api/jobs" in answer.json()["paths"]


def test_a_user_without_any_permission_may_read_it() -> None:
    user = make_user("bob", staff=False)
    assert Client(headers={"authorization": f"Bearer {make_token(user)}"}).get(ADDRESS).status_code == 200


def test_others_are_answered_401_as_by_the_routes() -> None:
    retired = make_user("carol", staff=False)
    token = make_token(retired)
    retired.is_active = False
    retired.save()
    for headers in (
        {},
        {"authorization": "Bearer wrong"},
        {"authorization": f"Bearer {token}"},
        {"authorization": "x"},
    ):
        answer = Client(headers=headers).get(ADDRESS)
        assert answer.status_code == 401 and answer.json()["error"]["code"] == "not_logged_in"


def test_whatever_changes_something_says_that_it_may_answer_400_401_403_and_413(paths: dict[str, Any]) -> None:
    posts = {address: methods["post"] for address, methods in paths.items() if "post" in methods}
    assert len(posts) >= 4
    for address, post in posts.items():
        assert {"400", "401", "403", "413"} <= post["responses"].keys(), address
        schema = post["responses"]["413"]["content"]["application/json"]["schema"]
        assert schema == {"$ref": "#/components/schemas/ErrorBody"}


@pytest.mark.parametrize("path", ["/api/jobs?limit=0", "/api/jobs/{id}?x=%00", "/api/jobs/{id}/events?cursor=x"])
def test_each_400_of_reading_is_documented(program: Client, paths: dict[str, Any], path: str) -> None:
    job = make_job()
    assert program.get(path.format(id=job.pk)).status_code == 400
    route = path.split("?")[0].replace("{id}", "{job_id}")
    assert "400" in paths[route]["get"]["responses"]


@pytest.mark.parametrize("act", ["retry", "cancel"])
def test_each_400_of_acting_is_documented(program: Client, paths: dict[str, Any], act: str) -> None:
    assert program.post(f"/api/jobs/{make_job().pk}/{act}?step=%00").status_code == 400
    assert "400" in paths[f"/api/jobs/{{job_id}}/{act}"]["post"]["responses"]


@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded", "text/plain"])
@pytest.mark.parametrize("path", ["/api/jobs", "/api/release"])
@pytest.mark.parametrize("who", ["program", "browser"])
def test_a_body_that_is_too_large_is_answered_413_in_the_one_format(
    request: pytest.FixtureRequest, who: str, path: str, kind: str
) -> None:
    client: Client = request.getfixturevalue(who)
    answer = client.post(path, b"x" * (MAX_BODY - 1), content_type=kind)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["detail"]) == (413, "too_large", {})
    assert error["message"]


def test_it_is_a_valid_document_of_openapi_3_1(program: Client) -> None:
    document = program.get(ADDRESS).json()
    assert document["openapi"].startswith("3.1.")
    schemathesis.openapi.from_dict(document).validate()
    for name in set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(document))):
        assert name in document["components"]["schemas"]


def test_each_route_tells_of_each_answer_and_its_shape(paths: dict[str, Any]) -> None:
    for address, methods in paths.items():
        for method, operation in methods.items():
            answers = operation["responses"]
            assert {"400", "401", "403", "503"} <= answers.keys(), address
            assert method == "get" or {"413", "415"} <= answers.keys(), address
            assert "{" not in address or "404" in answers, address
            for status, answer in answers.items():
                assert answer["description"], f"{method} {address} {status}"
                assert "content" in answer or status == "204", f"{method} {address} {status}"


def test_the_page_of_it_has_its_scripts_in_files_of_ours(browser: Client) -> None:
    page = browser.get("/api/docs")
    scripts = re.findall(r"<script([^>]*)>", page.text)
    assert len(scripts) >= 2
    for attributes in scripts:
        assert 'type="application/json"' in attributes or 'src="/static/ninja/' in attributes
    for file in re.findall(r'(?:src|href)="/static/([^"]+)"', page.text):
        assert find(file), file
