"""What is looked at when a destination is saved. What can't be looked at now is said; a run looks before it places."""

from __future__ import annotations

import grp
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from jobs.errors import BadRequest, JobError
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import message_of
from jobs.waiting import TimeLimitExceeded, Waiter
from scenes.configuration import DECLARED, Configuration, named_setting
from scenes.configuration.destinations import DestinationRow, EffectiveDestination, destination_of, has_any
from scenes.destinations.overlaps import why_among_downloads, why_overlapping
from scenes.models import Download
from scenes.paths import is_folder, lies_below_as_spelled
from scenes.probes import folders

MOST = 200  # rows
MOST_PATHS = 1000  # folders of downloads that are looked at
MOST_SECONDS = 5.0  # for folders to say what they lie in
UNCHECKED = _("Whether folders lie in one another could not be checked, since one has not answered; a run does.")


def check(row: DestinationRow, others: Sequence[DestinationRow], config: Configuration) -> list[str]:
    """Sentences on what could not be looked at, or may be meant otherwise. ``others``: all other rows.

    Raises BadRequest with what is wrong with the row, by itself or among the others.
    """
    destination = read(row, config)
    if len(others) >= MOST:
        raise BadRequest(_("There are {most} destinations, which are as many as can be. Delete one first.", most=MOST))
    rows = tuple(other for other in others if is_readable(other, config))
    every = replace(config, destination_rows=(*rows, row)).destinations
    why = folders.looked("overlaps", every, partial(why_overlapping, every.all, config.path_map), MOST_SECONDS)
    if why:
        raise BadRequest(why)
    unchecked = [UNCHECKED] if why is None else []
    return [
        *unchecked,
        *of_folder(destination),
        *of_filter(destination, config),
        *of_downloads(destination, config),
        *of_stash(destination, config),
    ]


def read(row: DestinationRow, config: Configuration) -> EffectiveDestination:
    """Raises BadRequest for what no destination can be."""
    try:
        destination = destination_of(row, config, DECLARED)
    except ImproperlyConfigured as error:
        raise BadRequest(message_of(error)) from None
    if not destination.categories and not destination.tags:
        raise BadRequest(
            _("Name categories or tags: what fits no destination goes to the library folder of the settings.")
        )
    group = destination.access.group
    try:
        if group and not group.isdecimal():
            grp.getgrnam(group)
    except KeyError:
        text = _("There is no group “{group}” on this machine. Give its number, or correct it.", group=group)
        raise BadRequest(text) from None
    return destination


def is_readable(row: DestinationRow, config: Configuration) -> bool:
    try:
        destination_of(row, config, DECLARED)
    except ImproperlyConfigured:
        return False
    return True


def of_folder(destination: EffectiveDestination) -> list[str]:
    def look() -> str:
        if not is_folder(destination.folder):
            return _(
                "{folder} is not there for StashHog now. Nothing is placed until it is.", folder=destination.folder
            )
        if not folders.may_write(destination.folder):
            return _(
                "StashHog may not write to {folder} now. Nothing is placed until it may.", folder=destination.folder
            )
        return ""

    wrong = folders.looked(f"destination {destination.folder}", None, look)
    if wrong is None:
        wrong = _("{folder} has not answered yet: does its mount hang?", folder=destination.folder)
    return [wrong] if wrong else []


def of_filter(destination: EffectiveDestination, config: Configuration) -> list[str]:
    """Which of its categories the filter in the settings leaves out, so that nothing of them comes."""
    from scenes.downloads.torrents.filtering import categories_of

    taken = categories_of(config)
    left_out = [name for name in destination.categories if not has_any([name], taken) and not has_any(taken, [name])]
    if not taken or not left_out:
        return []
    return [
        _(
            "{category} in the settings leaves out {names}, so nothing of that comes here: name it there, too.",
            category=named_setting("qbittorrent_category"),
            names=", ".join(left_out),
        )
    ]


def of_downloads(destination: EffectiveDestination, config: Configuration) -> list[str]:
    """Raises BadRequest when it lies where torrents are saved, as qBittorrent says now, or said before."""
    known = Download.objects.order_by("-pk").values_list("save_path", flat=True)[:MOST_PATHS]
    paths = set(known)
    unchecked: list[str] = []
    try:
        from scenes.first_run.looking import finished_torrents

        paths |= {torrent.save_path for torrent in finished_torrents(config)[:MOST_PATHS]}
    except JobError as error:
        text = _(
            "Whether it lies among downloads was checked by what is known of them only. {reason}", reason=error.message
        )
        unchecked.append(text)
    ours = sorted({Path(config.path_map.to_ours("qbittorrent", path)) for path in paths if path})
    why = folders.looked(
        f"among {destination.folder}", ours, partial(why_among_downloads, destination, ours), MOST_SECONDS
    )
    if why:
        raise BadRequest(why)
    return [UNCHECKED, *unchecked] if why is None else unchecked


def of_stash(destination: EffectiveDestination, config: Configuration) -> list[str]:
    """Raises BadRequest when it lies in none of Stash's folders for videos."""
    from scenes.probes.limits import LONGEST
    from scenes.probes.paths import stash_folders

    try:
        known = Waiter().read(lambda: stash_folders(config), LONGEST)
    except TimeLimitExceeded:
        known = JobError(
            "timeout", _("{service} gave no answer within {seconds:g} s.", service="Stash", seconds=LONGEST)
        )
    if isinstance(known, JobError):
        why = known.message
        return [_("Whether it is one of Stash's folders could not be checked; a run does. {reason}", reason=why)]
    theirs = config.path_map.to_theirs("stash", str(destination.folder))
    if lies_below_as_spelled(theirs, known):
        return []
    named = (
        str(destination.folder)
        if theirs == str(destination.folder)
        else _("{theirs} (that is {folder} for StashHog)", theirs=theirs, folder=destination.folder)
    )
    raise BadRequest(
        _(
            "Stash does not look after {named}; its folders for videos are: {folders}. Correct the "
            "folder, or {path_map} in the settings, or add the folder in Stash (Settings, Library).",
            path_map=named_setting("path_map"),
            named=named,
            folders=", ".join(known) or _("none"),
        )
    )
