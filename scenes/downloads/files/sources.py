"""Whether a torrent's file is really where qBittorrent says, whole, readable, and long enough."""

from __future__ import annotations

import stat
from pathlib import Path

import av

from jobs.context import JobContext
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import joined, message_of
from jobs.waiting import TimeLimitExceeded
from scenes.attribution.disk import why_away
from scenes.configuration import named_setting
from scenes.downloads.files.bursts.memo import Memo
from scenes.downloads.files.disk_errors import as_failure
from scenes.downloads.results import ARRIVING, NOT_VISIBLE, ItemFailed, Result
from scenes.models import Outcome, PlacedFile
from scenes.paths import PathMap

PROBE_SECONDS = 60.0  # a file on a sleeping network share is given so long
MICROSECONDS = 1_000_000  # PyAV gives a container's duration in these
TOO_SHORT = "too_short"


def source_path(path_map: PathMap, save_path: str, name: str) -> Path:
    """Where the file lies as StashHog sees it. Built from the save path: `content_path` may be a whole folder."""
    return Path(path_map.to_ours("qbittorrent", save_path)) / name


def visible(row: PlacedFile, save_path: str, memo: Memo) -> Path:
    """The file itself, links followed. Raises ItemFailed when it isn't there, isn't whole or is elsewhere."""
    source = Path(row.source)
    try:
        real = memo.real_path(source)
        status = real.stat()
    except (FileNotFoundError, NotADirectoryError):
        raise not_visible(row, save_path) from None
    except OSError as error:
        raise as_failure(error, source, source) from None
    if not real.is_relative_to(memo.real_folder(row.save_folder)):
        raise ItemFailed(
            "unsafe_path",
            _(
                "“{name}” is a link to {path}, outside of the torrent's folder, so it is not placed.",
                name=row.name,
                path=real,
            ),
        )
    if not stat.S_ISREG(status.st_mode):
        raise ItemFailed("unreadable", _("{source} is not a file.", source=source))
    check_size(row, status.st_size)
    return real


def check_size(row: PlacedFile, found: int) -> None:
    """Raise ItemFailed unless the file has as many bytes as in the torrent."""
    if found < row.size:
        text = _(
            "{source} has {found:,} of its {size:,} bytes so far. Is it still being copied?",
            source=row.source,
            found=found,
            size=row.size,
        )
        raise ItemFailed(ARRIVING, text)
    if found != row.size:
        text = _(
            "{source} has {found:,} bytes, in the torrent it has {size:,}. Is it another file (path "
            "mapping), or was it changed? Let qBittorrent recheck the torrent.",
            source=row.source,
            found=found,
            size=row.size,
        )
        raise ItemFailed("wrong_size", text)


def not_visible(row: PlacedFile, save_path: str) -> ItemFailed:
    theirs, ours = f"{save_path.rstrip('/')}/{row.name}", row.source
    where = _("at {path}", path=ours)
    if theirs != ours:
        where = _("at {theirs}, which is {ours} for StashHog", theirs=theirs, ours=ours)
    missing = joined(": ", [_("but there is no such file"), why_away(row.save_folder)])
    return ItemFailed(
        NOT_VISIBLE,
        _(
            "qBittorrent has the file {where}, {missing}. Is the folder mounted here, and is {path_map} in the "
            "settings (qbittorrent:…) right?",
            path_map=named_setting("path_map"),
            where=where,
            missing=missing,
        ),
    )


def too_short(job: JobContext, path: Path, least: float) -> Result | None:
    """Why the video is not wanted by its length; None if it is. ``least`` in seconds; 0: nothing is looked at.

    Raises ItemFailed (``unreadable``, ``disk_away``): a file that can't be read is never "too short".
    """
    if least <= 0:
        return None
    try:
        seconds = job.read(lambda: duration(path), PROBE_SECONDS)
    except TimeLimitExceeded:
        raise ItemFailed(
            "disk_away",
            _(
                "{path} could not be read within {seconds:g} s. Is its disk there, and does it answer?",
                path=path,
                seconds=PROBE_SECONDS,
            ),
        ) from None
    except (av.FFmpegError, OSError, ValueError) as error:
        raise ItemFailed(
            "unreadable",
            _(
                "{name} can't be read as a video ({error}). Is it damaged? Let qBittorrent recheck the torrent.",
                name=path.name,
                error=message_of(error),
            ),
        ) from None
    if seconds is None or seconds >= least:
        return None
    text = _("It lasts {seconds:.0f} s; the settings want {least:g} s.", seconds=seconds, least=least)
    return Result(Outcome.NOT_WANTED, TOO_SHORT, text)


def duration(path: Path) -> float | None:
    """Seconds; None when the file doesn't say. Raises av.FFmpegError."""
    with av.open(str(path)) as container:
        if not container.streams.video:
            raise ValueError(_("it has no video stream"))
        if container.duration:
            return container.duration / MICROSECONDS
        stream = container.streams.video[0]
        if stream.duration and stream.time_base:
            return float(stream.duration * stream.time_base)
        return None
