"""What step 1 would do with each finished torrent and each of its files; and what step 2 would scan then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from jobs.context import JobContext
from jobs.texts.translatable import Translatable as _
from scenes.downloads.library.planned import planning
from scenes.downloads.processing import process
from scenes.dry_run.context import DryRunContext
from scenes.dry_run.database import scratch_database
from scenes.dry_run.effects import PlannedEffects
from scenes.dry_run.items import Action, Kind
from scenes.models import (
    Detection,
    Download,
    DryRunItem,
    FirstRunDecision,
    Place,
    PlacedFile,
    RefusedLogin,
    Scan,
    Scene,
    SyncState,
)
from scenes.pieces import pieces

# What the code of step 1 writes to. The tables of scenes are large, and written to by a first run only.
COPIED = (Download, PlacedFile, Scan, Place, RefusedLogin, FirstRunDecision, SyncState, Detection, Scene)
ACTIONS = {"linked": Action.LINK, "copied": Action.COPY, "moved": Action.MOVE}
SCAN_STEP = "stash_scan"


def look(job: JobContext, step: str) -> list[DryRunItem]:
    """The lines of the report. Raises JobError as a run would."""
    effects = PlannedEffects(step)
    with scratch_database(COPIED) as scratch, planning(effects.planned):
        process(DryRunContext(job, scratch), effects=effects)
        torrents, files, scans = list(of_torrents(job, step)), list(of_files(job, step)), list(of_scans())
        give_names(effects.items)
    return [*grouped([*torrents, *files, *effects.items]), *scans]


def grouped(items: Iterable[DryRunItem]) -> list[DryRunItem]:
    """Each torrent with its files and what is done with it at the end; what is of no torrent first."""
    of_key: dict[str, list[DryRunItem]] = {"": []}
    for item in items:
        of_key.setdefault(item.key, []).append(item)
    return [item for group in of_key.values() for item in group]


def give_names(items: Sequence[DryRunItem]) -> None:
    """To those that are known by a torrent's hash alone."""
    for part in pieces([item for item in items if not item.name]):
        names = dict(Download.objects.filter(hash__in=[item.key for item in part]).values_list("hash", "name"))
        for item in part:
            item.name = names[item.key]


def of_torrents(job: JobContext, step: str) -> Iterator[DryRunItem]:
    """A line for each torrent that a run would have looked at: how it would stand then."""
    for row in Download.objects.filter(job=job.job).order_by("pk").iterator():
        yield DryRunItem(
            step=step, kind=Kind.TORRENT, key=row.hash, name=row.name,
            outcome=row.outcome, code=row.code, message=_("It would end so. {reason}", reason=row.explanation),
        )  # fmt: skip


def of_files(job: JobContext, step: str) -> Iterator[DryRunItem]:
    """Likewise of their files; with its target if it would be placed there now, or has it since an earlier run."""
    rows = PlacedFile.objects.filter(job=job.job).select_related("download").order_by("download", "pk")
    for row in rows.iterator():
        action = ACTIONS.get(row.code, "") if row.placed_by_id == job.id else ""
        yield DryRunItem(
            step=step, kind=Kind.FILE, key=row.download.hash, name=row.name, action=action, target=row.target,
            outcome=row.outcome, code=row.code, message=would(action, row),
        )  # fmt: skip


def would(action: str, row: PlacedFile) -> str:
    """Its message; of what is not done yet not as if it were."""
    if not action:
        return row.explanation
    would_be = {
        Action.LINK: _("It would be linked to {target}.", target=row.target),
        Action.COPY: _("It would be copied to {target}.", target=row.target),
        Action.MOVE: _("It would be moved to {target}.", target=row.target),
    }
    return would_be[Action(action)]


def of_scans() -> Iterator[DryRunItem]:
    """Of the files that would wait for a scan then."""
    for scan in Scan.objects.due().select_related("file__download").order_by("pk").iterator():
        yield DryRunItem(
            step=SCAN_STEP, kind=Kind.FILE, key=scan.file.download.hash, name=scan.file.name, action=Action.SCAN,
            target=scan.file.target, outcome=scan.outcome, code=scan.code, message=scan.explanation,
        )  # fmt: skip
