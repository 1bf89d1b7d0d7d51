"""The Web API: who may ask what, and what is answered. Status codes and texts are a real one's (4.5.2)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import web

from scenes.simulators.qbittorrent.guard import is_suspicious
from scenes.simulators.qbittorrent.login import BANNED
from scenes.simulators.qbittorrent.torrents_api import ApiError, TorrentsApi

if TYPE_CHECKING:
    from scenes.simulators.qbittorrent.simulator import Qbittorrent

Answer = str | list[Any] | dict[str, Any] | None
READ_METHODS = ("GET", "POST")
BAN_TIME = 3600  # seconds


@dataclass
class Call:
    """One request to the API. `files` are the uploaded ones: name and content."""

    params: Mapping[str, str]
    files: list[tuple[str, bytes]] = field(default_factory=list)


class Api:
    def __init__(self, qbittorrent: Qbittorrent) -> None:
        self.qbittorrent = qbittorrent
        self.cookie = qbittorrent.version.cookie.format(port=qbittorrent.server.port)
        torrents = TorrentsApi(qbittorrent)
        self.reads: dict[str, Callable[[Mapping[str, str]], Answer]] = {
            "app/version": lambda params: qbittorrent.version.app,
            "app/webapiVersion": lambda params: qbittorrent.version.api,
            "app/preferences": lambda params: self.preferences(),
            **torrents.reads(),
        }
        self.writes = {"app/setPreferences": (("json",), self.set_preferences), **torrents.writes()}
        self.add = torrents.add

    def install(self, app: web.Application) -> None:
        app.router.add_route("*", "/api/v2/{action:.*}", self.answer)

    async def answer(self, request: web.Request) -> web.Response:
        """Of any request to the API, refusals too."""
        try:
            return await self.dispatch(request)
        except ApiError as error:
            if error.document is not None:
                return web.json_response(error.document, status=error.status)
            return web.Response(status=error.status, text=error.text)

    async def dispatch(self, request: web.Request) -> web.Response:
        """Refuses who may not ask, and has the others answered. ApiError for what is refused."""
        action = request.match_info["action"]
        by_key = request.headers.get("Authorization", "").startswith("Bearer ")
        if not by_key and is_suspicious(request, self.qbittorrent.login.host_names):
            raise ApiError(401, "Unauthorized")
        if not self._is_known(request) and (by_key or action != "auth/login"):
            raise ApiError(403, "Forbidden")
        if by_key and action.startswith("auth/"):
            raise ApiError(403, "Forbidden")
        if action == "auth/login":
            return await self.log_in(request)
        if action == "auth/logout":
            return self.log_out(request)
        return await self.run(request, action)

    async def run(self, request: web.Request, action: str) -> web.Response:
        """One action of somebody who is logged in. ApiError for an unknown one, and for missing parameters."""
        if action in self.reads and request.method in READ_METHODS:
            return self._response(self.reads[action]((await _call(request)).params))
        if action not in {*self.reads, *self.writes, "torrents/add"}:
            raise ApiError(404, "Not Found")
        if request.method != "POST":
            raise ApiError(405, "Method Not Allowed")
        call = await _call(request)
        answer: Answer = None
        if action == "torrents/add":
            answer = self.add(call.params, call.files)
        else:
            required, write = self.writes[action]
            if any(name not in call.params for name in required):
                raise ApiError(400, "Bad Request")
            write(call.params)
        self.qbittorrent.changed()
        return self._response(answer)

    def _response(self, answer: Answer) -> web.Response:
        if answer is None:
            return web.Response(status=self.qbittorrent.version.no_content, content_type="text/plain")
        if isinstance(answer, str):
            return web.Response(text=answer)
        return web.json_response(answer)

    def _is_known(self, request: web.Request) -> bool:
        login = self.qbittorrent.login
        if self.qbittorrent.version.api_keys and login.api_key:
            scheme, _, key = request.headers.get("Authorization", "").partition(" ")
            if scheme == "Bearer" and key == login.api_key:
                return True
        return login.knows(request.cookies.get(self.cookie, ""))

    async def log_in(self, request: web.Request) -> web.Response:
        """A session, or what its version says to a wrong password. ApiError for who is banned."""
        if request.method != "POST":
            raise ApiError(405, "Method Not Allowed")
        login, address = self.qbittorrent.login, request.remote or ""
        if self._is_known(request):
            return web.Response(text="Ok.")  # whatever the password, and even if banned
        if login.is_banned(address):
            login.fail(address)
            raise ApiError(403, BANNED)
        form = await request.post()
        session = login.attempt(address, str(form.get("username", "")), str(form.get("password", "")))
        version = self.qbittorrent.version
        if session is None:
            return web.Response(
                status=version.login_failed, text="Fails." if version.login_failed == 200 else "Unauthorized"
            )
        answer = self._response("Ok." if version.no_content == 200 else None)
        answer.set_cookie(self.cookie, session, httponly=True, samesite="Strict")
        return answer

    def log_out(self, request: web.Request) -> web.Response:
        """Ends the session that asks."""
        self.qbittorrent.login.sessions.pop(request.cookies[self.cookie], None)
        answer = self._response(None)
        answer.del_cookie(self.cookie)
        return answer

    def preferences(self) -> dict[str, Any]:
        """The answer of app/preferences."""
        return {
            "auto_tmm_enabled": False,
            "autorun_enabled": False,
            "autorun_program": "",
            "incomplete_files_ext": False,
            "queueing_enabled": False,
            "save_path": str(self.qbittorrent.downloads),
            "temp_path": str(self.qbittorrent.downloads / "temp"),
            "temp_path_enabled": False,
            "web_ui_ban_duration": BAN_TIME,
            "web_ui_domain_list": ";".join(self.qbittorrent.login.host_names),
            "web_ui_host_header_validation_enabled": True,
            "web_ui_max_auth_fail_count": 5,
            "web_ui_port": self.qbittorrent.server.port,
            "web_ui_session_timeout": self.qbittorrent.login.session_seconds,
        }

    def set_preferences(self, params: Mapping[str, str]) -> None:
        """Those that tests change; others are passed over, as unknown ones are."""
        login, wanted = self.qbittorrent.login, json.loads(params["json"])
        login.session_seconds = wanted.get("web_ui_session_timeout", login.session_seconds)
        if "web_ui_domain_list" in wanted:
            login.host_names = wanted["web_ui_domain_list"].split(";")


async def _call(request: web.Request) -> Call:
    if request.method == "GET":
        return Call(request.query)
    form = await request.post()
    params = {name: value for name, value in form.items() if isinstance(value, str)}
    uploads = [value for value in form.values() if isinstance(value, web.FileField)]
    return Call(params, [(upload.filename, upload.file.read()) for upload in uploads])
