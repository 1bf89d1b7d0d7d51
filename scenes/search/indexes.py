"""Which columns have an index of trigrams. It is no part of the migrations, since no database needs it to be right:
where it is missing (an old SQLite, a role that may not create extensions), the same searches read the tables.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError, connection, connections, transaction
from django.db.models import Model

from scenes.models import Scene, SceneFile
from scenes.search import postgresql, sqlite

logger = logging.getLogger(__name__)
MAKERS = {"sqlite": sqlite.make, "postgresql": postgresql.make}
MISSING = {
    "sqlite": "SQLite has no FTS5 with trigrams, which it has since 3.34 ({error}).",
    "postgresql": "the index could not be made ({error}). Have an administrator of the database run "
    '"CREATE EXTENSION pg_trgm", then `manage.py migrate`.',
}


@dataclass(frozen=True)
class TrigramIndex:
    """Of text columns of a model whose primary key is a number."""

    model: type[Model]
    columns: tuple[str, ...]

    @property
    def table(self) -> str:
        return self.model._meta.db_table

    @property
    def name(self) -> str:
        """Of SQLite's table, and what PostgreSQL's index is called."""
        return f"{self.table}_trigrams"


TITLES = TrigramIndex(Scene, ("title", "code"))
PATHS = TrigramIndex(SceneFile, ("path",))
INDEXES = (TITLES, PATHS)


def make(using: str = "default", **_: Any) -> None:
    """Make and fill those that are missing; after each `migrate`, so also after a table was made again."""
    database = connections[using]
    tables = database.introspection.table_names()
    for index in INDEXES:
        if index.table not in tables:  # after a migration back to nothing
            continue
        try:
            with transaction.atomic(using):
                MAKERS[database.vendor](database, index)
        except DatabaseError as error:
            logger.warning("Searches read whole tables: %s", MISSING[database.vendor].format(error=error))
            return


def take_in() -> bool:
    """In a transaction that writes many rows: the indexes are brought up to them. PostgreSQL does so by itself.

    Whether there was that much to take in; then there may be more.
    """
    if connection.vendor != "sqlite":
        return False
    taken = [sqlite.take_in(connection, index) for index in INDEXES]
    return any(taken)
