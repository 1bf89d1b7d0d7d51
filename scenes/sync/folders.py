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
from scenes.clients.stash import Library, StashClient
from scenes.models import SyncState
from scenes.paths import path_of
from scenes.sync import identity
from scenes.sync.convert import text


class LibraryFolders:
    """Which library folder a path is in, and what of the path is below it.

    A library folder may lie in another one. It says nothing of its films then either, and nor does any folder on the
    way to it: all of these are how somebody set the library up.
    """

    def __init__(self, folders: Iterable[str]):
        self._spelled = {_shortest(folder): folder for folder in folders}
        self._set_up = {one for folder in self._spelled for one in (folder, *folder.parents)}

    def __iter__(self) -> Iterator[str]:
        return iter(self._spelled.values())

    def of(self, path: str) -> str:
        """The innermost library folder that has it, as it was given; "" when none has."""
        return next((self._spelled[one] for one in _shortest(path).parents if one in self._spelled), "")

    def names_below(self, path: str) -> tuple[str, ...]:
        """The folders below the library's folder, and the file. Of a file in no library folder: it alone is certain."""
        own = _shortest(path)
        if not self.of(path):
            return (own.name,)
        return own.relative_to(next(one for one in own.parents if one in self._set_up)).parts


def _shortest(path: str) -> PurePath:
    r"""Stash gives its folders as somebody typed them, but files by the shortest spelling; ``D:`` is ``D:\``."""
    if isinstance(path_of(path), PureWindowsPath):
        drive, rest = ntpath.splitdrive(path)
        return PureWindowsPath(drive + ntpath.normpath("\\" + rest.lstrip("\\/")))
    cleaned = posixpath.normpath(path)
    return path_of(f"/{cleaned.lstrip('/')}" if cleaned.startswith("/") else cleaned)


def known_folders(job: JobContext) -> LibraryFolders:
    """Those of Stash now or, Stash being away, as it last told.

    Raises JobError ``folders_unknown`` when it never did, and ``another_library`` (permanent).
    """
    try:
        stash = services.stash(job)
        libraries = _ask(stash)
    except JobError as error:
        return LibraryFolders(_paths(_told_before(job, error)))
    if libraries != last_told():
        _refuse_others(job, stash)
        _remember(job, libraries)
    return LibraryFolders(_paths(libraries))


def _ask(stash: StashClient) -> list[Library]:
    return [Library(text(one.path), one.exclude_video) for one in stash.libraries()]


def last_told() -> list[Library]:
    """What Stash said when it was asked last; nothing when it never was."""
    state = SyncState.objects.filter(pk=SyncState.SINGLETON).first() or SyncState()
    return [Library(path, path in state.folders_without_video) for path in state.library_folders]


def learn(job: JobContext, stash: StashClient) -> list[Library]:
    """What Stash says now; kept if it is ours. Raises ServiceError."""
    libraries = _ask(stash)
    if libraries != last_told() and identity.is_ours(stash):
        _remember(job, libraries)
    return libraries


def _remember(job: JobContext, libraries: Sequence[Library]) -> None:
    without_video = [library.path for library in libraries if library.exclude_video]
    values = {"library_folders": _paths(libraries), "folders_without_video": without_video}
    with job.transaction():
        SyncState.objects.update_or_create(pk=SyncState.SINGLETON, defaults=values)


def _paths(libraries: Iterable[Library]) -> list[str]:
    return [library.path for library in libraries]


def _told_before(job: JobContext, error: JobError) -> list[Library]:
    libraries = last_told()
    if not libraries:
        message = f"Stash's library folders are not known, so nothing is judged by a path: {error.message}"
        raise JobError("folders_unknown", message, permanent=error.permanent) from error
    job.log(f"{error.message} Its library folders are taken as Stash last told them.", "warning")
    return libraries


def _refuse_others(job: JobContext, stash: StashClient) -> None:
    """Raise when Stash, which has other folders than before, does not hold our scenes."""
    identity.check(job, stash)
    if not identity.is_ours(stash):
        message = (
            "Stash's library folders are others than before, and it has none of the scenes that we know, so nothing is "
            "judged by a path. Look whether Stash shows its whole library, and start a sync."
        )
        raise JobError("folders_unknown", message)
