"""Whether a disk that StashHog sees itself is away.

A lost mount is told by what was mounted there when something succeeded: a mount point that is none now, or is another
file system's. In the library folder a small file of ours tells it as well. That a folder is empty tells nothing (an
inbox is), nor do device and inode numbers, which mergerfs, NFS and btrfs change between two mounts.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from django.db.models import Q
from django.utils import timezone

from jobs.context import JobContext
from jobs.texts.os_errors import text_of_error
from jobs.texts.translatable import Translatable as _
from scenes.attribution.clues import Clue, clue_of_code
from scenes.attribution.mounts import Mount, mount_of, mounts, mounts_below
from scenes.models import Outcome, Place, PlacedFile

MARKER = ".stashhog-library"  # Stash takes no file without an extension
MARKER_TEXT = (
    "StashHog knows by this file that the disk of this library folder is mounted. Without it StashHog places nothing "
    "here. If it got lost, make it again; its content does not matter.\n"
)
IO_ERROR = "disk_error"  # the code of a file at which the disk failed
FRESH = timedelta(minutes=1)  # a success so new need not be written again
SAMPLE = 20  # placed files that are looked for before a library without its marker is taken for lost


def is_item_failure(job: JobContext, row: PlacedFile, code: str) -> bool:
    """Whether the file to be placed is at fault itself. Reads the disk, so no transaction may be open."""
    clue = clue_of_code(code)
    if clue is not Clue.UNCLEAR:
        return clue is Clue.ITEM
    folder = row.save_folder
    why = why_away(folder)
    if not why and (code != IO_ERROR or failed_though_others_came_well(row, folder)):
        return True
    with job.transaction():
        place, _made = Place.objects.get_or_create(use=Place.Use.DOWNLOADS, root=str(folder), mapping="")
        why = why or _("{name}: the disk failed", name=row.name)
        Place.objects.filter(pk=place.pk).record_looking_away(timezone.now(), why)
    return False


def failed_though_others_came_well(row: PlacedFile, folder: Path) -> bool:
    """Whether the disk failed at the same file before, and another one of its folder was placed since."""
    if row.code != IO_ERROR or row.failed_at is None:
        return False
    places = Place.objects.filter(use=Place.Use.DOWNLOADS, root=str(folder), last_success_at__gt=row.failed_at)
    return places.exists()


def is_away(folder: Path) -> bool:
    return bool(why_away(folder))


def why_away(folder: Path) -> str:
    """What shows that the folder's disk is away, for people; "" if nothing does."""
    try:
        with os.scandir(folder) as entries:
            next(entries, None)
    except OSError as error:
        return _("{folder} can't be looked into ({reason})", folder=folder, reason=text_of_error(error))
    return why_unmounted(folder) or why_other_mount(folder) or why_unmarked(folder)


def why_unmounted(folder: Path) -> str:
    """What shows that a mount which the folder was on is not there; "" if nothing does."""
    known = _known_mounts(folder)
    mounted = mounts() if known else {}
    gone = next((mount for mount in known if mount.point not in mounted), None)
    return _("{source} ({kind}) is not mounted at {point} any more", **gone._asdict()) if gone else ""


def why_other_mount(folder: Path) -> str:
    """What shows that another file system is mounted where the folder was on one; "" if nothing does.

    The name of a device may be another one after a restart, so the marker counts for more.
    """
    known = _known_mounts(folder) if _has_no_marker(folder) else []
    mounted = mounts() if known else {}
    for mount in known:
        now = mounted.get(mount.point, mount)
        if now != mount:
            return _(
                "{source} ({kind}) is mounted at {point}, where {other} ({other_kind}) was",
                **now._asdict(),
                other=mount.source,
                other_kind=mount.kind,
            )
    return ""


def _known_mounts(folder: Path) -> list[Mount]:
    """On which it was when something succeeded."""
    real = Path(os.path.realpath(folder))
    points = [str(path) for path in (real, *real.parents)]
    places = Place.objects.filter(Q(root=str(folder)) | Q(mount_point__in=points)).exclude(mount_point="")
    return sorted({Mount(place.mount_point, place.mount_source, place.mount_type) for place in places})


def _has_no_marker(folder: Path) -> bool:
    return not os.path.lexists(folder / MARKER)


def why_unmarked(folder: Path) -> str:
    """That a library folder's marker is gone, and all that we placed with it; "" if not.

    One in which files that we placed are seen has only lost its marker.
    """
    library = Place.objects.filter(use=Place.Use.LIBRARY, root=str(folder)).exclude(marked_at=None)
    if not _has_no_marker(folder) or not library.exists():
        return ""
    placed = PlacedFile.objects.filter(outcome=Outcome.DONE, target__startswith=f"{folder}{os.sep}")
    if any(os.path.lexists(target) for target in placed.order_by("-pk").values_list("target", flat=True)[:SAMPLE]):
        return ""
    return _("our file {marker} is not in {folder} any more", marker=MARKER, folder=folder)


def placed(job: JobContext, row: PlacedFile, library: Path | None, mark: Callable[[Path, Path], bool]) -> None:
    """The file was just placed, so its save folder and the folder of its destination, if it has one, are in order.

    What they are mounted on now is what has to be mounted there from now on, and the library folder gets our marker:
    ``mark`` makes it, and says whether it is there.
    """
    places = [(Place.Use.DOWNLOADS, row.save_folder)]
    if library is not None:
        places.append((Place.Use.LIBRARY, library))
    now = timezone.now()
    fresh = Place.objects.trusted().filter(mapping="", last_success_at__gt=now - FRESH)
    known = set(fresh.filter(root__in=[str(folder) for _, folder in places]).values_list("use", "root"))
    for use, folder in places:
        if (use, str(folder)) not in known:
            remember(job, use, folder, is_marked=use == Place.Use.LIBRARY and mark(folder, Path(row.target)))


def remember(job: JobContext, use: Place.Use, folder: Path, *, is_marked: bool) -> None:
    """Record what is mounted there now, and that something succeeded there.

    The root of the system is always mounted, so that tells nothing. Below a library other disks may be mounted.
    """
    mounted, now = mounts(), timezone.now()
    found = {str(folder): mount_of(str(folder), mounted)}
    if use == Place.Use.LIBRARY:
        found |= {below.point: below for below in mounts_below(str(folder), mounted)}
    with job.transaction(recording=True):
        for root, mount in found.items():
            point, source, kind = mount if mount is not None and mount.point != "/" else ("", "", "")
            values = {"mount_point": point, "mount_source": source, "mount_type": kind}
            Place.objects.update_or_create(use=use, root=root, mapping="", defaults=values)
        row = Place.objects.filter(use=use, root=str(folder), mapping="")
        row.record_success(now)
        if is_marked:
            row.update(marked_at=now)


def make_marker(folder: Path, placed_file: Path) -> bool:
    """Make our marker in a library folder, and say whether it is there now.

    It is not in a place that we may not write to, nor in one that just vanished.
    """
    try:
        if os.path.lexists(placed_file):
            with (folder / MARKER).open("x") as file:
                file.write(MARKER_TEXT)
            return True
    except FileExistsError:
        return True
    except OSError:
        return False
    return False
