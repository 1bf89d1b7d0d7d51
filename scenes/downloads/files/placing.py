"""Placing one file at its target: a hard link, or a copy where the settings want or allow one."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from jobs.crash_points import crash_point
from jobs.texts.os_errors import text_of_error
from jobs.texts.translatable import Translatable as _
from scenes.attribution import disk
from scenes.configuration.destinations import Access
from scenes.crash_points import CrashPoint
from scenes.downloads.files.access import give_to_copy, give_to_folder, is_unfinished
from scenes.downloads.files.bursts.burst import Burst, flush_folder
from scenes.downloads.files.copying import Confirm, Report, copy
from scenes.downloads.files.disk_errors import COPY_HELPS, as_failure, failure
from scenes.downloads.files.targets import check_inside
from scenes.downloads.results import ItemFailed


@dataclass(frozen=True)
class Placement:
    """One file to place. ``report`` hears of the bytes of a copy, ``confirm`` is asked before a name is given or taken
    away; both may raise to end it. A copy is written to ``temporary`` first. ``access``: of a copy, and of folders.

    ``is_there``: it was placed before, and what is left of a move is to remove the source.
    """

    source: Path
    target: Path
    library: Path
    temporary: Path
    report: Report
    confirm: Confirm
    access: Access
    is_there: bool = False


@dataclass(frozen=True)
class Placed:
    """``code``: linked, copied or moved."""

    code: str
    message: str


class NameTaken(ItemFailed):
    """{message}: somebody was quicker. It may be the very same file, so look again."""


def place(placement: Placement, mode: str, burst: Burst) -> Placed:
    """Place the file by ``mode`` (hardlink, hardlink_or_copy, copy). Raises ItemFailed.

    ``burst`` is to be flushed before its row says so.
    On any error the target is absent, the source untouched, and folders made for it are gone again.
    """
    try:
        with folders_of(placement, burst):
            return _copied(placement) if mode == "copy" else link(placement, mode, burst)
    except OSError as error:
        raise as_failure(error, placement.source, placement.target) from None


def moved(target: Path, *, was_copied: bool) -> Placed:
    if was_copied:
        return Placed("moved", _("Moved to {target} (copied, then removed there).", target=target))
    return Placed("moved", _("Moved to {target}.", target=target))


def remove_source(placement: Placement, *, was_copied: bool) -> Placed:
    """The second half of a move: the target is safe by now. Raises ItemFailed."""
    try:
        if placement.target.resolve(strict=True) == placement.source.resolve():
            why = _("{target} is only a link to {source}.", target=placement.target, source=placement.source)
            raise ItemFailed("name_taken", why)
        placement.confirm()
        placement.source.unlink(missing_ok=True)
        flush_folder(placement.source.parent)
    except OSError as error:
        raise as_failure(error, placement.source, placement.target) from None
    return moved(placement.target, was_copied=was_copied)


def as_placed(target: Path, *, linked: bool) -> Placed:
    if linked:
        return Placed("linked", _("Linked to {target}.", target=target))
    return Placed("copied", _("Copied to {target}.", target=target))


def link(placement: Placement, mode: str, burst: Burst) -> Placed:
    """A hard link, or a copy where ``mode`` allows it. Raises OSError and ItemFailed."""
    burst.confirm()
    try:
        os.link(placement.source, placement.target)
    except FileExistsError as error:
        raise _name_taken(error, placement) from None
    except OSError as error:
        if mode == "hardlink" or error.errno not in COPY_HELPS:
            raise
        return _copied(placement, text_of_error(error))
    burst.unflushed.add(placement.target.parent)
    return as_placed(placement.target, linked=True)


def _name_taken(error: OSError, placement: Placement) -> NameTaken:
    failure = as_failure(error, placement.source, placement.target)
    return NameTaken(failure.code, failure.message)


def _copied(placement: Placement, no_link: str = "") -> Placed:
    """``no_link``: why it could not be linked."""
    try:
        copy(
            placement.source,
            placement.target,
            placement.temporary,
            placement.report,
            lambda: give_to_copy(placement.temporary, placement.access),
            placement.confirm,
        )
    except FileExistsError as error:
        raise _name_taken(error, placement) from None
    flush_folder(placement.target.parent)
    if not no_link:
        return as_placed(placement.target, linked=False)
    return Placed(
        "copied",
        _("Copied to {target}, since a hard link is not possible: {reason}.", target=placement.target, reason=no_link),
    )


@contextlib.contextmanager
def folders_of(placement: Placement, burst: Burst) -> Iterator[None]:
    """The target's folder is there inside the block; if that fails, what was made for it is removed."""
    if placement.target.parent in burst.ready:
        yield
        return
    check_library(placement)
    made = [folder for folder in placement.target.parents if not folder.exists()]
    with contextlib.ExitStack() as undo:
        for folder in reversed(made):  # the innermost is removed first
            undo.callback(remove_empty, folder)
        make_folders(placement, reversed(made))
        crash_point(CrashPoint.FOLDER_MADE)
        check_inside(placement.library, placement.target.parent)
        for folder in made:
            flush_folder(folder.parent)
        yield
        undo.pop_all()
    burst.ready.add(placement.target.parent)


def make_folders(placement: Placement, missing: Iterable[Path]) -> None:
    """Each with its permissions and group before the next one is made, so that a crash leaves at most one without.

    That is the innermost one then, and empty. Raises OSError, ItemFailed.
    """
    innermost = next(folder for folder in placement.target.parents if folder.exists())
    if innermost != placement.library and is_unfinished(innermost, placement.access):
        give_to_folder(innermost, placement.access)
    for folder in missing:
        folder.mkdir(exist_ok=True)
        crash_point(CrashPoint.FOLDER_BEGUN)
        give_to_folder(folder, placement.access)


def check_library(placement: Placement) -> None:
    """Raise ItemFailed when the library folder is away."""
    # To make it again, or to place anything below an empty mount point, would fill the disk that lies beneath.
    if not placement.library.is_dir() or disk.why_unmounted(placement.target.parent):
        raise failure("library_missing", placement.source, placement.target, "")


def remove_empty(folder: Path) -> None:
    """Remove the folder if nothing is in it."""
    with contextlib.suppress(OSError):
        folder.rmdir()
