"""Files that Stash or a plugin renamed right after they were scanned: found by their fingerprint, and not lost."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from jobs.context import JobContext
from scenes import configuration
from scenes.clients.stash.client import StashClient
from scenes.clients.stash.fingerprints import oshash
from scenes.clients.stash.reading import FoundFile
from scenes.models import PlacedFile, Scan
from scenes.pieces import pieces


def remember_fingerprints(job: JobContext, scans: Iterable[Scan]) -> None:
    """Before Stash scans them: afterwards a file may have another name. A crash in between loses nothing."""
    new = []
    for scan in scans:
        job.checkpoint()
        if not scan.oshash and (known := fingerprint_of(scan.file)):
            scan.oshash = known
            new.append(scan)
    for part in pieces(new):
        with job.transaction():
            Scan.objects.bulk_update(part, ["oshash"])


def fingerprint_of(file: PlacedFile) -> str:
    """By what lies at its target, or else at its source; empty when that can't be read, or is another file."""
    for path in map(Path, filter(None, (file.target, file.source))):
        try:
            if path.stat().st_size == file.size:
                return oshash(path)
        except (OSError, ValueError):
            continue
    return ""


@dataclass(frozen=True)
class RenamedFile:
    """``target``: where it is now as StashHog sees it; None when StashHog can't see it there."""

    scene_id: str
    path: str
    target: Path | None


def find_renamed(stash: StashClient, files: Sequence[PlacedFile]) -> dict[int, RenamedFile]:
    """Those that are at their target no more and that Stash has elsewhere, by primary key. Raises ServiceError."""
    known = {file.pk: file.scan.oshash or fingerprint_of(file) for file in files if not os.path.lexists(file.target)}
    wanted = {pk: fingerprint for pk, fingerprint in known.items() if fingerprint}
    if not wanted:
        return {}
    found = stash.files_by_oshash(list(dict.fromkeys(wanted.values())))
    places = {candidate.path: our_path(candidate) for alike in found.values() for candidate in alike}
    claimed = PlacedFile.objects.filter(target__in=[str(place) for place in places.values()])
    taken = {*claimed.values_list("target", flat=True), *(file.source for file in files)}
    renamed: dict[int, RenamedFile] = {}
    for file in files:
        for candidate in found.get(wanted.get(file.pk, ""), []):
            place = places[candidate.path]
            if candidate.size != file.size or not may_be(place, wanted[file.pk]):
                continue
            # Files of one content have one scene. One that has nobody's place yet is ours; the torrent's own never is.
            target = place if place.exists() and str(place) not in taken else None
            if file.pk not in renamed or target is not None:
                renamed[file.pk] = RenamedFile(candidate.scene_id, candidate.path, target)
            if target is not None:
                taken.add(str(target))
                break
    return renamed


def our_path(file: FoundFile) -> Path:
    return Path(configuration.current().path_map.to_ours("stash", file.path))


def may_be(path: Path, fingerprint: str) -> bool:
    """Whether a file of this content is there, by a look at it; where StashHog can't look, Stash's word counts.

    Stash keeps what was deleted on the disk, so its word alone proves nothing.
    """
    try:
        return oshash(path) == fingerprint
    except (OSError, ValueError):
        return not path.parent.is_dir()
