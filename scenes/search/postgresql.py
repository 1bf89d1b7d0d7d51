"""An index of trigrams in PostgreSQL: https://www.postgresql.org/docs/current/pgtrgm.html

Of the texts in capitals, as Django compares them for ``icontains``, so whatever is asked that way uses it. New rows
wait in a list, which each search reads, until it is full or the table is vacuumed: the longer, the less each row costs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Q, QuerySet

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from scenes.search.indexes import TrigramIndex

PENDING = 32 * 1024  # kB: the rows of 25,000 scenes, which add some 20 ms to a search


def make(connection: BaseDatabaseWrapper, index: TrigramIndex) -> None:
    """Raises DatabaseError where the extension is missing, and the role may not create it."""
    texts = ", ".join(f"UPPER({column}) gin_trgm_ops" for column in index.columns)
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [index.name])
        if cursor.fetchone()[0]:
            return
        cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        cursor.execute(
            f"CREATE INDEX {index.name} ON {index.table} USING gin ({texts}) WITH (gin_pending_list_limit = {PENDING})"
        )


def candidates(connection: BaseDatabaseWrapper, index: TrigramIndex, word: str) -> QuerySet[Any, Any]:
    """The keys of the rows that have the word."""
    has_it = Q()
    for column in index.columns:
        has_it |= Q(**{f"{column}__icontains": word})
    return index.model._default_manager.order_by().filter(has_it).values("pk")
