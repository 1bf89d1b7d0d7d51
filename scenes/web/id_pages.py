"""Pages of rows by their ids, newest first: the cursor is the id of the last row of the page before."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from jobs.declare.ids import id_of
from jobs.errors import BadRequest

Row = TypeVar("Row", bound=Model)
MAX_PAGE_SIZE = 200  # rows


def page_by_id(rows: QuerySet[Row], cursor: str, size: int) -> tuple[list[Row], str | None]:
    """The page after the cursor ("" for the first), and the cursor of the next one. Raises BadRequest."""
    if cursor:
        last = id_of(cursor)
        if last is None:
            raise BadRequest("The cursor is not one that this list gave: leave it out to begin at the first page.")
        rows = rows.filter(pk__lt=last)
    found: list[Any] = list(rows.order_by("-pk")[: size + 1])
    return found[:size], str(found[size - 1].pk) if len(found) > size else None
