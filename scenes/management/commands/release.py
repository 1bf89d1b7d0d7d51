"""`manage.py release`: let what is quarantined or failed be tried again."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs.errors import BadRequest
from jobs.management import SETTINGS
from scenes import releasing
from scenes.models import Download
from scenes.models.downloads import BEFORE_FIRST_RUN

# What is counted, and the option's help.
WHAT = {
    "download": ("downloads", "Id of a download, as in the admin."),
    "file": ("files", "Id of a file of a download."),
    "scene": ("failures of scenes", "Stash's id of a scene."),
    "change": ("changes", "Id of a change that Stash refused."),
}


class Command(BaseCommand):
    help = "Release what failed or is quarantined; the next run tries it again. Without ids: all of it."
    requires_system_checks = [SETTINGS]

    def add_arguments(self, parser: CommandParser) -> None:
        for name, (_, text) in WHAT.items():
            parser.add_argument(f"--{name}", type=int, action="append", help=text)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            chosen = {
                name: releasing.rows_of(model, options[name] or []) for name, model in releasing.NAMED_MODELS.items()
            }
        except BadRequest as error:
            raise CommandError(str(error)) from error
        if not any(options[name] for name in WHAT):
            # Files go with their downloads, changes with their scenes.
            everything = ("download", "scene")
            chosen |= {name: releasing.NAMED_MODELS[name]._default_manager.all() for name in everything}
            # Whoever wants one of those that were there before the first run names it.
            chosen["download"] = Download.objects.exclude(code=BEFORE_FIRST_RUN)
        counts = [f"{releasing.release(rows)} {WHAT[name][0]}" for name, rows in chosen.items()]
        self.stdout.write(f"Released {', '.join(counts)}.")
