"""What a person deleted in Stash is not placed again by itself: from another torrent, or under another name."""

from __future__ import annotations

import os
from pathlib import Path

from jobs.texts.translatable import Translatable as _
from scenes import services
from scenes.clients.base import ServiceError
from scenes.clients.stash.fingerprints import oshash
from scenes.downloads.context import ProcessingContext
from scenes.downloads.files.bursts.burst import Burst
from scenes.downloads.library.planned import seen
from scenes.downloads.results import DELETED, Result
from scenes.models import Outcome, PlacedFile, Scan, Scene
from scenes.sync import identity


def deleted_in_stash(context: ProcessingContext, row: PlacedFile, source: Path, burst: Burst) -> Result | None:
    """Why the video is not placed: the same one was before, and its scene was deleted; None if it is placed.

    The same: of its size and fingerprint, which is enough where nothing is deleted for it. Raises JobError.
    """
    is_new = row.wanted_again or row.size not in burst.scanned_sizes
    scans = [] if is_new else earlier_scans(row, source)
    if not scans or any(os.path.lexists(seen(Path(scan.file.target))) for scan in scans):
        return None
    wanted = {scan.scene_id for scan in scans if scan.scene_id is not None}
    deleted = set(Scene.objects.filter(pk__in=wanted).exclude(deleted_at=None).values_list("pk", flat=True))
    file = scans[0].file
    before = _(
        "The same file was placed at {path}, from the torrent “{name}”", path=file.target, name=file.download.name
    )
    try:
        if not wanted <= deleted and still_there(context, wanted - deleted):
            return None
    except ServiceError as error:
        text = _(
            "{before}, and is there no more. Whether it was deleted in Stash is not known: {reason}",
            before=before,
            reason=error.message,
        )
        return Result(Outcome.WAITING, DELETED, text)
    text = _(
        "{before}, and was deleted in Stash since, so it is not placed again. If you want it back, "
        "choose “Place again” beside it under “Downloads”.",
        before=before,
    )
    return Result(Outcome.NOT_WANTED, DELETED, text)


def earlier_scans(row: PlacedFile, source: Path) -> list[Scan]:
    """Of the same file, placed before and found in Stash."""
    try:
        fingerprint = oshash(source)
    except OSError:
        return []  # placing it says what is wrong
    scans = Scan.objects.filter(oshash=fingerprint, file__size=row.size, outcome=Outcome.DONE)
    return list(scans.exclude(file=row).exclude(scene_id=None).select_related("file__download"))


def still_there(context: ProcessingContext, scene_ids: set[int]) -> bool:
    """Whether Stash has any of these scenes. Raises ServiceError, and JobError when it has another library."""
    stash = services.stash(context.job)
    identity.check(context.job, stash)
    rows, _gone = stash.scenes_by_id(map(str, scene_ids))
    return bool(rows)
