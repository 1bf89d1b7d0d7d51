"""A TCP proxy between a browser and the server, which a test cuts: then it takes what comes and lets nothing out."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Wire:
    """To a port of this machine."""

    def __init__(self, port: int):
        self.target = ("127.0.0.1", port)
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listening.getsockname()[1]}"
        self.is_joined = threading.Event()
        self.is_joined.set()
        self.forgotten = 0  # connections of a lower number say nothing any more, and are told nothing
        self.ends: list[socket.socket] = []

    def cut(self) -> None:
        """Nothing arrives any more, and nobody is told."""
        self.is_joined.clear()

    def join(self, *, forgets: bool) -> None:
        """All goes on; with ``forgets`` as after a router has forgotten the connections that there were."""
        if forgets:
            self.forgotten = len(self.ends)
        self.is_joined.set()

    def take_connections(self) -> None:
        with contextlib.suppress(OSError):  # closed, at the end
            while True:
                theirs, _ = self.listening.accept()
                number = len(self.ends)
                self.ends.append(theirs)
                threading.Thread(target=self._connected, args=[theirs, number], daemon=True).start()

    def _connected(self, theirs: socket.socket, number: int) -> None:
        self.is_joined.wait()
        if number < self.forgotten:
            return
        try:
            ours = socket.create_connection(self.target)
        except OSError:
            theirs.close()
            return
        self.ends.append(ours)
        for source, target in ((theirs, ours), (ours, theirs)):
            threading.Thread(target=self._pump, args=[source, target, number], daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket, number: int) -> None:
        data = b"-"
        with contextlib.suppress(OSError):
            while data:
                data = source.recv(65536)
                self.is_joined.wait()
                if number < self.forgotten:
                    return
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)

    def end(self) -> None:
        self.forgotten = 1 << 30
        self.is_joined.set()
        for one in (self.listening, *self.ends):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()


@contextmanager
def wire_to(port: int) -> Iterator[Wire]:
    wire = Wire(port)
    thread = threading.Thread(target=wire.take_connections)
    thread.start()
    try:
        yield wire
    finally:
        wire.end()
        thread.join()
