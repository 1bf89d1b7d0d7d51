"""The qbittorrent-api package without its own tries: each call is one request, and nothing logs in by itself.

As it comes, it repeats every failed request once or more, logs in again on each 403, follows redirects and
tries out http and https. Five failed logins ban an address for an hour, so a login must never be repeated.
"""

from __future__ import annotations

import os
from typing import Any

import qbittorrentapi
import requests
from qbittorrentapi.request import QbittorrentSession

from scenes.clients.base import Limits
from scenes.clients.exchange import bounded_body, mount


class RedirectRefused(Exception):
    """The address answers with a redirect."""

    def __init__(self, location: str):
        super().__init__(location)
        self.location = location


class SingleRequestClient(qbittorrentapi.Client):
    """One request a call. Raises what the package or ``requests`` raises, RedirectRefused and TooLarge."""

    def __init__(self, url: str, username: str, password: str, limits: Limits):
        self._size = limits.size
        self.latest = requests.Response()  # whose status and text the package doesn't hand on
        super().__init__(
            host=url,
            username=username,
            password=password,
            FORCE_SCHEME_FROM_HOST=True,
            REQUESTS_ARGS={"timeout": (limits.connect, limits.read), "allow_redirects": False, "stream": True},
            SIMPLE_RESPONSES=True,
            DISABLE_LOGGING_DEBUG_OUTPUT=True,
        )

    @property
    def _session(self) -> QbittorrentSession:
        is_new = self._http_session is None
        session = super()._session
        if is_new:
            mount(session)
        session.trust_env = False
        session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or session.verify
        session.hooks["response"] = [self.check_response]
        return session

    def check_response(self, response: requests.Response, **_options: Any) -> None:
        """A hook of ``requests``: refuse a redirect, and read the body up to its limit."""
        if 300 <= response.status_code < 400:
            response.close()
            raise RedirectRefused(response.headers.get("Location", ""))
        # Here, since the package reads the whole of a body of any size.
        response._content = bounded_body(response, self._size)
        response.encoding = "utf-8"  # `requests` would guess it from a text without one, for minutes if it is large
        self.latest = response

    def without_session(self) -> int:
        """The status of a small question that nobody logged in for: 403, or 401 when any request is refused."""
        self._trigger_session_initialization()
        try:
            self.app_version()
        except qbittorrentapi.HTTPError as error:
            return error.http_status_code
        return 200

    def _request_manager(self, *args: Any, **kwargs: Any) -> Any:
        # Also without asking for the version before a call that old servers may lack: all that are made here
        # are in 4.5 and later.
        for option in ("version_introduced", "version_removed", "_retries", "_retry_backoff_factor"):
            kwargs.pop(option, None)
        return self._request(*args, **kwargs)

    _auth_request = _request_manager
