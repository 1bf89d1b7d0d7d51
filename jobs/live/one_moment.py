"""Reading the database as it is at one moment, with however many queries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction


@contextmanager
def one_moment() -> Iterator[None]:
    """What is read within is as it was at the first query, whatever others commit meanwhile. For reads only."""
    if connection.in_atomic_block:
        yield
        return
    with begins_with_a_read(), transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


@contextmanager
def begins_with_a_read() -> Iterator[None]:
    """On SQLite: transactions of this thread that do not wait for those who write, nor make them wait."""
    connection.ensure_connection()  # which sets the mode that is changed here
    ours: Any = connection
    before = getattr(ours, "transaction_mode", None)
    if before is not None:
        ours.transaction_mode = "DEFERRED"
    try:
        yield
    finally:
        if before is not None:
            ours.transaction_mode = before
