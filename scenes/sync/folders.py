"""Stash's library folders: learnt by the sync, and asked for again wherever a path is to be judged by them.

They belong to the Stash that holds the library that we know: another one's are neither kept nor judged by.
"""

from __future__ import annotations

import ntpath
import posixpath
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePath, PureWindowsPath

from jobs.context import JobContext
from jobs.errors import JobError
from scenes import services
from scenes.clients.stash.client import LibraryFolder, StashClient
from scenes.models import SyncState
from scenes.paths import path_of
from scenes.sync import identity
from scenes.sync.convert import clean_text


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

    def of(self, path: str) -> str:
        """The innermost library folder that has it, as it was given; "" when none has."""
        return next((self._spelled[parent] for parent in _shortest(path).parents if parent in self._spelled), "")

    def names_below(self, path: str) -> tuple[str, ...]:
        """The folders below the library's folder, and the file. Of a file in no library folder: it alone is certain."""
        own = _shortest(path)
        if not self.of(path):
            return (own.name,)
        return own.relative_to(next(parent for parent in own.parents if parent in self._set_up)).parts


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
        folders = _fetch(stash)
    except JobError as error:
        folders = last_known()
        if not folders:
            message = f"Stash's library folders are not known, so nothing is judged by a path: {error.message}"
            raise JobError("folders_unknown", message, permanent=error.permanent) from error
        job.log(f"{error.message} Its library folders are taken as Stash last listed them.", "warning")
        return LibraryFolders(_paths(folders))
    if folders != last_known():
        check_same_library(job, stash)
        _remember(job, folders)
    return LibraryFolders(_paths(folders))


def _fetch(stash: StashClient) -> list[LibraryFolder]:
    return [LibraryFolder(clean_text(folder.path), folder.exclude_video) for folder in stash.libraries()]


def last_known() -> list[LibraryFolder]:
    """What Stash listed when it was asked last; nothing when it never was."""
    state = SyncState.objects.filter(pk=SyncState.SINGLETON).first() or SyncState()
    return [LibraryFolder(path, path in state.folders_without_video) for path in state.library_folders]


def refresh(job: JobContext, stash: StashClient) -> list[LibraryFolder]:
    """What Stash lists now; kept if it is ours. Raises ServiceError."""
    folders = _fetch(stash)
    if folders != last_known() and identity.is_ours(stash):
        _remember(job, folders)
    return folders


def _remember(job: JobContext, folders: Sequence[LibraryFolder]) -> None:
    without_video = [folder.path for folder in folders if folder.exclude_video]
    values = {"library_folders": _paths(folders), "folders_without_video": without_video}
    with job.transaction():
        SyncState.objects.update_or_create(pk=SyncState.SINGLETON, defaults=values)


def _paths(folders: Iterable[LibraryFolder]) -> list[str]:
    return [folder.path for folder in folders]


def check_same_library(job: JobContext, stash: StashClient) -> None:
    """Raise when Stash, which has other folders than before, does not hold our scenes."""
    identity.check(job, stash)
    if not identity.is_ours(stash):
        message = (
            "Stash's library folders are others than before, and it has none of the scenes that we know, so nothing is "
            "judged by a path. Look whether Stash shows its whole library, and start a sync."
        )
        raise JobError("folders_unknown", message)
