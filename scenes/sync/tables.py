"""The library's tables, read and written as tuples: the hot end of a full sync, 200,000 rows for 20,000 scenes.

Beside Django's query sets and `bulk_create`, since model instances, an expression for each value and a parameter for
each id were most of a sync's time (docs/performance.md has the figures). Column names, types and conversions still
come from the models.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.db import connection
from django.db.models import DateTimeField, Model, QuerySet

from scenes.sync.upsert import Row, model_field, on_conflict, quoted


class Table:
    """A model's table. A row holds the values of the fields ``names`` in the database's own form (`prepared`).

    ``key``: the fields that tell whether a row is there. Fields in ``kept`` are given to new rows only.
    """

    def __init__(
        self, model: type[Model], names: Sequence[str], *, key: Sequence[str] = ("id",), kept: Sequence[str] = ()
    ):
        self.model = model
        self.name = model._meta.db_table
        self.fields = [model_field(model, name) for name in names]
        self.columns = ", ".join(map(quoted, self.fields))
        self.times = [number for number, field in enumerate(self.fields) if isinstance(field, DateTimeField)]
        self.conflict = on_conflict(self.fields, [model_field(model, name) for name in key], kept)

    def prepared(self, rows: Collection[Row]) -> list[Row]:
        """The rows as the database takes and gives them, so that one can be compared with another.

        Of fields that have the same form in Python, and times: as Django writes them, without its layers for each.
        """
        if connection.vendor == "postgresql" or not self.times:
            return list(rows)
        zone, columns = connection.timezone, list(zip(*rows, strict=True))
        for number in self.times if columns else ():
            columns[number] = tuple(
                time and str(time.astimezone(zone).replace(tzinfo=None)) for time in columns[number]
            )
        return list(zip(*columns, strict=True))

    def rows(self, where: str, ids: Collection[int]) -> list[Row]:
        """Those of which the field ``where`` is one of ``ids``. One statement, whose text is always the same."""
        if not ids:
            return []
        is_text = connection.vendor == "sqlite"  # sqlite3 would parse each time, in Python
        columns = ", ".join(
            f"CAST({quoted(field)} AS TEXT)" if is_text and isinstance(field, DateTimeField) else quoted(field)
            for field in self.fields
        )
        condition, parameter = among(quoted(model_field(self.model, where)), ids)
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT {columns} FROM "{self.name}" WHERE {condition}', [parameter])
            return list(cursor.fetchall())

    def upsert(self, rows: Sequence[Row]) -> None:
        """Insert the rows, or update those whose key is there; a key may be given once only.

        At most once in a transaction. SQLite: one prepared statement, repeated. PostgreSQL: three statements.
        """
        if not rows:
            return
        into = f'INSERT INTO "{self.name}" ({self.columns})'
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                self._copy(cursor, rows)
                cursor.execute(f'{into} SELECT {self.columns} FROM "given_{self.name}" {self.conflict}')
            else:
                places = ", ".join(["%s"] * len(self.fields))
                cursor.executemany(f"{into} VALUES ({places}) {self.conflict}", rows)

    def _copy(self, cursor: Any, rows: Iterable[Row]) -> None:
        # COPY knows no conflicts, hence a table of its own: made once a connection, and empty at each commit.
        cursor.execute(
            f'CREATE TEMPORARY TABLE IF NOT EXISTS "given_{self.name}" ON COMMIT DELETE ROWS'
            f' AS SELECT {self.columns} FROM "{self.name}" WITH NO DATA'
        )
        with cursor.copy(f'COPY "given_{self.name}" ({self.columns}) FROM STDIN') as copy:
            for row in rows:
                copy.write_row(row)


class Links(Table):
    """A table of pairs: a scene, and one of its tags or performers (``name``)."""

    def __init__(self, model: type[Model], name: str):
        super().__init__(model, ("scene", name), key=("scene", name))
        self.other = quoted(self.fields[1])

    def of(self, scene_ids: Collection[int]) -> dict[int, set[str]]:
        """The ids of the others, of each of these scenes that has any. One row a scene."""
        if not scene_ids:
            return {}
        is_sqlite = connection.vendor == "sqlite"
        joined = f"group_concat({self.other})" if is_sqlite else f"string_agg({self.other}::text, ',')"
        condition, parameter = among('"scene_id"', scene_ids)
        statement = f'SELECT "scene_id", {joined} FROM "{self.name}" WHERE {condition} GROUP BY "scene_id"'
        with connection.cursor() as cursor:
            cursor.execute(statement, [parameter])
            return {pk: set(text.split(",")) for pk, text in cursor.fetchall()}

    def upsert(self, rows: Sequence[Row]) -> None:
        """As for any table. SQLite: one statement for all pairs, during which other threads go on."""
        if connection.vendor == "postgresql" or not rows:
            super().upsert(rows)
            return
        others: dict[int, list[int]] = {}
        for scene_id, other in rows:
            others.setdefault(scene_id, []).append(other)
        given = "json_each(%s) AS scene, json_each(scene.value) AS other"
        pairs = f"SELECT CAST(scene.key AS INTEGER), other.value FROM {given} WHERE true"
        with connection.cursor() as cursor:
            cursor.execute(f'INSERT INTO "{self.name}" ({self.columns}) {pairs} {self.conflict}', [json.dumps(others)])

    def keys(self, pairs: Collection[Row]) -> list[int]:
        """The primary keys of those pairs that are there."""
        scenes = {scene_id for scene_id, _ in pairs}
        found = self.model._default_manager.filter(scene_id__in=scenes).values_list(
            "pk", "scene_id", self.fields[1].attname
        )
        return [pk for pk, *pair in found if tuple(pair) in pairs]


def plain_rows(rows: QuerySet[Any, Any]) -> list[Row]:
    """What a query set with `values_list` finds, as the database gives it: ids and texts, by the hundred thousand."""
    with connection.cursor() as cursor:
        cursor.execute(*rows.query.sql_with_params())
        return list(cursor.fetchall())


def among(column: str, ids: Iterable[int]) -> tuple[str, str]:
    """A condition for any number of ids, and its one parameter."""
    text = ",".join(map(str, ids))
    if connection.vendor == "sqlite":
        return f"{column} IN (SELECT value FROM json_each(%s))", f"[{text}]"
    return f"{column} = ANY(%s::bigint[])", f"{{{text}}}"
