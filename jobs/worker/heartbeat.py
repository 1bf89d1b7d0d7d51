"""A thread beside the task: renews the lease and notices a cancel, a stop, or a lost claim within a moment."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import Error, connection

from jobs import clock
from jobs.conf import conf
from jobs.context import JobContext
from jobs.declare.registry import get_workflow
from jobs.engine.holding import is_to_be_requeued
from jobs.errors import Cancelled, ClaimLost, Stopping, stalled
from jobs.models import Job, Status
from jobs.texts.translatable import Translatable as _

POLL_INTERVAL = 0.25  # seconds between two reads of the job's row
BEGIN_AFTER = 0.1  # seconds for which the rows of prefetched jobs may say that these wait
STALLED_HINT = _("A disk or a network share that does not answer is the usual cause; the log says what it did last.")

logger = logging.getLogger(__name__)
stopping = threading.Event()  # set when this worker process is asked to stop


class Heartbeat(threading.Thread):
    """Watches one claimed job at a time for this process."""

    def __init__(self) -> None:
        super().__init__(daemon=True, name="heartbeat")
        self.context: JobContext | None = None
        self.changed = threading.Event()
        self.renewed = 0.0  # time.monotonic()
        self.is_offline = False  # the database is away

    def watch(self, context: JobContext | None) -> None:
        self.context, self.renewed = context, time.monotonic()
        self.changed.set()

    def run(self) -> None:
        while True:
            if self.changed.wait(self.interval()):
                self.changed.clear()
            elif (context := self.context) is not None:
                self.poll_safely(context)

    def interval(self) -> float | None:
        """Seconds until the next look; None: until there is a job."""
        if self.context is None:
            connection.close()  # it may be long until the next one
            return None
        return BEGIN_AFTER if self.context.is_prefetched else POLL_INTERVAL

    def poll_safely(self, context: JobContext) -> None:
        """A lock or connection error is not a lost lease: the next poll tells."""
        try:
            self.poll(context)
            self.is_offline = False
        except ClaimLost:
            context.interrupted_by(ClaimLost)
        except Error as error:  # InterfaceError too, of a connection that was cut
            if not self.is_offline:
                logger.warning("The heartbeat could not reach the database: %s", error)
            self.is_offline = True
            connection.close()

    def poll(self, context: JobContext) -> None:
        """Interrupt the job if it is no longer wanted here, or does not go on; else renew its lease in time."""
        context.begin()
        if stopping.is_set():
            context.interrupted_by(Stopping)
        this = Job.objects.filter(pk=context.id).annotate(is_held=is_to_be_requeued())
        row = this.values_list("status", "claim_token", "is_held").first()
        if row is None or row[1] != context.token:
            context.interrupted_by(ClaimLost)
        elif row[0] == Status.CANCELLED:
            context.interrupted_by(Cancelled)
        elif row[2]:
            context.interrupted_by(Stopping)
        if context.is_stalled():
            self.stop_stalled(context)
        elif time.monotonic() - self.renewed >= conf.heartbeat:
            self.renew(context)

    def stop_stalled(self, context: JobContext) -> None:
        """The task hangs where nothing wakes it, on a disk that does not answer, say: recovery rescues its job."""
        if context.interrupt is ClaimLost:
            return
        error = stalled(_("the task"), STALLED_HINT, context.no_progress)
        columns = {} if get_workflow(context.job.type) else {"error_code": error.code, "error_message": error.message}
        mine = Job.objects.filter(pk=context.id, claim_token=context.token)
        mine.update(lease_until=clock.now(), **columns)
        ids = {"run": str(context.job.root_id), "job": str(context.id)}
        logger.error("%s run=%s job=%s", error.message, ids["run"], ids["job"], extra=ids)
        context.interrupted_by(ClaimLost)

    def renew(self, context: JobContext) -> None:
        """The claim holds for another lease from now on."""
        now = clock.now()
        mine = Job.objects.filter(pk=context.id, claim_token=context.token)
        # Never shorter than what a write to a service asked for; further ahead only when the clock was set back.
        longer = (now + clock.lease(), now + clock.lease(clock.LONGEST_WRITE))
        mine.exclude(lease_until__range=longer).update(lease_until=now + clock.lease())
        self.renewed = time.monotonic()


_heartbeat: Heartbeat | None = None


def watch_next(context: JobContext) -> None:
    """Of prefetched jobs, go on with this one without waking the thread, which would take longer than the job."""
    if _heartbeat is not None:
        _heartbeat.context = context


@contextmanager
def watching(context: JobContext) -> Iterator[None]:
    """Watch the job for the time of the block."""
    global _heartbeat
    if _heartbeat is None or not _heartbeat.is_alive():  # a fork has no threads of its parent
        _heartbeat = Heartbeat()
        _heartbeat.start()
    _heartbeat.watch(context)
    try:
        yield
    finally:
        _heartbeat.watch(None)
