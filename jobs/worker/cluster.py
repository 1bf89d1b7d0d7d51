"""django-q2's cluster, patched so that any of its processes may die at any time.

Seen with django-q2 1.11.1: a killed worker keeps the locks that it had. With the read lock of the queue its successors
never receive a message, with that of its timer the sentinel never starts any; and the workers of a killed sentinel go
on without supervision.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
from typing import Any

import django_q.brokers.orm
import django_q.cluster
import django_q.pusher
from django.db import Error, connection, connections
from django.utils import timezone
from django.utils.module_loading import autodiscover_modules
from django_q.models import OrmQ
from django_q.signals import post_spawn

from jobs import engine
from jobs.declare import registry
from jobs.engine.process_id import die_with_parent
from jobs.waiting import Waiter
from jobs.worker import death_proof, execution, heartbeat, readiness, write_fairness

PUSH_RETRY_INTERVAL = 1.0  # seconds
POLL_INTERVAL = 0.05  # seconds between two looks for a wake-up
LONGEST_POLL = 0.5  # seconds until django-q2 looks itself, and whether it is to stop
OBJECTS_A_COLLECTION = 50_000  # new ones

logger = logging.getLogger(__name__)


def patch() -> None:
    """Patch django-q2 in the cluster's main process."""
    django_q.cluster.Queue = death_proof.DeathProofQueue  # type: ignore[misc]
    django_q.cluster.Value = death_proof.value  # type: ignore[assignment]
    django_q.cluster.Event = death_proof.event
    # After an error of the broker it would deliver no wake-up for ten seconds.
    django_q.pusher.sleep = lambda _seconds: Waiter().pause(PUSH_RETRY_INTERVAL)
    django_q.brokers.orm.sleep = lambda _seconds: wait_for_wakeup()
    os.register_at_fork(after_in_child=die_with_parent)
    post_spawn.connect(worker_started, dispatch_uid="jobs.worker.cluster.worker_started")


def wait_for_wakeup() -> None:
    """In the pusher, while there is none: the SQL of django-q2's own look is made each time, which costs most of it.

    On SQLite a wake-up is looked for when another connection has committed something: to ask that costs a tenth.
    """
    # One that was delivered is locked until it would be delivered again, and there until a worker has begun with it.
    look = f"SELECT 1 FROM {OrmQ._meta.db_table} WHERE lock < %s LIMIT 1"
    lock = OrmQ._meta.get_field("lock")
    waiter, seen = Waiter(), None
    with connection.cursor() as cursor:
        for _ in range(round(LONGEST_POLL / POLL_INTERVAL)):
            waiter.pause(POLL_INTERVAL)
            before, seen = seen, data_version()
            if seen is not None and seen == before:
                continue
            now = lock.get_db_prep_value(timezone.now(), connection)
            if cursor.execute(look, [now]).fetchone():
                return


def data_version() -> int | None:
    """Another one once another connection to SQLite has committed; None on other databases."""
    if connection.vendor != "sqlite":
        return None
    version: int = connection.connection.execute("PRAGMA data_version").fetchone()[0]
    return version


def preload() -> None:
    """Import the declarations and what they need (modules `worker_imports` of the apps) once, before forking workers.

    They start at once then and share that memory; the collector leaves it alone, since it would write to every page.
    It looks seldom: a large answer is hundreds of thousands of objects without a cycle, and each look would cost.
    """
    registry.load()
    autodiscover_modules("worker_imports")
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS_A_COLLECTION)


def worker_started(**kwargs: Any) -> None:
    """In a new worker process: handle SIGTERM, and continue what a dead worker left.

    It claims what is due without waiting for a wake-up, which may never arrive. Whether a lease has expired is for its
    supervisor, who notices when all processes were delayed.
    """
    signal.signal(signal.SIGTERM, lambda number, frame: heartbeat.stopping.set())
    readiness.send(readiness.WorkerState.LOOKING)
    write_fairness.yield_to_others()
    engine.pause_lease_expiry()
    try:
        engine.recover()
        execution.work()
    except Error as error:
        logger.warning("The database can't be reached yet: %s", error)
        connections.close_all()
        readiness.send(readiness.WorkerState.WAITING)
