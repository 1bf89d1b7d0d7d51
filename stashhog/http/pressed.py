"""Buttons send to addresses without a page of their own: what is shown to whom comes to one without its button."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import get_script_prefix
from django.utils.translation import gettext

from jobs.web.returning import page_before
from stashhog.http.middleware import Handler, is_for_api

NOT_DONE, KEPT = "stashhog_not_done", 3600  # a cookie that lasts until the login; seconds
READING = ("GET", "HEAD")
View = Callable[..., HttpResponseBase]


class LoginRequired(LoginRequiredMiddleware):
    """Who pressed a button after the session ended comes back to the page that has it, and is told."""

    def handle_no_permission(self, request: HttpRequest, view_func: View) -> HttpResponseRedirect:
        if request.method in READING:
            return super().handle_no_permission(request, view_func)
        page = page_before(request) or page_above(request)
        answer = redirect_to_login(page, self.get_login_url(view_func), self.get_redirect_field_name(view_func))
        path, is_secure = settings.SESSION_COOKIE_PATH, settings.SESSION_COOKIE_SECURE
        answer.set_cookie(NOT_DONE, "1", KEPT, path=path, secure=is_secure, httponly=True, samesite="Lax")
        return answer


def message_after_login(get_response: Handler) -> Handler:
    """Whoever is back from the login learns that what was pressed before it was not done."""

    def handle(request: HttpRequest) -> HttpResponse:
        if not request.COOKIES.get(NOT_DONE) or request.method != "GET" or not request.user.is_authenticated:
            return get_response(request)
        text = gettext("Your login had ended, so what you pressed was not done. Please press it again.")
        messages.warning(request, text)
        response = get_response(request)
        response.delete_cookie(NOT_DONE, path=settings.SESSION_COOKIE_PATH)
        return response

    return handle


def wrong_method(get_response: Handler) -> Handler:
    """To whom has a browser, an address that only takes what a button sends is a page with a way back, never empty."""

    def handle(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code != 405 or is_for_api(request) or not request.accepts("text/html"):
            return response
        page = render(request, "405.html", {"page": page_above(request)}, status=405)
        page.headers["Allow"] = response.headers["Allow"]
        return page

    return handle


def page_above(request: HttpRequest) -> str:
    """The page that an address without one of its own belongs to: /needs/ of /needs/act, / of /language."""
    above = request.path_info.strip("/").rpartition("/")[0]
    return get_script_prefix() + (f"{above}/" if above else "")
