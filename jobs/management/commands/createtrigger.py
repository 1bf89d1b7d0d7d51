"""`manage.py createtrigger USER`: the line by which a program outside starts a job, with a token for that alone."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs.conf import conf
from jobs.management import SETTINGS
from jobs.models import Purpose, Scope
from jobs.permissions import START, allowed
from jobs.scheduling.triggering import command_lines
from jobs.web import tokens


class Command(BaseCommand):
    help = (
        "Make a token that can do no more than trigger a job, and print the command line for it. "
        "It is shown this once; only its digest is kept."
    )
    requires_system_checks = [SETTINGS]

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", help="The user name; whose jobs these are: it needs the permission to start jobs.")
        parser.add_argument("--url", default=conf.site_url, help="The address by which the program reaches this site.")
        parser.add_argument("--label", default="Trigger", help="What the token is for.")

    def handle(self, *args: Any, user: str, url: str, label: str, **options: Any) -> None:
        users = get_user_model().objects
        found = users.filter(**{get_user_model().USERNAME_FIELD: user}, is_active=True).first()
        if found is None or not allowed(found, START):
            raise CommandError(f"There is no active user {user!r} who may start jobs.")
        if not url.startswith(("http://", "https://")) or any(sign in url for sign in " \"'%\n"):
            raise CommandError("Give --url as an address such as http://nas:8000, without spaces, quotes and %.")
        if len(label) > 100:
            raise CommandError("The label is longer than 100 characters.")
        token = tokens.create(found, label, scope=Scope.RUN, purpose=Purpose.TRIGGER)
        for happened, line in command_lines(url, token):
            self.stderr.write(f"{happened}:")
            self.stdout.write(line)
