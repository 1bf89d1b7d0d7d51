"""Clients of the outside services, made from the configuration for whoever waits on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.errors import JobError
from jobs.waiting import Waiter
from scenes import configuration
from scenes.clients.base import READ, WRITE, Limits

if TYPE_CHECKING:  # they take long to import, see scenes.tasks
    from scenes.clients.qbittorrent.client import QBittorrentClient
    from scenes.clients.stash.client import StashClient
    from scenes.clients.tagger.client import TaggerClient


def not_configured(what: str, variable: str) -> JobError:
    return JobError("not_configured", f"No {what} is set: give its address in {variable}.", permanent=True)


def stash(waiter: Waiter, *, read: Limits = READ, write: Limits = WRITE) -> StashClient:
    """Raises JobError when no Stash is set."""
    from scenes.clients.stash.client import StashClient

    config = configuration.current()
    if not config.stash_url:
        raise not_configured("Stash", "STASHHOG_STASH_URL")
    read = read.times(waiter.timeout_factor)
    return StashClient(config.stash_url, config.stash_api_key, waiter=waiter, read=read, write=write)


def qbittorrent(waiter: Waiter, *, read: Limits = READ) -> QBittorrentClient:
    """Raises JobError when no qBittorrent is set."""
    from scenes.clients.qbittorrent.client import QBittorrentClient

    config = configuration.current()
    if not config.qbittorrent_url:
        raise not_configured("qBittorrent", "STASHHOG_QBITTORRENT_URL")
    return QBittorrentClient(
        config.qbittorrent_url,
        config.qbittorrent_username,
        config.qbittorrent_password,
        waiter=waiter,
        read=read.times(waiter.timeout_factor),
    )


def tagger(waiter: Waiter, *, read: Limits = READ) -> TaggerClient | None:
    """None when no tagger is set: the other detectors do without."""
    from scenes.clients.tagger.client import TaggerClient

    config = configuration.current()
    if not config.tagger_url:
        return None
    return TaggerClient(config.tagger_url, waiter=waiter, read=read, timeout=config.tagger_timeout)
