"""System checks: what can be told to be missing or wrong before a service is asked.

Warnings, not errors: a home server starts before its disks and services are there, and the step that needs
them fails with the same sentence.
"""

from __future__ import annotations

import os
from typing import Any

from django.core.checks import CheckMessage, Warning, register
from django.db import DatabaseError, InterfaceError

from jobs.management import SETTINGS
from jobs.texts.translatable import Translatable as _
from scenes import configuration
from scenes.configuration import Configuration, named_setting
from scenes.configuration.destinations import DEFAULT_NAME, EffectiveDestination
from scenes.paths import is_folder

SERVICE_NOT_SET = "scenes.W001"


@register(SETTINGS)
def check_configuration(app_configs: Any, **options: Any) -> list[CheckMessage]:
    try:
        config = configuration.current()
    except (DatabaseError, InterfaceError):  # away, or there are no tables yet
        config = configuration.from_environment()
    stored = [
        Warning(text, hint=_("Correct it in the settings."), id="scenes.W005") for text in config.unusable.values()
    ]
    return [*missing_services(config), *unusable_library(config), *unusable_mappings(config), *stored]


def missing_services(config: Configuration) -> list[CheckMessage]:
    """What nothing goes without, and has no value."""
    needed = {
        "stash_url": (config.stash_url, _("No Stash is set."), SERVICE_NOT_SET),
        "qbittorrent_url": (config.qbittorrent_url, _("No qBittorrent is set."), SERVICE_NOT_SET),
        "library_path": (config.library_path, _("No library folder is set."), "scenes.W004"),
    }
    return [
        Warning(text, hint=_("Set {setting} in the settings.", setting=named_setting(key)), id=id)
        for key, (value, text, id) in needed.items()
        if not value
    ]


def unusable_library(config: Configuration) -> list[CheckMessage]:
    """Each destination whose folder is not there, or can't be written to."""
    return [
        Warning(
            _(
                "The library folder {folder} ({source}) is not a folder that can be written to.",
                folder=destination.folder,
                source=from_where(destination),
            ),
            hint=_("Mount or make it, or correct the path."),
            id="scenes.W002",
        )
        for destination in config.destinations.all
        if not (is_folder(destination.folder) and os.access(destination.folder, os.W_OK))
    ]


def from_where(destination: EffectiveDestination) -> str:
    return (
        named_setting("library_path")
        if destination.name == DEFAULT_NAME
        else _("destination “{name}”", name=destination.name)
    )


def unusable_mappings(config: Configuration) -> list[CheckMessage]:
    """Each path mapping whose folder of ours is not there."""
    return [
        Warning(
            _(
                "The path mapping {mapping} is of no use: {folder} is not there.",
                mapping=f"{mapping.service}:{mapping.theirs}={mapping.ours}",
                folder=mapping.ours,
            ),
            hint=_(
                "Mount it, or correct {path_map} in the settings: their prefix = ours.",
                path_map=named_setting("path_map"),
            ),
            id="scenes.W003",
        )
        for mapping in config.path_map.mappings
        if not is_folder(mapping.ours)
    ]
