"""`manage.py makemigrations`: Django's, whose initial migrations of ours take half as long to be applied."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.management.commands import makemigrations
from django.db.migrations import AddConstraint, AddField, AddIndex, CreateModel
from django.db.migrations.operations.base import Operation


class Command(makemigrations.Command):
    def write_migration_files(self, changes: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        for migration in (migration for migrations in changes.values() for migration in migrations):
            migration.operations = merged(migration.operations)
        super().write_migration_files(changes, *args, **kwargs)


def merged(operations: Sequence[Operation]) -> list[Operation]:
    """A table with its indexes and constraints at once: Django makes all models again for each that comes afterwards.

    Its own optimizer stops at the first table in between that refers to this one. What needs a column that comes
    later stays where it is.
    """
    tables: dict[str, CreateModel] = {}
    later = [
        (operation.model_name_lower, operation.name) for operation in operations if isinstance(operation, AddField)
    ]
    kept: list[Operation] = []
    for operation in operations:
        if isinstance(operation, CreateModel):
            tables[operation.name_lower] = operation
        elif isinstance(operation, AddIndex | AddConstraint) and (table := tables.get(operation.model_name_lower)):
            added = operation.index if isinstance(operation, AddIndex) else operation.constraint
            if not any(f"'{name}'" in str(added.deconstruct()) for model, name in later if model == table.name_lower):
                table.options.setdefault("indexes" if isinstance(operation, AddIndex) else "constraints", []).append(
                    added
                )
                continue
        kept.append(operation)
    return kept
