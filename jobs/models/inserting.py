"""New rows by SQL that is made once: Django takes longer to make that of one row than the database to write it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import AutoField, Field, Model


def insert(rows: Sequence[Model]) -> None:
    """As `bulk_create`, of rows of one model; a key that the database gives is not asked for."""
    if rows:
        model = type(rows[0])
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.executemany(_sql(model), [_values(row) for row in rows])
        _are_stored(rows)


def insert_one(row: Model) -> None:
    """As ``row.save(force_insert=True)``, without signals; it has its key then."""
    key = type(row)._meta.pk
    assert key is not None
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
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
    return [field.get_db_prep_save(field.pre_save(row, True), connection) for field in _fields(type(row))]
