"""Queries that are asked again and again, whose SQL is made once.

For a query that an index answers, Django takes several times as long to write the SQL as the database to answer it,
and PostgreSQL several times as long to plan it, which it does once for a `prepared_cursor`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import copy
from functools import cached_property, partial
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.backends.utils import CursorWrapper
from django.db.models import Case, Field, Q, QuerySet, Value, When
from django.db.models.query import FlatValuesListIterable, ValuesListIterable
from django.db.models.sql import UpdateQuery
from django.db.models.sql.compiler import SQLCompiler

Row = TypeVar("Row")
Rows = TypeVar("Rows", bound=QuerySet[Any, Any])


class Given(Value):
    """The place of a value in a `Compiled` query, which is given by this name when it is asked."""

    def __init__(self, name: str, output_field: Field[Any, Any]):
        super().__init__(name, output_field)

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, Any]:
        return "%s", [self]

    def among(self, values: dict[str, Any]) -> Any:
        """Its value, as the database takes it."""
        return self._prepared(values[self.value])

    def _prepared(self, value: Any) -> Any:
        field: Any = self.output_field
        return field.get_db_prep_value(value, connection=connection)


class AnyOf(Given):
    """The place of values of which there may be any number, for ``__in``: one parameter holds them all."""

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, Any]:
        arrays = connection.vendor == "postgresql"
        each = f"unnest(%s::{self.output_field.db_type(connection)}[])" if arrays else "value FROM json_each(%s)"
        return f"(SELECT {each})", [self]

    def among(self, values: dict[str, Any]) -> Any:
        prepared = [self._prepared(value) for value in values[self.value]]
        return prepared if connection.vendor == "postgresql" else json.dumps(prepared)


def _cursor(using: str, params: tuple[Any, ...]) -> CursorWrapper:
    # How many values there are decides on the plan.
    by_number = any(isinstance(param, AnyOf) for param in params)
    return connections[using].cursor() if by_number else prepared_cursor(using)


def prepared_cursor(using: str = DEFAULT_DB_ALIAS) -> CursorWrapper:
    """One whose statements PostgreSQL keeps with their plans, where the database's OPTIONS have a `prepare_threshold`.

    They are given their values as parameters then, which Django's own cursors write into the text.
    """
    database = connections[using]
    if database.vendor != "postgresql" or database.queries_logged:  # a log shows the values, too
        return database.cursor()
    from django.db.backends.postgresql.base import ServerBindingCursor

    database.ensure_connection()
    kept = database.connection
    usual, kept.cursor_factory = kept.cursor_factory, ServerBindingCursor
    try:
        return database.cursor()
    finally:
        kept.cursor_factory = usual


def narrowed(rows: Rows, *conditions: Q, **columns: Any) -> Rows:
    """Those of the ``rows`` that also fit these, by the index that finds the rows.

    It is a CASE: of a list of conditions databases take one for a reason to read another index, or the whole table.
    """
    fitting: Rows = rows.alias(fits=Case(When(Q(*conditions, **columns), then=1), default=0)).filter(fits=1)
    return fitting


class Compiled(Generic[Row]):
    """The rows of a queryset, of any kind that can be iterated, each time as they are now.

    ``make`` is called once, at the first question: what differs from one to the next is a `Given` in it.
    """

    def __init__(self, make: Callable[[], QuerySet[Any, Row]]):
        self.make = make

    @cached_property
    def _made(self) -> tuple[QuerySet[Any, Row], SQLCompiler, str, tuple[Any, ...]]:
        queryset = self.make()
        compiler = queryset.query.get_compiler(queryset.db)
        sql, params = compiler.as_sql()
        compiler.connection = None  # of the thread that asked first, whose end is to close it
        return queryset, compiler, sql, tuple(params)

    def __call__(self, **given: Any) -> list[Row]:
        queryset, compiler, sql, params = self._made
        with _cursor(queryset.db, params) as cursor:
            cursor.execute(sql, _filled(params, given))
            rows = list(cursor.fetchall())
        # A connection is of one thread; all else that the compiler knows of the query stays as it is.
        ours: Any = copy(compiler)
        ours.connection, ours.execute_sql = connections[queryset.db], lambda *_, **__: [rows]
        ours.get_converters = partial(self._converters, ours)
        if queryset._iterable_class is ValuesListIterable:
            return list(ours.results_iter(tuple_expected=True))
        if queryset._iterable_class is FlatValuesListIterable:
            return [row[0] for row in ours.results_iter()]
        asked: Any = queryset.all()
        asked.query.get_compiler = lambda *_, **__: ours
        return list(asked)

    def _converters(self, compiler: SQLCompiler, columns: list[Any]) -> Any:
        """Kept by the connection, since they are of it: to ask each column takes longer than a row."""
        kept = vars(compiler.connection).setdefault("converters_of_compiled", {})
        if self not in kept:
            kept[self] = SQLCompiler.get_converters(compiler, columns)
        return kept[self]


class CompiledUpdate:
    """An UPDATE of the rows of a queryset, likewise: ``make`` gives these and the columns. Returns how many it were."""

    def __init__(self, make: Callable[[], tuple[QuerySet[Any, Any], dict[str, Any]]]):
        self.make = make

    @cached_property
    def _made(self) -> tuple[str, tuple[Any, ...]]:
        queryset, columns = self.make()
        query: Any = queryset.order_by().query.chain(UpdateQuery)
        query.add_update_values(columns)
        sql, params = query.get_compiler(queryset.db).as_sql()
        return sql, tuple(params)

    def __call__(self, **given: Any) -> int:
        sql, params = self._made
        with _cursor(DEFAULT_DB_ALIAS, params) as cursor:
            cursor.execute(sql, _filled(params, given))
            count: int = cursor.rowcount
            return count


def _filled(params: tuple[Any, ...], given: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(param.among(given) if isinstance(param, Given) else param for param in params)
