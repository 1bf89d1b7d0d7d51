"""The permissions and the group of what StashHog makes: copies and folders, never a hard link.

A link is the torrent's own file under a second name, so what it gets that one would get, too.
"""

from __future__ import annotations

import grp
import os
import stat
from pathlib import Path

from jobs.texts.os_errors import text_of_error
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import joined_by_and
from scenes.configuration import named_setting
from scenes.configuration.destinations import Access
from scenes.downloads.results import ItemFailed

REFUSED = "mode_refused"
KEPT = -1  # a user or group that is not to be changed (chown(2))


def give_to_copy(path: Path, access: Access) -> None:
    """Raises ItemFailed ``mode_refused``."""
    _give(path, access.file_mode, access.group)


def give_to_folder(path: Path, access: Access) -> None:
    """Raises ItemFailed ``mode_refused``."""
    _give(path, access.folder_mode, access.group)


def is_unfinished(folder: Path, access: Access) -> bool:
    """Whether a process of ours may have died between making the folder and giving it these."""
    if access.folder_mode is None and not access.group:
        return False
    with os.scandir(folder) as entries:
        return next(entries, None) is None and folder.stat().st_uid == os.geteuid()


def _give(path: Path, mode: int | None, group: str) -> None:
    try:
        if group:
            os.chown(path, KEPT, number_of(group))
        if mode is not None:  # after the group, which may take the set-group-id bit away
            path.chmod(mode)
            if (given := stat.S_IMODE(path.stat().st_mode)) != mode:
                raise refused(path, mode, group, _("it has {mode} afterwards", mode=f"{given:03o}"))
    except OSError as error:
        raise refused(path, mode, group, text_of_error(error)) from None


def number_of(group: str) -> int:
    """Raises ItemFailed ``mode_refused`` for a name that the system does not know."""
    try:
        return int(group) if group.isdecimal() else grp.getgrnam(group).gr_gid
    except KeyError:
        text = _(
            "There is no group {group!r} on this machine, so nothing is copied. Correct {setting} of the "
            "destination, or of the settings where it leaves that empty, or give its number.",
            setting=named_setting("file_group"),
            group=group,
        )
        raise ItemFailed(REFUSED, text) from None


def refused(path: Path, mode: int | None, group: str, why: str) -> ItemFailed:
    """Nothing was placed: the source is as it was, and the next run tries again."""
    permissions = "" if mode is None else _("permissions {mode}", mode=f"{mode:03o}")
    wanted = joined_by_and([permissions, group and _("group {group}", group=group)])
    return ItemFailed(
        REFUSED,
        _(
            "What StashHog makes in {parent} can't get the {wanted} ({why}), so it is not placed. Its "
            "user must be in that group, and the file system must keep permissions; or change the file "
            "mode, folder mode or group of the destination (in the settings, by default) to none.",
            parent=path.parent,
            wanted=wanted,
            why=why,
        ),
    )
