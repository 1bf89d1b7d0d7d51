"""qBittorrent: which downloads are finished, and what is in them.

Measured on 4.5.2; what 5.x does otherwise is taken care of by the package and noted where it matters.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal, TypeVar

import qbittorrentapi
import urllib3
from pydantic import BeforeValidator, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from jobs.waiting import TimeLimitExceeded, Waiter
from scenes.clients.base import MAX_TEXT, READ, WRITE, Answer, HttpService, Limits, ServiceError
from scenes.clients.qbittorrent_session import OneTryClient, RedirectRefused

T = TypeVar("T")

Phase = Literal["finished", "waiting", "not_finished"]

# 4.x says pausedUP, 5.x stoppedUP.
FINISHED = frozenset({"uploading", "stalledUP", "pausedUP", "stoppedUP", "queuedUP", "forcedUP"})
NOT_FINISHED = frozenset(
    {
        *("downloading", "metaDL", "forcedMetaDL", "allocating", "error", "missingFiles"),
        *("pausedDL", "stoppedDL", "queuedDL", "stalledDL", "forcedDL"),
    }
)


def phase_of(state: str) -> Phase:
    """What a torrent's state means for us. Moving, checking and any state not known here: wait."""
    if state in FINISHED:
        return "finished"
    return "not_finished" if state in NOT_FINISHED else "waiting"


@dataclass(frozen=True)
class Torrent:
    """A torrent as qBittorrent lists it. ``save_path`` is as qBittorrent sees it.

    The files' paths are ``save_path`` + ``TorrentFile.name``. (``content_path`` is of no use: for a torrent
    without a root folder it is the save path itself, with everything else in it.)
    """

    hash: str
    name: str
    state: str
    phase: Phase
    save_path: str
    category: str  # "" for none
    tags: tuple[str, ...]
    size: int  # bytes
    completed_at: datetime | None


@dataclass(frozen=True)
class TorrentFile:
    """A file of a torrent. ``name`` is relative to the save path, with slashes."""

    name: str
    size: int  # bytes
    wanted: bool  # selected for download; a deselected file that was on disk already counts as complete too
    complete: bool


def login_fingerprint(secret_key: str, url: str, user: str, password: str) -> str:
    """64 hex digits by which a refused login is remembered: the same for the same three values only.

    Keyed with the project's secret key, so that nobody can try passwords on a stolen database.
    """
    values = json.dumps(["qbittorrent login", url.strip().rstrip("/"), user, password])
    return hmac.new(secret_key.encode(), values.encode(), hashlib.sha256).hexdigest()


def _split_tags(text: object) -> object:
    return tuple(part for tag in text.split(",") if (part := tag.strip())) if isinstance(text, str) else text


class TorrentRow(TypedDict):
    hash: str
    name: str
    state: str
    save_path: str
    category: str
    tags: Annotated[tuple[str, ...], BeforeValidator(_split_tags)]
    size: int
    completion_on: int  # seconds since 1970; not positive when not completed


class FileRow(TypedDict):
    name: str
    size: int
    priority: int
    progress: float


_TORRENTS = TypeAdapter(list[TorrentRow])
_FILES = TypeAdapter(list[FileRow])
_CATEGORIES: TypeAdapter[dict[str, object]] = TypeAdapter(dict[str, object])


class QBittorrentClient(HttpService):
    """One qBittorrent. It logs in with the first call, once: a failure is raised again by every later call.

    Further codes: ``login_refused`` and ``banned`` (permanent), ``not_found`` (no such torrent).
    """

    service = "qBittorrent"

    def __init__(
        self,
        url: str,
        username: str = "",
        password: str = "",
        waiter: Waiter | None = None,
        *,
        read: Limits = READ,
        write: Limits = WRITE,
    ):
        super().__init__(url, waiter, secrets=(password,), read=read, write=write)
        self._client = OneTryClient(self.base, username, password, read)
        self._logged_in = False
        self._login_error: ServiceError | None = None

    def close(self) -> None:
        """Close idle connections and forget the session; the object is of no more use."""
        super().close()
        self._client._trigger_session_initialization()

    def version(self) -> str:
        """Such as "v4.5.2"."""
        version = self._read(self._client.app_version)
        if not version.startswith("v"):
            raise self._bad_answer("the version")
        return version

    def categories(self) -> list[str]:
        """The names of all categories. A filter by an unknown one finds nothing and is no error."""
        found = self._checked(_CATEGORIES, self._read(self._client.torrents_categories))
        return sorted(found)

    def torrents(self, category: str = "", tags: Collection[str] = ()) -> list[Torrent]:
        """All torrents of the category that have all these tags, whatever their state. Empty: no filter."""
        answer = self._read(lambda: self._client.torrents_info(category=category or None))
        rows = self._checked(_TORRENTS, answer)
        return [_torrent(row) for row in rows if set(tags) <= set(row["tags"])]

    def files(self, torrent_hash: str) -> list[TorrentFile]:
        """The files of one torrent. Raises ServiceError (``not_found``) when it is gone."""
        answer = self._read(lambda: self._client.torrents_files(torrent_hash=torrent_hash))
        return [_file(row) for row in self._checked(_FILES, answer)]

    def add_tag(self, torrent_hashes: Iterable[str], tag: str) -> None:
        """Give torrents a tag. Having it already, or being gone, is no error."""
        hashes = _hashes(torrent_hashes)
        self._write(lambda: self._client.torrents_add_tags(tags=tag, torrent_hashes=hashes))

    def delete(self, torrent_hashes: Iterable[str], *, with_files: bool) -> None:
        """Take torrents out of qBittorrent, keeping or deleting their files. Being gone is no error."""
        hashes = _hashes(torrent_hashes)
        self._write(lambda: self._client.torrents_delete(delete_files=with_files, torrent_hashes=hashes))

    # --- One call ---

    def log_in(self) -> None:
        """Log in unless that was tried before. Raises ServiceError (``login_refused``, ``banned``, …)."""
        if self._login_error:
            raise self._login_error
        if not self._logged_in:
            try:
                self._bounded(self.waiter.read, self._client.auth_log_in, self.read_limits.total, False)
            except ServiceError as error:
                self._login_error = error
                raise
            self._logged_in = True

    def _read(self, call: Callable[[], T]) -> T:
        self.log_in()
        return self._bounded(self.waiter.read, call, self.read_limits.total, False)

    def _write(self, call: Callable[[], T]) -> T:
        self.log_in()
        return self._bounded(self.waiter.write, call, self.write_limits.total, True)

    def _bounded(
        self,
        bounded: Callable[[Callable[[], T], float], T],
        call: Callable[[], T],
        seconds: float,
        write: bool,
    ) -> T:
        try:
            return bounded(call, seconds)
        except TimeLimitExceeded:
            raise self._timeout(seconds, write) from None
        except RedirectRefused as redirect:
            raise self._redirect_error(redirect.location) from None
        except qbittorrentapi.APIError as error:
            raise self._api_error(error) from None
        except (OSError, urllib3.exceptions.HTTPError) as error:
            raise self._connection_error(error, self.read_limits, write) from None

    def _api_error(self, error: qbittorrentapi.APIError) -> ServiceError:
        if isinstance(error, qbittorrentapi.LoginFailed):
            return self._login_failed()
        if isinstance(error, qbittorrentapi.Forbidden403Error):
            return self._forbidden(str(error))
        if isinstance(error, qbittorrentapi.Unauthorized401Error):
            return self.error("unauthorized", "refuses us (401).", HOST_HEADER_HINT, permanent=True)
        if isinstance(error, qbittorrentapi.NotFound404Error) and self._logged_in:
            return self.error("not_found", "does not have this torrent any more.")
        if isinstance(error, qbittorrentapi.HTTPError):
            return self.status_error(Answer(error.http_status_code, str(error).encode()))
        return self._bad_answer("a question")

    def _login_failed(self) -> ServiceError:
        if not self._client.refused:
            return self.status_error(Answer(404))
        hint = (
            "Correct user and password in the settings. It is not tried again until they change, because "
            f"qBittorrent bans an address for an hour after five failures. {HOST_HEADER_HINT}"
        )
        return self.error("login_refused", "refuses user and password.", hint, permanent=True)

    def _forbidden(self, said: str) -> ServiceError:
        if "banned" in said:
            hint = (
                "Correct user and password in the settings, then restart qBittorrent or wait an hour. Every "
                "program that reaches it from this address (with Docker: all) must have the right password."
            )
            message = "has banned this address after too many failed logins."
            return self.error("banned", message, hint, permanent=True)
        return self.error("forbidden", f"refuses us (403): {said[:MAX_TEXT]}.", HOST_HEADER_HINT)

    def _checked(self, adapter: TypeAdapter[T], answer: object) -> T:
        try:
            return adapter.validate_python(answer)
        except ValidationError as problem:
            first = problem.errors(include_input=False, include_url=False, include_context=False)[0]
            raise self._bad_answer(".".join(str(part) for part in first["loc"]) or first["msg"]) from None

    def _bad_answer(self, place: str) -> ServiceError:
        hint = "Is it qBittorrent that answers at this address, and at least version 4.5?"
        return self.error("bad_answer", f"unexpected answer ({place}).", hint)


HOST_HEADER_HINT = (
    "When the password is right, look at qBittorrent's Options, Web UI: host header validation and "
    "cross-site request protection."
)


def _hashes(torrent_hashes: Iterable[str]) -> list[str]:
    hashes = list(torrent_hashes)
    if not hashes or "all" in hashes:  # to qBittorrent the word means every torrent
        raise ValueError("which torrents?")
    return hashes


def _torrent(row: TorrentRow) -> Torrent:
    return Torrent(
        hash=row["hash"],
        name=row["name"],
        state=row["state"],
        phase=phase_of(row["state"]),
        save_path=row["save_path"],
        category=row["category"],
        tags=row["tags"],
        size=row["size"],
        completed_at=_moment(row["completion_on"]),
    )


def _moment(seconds: int) -> datetime | None:
    # Never completed: 0, -1 or, in some versions, -1 without its sign.
    return datetime.fromtimestamp(seconds, UTC) if 0 < seconds < 0xFFFFFFFF else None


def _file(row: FileRow) -> TorrentFile:
    name = row["name"].replace("\\", "/")
    return TorrentFile(
        name=name,
        size=row["size"],
        wanted=row["priority"] > 0 and ".unwanted" not in name.split("/"),
        complete=row["progress"] == 1 and not name.endswith(".!qB"),
    )
