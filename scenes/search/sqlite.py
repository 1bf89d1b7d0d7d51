"""An index of trigrams in SQLite: https://www.sqlite.org/fts5.html#the_trigram_tokenizer

A row of the table that changed is noted, with the text that the index has of it. Once MANY are, the index takes them
in: a row costs a fifth of what it would in each transaction. So the index alone does not tell of the rows noted, some
thousands at most. It keeps neither text nor places (``content=''``, ``detail=none``), and is as large as the text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from scenes.search.indexes import TrigramIndex

LENGTH = 3  # characters
MANY = 4096  # rows
LOOK_EVERY = 256  # rows: to count them takes time
MOST = 16  # trigrams of a word that are asked for

# {noted}: the table of rows that changed; {known}: whether the index has the row, with the text that is kept then.
TRIGGERS = ("take_in", "inserted", "updated", "deleted")
STATEMENTS = (
    *(f"DROP TRIGGER IF EXISTS {{name}}_{event}" for event in TRIGGERS),
    "DROP TABLE IF EXISTS {name}",
    "DROP TABLE IF EXISTS {noted}",
    "CREATE VIRTUAL TABLE {name} USING fts5({columns}, content='', tokenize='trigram', detail=none)",
    "CREATE TABLE {noted} (id INTEGER PRIMARY KEY, known BOOLEAN NOT NULL, {columns})",
    "INSERT INTO {name} (rowid, {columns}) SELECT id, {columns} FROM {table}",
    """CREATE TRIGGER {name}_take_in AFTER INSERT ON {noted}
    WHEN new.id % {look_every} = 0 AND (SELECT count(*) FROM {noted}) >= {many} BEGIN
      INSERT INTO {name} ({name}, rowid, {columns}) SELECT 'delete', id, {columns} FROM {noted} WHERE known;
      INSERT INTO {name} (rowid, {columns}) SELECT {table}.id, {of_table} FROM {noted} JOIN {table} USING (id);
      DELETE FROM {noted};
    END""",
    """CREATE TRIGGER {name}_inserted AFTER INSERT ON {table} BEGIN
      INSERT OR IGNORE INTO {noted} (id, known) VALUES (new.id, 0);
    END""",
    """CREATE TRIGGER {name}_updated AFTER UPDATE OF {columns} ON {table} WHEN ({old}) IS NOT ({new}) BEGIN
      INSERT OR IGNORE INTO {noted} (id, known, {columns}) VALUES (old.id, 1, {old});
    END""",
    """CREATE TRIGGER {name}_deleted AFTER DELETE ON {table} BEGIN
      INSERT OR IGNORE INTO {noted} (id, known, {columns}) VALUES (old.id, 1, {old});
    END""",
)
PARTS = ("", "_noted", *(f"_{event}" for event in TRIGGERS))


def make(connection: BaseDatabaseWrapper, index: TrigramIndex) -> None:
    """Raises DatabaseError where this SQLite can't."""
    with connection.cursor() as cursor:
        if _is_there(cursor, index):
            return
        columns = index.columns
        given = {
            "name": index.name,
            "noted": f"{index.name}_noted",
            "table": index.table,
            "columns": ", ".join(columns),
            "of_table": ", ".join(f"{index.table}.{column}" for column in columns),
            "old": ", ".join(f"old.{column}" for column in columns),
            "new": ", ".join(f"new.{column}" for column in columns),
            "look_every": LOOK_EVERY,
            "many": MANY,
        }
        for statement in STATEMENTS:
            cursor.execute(statement.format(**given))


def _is_there(cursor: Any, index: TrigramIndex) -> bool:
    """All of it: with a table that is made again its triggers go."""
    names = [f"{index.name}{part}" for part in PARTS]
    places = ", ".join(["%s"] * len(names))
    cursor.execute(f"SELECT count(*) FROM sqlite_master WHERE name IN ({places})", names)
    return bool(cursor.fetchone()[0] == len(names))


def candidates(connection: BaseDatabaseWrapper, index: TrigramIndex, word: str) -> QuerySet[Any, Any] | None:
    """The keys of the rows that may have the word, and of all that have it; None where there is no index."""
    with connection.cursor() as cursor:
        if not _is_there(cursor, index):
            return None
    parts = list(dict.fromkeys(word[at : at + LENGTH] for at in range(len(word) - LENGTH + 1)))[:MOST]
    quoted = ('"{}"'.format(part.replace('"', '""')) for part in parts)
    found = RawSQL(
        f"SELECT rowid FROM {index.name} WHERE {index.name} MATCH %s UNION ALL SELECT id FROM {index.name}_noted",
        [" AND ".join(quoted)],
    )
    rows: QuerySet[Any, Any] = index.model._default_manager.order_by().filter(pk__in=found).values("pk")
    return rows
