"""`manage.py settings`: show and change the settings."""

from __future__ import annotations

import getpass
import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from jobs.errors import BadRequest
from jobs.worker.execution import database_away
from scenes.configuration import GROUPS, Effective, state
from scenes.configuration.declaring import LONGEST
from scenes.configuration.saving import find, save

FROM_STDIN = "-"


class Command(BaseCommand):
    help = "Show and change the settings. What an environment variable sets is changed there."
    requires_system_checks: list[str] = []  # it is what to put right what they complain of with

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        listing = actions.add_parser("list", help="All settings: value, and where it is from.")
        listing.add_argument("--json", action="store_true", help="As JSON on stdout.")
        setting = actions.add_parser("set", help="Store a value.")
        setting.add_argument("key", help="As `settings list` names it, or its variable.")
        setting.add_argument("value", help="The value; - asks for it, or reads it from stdin. A secret takes - only.")
        unsetting = actions.add_parser("unset", help="Back to the default.")
        unsetting.add_argument("key")

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        try:
            getattr(self, f"do_{action}")(**options)
        except BadRequest as error:
            raise CommandError(str(error)) from error
        except DatabaseError as error:
            raise CommandError(f"{database_away(error).message} `manage.py prepare` makes its tables.") from error

    def do_list(self, *, json: bool, **options: Any) -> None:
        settings = state().settings.values()
        if json:
            self.stdout.write(as_json([one.described() for one in settings]))
            return
        for group, name in GROUPS.items():
            self.stdout.write(self.style.MIGRATE_HEADING(name))
            for one in settings:
                if one.declaration.group == group:
                    self.stdout.write(line_of(one))

    def do_set(self, *, key: str, value: str, **options: Any) -> None:
        one = find(key)
        if value == FROM_STDIN:
            # Not a moment on a command line or on a screen.
            value = getpass.getpass(f"{one.label}: ") if sys.stdin.isatty() else sys.stdin.read(LONGEST + 2)
        elif one.is_secret:
            raise CommandError(
                f"A secret on a command line is there for everybody to see. `settings set {one.key} -` asks for it, or "
                "reads it from stdin."
            )
        if not value.strip():
            raise CommandError(f"No value was given; `settings unset {one.key}` puts it back to its default.")
        self.tell(save({one.key: value.rstrip("\r\n")}), f"{one.key} is set.")

    def do_unset(self, *, key: str, **options: Any) -> None:
        one = find(key)
        self.tell(save({one.key: None}), f"{one.key} is back to its default.")

    def tell(self, changed: list[str], text: str) -> None:
        self.stdout.write(text if changed else "Nothing was changed.")


def as_json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def line_of(one: Effective) -> str:
    """``link_mode = copy (from the database)``."""
    value = "(is set)" if one.declaration.is_secret and one.is_set else one.shown or "–"
    return "\n    ".join(filter(None, [f"  {one.declaration.key} = {value} ({one.said_source})", one.problem]))
