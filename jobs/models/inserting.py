"""New rows by SQL that is made once: Django takes longer to make that of one row than the database to write it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import (
    AutoField,
    BooleanField,
    CharField,
    Field,
    FloatField,
    Model,
    PositiveBigIntegerField,
    PositiveIntegerField,
    PositiveSmallIntegerField,
)

from jobs.models.compiled import prepared_cursor

AS_THEY_ARE: dict[type, type] = {
    BooleanField: bool,
    CharField: str,
    FloatField: float,
    PositiveBigIntegerField: int,
    PositiveIntegerField: int,
    PositiveSmallIntegerField: int,
}


def insert(rows: Sequence[Model]) -> None:
    """As `bulk_create`, of rows of one model; a key that the database gives is not asked for."""
    if rows:
        model = type(rows[0])
        with prepared_cursor() as cursor:
            cursor.executemany(_sql(model), [_values(row) for row in rows])
        _are_stored(rows)


def insert_one(row: Model) -> None:
    """As ``row.save(force_insert=True)``, without signals; it has its key then."""
    key = type(row)._meta.pk
    assert key is not None
    sql, values = _given(row)
    with prepared_cursor() as cursor:
        if row.pk is not None:
            cursor.execute(sql, values)
        else:
            cursor.execute(f"{sql} RETURNING {key.column}", values)
            row.pk = cursor.fetchone()[0]
    _are_stored([row])


def insert_with(row: Model, others: Sequence[Model], *, call: str, given: Sequence[Any]) -> None:
    """As `insert_one` of the row, and of others that refer to it, by one statement, which also does the ``call``.

    A foreign key of theirs to its model is the key that the database gives it. For PostgreSQL alone.
    """
    inserts = [_given(row), *(_given(other, type(row)) for other in others)]
    sql = _sql_together(tuple(sql for sql, _values in inserts), str(row._meta.pk.column), call)
    with prepared_cursor() as cursor:
        cursor.execute(sql, [*(value for _sql, values in inserts for value in values), *given])
        row.pk = cursor.fetchone()[0]
    _are_stored([row, *others])


def _are_stored(rows: Sequence[Model]) -> None:
    for row in rows:
        row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS


@cache
def _fields(model: type[Model]) -> list[Field[Any, Any]]:
    """Those that are written: a number that the database gives is not, nor what it computes."""
    return [field for field in model._meta.concrete_fields if not (isinstance(field, AutoField) or field.generated)]


@cache
def _sql(model: type[Model]) -> str:
    return _sql_of(model, tuple(str(field.column) for field in _fields(model)), ())


def _sql_of(model: type[Model], given: tuple[str, ...], of_first: tuple[str, ...]) -> str:
    quoted = connections[DEFAULT_DB_ALIAS].ops.quote_name
    columns = ", ".join(map(quoted, [*given, *of_first]))
    places = ", ".join([*["%s"] * len(given), *["(SELECT key FROM first)"] * len(of_first)])
    return f"INSERT INTO {quoted(model._meta.db_table)} ({columns}) VALUES ({places})"


def _given(row: Model, first: type[Model] | None = None) -> tuple[str, list[Any]]:
    """An INSERT of it, and its values without those that are NULL: psycopg keeps no statement with more than 50."""
    values = _values(row)
    sql = _sql_of_some(type(row), tuple(value is not None for value in values), first)
    return sql, [value for value in values if value is not None]


@cache
def _sql_of_some(model: type[Model], are_given: tuple[bool, ...], first: type[Model] | None) -> str:
    fields = _fields(model)
    given = tuple(str(field.column) for field, is_given in zip(fields, are_given, strict=True) if is_given)
    of_first = tuple(str(field.column) for field in fields if first is not None and field.related_model is first)
    return _sql_of(model, given, of_first)


@cache
def _sql_together(inserts: tuple[str, ...], key: str, call: str) -> str:
    first, *others = inserts
    rest = "".join(f", other_{number} AS ({sql})" for number, sql in enumerate(others))
    return f"WITH first AS ({first} RETURNING {key} AS key){rest} SELECT key, {call} FROM first"


def _values(row: Model) -> list[Any]:
    connection = connections[DEFAULT_DB_ALIAS]
    found = []
    for field, stored_as_it_is in _types(type(row)):
        value = field.pre_save(row, True)
        if value is not None and type(value) is not stored_as_it_is:
            value = field.get_db_prep_save(value, connection)
        found.append(value)
    return found


@cache
def _types(model: type[Model]) -> list[tuple[Field[Any, Any], type | None]]:
    """Of each field, the type of what it gives to the database unchanged: to ask it takes ten times as long."""
    return [(field, AS_THEY_ARE.get(type(field))) for field in _fields(model)]
