"""Headers and error formats that belong to every answer."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.middleware.locale import LocaleMiddleware
from django.urls import reverse
from django.utils import translation

from jobs.web.api.errors import error_response
from stashhog.views import healthz, readyz

Handler = Callable[[HttpRequest], HttpResponse]

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
# Of what no middleware of Django gets to see, as ASGI has them.
RAW_HEADERS = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
KEPT = {"Allow", "Retry-After"}
PROBES: dict[str, Handler] = {"/healthz": healthz, "/readyz": readyz}


def is_for_api(request: HttpRequest) -> bool:
    return request.path.startswith(reverse("api:api-root"))


def probes(get_response: Handler) -> Handler:
    """Answered before anything looks at the host: a probe comes by an address of its own, which is none of ours."""

    def handle(request: HttpRequest) -> HttpResponse:
        if view := PROBES.get(request.path_info):
            return view(request)
        return get_response(request)

    return handle


def security_headers(get_response: Handler) -> Handler:
    """Scripts, styles and pictures come from StashHog alone; what somebody named a file is never a script."""

    def handle(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    return handle


def no_nul(get_response: Handler) -> Handler:
    """No address has a NUL character: PostgreSQL would refuse to look for it in the middle of a page."""

    def handle(request: HttpRequest) -> HttpResponse:
        if "\0" not in request.path and "%00" not in request.META.get("QUERY_STRING", ""):
            return get_response(request)
        text = "An address can't have a NUL character (%00)."
        if is_for_api(request):
            return error_response(400, text)
        return HttpResponseBadRequest(text, content_type="text/plain")

    return handle


def api_errors(get_response: Handler) -> Handler:
    """Errors below /api/ that come from Django (405, 500, an unknown host…) in the API's format too."""

    def handle(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        is_json = response.headers.get("Content-Type", "").startswith("application/json")
        if response.status_code < 400 or is_json or not is_for_api(request):
            return response
        answer = error_response(response.status_code)
        for name in KEPT & response.headers.keys():
            answer.headers[name] = response.headers[name]
        return answer

    return handle


class Language(LocaleMiddleware):
    """That of the reader's choice, or of the browser. Programs are answered in English, whatever they accept."""

    def process_request(self, request: HttpRequest) -> None:
        if not is_for_api(request):
            super().process_request(request)
            return
        translation.activate("en")
        request.LANGUAGE_CODE = "en"
