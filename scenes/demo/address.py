"""Where the demo listens: on STASHHOG_BIND, else on the usual port or any free one."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

from django.conf import settings

from scenes.env import Env, refused

BIND = "STASHHOG_BIND"
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # all addresses of the machine: the one to open on it
# Addresses for documentation: nothing is sent, the system only says from which of its own it would be.
FAR_AWAY = {socket.AF_INET: "192.0.2.1", socket.AF_INET6: "2001:db8::1"}


class Address:
    """``host`` (without brackets) and ``port``, which nobody else can take until `release`.

    Raises OSError when it can't be listened on. Port 0 is any free one.
    """

    def __init__(self, host: str, port: int):
        self.host = host
        self.place = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        try:
            self.place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.place.bind((host, port))
            self.place.listen()
        except OSError:
            self.place.close()
            raise
        self.port = int(self.place.getsockname()[1])

    def release(self) -> None:
        self.place.close()

    close = release

    @property
    def bind(self) -> str:
        return f"{_written(self.host)}:{self.port}"

    @property
    def url(self) -> str:
        """To open on this machine."""
        return f"http://{_written(EVERYWHERE.get(self.host, self.host))}:{self.port}"

    def allowed_hosts(self) -> list[str]:
        """The names it can be opened with, and those that somebody added by STASHHOG_ALLOWED_HOSTS."""
        names = names_of_this_machine() if self.host in EVERYWHERE else [self.host]
        written = [_written(name) for name in ("localhost", "127.0.0.1", "::1", *names)]
        return list(dict.fromkeys([*written, *(name for name in settings.ALLOWED_HOSTS if name != "*")]))


@contextmanager
def reserved() -> Iterator[Address]:
    """Raises ImproperlyConfigured for an address that was asked for and can't be had."""
    with closing(asked_for() or usual()) as address:
        yield address


def asked_for() -> Address | None:
    """The one of STASHHOG_BIND. Raises ImproperlyConfigured when it can't be had."""
    if not Env().text(BIND):
        return None
    host, _, port = settings.BIND.rpartition(":")
    try:
        return Address(host.strip("[]"), int(port))
    except OSError as error:
        fix = f"{(error.strerror or str(error)).lower()}; stop what listens there, or give another host:port"
        raise refused(BIND, settings.BIND, fix) from error


def usual() -> Address:
    """The default, or any free port where that is taken."""
    host, _, port = settings.BIND.rpartition(":")
    with suppress(OSError):
        return Address(host, int(port))
    return Address(host, 0)


def _written(host: str) -> str:
    """As in a URL."""
    return f"[{host}]" if ":" in host else host


def names_of_this_machine() -> list[str]:
    """Its name, and the addresses that it has in its networks."""
    names = [socket.gethostname()]
    for family, far_away in FAR_AWAY.items():
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as trial:
            trial.connect((far_away, 9))
            names.append(str(trial.getsockname()[0]))
    return names
