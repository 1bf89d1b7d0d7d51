"""Keys that Stash gave."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    BigIntegerField = models.BigIntegerField[int, int]
else:
    BigIntegerField = models.BigIntegerField


class StashIdField(BigIntegerField):
    """An id of Stash's as the primary key.

    SQLite: the number of the row itself, in place of an index beside it. An `integer` is that, a `bigint` is not,
    though both hold the same numbers.
    """

    def db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        return "integer" if connection.vendor == "sqlite" else super().db_type(connection)
