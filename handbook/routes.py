"""The list of the API's routes as a page, made of its OpenAPI document."""

from __future__ import annotations

import os
import re
import tempfile
from typing import Any

HEAD = """# Routes of the API

Made from the code. With their parameters, bodies and answers they are at `/api/docs` of your StashHog, and as OpenAPI
at `/api/openapi.json`; who may use which is in [routes and roles](docs/permissions.md).

| method | address | what |
|---|---|---|
"""
METHODS = ("get", "post", "put", "patch", "delete")


def page() -> str:
    paths: dict[str, dict[str, Any]] = document()["paths"]
    rows = [
        f"| {method.upper()} | `{path}` | {plain(routes[method])} |\n"
        for path, routes in paths.items()
        for method in METHODS
        if method in routes
    ]
    return HEAD + "".join(rows)


def document() -> dict[str, Any]:
    """The OpenAPI document; sets Django up, if nobody did."""
    import django
    from django.apps import apps

    if not apps.ready:
        os.environ["DJANGO_SETTINGS_MODULE"] = "stashhog.settings"
        # Nothing of an installation here is looked at.
        os.environ |= {
            "STASHHOG_DATA_DIR": tempfile.mkdtemp(),
            "DATABASE_URL": "",
            "STASHHOG_SECRET_KEY": "for the docs",
        }
        django.setup()
    from scenes import configuration
    from stashhog.api import api
    from stashhog.api_documentation import documented

    return dict(documented(api, "/api/", configuration.from_environment()))


def plain(route: dict[str, Any]) -> str:
    """Its first sentence."""
    text = " ".join((route.get("description") or route.get("summary") or "").split())
    return re.sub(r"([\\|*<])", r"\\\1", re.split(r"(?<=\.) (?=[A-Z`])", text)[0])
