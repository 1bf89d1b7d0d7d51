"""`manage.py createtoken USER`: an API token, printed once."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs.management import SETTINGS
from jobs.web import tokens


class Command(BaseCommand):
    help = "Make an API token for a user and print it. It is shown this once; only its digest is kept."
    requires_system_checks = [SETTINGS]

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", help="The user name.")
        parser.add_argument("--label", default="", help="What the token is for.")

    def handle(self, *args: Any, user: str, label: str, **options: Any) -> None:
        users = get_user_model().objects
        found = users.filter(**{get_user_model().USERNAME_FIELD: user}).first()
        if found is None:
            raise CommandError(f"There is no user {user!r}. Make one with `manage.py createsuperuser`.")
        if not found.is_active:
            raise CommandError(f"The user {user!r} is not active, so a token would not let anyone in.")
        self.stdout.write(tokens.create(found, label))
