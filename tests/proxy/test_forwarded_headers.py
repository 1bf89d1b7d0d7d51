"""What proxies say of those who come through them is believed of trusted ones, and taken away from all others."""

from __future__ import annotations

import asyncio
import logging
from ipaddress import ip_network
from typing import Any

import pytest

from stashhog.proxies.forwarded import Forwarded

TRUSTED = [ip_network(word) for word in ("127.0.0.1", "172.18.0.0/16", "fd00::/8")]
PROXY, BROWSER, STRANGER = "172.18.0.2", "192.0.2.7", "198.51.100.9"
HTTPS = {"x-forwarded-proto": "https"}


def passed_on(peer: str | None, headers: dict[str, str] | list[tuple[str, str]], **scope: Any) -> dict[str, Any]:
    """The scope behind the middleware, of a request to http://hog:8000 from this address."""
    given = list(headers.items()) if isinstance(headers, dict) else headers
    got: dict[str, Any] = {}

    async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
        got.update(scope)

    asked = {
        "type": "http",
        "scheme": "http",
        "client": [peer, 50123] if peer else None,
        "headers": [(b"host", b"hog:8000"), *((name.encode(), value.encode()) for name, value in given)],
    }
    asyncio.run(Forwarded(application, TRUSTED)(asked | scope, None, None))
    return got


def client_of(peer: str | None, *forwarded_for: str) -> str | None:
    scope = passed_on(peer, [("x-forwarded-for", value) for value in forwarded_for])
    return scope["client"][0] if scope["client"] else None


def hosts_in(scope: dict[str, Any]) -> list[str]:
    return [value.decode() for name, value in scope["headers"] if name == b"host"]


def test_a_trusted_proxy_says_who_asks() -> None:
    assert client_of(PROXY, BROWSER) == BROWSER
    assert client_of("127.0.0.1", "2001:db8::7") == "2001:db8::7"
    assert client_of("fd00::2", "[2001:db8::7]:4711") == "2001:db8::7"
    assert client_of("::ffff:172.18.0.2", f"{BROWSER}:4711") == BROWSER, "an IPv4 proxy at an IPv6 socket"


def test_what_others_say_is_not_believed() -> None:
    for peer in (STRANGER, "172.19.0.2", "fe80::1", "", None, "nonsense"):
        assert client_of(peer, BROWSER) == (peer or None)
        scope = passed_on(peer, HTTPS | {"x-forwarded-host": "evil.example"})
        assert (scope["scheme"], hosts_in(scope)) == ("http", ["hog:8000"])


def test_what_a_browser_made_up_before_the_proxy_added_its_address_is_not_believed() -> None:
    assert client_of(PROXY, f"{STRANGER}, {BROWSER}") == BROWSER
    assert client_of(PROXY, STRANGER, BROWSER) == BROWSER, "in a header of its own"
    assert client_of(PROXY, f"127.0.0.1, {BROWSER}") == BROWSER
    assert client_of(PROXY, ", ".join([STRANGER] * 5000 + [BROWSER])) == BROWSER


def test_several_trusted_proxies_in_a_row_are_looked_through() -> None:
    assert client_of(PROXY, f"{STRANGER}, {BROWSER}, 172.18.0.9, 127.0.0.1") == BROWSER
    assert client_of(PROXY, "172.18.0.9") == "172.18.0.9", "the proxy itself asks, as for its health check"


@pytest.mark.parametrize("word", ["unknown", "", "_hidden", "localhost", "1.2.3", "999.1.1.1", "<b>"])
def test_what_is_no_address_is_nobodys(word: str) -> None:
    assert client_of(PROXY, word) == PROXY
    assert client_of(PROXY, f"{word}, 172.18.0.9") == "172.18.0.9"


def test_https_and_host_are_those_that_the_browser_asked_for() -> None:
    headers_given = HTTPS | {"x-forwarded-host": "hog.example.com"}
    scope = passed_on(PROXY, headers_given)
    assert (scope["scheme"], hosts_in(scope)) == ("https", ["hog.example.com"])
    scope = passed_on(PROXY, headers_given, type="websocket", scheme="ws")
    assert (scope["scheme"], hosts_in(scope)) == ("wss", ["hog.example.com"])


def test_of_several_values_the_last_counts_which_is_the_proxys() -> None:
    headers_given = [("x-forwarded-proto", "https, http"), ("x-forwarded-host", "evil.example, hog.example.com")]
    scope = passed_on(PROXY, headers_given)
    assert (scope["scheme"], hosts_in(scope)) == ("http", ["hog.example.com"])


def test_nothing_of_it_is_left_for_what_comes_after() -> None:
    names = ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-port", "forwarded", "x-real-ip"]
    for peer in (PROXY, STRANGER):
        scope = passed_on(peer, dict.fromkeys(names, "203.0.113.5") | {"accept": "*/*"})
        assert {name for name, _ in scope["headers"]} == {b"host", b"accept"}


def test_the_log_names_a_proxy_that_is_not_trusted_once(caplog: pytest.LogCaptureFixture) -> None:
    async def application(*given: Any) -> None:
        pass

    middleware = Forwarded(application, [])
    with caplog.at_level(logging.WARNING, "stashhog.proxies.forwarded"):
        for number in range(500):
            scope = {"type": "http", "client": [f"10.0.{number % 50}.1", 1], "headers": [(b"x-forwarded-for", b"x")]}
            asyncio.run(middleware(scope, None, None))
    headers_given = [record.getMessage() for record in caplog.records]
    assert len(headers_given) == len(set(headers_given)) == 20
    assert "10.0.0.1" in headers_given[0] and "STASHHOG_TRUSTED_PROXIES" in headers_given[0]
