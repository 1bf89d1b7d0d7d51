"""Logging in to qBittorrent once: five failures ban the address, so a refused login is never repeated."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from django.conf import settings

from jobs.context import JobContext
from jobs.errors import JobError
from scenes import configuration, services
from scenes.clients.base import ServiceError
from scenes.clients.qbittorrent.rows import login_fingerprint
from scenes.configuration import Configuration
from scenes.models import RefusedLogin

if TYPE_CHECKING:  # it takes long to import, see scenes.tasks
    from scenes.clients.qbittorrent.client import QBittorrentClient


@contextmanager
def logged_in(job: JobContext) -> Iterator[QBittorrentClient]:
    """A client with a session. Raises JobError: ``login_refused`` without asking when it was refused before.

    A refusal is remembered, also one inside the block: a session may end, and the password have been changed.
    """
    client = services.qbittorrent(job)
    refused_by = fingerprint()
    if refused := RefusedLogin.objects.filter(fingerprint=refused_by).first():
        raise JobError("login_refused", refused.message, permanent=True)
    try:
        with closing(client):
            client.log_in()
            yield client
    except ServiceError as error:
        if error.code == "login_refused":
            with job.transaction(recording=True):
                RefusedLogin.objects.get_or_create(fingerprint=refused_by, defaults={"message": error.message})
        raise


def fingerprint(config: Configuration | None = None) -> str:
    """Of the login in the settings: see RefusedLogin."""
    config = config or configuration.current()
    return login_fingerprint(
        settings.SECRET_KEY, config.qbittorrent_url, config.qbittorrent_username, config.qbittorrent_password
    )
