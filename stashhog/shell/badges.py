"""The counts in the menu: of what needs a person, each of exactly the rows of the page that it stands beside."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import CharField, Count, QuerySet, Value

from scenes.models import Change

Rows = Callable[[], QuerySet[Any]]

BADGES: Mapping[str, tuple[Rows, ...]] = {"review": (lambda: Change.objects.to_review(),)}


def counts(keys: list[str]) -> dict[str, int]:
    """How many rows there are for each of these badges; one query, none for no key."""
    parts = [_total(key, rows()) for key in keys for rows in BADGES.get(key, ())]
    if not parts:
        return {}
    found: dict[str, int] = {}
    for key, count in parts[0].union(*parts[1:], all=True):
        found[key] = found.get(key, 0) + count
    return found


def _total(key: str, rows: QuerySet[Any]) -> QuerySet[Any, tuple[str, int]]:
    named = rows.order_by().annotate(of=Value(key, output_field=CharField())).values("of")
    totals: QuerySet[Any, tuple[str, int]] = named.annotate(rows=Count("pk")).values_list("of", "rows")
    return totals
