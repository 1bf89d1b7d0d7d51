"""A run with an item that fails in each step: its failure costs it one try, however often the job came again."""

from __future__ import annotations

from collections.abc import Iterable

from jobs.models import Job
from scenes.models import Change, Detection, Generation, PlacedFile, Scan
from tests.faults.case import Case

CHANGED, NO_FILM, NO_PREVIEW = "Changed.mp4", "No film.mp4", "Harbour.mp4"
REFUSED_BY_STASH, REFUSED_BY_TAGGER = "River One.mp4", "River Two.mp4"
# The bad one first, so that whatever follows it has a crash after its failure.
FILES = (CHANGED, NO_FILM, NO_PREVIEW, REFUSED_BY_STASH, REFUSED_BY_TAGGER)
FAILURES = 6  # two of them are changes: a tag that Stash refuses, and the marker that needs it


def run_with_failing_items(case: Case) -> Job:
    """One torrent; batches one after the other, the film that the tagger refuses in the first one."""
    services, seen = case.services, [[0.25, 1.25, 0.9]]
    services.delete_torrents()
    for name in (CHANGED, NO_FILM):
        (case.downloads / name).write_bytes(b"This is no film.")
    services.add_torrent("Failing items", FILES, case.downloads)
    (case.downloads / CHANGED).write_bytes(b"This is another file than the torrent's.")
    services.never_preview(case.downloads / NO_PREVIEW)
    services.refuse(REFUSED_BY_TAGGER)
    services.see(case.library / REFUSED_BY_STASH, {"light": {"Taken": seen, "Refused": seen}})
    services.see(case.library / NO_PREVIEW, {"light": {"Taken": seen}})
    # Stash takes the first tag, and none after it.
    services.fault(
        "stash", fault="resolver_error", operation="tagCreate", after=1, times=None, message="no more tags, please"
    )
    return case.run(max_parallel_batches=1)


def each_bad_item_failed_once() -> None:
    tries = {
        "file": _tries(PlacedFile.objects.values_list("name", "attempts")),
        "scan": _tries(Scan.objects.values_list("file__name", "attempts")),
        "film": _tries(Detection.objects.values_list("scene__file_name", "attempts")),
        "change": _tries(Change.objects.values_list("scene__file_name", "attempts")),
        "preview": _tries(Generation.objects.values_list("scene__file_name", "attempts")),
    }
    once = {
        "file": [(CHANGED, 1)],
        "scan": [(NO_FILM, 1)],
        "film": [(REFUSED_BY_TAGGER, 1)],
        "change": [(REFUSED_BY_STASH, 1), (REFUSED_BY_STASH, 1)],
        "preview": [(NO_PREVIEW, 1)],
    }
    assert tries == once, tries
    result = Job.objects.get(parent=None).result
    assert result is not None and result["summary"]["total_errors"] == FAILURES, result


def _tries(rows: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    """Those that failed."""
    return sorted((name, tries) for name, tries in rows if tries)
