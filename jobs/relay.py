"""The relay: one task per web process that reads each changed job once and sends it to every page that shows it.

It lives on daphne's own loop while somebody watches. What it sends may be lost on the way, so every SWEEP it
tells the versions of what is watched, and whoever is behind reads for itself (`jobs.consumers`).
"""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.core.serializers.json import DjangoJSONEncoder
from django.db import Error as DatabaseError
from django.db.models import Q, UUIDField
from django.db.models.functions import Coalesce
from django.template.loader import render_to_string
from django.utils import timezone

from jobs.cards import card_of
from jobs.following import Follower, follower, pause
from jobs.loading import Loaded, load, versions_of
from jobs.models import ACTIVE, Job
from jobs.serialize import listed_state, state

COALESCE = 0.1  # seconds between two looks: a burst of commits is one update
WINDOW = timedelta(seconds=10)  # how far back a look goes: longer than a transaction takes to its commit
SWEEP = 15.0  # seconds between two sweeps
SWEEP_WINDOW = timedelta(minutes=10)
LONGEST_BACK_OFF = 10.0  # seconds
LIST = "jobs"  # the group of all lists
AWAY = (DatabaseError, psycopg.Error, sqlite3.Error, OSError)

logger = logging.getLogger("app.jobs.relay")


def group_of(root_id: uuid.UUID) -> str:
    """The channel layer's group of those who watch a run."""
    return f"job.{root_id}"


@dataclass(frozen=True)
class Update:
    """A changed job, rendered: what the lists and what the pages of this job are sent. Empty: nobody watches."""

    root_id: uuid.UUID
    version: int
    job: Job
    row: str = ""
    card: str = ""


class Relay:
    """Counts who watches what; runs while anybody does."""

    def __init__(self) -> None:
        self.watched: Counter[uuid.UUID | None] = Counter()  # None: a list
        self.sent: dict[uuid.UUID, int] = {}  # versions
        self.task: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def watching(self, root_id: uuid.UUID | None) -> AsyncIterator[None]:
        """While somebody watches this run (None: the list of jobs)."""
        self.watched[root_id] += 1
        if self.task is None or self.task.done():
            self.task = asyncio.create_task(self.run(), name="relay")
            self.task.add_done_callback(_tell_of_crash)
        try:
            yield
        finally:
            self.watched[root_id] -= 1
            if not self.watched[root_id]:
                del self.watched[root_id]
            if not self.watched:
                await self._end()

    async def _end(self) -> None:
        task, self.task = self.task, None
        self.sent.clear()
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    async def run(self) -> None:
        """Follow the database; when it is away, come back, and tell everybody to compare."""
        back_off = COALESCE
        while True:
            try:
                async with follower() as database:
                    # What was committed while nobody listened.
                    await self.sweep()
                    back_off = COALESCE
                    await self._follow(database)
            except AWAY as error:
                logger.warning("The database can't be followed, again in %.1f s: %s", back_off, error)
            await pause(back_off)
            back_off = min(LONGEST_BACK_OFF, 2 * back_off)

    async def _follow(self, database: Follower) -> None:
        loop = asyncio.get_running_loop()
        next_sweep = loop.time() + SWEEP
        while True:
            if await database.changed(within=max(0.0, next_sweep - loop.time())):
                await self.look()
            if loop.time() >= next_sweep:
                await self.sweep()
                next_sweep = loop.time() + SWEEP
            await pause(COALESCE)

    async def look(self) -> None:
        """Send what changed lately and was not sent yet."""
        for update in await database_sync_to_async(self._read)():
            self.sent[update.root_id] = update.version
            await self._send(update)

    def _read(self) -> list[Update]:
        recent = Job.objects.filter(updated_at__gte=timezone.now() - WINDOW).order_by()
        roots = set(recent.values_list(Coalesce("parent_id", "id", output_field=UUIDField()), flat=True).distinct())
        if None not in self.watched:
            roots &= set(self.watched)
        self.sent = {root: version for root, version in self.sent.items() if root in roots}
        jobs = list(Job.objects.filter(pk__in=roots).select_related("started_by"))
        versions = versions_of(jobs)
        changed = [job for job in jobs if self.sent.get(job.pk) != versions[job.pk]]
        return [self._update(loaded) for loaded in load(changed)]

    def _update(self, loaded: Loaded) -> Update:
        root = loaded.job.pk
        row = row_message(loaded) if None in self.watched else ""
        card = card_message(loaded) if root in self.watched else ""
        return Update(root, loaded.version, loaded.job, row, card)

    async def _send(self, update: Update) -> None:
        message = {"type": "job.changed", "id": str(update.root_id), "version": update.version}
        layer = get_channel_layer()
        if update.row:
            facts = {"status": update.job.status, "job_type": update.job.type}
            await layer.group_send(LIST, {**message, **facts, "text": update.row})
        if update.card:
            await layer.group_send(group_of(update.root_id), {**message, "text": update.card})

    async def sweep(self) -> None:
        """Tell everybody the versions of what is watched, so that whoever missed something reads it."""
        versions = await database_sync_to_async(self._versions)()
        layer = get_channel_layer()
        for root_id in list(self.watched):
            shown = versions if root_id is None else {key: versions[key] for key in [root_id] if key in versions}
            told = {str(key): version for key, version in shown.items()}
            group = LIST if root_id is None else group_of(root_id)
            await layer.group_send(group, {"type": "job.versions", "versions": told})

    def _versions(self) -> dict[uuid.UUID, int]:
        lately = Q(updated_at__gte=timezone.now() - SWEEP_WINDOW) | Q(status__in=ACTIVE)
        pages = [root_id for root_id in self.watched if root_id is not None]
        return versions_of(Job.objects.runs().filter(lately | Q(pk__in=pages)))


def row_message(loaded: Loaded) -> str:
    """A job as a list shows it: JSON ``{"type": "job", "job": state, "html": a row}``."""
    return message("job", job=listed_state(loaded), html=render_to_string("jobs/_row.html", {"loaded": loaded}))


def card_message(loaded: Loaded, kind: str = "job") -> str:
    """A job as its page shows it: JSON ``{"type": "job", "job": state, "html": the card}``."""
    html = render_to_string("jobs/_card.html", {"card": card_of(loaded)})
    return message(kind, job=state(loaded), html=html)


def list_message(jobs: Iterable[Loaded]) -> str:
    """A page of a list: JSON ``{"type": "snapshot", "jobs": [{"job": state, "html": a row}, …]}``."""
    rows = [
        {"job": listed_state(loaded), "html": render_to_string("jobs/_row.html", {"loaded": loaded})} for loaded in jobs
    ]
    return message("snapshot", jobs=rows)


def message(kind: str, **content: Any) -> str:
    return json.dumps({"type": kind, **content}, cls=DjangoJSONEncoder)


def _tell_of_crash(task: asyncio.Task[None]) -> None:
    # Pages that hear nothing connect anew (live.js), and that starts the relay again.
    if not task.cancelled() and (error := task.exception()):
        logger.critical("The relay crashed; live updates pause until a page connects.", exc_info=error)


relay = Relay()
