"""`manage.py release`: let what is quarantined or failed be tried again."""

from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs.errors import BadRequest
from jobs.management import SETTINGS
from scenes import releasing
from scenes.models import Change, Download, PlacedFile, Scene

# Option: the rows that it names, how they are released, what is counted, and its help.
WHAT: dict[str, tuple[Any, Callable[[Any], int], str, str]] = {
    "download": (Download, releasing.release_downloads, "downloads", "Id of a download, as in the admin."),
    "file": (PlacedFile, releasing.release_files, "files", "Id of a file of a download."),
    "scene": (Scene, releasing.release_scenes, "failures of scenes", "Stash's id of a scene."),
    "change": (Change, releasing.release_changes, "changes", "Id of a change that Stash refused."),
}


class Command(BaseCommand):
    help = "Release what failed or is quarantined; the next run tries it again. Without ids: all of it."
    requires_system_checks = [SETTINGS]

    def add_arguments(self, parser: CommandParser) -> None:
        for name, (*_, text) in WHAT.items():
            parser.add_argument(f"--{name}", type=int, action="append", help=text)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            chosen = {name: releasing.rows_of(model, options[name] or []) for name, (model, *_) in WHAT.items()}
        except BadRequest as error:
            raise CommandError(str(error)) from error
        if not any(options[name] for name in WHAT):
            # Files go with their downloads, changes with their scenes.
            chosen |= {"download": Download.objects.all(), "scene": Scene.objects.all()}
        said = [f"{release(chosen[name])} {counted}" for name, (_, release, counted, _) in WHAT.items()]
        self.stdout.write(f"Released {', '.join(said)}.")
