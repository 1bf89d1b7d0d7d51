"""Lists by cursor: a place in the order of the rows, so pages stay right while rows are added.

A cursor is signed for the list that gave it: what somebody wrote, or another list gave, is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core import signing
from django.db.models import Field, Model, Q, QuerySet

from jobs.declare.ids import id_of
from jobs.errors import BadRequest
from jobs.texts.translatable import Translatable as _

Row = TypeVar("Row", bound=Model)
Order = tuple[str, ...]  # columns of which the last has no value twice; all ascending, or all with a minus
NEWEST: Order = ("-pk",)
LONGEST_CURSOR = 1000  # characters; none of ours is as long
NO_CURSOR = _("The cursor is not one that this list gave: leave it out to start from the first page.")


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Rows in their order, and the cursor of the next page ("" when there is none)."""

    rows: list[Row]
    next: str


def page_of(rows: QuerySet[Row], cursor: str, size: int, *, order: Order = NEWEST, name: str = "") -> Page[Row]:
    """The page after the cursor ("" for the first one) of the list of this name, by default that of its model.

    Raises BadRequest for a cursor that this list did not give.
    """
    name = name or rows.model._meta.label_lower
    if cursor:
        rows = rows.filter(after(order, place_of(rows.model, cursor, order, name)))
    found = list(rows.order_by(*order)[: size + 1])
    return Page(found[:size], cursor_of(found[size - 1], order, name) if len(found) > size else "")


def after(order: Order, place: Sequence[Any]) -> Q:
    """Of rows: those that come after the one with these values."""
    comparison = "lt" if order[0].startswith("-") else "gt"
    columns = [column.lstrip("-") for column in order]
    found = Q()
    for index, column in enumerate(columns):
        same = dict(zip(columns[:index], place, strict=False))
        found |= Q(**same, **{f"{column}__{comparison}": place[index]})
    # Where in its index to begin: no database sees it in an OR.
    return found if len(columns) == 1 else found & Q(**{f"{columns[0]}__{comparison}e": place[0]})


def cursor_of(row: Model, order: Order, name: str) -> str:
    """The place after this row."""
    return signing.dumps([field.value_to_string(row) for field in fields_of(type(row), order)], salt=name)


def place_of(model: type[Model], cursor: str, order: Order, name: str) -> list[Any]:
    """The values of the row before that place. Raises BadRequest for what is no cursor of the list."""
    try:
        values = signing.loads(cursor[:LONGEST_CURSOR], salt=name)
    except signing.BadSignature:
        raise BadRequest(NO_CURSOR) from None
    return [field.to_python(value) for field, value in zip(fields_of(model, order), values, strict=True)]


def fields_of(model: type[Model], order: Order) -> list[Field[Any, Any]]:
    names = [column.lstrip("-") for column in order]
    return [model._meta.pk if name == "pk" else model._meta.get_field(name) for name in names]  # type: ignore[misc]


def id_after(text: str) -> int:
    """The id in a text, after which something goes on; 0 for none. Raises BadRequest for what is no id."""
    number = id_of(text) if text else 0
    if number is None:
        raise BadRequest(_("That is no place in this list: leave it out to begin at the first page."))
    return number
