"""What a person should look at: downloads, their files, and scenes that failed, each with why and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Max, Q

from scenes import configuration
from scenes.models import Change, Download, Outcome, PlacedFile, Scene
from scenes.releasing import BAD
from scenes.web.needs import bad_changes, bad_detections, bad_downloads, bad_previews

MOST = 20  # shown on the home page
READ = MOST + 1


@dataclass(frozen=True)
class Trouble:
    """``field`` and ``id`` name it in the form that releases it."""

    field: str
    id: int
    name: str
    message: str
    quarantined: bool


def troubles() -> list[Trouble]:
    """The newest of each kind, at most READ in all, so that it shows when there are more than MOST; five queries."""
    found = [*_downloads(), *_scenes(), *_changes(), *_previews()]
    return found[:READ]


def _downloads() -> list[Trouble]:
    rows = bad_downloads().prefetch_related("files")[:READ]
    return [trouble for row in rows for trouble in _download(row, list(row.files.all()))]


def _download(row: Download, files: Sequence[PlacedFile]) -> list[Trouble]:
    """The download, and each of its files that failed; a file that is its only one is not named twice."""
    bad = [_file(file) for file in files if file.outcome in BAD or file.scan_outcome in BAD]
    why = row.message if row.outcome in BAD else next((file.message for file in bad), "")
    quarantined = row.outcome == Outcome.QUARANTINED or any(file.quarantined for file in bad)
    whole = Trouble("download", row.pk, row.name, why, quarantined)
    return [whole, *bad] if len(files) > 1 else [whole]


def _file(row: PlacedFile) -> Trouble:
    quarantined = Outcome.QUARANTINED in (row.outcome, row.scan_outcome)
    return Trouble("file", row.pk, row.name, row.message if row.outcome in BAD else row.scan_message, quarantined)


def _scenes() -> list[Trouble]:
    rows = bad_detections().select_related("scene").order_by("-scene_id")[:READ]
    return [Trouble("scene", row.scene_id, str(row.scene), row.error, row.quarantined_at is not None) for row in rows]


def _changes() -> list[Trouble]:
    """A line a scene, with the reason of one of its changes."""
    quarantined = Count("pk", filter=Q(status=Change.Status.FAILED))
    groups = (
        bad_changes()
        .order_by()
        .values_list("scene")
        .annotate(count=Count("pk"), quarantined=quarantined, why=Max("error"))
    )
    rows = list(groups.order_by("-scene")[:READ])
    names = Scene.objects.in_bulk([row[0] for row in rows])
    return [
        Trouble("scene", pk, str(names[pk]), _not_written(count, why), quarantined > 0)
        for pk, count, quarantined, why in rows
    ]


def _not_written(count: int, why: str) -> str:
    return f"{'1 change' if count == 1 else f'{count} changes'} could not be written to Stash: {why}"


def _previews() -> list[Trouble]:
    rows = bad_previews()[:READ]
    tries = configuration.current().max_tries
    return [Trouble("scene", row.pk, str(row), row.generate_error, row.generate_tries >= tries) for row in rows]
