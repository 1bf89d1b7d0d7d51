"""What a person should look at: downloads, their files, and scenes that failed, each with why and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Max, Q

from scenes import configuration
from scenes.models import Change, Detection, Download, Outcome, PlacedFile, Scene
from scenes.releasing import BAD, REFUSED

MOST = 20  # shown on the home page


@dataclass(frozen=True)
class Trouble:
    """``field`` and ``id`` name it in the form that releases it."""

    field: str
    id: int
    name: str
    message: str
    given_up: bool


def troubles() -> list[Trouble]:
    """The newest of each kind, at most MOST in all; five queries."""
    found = [*_downloads(), *_scenes(), *_changes(), *_previews()]
    return found[:MOST]


def _downloads() -> list[Trouble]:
    bad = Q(outcome__in=BAD) | Q(files__outcome__in=BAD) | Q(files__scan_outcome__in=BAD)
    rows = Download.objects.filter(bad).distinct().prefetch_related("files")[:MOST]
    return [trouble for row in rows for trouble in _download(row, list(row.files.all()))]


def _download(row: Download, files: Sequence[PlacedFile]) -> list[Trouble]:
    """The download, and each of its files that failed; a file that is its only one is not named twice."""
    bad = [_file(file) for file in files if file.outcome in BAD or file.scan_outcome in BAD]
    why = row.message if row.outcome in BAD else next((file.message for file in bad), "")
    given_up = row.outcome == Outcome.QUARANTINED or any(file.given_up for file in bad)
    whole = Trouble("download", row.pk, row.name, why, given_up)
    return [whole, *bad] if len(files) > 1 else [whole]


def _file(row: PlacedFile) -> Trouble:
    given_up = Outcome.QUARANTINED in (row.outcome, row.scan_outcome)
    return Trouble("file", row.pk, row.name, row.message if row.outcome in BAD else row.scan_message, given_up)


def _scenes() -> list[Trouble]:
    failed = Detection.objects.filter(handled_at=None, tries__gt=0, scene__deleted_at=None)
    rows = failed.select_related("scene").order_by("-scene_id")[:MOST]
    return [Trouble("scene", row.scene_id, str(row.scene), row.error, row.quarantined_at is not None) for row in rows]


def _changes() -> list[Trouble]:
    """A line a scene, with the reason of one of its changes."""
    refused = Change.objects.filter(REFUSED, scene__deleted_at=None).order_by()
    given_up = Count("pk", filter=Q(status=Change.Status.FAILED))
    groups = refused.values_list("scene").annotate(count=Count("pk"), given_up=given_up, why=Max("error"))
    rows = list(groups.order_by("-scene")[:MOST])
    names = Scene.objects.in_bulk([row[0] for row in rows])
    return [
        Trouble("scene", pk, str(names[pk]), _not_written(count, why), given_up > 0)
        for pk, count, given_up, why in rows
    ]


def _not_written(count: int, why: str) -> str:
    return f"{'1 change' if count == 1 else f'{count} changes'} could not be written to Stash: {why}"


def _previews() -> list[Trouble]:
    rows = Scene.objects.present().filter(generated_at=None, generate_tries__gt=0)[:MOST]
    tries = configuration.current().max_tries
    return [Trouble("scene", row.pk, str(row), row.generate_error, row.generate_tries >= tries) for row in rows]
