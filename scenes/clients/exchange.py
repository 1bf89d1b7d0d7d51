"""The body of an answer up to a limit, and connections that another thread can cut.

`requests` bounds neither: it reads a body of any size, and its time limits count from one received byte to the
next, so an answer that trickles would keep the thread of a call that was given up for days.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from typing import Any, TypeVar

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from jobs.texts.translatable import Translatable as _

T = TypeVar("T")

MAX_ERROR = 64 * 1024  # bytes of the body of an error that are read: whatever it is, its status tells the most

_of_thread = threading.local()


# In JSON: two bytes of an answer may become 70 of memory, and nothing can interrupt the parser. 40,000 torrents have
# 2 million values, the ids and times of a million scenes 3 million.
MAX_VALUES = 6_000_000


class TooLarge(Exception):
    """The answer {message}: it is beyond its limit."""


def bounded_body(response: requests.Response, size: int) -> bytes:
    """The unpacked body of a streamed answer, fit to be parsed; that of an error is cut off. Raises TooLarge."""
    is_error = response.status_code >= 400
    limit = min(size, MAX_ERROR) if is_error else size
    received = bytearray()
    for chunk in response.iter_content(1 << 16):
        received += chunk
        if len(received) > limit:
            response.close()
            if is_error:
                return bytes(received[:limit])
            raise TooLarge(_("is larger than {size:,} bytes", size=size))
    if len(received) > MAX_VALUES and sum(map(received.count, (b",", b"[", b"{"))) > MAX_VALUES:
        raise TooLarge(_("holds more than {most:,} values", most=MAX_VALUES))
    return bytes(received)


class Exchange:
    """One call and the connections that it uses, through the adapters of `mount`, until it has ended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._handles: list[socket.socket] = []
        self._is_cut = False

    def run(self, call: Callable[[], T]) -> T:
        """``call()``'s answer. To be called in the thread that does the reading."""
        _of_thread.exchange = self
        try:
            return call()
        finally:
            _of_thread.exchange = None
            with self._lock:
                for handle in self._handles:
                    handle.close()
                self._handles.clear()

    def cut(self) -> None:
        """End the call from another thread: what it reads ends at once, and it opens no more connections."""
        with self._lock:
            self._is_cut = True
            for handle in self._handles:
                with contextlib.suppress(OSError):  # the other side has closed it meanwhile
                    handle.shutdown(socket.SHUT_RDWR)

    def register(self, connection: socket.socket) -> None:
        with self._lock:
            if self._is_cut:
                raise ConnectionAbortedError("the call was given up")
            # A handle of its own: TLS takes the socket away, and an answer that ends the connection closes it.
            self._handles.append(socket.fromfd(connection.fileno(), connection.family, connection.type))


def mount(session: requests.Session) -> None:
    """Give the session adapters whose connections can be cut; none repeats a request."""
    for prefix in ("http://", "https://"):
        session.mount(prefix, _Adapter(max_retries=0))


def _register(connection: socket.socket | None) -> None:
    exchange: Exchange | None = getattr(_of_thread, "exchange", None)
    if exchange is not None and connection is not None:
        exchange.register(connection)


class _Connection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        made = super()._new_conn()
        _register(made)
        return made

    def request(self, *args: Any, **options: Any) -> None:
        _register(self.sock)  # one that an earlier call left open
        super().request(*args, **options)


class _SecureConnection(_Connection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
        self._last: tuple[str | None, Any] = None, None  # address and pool: to find that takes as long as to send

    def get_connection_with_tls_context(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> Any:
        """The one for the last address again, since `verify` is the same in all that a session sends."""
        address, pool = self._last
        if pool is None or address != request.url:
            pool = super().get_connection_with_tls_context(request, *args, **options)
            self._last = request.url, pool
        return pool

    def close(self) -> None:
        self._last = None, None
        super().close()
