"""Whether a disk that StashHog sees itself is away.

A lost mount is told by what was mounted there when something succeeded: a mount point that is none now, or is another
file system's. In the library folder a small file of ours tells it as well. That a folder is empty tells nothing (an
inbox is), nor do device and inode numbers, which mergerfs, NFS and btrfs change between two mounts.
"""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

from django.db.models import Q
from django.utils import timezone

from jobs.context import JobContext
from scenes.attribution.clues import Clue, clue_of_code
from scenes.attribution.mounts import Mount, mount_of, mounts, mounts_below
from scenes.models import Outcome, Place, PlacedFile
from scenes.models.places import PlaceQuerySet

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
    if not why and (code != IO_ERROR or _failed_though_others_came_well(row, folder)):
        return True
    with job.transaction():
        place, _ = Place.objects.get_or_create(use=Place.Use.DOWNLOADS, root=str(folder), mapping="")
        Place.objects.filter(pk=place.pk).record_looking_away(timezone.now(), why or f"{row.name}: the disk failed")
    return False


def _failed_though_others_came_well(row: PlacedFile, folder: Path) -> bool:
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
        return f"{folder} can't be looked into ({os.strerror(error.errno) if error.errno else error})"
    return why_unmounted(folder) or _lost_marker(folder)


def why_unmounted(folder: Path) -> str:
    """What shows that a mount which the folder was on is not there; "" if nothing does."""
    real = Path(os.path.realpath(folder))
    points = [str(path) for path in (real, *real.parents)]
    known = Place.objects.filter(Q(root=str(folder)) | Q(mount_point__in=points)).exclude(mount_point="")
    if not (remembered := {_mount(place) for place in known}):
        return ""
    mounted = mounts()
    for mount in sorted(remembered):
        now = mounted.get(mount.point)
        if now is None:
            return f"{mount.source} ({mount.kind}) is not mounted at {mount.point} any more"
        if now != mount and _has_no_marker(folder):
            return f"{now.source} ({now.kind}) is mounted at {mount.point}, where {mount.source} ({mount.kind}) was"
    return ""


def _mount(place: Place) -> Mount:
    return Mount(place.mount_point, place.mount_source, place.mount_type)


def _has_no_marker(folder: Path) -> bool:
    return not os.path.lexists(folder / MARKER)


def _lost_marker(folder: Path) -> str:
    """Of a library folder; one in which files that we placed are seen has only lost its marker."""
    library = Place.objects.filter(use=Place.Use.LIBRARY, root=str(folder)).exclude(marked_at=None)
    if not _has_no_marker(folder) or not library.exists():
        return ""
    placed = PlacedFile.objects.filter(outcome=Outcome.DONE, target__startswith=f"{folder}{os.sep}")
    if any(os.path.lexists(target) for target in placed.order_by("-pk").values_list("target", flat=True)[:SAMPLE]):
        return ""
    return f"our file {MARKER} is not in {folder} any more"


def placed_from(job: JobContext, folder: Path) -> None:
    """A file of this save folder was just placed, so the folder is in order, and what it is mounted on now is right."""
    row = Place.objects.filter(use=Place.Use.DOWNLOADS, root=str(folder), mapping="").first()
    now = timezone.now()
    if row is not None and row.is_trusted and row.last_success_at and now - row.last_success_at < FRESH:
        return
    mount = mount_of(str(folder), mounts())
    with job.transaction(recording=True):
        _remember_mount(Place.Use.DOWNLOADS, str(folder), mount).record_success(now)


def confirm_library(job: JobContext, folder: Path) -> None:
    """After a look that found the library folder in order: remember its mounts, and mark it if it can be."""
    mounted = mounts()
    mount = mount_of(str(folder), mounted)
    is_marked = _mark(folder)
    with job.transaction():
        _remember_mount(Place.Use.LIBRARY, str(folder), mount)
        for below in mounts_below(str(folder), mounted):
            _remember_mount(Place.Use.LIBRARY, below.point, below)
        if is_marked:
            Place.objects.filter(use=Place.Use.LIBRARY, root=str(folder)).update(marked_at=timezone.now())


def _mark(folder: Path) -> bool:
    """Whether our marker is there now. A place that we may not write to has none."""
    try:
        with (folder / MARKER).open("x") as file:
            file.write(MARKER_TEXT)
    except FileExistsError:
        return True
    except OSError:
        return False
    return True


def _remember_mount(use: Place.Use, root: str, mount: Mount | None) -> PlaceQuerySet:
    """The place's row. The root of the system is always there, so it tells nothing."""
    point, source, kind = mount if mount is not None and mount.point != "/" else ("", "", "")
    values = {"mount_point": point, "mount_source": source, "mount_type": kind}
    row, _ = Place.objects.update_or_create(use=use, root=root, mapping="", defaults=values)
    return Place.objects.filter(pk=row.pk)
