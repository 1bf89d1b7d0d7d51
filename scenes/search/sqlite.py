"""An index of trigrams in SQLite: https://www.sqlite.org/fts5.html#the_trigram_tokenizer

A row of the table that changed is noted, with the text that the index has of it. Once MANY are, whoever writes many
rows has the index take them in: a row costs a fifth of what it would in each transaction. So the index alone does not
tell of the rows noted, some thousands as a rule. It keeps neither text nor places (``content=''``, ``detail=none``),
and is as large as the text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from jobs.texts.contains import forms

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from scenes.search.indexes import TrigramIndex

LENGTH = 3  # characters
MANY = 4096  # rows
TAKEN_AT_ONCE = 4 * MANY  # rows in one transaction, during which nobody else can write
MOST = 16  # trigrams of a word that are asked for

# {noted}: the table of rows that changed; {known}: whether the index has the row, with the text that is kept then.
# No trigger has a conflict policy (OR IGNORE), since that of the statement that fires it would take its place. None
# names the index: SQLite would keep what each statement changes, to undo it, since a virtual table may fail.
PARTS = {
    "": "CREATE VIRTUAL TABLE {name} USING fts5({columns}, content='', tokenize='trigram', detail=none)",
    "_noted": "CREATE TABLE {name} (id INTEGER PRIMARY KEY, known BOOLEAN NOT NULL, {columns})",
    "_inserted": """CREATE TRIGGER {name} AFTER INSERT ON {table} BEGIN
      INSERT INTO {noted} (id, known) VALUES (new.id, 0) ON CONFLICT DO NOTHING;
    END""",
    "_updated": """CREATE TRIGGER {name} AFTER UPDATE OF {columns} ON {table} WHEN ({old}) IS NOT ({new}) BEGIN
      INSERT INTO {noted} (id, known, {columns}) VALUES (old.id, 1, {old}) ON CONFLICT DO NOTHING;
    END""",
    "_deleted": """CREATE TRIGGER {name} AFTER DELETE ON {table} BEGIN
      INSERT INTO {noted} (id, known, {columns}) VALUES (old.id, 1, {old}) ON CONFLICT DO NOTHING;
    END""",
}
TAKEN = "id IN (SELECT id FROM {noted} ORDER BY id LIMIT {at_once})"
TAKE_IN = (
    f"INSERT INTO {{index}} ({{index}}, rowid, {{columns}}) SELECT 'delete', id, {{columns}} FROM {{noted}}"
    f" WHERE known AND {TAKEN}",
    f"INSERT INTO {{index}} (rowid, {{columns}}) SELECT id, {{columns}} FROM {{table}} WHERE {TAKEN}",
    f"DELETE FROM {{noted}} WHERE {TAKEN}",
)
FILL = "INSERT INTO {index} (rowid, {columns}) SELECT id, {columns} FROM {table}"


def make(connection: BaseDatabaseWrapper, index: TrigramIndex) -> None:
    """Raises DatabaseError where this SQLite can't."""
    with connection.cursor() as cursor:
        if _is_there(cursor, index):
            return
        wanted = _wanted(index)
        for name, statement in wanted.items():
            kind = "TRIGGER" if statement.startswith("CREATE TRIGGER") else "TABLE"
            cursor.execute(f"DROP {kind} IF EXISTS {name}")
        for statement in wanted.values():
            cursor.execute(statement)
        cursor.execute(FILL.format(**_words(index)))


def take_in(connection: BaseDatabaseWrapper, index: TrigramIndex) -> bool:
    """In a transaction: what is noted, if that is much, goes into the index. Whether it was."""
    words = _words(index)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM sqlite_master WHERE name = %s", [words["noted"]])
        if not cursor.fetchone():  # an old SQLite
            return False
        cursor.execute("SELECT count(*) FROM {noted}".format(**words))
        if cursor.fetchone()[0] < MANY:
            return False
        for statement in TAKE_IN:
            cursor.execute(statement.format(**words))
        return True


def _wanted(index: TrigramIndex) -> dict[str, str]:
    """The names of its parts, and the statements that make them, which SQLite keeps."""
    words = _words(index)
    return {f"{index.name}{part}": text.format(name=f"{index.name}{part}", **words) for part, text in PARTS.items()}


def _words(index: TrigramIndex) -> dict[str, Any]:
    columns = index.columns
    return {
        "index": index.name,
        "noted": f"{index.name}_noted",
        "table": index.table,
        "columns": ", ".join(columns),
        "old": ", ".join(f"old.{column}" for column in columns),
        "new": ", ".join(f"new.{column}" for column in columns),
        "at_once": TAKEN_AT_ONCE,
    }


def _is_there(cursor: Any, index: TrigramIndex) -> bool:
    """All of it, as this version makes it: with a table that is made again its triggers go."""
    wanted = _wanted(index)
    places = ", ".join(["%s"] * len(wanted))
    cursor.execute(f"SELECT name, sql FROM sqlite_master WHERE name IN ({places})", list(wanted))
    return dict(cursor.fetchall()) == wanted


def candidates(connection: BaseDatabaseWrapper, index: TrigramIndex, word: str) -> QuerySet[Any, Any] | None:
    """The keys of the rows that may have the word, and of all that have it; None where there is no index."""
    with connection.cursor() as cursor:
        if not _is_there(cursor, index):
            return None
    found = RawSQL(
        f"SELECT rowid FROM {index.name} WHERE {index.name} MATCH %s UNION ALL SELECT id FROM {index.name}_noted",
        [" OR ".join(f"({trigrams(form)})" for form in forms(word))],
    )
    rows: QuerySet[Any, Any] = index.model._default_manager.order_by().filter(pk__in=found).values("pk")
    return rows


def trigrams(word: str) -> str:
    """All of them, as FTS5 is asked."""
    parts = list(dict.fromkeys(word[at : at + LENGTH] for at in range(len(word) - LENGTH + 1)))[:MOST]
    return " AND ".join('"{}"'.format(part.replace('"', '""')) for part in parts)
