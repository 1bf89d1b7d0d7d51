"""Who may open a WebSocket: a login whose page comes from a known origin, or an API token in the header; either needs
the permission to look at jobs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any
from urllib.parse import ParseResult, urlparse

from channels.db import database_sync_to_async
from channels.security.websocket import OriginValidator, WebsocketDenier
from django.conf import settings
from django.contrib import auth
from django.http import HttpRequest
from django.http.cookie import parse_cookie
from django.http.request import split_domain_port, validate_host

from jobs.live.seats import Seats
from jobs.permissions import VIEW, allowed
from jobs.web import tokens

if TYPE_CHECKING:
    from django.contrib.auth.models import User

TOO_MANY = 4429  # close code: this user, or all of them, have as many WebSockets open as may be
seats = Seats(of_a_user=50, in_all=500)

Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]


class WebSocketAuth:
    """ASGI middleware that denies a WebSocket before it is accepted, unless its user is allowed."""

    def __init__(self, application: Application):
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        user_id = await database_sync_to_async(watching_user)(scope)
        if user_id is None:
            await WebsocketDenier()(scope, receive, send)
        elif not seats.has_room_for(user_id):
            await refuse(receive, send)
        else:
            with seats.take(user_id):
                await self.application(scope, receive, send)


async def refuse(receive: Any, send: Any) -> None:
    """Accepted first: a page is told the code of a connection only if there was one."""
    await receive()
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.close", "code": TOO_MANY})


def watching_user(scope: dict[str, Any]) -> int | None:
    """The id of the connection's user, who may see jobs; None when there is none."""
    user = user_of(scope)
    return user.pk if user is not None and allowed(user, VIEW) else None


def proof_of(scope: dict[str, Any]) -> tuple[str, ...]:
    """All that tells `user_of` who it is."""
    return tuple(_header(scope, name) for name in (b"authorization", b"cookie", b"origin", b"host"))


def user_of(scope: dict[str, Any]) -> User | None:
    """The connection's user as of now: a log-out or a deleted token takes effect at once. None: not authenticated."""
    if header := _header(scope, b"authorization"):
        token = tokens.find(tokens.from_header(header))
        return token.user if token else None
    # A browser sends the cookie for any page, also of another site: only the origin tells them apart.
    return logged_in(scope) if is_known(origin_of(scope), _header(scope, b"host")) else None


def is_known(origin: ParseResult | None, host: str) -> bool:
    """Whether it is a trusted origin, or our own: what the connection was opened to, on the same port.

    As Django has it for forms (CsrfViewMiddleware): another port of the machine is somebody else's page.
    """
    if origin is None or OriginValidator(None, settings.CSRF_TRUSTED_ORIGINS).valid_origin(origin):
        return origin is not None
    name, port = split_domain_port(host.lower())
    own_port = {"http": "80", "https": "443"}.get(origin.scheme)
    theirs = f"[{origin.hostname}]" if ":" in (origin.hostname or "") else origin.hostname
    is_same = own_port is not None and (theirs, str(origin.port or own_port)) == (name, port or own_port)
    return is_same and validate_host(name, settings.ALLOWED_HOSTS)


def logged_in(scope: dict[str, Any]) -> User | None:
    """The user of the session that the cookie names."""
    key = parse_cookie(_header(scope, b"cookie")).get(settings.SESSION_COOKIE_NAME)
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    user = auth.get_user(request)
    return user if user.is_authenticated else None


def _header(scope: dict[str, Any], name: bytes) -> str:
    return next((value.decode("latin1") for key, value in scope["headers"] if key == name), "")


def origin_of(scope: dict[str, Any]) -> ParseResult | None:
    """Of the page that opened the connection; None for what is no address."""
    try:
        origin = urlparse(_header(scope, b"origin").lower())
        origin.port  # noqa: B018 - the access raises for a port that is no number
    except ValueError:
        return None
    return origin
