"""Logging in to qBittorrent once: five failures ban the address, so a refused login is never repeated.

Nor is one while the address is banned, since each may count: until the ban ends, or a person wants it tried.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone

from jobs.context import JobContext
from jobs.errors import JobError
from scenes import configuration, services
from scenes.clients.base import ServiceError
from scenes.clients.qbittorrent.rows import login_fingerprint
from scenes.configuration import Configuration
from scenes.models import RefusedLogin
from scenes.models.downloads import BAN

if TYPE_CHECKING:  # it takes long to import, see scenes.tasks
    from scenes.clients.qbittorrent.client import QBittorrentClient

REFUSED, BANNED = "login_refused", "banned"
REMEMBERED = (REFUSED, BANNED)


@contextmanager
def logged_in(job: JobContext) -> Iterator[QBittorrentClient]:
    """A client with a session. Raises JobError, that of ``refusal`` without asking.

    A refusal is remembered, also one inside the block: a session may end, and the password have been changed.
    """
    client = services.qbittorrent(job)
    config = configuration.current()
    if refused := refusal(config):
        raise refused
    try:
        with closing(client):
            client.log_in()
            yield client
    except ServiceError as error:
        if error.code in REMEMBERED:
            with job.transaction(recording=True):
                remember(config, error.code, error.message)
        raise


def refusal(config: Configuration | None = None) -> JobError | None:
    """Why the login in the settings is not tried: it was refused before, or the address is banned (``REMEMBERED``)."""
    row = RefusedLogin.objects.in_force().filter(fingerprint=fingerprint(config)).first()
    if row is None:
        return None
    return JobError(BANNED if row.banned_until else REFUSED, row.reason, permanent=True)


def remember(config: Configuration, code: str, message: str) -> None:
    """What came of a login (``code`` of its error), if it is not to be tried again."""
    if code in REMEMBERED:
        now = timezone.now()
        values = {"message": message, "refused_at": now, "banned_until": now + BAN if code == BANNED else None}
        RefusedLogin.objects.update_or_create(fingerprint=fingerprint(config), defaults=values)


def forget(config: Configuration) -> None:
    """It was taken."""
    RefusedLogin.objects.filter(fingerprint=fingerprint(config)).delete()


def fingerprint(config: Configuration | None = None) -> str:
    """Of the login in the settings: see RefusedLogin."""
    config = config or configuration.current()
    return login_fingerprint(
        settings.SECRET_KEY, config.qbittorrent_url, config.qbittorrent_username, config.qbittorrent_password
    )
