"""The routes below /api/settings."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import Http404, HttpRequest
from ninja import Body, Field, Router, Schema
from pydantic import WithJsonSchema

from jobs.errors import BadRequest
from jobs.web.api.auth import acting
from jobs.web.schemas import error_bodies
from scenes.configuration import DECLARED, current, state
from scenes.configuration.saving import save
from scenes.permissions import CHANGE_SETTINGS, VIEW_SETTINGS

router = Router(tags=["settings"])
FAILURES = error_bodies(400, 401, 403)


# Checked by `text_of`, whose sentence says more than that none of four types fits.
Value = Annotated[Any, WithJsonSchema({"anyOf": [{"type": kind} for kind in ("string", "number", "null")]})]
Changes = Annotated[dict[str, Value], Body()]


class SettingState(Schema):
    key: str
    group: str = Field(description="The service or subject that it belongs to")
    label: str
    help: str
    value: str | int | float | None = Field(description="As it would be written into a variable; null for a secret")
    is_set: bool
    is_secret: bool
    default: str
    source: str = Field(description="environment, database or default")
    source_text: str = Field(examples=["from the database"])
    variable: str = Field(description="The environment variable that wins over what is stored")
    problem: str = Field(description="Why what is stored counts as unset; empty otherwise")


class Test(Schema):
    service: str = Field(default="", description="stash, qbittorrent or tagger; all of them when empty")
    path: str = Field(default="", max_length=4096, description="A file or folder as qBittorrent names it, in its place")

    model_config = {"extra": "forbid"}


class ConnectionFinding(Schema):
    name: str
    value: str
    good: bool
    fix: str = Field(description="What to do where it is not good")


class Tested(Schema):
    service: str
    ok: bool
    code: str = Field(description="ok, not_set, or a stable word for what is wrong")
    message: str
    findings: list[ConnectionFinding]


@router.get("", auth=acting(VIEW_SETTINGS), response={200: list[SettingState], **FAILURES}, summary="All settings")
def listed(request: HttpRequest) -> list[dict[str, Any]]:
    return [setting.described() for setting in state().settings.values()]


@router.post(
    "/test",
    auth=acting(CHANGE_SETTINGS),
    response={200: list[Tested], **FAILURES, **error_bodies(413)},
    summary="Test connections",
)
def test(request: HttpRequest, body: Test) -> list[dict[str, Any]]:
    """Asks the services with the settings as they are, or tells where a path leads; each takes 10 s at most."""
    from scenes.probes import running  # it takes the clients of all services, and most never test

    if body.service and body.path:
        raise BadRequest("Give a service or a path, not both.")
    config = current()
    if body.path:
        return [running.probe_path(body.path, config).described()]
    results = [running.probe(body.service, config)] if body.service else running.probe_all(config)
    return [result.described() for result in results]


@router.patch(
    "",
    auth=acting(CHANGE_SETTINGS),
    response={200: list[SettingState], **FAILURES, **error_bodies(413)},
    summary="Change settings",
)
def change(request: HttpRequest, body: Changes) -> list[dict[str, Any]]:
    """All or none of them: by key the new value, as it would be written into a variable, or null for its default."""
    if len(body) > len(DECLARED):
        raise BadRequest(f"There are {len(DECLARED)} settings; name each once.")
    save({key: text_of(key, value) for key, value in body.items()}, request.user)  # type: ignore[arg-type]
    return listed(request)


# After the others: it would take their addresses, too.
@router.get(
    "/{key}",
    auth=acting(VIEW_SETTINGS),
    response={200: SettingState, **error_bodies(401, 403, 404)},
    summary="One setting",
)
def get_setting(request: HttpRequest, key: str) -> dict[str, Any]:
    """By its key. Of a secret is told whether it is set, and never what it is."""
    if key not in DECLARED:
        raise Http404
    return state().settings[key].described()


def text_of(key: str, value: Any) -> str | None:
    """As it would be written into a variable. Raises BadRequest for what is no single value."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadRequest(f"{key[:50]}: give a text, a number, or null for its default.")
    return str(value).removesuffix(".0")
