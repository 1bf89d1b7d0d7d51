"""`manage.py createtoken USER`: an API token, printed once."""

from __future__ import annotations

from argparse import ArgumentTypeError
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from jobs.management import SETTINGS
from jobs.models import ApiToken, Purpose, Scope
from jobs.web import tokens

MAX_DAYS = 3650


class Command(BaseCommand):
    help = "Make an API token for a user and print it. It is shown this once; only its digest is kept."
    requires_system_checks = [SETTINGS]

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", help="The user name.")
        parser.add_argument("--label", default="", help="What the token is for.")
        parser.add_argument(
            "--scope", choices=Scope.values, default=Scope.RUN, help="How far it goes; never farther than its user."
        )
        parser.add_argument(
            "--purpose",
            choices=Purpose.values,
            default=Purpose.ALL,
            help="What it is for; for anything but all of it, it opens nothing else.",
        )
        parser.add_argument(
            "--expires", type=days, metavar="DAYS", help="Days that it is valid; without this, for ever."
        )

    def handle(
        self,
        *args: Any,
        user: str,
        label: str,
        scope: str,
        purpose: str = Purpose.ALL,
        expires: timedelta | None = None,
        **options: Any,
    ) -> None:
        users = get_user_model().objects
        found = users.filter(**{get_user_model().USERNAME_FIELD: user}).first()
        if found is None:
            raise CommandError(f"There is no user {user!r}. Make one with `manage.py createuser`.")
        if len(label) > (longest := ApiToken._meta.get_field("label").max_length or 0):
            raise CommandError(f"The label is longer than {longest} characters.")
        if not found.is_active:
            raise CommandError(f"The user {user!r} is not active, so a token would not let anyone in.")
        expires_at = timezone.now() + expires if expires else None
        self.stdout.write(tokens.create(found, label, scope=scope, expires_at=expires_at, purpose=purpose))


def days(text: str) -> timedelta:
    """A whole number of days from 1 to MAX_DAYS."""
    if not text.isdecimal() or not 1 <= int(text[:10]) <= MAX_DAYS:
        raise ArgumentTypeError(f"give the days as a whole number from 1 to {MAX_DAYS}.")
    return timedelta(days=int(text))
