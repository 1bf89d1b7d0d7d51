"""What is refused before anybody looks at a login: other sites' pages, and names the server does not go by."""

from __future__ import annotations

from collections.abc import Collection
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from aiohttp import web


def is_suspicious(request: web.Request, host_names: Collection[str]) -> bool:
    """Its protection against cross-site requests, and its validation of the header Host.

    Refused: an Origin or Referer that is not its own address; a Host that is neither its own address nor one of
    `host_names` (`*` for any letters), or has a port that is not its own.
    """
    origin = request.headers.get("Origin") or request.headers.get("Referer")
    if origin is not None and urlsplit(origin).netloc != request.host:
        return True
    asked = urlsplit(f"//{request.host}")
    address, port = request.transport.get_extra_info("sockname")[:2] if request.transport else ("", 0)
    if asked.port not in (None, port):
        return True
    name = (asked.hostname or "").lower()
    return name != address and not any(fnmatchcase(name, pattern.lower()) for pattern in host_names)
