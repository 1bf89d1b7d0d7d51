"""`manage.py createuser NAME --role operator`: somebody who may log in."""

from __future__ import annotations

import getpass
import sys
from typing import Any

from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import IntegrityError, transaction

from jobs.management import SETTINGS
from stashhog.accounts.roles import ROLES, set_role

TRIES = 3  # to type a password twice


class Command(BaseCommand):
    help = "Make a user with a role. The password is asked for on a terminal, or read from stdin."
    requires_system_checks = [SETTINGS]

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="The user name.")
        parser.add_argument("--role", choices=list(ROLES), required=True, help="What the user may do.")
        parser.add_argument("--email", default="")
        parser.add_argument("--password-stdin", action="store_true", help="Read the password from stdin, one line.")

    def handle(
        self, *args: Any, name: str, role: str, email: str = "", password_stdin: bool = False, **options: Any
    ) -> None:
        user = User(username=name, email=email, is_staff=True)
        user.set_unusable_password()
        try:
            user.full_clean()
            if password := self.new_password(user, password_stdin):
                user.set_password(password)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        try:
            with transaction.atomic():
                user.save()
                set_role(user, role)
        except IntegrityError:  # somebody was quicker, after it was looked at
            raise CommandError(f"There is a user {name!r} already.") from None
        self.stdout.write(f"{name} was made, with the role {role}.")
        if not password:
            self.stdout.write(f"{name} can't log in before there is a password: `manage.py changepassword {name}`.")

    def new_password(self, user: User, from_stdin: bool) -> str:
        """Read from stdin or asked for; empty where nobody can be asked.

        Raises ValidationError for one that is easily guessed.
        """
        if from_stdin:
            password = sys.stdin.readline().rstrip("\r\n")
            if not password:
                raise CommandError("There was no password on stdin.")
            validate_password(password, user)
            return password
        if not sys.stdin.isatty():
            return ""
        for _ in range(TRIES):
            password = getpass.getpass()
            if password == getpass.getpass("Password (again): "):
                validate_password(password, user)
                return password
            self.stderr.write("The two were not the same.")
        raise CommandError("No user was made.")
