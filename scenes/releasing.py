"""What a person releases or accepts: quarantined files and scenes. Set-based.

Released items start again: the next run tries them as if they had never failed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Model, Q, QuerySet

from jobs.declare.ids import id_of
from jobs.errors import BadRequest
from scenes.models import (
    Change,
    Detection,
    Download,
    Outcome,
    PlacedFile,
    Scene,
)
from scenes.pieces import pieces

Row = TypeVar("Row", bound=Model)
BAD = (Outcome.FAILED, Outcome.QUARANTINED)
RESET = {"outcome": Outcome.NEW, "tries": 0, "code": "", "message": ""}
REFUSED = Q(status=Change.Status.FAILED) | Q(status=Change.Status.APPROVED, tries__gt=0)


def rows_of(model: type[Row], ids: Iterable[int | str]) -> QuerySet[Row]:
    """The rows of a model with these ids, as a person or a program gave them. Raises BadRequest for what is no id."""
    texts = [str(pk) for pk in ids]
    if wrong := [text for text in texts if id_of(text) is None]:
        raise BadRequest(f"{wrong[0][:50]!r} is no id of a {model._meta.verbose_name}.")
    return model._default_manager.filter(pk__in=texts)


def release_downloads(downloads: QuerySet[Download]) -> int:
    """Failed and quarantined downloads with their files; returns how many downloads were released."""
    return _in_parts(downloads, _release_downloads)


def _release_downloads(ids: list[int]) -> int:
    files = PlacedFile.objects.filter(download__in=ids)
    concerned = set(files.filter(outcome__in=BAD).values_list("download", flat=True))
    concerned |= set(files.filter(scan_outcome__in=BAD).values_list("download", flat=True))
    concerned |= set(Download.objects.filter(pk__in=ids, outcome__in=BAD).values_list("pk", flat=True))
    release_files(files)
    Download.objects.filter(pk__in=concerned).update(**RESET)
    return len(concerned)


def release_files(files: QuerySet[PlacedFile]) -> int:
    """Failed and quarantined files, also those that Stash did not find; returns how many."""
    return _in_parts(files, _release_files)


def _release_files(ids: list[int]) -> int:
    placing = PlacedFile.objects.filter(pk__in=ids, outcome__in=BAD)
    downloads = set(placing.values_list("download", flat=True))
    released = placing.update(**RESET, failed_at=None)
    scanning = PlacedFile.objects.filter(pk__in=ids, scan_outcome__in=BAD)
    released += scanning.update(scan_outcome=Outcome.WAITING, scan_tries=0, scan_failed_at=None, scan_message="")
    Download.objects.filter(pk__in=downloads).update(**RESET)
    return released


def release_scenes(scenes: QuerySet[Scene]) -> int:
    """What detectors failed at, changes that Stash refused, and previews that it couldn't generate; how many of all."""
    return _in_parts(scenes, _release_scenes)


def _release_scenes(ids: list[int]) -> int:
    failed = Detection.objects.filter(scene__in=ids, handled_at=None, tries__gt=0)
    released = failed.update(tries=0, failed_at=None, error="", quarantined_at=None)
    released += release_changes(Change.objects.filter(scene__in=ids))
    previews = Scene.objects.filter(pk__in=ids, generated_at=None, generate_tries__gt=0)
    return released + previews.update(generate_tries=0, generate_failed_at=None, generate_error="")


def _in_parts(rows: QuerySet[Any], release: Callable[[list[int]], int]) -> int:
    """In parts, since the admin's "select all" may be a whole library, and databases limit the parameters."""
    with transaction.atomic():
        ids = list(rows.order_by().values_list("pk", flat=True))
        return sum(release(part) for part in pieces(ids))


def release_changes(changes: QuerySet[Change]) -> int:
    """Those that Stash refused: the next run applies them, without analysing their scenes again. Returns how many."""
    reset = {"status": Change.Status.APPROVED, "tries": 0, "failed_at": None, "error": ""}
    return changes.filter(REFUSED).update(**reset)
