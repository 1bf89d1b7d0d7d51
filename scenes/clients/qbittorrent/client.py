"""qBittorrent: which downloads are finished, and what is in them.

Measured on 4.5.2; what 5.x does otherwise is taken care of by the package and noted where it matters.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import TypeVar

import qbittorrentapi
import requests
import urllib3
from pydantic import TypeAdapter, ValidationError

from jobs.texts.translatable import Translatable as _
from jobs.waiting import TimeLimitExceeded, Waiter
from scenes.clients.base import MAX_TEXT, WRITE, Limits, ServiceError
from scenes.clients.exchange import Exchange, TooLarge
from scenes.clients.http_service import Answer, HttpService
from scenes.clients.qbittorrent.rows import (
    CATEGORIES,
    FILES,
    LARGEST,
    TAGS,
    TORRENTS,
    Phase,
    Torrent,
    TorrentFile,
    file_of,
    login_fingerprint,
    phase_of,
    torrent_of,
)
from scenes.clients.qbittorrent.session import RedirectRefused, SingleRequestClient

__all__ = ["Phase", "QBittorrentClient", "Torrent", "TorrentFile", "login_fingerprint", "phase_of"]

T = TypeVar("T")
TEXT = TypeAdapter(str)

# A row of a torrent is 1 to 3 kB, by its trackers, and one of a file 0.3 kB: 40,000 torrents fit.
READ = Limits(size=128 * 1024 * 1024)

RULES_HINT = _(
    "Look at qBittorrent's Options, Web UI: its host header validation must know the name in the "
    "address (“server domains”), and its cross-site request protection must let us pass. A proxy "
    "before it may have rules, too."
)


class QBittorrentClient(HttpService):
    """One qBittorrent. It logs in with the first call, once: a failure is raised again by every later call.

    A session that worked and then ended (qBittorrent was restarted, or nobody asked for an hour) is started again.
    Further codes: ``login_refused`` and ``banned`` (permanent), ``not_found`` (no such torrent).
    """

    service = "qBittorrent"
    too_large_hint = _(
        "Is it qBittorrent that answers at this address? More than some 40,000 torrents are too many "
        "for StashHog, whatever their category: remove from it those that you no longer need."
    )

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
        self._client = SingleRequestClient(self.base, username, password, read)
        self._has_password = bool(password)
        self._logged_in = False
        self._worked = False  # whether a call was answered since the login
        self._login_error: ServiceError | None = None

    def close(self) -> None:
        """Close idle connections and forget the session; the object is of no more use."""
        super().close()
        self._client._trigger_session_initialization()

    def check_there(self) -> None:
        """Raise ServiceError unless it answers. Asks without a login, so no wrong one counts towards a ban."""
        answer = self.request("GET", "/api/v2/app/version")
        if answer.status == 401:
            raise self._refuses_all()
        if answer.status == 403:  # its answer to who is not logged in
            return
        self.check_status(answer)
        if not answer.text.startswith("v"):
            raise self._bad_answer(_("the version"))

    def version(self) -> str:
        """For people, such as "v4.5.2"."""
        return self._checked(TEXT, self._read(self._client.app_version))

    def torrents(self, category: str = "", tags: Collection[str] = ()) -> list[Torrent]:
        """All torrents of the category that have all these tags, whatever their state. Empty: no filter."""
        answer = self._read(lambda: self._client.torrents_info(category=category or None))
        rows = self._checked(TORRENTS, answer)
        if len({row["hash"] for row in rows}) < len(rows):
            raise self._bad_answer(_("a torrent that is listed twice"))
        return [torrent_of(row) for row in rows if set(tags) <= set(row["tags"])]

    def categories(self) -> list[str]:
        """The categories that there are, whether or not a torrent has them; ``a/b`` is a subcategory of ``a``."""
        names = self._checked(CATEGORIES, self._read(self._client.torrents_categories))
        return sorted(names)

    def tags(self) -> list[str]:
        """The tags that there are, whether or not a torrent has them."""
        names = self._checked(TAGS, self._read(self._client.torrents_tags))
        return sorted(names)

    def torrent(self, torrent_hash: str) -> Torrent | None:
        """One torrent as it is now; None when it is gone."""
        answer = self._read(lambda: self._client.torrents_info(torrent_hashes=torrent_hash))
        rows = self._checked(TORRENTS, answer)
        return next((torrent_of(row) for row in rows if row["hash"] == torrent_hash), None)

    def files(self, torrent_hash: str) -> list[TorrentFile]:
        """The files of one torrent. Raises ServiceError (``not_found``) when it is gone."""
        answer = self._read(lambda: self._client.torrents_files(torrent_hash=torrent_hash))
        rows = self._checked(FILES, answer)
        if sum(row["size"] for row in rows) > LARGEST:
            raise self._bad_answer(_("the sizes of the files"))
        return [file_of(row) for row in rows]

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
            self._logged_in, self._worked = True, False

    def _read(self, call: Callable[[], T]) -> T:
        return self._logged_in_for(lambda: self._bounded(self.waiter.read, call, self.read_limits.total, False))

    def _write(self, call: Callable[[], T]) -> T:
        return self._logged_in_for(lambda: self._bounded(self.waiter.write, call, self.write_limits.total, True))

    def _logged_in_for(self, ask: Callable[[], T]) -> T:
        self.log_in()
        try:
            answer = ask()
        except ServiceError as error:
            if error.code != "forbidden" or not self._worked:
                raise
            self._logged_in = False  # the session ended; refused right after a login, another one would not help
            self.log_in()
            answer = ask()
        self._worked = True
        return answer

    def _bounded(
        self,
        bounded: Callable[[Callable[[], T], float], T],
        call: Callable[[], T],
        seconds: float,
        write: bool,
    ) -> T:
        exchange = Exchange()
        try:
            return bounded(lambda: exchange.run(call), seconds)
        except TimeLimitExceeded:
            raise self.timeout_error(seconds, write) from None
        except TooLarge as error:
            raise self.too_large_error(error) from None
        except RedirectRefused as redirect:
            raise self.redirect_error(redirect.location) from None
        except qbittorrentapi.APIError as error:
            raise self.api_error(error) from None
        except (OSError, urllib3.exceptions.HTTPError) as error:
            raise self.connection_error(error, self.read_limits, write) from None
        finally:
            exchange.cut()

    def api_error(self, error: qbittorrentapi.APIError) -> ServiceError:
        """What an error that the package raises means."""
        if isinstance(error, qbittorrentapi.LoginFailed):
            return self.login_failure(self._client.latest)
        if isinstance(error, qbittorrentapi.Forbidden403Error):
            return self.refusal(str(error))
        if isinstance(error, qbittorrentapi.Unauthorized401Error):
            return self._refuses_all()
        if isinstance(error, qbittorrentapi.NotFound404Error) and self._logged_in:
            return self.error("not_found", _("does not have this torrent any more."))
        if isinstance(error, qbittorrentapi.HTTPError):
            return self.status_error(Answer(error.http_status_code, str(error).encode()))
        return self._bad_answer(_("a question"))

    def login_failure(self, answer: requests.Response) -> ServiceError:
        """Why there is no session after this answer to a login."""
        if answer.status_code != 401 and answer.content != b"Fails.":
            return self.status_error(Answer(404))
        # A wrong password is 200 "Fails." for 4.x and 401 for 5.2; 401 is also what a rule of the server says to all.
        if answer.status_code == 401:
            ask = self._client.without_session
            if self._bounded(self.waiter.read, ask, self.read_limits.total, False) == 401:
                return self._refuses_all()
        once = _(
            "It is not tried again until they change, because qBittorrent bans an address for an hour "
            "after five failures."
        )
        if not self._has_password:
            message = _("wants a user and password, and no password is set.")
            return self.error(
                "login_refused", message, _("Give both in the settings. {once}", once=once), permanent=True
            )
        hint = _("Correct user and password in the settings. {once}", once=once)
        return self.error("login_refused", _("refuses user and password."), hint, permanent=True)

    def _refuses_all(self) -> ServiceError:
        message = _("refuses every request that comes by this address (401), whatever the password.")
        return self.error("unauthorized", message, RULES_HINT, permanent=True)

    def refusal(self, reason: str) -> ServiceError:
        """What its 403 means: a ban of this address, or a rule. ``reason``: its own words."""
        if "banned" in reason:
            hint = _(
                "Correct user and password in the settings, then restart qBittorrent or wait an hour. Every "
                "program that reaches it from this address (with Docker: all) must have the right password."
            )
            message = _("has banned this address after too many failed logins.")
            return self.error("banned", message, hint, permanent=True)
        message = _("refuses us (403): {reason}.", reason=self.clean(reason, MAX_TEXT))
        if self._logged_in:
            words = self.clean(reason, MAX_TEXT)
            message = _("refuses us (403, although it took the login): {reason}.", reason=words)
        return self.error("forbidden", message, RULES_HINT)

    def _checked(self, adapter: TypeAdapter[T], answer: object) -> T:
        try:
            return adapter.validate_python(answer)
        except ValidationError as problem:
            first = problem.errors(include_input=False, include_url=False, include_context=False)[0]
            raise self._bad_answer(".".join(str(part) for part in first["loc"]) or first["msg"]) from None

    def _bad_answer(self, place: str) -> ServiceError:
        hint = _("Is it qBittorrent that answers at this address, and at least version 4.5?")
        return self.error("bad_answer", _("unexpected answer ({place}).", place=place), hint)


def _hashes(torrent_hashes: Iterable[str]) -> list[str]:
    hashes = list(torrent_hashes)
    if not hashes or "all" in hashes:  # to qBittorrent the word means every torrent
        raise ValueError("which torrents?")
    return hashes
