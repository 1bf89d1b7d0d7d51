"""What the operating system's errors mean for a file to be placed, and how to fix them."""

from __future__ import annotations

import errno
from pathlib import Path

from django.utils.translation import gettext_noop as _

from jobs.texts.os_errors import text_of_error
from jobs.texts.translatable import Translatable
from scenes.configuration import named_choice, named_setting
from scenes.downloads.results import ItemFailed

# What network shares and FUSE mounts give when what is behind them is gone.
UNREACHABLE = (
    *(errno.ESTALE, errno.ENOTCONN, errno.ENODEV, errno.ENXIO, errno.ETIMEDOUT),
    *(errno.EHOSTDOWN, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ECONNABORTED),
)

CODES = {
    errno.EXDEV: "other_filesystem",
    errno.EPERM: "no_permission",
    errno.EACCES: "no_permission",
    errno.EROFS: "read_only",
    errno.EMLINK: "too_many_links",
    errno.EOPNOTSUPP: "no_hard_links",  # ENOTSUP has the same number
    errno.ENOSPC: "disk_full",
    errno.EDQUOT: "disk_full",
    **dict.fromkeys(UNREACHABLE, "disk_away"),
    errno.ENOENT: "not_visible",
    errno.ENAMETOOLONG: "unsafe_path",
    errno.EINVAL: "unsafe_path",
    errno.EILSEQ: "unsafe_path",
    errno.EEXIST: "name_taken",
    errno.ENOTDIR: "name_taken",
    errno.EISDIR: "name_taken",
}

# What a copy gets round; EPERM is also what some file systems without hard links answer.
COPY_HELPS = frozenset({errno.EXDEV, errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP})

FIXES = {
    "other_filesystem": _("{source} and {folder} are on different file systems (two Docker mounts of one disk are "
"such, too), and a hard link can't cross them. Give StashHog one mount that has both, or set "
"{link_mode} to {link_or_copy} or {copy}."),
    "no_permission": _("StashHog may not do that ({reason}): it needs to read {source} and to write in {folder}; "
"for a hard link it must own the file or may write to it. Fix owner and permissions, or run "
"StashHog as the user of qBittorrent. A file system without hard links (exFAT, FAT) may answer so "
"too: set {link_mode} to {link_or_copy} or {copy}."),
    "too_many_links": _("{source} has as many hard links as its file system allows. Set {link_mode} to "
"{link_or_copy} or {copy}."),
    "no_hard_links": _("The file system of {folder} has no hard links (exFAT and some network shares don't). Set "
"{link_mode} to {link_or_copy} or {copy}."),
    "disk_full": _("There is no room for {name} in {folder} ({reason}). Make room, or use hard links, which "
"need none."),
    "disk_away": _("The disk of {source} or of {folder} is away ({reason}). Is it mounted, and does it answer?"),
    "read_only": _("The file system of {source} or of {folder} is read-only. Did its disk fail, or is it "
"mounted so? StashHog links, copies and moves only where it may write."),
    "library_missing": _("The library folder is not there any more, so {name} is not placed. Is its disk mounted?"),
    "not_visible": _("{source} was gone when it was to be placed. Was it moved or deleted? It is tried again."),
    "unsafe_path": _("The file system of {folder} does not take the name {name} ({reason}). Rename it in "
"qBittorrent."),
    "name_taken": _("{target} can't be made: something with this name, or the name of one of its folders, is in "
"the way ({reason}). Rename or remove that."),
    "disk_error": _("The disk failed at {source} → {target}: {reason}."),
}  # fmt: skip


def as_failure(error: OSError | RuntimeError, source: Path, target: Path) -> ItemFailed:
    """The item's failure that ``error`` means."""
    number = getattr(error, "errno", None)
    code = CODES.get(number, "disk_error") if number else "disk_error"
    return failure(code, source, target, text_of_error(error))


def failure(code: str, source: Path, target: Path, reason: str) -> ItemFailed:
    """The item's failure with this code, in a sentence."""
    names = {"source": source, "target": target, "folder": target.parent, "name": target.name, "reason": reason}
    return ItemFailed(code, Translatable(FIXES[code], **names, **(link_modes() if "{copy}" in FIXES[code] else {})))


def link_modes() -> dict[str, Translatable]:
    """The setting that says how files are placed, and its values that need no hard link."""
    return {
        "link_mode": named_setting("link_mode"),
        "link_or_copy": named_choice("link_mode", "hardlink_or_copy"),
        "copy": named_choice("link_mode", "copy"),
    }
