"""The API's documentation: what every route may answer beside what it says itself."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema, get_schema

from scenes import configuration
from scenes.configuration import Configuration

ERROR = {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorBody"}}}
WORDS = {
    400: "The request can't be understood, or asks for what there is not",
    401: "No login and no valid token",
    403: "Not allowed: the answer names the permission",
    404: "There is no such thing",
    409: "Not possible as things are",
    413: "Too large",
    415: "The body is not JSON",
    422: "The Idempotency-Key came with another request before",
    429: "Too much at once",
    503: "The database is away, or starts; come again",
}
EVERYWHERE = (400, 401, 403, 503)
ACTING = (413, 415)  # whatever takes a body, or could


class DocumentedApi(NinjaAPI):
    """Its OpenAPI document tells of all errors."""

    def get_openapi_schema(self, *, path_prefix: str | None = None, path_params: Any = None) -> Any:
        prefix = self.get_root_path(path_params or {}) if path_prefix is None else path_prefix
        return documented(self, prefix, configuration.current())


@lru_cache(maxsize=4)
def documented(api: NinjaAPI, path_prefix: str, settings: Configuration) -> OpenAPISchema:
    """Kept, since it takes some tenths of a second; ``settings``: whose values it tells as defaults."""
    schema = get_schema(api, path_prefix)
    for methods in schema["paths"].values():
        for method, operation in methods.items():
            document(operation["responses"], (*EVERYWHERE, *(() if method == "get" else ACTING)))
    return schema


def document(responses: dict[int, Any], statuses: tuple[int, ...]) -> None:
    """Add these errors, and say of each what it means."""
    for status in statuses:
        responses.setdefault(status, {"description": "", "content": ERROR})
    for status in responses.keys() & WORDS.keys():
        responses[status]["description"] = WORDS[status]
