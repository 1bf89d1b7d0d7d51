"""The filter in the settings, by category and tags; and what of it qBittorrent does not have."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING

from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import joined, named
from scenes.configuration import Configuration
from scenes.configuration.destinations import has_any

if TYPE_CHECKING:  # counting imports this module in every process, see scenes.tasks
    from scenes.clients.qbittorrent.client import QBittorrentClient, Torrent

NAMED = 20  # categories or tags, in a message


def passes(torrent: Torrent, config: Configuration) -> bool:
    """Whether it has one of the categories and all of the tags."""
    categories = categories_of(config)
    if categories and not has_any([torrent.category], categories):
        return False
    return set(config.qbittorrent_tags) <= set(torrent.tags)


def categories_of(config: Configuration) -> list[str]:
    """Those that the filter takes, with all below them; empty: every torrent's."""
    text = config.qbittorrent_category.strip()
    names = [name.strip() for name in text.split(",") if name.strip()]
    return names or [text] * bool(text)  # commas alone are no wish to have everything


def unknown_in_filter(client: QBittorrentClient, config: Configuration, torrents: Sequence[Torrent]) -> str:
    """What of the filter qBittorrent does not have, in sentences; empty when it has all."""
    return unknown_names(client, categories_of(config), config.qbittorrent_tags, torrents)


def unknown_in_destinations(client: QBittorrentClient, config: Configuration, torrents: Sequence[Torrent]) -> str:
    """Likewise, of the rows of destinations: somebody may have mistyped a name."""
    rows = config.destinations.rows
    categories = dict.fromkeys(name for row in rows for name in row.categories)
    tags = dict.fromkeys(name for row in rows for name in sorted(row.tags))
    return unknown_names(client, list(categories), list(tags), torrents)


def unknown_names(
    client: QBittorrentClient, categories: Sequence[str], tags: Sequence[str], torrents: Sequence[Torrent]
) -> str:
    """Which of these qBittorrent does not have, in sentences. Asks only if it must.

    It is no failure: qBittorrent may make a category with its first torrent.
    """

    def has_category(name: str, known: Collection[str]) -> bool:
        return has_any(known, [name])

    def has_tag(name: str, known: Collection[str]) -> bool:
        return name in known

    used = {torrent.category for torrent in torrents}
    used_tags = {tag for torrent in torrents for tag in torrent.tags}
    sentences = [
        missing("category", "categories", categories, used, client.categories, has_category),
        missing("tag", "tags", tags, used_tags, client.tags, has_tag),
    ]
    return joined(". ", sentences)


def missing(
    singular: str,
    plural: str,
    wanted: Sequence[str],
    used: Collection[str],
    ask: Callable[[], list[str]],
    has: Callable[[str, Collection[str]], bool],
) -> str:
    """``used``: those that torrents have; ``ask``: for all that there are."""
    unused = [name for name in wanted if not has(name, used)]
    known = ask() if unused else []
    unknown = [f"'{name}'" for name in unused if not has(name, known)]
    if not unknown:
        return ""
    has_these = _("it has: {names}", names=named(known, NAMED)) if known else _("it has none")
    what, names = _(singular if len(unknown) == 1 else plural), ", ".join(unknown)
    return _("qBittorrent has no {what} {names}; {has_these}", what=what, names=names, has_these=has_these)
