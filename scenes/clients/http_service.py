"""One request to a service over HTTP, bounded in time and size, and what every failure of it means."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any

import requests
import urllib3

from jobs.texts.os_errors import text_of_error
from jobs.texts.translatable import Translatable, message_of
from jobs.texts.translatable import Translatable as _
from jobs.waiting import TimeLimitExceeded, Waiter
from scenes.clients.addresses import bad_url, base_address, secrets_in, shown
from scenes.clients.base import MAX_TEXT, READ, WRITE, Limits, ServiceError, TooLargeAnswer
from scenes.clients.exchange import Exchange, TooLarge, bounded_body, mount

NEVER_THERE = (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError)


@dataclass(frozen=True)
class Answer:
    """What came back: the status, and the body unless it was not wanted."""

    status: int
    body: bytes = b""
    location: str = ""
    date: str = ""  # the header: what time it is there
    retry_after: str = ""  # the header of a 429 or 503

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


class HttpService:
    """Requests to one service, each bounded in time and size and answered, or a ServiceError raised.

    Redirects are not followed: a key must not go to an address that nobody entered. Proxies and ``.netrc``
    of the environment are not used, since these are services of one's own network; ``REQUESTS_CA_BUNDLE`` is.
    Several threads may use one object. ``jobs.waiting.Abandoned`` passes through.
    """

    service = "Service"
    unauthorized_hint = _("Check the key in the settings.")
    too_large_hint = ""

    def __init__(
        self,
        url: str,
        waiter: Waiter | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        secrets: tuple[str, ...] = (),
        read: Limits = READ,
        write: Limits = WRITE,
    ):
        self.base = base_address(self.service, url)
        self.waiter = waiter or Waiter()
        self.read_limits, self.write_limits = read, write
        # Shorter ones would strike out parts of ordinary words, and so give themselves away.
        self._secrets = tuple(secret for secret in (*secrets, *secrets_in(self.base)) if len(secret) >= 6)
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or True
        self._session.headers.update(headers or {})
        mount(self._session)
        self._requests: dict[tuple[Any, ...], requests.PreparedRequest] = {}  # with JSON

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {shown(self.base)}>"

    def close(self) -> None:
        """Close idle connections; the object stays usable."""
        self._session.close()

    def request(
        self,
        method: str,
        path: str,
        *,
        write: bool = False,
        limits: Limits | None = None,
        with_body: bool = True,
        **options: Any,
    ) -> Answer:
        """The answer to one request, whatever its status. ``options`` are those of ``requests``.

        A ``write`` is awaited up to its limit even when the work is cancelled: its outcome must be known.
        """
        limits = limits or (self.write_limits if write else self.read_limits)
        exchange = Exchange()
        call = functools.partial(self.fetch, method, self.base + path, limits, with_body, options)
        bounded = self.waiter.write if write else self.waiter.read
        try:
            return bounded(functools.partial(exchange.run, call), limits.total)
        except TimeLimitExceeded:
            raise self.timeout_error(limits.total, write) from None
        except TooLarge as error:
            raise self.too_large_error(error) from None
        except (OSError, urllib3.exceptions.HTTPError) as error:  # every requests error is an OSError
            raise self.connection_error(error, limits, write) from None
        finally:
            exchange.cut()

    def fetch(self, method: str, url: str, limits: Limits, with_body: bool, options: Mapping[str, Any]) -> Answer:
        """As `request`, in the thread that reads, and without its limit of the time in all."""
        request = self._prepared(method, url, **options)
        timeout, verify = (limits.connect, limits.read), self._session.verify
        with self._session.send(
            request, timeout=timeout, allow_redirects=False, stream=True, verify=verify
        ) as response:
            body = bounded_body(response, limits.size) if with_body else b""
            headers = response.headers
            values = (headers.get(name, "") for name in ("Location", "Date", "Retry-After"))
            return Answer(response.status_code, body, *values)

    def _prepared(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, json: Any = None, **options: Any
    ) -> requests.PreparedRequest:
        """What is sent. All but its JSON is kept from the last one like it: it takes as long to make as to send."""
        key = method, url, *sorted((headers or {}).items())
        is_kept = json is not None and not options and not self._session.cookies
        request = self._requests.get(key) if is_kept else None
        if request is None:
            made = requests.Request(method, url, headers=headers, json=json, **options)
            request = self._session.prepare_request(made)
            if is_kept:
                self._requests[key] = request
        else:
            request, headers = copy(request), request.headers.copy()  # its own copy() copies an empty jar of cookies
            request.headers = headers
            request.prepare_body(None, None, json)
        return request

    def error(self, code: str, message: str, hint: str = "", *, permanent: bool = False) -> ServiceError:
        """A ServiceError of this service, with every secret struck out of its text."""
        return ServiceError(self.service, code, self.clean(message), self.clean(hint), permanent=permanent)

    def clean(self, text: str, most: int | None = None) -> str:
        """Text from outside as it may be shown: no secrets, no control characters, at most so many characters."""
        if isinstance(text, Translatable):
            return text.changed(self.clean).shortened(most or len(text))
        # Before the cut, which could leave the first half of a secret.
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return "".join(letter if letter.isprintable() else " " for letter in text[:most])

    def check_status(self, answer: Answer) -> None:
        """Raise a ServiceError unless the status is 2xx."""
        if not 200 <= answer.status < 300:
            raise self.status_error(answer)

    def status_error(self, answer: Answer) -> ServiceError:
        """What a status other than 2xx means."""
        status, where = answer.status, shown(self.base)
        if status < 400:
            return self.redirect_error(answer.location)
        if status == 400 and "https" in answer.text[:MAX_TEXT].lower():  # in the words of Go, nginx and others
            hint = _("Write https:// in its address in the settings.")
            return self.error("bad_answer", _("{where} is an address for https (400).", where=where), hint)
        if status == 401:
            return self.error("unauthorized", _("refuses our key (401)."), self.unauthorized_hint, permanent=True)
        if status == 403:
            return self.error(
                "forbidden", _("refuses us (403)."), _("Look at access rules of a proxy before {where}.", where=where)
            )
        if status in (404, 405):
            hint = _("Check address and port in the settings, and any path that a proxy adds.")
            return self.error(
                "wrong_address", _("is not what answers at {where} ({status}).", where=where, status=status), hint
            )
        if status == 429:
            return self.error("busy", _("has too much to do (429)."), _("It is tried again later."))
        if status >= 500:
            hint = _("Look into the log of {service}, or of the proxy before it.", service=self.service)
            return self.error("server_error", _("failed with status {status}.", status=status), hint)
        reason = self.clean(answer.text, MAX_TEXT) or _("nothing more")
        return self.error(
            "rejected", _("refused the request with status {status}: {reason}", status=status, reason=reason)
        )

    def redirect_error(self, location: str) -> ServiceError:
        """A redirect is not followed; ``location``: where it leads."""
        target = shown(location)
        hint = _("Enter the address it leads to in the settings, if that is yours.")
        return self.error("redirected", _("answers with a redirect to {target}.", target=target), hint, permanent=True)

    def too_large_error(self, error: TooLarge) -> ServiceError:
        """The answer is beyond its limit."""
        message = self.clean(_("the answer {problem}.", problem=message_of(error)))
        return TooLargeAnswer(self.service, "bad_answer", message, self.clean(self.too_large_hint))

    def timeout_error(self, seconds: float, write: bool) -> ServiceError:
        """No answer came within that time."""
        message = _("gave no answer within {seconds:g} s.", seconds=seconds)
        hint = _(
            "Is it overloaded, or does it hang? Look into the log of {service}, or restart it.", service=self.service
        )
        return self.error("timeout", message, _after(hint, write))

    def connection_error(self, error: Exception, limits: Limits, write: bool) -> ServiceError:
        """What an error of the connection means: there never was one, or it ended before the answer did."""
        where, chain = shown(self.base), causes(error)
        if isinstance(error, requests.ConnectTimeout):
            return self._unreachable(
                _("no connection to {where} within {seconds:g} s.", where=where, seconds=limits.connect)
            )
        if any(isinstance(link, requests.Timeout | urllib3.exceptions.ReadTimeoutError) for link in chain):
            return self.timeout_error(limits.read, write)
        if isinstance(error, requests.exceptions.SSLError):
            hint = _("Use the address that the certificate is for, or name its authority in REQUESTS_CA_BUNDLE.")
            message = _("the certificate of {where} is not trusted, or it does not speak TLS.", where=where)
            return self.error("bad_certificate", message, hint, permanent=True)
        if isinstance(error, requests.exceptions.InvalidURL):
            return bad_url(self.service)
        if isinstance(error, requests.exceptions.ContentDecodingError):
            return self.error("bad_answer", _("the answer cannot be unpacked."))
        if any(isinstance(link, NEVER_THERE) for link in chain):
            return self._unreachable(_("no connection to {where} ({reason}).", where=where, reason=_reason(chain)))
        hint = _("Did it crash, or was it restarted? Look into the log of {service}.", service=self.service)
        return self.error(
            "broken_off",
            _("the connection to {where} broke off ({reason}).", where=where, reason=_reason(chain)),
            _after(hint, write),
        )

    def _unreachable(self, message: str) -> ServiceError:
        hint = _("Is it running, and is the address in the settings right as seen from this machine?")
        return self.error("unreachable", message, hint)


def _after(hint: str, write: bool) -> str:
    """The hint after a request whose outcome is not known."""
    return _("It may still have done what it was asked. {hint}", hint=hint) if write else hint


def causes(error: BaseException) -> list[BaseException]:
    """The error and those it was made from, which requests keeps in ``args`` and urllib3 in ``reason``."""
    found: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting:
        link = waiting.pop(0)
        if isinstance(link, BaseException) and link not in found:
            found.append(link)
            waiting += [*link.args, getattr(link, "reason", None), link.__cause__, link.__context__]
    return found


def _reason(chain: list[BaseException]) -> str:
    # The system's own words. The texts of requests and urllib3 are no use here: they contain the URL.
    for link in chain:
        if isinstance(link, OSError) and link.strerror:
            return text_of_error(link)
    return type(chain[0]).__name__
