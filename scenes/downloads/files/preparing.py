"""Before a file is placed: the checks, its target, and the intent in its row."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from jobs.crash_points import CrashPoint, crash_point
from scenes.downloads.files import sidecars, sources, targets
from scenes.downloads.files.copying import temporary_for
from scenes.downloads.files.placing import Placement, as_placed
from scenes.downloads.files.targets import Target
from scenes.downloads.outcomes import READ_WITH_VIDEO, ItemFailed, Verdict, settle, settle_placed
from scenes.downloads.work import Work
from scenes.models import Outcome, PlacedFile


def prepare(work: Work, row: PlacedFile, save_path: str, *, moving: bool = False) -> Placement | None:
    """What to place where, its target saved in the row; None when the row is settled without that.

    ``save_path`` as qBittorrent sees it, for the messages. ``moving``: the source is to be removed, also when an
    earlier try got as far as the target. Raises ItemFailed.
    """
    targets.safe_parts(row.name)
    if not row.source:
        raise ItemFailed("unsafe_path", f"“{row.name[:200]}” is not placed: its name can't be a file's.")
    if verdict := sidecars.not_now(row, moving=moving):
        settle(work.job, row, verdict)
        return None
    source = sources.visible(row, save_path)
    least = 0 if row.video_id else work.config.min_duration_seconds
    if short := sources.too_short(work.job, source, least):
        settle(work.job, row, short)
        return None
    target = _target(work, row, source)
    placement = _placement(work, row, source, target)
    if target.is_there and not (moving and target.ours):
        _settle_there(work, row, source, target)
        return None
    _intend(work, row, target)
    return placement


def _target(work: Work, row: PlacedFile, source: Path) -> Target:
    if row.video_id:
        target = sidecars.choose(work, row, source)
        _take_over(work, row, target)
        return target
    same = partial(sources.same_file, source, checkpoint=work.job.checkpoint)
    return targets.choose(row, work.library.folder, same, sidecars.room(work, row))


def _take_over(work: Work, row: PlacedFile, target: Target) -> None:
    """A sidecar has one place, so it takes that from another torrent's row, which never came to place anything."""
    idle = PlacedFile.objects.filter(target=str(target.path)).exclude(pk=row.pk).exclude(outcome=Outcome.DONE)
    if idle.exists():
        with work.job.transaction():
            idle.update(target="")


def _placement(work: Work, row: PlacedFile, source: Path, target: Target) -> Placement:
    return Placement(
        source=source,
        target=target.path,
        library=sidecars.library_of(work, target.path),
        temporary=temporary_for(target.path, row.pk, work.job.token),
        report=partial(work.copied, row),
        confirm=work.confirm,
        is_there=target.is_there,
    )


def _settle_there(work: Work, row: PlacedFile, source: Path, target: Target) -> None:
    if target.ours:  # placed by us, and the process died before that was written down
        placed = as_placed(target.path, linked=sources.is_link(source, target.path))
        settle_placed(work.job, row, placed.code, placed.message)
        return
    columns: dict[str, Any] = READ_WITH_VIDEO if row.video_id else {}
    if target.twin is None:
        text = f"The same file is at {target.path} already."
        settle(work.job, row, Verdict(Outcome.DONE, "already_there", text), target=str(target.path), **columns)
        return
    text = f"The same file is at {target.path} already, from the torrent “{target.twin.download.name}”."
    there = Verdict(Outcome.DONE, "already_there", text)
    looked_up: dict[str, Any] = {
        "scan_outcome": Outcome.NOT_WANTED,
        "scan_message": "It is looked up for that torrent.",
    }
    settle(work.job, row, there, **(columns or looked_up))


def _intend(work: Work, row: PlacedFile, target: Target) -> None:
    if row.target != str(target.path):
        row.target = str(target.path)
        with work.job.transaction():
            PlacedFile.objects.filter(pk=row.pk).update(target=row.target)
    crash_point(CrashPoint.TARGET_SAVED)
