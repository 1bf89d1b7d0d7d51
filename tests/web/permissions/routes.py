"""Which routes there are: from the URL conf, the API's router, the admin and the WebSockets' routing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.urls import URLResolver, get_resolver

from jobs.live.routing import websocket_urlpatterns
from stashhog.api import api

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def addresses() -> list[str]:
    """Each address of the URL conf once, with its parameters: ``/jobs/<uuid:job_id>/``."""
    return list(dict.fromkeys(_addresses(get_resolver().url_patterns, "/")))


def _addresses(patterns: Any, before: str) -> Iterator[str]:
    for pattern in patterns:
        address = before + readable(str(pattern.pattern))
        if isinstance(pattern, URLResolver):
            yield from _addresses(pattern.url_patterns, address)
        else:
            yield address


def readable(pattern: str) -> str:
    """A pattern without what differs between ways to write it."""
    pattern = pattern.removeprefix("^").removesuffix("$").replace("\\Z", "").replace("uuidstr:", "uuid:")
    return re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<\1>", pattern)


def api_routes() -> set[tuple[str, str]]:
    return {
        (method, "/api" + readable(f"{prefix}{path}".rstrip("/").replace("{", "<").replace("}", ">")))
        for prefix, router in api._routers
        for path, view in router.path_operations.items()
        for operation in view.operations
        for method in operation.methods
    }


def websockets() -> set[str]:
    return {"/" + readable(str(route.pattern)) for route in websocket_urlpatterns}


def models() -> dict[str, Any]:
    """The admin's models by their labels, which the URL conf registers."""
    assert get_resolver().url_patterns
    return {model._meta.label_lower: model_admin for model, model_admin in admin.site._registry.items()}


def actions() -> set[tuple[str, str]]:
    return {(label, name) for label, model_admin in models().items() for name in model_admin.actions or ()}
