"""`manage.py release`: let what is quarantined or failed be tried anew."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs.errors import BadRequest
from scenes import releasing
from scenes.models import Download, PlacedFile, Scene


class Command(BaseCommand):
    help = "Release what failed or is quarantined; the next run tries it anew. Without ids: all of it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--download", type=int, action="append", help="Id of a download, as in the admin.")
        parser.add_argument("--file", type=int, action="append", help="Id of one of its files.")
        parser.add_argument("--scene", type=int, action="append", help="Stash's id of a scene.")

    def handle(self, *args: Any, **options: Any) -> None:
        everything = not (options["download"] or options["file"] or options["scene"])
        try:
            downloads = releasing.rows_of(Download, options["download"] or [])
            files = releasing.rows_of(PlacedFile, options["file"] or [])
            scenes = releasing.rows_of(Scene, options["scene"] or [])
        except BadRequest as error:
            raise CommandError(str(error)) from error
        # The files of all downloads go with them.
        released = releasing.release_downloads(Download.objects.all() if everything else downloads)
        single = releasing.release_files(files)
        failures = releasing.release_scenes(Scene.objects.all() if everything else scenes)
        self.stdout.write(f"Released {released} downloads, {single} files, and {failures} failures of scenes.")
