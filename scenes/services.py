"""Clients of the outside services, made from the configuration for whoever waits on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.errors import JobError
from jobs.texts.translatable import Translatable as _
from jobs.waiting import Waiter
from scenes import configuration
from scenes.clients.base import READ, WRITE, Limits
from scenes.configuration import Configuration

if TYPE_CHECKING:  # they take long to import, see scenes.tasks
    from scenes.clients.llm.client import LlmClient
    from scenes.clients.qbittorrent.client import QBittorrentClient
    from scenes.clients.stash.client import StashClient
    from scenes.clients.tagger.client import TaggerClient


def not_configured(name: str, key: str) -> JobError:
    setting = configuration.named_setting(key)
    text = _("No {name} is set. Give {setting} in the settings.", name=name, setting=setting)
    return JobError("not_configured", text, permanent=True)


def check_usable(config: Configuration, *keys: str) -> None:
    """Raise JobError when one of them is stored in a way that it can't be used.

    That counts as unset; but a service asked without its password would only say no, and ban us after a few times.
    """
    for key in keys:
        if problem := config.unusable.get(key):
            raise JobError("setting_unusable", problem, permanent=True)


def stash(
    waiter: Waiter, config: Configuration | None = None, *, read: Limits = READ, write: Limits = WRITE
) -> StashClient:
    """Raises JobError when no Stash is set."""
    from scenes.clients.stash.client import StashClient

    config = config or configuration.current()
    check_usable(config, "stash_url", "stash_api_key")
    if not config.stash_url:
        raise not_configured("Stash", "stash_url")
    read = read.times(waiter.timeout_factor)
    return StashClient(config.stash_url, config.stash_api_key, waiter=waiter, read=read, write=write)


def qbittorrent(waiter: Waiter, config: Configuration | None = None, *, read: Limits = READ) -> QBittorrentClient:
    """Raises JobError when no qBittorrent is set."""
    from scenes.clients.qbittorrent.client import QBittorrentClient

    config = config or configuration.current()
    check_usable(config, "qbittorrent_url", "qbittorrent_username", "qbittorrent_password")
    if not config.qbittorrent_url:
        raise not_configured("qBittorrent", "qbittorrent_url")
    return QBittorrentClient(
        config.qbittorrent_url,
        config.qbittorrent_username,
        config.qbittorrent_password,
        waiter=waiter,
        read=read.times(waiter.timeout_factor),
    )


def taggers(waiter: Waiter, config: Configuration | None = None, *, read: Limits = READ) -> dict[str, TaggerClient]:
    """By address; none when no tagger is set: the other detectors do without."""
    from scenes.clients.tagger.client import TaggerClient

    config = config or configuration.current()
    check_usable(config, "tagger_url")
    return {
        url: TaggerClient(url, waiter=waiter, read=read, timeout=config.tagger_timeout) for url in config.tagger_urls
    }


def llm(waiter: Waiter, config: Configuration | None = None) -> LlmClient | None:
    """None when no language model is set. Raises JobError."""
    from scenes.clients.llm.client import LlmClient

    config = config or configuration.current()
    check_usable(config, "llm_url", "llm_api_key")
    if not (config.llm_url and config.llm_model):
        return None
    return LlmClient(config.llm_url, config.llm_model, config.llm_api_key, waiter, timeout=config.llm_timeout)
