"""One file on its way into the library: the checks, its target, the intent in its row, placed, and recorded."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from django.utils import timezone

from jobs.crash_points import crash_point
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import joined
from scenes.bulk.upsert import update_each
from scenes.configuration.destinations import EffectiveDestination
from scenes.crash_points import CrashPoint
from scenes.downloads.context import ProcessingContext
from scenes.downloads.files import sidecars, sources, targets
from scenes.downloads.files.bursts.burst import Burst
from scenes.downloads.files.copying import temporary_for
from scenes.downloads.files.links import result_of_link
from scenes.downloads.files.placing import NameTaken, Placed, Placement, as_placed
from scenes.downloads.files.targets import Target
from scenes.downloads.library import identity
from scenes.downloads.library.deleted import deleted_in_stash
from scenes.downloads.library.planned import seen
from scenes.downloads.results import ALREADY_THERE, ItemFailed, Result, record, record_failed, record_placed
from scenes.models import Outcome, PlacedFile, Scan


class FileToPlace:
    """One that is linked or copied: it is decided on, its target is saved, and it is placed.

    One that is moved is placed with its torrent, later.

    ``save_path`` as qBittorrent sees it, for the messages. ``burst``: what it is placed with. ``moving``: the source is
    to be removed, also when an earlier attempt got as far as the target. ``placement``: what to place where, once that
    is known.
    """

    def __init__(
        self,
        context: ProcessingContext,
        row: PlacedFile,
        save_path: str,
        destination: EffectiveDestination,
        burst: Burst,
        *,
        moving: bool = False,
    ):
        self.context, self.row, self.save_path, self.moving = context, row, save_path, moving
        self.destination, self.burst = destination, burst
        self.source = Path(row.source)
        self.placement: Placement | None = None

    def place(self) -> Placed | None:
        """Place it; whoever calls records that. None: its row says how it ended."""
        self.context.job.checkpoint()
        try:
            placed = self.put_at_target()
        except ItemFailed as failure:
            self.fail(failure)
            return None
        if placed is not None:
            crash_point(CrashPoint.FILE_LINKED)
        return placed

    def fail(self, failure: ItemFailed) -> None:
        record_failed(self.context.job, self.row, failure)

    def put_at_target(self) -> Placed | None:
        """Link, copy or move it. None when its row has a result without that. Raises ItemFailed."""
        placement = self.placement
        # Of a moved sidecar once more, since its video may have got another place than it was to have.
        if placement is None or (self.moving and self.row.video_id):
            placement = self.choose_placement()
        try:
            return self.put(placement) if placement else None
        except NameTaken:
            placement = self.choose_placement()
            return self.put(placement) if placement else None

    def put(self, placement: Placement) -> Placed:
        """Place it; of a move also remove the source, unless a torrent uses it by now. Raises ItemFailed."""
        effects = self.context.effects
        if not self.moving:
            return effects.place(placement, self.destination.link_mode, self.burst)
        if placement.is_there:
            placed = as_placed(placement.target, linked=identity.is_link(placement.source, placement.target))
        else:
            placed = effects.place(placement, "hardlink_or_copy", self.burst)
            self.burst.flush()
            crash_point(CrashPoint.MOVE_PLACED)
        if other := self.context.user_of([placement.source]):
            stays = _("It stays, too, since the torrent “{name}” uses it.", name=other.name)
            return Placed(placed.code, joined(" ", [placed.message, stays]))
        return effects.remove_source(placement, was_copied=placed.code != "linked")

    def choose_placement(self) -> Placement | None:
        """What to place where, its target saved; None when the row has a result without that. Raises ItemFailed."""
        if not self.record_unless_placed(self.decide()):
            return None
        save_targets(self.context, [self])
        return self.placement

    def decide(self, *, before_video: bool = False) -> Result | Target:
        """How it ends without being placed, or its place. Writes nothing. Raises ItemFailed.

        ``before_video``: a sidecar's video is moved right before it.
        """
        context, row = self.context, self.row
        targets.safe_parts(row.name)
        if not row.source:
            raise ItemFailed(
                "unsafe_path", _("“{name}” is not placed: its name can't be a file's.", name=row.name[:200])
            )
        result = sidecars.not_now(row, moving=before_video and self.moving)
        if result := result or result_of_link(context, row, self.burst):
            return result
        self.source = sources.visible(row, self.save_path, self.burst)
        return (None if row.video_id else self.find_video(self.source)) or self.choose_target(self.source)

    def record_unless_placed(self, found: Result | Target) -> bool:
        """Whether it is to be placed, once its target is saved. False: its row says how it ended."""
        if isinstance(found, Result):
            is_bad = found.outcome == Outcome.QUARANTINED
            record(self.context.job, self.row, found, **({"failed_at": timezone.now()} if is_bad else {}))
            return False
        if found.is_there and not (self.moving and found.ours):
            self.record_there(self.source, found)
            return False
        self.placement = self.placement_of(self.source, found)
        return True

    def find_video(self, source: Path) -> Target | Result | None:
        """Where the library has it, or why it is not wanted there; None if it is."""
        context, row = self.context, self.row
        if result := sources.too_short(context.job, source, context.config.min_duration_seconds):
            return result
        found = self.find_elsewhere(source)
        return found if found or row.target else deleted_in_stash(context, row, source, self.burst)

    def placement_of(self, source: Path, target: Target) -> Placement:
        context, path = self.context, target.path
        # A sidecar follows its video, wherever that was found.
        holding = context.config.destinations.holding(path) or self.destination
        return Placement(
            source=source,
            target=path,
            library=sidecars.library_of(context, path, self.destination.folder),
            access=holding.access,
            temporary=temporary_for(path, self.row.pk, context.job.token),
            report=partial(context.report_bytes, _("copying"), self.row),
            confirm=context.confirm,
            is_there=target.is_there,
        )

    def find_elsewhere(self, source: Path) -> Target | None:
        """Where the library has the same file under a name that it would not get now."""
        context, row = self.context, self.row
        if row.target and (self.moving or os.path.lexists(seen(Path(row.target)))):
            return None  # its place is known, and half of a move may be done
        path = context.library_files.find(row, source, partial(context.report_bytes, _("comparing"), row))
        if path is None:
            return None
        return Target(path, is_there=True, twin=self.burst.claimant(path, row))

    def choose_target(self, source: Path) -> Target:
        """Its place in the library. Raises ItemFailed."""
        context, row, burst = self.context, self.row, self.burst
        if row.video_id:
            return sidecars.choose(context, row, source, burst)
        same = partial(identity.same_file, source, report=partial(context.report_bytes, _("comparing"), row))
        return targets.choose(row, self.destination.folder, burst, same, sidecars.room(context, row, burst))

    def record_there(self, source: Path, target: Target) -> None:
        """Record that the same file is at its target."""
        job, row = self.context.job, self.row
        if target.ours:  # placed by us, and the process died before that was written down
            placed = as_placed(target.path, linked=identity.is_link(source, target.path))
            record_placed(self.context, [(row, placed)])
            return
        if target.twin is not None:  # in Stash it is looked up for that torrent
            name = target.twin.download.name
            text = _("The same file is at {path} already, from the torrent “{name}”.", path=target.path, name=name)
            record(job, row, Result(Outcome.DONE, ALREADY_THERE, text), target="", same_as_id=target.twin.pk)
            return
        text = _("The same file is at {path} already.", path=target.path)
        with job.transaction():
            record(job, row, Result(Outcome.DONE, ALREADY_THERE, text), target=str(target.path))
            if not row.video_id and not self.context.library_files.in_stash(row, target.path):
                Scan.objects.get_or_create(file_id=row.pk)


def save_targets(context: ProcessingContext, files: Sequence[FileToPlace]) -> None:
    """The intent, before anything is placed: after a crash they are looked for there."""
    changed = [file for file in files if file.placement and file.row.target != str(file.placement.target)]
    for file in changed:
        assert file.placement is not None
        file.row.target = str(file.placement.target)
        file.burst.claim(file.row)
    if changed:
        rows = {file.row.pk: file.row.target for file in changed}
        with context.job.transaction():
            # A sidecar has one place, so it takes that from a row that never came to place anything.
            idle = PlacedFile.objects.filter(target__in=rows.values()).exclude(target="").exclude(pk__in=rows)
            idle.exclude(outcome=Outcome.DONE).update(target="")
            update_each(PlacedFile, ("target",), [*rows.items()])
    crash_point(CrashPoint.TARGET_SAVED)
