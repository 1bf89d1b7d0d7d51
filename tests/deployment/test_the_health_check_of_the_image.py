"""deploy/docker/healthcheck.py: what Docker takes for healthy."""

from __future__ import annotations

import http.server
import runpy
import threading
from collections.abc import Callable, Iterator

import pytest

from tests.deployment.files import DEPLOY

Answer = Callable[[int], int]


@pytest.fixture
def serve() -> Iterator[Answer]:
    """`serve(status)`: the port of a server that answers /readyz so, and 404 to all else."""
    servers = []

    def start(status: int) -> int:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status if self.path == "/readyz" else 404)
                self.end_headers()

            def log_message(self, *given: object) -> None:
                pass

        servers.append(http.server.HTTPServer(("127.0.0.1", 0), Handler))
        threading.Thread(target=servers[-1].serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return int(servers[-1].server_address[1])

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def check(monkeypatch: pytest.MonkeyPatch, bind: str) -> int:
    monkeypatch.setenv("STASHHOG_BIND", bind)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")  # which must not be asked
    main: Callable[[], int] = runpy.run_path(str(DEPLOY / "docker" / "healthcheck.py"))["main"]
    return main()


def test_who_is_ready_is_healthy(monkeypatch: pytest.MonkeyPatch, serve: Answer) -> None:
    assert check(monkeypatch, f"0.0.0.0:{serve(200)}") == 0


def test_who_is_not_ready_or_does_not_answer_is_not(monkeypatch: pytest.MonkeyPatch, serve: Answer) -> None:
    assert check(monkeypatch, f"127.0.0.1:{serve(503)}") == 1
    assert check(monkeypatch, "127.0.0.1:9") == 1
