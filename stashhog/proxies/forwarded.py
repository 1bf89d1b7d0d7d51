"""Who asks, by which scheme and host, as proxies forward it: believed of STASHHOG_TRUSTED_PROXIES alone."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any

Scope = dict[str, Any]
Application = Callable[[Scope, Any, Any], Awaitable[None]]
Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

FOR, PROTO, HOST = b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host"
# What some read instead of these. Nothing behind us may believe what we don't.
NEVER_READ = {b"forwarded", b"x-real-ip", b"x-forwarded-port", b"x-forwarded-prefix", b"x-forwarded-server"}
SECURE = {"http": "https", "websocket": "wss"}
PLAIN = {"http": "http", "websocket": "ws"}
MOST_HOPS = 20  # addresses of one request that are looked at
MOST_TOLD = 20  # proxies that the log names

logger = logging.getLogger(__name__)


class Forwarded:
    """ASGI middleware, for HTTP and WebSockets: what a trusted proxy forwards takes the place of the connection's own.

    So each limit by address, each check of an origin and each address of a redirect is about the browser. The headers
    themselves are taken away, whoever sent them.
    """

    def __init__(self, application: Application, trusted: Sequence[Network]):
        self.application, self.trusted = application, trusted
        self.warned_of: set[str] = set()

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        proxy = address_in(peer_of(scope))
        forwarded = {name: values_of(scope, name) for name in (FOR, PROTO, HOST)}
        asked = {**scope, "headers": without(scope, {FOR, PROTO, HOST} | NEVER_READ)}
        if self.is_trusted(proxy):
            asked |= self.as_asked(asked, forwarded)
        elif any(forwarded.values()):
            self.warn_of(peer_of(scope))
        await self.application(asked, receive, send)

    def is_trusted(self, address: Address | None) -> bool:
        return address is not None and any(address in network for network in self.trusted)

    def as_asked(self, scope: Scope, forwarded: dict[bytes, list[str]]) -> Scope:
        """The parts of the scope that are otherwise than the connection's own."""
        parts: Scope = {}
        if client := self.client_in(forwarded[FOR]):
            parts["client"] = [str(client), 0]
        if forwarded[PROTO]:
            schemes = SECURE if forwarded[PROTO][-1].lower() in ("https", "wss") else PLAIN
            parts["scheme"] = schemes[scope["type"]]
        if forwarded[HOST]:
            parts["headers"] = [*without(scope, {b"host"}), (b"host", forwarded[HOST][-1].encode("latin1"))]
        return parts

    def client_in(self, hops: list[str]) -> Address | None:
        """The last address that is no trusted proxy's: what stands before it anybody may have made up.

        None where there is none, or the proxy said something that is no address.
        """
        client = None
        for hop in reversed(hops[-MOST_HOPS:]):
            address = address_in(hop)
            if address is None:
                break
            client = address
            if not self.is_trusted(address):
                break
        return client

    def warn_of(self, peer: str) -> None:
        """Once for each proxy: until it is trusted, all who come through it look like one."""
        if peer in self.warned_of or len(self.warned_of) >= MOST_TOLD:
            return
        self.warned_of.add(peer)
        logger.warning(
            "What %s forwards of its clients (X-Forwarded-…) is not believed. If that is your proxy, name its address "
            "in STASHHOG_TRUSTED_PROXIES.",
            peer or "a connection without an address",
        )


def peer_of(scope: Scope) -> str:
    """The address that the connection comes from; "" for a UNIX socket."""
    return str((scope.get("client") or [""])[0])


def values_of(scope: Scope, name: bytes) -> list[str]:
    """The words of all headers of this name, as they came."""
    given = ",".join(value.decode("latin1") for key, value in scope.get("headers", []) if key == name)
    return [word.strip() for word in given.split(",") if word.strip()]


def without(scope: Scope, names: Iterable[bytes]) -> list[tuple[bytes, bytes]]:
    return [(key, value) for key, value in scope.get("headers", []) if key not in names]


def address_in(text: str) -> Address | None:
    """With or without a port behind it; one of IPv4 that is written as IPv6 is one of IPv4. None for what is none."""
    host = text[1:].partition("]")[0] if text.startswith("[") else text
    if text.count(":") == 1:
        host = text.partition(":")[0]
    try:
        address = ip_address(host)
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address
