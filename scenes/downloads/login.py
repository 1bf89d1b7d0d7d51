"""Logging in to qBittorrent once: five failures ban the address, so a refused login is never repeated."""

from __future__ import annotations

from django.conf import settings

from jobs.context import JobContext
from jobs.errors import JobError
from scenes import configuration, services
from scenes.clients.base import ServiceError
from scenes.clients.qbittorrent import QBittorrentClient, login_fingerprint
from scenes.models import RefusedLogin


def logged_in(job: JobContext) -> QBittorrentClient:
    """A client with a session. Raises JobError: ``login_refused`` without asking when it was refused before."""
    client = services.qbittorrent(job)
    fingerprint = _fingerprint()
    if refused := RefusedLogin.objects.filter(fingerprint=fingerprint).first():
        raise JobError("login_refused", refused.message, permanent=True)
    try:
        client.log_in()
    except ServiceError as error:
        if error.code == "login_refused":
            _remember(job, fingerprint, error.message)
        raise
    return client


def _fingerprint() -> str:
    config = configuration.current()
    return login_fingerprint(
        settings.SECRET_KEY, config.qbittorrent_url, config.qbittorrent_username, config.qbittorrent_password
    )


def _remember(job: JobContext, fingerprint: str, message: str) -> None:
    with job.transaction(recording=True):
        RefusedLogin.objects.get_or_create(fingerprint=fingerprint, defaults={"message": message})
