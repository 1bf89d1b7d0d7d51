"""What qBittorrent has for the next run, asked when somebody looks, and at most every FRESH seconds for all of them."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from jobs.errors import JobError
from jobs.texts.translatable import Translatable, translated
from jobs.texts.words import counted
from scenes import configuration
from scenes.configuration import Configuration
from scenes.downloads.torrents.filtering import passes
from scenes.first_run.looking import finished_torrents
from scenes.models import HANDLED, Download
from scenes.pieces import pieces

FRESH = 15.0  # seconds
SHOWN = 5  # names


@dataclass(frozen=True)
class Waiting:
    """Finished torrents that no run has handled yet. ``problem``: why nobody can say."""

    names: list[str] = field(default_factory=list)
    problem: str = ""

    @property
    def sentence(self) -> str:
        if self.problem:
            return translated(self.problem)
        count = len(self.names)
        return (
            _("{things} in qBittorrent for the next run.").format(things=counted(count, "finished torrent"))
            if count
            else _("Nothing finished waits in qBittorrent.")
        )

    @property
    def shown(self) -> list[str]:
        return self.names[:SHOWN]


class SharedAnswer:
    """Of qBittorrent: one request asks, and the others wait for the same answer."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answer, self._asked_at, self._config = Waiting(), -FRESH, None

    def waiting(self) -> Waiting:
        config = configuration.current()
        with self._lock:
            if self._config is not config or time.monotonic() - self._asked_at > FRESH:
                self._answer, self._config = ask(config), config  # type: ignore[assignment]
                self._asked_at = time.monotonic()
            return self._answer


def ask(config: Configuration) -> Waiting:
    """Takes as long as qBittorrent does, within bounds."""
    if not config.qbittorrent_url:
        return Waiting(problem=Translatable(gettext_noop("No qBittorrent is set, so nothing can wait there.")))
    try:
        wanted = {torrent.hash: torrent.name for torrent in finished_torrents(config) if passes(torrent, config)}
    except JobError as error:
        return Waiting(problem=error.message)
    handled: set[str] = set()
    for hashes in pieces(wanted):
        rows = Download.objects.filter(hash__in=hashes, outcome__in=HANDLED)
        handled.update(rows.values_list("hash", flat=True))
    return Waiting([name for hash, name in wanted.items() if hash not in handled])


asker = SharedAnswer()
