"""How a torrent as a whole ended, from the rows of its files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from jobs.crash_points import crash_point
from jobs.models import Event
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import joined
from scenes.crash_points import CrashPoint
from scenes.downloads.context import ProcessingContext
from scenes.downloads.files.sidecars import WAITS
from scenes.downloads.results import Result
from scenes.downloads.torrents.selection import NEEDS_UNPACKING, NOT_SCANNED, OF_WORTH
from scenes.models import BAD, Download, Outcome, PlacedFile

# A torrent is what the first of these is that one of its files is.
PRECEDENCE = (
    *(Outcome.FAILED, Outcome.NEW, Outcome.WAITING),
    *(Outcome.QUARANTINED, Outcome.DONE, Outcome.NOT_WANTED),
)


def summarise(context: ProcessingContext, download: Download, note: str = "", **columns: object) -> None:
    """Record how the torrent ended. Its files' rows are read with that: somebody may have released one meanwhile.

    ``note`` is added to the message. What kept an earlier clean-up from it is forgotten, and looked at again.
    """
    with context.job.transaction(recording=True):
        rows = list(download.files.locked())
        result = summary(rows)
        result = replace(result, message=joined(" ", [result.message, note]))
        columns |= {
            "attempts": max((row.attempts for row in rows), default=0),
            "failed_at": max((row.failed_at for row in rows if row.failed_at), default=None),
            "cleanup_message": "",
        }
        _write(context, download, result, **columns)
    crash_point(CrashPoint.TORRENT_RECORDED)
    if result.outcome in BAD or result.code in (NEEDS_UNPACKING.code, NOT_SCANNED):
        context.job.log(joined(": ", [download.name, result.message]), Event.Level.WARNING)


def summary(rows: Sequence[PlacedFile]) -> Result:
    """The result of the whole torrent; its message counts the files and quotes the first that matters."""
    if not rows:
        return Result(Outcome.NOT_WANTED, "no_video", _("The torrent has no files."))
    outcome = outcome_of(rows)
    alike = [row for row in rows if row.outcome == outcome]
    first = min(alike, key=lambda row: (row.code != NEEDS_UNPACKING.code, row.code not in OF_WORTH))
    counts = Counter(row.code.replace("_", " ") or "not handled yet" for row in rows)
    text = joined(", ", [joined(" ", [str(count), _(code)]) for code, count in counts.most_common()])
    quoted = first.message
    if outcome == Outcome.DONE:  # what of worth is left out, though the rest is done
        left = next((row for row in rows if row.code in OF_WORTH), None)
        quoted = _("Not placed: {name}. {reason}", name=left.name, reason=left.message) if left else ""
    message = joined(" ", [_("Files: {counts}.", counts=text), quoted])
    return Result(Outcome.WAITING if outcome == Outcome.NEW else outcome, first.code, message)


def outcome_of(rows: Sequence[PlacedFile]) -> Outcome:
    """The outcome of a torrent that has any files."""
    # What waits for its video has no say: the video may be given up, and then nothing comes by itself.
    deciding = [row for row in rows if row.code != WAITS] or rows
    outcome = next(outcome for outcome in PRECEDENCE if any(row.outcome == outcome for row in deciding))
    packed = any(row.code == NEEDS_UNPACKING.code for row in rows)
    # Not done, though its videos are: what is done gets the tag and is cleaned up, archives and all.
    return Outcome.NOT_WANTED if packed and outcome == Outcome.DONE else outcome


def record_download(context: ProcessingContext, download: Download, result: Result) -> None:
    """Record how a torrent ended whose files are not what decides."""
    with context.job.transaction(recording=True):
        _write(context, download, result)


def _write(context: ProcessingContext, download: Download, result: Result, **columns: object) -> None:
    columns |= result.columns(context.job)
    Download.objects.filter(pk=download.pk).update(**columns)
    for name, value in columns.items():
        setattr(download, name, value)
