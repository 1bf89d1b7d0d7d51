"""A WebSocket frame that is too large ends its connection with a code that the server may send, and nothing else."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.processes import started, until
from tests.web.factories import make_token, make_user

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True), pytest.mark.acceptance]
TOO_LARGE = 4413


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "web.log"


@pytest.fixture
def port(log: Path, no_lasting_connections: None) -> Iterator[int]:
    """Of a real web process."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with started("manage.py", "web", STASHHOG_BIND=f"127.0.0.1:{port}", STASHHOG_TEST_LOG=str(log)):
        until(lambda: _answers(port), "the web process")
        yield port


def _answers(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/healthz", timeout=5).ok
    except requests.ConnectionError:
        return False


def opened(port: int, token: str) -> ClientConnection:
    headers = {"Authorization": f"Bearer {token}"}
    return connect(f"ws://127.0.0.1:{port}/ws/jobs/", additional_headers=headers, max_size=None)


def code_after(page: ClientConnection, *frames: str | bytes) -> int | None:
    with pytest.raises(ConnectionClosed):
        for frame in frames:
            page.send(frame)
        while True:
            page.recv(timeout=20)
    return page.close_code


def test_it_is_closed_with_its_own_code_and_the_log_has_no_traceback(port: int, log: Path) -> None:
    token = make_token(make_user())
    for frames in (["x" * 2000], [b"\0" * 2000], ['{"type": "ping"}' + " " * 2000], ["x" * 900_000], ["x" * 2000] * 20):
        with opened(port, token) as page:
            assert code_after(page, *frames) == TOO_LARGE
    with opened(port, token) as page:
        assert code_after(page, "x" * 2_000_000) == 1009  # the server's own bound
    with opened(port, token) as page:
        page.recv(timeout=20)
        page.send('{"type": "ping"}')
        assert "alive" in str(page.recv(timeout=20))
    log_text = log.read_text()
    assert "Traceback" not in log_text and "Exception" not in log_text and "ERROR" not in log_text
