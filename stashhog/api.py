"""The REST API: its documentation at /api/docs, its routes from the apps."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required, login_required
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from ninja.openapi.docs import ABS_TPL_PATH, Swagger

from jobs.web import tokens
from jobs.web.api.auth import AUTH
from jobs.web.api.errors import JsonParser, error_response, install
from scenes.web.api import ROUTERS
from stashhog import __version__
from stashhog.api_documentation import DocumentedApi
from stashhog.health_api import router as health_router
from stashhog.ops.notifications.api import router as notifications_router


class Documentation(Swagger):
    """With the scripts that ninja brings; those of a CDN are its choice where it is not in INSTALLED_APPS."""

    template_cdn = str(ABS_TPL_PATH / "swagger.html")


api = DocumentedApi(
    title="StashHog",
    version=__version__,
    description="Start and watch jobs. Log in, or send an API token: `Authorization: Bearer …` "
    "(made in the admin, or by `manage.py createtoken USER`). Each route takes a permission of the user, and a token "
    "whose scope covers it, else the answer is 403 and names it.",
    urls_namespace="api",
    auth=AUTH,
    docs=Documentation(),
    parser=JsonParser(),
    docs_decorator=lambda view: require_safe(login_required(view)),
)
for prefix, router in [*ROUTERS, ("/notifications", notifications_router), ("/health", health_router)]:
    api.add_router(prefix, router)
install(api)


@csrf_exempt
@login_not_required
def unknown(request: HttpRequest, rest: str = "") -> HttpResponse:
    """What is asked for at no address of the API."""
    return error_response(404)


def by_token_or_login(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A decorator for what ninja shows to everybody: only who has a token or a login gets in, others get 401."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if header := request.headers.get("Authorization"):
            token = tokens.find(tokens.from_header(header))
            request.user = token.user if token else AnonymousUser()
        return view(request, *args, **kwargs) if request.user.is_authenticated else error_response(401)

    return checked


routes: Any
routes, app_name, namespace = api.urls
for route in routes:
    if route.name == "openapi-json":
        route.callback = by_token_or_login(route.callback)
    # The routes check who comes in by themselves; the middleware would send a program to the login page.
    route.callback.login_required = route.name == "openapi-view"

urlpatterns: list[Any] = [
    path("", unknown),
    path("", (routes, app_name, namespace)),
    path("<path:rest>", unknown),
]
