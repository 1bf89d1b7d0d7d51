"""Where subtitles and scripts go. Stash reads them beside their video only, by its stem.

So they have no place of their own: a sidecar goes where its video is, follows the number that the video got, and waits
for it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from jobs.texts.translatable import Translatable as _
from scenes.attribution.disk import is_away
from scenes.configuration import named_setting
from scenes.downloads.context import ProcessingContext
from scenes.downloads.files import sources, targets
from scenes.downloads.files.bursts.burst import Burst
from scenes.downloads.files.pairing import beside
from scenes.downloads.files.targets import Target
from scenes.downloads.library import identity
from scenes.downloads.library.planned import seen
from scenes.downloads.results import DELETED, ItemFailed, Result
from scenes.models import TO_DO, Outcome, PlacedFile

WITHOUT_VIDEO = Result(
    Outcome.NOT_WANTED,
    "without_video",
    _(
        "Stash reads such a file only beside a video with its name, and no selected video of this "
        "torrent is left for it. So it is not placed, and its torrent stays in qBittorrent. If it is "
        "worth nothing to you, deselect it in qBittorrent, or add its name to {rubbish} in the settings.",
        rubbish=named_setting("rubbish"),
    ),
)
VIDEO_NOT_WANTED = Result(Outcome.NOT_WANTED, "video_not_wanted", _("The video that it belongs to is not wanted."))
WAITS = "waits_for_video"


def not_now(row: PlacedFile, *, moving: bool = False) -> Result | None:
    """Why a sidecar is not placed now, by what became of its video. ``moving``: that one is moved right before."""
    video = row.video
    if video is None or video.outcome == Outcome.DONE or (moving and video.outcome in TO_DO and video.target):
        return None
    if video.outcome == Outcome.NOT_WANTED:
        return VIDEO_NOT_WANTED if video.code in (sources.TOO_SHORT, DELETED) else WITHOUT_VIDEO
    message = _("It goes beside its video, {name}, which is not in the library yet.", name=video.name)
    return Result(Outcome.WAITING, WAITS, message)


def choose(context: ProcessingContext, row: PlacedFile, source: Path, burst: Burst) -> Target:
    """The one place for a sidecar: beside its video, and never instead of another file. Raises ItemFailed."""
    video = row.video
    assert video is not None
    path = targets.numbered(beside(row.name, video.name, place_of(context, video, burst.library)), 1)
    burst.once(targets.check_inside, library_of(context, path, burst.library), path.parent)
    claimant = burst.claimant(path, row)
    twin = claimant if claimant and claimant.outcome == Outcome.DONE else None
    ours = row.target == str(path)
    if os.path.lexists(seen(path)):
        if not identity.same_file(source, path, partial(context.report_bytes, _("comparing"), row)):
            raise ItemFailed(
                "name_taken",
                _(
                    "Beside its video is another file with its name: {path}. It is left as it is, and no other "
                    "name would be read by Stash. Rename or remove that one, or deselect this one in qBittorrent.",
                    path=path,
                ),
            )
        return Target(path, is_there=True, ours=ours, twin=twin)
    if twin is not None:
        message = _(
            "It was at {path} already, from another torrent, and was removed there, so it is not placed again.",
            path=path,
        )
        raise ItemFailed("video_missing", message)
    return Target(path, ours=ours)


def library_of(context: ProcessingContext, path: Path, folder: Path) -> Path:
    """The folder that must be there and that the path must not leave: an older library's video has it for itself.

    ``folder`` of the torrent's destination.
    """
    if path.is_relative_to(folder):
        return folder
    held_by = context.config.destinations.holding(path)
    return held_by.folder if held_by else path.parent


def place_of(context: ProcessingContext, video: PlacedFile, folder: Path) -> Path:
    """Where the video is, or is moved to right before. Raises ItemFailed."""
    place = Path(video.place)
    if not video.place:  # the row of the torrent that placed it is gone
        source = Path(video.source)
        found = targets.choose(
            video,
            folder,
            Burst(context, [video], folder),
            lambda at: identity.same_file(source, at, partial(context.report_bytes, _("comparing"), video)),
        )
        place = found.path
    if video.outcome == Outcome.DONE and not os.path.lexists(seen(place)):
        # Its own destination was looked at before; of another one nobody knows whether its disk is mounted.
        is_ours = place.is_relative_to(folder)
        code = "video_missing" if is_ours or not is_away(place.parent) else "disk_away"
        message = _(
            "Its video is not at {place} any more, so there is no place for it. Was it removed or renamed?", place=place
        )
        raise ItemFailed(code, message)
    return place


def room(context: ProcessingContext, video: PlacedFile, burst: Burst) -> Callable[[Path], bool]:
    """Whether all the video's sidecars that are still to be placed would find room beside it at a path."""
    waiting = burst.waiting_sidecars.get(video.pk, ())

    def fits(row: PlacedFile, path: Path) -> bool:
        try:
            targets.numbered(path, 1)
        except ItemFailed:
            return True  # too long, with any number: that is the sidecar's own failure
        if os.path.lexists(seen(path)):
            return identity.same_file(Path(row.source), path, partial(context.report_bytes, _("comparing"), row))
        claimant = burst.claimant(path, row)
        return claimant is None or claimant.outcome != Outcome.DONE

    return lambda place: all(fits(row, beside(row.name, video.name, place)) for row in waiting)
