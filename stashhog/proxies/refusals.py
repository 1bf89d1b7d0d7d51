"""Refused, and which setting changes that: mostly it is a proxy that StashHog was not told of."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import render
from django.views import defaults

FOR_ITS_ORIGIN = ("Origin checking failed", "Referer checking failed")  # how Django's reasons begin


def refused_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django calls it for a form that is not a page's of ours, as far as it can tell."""
    came_from = origin_of(request) if reason.startswith(FOR_ITS_ORIGIN) else ""
    context = {"came_from": came_from, "asked": f"{request.scheme}://{request.get_host()}"}
    return render(request, "403_csrf.html", context, status=403)


def origin_of(request: HttpRequest) -> str:
    """The page's, as the browser says; "" for none."""
    given = request.headers.get("Origin") or request.headers.get("Referer", "")
    try:
        parts = urlsplit(given)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}"[:200] if parts.scheme in ("http", "https") else ""


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django calls it for what it will not look at."""
    if not isinstance(exception, DisallowedHost):
        return defaults.bad_request(request, exception)
    text = (
        "StashHog does not know this name of itself. Whoever runs it adds the name or address that you opened it with, "
        "without http:// and port, to STASHHOG_ALLOWED_HOSTS. Behind a proxy, that proxy must pass the browser's Host "
        "on, or say it in X-Forwarded-Host and be among STASHHOG_TRUSTED_PROXIES.\n"
    )
    return HttpResponseBadRequest(text, content_type="text/plain; charset=utf-8")
