"""Columns of models for statements of our own: their names and types, and values in the form that the database has.

Beside Django's query sets and `bulk_create`, since model instances, an expression for each value and a parameter for
each id were most of a sync's time (docs/performance.md has the figures). Names, types and conversions still come from
the models.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from functools import partial
from typing import Any, TypeAlias

from django.db import connection
from django.db.models import DateTimeField, Field, ForeignKey, JSONField, Model, UUIDField

from jobs.texts.translatable import TranslatableField

AnyField: TypeAlias = "Field[Any, Any]"
Row = tuple[Any, ...]
Column = Sequence[Any]  # the values of one field
Converter = Callable[[Column], Column]


def model_field(model: type[Model], name: str) -> AnyField:
    field = model._meta.get_field(name)
    assert isinstance(field, Field)
    return field


def quoted(field: AnyField) -> str:
    """The name of its column, for a statement."""
    assert field.column is not None
    return connection.ops.quote_name(field.column)


def on_conflict(fields: Sequence[AnyField], key: Sequence[AnyField], kept: Sequence[str]) -> str:
    """What becomes of a row whose ``key`` is there: it gets the values of ``fields``, but for those in ``kept``."""
    unique = [quoted(field) for field in key]
    columns = [quoted(field) for field in fields if field.name not in kept]
    changes = ", ".join(f"{column} = excluded.{column}" for column in columns if column not in unique)
    return f"ON CONFLICT ({', '.join(unique)}) DO " + (f"UPDATE SET {changes}" if changes else "NOTHING")


def converters(fields: Sequence[AnyField]) -> list[Converter | None]:
    """For each column; None where the database takes its values as they are, if all are taken so: no list."""
    found = [_converter(field) for field in fields]
    return found if any(found) else []


def converted(wanted: Sequence[Converter | None], rows: Collection[Row]) -> list[Row]:
    """The rows with the values in the types that the database has, by the `converters` of their columns."""
    if not (wanted and rows):
        return list(rows)
    columns = zip(wanted, zip(*rows, strict=True), strict=True)
    return list(zip(*[convert(column) if convert else column for convert, column in columns], strict=True))


def _converter(field: AnyField) -> Converter | None:
    target = field.target_field if isinstance(field, ForeignKey) else field
    if isinstance(target, DateTimeField):
        return None if connection.vendor == "postgresql" else _as_texts
    if isinstance(target, UUIDField):
        return partial(_each_once, target)
    if isinstance(target, TranslatableField):  # equal ones may have been made in different ways
        return lambda column: [value and target.get_db_prep_save(value, connection) for value in column]
    if isinstance(target, JSONField):
        return lambda column: [None if value is None else json.dumps(value, cls=target.encoder) for value in column]
    return None


def _as_texts(column: Sequence[datetime | None]) -> Column:
    """As Django writes times to SQLite, without its layers for each."""
    zone = connection.timezone
    return [time and str(time.astimezone(zone).replace(tzinfo=None)) for time in column]


def _each_once(field: AnyField, column: Column) -> Column:
    """Ids of a few jobs, in many rows."""
    made = {value: field.get_db_prep_save(value, connection) for value in set(column)}
    return [made[value] for value in column]


def arrays(fields: Sequence[AnyField]) -> str:
    """Parameters for rows that are given as one array a column: the same for any number of rows."""
    return ", ".join(f"%s::{field.db_type(connection)}[]" for field in fields)


def turned(rows: Collection[Row]) -> list[list[Any]]:
    """The columns of the rows."""
    return [list(column) for column in zip(*rows, strict=True)]
