"""One GraphQL request to Stash: how it is sent, and what its answer means.

Measured on Stash 0.30.1: an invalid query is answered 422, a wrong key 401 with an empty body, and whatever
fails in Stash itself 200 with ``errors`` of free text.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, NotRequired, TypeVar, cast
from urllib.parse import urlsplit

from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict

from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import joined
from jobs.waiting import Waiter
from scenes.clients.addresses import shown
from scenes.clients.base import MAX_TEXT, READ, WRITE, Limits, ServiceError, TooLargeAnswer
from scenes.clients.http_service import Answer, HttpService
from scenes.clients.remote_clock import RemoteClock
from scenes.clients.stash import documents as stash_documents
from scenes.clients.stash.portions import MOST, Portions
from scenes.clients.stash.words import ITS_OWN_TROUBLE
from scenes.configuration import named_setting

T = TypeVar("T")

OLDEST = "0.30"  # Stash; earlier ones can't be asked for scenes by their files' `updated_at` (files_filter)
NOT_SET_UP = "nil pointer"  # in the error of every single question before Stash's set-up
IS_IT_STASH = _("Is it Stash that answers at this address, and in a version that StashHog knows?")
KEY_HINT = _(
    "Copy the API key from Stash (Settings, Security) to {setting} in StashHog's settings.",
    setting=named_setting("stash_api_key"),
)
PER_REQUEST = MOST  # items in one request, far from Stash's limits


class GraphqlError(TypedDict):
    """One of the ``errors`` of an answer; ``path`` begins with the alias that failed."""

    message: str
    path: NotRequired[list[str | int] | None]


class Envelope(TypedDict, Generic[T]):
    """A complete answer. Its ``data`` is checked field by field while it is parsed."""

    data: T
    errors: NotRequired[list[GraphqlError] | None]


class PartialAnswer(TypedDict):
    """An answer with errors, in which any of the ``data`` may be missing."""

    data: NotRequired[dict[str, Any] | None]
    errors: NotRequired[list[GraphqlError] | None]


class SystemStatus(TypedDict):
    status: str


class SystemStatusAnswer(TypedDict):
    system_status: SystemStatus


@dataclass(frozen=True)
class ItemResult(Generic[T]):
    """What became of one of several items: it is done unless there is an error."""

    value: T | None = None
    error: ServiceError | None = None


class StashTransport(HttpService):
    """Sends operations of ``operations.graphql`` to one Stash. Further codes of its errors:

    ``setup``, ``needs_migration`` (permanent): Stash waits for a person in its own pages.
    """

    service = "Stash"
    too_large_hint = _(
        "Is it Stash that answers at this address? A scene with all of its markers, or the list of all tags, may be "
        "too large for StashHog: remove from it what you no longer need."
    )
    unauthorized_hint = _("{hint} Leave it empty when Stash has no user and password.", hint=KEY_HINT)

    def __init__(
        self,
        url: str,
        api_key: str = "",
        waiter: Waiter | None = None,
        *,
        read: Limits = READ,
        write: Limits = WRITE,
    ):
        """``url`` is the address of Stash's pages; one that ends in ``/graphql`` is taken too."""
        api_key = api_key.strip()
        if not (api_key.isascii() and api_key.isprintable()):
            message = _("the API key has characters that no key has.")
            raise ServiceError(self.service, "unauthorized", message, self.unauthorized_hint, permanent=True)
        super().__init__(
            pages_address(url),
            waiter,
            headers={"ApiKey": api_key} if api_key else {},
            secrets=(api_key,),
            read=read,
            write=write,
        )
        self._clock = RemoteClock()
        self.portions = Portions()  # of what is written

    def now(self) -> datetime:
        """The earliest time that it may be by Stash's clock; ours before its first answer."""
        return self._clock.now()

    def remote_time(self, moment: datetime) -> datetime:
        """A time of our clock by Stash's, to half a second and what its answer took."""
        return self._clock.from_local(moment)

    def ask(self, name: str, shape: type[T], variables: dict[str, Any] | None = None, *, write: bool = False) -> T:
        """The checked ``data`` of the operation ``name``. Raises ServiceError."""
        answer = self._send(name, stash_documents.document(name), variables or {}, write)
        try:
            envelope = _adapter(cast(Any, Envelope)[shape]).validate_json(answer.body, strict=True)
        except ValidationError as problem:  # because Stash reports errors, or because the answer is odd
            errors = _errors(answer)
            raise (self._resolver_error(name, errors) if errors else self._bad_answer(name, problem)) from None
        if envelope.get("errors"):
            raise self._resolver_error(name, envelope["errors"] or [])
        return cast(T, envelope["data"])

    def ask_each(
        self, name: str, shape: type[T], items: Sequence[dict[str, Any]], *, write: bool = False
    ) -> list[ItemResult[T]]:
        """The operation ``name`` for each of at most PER_REQUEST ``items`` (its variables), in one request.

        Each has its own result, since Stash does them one after the other, each in its own transaction.
        Raises ServiceError when the answer tells nothing about single items.
        """
        if len(items) > PER_REQUEST:
            raise ValueError(f"{len(items)} items, at most {PER_REQUEST} fit into one request")
        if not items:
            return []
        document = stash_documents.repeated(name, len(items))
        answer = self._send(name, document, stash_documents.numbered_variables(items), write)
        try:
            loose = cast(PartialAnswer, _adapter(PartialAnswer).validate_json(answer.body))
        except ValidationError as problem:
            raise self._bad_answer(name, problem) from None
        errors, data = loose.get("errors") or [], loose.get("data")
        failed = errors_by_alias(errors)
        of_others = failed.keys() - {stash_documents.alias(index) for index in range(len(items))}
        # Without data no question is answered; orders were carried out all the same, but for those that failed.
        if of_others or (data is None and not (failed and write)):
            raise self._resolver_error(name, errors)
        if any(NOT_SET_UP in error["message"] for error in errors):
            self.check_set_up()
        return [self.item_result(name, shape, data, failed, index) for index in range(len(items))]

    def item_result(
        self,
        name: str,
        shape: type[T],
        data: dict[str, Any] | None,
        failed: dict[str | None, list[GraphqlError]],
        index: int,
    ) -> ItemResult[T]:
        """What an answer to several questions says to the one with this index."""
        alias = stash_documents.alias(index)
        if alias in failed:
            return ItemResult(error=self._reported_error(name, failed[alias]))
        if data is None and shape is bool:
            # A failed field that is not nullable takes the whole data away; the others were done nonetheless.
            return ItemResult(cast(T, True))
        try:
            return ItemResult(_adapter(shape).validate_python((data or {}).get(alias)))
        except ValidationError as problem:
            return ItemResult(error=self._bad_answer(name, problem))

    def as_much_as_fits(
        self, size: int, name: str, shape: type[T], variables: dict[str, Any], done: int | None = None
    ) -> tuple[T, int]:
        """A page of so many rows, or of half of them, and so on, while it is too large; and the size that it took.

        ``done``: how many rows all pages before it have, where pages are counted and do not go on after an id.
        """
        while True:
            page = {} if done is None else {"page": done // size + 1}
            try:
                return self.ask(name, shape, {**variables, **page, "per_page": size}), size
            except TooLargeAnswer:
                if size == 1:
                    raise
                size //= 2

    def _send(self, name: str, document: str, variables: dict[str, Any], write: bool) -> Answer:
        body = {"query": document, "operationName": name, "variables": variables}
        headers = {"Accept": "application/json"}  # with */* Stash compresses nothing and says 400 for 422
        sent = time.monotonic()
        answer = self.request("POST", "/graphql", write=write, json=body, headers=headers)
        self._clock.observe(answer.date, sent, time.monotonic())
        if answer.status in (400, 422) and _errors(answer):
            reasons = self.clean("; ".join(error["message"] for error in _errors(answer)), MAX_TEXT)
            hint = _(
                "This version of Stash may be too old or too new for StashHog, which needs Stash {oldest} or later.",
                oldest=OLDEST,
            )
            raise self.error(
                "invalid_query",
                _("does not understand {name}: {reasons}", name=name, reasons=reasons),
                hint,
                permanent=True,
            )
        self.check_status(answer)
        if answer.body[:MAX_TEXT].lstrip().startswith(b"<"):
            hint = _("Is there a proxy with a login page before it, or another program at this address?")
            raise self.error("bad_answer", _("a page (HTML) comes back in place of Stash's answer."), hint)
        return answer

    def status_error(self, answer: Answer) -> ServiceError:
        """As everywhere, but a refusal by status is none of Stash's, so it says nothing of what was asked for."""
        if answer.status == 401 and "ApiKey" not in self._session.headers:
            # Its answer to a wrong key is the same, an empty 401.
            return self.error("unauthorized", _("wants an API key, and none is set (401)."), KEY_HINT, permanent=True)
        error = super().status_error(answer)
        if error.code == "bad_answer":
            return self.error(error.code, joined(" ", [error.problem, error.hint]), IS_IT_STASH)
        if error.code != "rejected":
            return error
        return self.error("bad_answer", _("something answers with status {status}.", status=answer.status), IS_IT_STASH)

    def _resolver_error(self, name: str, errors: Sequence[GraphqlError]) -> ServiceError:
        if name != "SystemStatus":
            self.check_set_up()
        return self._reported_error(name, errors)

    def _reported_error(self, name: str, errors: Sequence[GraphqlError]) -> ServiceError:
        reasons = self.clean("; ".join(error["message"] for error in errors), MAX_TEXT) or _("no data and no reason")
        if "database is locked" in reasons:
            return self.error("busy", _("{name}: its database is locked.", name=name), _("It is tried again later."))
        if ITS_OWN_TROUBLE.search(reasons):
            hint = _("Look at the disk of Stash, whether it has room and works, and into the log of Stash.")
            return self.error("server_error", joined(": ", [name, f"{reasons}."]), hint)
        return self.error("rejected", joined(": ", [name, reasons]))

    def _bad_answer(self, name: str, problem: ValidationError) -> ServiceError:
        first = problem.errors(include_input=False, include_url=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or _("the answer")
        reason = self.clean(
            _("unexpected answer to {name}: {place}: {msg}", name=name, place=place, msg=first["msg"]), MAX_TEXT
        )
        return self.error("bad_answer", reason, IS_IT_STASH)

    def check_set_up(self) -> None:
        """Raise ServiceError (``setup``, ``needs_migration``) unless Stash is ready for questions."""
        status = self.ask("SystemStatus", SystemStatusAnswer)["system_status"]["status"]
        hint = _("Open {address} in a browser and follow what it says.", address=shown(self.base))
        if status == "SETUP":
            raise self.error("setup", _("is not set up yet."), hint, permanent=True)
        if status == "NEEDS_MIGRATION":
            raise self.error("needs_migration", _("waits for its database migration."), hint, permanent=True)


def _errors(answer: Answer) -> list[GraphqlError]:
    try:
        return _adapter(PartialAnswer).validate_json(answer.body).get("errors") or []
    except ValidationError:
        return []


def errors_by_alias(errors: Sequence[GraphqlError]) -> dict[str | None, list[GraphqlError]]:
    """The errors by the alias they belong to; None for those that belong to the whole request."""
    found: dict[str | None, list[GraphqlError]] = {}
    for error in errors:
        path = error.get("path")
        found.setdefault(str(path[0]) if path else None, []).append(error)
    return found


def pages_address(url: str) -> str:
    """The address of Stash's pages, from it or from that of its API."""
    return re.sub(r"/graphql/*$", "", url.split("?")[0].strip())


def shown_address(url: str) -> str:
    """That of Stash's pages for a reader, who need not know the password of a proxy before Stash; "" for none."""
    pages = pages_address(url)
    return shown(pages).rstrip("/") if urlsplit(pages).hostname else ""


_adapters: dict[Any, TypeAdapter[Any]] = {}  # making one takes milliseconds


def _adapter(shape: Any) -> TypeAdapter[Any]:
    if shape not in _adapters:
        _adapters[shape] = TypeAdapter(shape)
    return _adapters[shape]
