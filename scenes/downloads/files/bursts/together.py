"""The files of a torrent, placed in bursts: all of one are decided on, all targets saved, all placed, and all recorded.

So a transaction serves many files, and a folder is flushed once for all that it got. What takes long ends a burst: a
copy is recorded before the next file is begun.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from jobs.crash_points import crash_point
from jobs.errors import JobError, Unwind
from jobs.models import Event
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import joined
from scenes.configuration.destinations import EffectiveDestination
from scenes.crash_points import CrashPoint
from scenes.downloads.context import ProcessingContext
from scenes.downloads.files.bursts.burst import AT_ONCE, MOMENT, Burst
from scenes.downloads.files.file_to_place import FileToPlace, save_targets
from scenes.downloads.files.placing import Placed
from scenes.downloads.files.targets import Target
from scenes.downloads.results import ItemFailed, Result, record_placed
from scenes.models import PlacedFile


class FileQueue:
    """Those files of a torrent (``rows``) that are still to be placed, in their order: each sidecar after its video."""

    def __init__(
        self,
        context: ProcessingContext,
        rows: Sequence[PlacedFile],
        save_path: str,
        destination: EffectiveDestination,
        *,
        moving: bool = False,
    ):
        self.context, self.save_path, self.destination, self.moving = context, save_path, destination, moving
        self.rows, self.total = deque(rows), len(rows)
        self.at_once = 1  # and more as long as a burst takes but a moment

    def place(self) -> None:
        """Link or copy them all, and record how each ended."""
        while self.rows:
            files = self.take()
            done = self.place_some(files)
            self.rows.extendleft(file.row for file in reversed(files[done:]))  # and decided on again
            self.at_once = min(AT_ONCE, 2 * self.at_once) if done == len(files) else done

    def prepare(self) -> list[FileToPlace]:
        """Those that can be placed, with their targets saved; the rows of the others say why not."""
        files: list[FileToPlace] = []
        while self.rows:
            files += self.take()
            self.at_once = min(AT_ONCE, 2 * self.at_once)
        return files

    def take(self) -> list[FileToPlace]:
        """The first ones, as far as they don't depend on each other, with their targets saved.

        Without those whose rows say by then how they ended.
        """
        burst = Burst(self.context, [*islice(self.rows, self.at_once)], self.destination.folder)
        files: list[FileToPlace] = []
        ends = time.monotonic() + MOMENT
        for row in burst.rows:
            if row is not burst.rows[0] and (time.monotonic() > ends or burst.has_alike(row)):
                break
            file = FileToPlace(self.context, row, self.save_path, self.destination, burst, moving=self.moving)
            found = self.decide(file)
            if isinstance(found, Target) and not burst.reserve(row, found.path):
                break
            self.rows.popleft()
            if found and file.record_unless_placed(found):
                files.append(file)
        if files:
            save_targets(self.context, files)
        return files

    def decide(self, file: FileToPlace) -> Result | Target | None:
        """None: it failed, and its row says so."""
        verb = _("checking") if self.moving else _("placing")
        number = self.total - len(self.rows) + 1
        self.context.report(verb, number, self.total, is_prelude=self.moving)
        try:
            return file.decide(before_video=True)
        except ItemFailed as failure:
            file.fail(failure)
            return None

    def place_some(self, files: Sequence[FileToPlace]) -> int:
        """Place them in a moment, but at least one, and record that; how many that were."""
        placed: list[tuple[FileToPlace, Placed]] = []
        begun, ends, done = self.total - len(self.rows) - len(files), time.monotonic() + MOMENT, 0
        try:
            for done, file in enumerate(files, start=1):
                self.context.report(_("placing"), begun + done, self.total)
                result = file.place()
                placed += [(file, result)] if result else []
                if time.monotonic() > ends or (result and result.code == "copied"):
                    break
        except (Unwind, JobError):
            record(self.context, placed)  # they are on the disk already
            raise
        record(self.context, placed)
        return done


def place_moved(files: Sequence[FileToPlace]) -> None:
    """Each by itself: these were prepared, and their torrent has left qBittorrent since."""
    for number, file in enumerate(files, start=1):
        context = file.context
        context.report(_("moving"), number, len(files))
        file.burst = Burst(context, [file.row], file.destination.folder)  # the other one was a moment ago
        if placed := file.place():
            record(context, [(file, placed)])


def record(context: ProcessingContext, placed: Sequence[tuple[FileToPlace, Placed]]) -> None:
    """Write that these are placed, once that would outlive a power cut."""
    if not placed:
        return
    for burst in {id(file.burst): file.burst for file, _result in placed}.values():
        burst.flush()
    record_placed(context, [(file.row, result) for file, result in placed])
    for file, result in placed:
        context.library_files.add(file.row.size, Path(file.row.target))
        if result.code == "copied" and not file.moving and file.destination.link_mode != "copy":
            context.job.log(joined(": ", [file.row.name, result.message]), Event.Level.WARNING)
    crash_point(CrashPoint.FILE_RECORDED)
