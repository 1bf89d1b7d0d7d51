"""A connection of this thread on which only copies of tables can be written to."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.transaction import atomic

CREATE_TABLE = re.compile(r"^CREATE TABLE\s+", re.IGNORECASE)
CREATE_INDEX = re.compile(r"^(CREATE (?:UNIQUE )?INDEX )", re.IGNORECASE)
READS = {
    sqlite3.SQLITE_READ,
    sqlite3.SQLITE_SELECT,
    sqlite3.SQLITE_FUNCTION,
    sqlite3.SQLITE_RECURSIVE,
    sqlite3.SQLITE_TRANSACTION,
    sqlite3.SQLITE_SAVEPOINT,
}
# Triggers stay behind: those of the index of `scenes.search` write to tables that are no copies.
PARTS_IN_SQLITE = (
    "SELECT type, sql FROM main.sqlite_master WHERE tbl_name = %s AND type IN ('table', 'index') AND sql <> ''"
)
# Of trigrams: a job's copy is searched for no words, and filling them takes longer than all else.
GIN_INDEXES = """SELECT format('pg_temp.%%I', of_index.relname) FROM pg_index
JOIN pg_class AS of_index ON of_index.oid = indexrelid JOIN pg_am ON pg_am.oid = of_index.relam
WHERE indrelid = %s::regclass AND amname = 'gin'"""
CHANGES = {sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_DELETE}


class Scratch:
    """``own``: the connection with the copies, which this thread has as its default one; ``real``: the one it had."""

    def __init__(self, real: BaseDatabaseWrapper, own: BaseDatabaseWrapper):
        self.real, self.own = real, own

    def left(self) -> AbstractContextManager[None]:
        """In the block the thread has its real connection again."""
        return as_default(self.real)


@contextmanager
def as_default(connection: Any) -> Iterator[None]:
    """In the block this is the thread's connection to the default database."""
    before = connections[DEFAULT_DB_ALIAS]
    connections[DEFAULT_DB_ALIAS] = connection
    try:
        yield
    finally:
        connections[DEFAULT_DB_ALIAS] = before


@contextmanager
def scratch_database(copied: Iterable[type[models.Model]]) -> Iterator[Scratch]:
    """Whatever this thread does with the database happens to copies of these models' tables; other tables are read.

    The copies are as of one moment, and gone at the end. A write to any other table is an error of the database.
    """
    real = connections[DEFAULT_DB_ALIAS]
    own: Any = real.copy()
    options = own.settings_dict["OPTIONS"].items()
    # Of SQLite: its transactions must not take the lock for writing.
    own.settings_dict["OPTIONS"] = {name: value for name, value in options if name != "transaction_mode"}
    own.settings_dict["CONN_MAX_AGE"] = None
    own.connect()
    own.execute_wrappers.clear()
    try:
        with as_default(own):
            (_copy_in_sqlite if own.vendor == "sqlite" else _copy_in_postgresql)(own, copied)
            yield Scratch(real, own)
    finally:
        own.close()


def _copy_in_sqlite(own: Any, copied: Iterable[type[models.Model]]) -> None:
    """Temporary tables hide those with the same names; they are kept in memory, so that nothing is on the disk."""
    with own.cursor() as cursor:
        cursor.execute("PRAGMA temp_store = MEMORY")
        cursor.execute("PRAGMA foreign_keys = OFF")  # a copy's keys would have to lead to copies
    with own.cursor() as cursor, atomic():
        for table in (model._meta.db_table for model in copied):
            cursor.execute(PARTS_IN_SQLITE, [table])
            for _kind, sql in sorted(cursor.fetchall(), key=lambda row: row[0] != "table"):
                cursor.execute(CREATE_INDEX.sub(r"\1temp.", CREATE_TABLE.sub("CREATE TEMPORARY TABLE ", sql)))
            cursor.execute(f'INSERT INTO temp."{table}" SELECT * FROM main."{table}"')
    own.connection.set_authorizer(_allowed)


def _allowed(action: int, first: str | None, second: str | None, database: str | None, source: str | None) -> int:
    """SQLite asks this of each statement: everything may be read, and only temporary tables changed."""
    # A table-valued function such as json_each describes its columns by what looks like a change of the schema. SQLite
    # itself refuses a real one.
    describes = action == sqlite3.SQLITE_UPDATE and first == "sqlite_master"
    is_allowed = action in READS or describes or (action in CHANGES and database == "temp")
    return sqlite3.SQLITE_OK if is_allowed else sqlite3.SQLITE_DENY


def _copy_in_postgresql(own: Any, copied: Iterable[type[models.Model]]) -> None:
    """Temporary tables hide those with the same names, and are all that a read-only transaction may write to."""
    with own.cursor() as cursor, atomic():
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT current_schema()")
        schema = cursor.fetchone()[0]
        for model in copied:
            table, numbered = model._meta.db_table, model._meta.auto_field
            cursor.execute(f'CREATE TEMPORARY TABLE "{table}" (LIKE "{schema}"."{table}" INCLUDING ALL)')
            cursor.execute(GIN_INDEXES, [f'pg_temp."{table}"'])
            for (name,) in cursor.fetchall():
                cursor.execute(f"DROP INDEX {name}")
            cursor.execute(f'INSERT INTO pg_temp."{table}" SELECT * FROM "{schema}"."{table}"')
            if numbered:
                next_one = f'SELECT coalesce(max("{numbered.column}"), 0) + 1 FROM pg_temp."{table}"'
                sequence = [f'pg_temp."{table}"', numbered.column]
                cursor.execute(f"SELECT setval(pg_get_serial_sequence(%s, %s), ({next_one}), false)", sequence)
            cursor.execute(f'ANALYZE pg_temp."{table}"')
    with own.cursor() as cursor:
        cursor.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
