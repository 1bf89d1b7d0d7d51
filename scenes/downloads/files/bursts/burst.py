"""Files of a torrent that are looked at, placed and recorded together: what is alike in many of them is asked once.

That is believed for a moment only, so a burst takes no longer than one.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from scenes.downloads.files import pairing
from scenes.downloads.files.bursts.memo import Memo
from scenes.models import TO_DO, Outcome, PlacedFile, Scan
from scenes.pieces import pieces

if TYPE_CHECKING:
    from scenes.downloads.context import ProcessingContext  # which needs the effects, that need this

AT_ONCE = 100  # files of a burst
MOMENT = 1.0  # seconds to look at its files, and as many to place them
CONFIRMED_FOR = 0.02  # seconds: a worker that was frozen for longer asks once more whether its claim is lost


class Burst(Memo):
    """``rows``: those of its files, and maybe of some more. ``library``: the folder of their torrent's destination.

    ``ready``: folders in which one of its files was placed; ``unflushed``: those of which that is not flushed yet.
    """

    def __init__(self, context: ProcessingContext, rows: Sequence[PlacedFile], library: Path):
        super().__init__()
        self.context, self.rows, self.library = context, rows, library
        self.ready: set[Path] = set()
        self.unflushed: set[Path] = set()
        self._confirmed_until = 0.0
        self._sizes, self._paths = set[int](), set[Path]()

    def has_alike(self, row: PlacedFile) -> bool:
        """Whether what it needs may come of another one: of one of its size, which may be the same, or of its video."""
        return row.size in self._sizes or bool(row.video_id) != bool(self.rows[0].video_id)

    def reserve(self, row: PlacedFile, path: Path) -> bool:
        """Have it go there; False when another one does."""
        if path in self._paths:
            return False
        self._paths.add(path)
        if row.size and not row.video_id:
            self._sizes.add(row.size)
        return True

    def confirm(self) -> None:
        """Before each link: raises ClaimLost or Cancelled when none may be made any more."""
        if time.monotonic() > self._confirmed_until:
            self.context.confirm()
            self._confirmed_until = time.monotonic() + CONFIRMED_FOR

    def flush(self) -> None:
        """Before a row says that a name is there, so that a power cut does not take it back."""
        for folder in self.unflushed:
            flush_folder(folder)
        self.unflushed.clear()

    @cached_property
    def scanned_sizes(self) -> set[int]:
        """Of the sizes of its files those of which Stash had a placed file before."""
        scans = Scan.objects.filter(file__size__in={row.size for row in self.rows}, outcome=Outcome.DONE)
        return set(scans.exclude(scene_id=None).values_list("file__size", flat=True))

    @cached_property
    def waiting_sidecars(self) -> dict[int | None, list[PlacedFile]]:
        """Those that are still to be placed, by the primary key of their video."""
        found: dict[int | None, list[PlacedFile]] = {}
        videos = [row.pk for row in self.rows if not row.video_id]
        for row in PlacedFile.objects.filter(video__in=videos, outcome__in=TO_DO) if videos else ():
            found.setdefault(row.video_id, []).append(row)
        return found

    def claimant(self, path: Path, row: PlacedFile) -> PlacedFile | None:
        """The other row that has this target, with its download."""
        name = str(path)
        if name not in self._claims:
            self._claims[name] = PlacedFile.objects.at(path).select_related("download").first()
        found = self._claims[name]
        return found if found is None or found.pk != row.pk else None

    def claim(self, row: PlacedFile) -> None:
        """It has its target from now on."""
        self._claims[row.target] = row

    @cached_property
    def _claims(self) -> dict[str, PlacedFile | None]:
        """By their targets, the rows that have one to which a file of the burst goes unless something is in the way.

        Names that could lead elsewhere are looked for in vain.
        """
        videos = {row.pk: self.library / row.download.folder / row.name for row in self.rows if not row.video_id}
        places = [Path(row.video.place) for row in self.rows if row.video]
        names = [(row.name, row.video.name) for row in self.rows if row.video]
        for row in self.rows:
            for sidecar in self.waiting_sidecars.get(row.pk, ()):
                places.append(videos[row.pk])
                names.append((sidecar.name, row.name))
        beside = [pairing.beside(*pair, place) for pair, place in zip(names, places, strict=True) if place.name]
        found: dict[str, PlacedFile | None] = dict.fromkeys(map(str, (*videos.values(), *beside)))
        for part in pieces([*found]):
            rows = PlacedFile.objects.filter(target__in=part).exclude(target="").select_related("download")
            found |= {row.target: row for row in rows}
        return found


def flush_folder(folder: Path) -> None:
    """So that a power cut doesn't take back what was given a name there."""
    with contextlib.suppress(OSError):  # some network file systems can't
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
