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
    with prepared_cursor() as cursor:
        if row.pk is not None:
            cursor.execute(_sql(type(row)), _values(row))
        else:
            cursor.execute(f"{_sql(type(row))} RETURNING {key.column}", _values(row))
            row.pk = cursor.fetchone()[0]
    _are_stored([row])


def _are_stored(rows: Sequence[Model]) -> None:
    for row in rows:
        row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS


@cache
def _fields(model: type[Model]) -> list[Field[Any, Any]]:
    """Those that are written: a number that the database gives is not, nor what it computes."""
    return [field for field in model._meta.concrete_fields if not (isinstance(field, AutoField) or field.generated)]


@cache
def _sql(model: type[Model]) -> str:
    quoted, fields = connections[DEFAULT_DB_ALIAS].ops.quote_name, _fields(model)
    columns, places = ", ".join(quoted(str(field.column)) for field in fields), ", ".join(["%s"] * len(fields))
    return f"INSERT INTO {quoted(model._meta.db_table)} ({columns}) VALUES ({places})"


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
