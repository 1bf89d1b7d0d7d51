"""What is kept of a request for the next one to the same address is nothing that differs from one to the next."""

from __future__ import annotations

import json

from scenes.clients.http_service import HttpService
from tests.clients.fakes import Received, http, serving


def test_each_has_its_own_json_its_length_and_its_headers() -> None:
    bodies = [{"film": "a"}, {"film": "a much longer one"}, {}, {"film": "ä"}]
    with serving(lambda request: http(200, b"{}")) as server:
        service = HttpService(server.url, headers={"ApiKey": "a secret"})
        for number, body in enumerate(bodies):
            service.request("POST", "/films", json=body, headers={"Accept": "application/json"} if number % 2 else {})
        service.request("GET", "/films")
    *sent, last = server.received
    assert [json.loads(request.body) for request in sent] == bodies
    assert [header(request, "Content-Length") for request in sent] == [str(len(request.body)) for request in sent]
    assert [header(request, "Accept") for request in sent] == ["*/*", "application/json"] * 2
    assert {header(request, "Content-Type") for request in sent} == {"application/json"}
    assert {header(request, "ApiKey") for request in server.received} == {"a secret"}
    assert last.line.startswith("GET") and not last.body and header(last, "Content-Type") is None


def test_a_cookie_is_sent_from_the_answer_on_in_which_it_came() -> None:
    with serving(lambda request: http(200, b"{}", Set_Cookie="place=7")) as server:
        service = HttpService(server.url)
        for number in range(3):
            service.request("POST", "/films", json={"film": number})
    assert [header(request, "Cookie") for request in server.received] == [None, "place=7", "place=7"]
    assert [json.loads(request.body)["film"] for request in server.received] == [0, 1, 2]


def header(request: Received, name: str) -> str | None:
    return request.headers.get(name.lower())
