"""The broadcaster: one task per web process that reads each changed job once and sends it to every page that shows it.

It runs on daphne's event loop while somebody watches. What it sends may be lost on the way, so every SWEEP_INTERVAL it
sends the versions of what is watched, and consumers that are behind read for themselves (`jobs.live.consumers`).
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import uuid
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import psycopg
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.db import Error as DatabaseError
from django.db.models import DateTimeField, Q, UUIDField
from django.db.models.functions import Coalesce
from django.utils import timezone

from jobs.engine.error_boundary import catch_errors_in
from jobs.live.audience import EVENTS, PAGE, Audience
from jobs.live.change_listener import ChangeListener, change_listener
from jobs.live.messages import Rendered, rendered, row_message
from jobs.live.one_moment import one_moment
from jobs.models import ACTIVE, Job
from jobs.models.compiled import AnyOf, Compiled, Given
from jobs.scheduling import pausing
from jobs.web.cards.card import card_of
from jobs.web.cards.snapshot import Snapshot, load, versions_of

COALESCE_INTERVAL = 0.03  # seconds between two reads: a burst of commits is one update
LOOK_BACK = timedelta(seconds=10)  # how far back changes are read: longer than a transaction takes to commit
SWEEP_INTERVAL = 15.0  # seconds between two sweeps
SWEEP_WINDOW = timedelta(minutes=10)
LONGEST_BACKOFF = 10.0  # seconds
AWAY = (DatabaseError, psycopg.Error, sqlite3.Error, OSError)

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Update:
    """A changed job: for each audience the text, and the version that it builds on; and its card as pages show it."""

    root_id: uuid.UUID
    version: int
    job: Job
    texts: dict[Audience, tuple[int, str]]
    cards: dict[Audience, Rendered] = field(default_factory=dict)


class Broadcaster:
    """Counts the viewers of each audience; runs while there are any."""

    def __init__(self) -> None:
        self.watched: Counter[Audience] = Counter()
        self.sent: dict[uuid.UUID, int] = {}  # versions
        # As pages have been sent them, and as they were last read for one that came or fell behind.
        self.cards: dict[Audience, Rendered] = {}
        self.newest: dict[Audience, Rendered] = {}
        self.reading: defaultdict[Audience, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.pause = ""
        self.task: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def watching(self, audience: Audience) -> AsyncIterator[None]:
        """Counts one viewer of this audience for the duration of the block."""
        self.watched[audience] += 1
        if self.task is None or self.task.done():
            self.task = asyncio.create_task(self.run(), name="broadcaster")
        try:
            yield
        finally:
            self.watched[audience] -= 1
            if not self.watched[audience]:
                for kept in (self.watched, self.cards, self.newest, self.reading):
                    kept.pop(audience, None)
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
        """Follow the database; when it is away, or after an error, do so again after a rising time."""
        loop, backoff = asyncio.get_running_loop(), COALESCE_INTERVAL
        while True:
            began = loop.time()
            await catch_errors_in(self.follow, "broadcaster")
            # What went well for a while is tried again at once; an error that each round has fills no log.
            if loop.time() - began > LONGEST_BACKOFF:
                backoff = COALESCE_INTERVAL
            logger.warning("Live updates pause for %.1f s.", backoff)
            await asyncio.sleep(backoff)
            backoff = min(LONGEST_BACKOFF, 2 * backoff)

    async def follow(self) -> None:
        """Send all versions, then what changes, until the database is away."""
        try:
            async with change_listener() as listener:
                # Covers what was committed while nobody listened.
                await self.sweep()
                await self.listen(listener)
        except AWAY as error:
            logger.warning("The database can't be followed: %s", error)

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
            await asyncio.sleep(COALESCE_INTERVAL)

    async def send_changes(self) -> None:
        """Send what changed recently and has not been sent yet."""
        updates, paused = await database_sync_to_async(self.read)()
        for update in updates:
            self.sent[update.root_id] = update.version
            # Of an audience that left meanwhile nothing is kept: the next update to it would build on that.
            cards = {audience: card for audience, card in update.cards.items() if audience in self.watched}
            self.cards |= cards
            self.newest |= cards
            await self.send(update)
        if paused != self.pause:
            self.pause = paused
            for audience in list(self.watched):
                await get_channel_layer().group_send(audience.group, {"type": "jobs.paused", "pause": paused})

    def read(self) -> tuple[list[Update], str]:
        """What changed lately, is watched, and has not been sent yet; and which pause there is."""
        # Of one moment: an update names the version that it builds on, and a page that was read at that version must
        # lack nothing that is not in the update.
        with one_moment():
            roots = set(roots_changed(since=timezone.now() - LOOK_BACK))
            watched = {audience.root_id for audience in list(self.watched)}
            if None not in watched:
                roots &= watched
            self.sent = {root: version for root, version in self.sent.items() if root in roots}
            jobs = runs_of(ids=roots)
            versions = versions_of(jobs)
            changed = [job for job in jobs if self.sent.get(job.pk) != versions[job.pk]]
            return [self.update_of(snapshot) for snapshot in load(changed, versions)], pausing.key()

    def update_of(self, snapshot: Snapshot) -> Update:
        """The job, rendered for those who watch it."""
        root = snapshot.job.pk
        watching = [audience for audience in list(self.watched) if audience.root_id in (None, root)]
        pages = [audience for audience in watching if audience.root_id and audience.kind == PAGE]
        card = card_of(snapshot) if pages else None
        cards = {page: rendered(card, page, self.newest.get(page)) for page in pages if card is not None}
        texts = {audience: self.text_of(audience, snapshot, cards.get(audience)) for audience in watching}
        return Update(root, snapshot.version, snapshot.job, texts, cards)

    def text_of(self, audience: Audience, snapshot: Snapshot, card: Rendered | None) -> tuple[int, str]:
        if card is None:
            return 0, "" if audience.kind == EVENTS else row_message(snapshot, audience)
        before = self.cards.get(audience)
        return (before.version, card.since(before)) if before else (0, card.whole(self.pause))

    async def send(self, update: Update) -> None:
        """To each audience of the lists and of the job's page."""
        facts = {"id": str(update.root_id), "status": update.job.status, "job_type": update.job.type}
        for audience, (base, text) in update.texts.items():
            message = {"type": "job.changed", **facts, "base": base, "version": update.version, "text": text}
            await get_channel_layer().group_send(audience.group, message)

    async def card(self, audience: Audience) -> Rendered:
        """The card of a run as it is now; rendered once for all pages of the audience. Raises Job.DoesNotExist."""
        async with self.reading[audience]:
            known = self.newest.get(audience)
            fresh: Rendered = await database_sync_to_async(read_unless_known)(audience, known)
            self.newest[audience] = fresh
            self.cards.setdefault(audience, fresh)
        return fresh

    async def sweep(self) -> None:
        """Send the versions of what is watched, so that consumers that missed an update read it."""
        versions = await database_sync_to_async(self.versions)()
        layer, sweep = get_channel_layer(), uuid.uuid4().hex
        for audience in list(self.watched):
            current = {str(key): version for key, version in versions.items() if audience.root_id in (None, key)}
            await layer.group_send(audience.group, {"type": "job.versions", "sweep": sweep, "versions": current})

    def versions(self) -> dict[uuid.UUID, int]:
        """Of the jobs that are watched, active, or changed lately."""
        lately = Q(updated_at__gte=timezone.now() - SWEEP_WINDOW) | Q(status__in=ACTIVE)
        pages = [audience.root_id for audience in list(self.watched) if audience.root_id is not None]
        return versions_of(Job.objects.runs().filter(lately | Q(pk__in=pages)))


def read_unless_known(audience: Audience, known: Rendered | None) -> Rendered:
    assert audience.root_id is not None
    with one_moment():
        job = Job.objects.select_related("started_by").get(pk=audience.root_id)
        versions = versions_of([job])
        if known is not None and versions[job.pk] == known.version:
            return known
        return rendered(card_of(load([job], versions)[0]), audience, known)


roots_changed = Compiled(
    lambda: (
        Job.objects.filter(updated_at__gte=Given("since", DateTimeField()))
        .order_by()
        .values_list(Coalesce("parent_id", "id", output_field=UUIDField()), flat=True)
        .distinct()
    )
)
runs_of = Compiled(lambda: Job.objects.filter(pk__in=AnyOf("ids", UUIDField())).select_related("started_by"))
broadcaster = Broadcaster()
