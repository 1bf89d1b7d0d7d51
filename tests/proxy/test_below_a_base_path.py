"""STASHHOG_BASE_PATH: what is below it is answered, and nobody but the setting says where that is."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from django.urls import get_script_prefix

from stashhog.proxies.base_path import BelowBasePath


def answered(path: str, base: str = "/hog", type: str = "http", **scope: Any) -> tuple[dict[str, Any], list[Any]]:
    """The scope that the application behind it got, and what was sent otherwise."""
    got: dict[str, Any] = {}
    sent: list[Any] = []

    async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
        got.update(scope, prefix=get_script_prefix())

    async def receive() -> dict[str, Any]:
        return {"type": f"{type}.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    asked = {"type": type, "path": path, "headers": []} | scope
    asyncio.run(BelowBasePath(application, base, ["/healthz"])(asked, receive, send))
    return got, sent


@pytest.mark.parametrize("type", ["http", "websocket"])
def test_what_is_below_it_is_passed_on_with_the_path_that_addresses_are_made_with(type: str) -> None:
    got, sent = answered("/hog/jobs/", type=type)
    assert (got["root_path"], got["path"], got["prefix"], sent) == ("/hog", "/hog/jobs/", "/hog/", [])


def test_without_the_setting_all_is_passed_on() -> None:
    got, _ = answered("/jobs/", base="")
    assert (got["root_path"], got["prefix"]) == ("", "/")


def test_a_path_that_the_client_names_is_not_believed() -> None:
    assert answered("/jobs/", base="", root_path="//evil.example")[0]["root_path"] == ""
    assert answered("/hog/jobs/", root_path="/hog/jobs")[0]["root_path"] == "/hog"


@pytest.mark.parametrize("path", ["/", "/jobs/", "/hogs/jobs/", "/hog2", "/HOG/", "//hog/"])
def test_what_is_elsewhere_is_not_found_and_says_what_the_proxy_should_do(path: str) -> None:
    got, (start, body) = answered(path)
    assert not got and start["status"] == 404
    assert (
        b"StashHog is at /hog/ here (STASHHOG_BASE_PATH)" in body["body"] and b"let it pass the path on" in body["body"]
    )


def test_a_web_socket_elsewhere_is_refused() -> None:
    got, sent = answered("/ws/jobs/", type="websocket")
    assert not got and [message["type"] for message in sent] == ["websocket.close"]


def test_without_its_last_slash_it_leads_to_the_home_page() -> None:
    _, (start, _body) = answered("/hog")
    assert start["status"] == 302 and (b"location", b"/hog/") in start["headers"]


def test_probes_are_answered_without_it_too() -> None:
    assert answered("/healthz")[0]["path"] == "/healthz"
