"""Servers that answer whatever bytes a test wants, for what no simulator would ever do."""

from __future__ import annotations

import contextlib
import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

HANG = object()  # an answer that never comes
Behaviour = Callable[["Received"], Any]


@dataclass
class Received:
    """A request as it came over the wire."""

    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def operation(self) -> str:
        return json.loads(self.body)["operationName"]

    @property
    def variables(self) -> dict[str, Any]:
        return json.loads(self.body)["variables"]


@dataclass
class Fake:
    """Where the server is, and all that it was sent."""

    url: str
    received: list[Received] = field(default_factory=list)


@contextlib.contextmanager
def serving(behaviour: Behaviour) -> Iterator[Fake]:
    """A server on a free port. ``behaviour`` gives the bytes for a request, many chunks of them, or HANG."""
    over = threading.Event()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            request = _read_request(self.rfile)
            if request is None:
                return
            fake.received.append(request)
            answer = behaviour(request)
            if answer is HANG:
                over.wait(30)
                return
            chunks = [answer] if isinstance(answer, bytes) else answer
            with contextlib.suppress(ConnectionError):
                for chunk in chunks:
                    if over.is_set():
                        return
                    self.wfile.write(chunk)

    with _Server(("127.0.0.1", 0), Handler) as server:
        fake = Fake(f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield fake
        finally:
            over.set()
            server.shutdown()
            thread.join(10)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    block_on_close = False


def _read_request(stream: Any) -> Received | None:
    line = stream.readline().decode().strip()
    if not line:
        return None
    headers = {}
    while header := stream.readline().decode().strip():
        name, _, value = header.partition(":")
        headers[name.lower()] = value.strip()
    return Received(line, headers, stream.read(int(headers.get("content-length", 0))))


def http(status: int, body: bytes = b"", **headers: str) -> bytes:
    """The bytes of a whole answer. Underscores in header names become hyphens."""
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def answer(content: Any, status: int = 200) -> bytes:
    """``content`` as a JSON answer."""
    return http(status, json.dumps(content).encode(), Content_Type="application/json")


def data(**fields: Any) -> bytes:
    """A GraphQL answer without errors."""
    return answer({"data": fields})


def failure(message: str, *path: str, **fields: Any) -> bytes:
    """A GraphQL answer with one error; ``data`` is null unless fields are given."""
    error: dict[str, Any] = {"message": message} | ({"path": list(path)} if path else {})
    return answer({"data": fields or None, "errors": [error]})
