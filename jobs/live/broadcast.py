"""The broadcaster: one task per web process that reads each changed job once and sends it to every page that shows it.

It runs on daphne's event loop while somebody watches. What it sends may be lost on the way, so every SWEEP_INTERVAL it
sends the versions of what is watched, and consumers that are behind read for themselves (`jobs.live.consumers`).
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

import psycopg
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.db import Error as DatabaseError
from django.db.models import Q, UUIDField
from django.db.models.functions import Coalesce
from django.template.loader import render_to_string
from django.utils import timezone
from pydantic_core import to_json

from jobs.live.change_listener import ChangeListener, change_listener, pause
from jobs.models import ACTIVE, Job
from jobs.permissions import ON_CARDS, as_perms
from jobs.web.cards import Card, card_of
from jobs.web.schemas import JobState, ListedJob
from jobs.web.snapshot import Snapshot, load, versions_of

COALESCE_INTERVAL = 0.1  # seconds between two reads: a burst of commits is one update
LOOK_BACK = timedelta(seconds=10)  # how far back changes are read: longer than a transaction takes to commit
SWEEP_INTERVAL = 15.0  # seconds between two sweeps
SWEEP_WINDOW = timedelta(minutes=10)
LONGEST_BACKOFF = 10.0  # seconds
LIST = "jobs"  # the group of all lists
AWAY = (DatabaseError, psycopg.Error, sqlite3.Error, OSError)

logger = logging.getLogger(__name__)


class Audience(NamedTuple):
    """Viewers who are sent the same: they watch one run and hold the same permissions, so see the same buttons.

    ``root_id`` None: the list of jobs, whose rows have no buttons. ``held`` None: those who read events, and only want
    to know when.
    """

    root_id: uuid.UUID | None
    held: frozenset[str] | None = frozenset()

    @property
    def group(self) -> str:
        """Their group in the channel layer."""
        if self.root_id is None:
            return LIST
        return ".".join(["job", str(self.root_id), *(["events"] if self.held is None else sorted(self.held))])


LISTS = Audience(None)


def group_of(root_id: uuid.UUID, held: frozenset[str] = ON_CARDS) -> str:
    """The channel layer's group of those who watch a run and hold these permissions."""
    return Audience(root_id, held).group


@dataclass(frozen=True)
class Update:
    """A changed job, rendered for the lists and for each audience of its page. Empty: nobody watches."""

    root_id: uuid.UUID
    version: int
    job: Job
    row: str
    cards: dict[Audience, str]


class Broadcaster:
    """Counts the viewers of each audience; runs while there are any."""

    def __init__(self) -> None:
        self.watched: Counter[Audience] = Counter()
        self.sent: dict[uuid.UUID, int] = {}  # versions
        self.task: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def watching(self, audience: Audience) -> AsyncIterator[None]:
        """Counts one viewer of this audience for the duration of the block."""
        self.watched[audience] += 1
        if self.task is None or self.task.done():
            self.task = asyncio.create_task(self.run(), name="broadcaster")
            self.task.add_done_callback(log_crash)
        try:
            yield
        finally:
            self.watched[audience] -= 1
            if not self.watched[audience]:
                del self.watched[audience]
            if not self.watched:
                await self.end()

    async def end(self) -> None:
        """Nobody watches any more."""
        task, self.task = self.task, None
        self.sent.clear()
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    async def run(self) -> None:
        """Listen for changes; when the database is away, reconnect with a backoff and send all versions."""
        backoff = COALESCE_INTERVAL
        while True:
            try:
                async with change_listener() as listener:
                    # Covers what was committed while nobody listened.
                    await self.sweep()
                    backoff = COALESCE_INTERVAL
                    await self.listen(listener)
            except AWAY as error:
                logger.warning("The database can't be followed, again in %.1f s: %s", backoff, error)
            await pause(backoff)
            backoff = min(LONGEST_BACKOFF, 2 * backoff)

    async def listen(self, listener: ChangeListener) -> None:
        """Send what changes, and sweep now and then, until the database is away."""
        loop = asyncio.get_running_loop()
        next_sweep = loop.time() + SWEEP_INTERVAL
        while True:
            if await listener.changed(within=max(0.0, next_sweep - loop.time())):
                await self.send_changes()
            if loop.time() >= next_sweep:
                await self.sweep()
                next_sweep = loop.time() + SWEEP_INTERVAL
            await pause(COALESCE_INTERVAL)

    async def send_changes(self) -> None:
        """Send what changed recently and has not been sent yet."""
        for update in await database_sync_to_async(self.read)():
            self.sent[update.root_id] = update.version
            await self.send(update)

    def read(self) -> list[Update]:
        """What changed lately, is watched, and has not been sent yet."""
        recent = Job.objects.filter(updated_at__gte=timezone.now() - LOOK_BACK).order_by()
        roots = set(recent.values_list(Coalesce("parent_id", "id", output_field=UUIDField()), flat=True).distinct())
        if LISTS not in self.watched:
            roots &= {audience.root_id for audience in list(self.watched)}
        self.sent = {root: version for root, version in self.sent.items() if root in roots}
        jobs = list(Job.objects.filter(pk__in=roots).select_related("started_by"))
        versions = versions_of(jobs)
        changed = [job for job in jobs if self.sent.get(job.pk) != versions[job.pk]]
        return [self.update_of(snapshot) for snapshot in load(changed)]

    def update_of(self, snapshot: Snapshot) -> Update:
        """The job, rendered for those who watch it."""
        root = snapshot.job.pk
        row = row_message(snapshot) if LISTS in self.watched else ""
        watching = [audience for audience in list(self.watched) if audience.root_id == root]
        card = card_of(snapshot) if any(audience.held is not None for audience in watching) else None
        cards = {
            audience: card_message(card, audience.held) if card and audience.held is not None else ""
            for audience in watching
        }
        return Update(root, snapshot.version, snapshot.job, row, cards)

    async def send(self, update: Update) -> None:
        """To the lists, and to each audience of the job's page."""
        message = {"type": "job.changed", "id": str(update.root_id), "version": update.version}
        layer = get_channel_layer()
        if update.row:
            facts = {"status": update.job.status, "job_type": update.job.type}
            await layer.group_send(LIST, {**message, **facts, "text": update.row})
        for audience, text in update.cards.items():
            await layer.group_send(audience.group, {**message, "text": text})

    async def sweep(self) -> None:
        """Send the versions of what is watched, so that consumers that missed an update read it."""
        versions = await database_sync_to_async(self.versions)()
        layer = get_channel_layer()
        for audience in list(self.watched):
            current = {str(key): version for key, version in versions.items() if audience.root_id in (None, key)}
            await layer.group_send(audience.group, {"type": "job.versions", "versions": current})

    def versions(self) -> dict[uuid.UUID, int]:
        """Of the jobs that are watched, active, or changed lately."""
        lately = Q(updated_at__gte=timezone.now() - SWEEP_WINDOW) | Q(status__in=ACTIVE)
        pages = [audience.root_id for audience in list(self.watched) if audience.root_id is not None]
        return versions_of(Job.objects.runs().filter(lately | Q(pk__in=pages)))


def row_message(snapshot: Snapshot) -> str:
    """A job as a list shows it: JSON ``{"type": "job", "job": state, "html": a row}``."""
    return message("job", job=ListedJob.of(snapshot), html=render_to_string("jobs/_row.html", {"snapshot": snapshot}))


def card_message(card: Card, held: frozenset[str], kind: str = "job") -> str:
    """A job as its page shows it to holders of these permissions: JSON ``{"type": "job", "job": state, "html": card}``.

    Without a permission there is no button for it.
    """
    html = render_to_string("jobs/_card.html", {"card": card, "perms": as_perms(held)})
    return message(kind, job=JobState.of(card.snapshot), html=html)


def list_message(jobs: Iterable[Snapshot]) -> str:
    """A page of a list: JSON ``{"type": "snapshot", "jobs": [{"job": state, "html": a row}, …]}``."""
    rows = [
        {"job": ListedJob.of(snapshot), "html": render_to_string("jobs/_row.html", {"snapshot": snapshot})}
        for snapshot in jobs
    ]
    return message("snapshot", jobs=rows)


def message(kind: str, **content: Any) -> str:
    return to_json({"type": kind, **content}).decode()


def log_crash(task: asyncio.Task[None]) -> None:
    """Say that the broadcaster ended by an error of its own."""
    # Pages that receive nothing reconnect (live.js), and that starts the broadcaster again.
    if not task.cancelled() and (error := task.exception()):
        logger.critical("The broadcaster crashed; live updates pause until a page connects.", exc_info=error)


broadcaster = Broadcaster()
