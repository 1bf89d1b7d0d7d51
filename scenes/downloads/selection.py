"""Which files of a torrent are wanted in the library, by what qBittorrent says of them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from pathlib import PurePosixPath

from scenes.clients.qbittorrent import TorrentFile
from scenes.downloads.outcomes import Verdict
from scenes.models import Outcome, PlacedFile

# .rar with its parts .r00, .s00, .part1.rar; .zip with .z01; plain numbered parts: .001
ARCHIVE = re.compile(r"\.(rar|[rs]\d\d|zip|z\d\d|7z|\d{3}|tar|tgz|gz|bz2|xz|zst|ace|arj|lzh)$", re.IGNORECASE)

DESELECTED = Verdict(Outcome.NOT_WANTED, "deselected", "It is deselected in qBittorrent.")
INCOMPLETE = Verdict(Outcome.WAITING, "incomplete", "qBittorrent has not downloaded all of it yet.")
NO_VIDEO = Verdict(Outcome.NOT_WANTED, "no_video", "Its extension is not one of the video extensions in the settings.")
NEEDS_UNPACKING = Verdict(
    Outcome.NOT_WANTED,
    "needs_unpacking",
    "It is an archive, and StashHog unpacks none. Unpack it into a folder of Stash's library yourself; its torrent is "
    "left as it is. If it has nothing that you want, deselect it in qBittorrent.",
)


def judge(files: Sequence[TorrentFile], extensions: Collection[str]) -> dict[str, Verdict | None]:
    """By file name: why it is not placed, or None for a video to place. ``extensions``: lower case, no dots."""
    return {file.name: _judge_one(file, extensions) for file in files}


def _judge_one(file: TorrentFile, extensions: Collection[str]) -> Verdict | None:
    if not file.wanted:
        return DESELECTED
    if not _is_video(file.name, extensions):
        # Also beside a video: that may be a sample of the film in the archives.
        return NEEDS_UNPACKING if ARCHIVE.search(file.name) else NO_VIDEO
    return None if file.complete else INCOMPLETE


def _is_video(name: str, extensions: Collection[str]) -> bool:
    return PurePosixPath(name.removesuffix(".!qB")).suffix.lower().lstrip(".") in extensions


def size_of(rows: Iterable[PlacedFile]) -> int:
    """Bytes of the files selected in qBittorrent, as it gives them, for a torrent that it no longer has."""
    return sum(row.size for row in rows if row.code not in (DESELECTED.code, "not_listed"))
