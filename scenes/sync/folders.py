"""Stash's library folders and what it scans in them: learnt by the sync, and asked for where paths are compared.

They belong to the Stash that holds the library that we know: another one's are neither kept nor used.
"""

from __future__ import annotations

import ntpath
import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import PurePath, PureWindowsPath

from jobs.context import JobContext
from jobs.errors import JobError
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import joined
from scenes import services
from scenes.clients.stash.client import LibraryFolder, ScanSettings, StashClient
from scenes.models import SyncState
from scenes.paths import path_of
from scenes.sync import identity
from scenes.sync.convert import clean_text

# Of videos, in a Stash that nobody has told otherwise.
DEFAULT_EXTENSIONS = [
    *("m4v", "mp4", "mov", "wmv", "avi", "mpg", "mpeg", "rmvb", "rm", "flv", "asf", "mkv", "webm", "f4v"),
]


class LibraryFolders:
    """Which library folder a path is in, and what of the path is below it.

    A library folder may lie in another one. It says nothing of its films then either, and nor does any folder on the
    way to it: all of these are how somebody set the library up.
    """

    def __init__(self, folders: Iterable[str]):
        self._spelled = {_shortest(folder): folder for folder in folders}
        self._set_up = {path for folder in self._spelled for path in (folder, *folder.parents)}

    def __iter__(self) -> Iterator[str]:
        return iter(self._spelled.values())

    def with_inner(self, paths: Iterable[str]) -> LibraryFolders:
        """These, and of ``paths`` those that lie in one of them: likewise how somebody set the library up."""
        return LibraryFolders([*self, *(path for path in paths if self.of(str(path_of(path) / "file")))])

    def of(self, path: str) -> str:
        """The innermost library folder that has it, as it was given; "" when none has."""
        return next((self._spelled[parent] for parent in _shortest(path).parents if parent in self._spelled), "")

    def names_below(self, path: str) -> tuple[str, ...]:
        """The folders below the library's folder, and the file. Of a file in no library folder: it alone is certain."""
        own = _shortest(path)
        if not self.of(path):
            return (own.name,)
        return own.relative_to(next(parent for parent in own.parents if parent in self._set_up)).parts


@lru_cache(maxsize=1000)
def _shortest(path: str) -> PurePath:
    r"""Stash gives its folders as somebody typed them, but files by the shortest spelling; ``D:`` is ``D:\``."""
    if isinstance(path_of(path), PureWindowsPath):
        drive, rest = ntpath.splitdrive(path)
        return PureWindowsPath(drive + ntpath.normpath("\\" + rest.lstrip("\\/")))
    cleaned = posixpath.normpath(path)
    return path_of(f"/{cleaned.lstrip('/')}" if cleaned.startswith("/") else cleaned)


def known_folders(job: JobContext) -> LibraryFolders:
    """Those of Stash now or, Stash being away, as it last listed them.

    Raises JobError ``folders_unknown`` when it never did, and ``another_library`` (permanent).
    """
    try:
        stash = services.stash(job)
        settings = _fetch(stash)
    except JobError as error:
        known = last_known()
        if known is None:
            message = _(
                "Stash's library folders are not known, so nothing is decided by a path: {reason}", reason=error.message
            )
            raise JobError("folders_unknown", message, permanent=error.permanent) from error
        taken = _("Its library folders are taken as Stash last listed them.")
        job.log(joined(" ", [error.message, taken]), "warning")
        return LibraryFolders(folder.path for folder in known.folders)
    known = last_known()
    if settings != known:
        if known is None or settings.folders != known.folders:
            check_same_library(job, stash)
        _remember(job, settings)
    return LibraryFolders(folder.path for folder in settings.folders)


def _fetch(stash: StashClient) -> ScanSettings:
    given = stash.scan_settings()
    return ScanSettings(
        [replace(folder, path=clean_text(folder.path)) for folder in given.folders],
        _clean(given.video_extensions),
        _clean(given.gallery_extensions),
        _clean(given.excludes),
        _clean(given.image_excludes),
        clean_text(given.vr_tag),
    )


def _clean(texts: Iterable[str]) -> list[str]:
    return [clean_text(text) for text in texts]


def last_known() -> ScanSettings | None:
    """What Stash said when it was asked last; None when it never was."""
    state = SyncState.objects.filter(pk=SyncState.SINGLETON).first()
    if state is None or not state.library_folders:
        return None
    folders = [
        LibraryFolder(path, path in state.folders_without_video, path in state.folders_without_images)
        for path in state.library_folders
    ]
    extensions = DEFAULT_EXTENSIONS if state.video_extensions is None else state.video_extensions
    return ScanSettings(
        folders, extensions, state.gallery_extensions, state.excludes, state.image_excludes, state.vr_tag
    )


def refresh(job: JobContext, stash: StashClient) -> ScanSettings:
    """What Stash says now; kept if it is ours. Raises ServiceError."""
    settings = _fetch(stash)
    if settings != last_known() and identity.is_ours(stash):
        _remember(job, settings)
    return settings


def _remember(job: JobContext, settings: ScanSettings) -> None:
    values = {
        "library_folders": [folder.path for folder in settings.folders],
        "folders_without_video": [folder.path for folder in settings.folders if folder.exclude_video],
        "folders_without_images": [folder.path for folder in settings.folders if folder.exclude_image],
        "video_extensions": settings.video_extensions,
        "gallery_extensions": settings.gallery_extensions,
        "excludes": settings.excludes,
        "image_excludes": settings.image_excludes,
        "vr_tag": settings.vr_tag,
    }
    with job.transaction():
        SyncState.objects.update_or_create(pk=SyncState.SINGLETON, defaults=values)


def check_same_library(job: JobContext, stash: StashClient) -> None:
    """Raise when Stash, which has other folders than before, does not hold our scenes."""
    identity.check(job, stash)
    if not identity.is_ours(stash):
        message = _(
            "Stash's library folders are others than before, and it has none of the scenes that we know, "
            "so nothing is decided by a path. Look whether Stash shows its whole library, and start a "
            "sync."
        )
        raise JobError("folders_unknown", message)
