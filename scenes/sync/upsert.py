"""Many rows in one statement: inserted, or updated, each to values of its own.

Beside `bulk_create` since this is the hot end of a full sync (200,000 rows for 20,000 scenes), and model
instances were most of its time (bench/sync.py has the figures). Column names, types and conversions still come
from the models.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from enum import Enum
from typing import Any

from django.db import connection
from django.db.models import DateTimeField, Field, ForeignKey, JSONField, Model, UUIDField

from jobs.texts.translatable import TranslatableField

Row = tuple[Any, ...]
Column = Sequence[Any]  # the values of one field


def upsert(
    model: type[Model],
    names: Sequence[str],
    rows: Collection[Row],
    *,
    key: Sequence[str] = ("id",),
    kept: Sequence[str] = (),
) -> None:
    """Insert ``rows`` (values in the order of the fields ``names``), or update those whose ``key`` is there.

    Fields in ``kept`` are given to new rows only. One statement; a key may be in ``rows`` once only.
    """
    if not rows:
        return
    fields = [model_field(model, name) for name in names]
    columns = [quoted(field) for field in fields]
    conflict = on_conflict(fields, [model_field(model, name) for name in key], kept)
    into = f"INSERT INTO {connection.ops.quote_name(model._meta.db_table)} ({', '.join(columns)})"
    execute(into, conflict, fields, converted(fields, rows))


def on_conflict(fields: Sequence[Field[Any, Any]], key: Sequence[Field[Any, Any]], kept: Sequence[str]) -> str:
    """What becomes of a row whose ``key`` is there: it gets the values of ``fields``, but for those in ``kept``."""
    unique = [quoted(field) for field in key]
    columns = [quoted(field) for field in fields if field.name not in kept]
    changes = ", ".join(f"{column} = excluded.{column}" for column in columns if column not in unique)
    return f"ON CONFLICT ({', '.join(unique)}) DO " + (f"UPDATE SET {changes}" if changes else "NOTHING")


def insert(model: type[Model], names: Sequence[str], rows: Collection[Row], *, key: Sequence[str] = ("id",)) -> None:
    """Insert ``rows``, whose other fields are as in every new row; one whose ``key`` is there stays. One statement.

    As `bulk_create`, which makes an instance of each row and an expression of each value.
    """
    blank, fields = model(), model._meta.concrete_fields
    others = [field for field in fields if not (field.primary_key or field.null or field.name in names)]
    values = (field.pre_save(blank, add=True) for field in others)
    same = tuple(value.value if isinstance(value, Enum) else value for value in values)
    all_names = [*names, *(field.name for field in others)]
    upsert(model, all_names, [(*row, *same) for row in rows], key=key, kept=all_names)


def update_each(model: type[Model], names: Sequence[str], rows: Collection[Row]) -> None:
    """Give rows values of their own: each of ``rows`` is a primary key, then the values of the fields ``names``.

    Beside `bulk_update`, which takes ten times as long for its expressions.
    """
    if not rows:
        return
    fields = [model._meta.pk, *(model_field(model, name) for name in names)]
    key, *columns = [quoted(field) for field in fields]
    table = connection.ops.quote_name(model._meta.db_table)
    values = converted(fields, rows)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            changes = ", ".join(f"{column} = given.{column}" for column in columns)
            given = f"unnest({_arrays(fields)}) AS given({', '.join((key, *columns))})"
            cursor.execute(
                f"UPDATE {table} SET {changes} FROM {given} WHERE {table}.{key} = given.{key}", _turned(values)
            )
        else:
            changes = ", ".join(f"{column} = %s" for column in columns)
            cursor.executemany(f"UPDATE {table} SET {changes} WHERE {key} = %s", [(*row, pk) for pk, *row in values])


def execute(into: str, conflict: str, fields: Sequence[Field[Any, Any]], rows: list[Row]) -> None:
    """The statement between ``into`` and ``conflict``, as the database takes many rows best."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"{into} SELECT * FROM unnest({_arrays(fields)}) {conflict}", _turned(rows))
        else:
            places = ", ".join(["%s"] * len(fields))
            cursor.executemany(f"{into} VALUES ({places}) {conflict}", rows)


def _arrays(fields: Sequence[Field[Any, Any]]) -> str:
    """One array a column: the statement is the same for any number of rows."""
    return ", ".join(f"%s::{field.db_type(connection)}[]" for field in fields)


def _turned(rows: Collection[Row]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


def converted(fields: Sequence[Field[Any, Any]], rows: Collection[Row]) -> list[Row]:
    """The rows with the values in the types that the database wants."""
    converters = [converter(field) for field in fields]
    if not any(converters):
        return list(rows)
    columns = zip(converters, zip(*rows, strict=True), strict=True)
    return list(zip(*[convert(column) if convert else column for convert, column in columns], strict=True))


def converter(field: Field[Any, Any]) -> Callable[[Column], Column] | None:
    """For a column that the database wants in another type than Python has; None where it takes it as it is."""
    target = field.target_field if isinstance(field, ForeignKey) else field
    if isinstance(target, DateTimeField | UUIDField):
        return lambda column: _each_once(lambda value: target.get_db_prep_save(value, connection), column)
    if isinstance(target, TranslatableField):  # equal ones may have been made in different ways
        return lambda column: [target.get_db_prep_save(value, connection) for value in column]
    if isinstance(target, JSONField):
        return lambda column: [None if value is None else json.dumps(value, cls=target.encoder) for value in column]
    return None


def _each_once(convert: Callable[[Any], Any], column: Column) -> Column:
    """Times and jobs are the same in many rows, and take long."""
    made = {value: convert(value) for value in set(column)}
    return [made[value] for value in column]


def model_field(model: type[Model], name: str) -> Field[Any, Any]:
    field = model._meta.get_field(name)
    assert isinstance(field, Field)
    return field


def quoted(field: Field[Any, Any]) -> str:
    """The name of its column, for a statement."""
    assert field.column is not None
    return connection.ops.quote_name(field.column)
