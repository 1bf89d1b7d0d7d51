"""Destinations: which torrents go to which folder, and how. Rows that a person wrote, and one made of the settings.

A row is text, as a setting is. What it leaves empty is as in the settings, which alone make the last destination: that
of every torrent that no row fits. So there always is one, and nobody can delete it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from django.utils.translation import gettext_noop as _

from jobs.texts.translatable import Translatable
from scenes.configuration.declaring import Declaration
from scenes.configuration.kinds import Folder, Kind, Words

if TYPE_CHECKING:
    from scenes.configuration.definition import Configuration

KEY = "destinations"  # of all rows, among what a run keeps and what can't be used
DEFAULT_NAME = "by default"
LIKE_SETTINGS = ("link_mode", "cleanup", "torrent_folder", "file_mode", "folder_mode", "file_group")


class DestinationRow(NamedTuple):
    """As a person wrote it; the fields of `fields_of_rows`, in their order."""

    name: str
    folder: str
    categories: str = ""
    tags: str = ""
    link_mode: str = ""
    cleanup: str = ""
    torrent_folder: str = ""
    file_mode: str = ""
    folder_mode: str = ""
    file_group: str = ""


@dataclass(frozen=True)
class Access:
    """What files and folders that StashHog makes get: permissions, None for those of the system; group, "" likewise."""

    file_mode: int | None = None
    folder_mode: int | None = None
    group: str = ""


@dataclass(frozen=True)
class EffectiveDestination:
    """A folder to place files in, which torrents go there, and how. Without categories and tags: all that are left."""

    name: str
    folder: Path
    categories: tuple[str, ...] = ()
    tags: frozenset[str] = frozenset()
    link_mode: str = "hardlink"
    cleanup: str = "keep"
    torrent_folder: str = "several"
    access: Access = Access()

    def fits(self, category: str, tags: Collection[str]) -> bool:
        """Whether a torrent has one of the categories, or one below it, and all of the tags."""
        return (not self.categories or has_any([category], self.categories)) and self.tags <= set(tags)


@dataclass(frozen=True)
class Destinations:
    """Those of the rows, in their order, and the one by default, which is None when no library folder is set."""

    rows: tuple[EffectiveDestination, ...] = ()
    default: EffectiveDestination | None = None

    @property
    def all(self) -> tuple[EffectiveDestination, ...]:
        return (*self.rows, self.default) if self.default else self.rows

    @property
    def folders(self) -> tuple[Path, ...]:
        return tuple(destination.folder for destination in self.all)

    def of(self, category: str, tags: Collection[str]) -> EffectiveDestination:
        """The first that fits. A default must be set."""
        assert self.default is not None
        return next((destination for destination in self.rows if destination.fits(category, tags)), self.default)

    def at(self, folder: Path) -> EffectiveDestination | None:
        """The one with this folder."""
        return next((destination for destination in self.all if destination.folder == folder), None)

    def holding(self, path: Path) -> EffectiveDestination | None:
        """The one in whose folder the path is."""
        return next((destination for destination in self.all if path.is_relative_to(destination.folder)), None)

    def kept_at(self, folder: Path, chosen: EffectiveDestination) -> EffectiveDestination:
        """For a torrent that began to be placed in this folder, where now ``chosen`` would be its destination.

        Nothing is cleaned up by the word of a destination that is gone.
        """
        return self.at(folder) or replace(chosen, name=f"{folder} (as before)", folder=folder, cleanup="keep")


def has_any(categories: Collection[str], wanted: Collection[str]) -> bool:
    """Whether one of these categories is wanted, or lies below a wanted one, as ``a/b`` lies below ``a``.

    Not asked of qBittorrent, which gives those below only where its subcategories are switched on.
    """
    return any(category == name or category.startswith(f"{name}/") for category in categories for name in wanted)


def fields_of_rows(declared: Mapping[str, Declaration]) -> dict[str, Declaration]:
    """How each field of a row is read, called and explained; those that are settings too are declared there."""
    own = {
        "name": Declaration("name", "", Kind(), _("Name"), _("What it is called on the pages and in messages"), KEY),
        "folder": Declaration(
            "folder", "", Folder(), _("Folder"),
            _("Where the files go, as StashHog sees it: one of Stash's library folders, or a folder in one. No "
            "destination lies in another one, nor where downloads are: give each a folder beside the others"),
            KEY,
        ),
        "categories": Declaration(
            "categories", "", Words(), _("Categories"),
            _("Torrents of one of these categories of qBittorrent, and of those below it: xxx takes xxx/vr, too. "
            "Several with commas. Where the settings of qBittorrent name categories, these must be among them"),
            KEY,
        ),
        "tags": Declaration(
            "tags", "", Words(), _("Tags"),
            _("Torrents that have all of these tags in qBittorrent; several with commas"),
            KEY,
        ),
    }  # fmt: skip
    alike = {key: replace(declared[key], note=_("Empty: as in the settings")) for key in LIKE_SETTINGS}
    return own | alike


def destination_of(
    row: DestinationRow, config: Configuration, declared: Mapping[str, Declaration]
) -> EffectiveDestination:
    """Raises ImproperlyConfigured with what is wrong with the row."""
    values: dict[str, Any] = {}
    for key, field in fields_of_rows(declared).items():
        text = getattr(row, key).strip()
        name = Translatable(
            _("{label} of the destination {name!r}"), label=Translatable(field.label), name=row.name[:50]
        )
        like_settings = key in LIKE_SETTINGS and not text
        values[key] = getattr(config, key) if like_settings else field.read(text, name)
    if values["folder"] is None or not values["name"]:
        from scenes.env import refused

        name = Translatable(_("The destination {name!r}"), name=row.name[:50])
        raise refused(name, None, Translatable(_("give it a name and a folder")))
    return _made(values)


def destinations_of(config: Configuration, declared: Mapping[str, Declaration]) -> Destinations:
    """Of its rows, which can be read, and of its settings."""
    rows = tuple(destination_of(row, config, declared) for row in config.destination_rows)
    if config.library_path is None:
        return Destinations(rows)
    values = {key: getattr(config, key) for key in LIKE_SETTINGS}
    own = {"name": DEFAULT_NAME, "folder": config.library_path, "categories": (), "tags": ()}
    return Destinations(rows, _made(own | values))


def _made(values: Mapping[str, Any]) -> EffectiveDestination:
    return EffectiveDestination(
        values["name"],
        values["folder"],
        values["categories"],
        frozenset(values["tags"]),
        values["link_mode"],
        values["cleanup"],
        values["torrent_folder"],
        Access(values["file_mode"], values["folder_mode"], values["file_group"]),
    )


def as_rows(stored: Iterable[Sequence[str]]) -> tuple[DestinationRow, ...]:
    """From what a run keeps of them."""
    return tuple(DestinationRow(*row) for row in stored)
