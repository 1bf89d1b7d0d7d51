"""One torrent: each of its wanted files placed and recorded, then how the torrent as a whole ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from django.utils import timezone

from jobs.crashpoints import CrashPoint, crash_point
from jobs.models import Event
from scenes.downloads import moving
from scenes.downloads.listing import GONE, Listed, columns_of
from scenes.downloads.outcomes import ItemFailed, Verdict, settle_failed, settle_placed
from scenes.downloads.placing import place
from scenes.downloads.preparing import prepare
from scenes.downloads.rows import file_rows
from scenes.downloads.work import Work
from scenes.models import Download, Outcome, PlacedFile

# A torrent is what the first of these is that one of its files is.
PRECEDENCE = (
    *(Outcome.FAILED, Outcome.NEW, Outcome.WAITING),
    *(Outcome.QUARANTINED, Outcome.DONE, Outcome.NOT_WANTED),
)


def handle(work: Work, listed: Listed) -> None:
    """Place what the torrent has. Raises JobError when nothing at all can be placed now."""
    work.begin(listed.torrent.name)
    rows = file_rows(work, listed)
    if rows is None:
        write_download(work, listed.download, GONE)
        return
    to_place = [row for row in rows if row.outcome in (Outcome.NEW, Outcome.FAILED)]
    if to_place:
        work.library.confirm()
    if work.config.link_mode == "move":
        moving.move_torrent(work, listed, rows, to_place)
    else:
        for row in to_place:
            place_one(work, row, listed.torrent.save_path)
    conclude(work, listed.download, rows, size=listed.torrent.size, **columns_of(listed.torrent))


def place_one(work: Work, row: PlacedFile, save_path: str) -> None:
    """Place a file and record how that ended."""
    work.job.checkpoint()
    mode = work.config.link_mode
    try:
        placement = prepare(work, row, save_path)
        if placement is None:
            return
        placed = place(placement, mode)
    except ItemFailed as failure:
        settle_failed(work.job, row, failure, work.config.max_tries)
        return
    crash_point(CrashPoint.FILE_LINKED)
    settle_placed(work.job, row, placed.code, placed.message)
    if placed.code == "copied" and mode == "hardlink_or_copy":
        work.job.log(f"{row.name}: {placed.message}", Event.Level.WARNING)
    crash_point(CrashPoint.FILE_RECORDED)


def conclude(work: Work, download: Download, rows: Sequence[PlacedFile], **columns: object) -> None:
    """Write how the torrent ended, from its files' rows."""
    verdict = summary(rows)
    tries = max((row.tries for row in rows), default=0)
    write_download(work, download, verdict, tries=tries, **columns)
    crash_point(CrashPoint.TORRENT_RECORDED)
    if verdict.outcome in (Outcome.FAILED, Outcome.QUARANTINED) or verdict.code == "needs_unpacking":
        work.job.log(f"{download.name}: {verdict.message}", Event.Level.WARNING)


def summary(rows: Iterable[PlacedFile]) -> Verdict:
    """The outcome of the whole torrent; its message counts the files and quotes the first that matters."""
    rows = list(rows)
    if not rows:
        return Verdict(Outcome.NOT_WANTED, "no_video", "The torrent has no files.")
    outcome = next(outcome for outcome in PRECEDENCE if any(row.outcome == outcome for row in rows))
    alike = [row for row in rows if row.outcome == outcome]
    first = next((row for row in alike if row.code == "needs_unpacking"), alike[0])
    counts = Counter(row.code.replace("_", " ") or "not handled yet" for row in rows)
    text = ", ".join(f"{count} {code}" for code, count in counts.most_common())
    quoted = "" if outcome == Outcome.DONE else f" {first.message}"
    return Verdict(Outcome.WAITING if outcome == Outcome.NEW else outcome, first.code, f"Files: {text}.{quoted}")


def write_download(work: Work, download: Download, verdict: Verdict, **columns: object) -> None:
    columns |= {
        "outcome": verdict.outcome,
        "code": verdict.code,
        "message": verdict.message,
        "job_id": work.job.id,
        "updated_at": timezone.now(),
    }
    with work.job.transaction(recording=True):
        Download.objects.filter(pk=download.pk).update(**columns)
    for name, value in columns.items():
        setattr(download, name, value)
