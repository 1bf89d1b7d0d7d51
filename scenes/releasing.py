"""What a person releases: the next run attempts it as if it had never failed. Set-based."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Model, QuerySet

from jobs.declare.ids import id_of
from jobs.errors import BadRequest
from jobs.texts.translatable import Translatable as _
from scenes.models import Attempts, Change, Download, PlacedFile, Scene, attempted
from scenes.pieces import pieces

Row = TypeVar("Row", bound=Model)

# What can be named by its id on the home page, by command and API.
NAMED_MODELS: dict[str, type[Model]] = {
    model._meta.verbose_name_raw: model for model in (Download, PlacedFile, Scene, Change)
}


def rows_of(model: type[Row], ids: Iterable[int | str]) -> QuerySet[Row]:
    """The rows of a model with these ids, as a person or a program gave them. Raises BadRequest for what is no id."""
    texts = [str(pk) for pk in ids]
    if wrong := [text for text in texts if id_of(text) is None]:
        kind = _(model._meta.verbose_name_raw)
        raise BadRequest(_("{text!r} is no id of a {kind}.", text=wrong[0][:50], kind=kind))
    return model._default_manager.filter(pk__in=texts)


def release(rows: QuerySet[Any]) -> int:
    """Whatever failed of these rows and of what belongs to them: files of a download, detections of a scene, …

    Returns how many of them were released; of what is not attempted itself (a scene, a plan) how many of its failures.
    In parts, since the admin's "select all" may be a whole library, and databases limit the parameters.
    """
    with transaction.atomic():
        ids = list(rows.order_by().values_list("pk", flat=True))
        return sum(release_part(rows.model, part) for part in pieces(ids))


def release_part(kind: type[Model], ids: list[int]) -> int:
    """As `release`, of the rows with these ids, as many as one statement may name."""
    name, failures = kind._meta.verbose_name_raw, 0
    concerned: set[int] = set()
    for model in attempted():
        if path := model.released_with.get(name):
            failed = model.objects.filter(**{f"{path}__in": ids}).releasable()
            concerned.update(failed.values_list(path, flat=True))
            failures += failed.release()
    return len(concerned) if issubclass(kind, Attempts) else failures
