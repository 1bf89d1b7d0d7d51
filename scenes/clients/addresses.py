"""Addresses of services: what is accepted from the settings, and what of it may be shown."""

from __future__ import annotations

from base64 import b64encode
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from jobs.texts.translatable import Translatable as _
from scenes.clients.base import ServiceError


def base_address(service: str, url: str) -> str:
    """``url`` without query, fragment and trailing slash. Raises ServiceError (``bad_url``)."""
    parts = _split(url.strip())
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        raise bad_url(service)
    return urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/"), "", ""))


def bad_url(service: str) -> ServiceError:
    """The error for an address that is none. The address is not in it: it may hold a password."""
    hint = _('It begins with "http://" or "https://", then host and port: http://192.168.1.5:9999.')
    return ServiceError(service, "bad_url", _("the address in the settings is unusable."), hint, permanent=True)


def shown(url: str) -> str:
    """``url`` as it may be shown and logged: no user, no password, no query."""
    parts = _split(url)
    if parts is None or not parts.hostname:
        return "(unreadable address)"
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    port = f":{parts.port}" if parts.port else ""
    return urlunsplit((parts.scheme, host + port, parts.path, "", ""))


def secrets_in(url: str) -> tuple[str, ...]:
    """The password in an address, and the header that it is sent in."""
    parts = _split(url)
    if parts is None or not parts.password:
        return ()
    pair = f"{unquote(parts.username or '')}:{unquote(parts.password)}"
    return parts.password, unquote(parts.password), b64encode(pair.encode()).decode()


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - the access raises for a port that is no number
    except ValueError:
        return None
    return parts
