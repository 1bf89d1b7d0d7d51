"""Where in the library a file goes: the name from the torrent's file list, made safe and never somebody else's."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.texts.translatable import Translatable as _
from scenes.downloads.library.planned import seen
from scenes.downloads.results import ItemFailed
from scenes.models import PlacedFile

if TYPE_CHECKING:
    from scenes.downloads.files.bursts.burst import Burst

MAX_COMPONENT = 255  # bytes, on every usual file system
MAX_PATH = 2500  # bytes; PostgreSQL's index of targets takes no more than about 2,700
MAX_STORED = 2000  # bytes of a name in a row
MAX_NUMBERS = 1000


@dataclass(frozen=True)
class Target:
    """``is_there``: the same file is at ``path`` already. ``twin``: the row of another torrent that put it there.

    ``ours``: the row had this target before, so what is there was placed by us.
    """

    path: Path
    is_there: bool = False
    ours: bool = False
    twin: PlacedFile | None = None


def storable(name: str) -> str:
    """The name as a row can keep it; one that this changes is unsafe anyway."""
    text = name.encode("utf-8", "replace").decode().replace("\0", "�")
    if len(text.encode()) <= MAX_STORED:
        return text
    start = text.encode()[: MAX_STORED - 100].decode("utf-8", "ignore")
    return f"{start}… {hashlib.sha256(text.encode()).hexdigest()}"


def safe_parts(name: str) -> tuple[str, ...]:
    """The components of a name from a torrent. Raises ItemFailed (``unsafe_path``) if it could lead elsewhere."""
    parts = tuple(name.split("/"))
    if name.startswith("/"):
        raise _unsafe(name, _("it begins at the root of the disk"))
    if not {"", ".", ".."}.isdisjoint(parts):
        raise _unsafe(name, _("it has empty parts, or climbs with “..”"))
    if storable(name) != name:
        raise _unsafe(name, _("it has characters that no file name has, or is too long"))
    if any(len(part.encode()) > MAX_COMPONENT for part in parts):
        raise _unsafe(name, _("a part of it is longer than {most} bytes", most=MAX_COMPONENT))
    return parts


def _unsafe(name: str, why: str) -> ItemFailed:
    return ItemFailed(
        "unsafe_path",
        _(
            "“{name}” is not placed: {reason}. Rename it in qBittorrent if you want it.",
            name=storable(name)[:200],
            reason=why,
        ),
    )


def check_inside(library: Path, folder: Path) -> None:
    """Raise ItemFailed (``unsafe_path``) if symbolic links below the library lead the folder out of it."""
    try:
        inside = folder.resolve().is_relative_to(library.resolve())
    except (OSError, RuntimeError):  # RuntimeError: a loop of symbolic links
        inside = False
    if not inside:
        raise ItemFailed(
            "unsafe_path",
            _(
                "A symbolic link leads {folder} out of the library folder {library}; nothing is placed there.",
                folder=folder,
                library=library,
            ),
        )


def choose(
    row: PlacedFile,
    library: Path,
    burst: Burst,
    same: Callable[[Path], bool],
    room: Callable[[Path], bool] = lambda path: True,
) -> Target:
    """The place for a video: the one its row has, or the first free name. Raises ItemFailed.

    ``same`` says whether what lies at a path is this very file, ``room`` whether there is room for all that has to go
    beside it.
    """
    *folders, name = safe_parts(row.name)
    if row.download.folder:
        folders.insert(0, row.download.folder)
    folder = burst.once(folder_of, library, tuple(folders))
    burst.once(check_inside, library, folder)
    wanted = folder / name
    if kept := kept_target(row, library, same):
        return kept
    for number in range(1, MAX_NUMBERS):
        path = numbered(wanted, number)
        twin = burst.claimant(path, row)
        is_there = os.path.lexists(seen(path))
        if is_there and same(path):
            return Target(path, is_there=True, twin=twin)
        if not is_there and twin is None and room(path):
            return Target(path)
    text = _("The library has {count} other files with the name {name}.", count=MAX_NUMBERS, name=wanted.name)
    raise ItemFailed("name_taken", text)


def folder_of(library: Path, names: Iterable[str]) -> Path:
    """The folder with these names below the library: ``Film (2)`` for one that is called like a file there."""
    place = library
    for name in names:
        places = (place / (f"{name} ({number})" if number > 1 else name) for number in range(1, MAX_NUMBERS))
        free = next((place for place in places if not is_file(place)), None)
        if free is None:
            raise ItemFailed(
                "name_taken",
                _(
                    "The library has {count} files with the name {name} in {place}.",
                    count=MAX_NUMBERS,
                    name=name,
                    place=place,
                ),
            )
        place = free
    return place


def is_file(path: Path) -> bool:
    """Not a link to what is away: that may be a folder."""
    try:
        return seen(path).is_file()
    except OSError:
        return False


def kept_target(row: PlacedFile, library: Path, same: Callable[[Path], bool]) -> Target | None:
    """The target that its row has from an earlier attempt; None when it has none, or that one can't be used now."""
    path = Path(row.target)
    if not row.target:
        return None
    if not path.is_relative_to(library):
        # It was placed, and the process died before it said so; since then its destination was decided once more.
        return Target(path, is_there=True, ours=True) if os.path.lexists(seen(path)) and same(path) else None
    check_inside(library, path.parent)
    if any(is_file(folder) for folder in path.parents):
        return None  # it was never made, and its folder can't be any more
    if not os.path.lexists(seen(path)):
        return Target(path, ours=True)
    # Something else took the name meanwhile. It can't be a part of ours: those never have the final name.
    return Target(path, is_there=True, ours=True) if same(path) else None


def numbered(path: Path, number: int) -> Path:
    """``Film.mp4``, ``Film (2).mp4``, … Raises ItemFailed when the name gets too long."""
    if number > 1:
        path = path.with_name(f"{path.stem} ({number}){path.suffix}")
    if len(path.name.encode()) > MAX_COMPONENT or len(str(path).encode()) > MAX_PATH:
        raise _unsafe(path.name, _("its name in the library would be too long"))
    return path
