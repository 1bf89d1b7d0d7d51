"""`manage.py prepare`: all that has to be done before a start; safe to do every time."""

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Check the settings, bring the database up to date and collect the static files."

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("check", databases=["default"])
        call_command("migrate", interactive=False, verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        if not get_user_model().objects.exists():
            self.stderr.write("Nobody can log in yet: make a first user with `make admin`.")
