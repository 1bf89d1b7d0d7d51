"""How a torrent as a whole ended, from the rows of its files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from django.utils import timezone

from jobs.crash_points import CrashPoint, crash_point
from jobs.models import Event
from scenes.downloads.files.sidecars import WAITS
from scenes.downloads.outcomes import Verdict
from scenes.downloads.selection import NEEDS_UNPACKING, OF_WORTH
from scenes.downloads.work import Work
from scenes.models import Download, Outcome, PlacedFile

# A torrent is what the first of these is that one of its files is.
PRECEDENCE = (
    *(Outcome.FAILED, Outcome.NEW, Outcome.WAITING),
    *(Outcome.QUARANTINED, Outcome.DONE, Outcome.NOT_WANTED),
)


def conclude(work: Work, download: Download, note: str = "", **columns: object) -> None:
    """Write how the torrent ended. Its files' rows are read with that: somebody may have released one meanwhile.

    ``note`` is added to the message. What kept an earlier clean-up from it is forgotten, and looked at again.
    """
    with work.job.transaction(recording=True):
        rows = list(download.files.locked())
        verdict = summary(rows)
        verdict = replace(verdict, message=f"{verdict.message} {note}".rstrip())
        columns |= {"tries": max((row.tries for row in rows), default=0), "cleanup_message": ""}
        _write(work, download, verdict, **columns)
    crash_point(CrashPoint.TORRENT_RECORDED)
    if verdict.outcome in (Outcome.FAILED, Outcome.QUARANTINED) or verdict.code == NEEDS_UNPACKING.code:
        work.job.log(f"{download.name}: {verdict.message}", Event.Level.WARNING)


def summary(rows: Iterable[PlacedFile]) -> Verdict:
    """The outcome of the whole torrent; its message counts the files and quotes the first that matters."""
    rows = list(rows)
    if not rows:
        return Verdict(Outcome.NOT_WANTED, "no_video", "The torrent has no files.")
    outcome = _outcome(rows)
    alike = [row for row in rows if row.outcome == outcome]
    first = next((row for row in alike if row.code == NEEDS_UNPACKING.code), alike[0])
    counts = Counter(row.code.replace("_", " ") or "not handled yet" for row in rows)
    text = ", ".join(f"{count} {code}" for code, count in counts.most_common())
    quoted = _not_placed(rows) if outcome == Outcome.DONE else f" {first.message}"
    return Verdict(Outcome.WAITING if outcome == Outcome.NEW else outcome, first.code, f"Files: {text}.{quoted}")


def _not_placed(rows: Sequence[PlacedFile]) -> str:
    """What of worth is left out, though the rest is done."""
    left = [row for row in rows if row.code in OF_WORTH]
    return f" Not placed: {left[0].name}. {left[0].message}" if left else ""


def _outcome(rows: Sequence[PlacedFile]) -> Outcome:
    # What waits for its video has no say: the video may be given up, and then nothing comes by itself.
    deciding = [row for row in rows if row.code != WAITS] or rows
    outcome = next(outcome for outcome in PRECEDENCE if any(row.outcome == outcome for row in deciding))
    packed = any(row.code == NEEDS_UNPACKING.code for row in rows)
    # Not done, though its videos are: what is done gets the tag and is cleaned up, archives and all.
    return Outcome.NOT_WANTED if packed and outcome == Outcome.DONE else outcome


def write_download(work: Work, download: Download, verdict: Verdict) -> None:
    """Write how a torrent ended whose files are not what decides."""
    with work.job.transaction(recording=True):
        _write(work, download, verdict)


def _write(work: Work, download: Download, verdict: Verdict, **columns: object) -> None:
    columns |= {
        "outcome": verdict.outcome,
        "code": verdict.code,
        "message": verdict.message,
        "job_id": work.job.id,
        "updated_at": timezone.now(),
    }
    Download.objects.filter(pk=download.pk).update(**columns)
    for name, value in columns.items():
        setattr(download, name, value)
