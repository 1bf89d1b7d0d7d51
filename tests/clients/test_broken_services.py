"""Whatever a service or the way to it does wrong, a client raises one typed error that a person can act on."""

from __future__ import annotations

import gzip
import logging
import socket
import threading
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from jobs.waiting import Abandoned, Waiter
from scenes.clients.base import Limits, ServiceError
from scenes.clients.stash.client import StashClient
from scenes.clients.tagger.client import Question, TaggerClient, TaggerRefusedFile
from scenes.clients.tagger.recent import recent
from tests.clients.fakes import HANG, Behaviour, Received, data, failure, http, serving

KEY = "eyJhbGciOiJIUzI1NiJ9.a-secret-key"
HASTY = Limits(connect=1, read=0.3, total=5)

Ask = Callable[[str, Limits], object]


def ask_stash(url: str, limits: Limits) -> object:
    return StashClient(url, KEY, read=limits).version()


def ask_tagger(url: str, limits: Limits) -> object:
    client = TaggerClient(url, timeout=limits.total)
    client._film_limits = limits
    recent.keep(client.base, None)  # so that it is not asked which one it is
    return client.process_video(Question("/films/one.mp4"))


both = pytest.mark.parametrize("ask", [ask_stash, ask_tagger])


def always(answer: Any) -> Behaviour:
    return lambda _request: answer


def error_of(ask: Ask, behaviour: Any, limits: Limits = HASTY) -> ServiceError:
    with (
        serving(behaviour if callable(behaviour) else always(behaviour)) as fake,
        pytest.raises(ServiceError) as caught,
    ):
        ask(fake.url, limits)
    assert len(fake.received) == 1, "the client repeated its request"
    return caught.value


@both
def test_nobody_listening_is_unreachable_and_says_where(ask: Ask) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(ServiceError) as caught:
            ask(url, Limits())  # on a busy machine being refused may take its time
    assert (caught.value.code, caught.value.permanent) == ("unreachable", False)
    assert url in caught.value.message
    assert "refused" in caught.value.message
    assert caught.value.hint


@both
def test_an_unknown_host_is_unreachable(ask: Ask) -> None:
    with pytest.raises(ServiceError) as caught:
        ask("http://no-such-host.invalid:9999", Limits())  # asking for the name may take its time
    assert (caught.value.code, caught.value.permanent) == ("unreachable", False)


@both
def test_a_service_that_never_answers_is_a_timeout(ask: Ask) -> None:
    error = error_of(ask, HANG)
    assert (error.code, error.permanent) == ("timeout", False)


@both
def test_an_answer_that_trickles_for_ever_ends_at_the_total_limit(ask: Ask) -> None:
    pause = threading.Event()

    def trickle(_request: Received) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
        while not pause.wait(0.02):
            yield b" "

    error = error_of(ask, trickle, Limits(connect=1, read=20, total=0.5))
    pause.set()
    assert (error.code, error.permanent) == ("timeout", False)
    assert "0.5 s" in error.message


@both
def test_an_answer_that_stops_in_its_middle_is_timed_out(ask: Ask) -> None:
    def stall(_request: Received) -> Iterator[bytes]:
        yield b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"data"'
        threading.Event().wait(1.0)

    assert error_of(ask, stall).code == "timeout"


@both
@pytest.mark.parametrize("half", [b"", http(200, b'{"data": {"version"')[:-5], b"SSH-2.0-x\r\n"])
def test_half_an_answer_is_a_connection_that_broke_off(ask: Ask, half: bytes) -> None:
    error = error_of(ask, half)
    assert (error.code, error.permanent) == ("broken_off", False)


@both
@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe", b"null", b"[]", b'"text"', b"<html>Login</html>", b'{"data": null}']
)
def test_an_answer_that_is_not_the_one_expected_is_a_bad_answer(ask: Ask, body: bytes) -> None:
    error = error_of(ask, http(200, body))
    assert (error.code, error.permanent) == ("bad_answer", False)
    assert not isinstance(error, TaggerRefusedFile)
    assert "this address" in error.hint


@both
def test_an_answer_larger_than_its_limit_is_given_up(ask: Ask) -> None:
    def endless(_request: Received) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\n\r\n"
        while True:
            yield b" " * 65536

    error = error_of(ask, endless, Limits(size=1_000_000))
    assert error.code == "bad_answer"
    assert "1,000,000 bytes" in error.message


@both
def test_a_small_answer_that_unpacks_to_a_huge_one_is_given_up(ask: Ask) -> None:
    packed = gzip.compress(b" " * 20_000_000)
    error = error_of(ask, http(200, packed, Content_Encoding="gzip"), Limits(size=1_000_000))
    assert error.code == "bad_answer"


@both
def test_an_answer_that_cannot_be_unpacked_is_a_bad_answer(ask: Ask) -> None:
    assert error_of(ask, http(200, b"not gzip", Content_Encoding="gzip")).code == "bad_answer"


@both
def test_a_redirect_is_refused_and_not_followed(ask: Ask) -> None:
    with serving(lambda request: data()) as elsewhere:
        error = error_of(ask, http(301, Location=f"{elsewhere.url}/login?apikey={KEY}"))
        assert (error.code, error.permanent) == ("redirected", True)
        assert elsewhere.received == []
    assert elsewhere.url in error.message
    assert KEY not in str(error)


@both
@pytest.mark.parametrize(
    ("status", "code", "permanent"),
    [
        (401, "unauthorized", True),
        (403, "forbidden", False),
        (404, "wrong_address", False),
        (405, "wrong_address", False),
        (429, "busy", False),
        (500, "server_error", False),
        (502, "server_error", False),
        (503, "server_error", False),
    ],
)
def test_a_status_is_told_by_a_code(ask: Ask, status: int, code: str, permanent: bool) -> None:
    error = error_of(ask, http(status))
    assert (error.code, error.permanent) == (code, permanent)
    assert not isinstance(error, TaggerRefusedFile)
    assert error.hint


@both
def test_https_where_there_is_none_is_said(ask: Ask) -> None:
    with serving(lambda request: http(400)) as fake, pytest.raises(ServiceError) as caught:
        ask(fake.url.replace("http:", "https:"), HASTY)
    assert (caught.value.code, caught.value.permanent) == ("bad_certificate", True)


@pytest.mark.parametrize("url", ["", "stash:9999", "ftp://stash/", "http://", "http://stash:port", "http://[::1"])
@both
def test_an_address_that_is_none_is_refused_at_once(ask: Ask, url: str) -> None:
    with pytest.raises(ServiceError) as caught:
        ask(url, HASTY)
    assert (caught.value.code, caught.value.permanent) == ("bad_url", True)


def test_the_key_is_in_no_message_log_or_representation(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    echo = failure(f"no user for ApiKey {KEY}", "version")
    seen = []
    for behaviour in (echo, http(422, KEY.encode()), http(418, KEY.encode()), b"", HANG):
        with serving(always(behaviour)) as fake:
            client = StashClient(f"{fake.url.replace('//', f'//user:{KEY}@')}/?apikey={KEY}", KEY, read=HASTY)
            with pytest.raises(ServiceError) as caught:
                client.version()
        seen += [repr(client), *traceback.format_exception(caught.value)]
    assert KEY not in "".join(seen) + caplog.text


def test_the_key_goes_into_its_header_and_nowhere_else() -> None:
    with serving(lambda request: data(version={"version": "v0.30.1"})) as fake:
        assert StashClient(f"{fake.url}/graphql", f" {KEY}\n").version() == "v0.30.1"
    (request,) = fake.received
    assert request.headers["apikey"] == KEY
    assert request.line == "POST /graphql HTTP/1.1"
    assert request.headers["accept"] == "application/json"
    assert request.headers["content-type"] == "application/json"


def test_a_key_that_no_header_can_hold_is_refused_without_being_shown() -> None:
    with pytest.raises(ServiceError) as caught:
        StashClient("http://127.0.0.1:9999", "schlüssel")
    assert (caught.value.code, caught.value.permanent) == ("unauthorized", True)
    assert "schl" not in str(caught.value)


def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "")
    with serving(lambda request: data(version={"version": "v0.30.1"})) as fake:
        assert StashClient(fake.url).version() == "v0.30.1"


def test_a_path_that_a_proxy_adds_is_kept() -> None:
    with serving(lambda request: data(version={"version": None})) as fake:
        assert StashClient(f"{fake.url}/stash/").version() == ""
    assert fake.received[0].line == "POST /stash/graphql HTTP/1.1"


def test_a_read_is_abandoned_when_its_work_is_cancelled() -> None:
    wake = threading.Event()
    wake.set()
    with serving(lambda request: HANG) as fake, pytest.raises(Abandoned):
        StashClient(fake.url, waiter=Waiter(wake)).version()


def test_a_write_is_awaited_although_its_work_is_cancelled() -> None:
    wake = threading.Event()
    wake.set()
    with serving(lambda request: data(tag={"id": "7", "name": "Dune"})) as fake:
        assert StashClient(fake.url, waiter=Waiter(wake)).create_tag("Dune").id == "7"


def test_a_write_without_an_answer_says_that_it_may_have_been_done() -> None:
    with serving(lambda request: HANG) as fake, pytest.raises(ServiceError) as caught:
        StashClient(fake.url, write=Limits(read=5, total=0.3)).create_tag("Dune")
    assert caught.value.code == "timeout"
    assert "may still have done" in caught.value.hint
