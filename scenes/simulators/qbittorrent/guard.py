"""What is refused before anybody looks at a login: other sites' pages, and names the server does not go by."""

from __future__ import annotations

from collections.abc import Collection
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from aiohttp import web


def is_suspicious(request: web.Request, host_names: Collection[str]) -> bool:
    """Its protection against cross-site requests, and its validation of the header Host."""
    return _is_cross_site(request) or not _is_meant(request, host_names)


def _is_cross_site(request: web.Request) -> bool:
    """An Origin or Referer that is not its own address."""
    origin = request.headers.get("Origin") or request.headers.get("Referer")
    return origin is not None and urlsplit(origin).netloc != request.host


def _is_meant(request: web.Request, host_names: Collection[str]) -> bool:
    """Its own address always is; a name must be one of these (`*` for any letters), and the port its own, if given."""
    asked = urlsplit(f"//{request.host}")
    address, port = request.transport.get_extra_info("sockname")[:2] if request.transport else ("", 0)
    if asked.port not in (None, port):
        return False
    name = (asked.hostname or "").lower()
    return name == address or any(fnmatchcase(name, pattern.lower()) for pattern in host_names)
