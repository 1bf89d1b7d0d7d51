"""What this installation is made of: its workers, its versions, its backups."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version

import django
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from jobs.engine import worker_alive
from jobs.models import Supervisor
from jobs.permissions import only_with
from scenes.permissions import VIEW_SETTINGS
from stashhog import __version__
from stashhog.ops.backups.files import in_folder

PACKAGES = ("django-q2", "channels", "daphne", "django-ninja")
MOST_BACKUPS = 20  # shown


@dataclass(frozen=True)
class Backup:
    name: str
    size: int
    made_at: datetime


@require_safe
@only_with(VIEW_SETTINGS)
def system(request: HttpRequest) -> HttpResponse:
    context = {
        "workers": Supervisor.objects.all(),
        "worker_alive": worker_alive(),
        "versions": versions(),
        "backups": backups(),
        "backups_folder": settings.BACKUPS_DIR,
    }
    return render(request, "system.html", context)


def versions() -> dict[str, str]:
    return {
        "StashHog": __version__,
        "Python": platform.python_version(),
        "Django": django.get_version(),
        connection.display_name: ".".join(map(str, connection.get_database_version())),
        **{name: version(name) for name in PACKAGES},
    }


def backups() -> list[Backup]:
    """The newest, at most MOST_BACKUPS; none where their folder can't be read."""
    try:
        paths = sorted(in_folder(), key=lambda path: path.name, reverse=True)[:MOST_BACKUPS]
        stats = [(path.name, path.stat()) for path in paths]
    except OSError:
        return []
    return [Backup(name, stat.st_size, datetime.fromtimestamp(stat.st_mtime, UTC)) for name, stat in stats]
