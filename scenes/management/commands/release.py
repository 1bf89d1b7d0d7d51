"""`manage.py release`: let what is quarantined or failed be tried anew."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from scenes import releasing
from scenes.models import Download, Scene


class Command(BaseCommand):
    help = "Release what failed or is quarantined; the next run tries it anew. Without ids: all of it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--download", type=int, action="append", help="Id of a download, as in the admin.")
        parser.add_argument("--scene", type=int, action="append", help="Stash's id of a scene.")

    def handle(self, *args: Any, **options: Any) -> None:
        downloads, scenes = options["download"], options["scene"]
        everything = not downloads and not scenes
        chosen = Download.objects.all() if everything else Download.objects.filter(pk__in=downloads or [])
        released = releasing.release_downloads(chosen)
        wanted = Scene.objects.all() if everything else Scene.objects.filter(pk__in=scenes or [])
        failures = releasing.release_scenes(wanted)
        self.stdout.write(f"Released {released} downloads, and {failures} failures of scenes.")
