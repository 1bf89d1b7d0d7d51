"""Pages of rows by their ids, newest first: the cursor is the id of the last row of the page before."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from jobs.web.paging import id_after

Row = TypeVar("Row", bound=Model)
MAX_PAGE_SIZE = 200  # rows


def page_by_id(rows: QuerySet[Row], cursor: str, size: int) -> tuple[list[Row], str | None]:
    """The page after the cursor ("" for the first), and the cursor of the next one. Raises BadRequest."""
    if cursor:
        rows = rows.filter(pk__lt=id_after(cursor))
    found: list[Any] = list(rows.order_by("-pk")[: size + 1])
    return found[:size], str(found[size - 1].pk) if len(found) > size else None
