"""Lists of the API: all in pages, by cursor.

Below a route whose response is a list of items: `@paged()`, on a view that returns the rows.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Field, Schema
from ninja.pagination import PaginationBase, paginate

from jobs.errors import BadRequest
from jobs.web.paging import LONGEST_CURSOR, NEWEST, Order, page_of

MOST = 200  # items on a page
LONGEST_NAME = 50  # characters, of a parameter that whoever asks has named


View = Callable[..., Any]


class Pages(PaginationBase):
    """Newest first, if ``order`` says nothing else; ``shown`` makes the items of the rows of a page."""

    class Input(Schema):
        cursor: str = Field("", max_length=LONGEST_CURSOR, description="The value of `next` of the page before")
        limit: int = Field(25, ge=1, le=MOST, description="Items on a page")

    class Output(Schema):
        items: list[Any]
        next: str | None = Field(description="The cursor of the next page; null: this is the last one")

    def __init__(self, *, order: Order = NEWEST, shown: Callable[[list[Any]], list[Any]] = list, **options: Any):
        self.order, self.shown = order, shown
        super().__init__(**options)

    def paginate_queryset(
        self, queryset: QuerySet[Any], pagination: Any, request: HttpRequest, **params: Any
    ) -> dict[str, Any]:
        """Raises BadRequest for a cursor of another list, and for a filter that there is not."""
        refuse_unknown(request, {*params, *self.Input.model_fields})
        found = page_of(queryset, pagination.cursor, pagination.limit, order=self.order, name=request.path_info)
        return {"items": self.shown(found.rows), "next": found.next or None}


def paged(kind: type[Pages] = Pages, **options: Any) -> Callable[[View], View]:
    """A decorator below a route's, whose view returns a queryset; the options are those of `Pages`."""

    def decorate(view: View) -> View:
        # ninja looks the names of annotations up in the module of the function that it is given.
        view.__signature__ = inspect.signature(view, eval_str=True)  # type: ignore[attr-defined]
        paginated: View = paginate(kind, **options)(view)
        return paginated

    return decorate


def refuse_unknown(request: HttpRequest, known: set[str]) -> None:
    """A filter that is misspelt must not give all rows."""
    if unknown := sorted(set(request.GET) - known):
        named = ", ".join(sorted(known))
        raise BadRequest(f"{unknown[0][:LONGEST_NAME]!r} is no parameter of this list. There are: {named}.")
