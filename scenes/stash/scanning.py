"""Having Stash scan the folders of what was placed, and looking each file up in Stash afterwards.

That Stash's job ended proves nothing: an unreadable file, or a path outside its library, ends FINISHED too, with
the reason only in its log. So a file counts as scanned when Stash has a scene with exactly its path.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path, PurePath

from django.db.models import BigIntegerField, Case, Value, When

from jobs.context import JobContext
from jobs.crash_points import crash_point
from jobs.errors import JobError
from jobs.models import Event
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import joined, quantity
from scenes import configuration, services
from scenes.attribution import disk
from scenes.attribution.clues import Clue, clue_of_words
from scenes.attribution.evidence import Suspect
from scenes.attribution.stash import StashEvidence, StashFailure
from scenes.clients.stash.client import PER_REQUEST, LogLine, StashClient
from scenes.clients.stash.jobs import TROUBLE
from scenes.configuration import named_setting
from scenes.crash_points import CrashPoint
from scenes.models import Outcome, Place, PlacedFile, Scan, StashJob
from scenes.paths import is_below, path_of
from scenes.pieces import pieces
from scenes.stash import stash_jobs
from scenes.stash.renamed import RenamedFile, find_renamed, remember_fingerprints
from scenes.stash.stash_jobs.journal import Journal, names_file, names_folder
from scenes.stash.stash_tasks import wanted
from scenes.sync import identity

FILES_AT_ONCE = min(100, PER_REQUEST)  # looked up in one request: some seconds over 100,000 scenes


def scan(job: JobContext) -> None:
    """Scan for every file that waits for it. Raises JobError (Stash away, another library, scan cancelled there, …)."""
    scans = list(Scan.objects.due(job).select_related("file").order_by("pk"))
    waiting = [scan.file for scan in scans]
    if not waiting:
        job.progress(0, 0, _("No file waits for a scan"))
        return
    stash, journal = services.stash(job), Journal()
    identity.check(job, stash)
    remember_fingerprints(job, scans)
    row = scan_folders(job, stash, folders_of(waiting), journal)
    crash_point(CrashPoint.SCAN_FINISHED)
    identity.check(job, stash)  # again: it may have been swapped in the hours of a scan
    confirm(job, stash, waiting, row, journal)
    job.progress(len(waiting), len(waiting), _("{files} looked up in Stash", files=quantity(len(waiting), "file")))


def stash_path(file: PlacedFile) -> str:
    """The file's path as Stash sees it."""
    return configuration.current().path_map.to_theirs("stash", file.target)


def folders_of(files: Iterable[PlacedFile]) -> list[str]:
    """The folders of these files as Stash sees them, without those that lie in another one of them."""
    folders: list[PurePath] = []
    wanted = {path_of(stash_path(file)).parent for file in files}
    for folder in sorted(wanted, key=lambda folder: (type(folder).__name__, folder)):  # the two types don't compare
        if not (folders and is_below(folder, folders[-1])):
            folders.append(folder)
    return [str(folder) for folder in folders]


def scan_folders(job: JobContext, stash: StashClient, folders: list[str], journal: Journal) -> StashJob:
    """Have Stash scan them, to the end; its row. Raises JobError."""
    # Asked again after a crash, too: by now there may be files in folders that the earlier scan left out.
    row = stash_jobs.new_row(job, stash_jobs.SCAN)
    what = folders[0] if len(folders) == 1 else quantity(len(folders), "folder")
    job.log(_("Stash is asked to scan {what}", what=what), folders=folders[:50])
    status = stash_jobs.monitor(job, stash, row, partial(stash.scan, folders), journal=journal)
    if status != "FINISHED":
        raise JobError("scan_failed", _("Stash's scan ended as {status}. Look into Stash's log.", status=status))
    return row


# --- looking up ---


def confirm(job: JobContext, stash: StashClient, files: Sequence[PlacedFile], row: StashJob, journal: Journal) -> None:
    """Find each file's scene, or write why Stash has none. Raises JobError when a folder or Stash is at fault."""
    evidence = StashEvidence(job, Place.Use.SCAN)
    failures: list[StashFailure] = []
    lines: list[LogLine] | None = None
    for start in range(0, len(files), FILES_AT_ONCE):
        part = files[start : start + FILES_AT_ONCE]
        text = _("Looking up file {number} of {total} in Stash", number=start + 1, total=len(files))
        job.progress(start, len(files), text)
        scenes = stash.scenes_by_path([stash_path(file) for file in part])
        missing = [file for file in part if stash_path(file) not in scenes]
        record_renamed(job, missing, find_renamed(stash, missing))
        missing = [file for file in missing if file.scan.outcome != Outcome.DONE]
        if missing and lines is None:
            lines = journal.since(stash, row.added)
        failures += [failure_of(evidence, file, lines or []) for file in missing]
        record_found(job, [file for file in part if stash_path(file) in scenes], scenes)
    record_failures(job, evidence, failures)
    evidence.check()


def record_failures(job: JobContext, evidence: StashEvidence, failures: Iterable[StashFailure]) -> None:
    """Count those that are the files' own.

    What was found in earlier attempts is evidence, too. Which came first is not known, so the failures are last.
    """
    found = PlacedFile.objects.filter(
        scan__job=job.job, scan__outcome=Outcome.DONE, scan__updated_at__gte=job.job.started_at
    )
    evidence.places_succeeded(_place(evidence, file) for file in found)
    for failure in failures:
        evidence.failed(failure)
    reasons = {failure.row_id: failure.reason for failure in evidence.item_failures(at_the_end=True)}
    if reasons:
        with job.transaction():
            Scan.objects.fail_each(job, reasons)
        for part in pieces(reasons):
            for scan in Scan.objects.filter(pk__in=part).select_related("file").order_by("pk"):
                job.log(joined(": ", [str(scan.file), scan.explanation]), Event.Level.WARNING)
        crash_point(CrashPoint.FILES_CONFIRMED)
    log_reasons(job, evidence.in_doubt)


def log_reasons(job: JobContext, in_doubt: Iterable[StashFailure]) -> None:
    """Write the reasons into the rows, for people: the files themselves count as not attempted."""
    reasons = {failure.row_id: failure.reason for failure in in_doubt}
    for part in pieces(reasons):
        with job.transaction():
            rows = list(Scan.objects.due().filter(pk__in=part))
            for row in rows:
                row.message = reasons[row.pk]
            Scan.objects.bulk_update(rows, ["message"])


def _place(evidence: StashEvidence, file: PlacedFile) -> Suspect:
    return evidence.place(stash_path(file), file.target)


def failure_of(evidence: StashEvidence, file: PlacedFile, lines: Sequence[LogLine]) -> StashFailure:
    """Why Stash has no scene of the file, and which of its folders that casts a doubt on; ``lines`` of its log."""
    reason, clue = why_missing(file, lines)
    return StashFailure(_place(evidence, file), reason, clue, file.scan.attempts > 0, row_id=file.pk)


def record_found(job: JobContext, files: Sequence[PlacedFile], scenes: Mapping[str, str]) -> None:
    """These have a scene; ``scenes``: its id by the file's path as Stash sees it."""
    if not files:
        return
    ids = [When(pk=file.pk, then=Value(int(scenes[stash_path(file)]))) for file in files]
    with job.transaction():
        rows = Scan.objects.filter(pk__in=[file.pk for file in files])
        rows.succeed(job, scene_id=Case(*ids, output_field=BigIntegerField()))
        wanted.want_found({int(scenes[stash_path(file)]) for file in files})
    crash_point(CrashPoint.FILES_CONFIRMED)


def record_renamed(job: JobContext, files: Sequence[PlacedFile], renamed: Mapping[int, RenamedFile]) -> None:
    """That Stash has them under another name, with their new place."""
    for file in files:
        if (now := renamed.get(file.pk)) is None:
            continue
        message = _(
            "Stash or a plugin of it renamed it: it was placed at {before}, and Stash has it at {now}.",
            before=file.target,
            now=now.path,
        )
        with job.transaction():
            Scan.objects.filter(pk=file.pk).succeed(job, scene_id=int(now.scene_id), message=message)
            wanted.want_found({int(now.scene_id)})
            if now.target is not None:
                PlacedFile.objects.filter(pk=file.pk).update(target=str(now.target))
        file.scan.outcome = Outcome.DONE
        job.log(joined(": ", [file.name, message]))


def why_missing(file: PlacedFile, lines: Sequence[LogLine]) -> tuple[str, Clue]:
    """Why Stash has no scene of the file after its scan, as far as its log or the disk says, and what that tells.

    ``lines``: what Stash logged during the scan, oldest first.
    """
    path = stash_path(file)
    if not os.path.lexists(file.target):
        reason = _("It is not at {path} any more. Was it removed, or is the disk not mounted?", path=file.target)
        return reason, Clue.AWAY if is_library_away(Path(file.target)) else Clue.ITEM
    folder = str(path_of(path).parent)
    of_file = [line for line in lines if names_file(line, path)]
    of_folder = [line for line in lines if line.level in TROUBLE and names_folder(line, folder)]
    if of_file or of_folder:
        named = of_file or of_folder
        every = "\n".join(line.message for line in named)
        reason = _("Stash did not take {path}. Its log says: {message}", path=path, message=named[-1].message[:500])
        return reason, clue_of_words(every, names_item=bool(of_file), names_place=not of_file)
    reason = _(
        "Stash scanned the folder and has no scene with the file {path}, and its log has no word of "
        "it. Does it see the file there ({path_map} in the settings, stash:…)? Do its own settings "
        "exclude the name or the extension?",
        path_map=named_setting("path_map"),
        path=path,
    )
    return reason, Clue.UNCLEAR


def is_library_away(target: Path) -> bool:
    """Whether its disk is. Of a file that was placed in an earlier library folder only its mount is known."""
    held_by = configuration.current().destinations.holding(target)
    return bool(held_by and disk.is_away(held_by.folder)) or bool(disk.why_unmounted(target.parent))
