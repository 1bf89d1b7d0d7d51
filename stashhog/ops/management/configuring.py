"""What the commands have in common that show and change what a person chose."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from jobs.errors import BadRequest
from jobs.worker.execution import database_away


class ConfiguringCommand(BaseCommand):
    """``manage.py NAME ACTION …`` is done by the method ``do_ACTION``."""

    requires_system_checks: list[str] = []  # it is what to put right what they complain of with

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        try:
            getattr(self, f"do_{action}")(**options)
        except BadRequest as error:
            raise CommandError(str(error)) from error
        except DatabaseError as error:
            raise CommandError(f"{database_away(error).message} `manage.py prepare` makes its tables.") from error
