"""The page of ours that somebody was on when they pressed a button."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

CAME_FROM = "came_from"  # of a form on a page between that one and what the button does


def page_before(request: HttpRequest) -> str:
    """Its path and query; "" where the browser doesn't say."""
    came_from = request.POST.get(CAME_FROM) or request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(came_from, {request.get_host()}, require_https=request.is_secure()):
        return ""
    parts = urlsplit(came_from)
    if not parts.path.startswith("/"):
        return ""
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
