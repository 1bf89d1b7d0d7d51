"""What a person should look at: downloads and scenes that failed, each with why and what to do."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from scenes.models import Detection, Download, Scene
from scenes.releasing import BAD

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
    """The newest of each kind, at most MOST in all; three queries."""
    found = [*_downloads(), *_scenes(), *_previews()]
    return found[:MOST]


def _downloads() -> list[Trouble]:
    bad = Q(outcome__in=BAD) | Q(files__scan_outcome__in=BAD)
    rows = Download.objects.filter(bad).distinct().prefetch_related("files")[:MOST]
    return [Trouble("download", row.pk, row.name, _why(row), row.outcome == "quarantined") for row in rows]


def _why(download: Download) -> str:
    """Its own message, or that of its first file that Stash did not take."""
    unseen = (file.scan_message for file in download.files.all() if file.scan_outcome in BAD)
    return download.message if download.outcome in BAD else next(unseen, "")


def _scenes() -> list[Trouble]:
    failed = Detection.objects.filter(handled_at=None, tries__gt=0, scene__deleted_at=None)
    rows = failed.select_related("scene").order_by("-scene_id")[:MOST]
    return [Trouble("scene", row.scene_id, str(row.scene), row.error, row.quarantined_at is not None) for row in rows]


def _previews() -> list[Trouble]:
    rows = Scene.objects.present().filter(generated_at=None, generate_tries__gt=0)[:MOST]
    return [Trouble("scene", row.pk, str(row), row.generate_error, False) for row in rows]
