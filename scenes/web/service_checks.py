"""What is asked of each service, folder and disk, to find out how it is: in a thread, so without a database."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext

from jobs.errors import JobError
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import joined
from jobs.texts.words import counted
from jobs.waiting import Waiter
from scenes import services
from scenes.analysis.tagger.models import remember
from scenes.checks import unusable_library, unusable_mappings
from scenes.clients.base import Limits
from scenes.configuration import Configuration
from scenes.probes import space

LIMITS = Limits(connect=2.0, read=2.0, total=2.0, size=1024 * 1024)
LOW = "disk_low"  # the code of what is no failure yet

if TYPE_CHECKING:
    from scenes.clients.tagger.models import Model

Answer = Callable[[], str]  # what is said of it in the language of whoever reads it, which no other thread knows


def ask_mappings(config: Configuration) -> Answer:
    if wrong := unusable_mappings(config):
        raise JobError("mapping_away", joined(" ", [wrong[0].msg, wrong[0].hint or ""]))
    count = len(config.path_map.mappings)
    return lambda: gettext("Path mapping: {folders} there.").format(folders=counted(count, "folder"))


def ask_destinations(config: Configuration) -> Answer:
    wrong = unusable_library(config)
    if wrong:
        raise JobError("destination_away", joined(" ", [wrong[0].msg, wrong[0].hint or ""]))
    count = len(config.destinations.all)
    return lambda: gettext("Destinations: {folders} can be written to.").format(folders=counted(count, "folder"))


def ask_disks(config: Configuration) -> Answer:
    """Which has least room."""
    rooms = []
    for folder in {Path(settings.DATA_DIR), *(destination.folder for destination in config.destinations.all)}:
        with contextlib.suppress(OSError):  # that it is away, its destination says
            usage = shutil.disk_usage(folder)
            rooms.append((usage.free, usage.total, str(folder)))
    free, total, where = min(rooms, default=(0, 0, ""))
    if space.is_low(free, total):
        room = space.room(free, total)
        raise JobError(LOW, _("{room} free at {where}. Make room, or use another disk.", room=room, where=where))
    return lambda: gettext("Disk: {room} free.").format(room=filesizeformat(free))


def ask_stash(config: Configuration) -> None:
    with closing(services.stash(Waiter(), config, read=LIMITS)) as client:
        client.check_set_up()


def ask_qbittorrent(config: Configuration) -> None:
    with closing(services.qbittorrent(Waiter(), config, read=LIMITS)) as client:
        client.check_there()


def ask_tagger(config: Configuration) -> dict[str, list[Model] | None]:
    """By address: also which models it has, for `learn`. Raises JobError for the first that is not as it should be."""
    found: dict[str, list[Model] | None] = {}
    for url, client in services.taggers(Waiter(), config, read=LIMITS).items():
        with closing(client):
            client.check_there()
            client.ready()
            found[url] = client.models()
    return found


def learn(asked: Future[Any] | None) -> None:
    """Keep which models the taggers said that they have: what is outdated is counted by them."""
    if asked is not None and asked.done() and asked.exception() is None:
        for url, models in asked.result().items():
            remember(url, models)
