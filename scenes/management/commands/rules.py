"""`manage.py rules`: list, import and export the rules per tag, and try them on what the tagger saw."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs.errors import BadRequest
from jobs.texts.words import printable
from scenes.models import TagRule
from scenes.rules.columns import READ, written
from scenes.rules.csv_files import MAX_BYTES, BadFile, read, write
from scenes.rules.importing import planned, take_over

STDIN = "-"


class Command(BaseCommand):
    help = "The rules per tag: what becomes of the tags that the video tagger sees."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        listing = actions.add_parser("list", help="All rules; what one leaves open is as in the default rule.")
        listing.add_argument("--json", action="store_true", help="As JSON on stdout.")
        taking = actions.add_parser("import", help="Take over a CSV, all of it or, if anything is wrong, nothing.")
        taking.add_argument("file", help="The CSV; - reads stdin.")
        taking.add_argument("--replace", action="store_true", help="Delete the rules that it does not have.")
        taking.add_argument("--dry-run", action="store_true", help="Only say what it would change.")
        giving = actions.add_parser("export", help="Write all rules as CSV.")
        giving.add_argument("file", nargs="?", default=STDIN, help="Where to; stdout by default.")
        trying = actions.add_parser("try", help="What would change in scenes, by what the tagger saw in them.")
        trying.add_argument("--csv", default="", help="With this table taken over, which it is not; - reads stdin.")
        trying.add_argument("--replace", action="store_true", help="With that table in place of all other rules.")
        trying.add_argument("--scene", type=int, action="append", default=[], metavar="ID", help="One each time.")
        trying.add_argument("--max-scenes", type=int, default=None, metavar="N", help="At most so many, newest first.")
        trying.add_argument("--json", action="store_true", help="As JSON on stdout.")

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        try:
            getattr(self, f"do_{action}")(**options)
        except (BadFile, BadRequest) as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}.") from error

    def do_list(self, *, json: bool, **options: Any) -> None:
        rules = TagRule.objects.all()
        if json:
            self.stdout.write(as_json(list(rules.values(*READ))))
            return
        for rule in rules:
            given = [f"{name} {text}" for name in list(READ)[1:] if (text := written(getattr(rule, name)))]
            self.stdout.write(printable(f"{rule}: {', '.join(given) or 'as the default rule'}"))

    def do_import(self, *, file: str, replace: bool, dry_run: bool, **options: Any) -> None:
        table = read(content_of(file))
        result = planned(table, replace=replace) if dry_run else take_over(table, replace=replace)
        for rule, differences in result.changed:
            self.stdout.write(printable(f"{rule.tag_name}: {', '.join(differences)}"))
        for note in result.notes:
            self.stdout.write(printable(note))
        self.stdout.write(f"{result.summary}{' Nothing was changed.' if dry_run else ''}")

    def do_export(self, *, file: str, **options: Any) -> None:
        text = write(TagRule.objects.all())
        if file == STDIN:
            self.stdout.write(text, ending="")
        else:
            Path(file).write_text(text, encoding="utf-8", newline="")

    def do_try(
        self, *, csv: str, replace: bool, scene: list[int], max_scenes: int | None, json: bool, **options: Any
    ) -> None:
        from scenes.rules.trying import rules_with, trial

        rules = rules_with(read(content_of(csv)), replace=replace) if csv else None
        result = trial(rules, scene, max_scenes)
        if json:
            self.stdout.write(as_json(result.described()))
            return
        for line in result.lines():
            self.stdout.write(printable(line))


def content_of(file: str) -> bytes:
    """At most a little more than a table of rules may have."""
    if file == STDIN:
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    with Path(file).open("rb") as opened:
        return opened.read(MAX_BYTES + 1)


def as_json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
