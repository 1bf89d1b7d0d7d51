"""The library's tables, read and written as tuples: the hot end of a full sync, 200,000 rows for 20,000 scenes."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from itertools import chain
from typing import Any

from django.db import connection
from django.db.models import DateTimeField, Model, QuerySet

from scenes.bulk.columns import Converter, Row, arrays, converted, converters, model_field, on_conflict, quoted, turned
from scenes.pieces import pieces

# Rows in one statement of SQLite's, which keeps a copy of each page that it changes to undo it.
ROWS = (250, 1)
NEW_ROWS = (1000, 50, 1)  # of one that undoes nothing


class Table:
    """A model's table, and the statements for rows of the fields ``names``, which are made once.

    ``key``: the fields that tell whether a row is there. Fields in ``kept`` are given to new rows only.
    """

    def __init__(
        self, model: type[Model], names: Sequence[str], *, key: Sequence[str] = ("id",), kept: Sequence[str] = ()
    ):
        self.model = model
        self.name = model._meta.db_table
        self.fields = [model_field(model, name) for name in names]
        self.columns = ", ".join(map(quoted, self.fields))
        self.into = f'INSERT INTO "{self.name}" ({self.columns})'
        self.conflict = on_conflict(self.fields, [model_field(model, name) for name in key], kept)

    @cached_property
    def converters(self) -> list[Converter | None]:
        return converters(self.fields)

    def prepared(self, rows: Collection[Row]) -> list[Row]:
        """The rows as the database takes them, and gives times: so that one can be compared with another."""
        return converted(self.converters, rows)

    @cached_property
    def selected(self) -> str:
        is_text = connection.vendor == "sqlite"  # sqlite3 would parse each time, in Python
        return ", ".join(
            f"CAST({quoted(field)} AS TEXT)" if is_text and isinstance(field, DateTimeField) else quoted(field)
            for field in self.fields
        )

    def rows(self, where: str, ids: Collection[int]) -> list[Row]:
        """Those of which the field ``where`` is one of ``ids``. One statement, whose text is always the same."""
        return read([(self, where)], ids)[0]

    def select(self, where: str) -> str:
        """Those of which the field ``where`` is one of some ids: a statement with one parameter, see `as_parameter`."""
        return f'SELECT {self.selected} FROM "{self.name}" WHERE {among(quoted(model_field(self.model, where)))}'

    def upsert(self, rows: Sequence[Row]) -> None:
        """Insert the rows, which are `prepared`, or update those whose key is there; a key may be given once only.

        PostgreSQL: one statement. SQLite: one for many rows, repeated, and one that is repeated for each of the rest.
        """
        if rows and connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                self._give(cursor, rows)
        else:
            self._repeat(self.into, self.conflict, rows, ROWS)

    def _repeat(self, into: str, end: str, rows: Sequence[Row], sizes: Sequence[int]) -> None:
        """In statements for so many rows each: as many as there are full ones of the first size, then of the next."""
        row = f"({', '.join(['%s'] * len(self.fields))})"
        for size in sizes:
            if full := len(rows) - len(rows) % size:
                values = [[*chain(*part)] for part in pieces(rows[:full], size)]
                with connection.cursor() as cursor:
                    cursor.executemany(f"{into} VALUES {', '.join([row] * size)} {end}", values)
            rows = rows[full:]

    def _give(self, cursor: Any, rows: Sequence[Row]) -> None:
        cursor.execute(f"{self.into} SELECT * FROM unnest({arrays(self.fields)}) {self.conflict}", turned(rows))


class CopiedTable(Table):
    """One that gets many rows, at most once in a transaction. PostgreSQL: by COPY."""

    @cached_property
    def into_or_fail(self) -> str:
        return self.into.replace("INSERT", "INSERT OR FAIL", 1)

    def save(self, new: Sequence[Row], other: Sequence[Row], *, are_new_certain: bool) -> None:
        """Write rows whose keys are taken not to be there, and others.

        Raises IntegrityError when one is there: not if ``are_new_certain`` is false, which takes twice as long. Then
        SQLite has some of the rows all the same, until the transaction ends.
        """
        if not are_new_certain:
            self.upsert([*new, *other])
            return
        if connection.vendor == "postgresql":
            self._copy(self.name, new)
        else:
            self._repeat(self.into_or_fail, "", new, NEW_ROWS)
        self.upsert(other)

    def delete(self, keys: Sequence[Any]) -> None:
        """Delete the rows with these primary keys."""
        for piece in pieces(keys):
            self.model._default_manager.filter(pk__in=piece).delete()

    def _copy(self, into: str, rows: Sequence[Row]) -> None:
        if rows:
            with self._copying(into) as copy:
                for row in rows:
                    copy.write_row(row)

    @contextmanager
    def _copying(self, into: str) -> Iterator[Any]:
        statement = f'COPY "{into}" ({self.columns}) FROM STDIN'
        with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(statement) as copy:
            yield copy

    def _give(self, cursor: Any, rows: Sequence[Row]) -> None:
        # COPY knows no conflicts, hence a table of its own: made once a connection, and empty at each commit.
        cursor.execute(
            f'CREATE TEMPORARY TABLE IF NOT EXISTS "given_{self.name}" ON COMMIT DELETE ROWS'
            f' AS SELECT {self.columns} FROM "{self.name}" WITH NO DATA'
        )
        self._copy(f"given_{self.name}", rows)
        cursor.execute(f'{self.into} SELECT {self.columns} FROM "given_{self.name}" {self.conflict}')


class Links(CopiedTable):
    """A table of pairs: a scene, and one of its tags or performers (``name``)."""

    def __init__(self, model: type[Model], name: str):
        super().__init__(model, ("scene", name), key=("scene", name))
        self.other = quoted(self.fields[1])

    def select(self, where: str) -> str:
        """One row a scene: its id, and those of the others in one text."""
        is_sqlite = connection.vendor == "sqlite"
        joined = f"group_concat({self.other})" if is_sqlite else f"string_agg({self.other}::text, ',')"
        return (
            f'SELECT "scene_id", {joined} FROM "{self.name}" WHERE {among(quoted(self.fields[0]))} GROUP BY "scene_id"'
        )

    def save(self, new: Sequence[Row], other: Sequence[Row], *, are_new_certain: bool) -> None:
        """A row is a scene, and the ids of others that it is to have, as texts.

        SQLite: one statement for all pairs, during which other threads go on.
        """
        rows = [*new, *other]
        if connection.vendor == "postgresql" or not rows:
            pairs = [(scene_id, other_id) for scene_id, others in rows for other_id in others]
            super().save(pairs, (), are_new_certain=are_new_certain)
            return
        given = "json_each(%s) AS scene, json_each(scene.value) AS other"
        selected = f"SELECT CAST(scene.key AS INTEGER), CAST(other.value AS INTEGER) FROM {given} WHERE true"
        with connection.cursor() as cursor:
            cursor.execute(f"{self.into_or_fail} {selected} {self.conflict}", [json.dumps(dict(rows))])

    def delete(self, keys: Sequence[Row]) -> None:
        """As above. Django would ask for a thousand pairs in more words than SQLite takes."""
        if keys:
            with connection.cursor() as cursor:
                scene, other = map(quoted, self.fields)
                cursor.executemany(f'DELETE FROM "{self.name}" WHERE {scene} = %s AND {other} = %s', keys)

    def _copy(self, into: str, rows: Sequence[Row]) -> None:
        if rows:
            with self._copying(into) as copy:  # numbers alone, which need none of what `write_row` does
                copy.write("".join([f"{scene_id}\t{other}\n" for scene_id, other in rows]))


def plain_rows(rows: QuerySet[Any, Any]) -> list[Row]:
    """What a query set with `values_list` finds, as the database gives it: ids and texts, by the hundred thousand."""
    with connection.cursor() as cursor:
        cursor.execute(*rows.query.sql_with_params())
        return list(cursor.fetchall())


def read(tables: Sequence[tuple[Table, str]], ids: Collection[int]) -> list[list[Row]]:
    """Of each table the rows of which a field is one of ``ids``. PostgreSQL is asked once for all of them.

    SQLite, where a question costs no more than looking: the others are not asked where the first one has no row.
    """
    found: list[list[Row]] = [[] for _ in tables]
    if not ids:
        return found
    parameter, statements = as_parameter(ids), [table.select(where) for table, where in tables]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("; ".join(statements), [parameter] * len(statements))
            for rows in found:
                rows += cursor.fetchall()
                cursor.nextset()
            return found
        for rows, statement in zip(found, statements, strict=True):
            if rows is found[0] or found[0]:
                rows += cursor.execute(statement, [parameter]).fetchall()
    return found


def among(column: str) -> str:
    """A condition for any number of ids, which are one parameter."""
    if connection.vendor == "sqlite":
        return f"{column} IN (SELECT value FROM json_each(%s))"
    return f"{column} = ANY(%s::bigint[])"


def as_parameter(ids: Iterable[int]) -> str:
    """For `among`."""
    text = ",".join(map(str, ids))
    return f"[{text}]" if connection.vendor == "sqlite" else f"{{{text}}}"
