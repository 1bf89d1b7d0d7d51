"""Which files of a torrent are wanted in the library, and which of the others are worth something.

By what qBittorrent says of them, and by their names.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import PurePosixPath

from scenes.clients.qbittorrent.client import TorrentFile
from scenes.configuration import Configuration
from scenes.downloads.files import pairing, sidecars
from scenes.downloads.files.targets import storable
from scenes.downloads.results import Result
from scenes.models import Outcome, PlacedFile
from scenes.name_patterns import NamePatterns

# .rar with its parts .r00, .s00, .part1.rar; .zip with .z01; plain numbered parts: .001
ARCHIVE = re.compile(r"\.(rar|[rs]\d\d|zip|z\d\d|7z|\d{3}|tar|tgz|gz|bz2|xz|zst|ace|arj|lzh)$", re.IGNORECASE)
# What systems and torrent programs leave behind; never a video, whatever its extension. `.pad`: BEP 47.
SYSTEM = NamePatterns(
    (
        *("._*", ".DS_Store", "Thumbs.db", "ehthumbs.db", "desktop.ini", "_____padding_file_*"),
        *("__MACOSX/", ".AppleDouble/", "@eaDir/", ".pad/"),
    )
)
NOT_LITERAL = re.compile(r"[,*?\[\]]")  # in a list of patterns
SAMPLE_SHARE = 0.1  # of the biggest video's bytes: what calls itself a sample and has more may be the film

DESELECTED = Result(Outcome.NOT_WANTED, "deselected", "It is deselected in qBittorrent.")
INCOMPLETE = Result(Outcome.WAITING, "incomplete", "qBittorrent has not downloaded all of it yet.")
RUBBISH = Result(
    Outcome.NOT_WANTED,
    "no_video",
    "It is no video, and known to be worth nothing (STASHHOG_RUBBISH, STASHHOG_SAMPLES).",
)
NEEDS_UNPACKING = Result(
    Outcome.NOT_WANTED,
    "needs_unpacking",
    "It is an archive, and StashHog unpacks none. Unpack it into a folder of Stash's library yourself; its torrent is "
    "left as it is. If it has nothing that you want, deselect it in qBittorrent.",
)
UNKNOWN = "unknown_file"
# Codes of files that are not placed and keep their torrent in qBittorrent all the same.
OF_WORTH = frozenset({NEEDS_UNPACKING.code, UNKNOWN, sidecars.WITHOUT_VIDEO.code})


def classify(files: Sequence[TorrentFile], config: Configuration) -> dict[str, Result | None]:
    """By file name: why it is not placed, or None for a video or sidecar to place."""
    pairs = videos_of(files, config)
    biggest = max((file.size for file in files if is_video(file.name, config.video_extensions)), default=0)
    return {file.name: classify_one(file, config, pairs, biggest) for file in files}


def videos_of(files: Iterable[TorrentFile], config: Configuration) -> dict[str, str]:
    """By the name of each sidecar among them: the name of the video that it goes with."""
    files = [file for file in files if not SYSTEM.match(file.name)]
    # One that is selected first: the sidecar of two videos with one name must not wait for the other. Then the biggest,
    # which is the film rather than a short piece of it that is not wanted.
    videos = [file for file in files if is_video(file.name, config.video_extensions)]
    videos.sort(key=lambda file: (not file.wanted, -file.size, file.name))
    others = {file.name for file in files if _has(file.name, config.sidecar_extensions)}
    names = [file.name for file in videos]
    return pairing.pairs(others.difference(names), names)


def classify_one(file: TorrentFile, config: Configuration, pairs: Mapping[str, str], biggest: int) -> Result | None:
    """``biggest``: bytes of the torrent's biggest video; ``pairs``: see `videos_of`."""
    if not file.wanted:
        return DESELECTED
    if SYSTEM.match(file.name):
        return RUBBISH
    if is_video(file.name, config.video_extensions) or file.name in pairs:
        return None if file.complete else INCOMPLETE
    if config.rubbish.match(file.name):
        return RUBBISH
    if ARCHIVE.search(file.name):  # also beside a video: that may be a sample of the film in the archives
        return NEEDS_UNPACKING
    if config.samples.match(file.name) and file.size < biggest * SAMPLE_SHARE:
        return RUBBISH
    return sidecars.WITHOUT_VIDEO if _has(file.name, config.sidecar_extensions) else unknown(file.name)


def unknown(name: str) -> Result:
    """A file that may be anything, so it counts as worth keeping."""
    own = PurePosixPath(storable(name))
    pattern = NOT_LITERAL.sub("?", own.suffix or own.name)
    pattern = f"*{pattern}" if own.suffix else pattern
    message = (
        "StashHog does not know what it is, so it counts as worth keeping: it is not placed, and its torrent stays in "
        f"qBittorrent. If such files are worth nothing to you, add {pattern} to STASHHOG_RUBBISH (as in "
        f"default,{pattern}), or deselect it in qBittorrent."
    )
    return Result(Outcome.NOT_WANTED, UNKNOWN, message)


def is_video(name: str, extensions: Collection[str]) -> bool:
    """``extensions``: lower case, no dots."""
    return _has(name, extensions) and not SYSTEM.match(name)


def _has(name: str, extensions: Collection[str]) -> bool:
    return PurePosixPath(name.removesuffix(".!qB")).suffix.lower().lstrip(".") in extensions


def size_of(rows: Iterable[PlacedFile]) -> int:
    """Bytes of the files selected in qBittorrent, as it gives them, for a torrent that it no longer has."""
    return sum(row.size for row in rows if row.code not in (DESELECTED.code, "not_listed"))
