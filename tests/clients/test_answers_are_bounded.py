"""No answer of a service takes more memory, more time or a thread for longer than its limits say."""

from __future__ import annotations

import contextlib
import gzip
import json
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from jobs.waiting import Abandoned, Waiter
from scenes.clients.base import Limits, ServiceError
from scenes.clients.qbittorrent.client import QBittorrentClient
from scenes.clients.stash.client import StashClient
from scenes.clients.tagger.client import Question, TaggerClient
from scenes.clients.tagger.recent import recent
from tests.clients.fakes import HANG, Behaviour, Received, http, serving

MB = 1_000_000
SMALL = Limits(connect=1, read=5, total=10, size=MB)
ROOMY = Limits(connect=1, read=30, total=60)
HASTY = Limits(connect=1, read=20, total=0.25)

Ask = Callable[[str, Limits, Waiter], object]


def ask_qbittorrent(url: str, limits: Limits, waiter: Waiter) -> object:
    with contextlib.closing(QBittorrentClient(url, "admin", "a secret", waiter, read=limits)) as client:
        return client.torrents()


def ask_stash(url: str, limits: Limits, waiter: Waiter) -> object:
    return StashClient(url, waiter=waiter, read=limits).version()


def ask_tagger(url: str, limits: Limits, waiter: Waiter) -> object:
    client = TaggerClient(url, waiter, timeout=limits.total)
    client._film_limits = limits
    recent.keep(client.base, None)  # so that it is not asked which one it is
    return client.process_video(Question("/films/one.mp4"))


every = pytest.mark.parametrize("ask", [ask_qbittorrent, ask_stash, ask_tagger])


def after_login(answer: Any) -> Behaviour:
    """A good answer to a login; ``answer`` to everything else, again for each request if it is callable."""

    def behave(request: Received) -> Any:
        if "auth/login" in request.line:
            return http(200, b"Ok.")
        return answer() if callable(answer) else answer

    return behave


def error_of(ask: Ask, behaviour: Behaviour, limits: Limits = SMALL) -> ServiceError:
    with serving(behaviour) as fake, pytest.raises(ServiceError) as caught:
        ask(fake.url, limits, Waiter())
    return caught.value


def chunked(body: bytes, **headers: str) -> bytes:
    lines = ["HTTP/1.1 200 OK", "Transfer-Encoding: chunked", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", f"{len(body):x}", ""]).encode() + body + b"\r\n0\r\n\r\n"


ONCE = gzip.compress(b" " * 64 * MB)
BOMBS = {
    "gzip": http(200, ONCE, Content_Encoding="gzip"),
    "deflate": http(200, zlib.compress(b" " * 64 * MB), Content_Encoding="deflate"),
    "packed twice": http(200, gzip.compress(ONCE), Content_Encoding="gzip, gzip"),
    "chunked": chunked(ONCE, Content_Encoding="gzip"),
    "chunked, packed twice": chunked(gzip.compress(ONCE), Content_Encoding="gzip, gzip"),
    "not packed": http(200, b" " * 64 * MB),
}


@every
@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_an_answer_is_unpacked_up_to_its_limit_and_no_further(ask: Ask, bomb: bytes) -> None:
    tracemalloc.start()
    try:
        error = error_of(ask, after_login(bomb))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert error.code == "bad_answer"
    assert "1,000,000 bytes" in error.message
    assert peak < 10 * MB


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_the_answer_to_a_login_is_bounded_too(bomb: bytes) -> None:
    tracemalloc.start()
    try:
        error = error_of(ask_qbittorrent, lambda _request: bomb)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert error.code == "bad_answer"
    assert peak < 10 * MB


@pytest.mark.big
@every
@pytest.mark.parametrize("value", [b"{}", b"[]", b"1.5", b'"ab"'], ids=str)
def test_an_answer_of_very_many_tiny_values_is_not_parsed_since_each_takes_far_more_memory_than_bytes(
    ask: Ask, value: bytes
) -> None:
    error = error_of(ask, after_login(http(200, b"[" + b",".join([value] * 6_500_000) + b"]")), ROOMY)
    assert error.code == "bad_answer"
    assert "more than 6,000,000 values" in error.message


@every
@pytest.mark.parametrize("status", [403, 500, 503])
def test_a_huge_page_of_an_error_is_told_by_its_status(ask: Ask, status: int) -> None:
    page = http(status, b"<p>an error page</p>" * MB)
    tracemalloc.start()
    try:
        error = error_of(ask, after_login(page))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert error.code == {403: "forbidden", 500: "server_error", 503: "server_error"}[status]
    assert len(error.message) < 2000
    assert peak < 10 * MB


@every
def test_an_answer_that_never_ends_is_given_up_at_its_limit(ask: Ask) -> None:
    def endless() -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\n\r\n"
        while True:
            yield b" " * 65536

    error = error_of(ask, after_login(endless))
    assert error.code == "bad_answer"
    assert "1,000,000 bytes" in error.message


def test_a_list_that_is_too_large_says_how_to_make_it_smaller() -> None:
    error = error_of(ask_qbittorrent, after_login(BOMBS["gzip"]))
    assert "category" in error.hint


@every
@pytest.mark.parametrize("announced", [10, 10**6, 10**30])
def test_a_length_that_is_not_true_is_no_answer(ask: Ask, announced: int) -> None:
    half = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % announced + b"[" + b" " * 500
    assert error_of(ask, after_login(half)).code in ("bad_answer", "broken_off")


@every
def test_an_answer_in_chunks_that_breaks_off_is_no_answer(ask: Ask) -> None:
    half = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[]\r\nfff\r\n["
    assert error_of(ask, after_login(half)).code == "broken_off"


@every
@pytest.mark.parametrize(
    "packed", [b"not packed", gzip.compress(b" " * 10_000)[:-20]], ids=["not packed", "broken off"]
)
def test_what_cannot_be_unpacked_is_a_bad_answer(ask: Ask, packed: bytes) -> None:
    assert error_of(ask, after_login(http(200, packed, Content_Encoding="gzip"))).code == "bad_answer"


@every
@pytest.mark.parametrize("header", [b"X: " + b"x" * 100_000, b"\r\n".join(b"X-%d: x" % n for n in range(1000))])
def test_headers_without_end_are_no_answer(ask: Ask, header: bytes) -> None:
    assert error_of(ask, after_login(b"HTTP/1.1 200 OK\r\n" + header + b"\r\n\r\n[]")).code == "broken_off"


def test_a_huge_cookie_does_no_harm() -> None:
    def behave(request: Received) -> bytes:
        return http(200, b"Ok." if "auth/login" in request.line else b"[]", Set_Cookie="SID=" + "x" * 60_000)

    with serving(behave) as fake:
        assert ask_qbittorrent(fake.url, SMALL, Waiter()) == []


# --- The thread of a call that was given up ---


def drip(begin: bytes, drop: bytes) -> Callable[[], Iterator[bytes]]:
    def answer() -> Iterator[bytes]:
        yield begin
        while True:
            time.sleep(0.05)
            yield drop

    return answer


TRICKLES = {
    "body": drip(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b" "),
    "packed body": drip(
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 100000\r\n\r\n" + gzip.compress(b"")[:10], b"\0"
    ),
    "chunks": drip(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "kept connection": drip(b"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 100000\r\n\r\n", b" "),
    "headers": drip(b"HTTP/1.1 200 OK\r\n", b"X: x\r\n"),
    "one header": drip(b"HTTP/1.1 200 OK\r\nX: ", b"x"),
    "status line": drip(b"", b"x"),
    "continue": drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "error": drip(b"HTTP/1.1 500 Oh\r\nContent-Length: 100000\r\n\r\n", b" "),
    "nothing": lambda: HANG,
}


def calls() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "bounded-call"]


def assert_no_call_is_left() -> None:
    deadline = time.monotonic() + 5
    while calls() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert calls() == []


@every
@pytest.mark.parametrize("trickle", TRICKLES.values(), ids=TRICKLES)
def test_an_answer_that_trickles_is_a_timeout_and_nobody_reads_on(ask: Ask, trickle: Any) -> None:
    with serving(after_login(trickle)) as fake:
        with pytest.raises(ServiceError) as caught:
            ask(fake.url, HASTY, Waiter())
        assert caught.value.code == "timeout"
        assert_no_call_is_left()


@every
@pytest.mark.parametrize("trickle", TRICKLES.values(), ids=TRICKLES)
def test_nobody_reads_on_after_a_cancel(ask: Ask, trickle: Any) -> None:
    wake = threading.Event()
    threading.Timer(0.15, wake.set).start()
    with serving(after_login(trickle)) as fake:
        with pytest.raises(Abandoned):
            ask(fake.url, Limits(connect=1, read=20, total=20), Waiter(wake))
        assert_no_call_is_left()


def test_a_login_that_trickles_is_a_timeout_and_nobody_reads_on() -> None:
    with serving(lambda _request: TRICKLES["body"]()) as fake:
        with pytest.raises(ServiceError) as caught:
            ask_qbittorrent(fake.url, HASTY, Waiter())
        assert caught.value.code == "timeout"
        assert_no_call_is_left()


def test_after_an_answer_was_given_up_the_next_one_comes_through() -> None:
    slow = threading.Event()
    slow.set()

    def behave(request: Received) -> Any:
        if "auth/login" in request.line:
            return http(200, b"Ok.")
        return TRICKLES["body"]() if slow.is_set() else http(200, b"[]")

    with serving(behave) as fake, contextlib.closing(QBittorrentClient(fake.url, "a", "b", read=HASTY)) as client:
        with pytest.raises(ServiceError):
            client.torrents()
        slow.clear()
        assert client.torrents() == []


@pytest.mark.big
def test_twenty_thousand_torrents_and_fifty_thousand_files_fit() -> None:
    torrent = {
        "hash": "", "name": "A film with a long name " * 5, "state": "stalledUP", "save_path": "/downloads/films",
        "content_path": "/downloads/films/A film", "category": "films", "tags": "a, b", "size": 10**10,
        "progress": 1, "completion_on": 1_700_000_000, "magnet_uri": "magnet:?xt=urn:btih:" + "tr=udp%3A%2F%2Fx&" * 60,
    }  # fmt: skip
    torrents = [torrent | {"hash": f"{number:040x}"} for number in range(20_000)]
    file = {"name": "A folder with a name/" * 10 + "film.mp4", "size": 10**9, "priority": 1, "progress": 1, "index": 1}

    def behave(request: Received) -> bytes:
        if "auth/login" in request.line:
            return http(200, b"Ok.")
        return http(200, json.dumps([file] * 50_000 if "files" in request.line else torrents).encode())

    with serving(behave) as fake, contextlib.closing(QBittorrentClient(fake.url, "a", "b")) as client:
        assert len(client.torrents()) == 20_000
        assert len(client.files("0" * 40)) == 50_000
